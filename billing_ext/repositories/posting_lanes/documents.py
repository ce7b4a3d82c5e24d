"""One invoice of a batch: its rows with everything filled in, and the document that hooks are given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import frappe
from erpnext.accounts.doctype.sales_invoice.sales_invoice import SalesInvoice
from frappe.model.docstatus import DocStatus
from frappe.model.naming import make_autoname
from frappe.utils import now, nowtime

from billing_ext.core.lanes import Reason
from billing_ext.repositories import provenance
from billing_ext.repositories.posting_lanes.assembly import OWN_HEADER, OWN_ROW, Given
from billing_ext.repositories.posting_lanes.customers import OnInvoice
from billing_ext.repositories.posting_lanes.facts import CHILDREN, GL, INVOICE, ITEM, PLE, remembered
from billing_ext.repositories.posting_lanes.figures import (
	CUSTOMER,
	NAME,
	REMARKS,
	Pattern,
	Refused,
	Rows,
	comparable,
)

_SET_LATER = ("title", "remarks", "status")
_SET_WITH_THE_ROW = ("name", "owner", "creation", "modified", "modified_by", "docstatus")
_FREE = frozenset(
	(
		"terms",
		"tc_name",
		"letter_head",
		"select_print_heading",
		"language",
		"group_same_items",
		"campaign",
		"source",
	)
)
"""Fields that a hook may set without anything else following from them; so may it custom fields."""


@dataclass(slots=True)
class Prepared:
	"""An invoice that is ready to be named and written."""

	index: int
	given: Given
	customer: OnInvoice
	pattern: Pattern
	figures: Rows
	rows: Rows = field(default_factory=dict)
	document: Any = None

	@property
	def header(self) -> dict[str, Any]:
		return self.rows[INVOICE][0]


def fill_in(prepared: Prepared) -> None:
	"""Make the invoice's own rows from those that it shares; without names yet."""
	given, figures = prepared.given, prepared.figures
	header = {**figures[INVOICE][0], **prepared.customer.identity}
	header |= {name: given.values.get(name) for name in OWN_HEADER}
	# SellingController.set_pos_for_sales_invoice leaves a text, never nothing.
	header["po_no"] = header["po_no"] or ""
	header["posting_time"] = nowtime()
	header["title"] = _title(header, prepared)
	header["remarks"] = _remarks(given.values.get("po_no"))
	items = [
		{**row, **{name: values[name] for name in OWN_ROW}}
		for row, values in zip(figures[ITEM], given.row_values, strict=True)
	]
	others = {
		doctype: [dict(row) for row in figures[doctype]]
		for doctype in (*CHILDREN.values(), GL, PLE)
		if doctype != ITEM
	}
	prepared.rows = {INVOICE: [header], ITEM: items, **others}


def _title(header: dict[str, Any], prepared: Prepared) -> Any:
	recorded = prepared.pattern.recording.rows[INVOICE][0]
	return header["customer_name"] if recorded["title"] == recorded["customer_name"] else recorded["title"]


def _remarks(po_no: str | None) -> str:
	"""ERPNext's own words; contracts give no date of an order."""
	bearer = frappe._dict(po_no=po_no)
	SalesInvoice.add_remarks(bearer)
	return str(bearer.remarks)


def stamp(prepared: Prepared) -> None:
	"""Give the rows of an invoice their moment, and all but its own their names."""
	moment = now()
	for doctype, rows in prepared.rows.items():
		for row in rows:
			row["creation"] = row["modified"] = moment
			if doctype != INVOICE:
				row["name"] = make_autoname("hash")


def name(prepared: Prepared, invoice: str) -> None:
	"""Give the invoice its name, in its rows, the entries of the ledgers, and the document if there is one."""
	marks = {NAME: invoice, CUSTOMER: prepared.given.customer.name, REMARKS: prepared.header["remarks"]}
	prepared.header["name"] = invoice
	for doctype in CHILDREN.values():
		for row in prepared.rows[doctype]:
			row["parent"] = invoice
	for doctype in (GL, PLE):
		for row in prepared.rows[doctype]:
			row.update({key: marks[value] for key, value in row.items() if value in _MARKS})
	if prepared.document is not None:
		prepared.document.name = invoice
		for row in prepared.document.get_all_children():
			row.parent = invoice


_MARKS = frozenset((NAME, CUSTOMER, REMARKS))


