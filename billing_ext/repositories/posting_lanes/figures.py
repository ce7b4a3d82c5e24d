"""The amounts of an invoice and its entries in the ledgers, by ERPNext's own calculators on a document in memory.

Everything that is not an amount comes from the recorded invoice of the same kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import frappe
from erpnext.accounts.doctype.sales_invoice.sales_invoice import SalesInvoice
from erpnext.accounts.general_ledger import get_debit_credit_difference, toggle_debit_credit_if_negative
from erpnext.accounts.utils import get_payment_ledger_entries
from frappe.model.docstatus import DocStatus
from frappe.model.meta import get_field_precision
from frappe.utils import cint, flt

from billing_ext.core.lanes import Reason
from billing_ext.repositories.money import STORED_DECIMALS
from billing_ext.repositories.posting_lanes.assembly import FIGURES, OWN_ROW, Given
from billing_ext.repositories.posting_lanes.facts import (
	CHILDREN,
	GL,
	INVOICE,
	ITEM,
	PLE,
	SCHEDULE,
	TAX,
	remembered,
)
from billing_ext.repositories.posting_lanes.recording import (
	EMPTIED,
	ONLY_AT_FIRST,
	REDONE_AFTERWARDS,
	Recording,
)

Rows = dict[str, list[dict[str, Any]]]
NAME, CUSTOMER, REMARKS = "\0name", "\0customer", "\0remarks"
"""Marks in the entries for what is filled in for each invoice."""

_AMOUNTS = ("Currency", "Float", "Percent")
_TEXTS = {
	INVOICE: ("in_words", "base_in_words", "other_charges_calculation", "against_income_account", "due_date"),
	ITEM: ("item_tax_template", "item_tax_rate"),
	TAX: ("item_wise_tax_detail",),
	SCHEDULE: ("due_date", "discount_date"),
}
"""Fields besides amounts that follow from them."""
_OF_THE_DOCUMENT = (
	"name", "parent", "creation", "modified", "_user_tags", "_comments", "_assign", "_liked_by", "_seen",
)  # fmt: skip


class Refused(Exception):
	"""The bulk lane cannot do this invoice."""

	def __init__(self, reason: Reason, detail: str = "") -> None:
		super().__init__(f"{reason.value}: {detail}")
		self.reason = reason
		self.detail = detail


@dataclass(slots=True)
class RowPattern:
	"""A row before the totals were calculated, and as it was stored."""

	before: dict[str, Any]
	stored: dict[str, Any]


@dataclass(slots=True)
class Pattern:
	"""What invoices of one kind share. ``rows`` are by what decides of a row; ``taxed_by_items`` ties them together."""

	recording: Recording
	rows: dict[tuple[Any, ...], RowPattern] = field(default_factory=dict)
	row_kinds: tuple[Any, ...] = ()
	taxed_by_items: bool = False

	def knows(self, row_kinds: Sequence[tuple[Any, ...]]) -> bool:
		"""Can an invoice with such rows be made from what is recorded?"""
		if self.taxed_by_items:
			return tuple(row_kinds) == self.row_kinds
		return all(kind in self.rows for kind in row_kinds)


def learn(given: Given, recording: Recording, identity: Mapping[str, Any]) -> Pattern:
	"""The pattern of a recorded invoice of a customer with such ``identity``.

	Raises Refused if ERPNext has done what the bulk lane does not do, or has written what it would not write.
	"""
	_check_writes(recording)
	_check_balances(recording)
	pattern = Pattern(recording, row_kinds=given.row_kinds)
	stored = recording.rows[ITEM]
	for kind, before, row in zip(given.row_kinds, recording.before["items"], stored, strict=True):
		pattern.rows[kind] = RowPattern(dict(before), row)
	pattern.taxed_by_items = not recording.has_template
	made = calculate(pattern, given)
	for row, values in zip(made[ITEM], given.row_values, strict=True):
		row.update({name: values[name] for name in OWN_ROW})
	made[INVOICE][0].update(identity)
	_check_reproduced(made, recording, given.customer.name)
	return pattern


def _check_writes(recording: Recording) -> None:
	others = recording.other_tables - REDONE_AFTERWARDS - EMPTIED
	known = {INVOICE, GL, PLE, *CHILDREN.values()}
	others |= {doctype for doctype, rows in recording.rows.items() if rows and doctype not in known}
	if others & ONLY_AT_FIRST:
		raise Refused(Reason.FIRST_OF_ITS_KIND, ", ".join(sorted(others)))
	if others:
		raise Refused(Reason.OTHER_WRITES, ", ".join(sorted(others)))
	if not recording.rows[GL] or len(recording.rows[PLE]) != 1:
		raise Refused(Reason.NOTHING_TO_PAY)


def _check_balances(recording: Recording) -> None:
	"""ERPNext looks at the balance of some accounts after each entry."""
	for entry in recording.rows[GL]:
		if frappe.get_cached_value("Account", entry["account"], "balance_must_be"):
			raise Refused(Reason.BALANCE_OF_ACCOUNT, entry["account"])


def calculate(pattern: Pattern, given: Given) -> Rows:
	"""The stored rows of an invoice of the pattern, with marks in the entries. Raises Refused, and what ERPNext raises."""
	invoice = _in_memory(pattern, given)
	invoice.calculate_taxes_and_totals()
	invoice.validate_value("base_grand_total", ">=", 0)
	if not invoice.base_grand_total:
		raise Refused(Reason.NOTHING_TO_PAY)
	_finish_totals(invoice)
	gl, ple = _entries(invoice)
	_set_status(invoice, ple)
	stored = pattern.recording.rows
	return {
		INVOICE: [_overlaid(INVOICE, stored[INVOICE][0], invoice)],
		ITEM: [
			_overlaid(ITEM, pattern.rows[kind].stored, row)
			for kind, row in zip(given.row_kinds, invoice.items, strict=True)
		],
		TAX: _all_overlaid(TAX, stored[TAX], invoice.taxes),
		SCHEDULE: _all_overlaid(SCHEDULE, stored[SCHEDULE], invoice.payment_schedule),
		GL: [_entry_row(GL, entry, stored[GL][0]) for entry in gl],
		PLE: [_entry_row(PLE, entry, stored[PLE][0]) for entry in ple],
	}


def _in_memory(pattern: Pattern, given: Given) -> SalesInvoice:
	rows = [
		{**pattern.rows[kind].before, **{name: values[name] for name in FIGURES}, "idx": index}
		for index, (kind, values) in enumerate(zip(given.row_kinds, given.row_values, strict=True), start=1)
	]
	before = pattern.recording.before
	invoice = SalesInvoice(
		{
			**before,
			"items": rows,
			"taxes": [dict(tax) for tax in before["taxes"]],
			"payment_schedule": _schedule(pattern.recording),
		}
	)
	invoice.due_date = pattern.recording.rows[INVOICE][0]["due_date"]
	invoice.docstatus = DocStatus.SUBMITTED
	invoice._action = "submit"
	invoice.flags.ignore_permissions = True
	return invoice


def _schedule(recording: Recording) -> list[dict[str, Any]]:
	"""The recorded instalments, whose dates hold for all invoices of the kind; none where their amounts do not follow
	from their portions alone."""
	rows = recording.rows[SCHEDULE]
	if any(row["discount"] or not row["invoice_portion"] for row in rows):
		return []
	return [dict(row) for row in rows]


def _finish_totals(invoice: SalesInvoice) -> None:
	"""What ERPNext derives from the totals, and the checks that depend on amounts, in the order of its validate()."""
	if invoice.payment_schedule:
		invoice.set_payment_schedule()
		invoice.validate_payment_schedule_amount()
	else:
		invoice.validate_invoice_documents_schedule()
	invoice.set_total_in_words()
	invoice.validate_max_discount()
	invoice.validate_selling_price()
	invoice.set_qty_as_per_stock_uom()
	invoice.set_rate_of_stock_uom()
	if any(row.qty != int(row.qty) or row.stock_qty != int(row.stock_qty) for row in invoice.items):
		invoice.validate_uom_is_integer("stock_uom", "stock_qty")
		invoice.validate_uom_is_integer("uom", "qty")
	invoice.set_against_income_account()
	for row in (invoice, *invoice.items, *invoice.taxes, *invoice.payment_schedule):
		_check_fields(row)


def _check_fields(row: Any) -> None:
	"""Frappe's own checks of what amounts may be. Raises Refused; the standard lane then says it in Frappe's words."""
	for name in _never_negative(row.doctype):
		if flt(row.get(name)) < 0:
			raise Refused(Reason.FAILED, f"{row.doctype}.{name}")
	for name, length in _limited_texts(row.doctype).items():
		if len(str(row.get(name) or "")) > length:
			raise Refused(Reason.FAILED, f"{row.doctype}.{name}")


def _entries(invoice: SalesInvoice) -> tuple[list[Any], list[Any]]:
	"""Entries of the general ledger and of the payment ledger, as ERPNext posts them (accounts/general_ledger.py)."""
	invoice.name, invoice.customer, invoice.remarks = NAME, CUSTOMER, REMARKS
	gl = toggle_debit_credit_if_negative(invoice.get_gl_entries())
	ple = get_payment_ledger_entries(gl)
	precision = get_field_precision(frappe.get_meta(GL).get_field("debit"), currency=invoice.company_currency)
	difference, _in_transaction_currency = get_debit_credit_difference(gl, precision)
	if abs(difference) >= 1.0 / 10**precision:
		raise Refused(Reason.ROUND_OFF, str(difference))
	return gl, ple


def _set_status(invoice: SalesInvoice, ple: Sequence[Any]) -> None:
	"""Outstanding amount and status as they are once the payment ledger has its entry."""
	invoice.outstanding_amount = flt(
		sum(entry.amount_in_account_currency for entry in ple), invoice.precision("outstanding_amount")
	)
	invoice.set("__islocal", False)
	invoice.set_status()


def _all_overlaid(
	doctype: str, stored: Sequence[dict[str, Any]], made: Sequence[Any]
) -> list[dict[str, Any]]:
	if len(stored) != len(made):
		raise Refused(Reason.NOT_REPRODUCED, f"{doctype}: {len(made)} rows instead of {len(stored)}")
	return [_overlaid(doctype, row, document) for row, document in zip(stored, made, strict=True)]


def _overlaid(doctype: str, stored: dict[str, Any], document: Any) -> dict[str, Any]:
	values = document.__dict__
	row = {**stored, "idx": document.idx or 0}
	for name in _amount_fields(doctype):
		row[name] = flt(values.get(name))
	for name in _TEXTS[doctype]:
		row[name] = values.get(name)
	if doctype == INVOICE:
		row["status"] = document.status
	return row


def _entry_row(doctype: str, entry: Mapping[str, Any], stored: dict[str, Any]) -> dict[str, Any]:
	"""A row of a ledger: Frappe's defaults, and over them what ERPNext posts."""
	row = dict(_defaults(doctype))
	for name, kind in _columns(doctype).items():
		value = entry.get(name)
		if value is None:
			continue
		row[name] = flt(value) if kind in _AMOUNTS else cint(value) if kind in ("Check", "Int") else value
	for name in ("owner", "modified_by", "docstatus", "to_rename", "idx"):
		if name in stored:
			row[name] = stored[name]
	return row


