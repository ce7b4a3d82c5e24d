"""What Tripletex holds otherwise than ERPNext: one row for each document and field, until it is gone or somebody decides."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

import frappe
from frappe import _
from frappe.utils import format_datetime

from billing_ext.integrations.tripletex.canonical import canonical_json
from billing_ext.integrations.tripletex.read_back import Difference
from billing_ext.repositories import clock
from billing_ext.repositories.contract_rows import Row

DOCTYPE = "Tripletex Drift"
FACT = "Fact"
"""The source of what is no difference of a read-back, and so does not go away by itself."""


class Status(str, Enum):
	"""What became of a drift. Values are what the rows store."""

	OPEN = "Open"
	PUSHED = "Ours Pushed"
	ACCEPTED = "Theirs Accepted"
	EXPLAINED = "Explained"
	GONE = "Gone"


def record(row: Row, differences: Collection[Difference]) -> None:
	"""What a message's read-back has shown; ``row`` is the message. What it showed earlier and does not now is gone.

	Only what the same operation found: an order that is open says nothing about the VAT of its invoice.
	"""
	record_differences(
		row["company"],
		row["reference_doctype"],
		row["reference_name"] or row["local_key"],
		differences,
		source=row["operation"],
	)


def record_differences(
	company: str, doctype: str | None, name: str, differences: Collection[Difference], source: str
) -> None:
	"""All that a look at a document has shown. ``source``: what kind of look; each knows of its own fields only."""
	seen = [
		_record(company, doctype, name, source, each.field, each.ours, each.theirs, each.rounding)
		for each in differences
	]
	filters = {"company": company, "reference_name": name, "source": source, "status": Status.OPEN.value}
	for stale in frappe.get_all(DOCTYPE, filters=filters, fields=["name", "reference_doctype"]):
		if stale.name not in seen and stale.reference_doctype == doctype:
			_store(stale.name, Status.GONE)


def record_fact(company: str, doctype: str, name: str, field: str, ours: object, theirs: object) -> None:
	"""Something that a person must decide about and that no read-back can settle, such as a date that had to be moved."""
	_record(company, doctype, name, FACT, field, ours, theirs, rounding=False)


def _record(
	company: str,
	doctype: str | None,
	name: str,
	source: str,
	field: str,
	ours: object,
	theirs: object,
	rounding: bool,
) -> str:
	"""Write or renew the drift of a field; its name."""
	key = hashlib.sha256("|".join((company, doctype or "", name, source, field)).encode()).hexdigest()
	values = {"ours": _text(ours), "theirs": _text(theirs), "last_seen": clock.now()}
	old = frappe.db.get_value(DOCTYPE, {"drift_key": key}, "*", as_dict=True, for_update=True)
	if old:
		_renew(old, values, rounding)
		return old.name
	doc = frappe.get_doc(
		{
			"doctype": DOCTYPE,
			"company": company,
			"reference_doctype": doctype,
			"reference_name": name,
			"field": field,
			"source": source,
			"first_seen": values["last_seen"],
			"drift_key": key,
			**values,
			**_beginning(rounding),
		}
	)
	return doc.insert(ignore_permissions=True, ignore_links=True).name


def _renew(old: Any, values: dict[str, Any], rounding: bool) -> None:
	same = old.ours == values["ours"] and old.theirs == values["theirs"]
	decided = old.status == Status.OPEN.value or (old.status == Status.EXPLAINED.value and same)
	if not decided:
		_keep_history(old)
		values = {**values, "first_seen": values["last_seen"], **_beginning(rounding)}
	frappe.db.set_value(DOCTYPE, old.name, values)


def _beginning(rounding: bool) -> dict[str, Any]:
	"""The state of a drift that is seen for the first time, or again after it was settled."""
	values: dict[str, Any] = {
		"status": Status.OPEN.value, "explanation": None, "resolved_by": None, "resolved_at": None,
	}  # fmt: skip
	if rounding:
		text = _(
			"At most one øre for each VAT code: ERPNext rounds VAT for each rate, Tripletex for each row."
		)
		values |= {
			"status": Status.EXPLAINED.value, "explanation": text, "resolved_at": clock.now(),
		}  # fmt: skip
	return values


def _keep_history(old: Any) -> None:
	"""A decision about other values is no decision about these, but an auditor may ask for it."""
	if not old.explanation and not old.resolved_by:
		return
	text = _("{0} by {1} on {2}: ERPNext {3}, Tripletex {4}. {5}").format(
		*map(_, (old.status,)),
		old.resolved_by or "-",
		format_datetime(old.resolved_at),
		old.ours or "-",
		old.theirs or "-",
		old.explanation or "",
	)
	frappe.get_doc(DOCTYPE, old.name).add_comment("Info", frappe.utils.escape_html(text))


def settle_pushed(company: str, doctype: str, name: str) -> None:
	"""After a push: drifts that somebody had pushed and that are gone by it. What still differs stays open."""
	table = frappe.qb.DocType(DOCTYPE)
	frappe.qb.update(table).set(table.status, Status.PUSHED.value).where(
		(table.company == company)
		& (table.reference_doctype == doctype)
		& (table.reference_name == name)
		& (table.status == Status.GONE.value)
		& table.resolved_by.isnotnull()
	).run()


def ask_push(company: str, doctype: str, name: str) -> None:
	"""Note on a document's open drifts who had ours pushed; they are settled once Tripletex holds it."""
	for drift in open_of(company, doctype, name):
		frappe.db.set_value(
			DOCTYPE, drift["name"], {"resolved_by": frappe.session.user, "resolved_at": clock.now()}
		)


