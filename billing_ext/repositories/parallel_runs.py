"""Billing Parallel Runs: what they compare, and what a comparison has shown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import frappe
from frappe.utils import getdate
from frappe.utils.data import get_number_format_info

from billing_ext.core.parallel_run import Verdict
from billing_ext.core.period import ONE_DAY, Period
from billing_ext.repositories import clock
from billing_ext.repositories.contract_rows import CANCELLED, DRAFT
from billing_ext.repositories.money import to_decimal, to_float

DOCTYPE, ROW, TOTAL = "Billing Parallel Run", "Billing Parallel Run Row", "Billing Parallel Run Total"
DRAFTED, QUEUED, NOT_READABLE, FAILED = "Draft", "Queued", "File Not Readable", "Failed"
EQUAL, DIFFERENT = "No Differences", "Differences"
INPUTS = ("company", "from_date", "to_date", "invoices_file", "tolerance")
COUNTS = {
	Verdict.SAME: "same",
	Verdict.DIFFERS: "amount_differs",
	Verdict.ONLY_THERE: "only_there",
	Verdict.ONLY_HERE: "only_here",
	Verdict.UNKNOWN: "contract_unknown",
}
LONGEST_LIST = 500
"""Characters of a list of invoices or file rows; the columns hold no more."""


@dataclass(frozen=True, slots=True)
class ParallelRun:
	"""What a parallel run compares. ``days`` are those of the invoices; ``user`` is who asked for the comparison."""

	company: str
	days: Period
	file: str
	tolerance: Decimal
	user: str


@dataclass(frozen=True, slots=True)
class ResultRow:
	"""A comparison as it is stored; days included, amounts in ``currency``."""

	verdict: Verdict
	contract: str | None
	external_id: str
	customer: str | None
	line: str
	service: Period
	currency: str
	ours: Decimal
	theirs: Decimal
	explanation: str
	invoices: str
	file_rows: str


def load(name: str) -> ParallelRun:
	"""A parallel run's fields. Raises frappe.DoesNotExistError."""
	doc = frappe.get_doc(DOCTYPE, name)
	days = Period(getdate(doc.from_date), getdate(doc.to_date) + ONE_DAY)
	user = doc.compared_by or doc.owner
	return ParallelRun(doc.company, days, doc.invoices_file or "", to_decimal(doc.tolerance), user)


def contracts_of(company: str) -> list[dict[str, Any]]:
	"""The company's contracts that the user may read: those in force, and drafts that come from another system."""
	found = frappe.get_list(
		"Billing Contract",
		filters={"company": company, "docstatus": ("!=", CANCELLED)},
		fields=["name", "docstatus", "external_id", "customer", "currency"],
		order_by="name",
		limit_page_length=0,
	)
	return [row for row in found if row.docstatus != DRAFT or row.external_id]


def text_of(file_url: str) -> str | None:
	"""What the attached file holds, as UTF-8 or as Windows writes it; None if the user may read no such file."""
	for name in frappe.get_all("File", filters={"file_url": file_url, "is_folder": 0}, pluck="name"):
		file = frappe.get_doc("File", name)
		if file.has_permission("read"):
			content = file.get_content()
			return content if isinstance(content, str) else content.decode("cp1252", errors="replace")
	return None


def delimiter() -> str:
	"""A semicolon where the comma is the decimal sign, as spreadsheets have it."""
	number_format = frappe.db.get_default("number_format") or "#,###.##"
	return ";" if get_number_format_info(number_format)[0] == "," else ","


def forget_results(doc: Any) -> None:
	"""An unsaved document's results belong to other questions."""
	doc.update({"status": DRAFTED, "compared_at": None, "compared_by": None, "problems": None})
	doc.update({"rows": [], "totals": [], "contracts": 0, **_counts({})})