@remembered
def _amount_fields(doctype: str) -> tuple[str, ...]:
	columns = set(frappe.get_meta(doctype).get_valid_columns())
	fields = frappe.get_meta(doctype).fields
	return tuple(
		each.fieldname for each in fields if each.fieldtype in _AMOUNTS and each.fieldname in columns
	)


@remembered
def _never_negative(doctype: str) -> tuple[str, ...]:
	fields = frappe.get_meta(doctype).fields
	return tuple(
		each.fieldname for each in fields if each.non_negative and each.fieldtype in (*_AMOUNTS, "Int")
	)


@remembered
def _limited_texts(doctype: str) -> dict[str, int]:
	"""The lengths of texts that follow from amounts."""
	fields = [frappe.get_meta(doctype).get_field(name) for name in _TEXTS[doctype]]
	return {
		each.fieldname: cint(each.length) or frappe.db.VARCHAR_LEN
		for each in fields
		if each.fieldtype == "Data"
	}


@remembered
def _columns(doctype: str) -> dict[str, str]:
	meta = frappe.get_meta(doctype)
	return {
		name: meta.get_field(name).fieldtype if meta.get_field(name) else "Data"
		for name in meta.get_valid_columns()
		if name not in _OF_THE_DOCUMENT
	}


@remembered
def _defaults(doctype: str) -> dict[str, Any]:
	return dict(frappe.new_doc(doctype).get_valid_dict())