def settle(name: str, status: Status, explanation: str = "") -> None:
	"""Write a person's decision, or that of the company's policy, with who and when."""
	_store(
		name,
		status,
		explanation=explanation or None,
		resolved_by=frappe.session.user,
		resolved_at=clock.now(),
	)


def _store(name: str, status: Status, **values: object) -> None:
	frappe.db.set_value(DOCTYPE, name, {"status": status.value, **values})


def get(name: str) -> Row:
	"""All fields of a drift, its row locked until the transaction ends."""
	return frappe.db.get_value(DOCTYPE, name, "*", as_dict=True, for_update=True)


def open_of(company: str, doctype: str, name: str) -> list[Row]:
	"""A document's open drifts."""
	return frappe.get_all(
		DOCTYPE,
		filters={
			"company": company,
			"reference_doctype": doctype,
			"reference_name": name,
			"status": Status.OPEN.value,
		},
		fields=["*"],
		order_by="field",
	)


def with_open(company: str, doctype: str) -> set[str]:
	"""Documents that have open drifts."""
	filters = {"company": company, "reference_doctype": doctype, "status": Status.OPEN.value}
	return set(frappe.get_all(DOCTYPE, filters=filters, pluck="reference_name", distinct=True))


def open_count(company: str) -> int:
	"""How many drifts wait for a decision."""
	return frappe.db.count(DOCTYPE, {"company": company, "status": Status.OPEN.value})


def plain(remote: Mapping[str, Any]) -> dict[str, Any]:
	"""The part of a customer's answer that changes only when somebody changes it: without id, version and url."""
	return {name: _plain(value) for name, value in remote.items() if name not in ("id", "version", "url")}


def _plain(value: Any) -> Any:
	"""A nested object keeps its id: another currency is another content."""
	if isinstance(value, Mapping):
		return {name: _plain(part) for name, part in value.items() if name not in ("version", "url")}
	return [_plain(part) for part in value] if isinstance(value, list) else value


def _text(value: object) -> str:
	"""A value as a person reads it, the same text for the same value."""
	if value is None:
		return ""
	if isinstance(value, bool):
		return _("Yes") if value else _("No")
	if isinstance(value, Decimal):
		return f"{value.normalize() + 0:f}"
	return canonical_json(value) if isinstance(value, Mapping | list | tuple) else str(value)