def mark_queued(name: str) -> None:
	"""The comparison waits for a worker; it will be the session's user's."""
	values = {"status": QUEUED, "compared_by": frappe.session.user, "problems": None}
	frappe.db.set_value(DOCTYPE, name, values)


def store(
	name: str, contracts: int, rows: Sequence[ResultRow], problems: Iterable[Mapping[str, str]]
) -> None:
	"""Replace the results of a parallel run."""
	_clear(name)
	_insert(ROW, name, "rows", [_row_values(row) for row in rows])
	_insert(TOTAL, name, "totals", _totals(rows))
	counted = {verdict: sum(row.verdict is verdict for row in rows) for verdict in Verdict}
	counts = _counts(counted)
	_finish(name, DIFFERENT if counts["differences"] else EQUAL, problems, contracts=contracts, **counts)


def refuse(name: str, problems: Iterable[Mapping[str, str]]) -> None:
	"""The file cannot be compared; nothing of an earlier comparison is left beside that."""
	_without_result(name, NOT_READABLE, problems)


def fail(name: str, text: str) -> None:
	"""Note why there is no comparison."""
	_without_result(name, FAILED, [{"text": text, "remedy": "", "contract": ""}])


def _without_result(name: str, status: str, problems: Iterable[Mapping[str, str]]) -> None:
	_clear(name)
	_finish(name, status, problems, contracts=0, **_counts({}))


def _clear(name: str) -> None:
	for doctype in (ROW, TOTAL):
		frappe.db.delete(doctype, {"parent": name, "parenttype": DOCTYPE})


def _finish(name: str, status: str, problems: Iterable[Mapping[str, str]], **values: Any) -> None:
	texts = json.dumps([dict(problem) for problem in problems])
	values |= {"status": status, "problems": texts, "compared_at": clock.now()}
	frappe.db.set_value(DOCTYPE, name, values)


def _counts(counted: Mapping[Verdict, int]) -> dict[str, int]:
	values = {field: counted.get(verdict, 0) for verdict, field in COUNTS.items()}
	return {**values, "differences": sum(values.values()) - values["same"]}


def _row_values(row: ResultRow) -> dict[str, Any]:
	return {
		"verdict": row.verdict.value,
		"contract": row.contract,
		"external_id": row.external_id,
		"customer": row.customer,
		"line": row.line[:140],
		"service_from": row.service.start,
		"service_to": row.service.last_day,
		"currency": row.currency,
		"ours": to_float(row.ours),
		"theirs": to_float(row.theirs),
		"difference": to_float(row.ours - row.theirs),
		"explanation": row.explanation,
		"invoices": row.invoices[:LONGEST_LIST],
		"file_rows": row.file_rows[:LONGEST_LIST],
	}


def _totals(rows: Iterable[ResultRow]) -> list[dict[str, Any]]:
	sums: dict[str, list[Decimal]] = {}
	for row in rows:
		total = sums.setdefault(row.currency, [Decimal(0), Decimal(0)])
		total[0] += row.ours
		total[1] += row.theirs
	return [
		{
			"currency": code,
			"ours": to_float(ours),
			"theirs": to_float(theirs),
			"difference": to_float(ours - theirs),
		}
		for code, (ours, theirs) in sorted(sums.items())
	]


def _insert(doctype: str, parent: str, parentfield: str, rows: Sequence[Mapping[str, Any]]) -> None:
	"""Many rows at once: a parallel run may have thousands, and nothing else depends on them."""
	if not rows:
		return
	now, user = clock.now(), frappe.session.user
	common = {
		"parent": parent,
		"parenttype": DOCTYPE,
		"parentfield": parentfield,
		"creation": now,
		"modified": now,
	}
	common |= {"owner": user, "modified_by": user, "docstatus": 0}
	fields = ["name", "idx", *common, *rows[0]]
	values = [
		(frappe.generate_hash(length=10), index, *common.values(), *row.values())
		for index, row in enumerate(rows, start=1)
	]
	frappe.db.bulk_insert(doctype, fields, values)