def _check_reproduced(made: Rows, recording: Recording, customer: str) -> None:
	"""Would the bulk lane have written what ERPNext has written? Every column of every row, but names and moments."""
	header = recording.rows[INVOICE][0]
	marks = {NAME: header["name"], CUSTOMER: customer, REMARKS: header["remarks"]}
	for doctype, rows in made.items():
		stored = recording.rows[doctype]
		if len(rows) != len(stored):
			raise Refused(Reason.NOT_REPRODUCED, f"{doctype}: {len(rows)} rows instead of {len(stored)}")
		for row, original in zip(rows, stored, strict=True):
			different = sorted(_differences(row, original, marks))
			if different:
				raise Refused(Reason.NOT_REPRODUCED, f"{doctype}: {', '.join(different)}")


def _differences(
	row: Mapping[str, Any], original: Mapping[str, Any], marks: Mapping[str, Any]
) -> Iterable[str]:
	for name, value in original.items():
		if name in _OF_THE_DOCUMENT:
			continue
		mine = row.get(name)
		mine = marks.get(mine, mine) if isinstance(mine, str) else mine
		if comparable(mine) != comparable(value):
			yield f"{name} {mine!r} instead of {value!r}"


def comparable(value: Any) -> Any:
	"""A value as the database would give it back: numbers rounded to its nine decimals, dates as text."""
	if value is None:
		return None
	if isinstance(value, float | int):
		# The database rounds the digits that it is sent, not the binary fraction behind them.
		return Decimal(repr(value + 0.0)).quantize(_STORED, ROUND_HALF_UP)
	return str(value)


_STORED = Decimal(1).scaleb(-STORED_DECIMALS)
