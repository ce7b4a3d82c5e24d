"""Stored reconciliations. What was compared is never changed again; explanations are added, each with user and time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate

from billing_ext.repositories import clock
from billing_ext.repositories.jobs import LONG_TIMEOUT
from billing_ext.repositories.tripletex import books, settings

DOCTYPE, ROW = "Tripletex Reconciliation", "Tripletex Reconciliation Row"
CUMULATIVE = ("numbers", "documents", "ledger", "outstanding")
"""Sections whose keys mean the same thing in every month, so that one explanation serves them all."""


class Status(str, Enum):
	"""How a comparison has ended. Values are what the documents store."""

	RUNNING = "Running"
	GREEN = "Green"
	EXPLAINED = "Explained"
	RED = "Red"
	FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Explanation:
	"""What a person has written about a difference."""

	text: str
	by: str
	at: datetime


@dataclass(frozen=True, slots=True)
class NewRow:
	"""A difference as it is stored. ``key`` is the mismatch's, fingerprint included."""

	section: str
	label: str
	ours: str
	theirs: str
	difference: str
	key: str
	reference_doctype: str | None = None
	reference_name: str | None = None
	explanation: Explanation | None = None


def begin(doc: Any) -> None:
	"""Give a new reconciliation its month, user and time, whatever was sent along."""
	doc.month = books.month_of(getdate(doc.month))[0]
	doc.update({"status": Status.RUNNING.value, "run_at": clock.now(), "run_by": frappe.session.user})
	doc.update({"digest": None, "error": None, "report_json": None, "differences": []})


def create(company: str, month: date) -> str:
	"""A new reconciliation, whose comparison starts when it is committed; its name."""
	values = {"doctype": DOCTYPE, "company": company, "month": month}
	return frappe.get_doc(values).insert(ignore_permissions=True).name


def get(name: str) -> Any:
	"""``company``, ``month`` and ``status`` of a reconciliation, its row locked until the transaction ends."""
	return frappe.db.get_value(DOCTYPE, name, ["company", "month", "status"], as_dict=True, for_update=True)


def finish(name: str, digest: str, report: str, rows: Iterable[NewRow]) -> None:
	"""Write what a comparison has shown. Does nothing to one that has ended before: a repeated job changes no result."""
	if get(name).status != Status.RUNNING.value:
		return
	for index, row in enumerate(rows, start=1):
		_insert(name, index, row)
	frappe.db.set_value(DOCTYPE, name, {"digest": digest, "report_json": report})
	_set_status(name)


def _insert(name: str, index: int, row: NewRow) -> None:
	given = row.explanation
	frappe.get_doc(
		{
			"doctype": ROW,
			"parent": name,
			"parenttype": DOCTYPE,
			"parentfield": "differences",
			"idx": index,
			"section": row.section,
			"label": row.label,
			"ours": row.ours,
			"theirs": row.theirs,
			"difference": row.difference,
			"difference_key": row.key,
			"fingerprint": row.key.rpartition("#")[2],
			"reference_doctype": row.reference_doctype,
			"reference_name": row.reference_name,
			"explanation": given.text if given else None,
			"explained_by": given.by if given else None,
			"explained_at": given.at if given else None,
		}
	).db_insert()


def fail(name: str, text: str) -> None:
	"""Write why there is no comparison."""
	if get(name).status == Status.RUNNING.value:
		frappe.db.set_value(DOCTYPE, name, {"status": Status.FAILED.value, "error": text})


def fail_abandoned() -> None:
	"""Reconciliations whose job was killed: no job runs that long."""
	started = clock.now() - timedelta(seconds=LONG_TIMEOUT)
	filters = {"status": Status.RUNNING.value, "run_at": ("<", started)}
	for name in frappe.get_all(DOCTYPE, filters=filters, pluck="name"):
		fail(name, _("The job did not come to its end. Compare again."))


def explanations(company: str, month: date) -> dict[str, Explanation]:
	"""By key, what has been written about differences of a month, and in other months about the same thing."""
	rows = frappe.db.sql(
		"""select row.difference_key, row.explanation, row.explained_by, row.explained_at
		from `tabTripletex Reconciliation Row` row join `tabTripletex Reconciliation` doc on doc.name = row.parent
		where doc.company = %(company)s and coalesce(row.explanation, '') != ''
			and (doc.month = %(month)s or row.section in %(cumulative)s)
		order by row.explained_at""",
		{"company": company, "month": month, "cumulative": CUMULATIVE},
	)
	return {key: Explanation(text, by, at) for key, text, by, at in rows}


def row(name: str, row_name: str) -> Any:
	"""``label`` and ``explained_by`` of a difference; None if the reconciliation has no such one."""
	filters = {"name": row_name, "parent": name}
	return frappe.db.get_value(ROW, filters, ["label", "explained_by"], as_dict=True)


def explain(name: str, row_name: str, text: str) -> None:
	"""Add the session's user's explanation to a difference."""
	values = {"explanation": text, "explained_by": frappe.session.user, "explained_at": clock.now()}
	frappe.db.set_value(ROW, row_name, values)
	_set_status(name)


def _set_status(name: str) -> None:
	"""Green, explained or red, by its rows; and the company's last green month by that."""
	explained = frappe.get_all(ROW, filters={"parent": name}, pluck="explanation")
	status = (Status.EXPLAINED if explained else Status.GREEN) if all(explained) else Status.RED
	frappe.db.set_value(DOCTYPE, name, "status", status.value)
	_store_last_green_month(frappe.db.get_value(DOCTYPE, name, "company"))


def _store_last_green_month(company: str) -> None:
	"""The latest month that was over when it was compared and whose latest comparison is green or explained."""
	latest = {
		found.month: found
		for found in frappe.get_all(
			DOCTYPE,
			filters={"company": company, "status": ("not in", [Status.RUNNING.value, Status.FAILED.value])},
			fields=["month", "status", "run_at"],
			order_by="run_at, creation",
		)
	}
	green = [
		month
		for month, found in latest.items()
		if found.status != Status.RED.value and books.month_of(month)[1] < found.run_at.date()
	]
	settings.store(company, last_green_month=max(green, default=None))