def document(prepared: Prepared) -> SalesInvoice:
	"""The invoice as hooks are given it, once it is named: validated and not yet written."""
	tables = {table: [dict(row) for row in prepared.rows[doctype]] for table, doctype in CHILDREN.items()}
	invoice = SalesInvoice({**prepared.header, "doctype": INVOICE, **tables})
	invoice.docstatus = DocStatus.SUBMITTED
	invoice._action = "submit"
	invoice._doc_before_save = None
	provenance.mark(invoice, prepared.given.rows)
	invoice.flags.ignore_permissions = True
	invoice.flags.name_set = True
	invoice.flags.ignore_version = frappe.flags.in_test
	invoice.flags.notifications_executed = []
	invoice.set("__islocal", True)
	for row in invoice.get_all_children():
		row.set("__islocal", True)
	_show_as_validated(invoice, prepared.pattern.recording.validated)
	return invoice


def _show_as_validated(invoice: Any, validated: dict[str, Any]) -> None:
	"""Fields that ERPNext brings to what is stored after validation only look as they did in the recorded document."""
	for fieldname in _SET_LATER:
		invoice.set(fieldname, validated.get(fieldname))
	for row, recorded in _rows_made_by_validation(invoice, validated):
		for fieldname in _SET_WITH_THE_ROW:
			row.set(fieldname, recorded.get(fieldname))


def _rows_made_by_validation(invoice: Any, validated: dict[str, Any]) -> Iterable[tuple[Any, dict[str, Any]]]:
	"""Rows that have neither name nor owner until they are written: instalments, and taxes of items."""
	for table in ("payment_schedule", "taxes"):
		for row, recorded in zip(invoice.get(table), validated[table], strict=True):
			if not recorded.get("name"):
				yield row, recorded


def before_entries(prepared: Prepared) -> dict[str, Any]:
	"""The invoice's own row as it is until its entries are in the ledgers, for hooks that read it."""
	if prepared.document is None:
		return prepared.header
	return {**prepared.header, "status": prepared.pattern.recording.validated["status"]}


def add_remarks(prepared: Prepared) -> None:
	"""What ERPNext does before it submits. Raises Refused if a hook has set remarks, which go into the ledgers."""
	_set_if_untouched(prepared, "remarks")


def finish(prepared: Prepared) -> None:
	"""What Frappe does between the hooks and writing. Raises Refused if a hook has set the title."""
	_set_if_untouched(prepared, "title")
	validated = prepared.pattern.recording.validated
	stored = {table: prepared.rows[doctype] for table, doctype in CHILDREN.items()}
	for row, _recorded in _rows_made_by_validation(prepared.document, validated):
		own = stored[row.parentfield][row.idx - 1]
		for fieldname in _SET_WITH_THE_ROW:
			row.set(fieldname, own[fieldname])


def _set_if_untouched(prepared: Prepared, fieldname: str) -> None:
	if prepared.document.get(fieldname) != prepared.pattern.recording.validated.get(fieldname):
		raise Refused(Reason.CHANGED_BY_HOOK, fieldname)
	prepared.document.set(fieldname, prepared.header[fieldname])


def take_over_changes(prepared: Prepared) -> None:
	"""Write what hooks have set in custom fields and others that nothing follows from. Raises Refused for any other."""
	invoice = prepared.document
	columns = _writable(INVOICE)
	changed = _changes(prepared.header, invoice)
	for fieldname in changed:
		if fieldname not in columns:
			raise Refused(Reason.CHANGED_BY_HOOK, fieldname)
		prepared.header[fieldname] = invoice.get(fieldname)
	for table in frappe.get_meta(INVOICE).get_table_fields():
		made, rows = invoice.get(table.fieldname) or [], prepared.rows.get(table.options, [])
		if len(made) != len(rows):
			raise Refused(Reason.CHANGED_BY_HOOK, table.fieldname)
		for child, row in zip(made, rows, strict=True):
			_take_over(table.options, child, row)


def _take_over(doctype: str, child: Any, row: dict[str, Any]) -> None:
	for fieldname in _changes(row, child):
		if fieldname not in _writable(doctype):
			raise Refused(Reason.CHANGED_BY_HOOK, f"{doctype}.{fieldname}")
		row[fieldname] = child.get(fieldname)


def _changes(row: dict[str, Any], document: Any) -> Iterable[str]:
	values = document.__dict__
	return [
		key
		for key, value in row.items()
		if (mine := values.get(key)) is not value
		and mine != value
		and key not in ("status", "_user_tags", "_comments", "_assign", "_liked_by", "_seen")
		and comparable(mine) != comparable(value)
	]


@remembered
def _writable(doctype: str) -> frozenset[str]:
	custom = {each.fieldname for each in frappe.get_meta(doctype).fields if each.get("is_custom_field")}
	return frozenset(custom | (_FREE if doctype == INVOICE else set()))
