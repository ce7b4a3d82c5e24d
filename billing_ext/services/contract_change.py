"""Contracts and amendments on their way to being in force: defaults, checks, effects."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import frappe

from billing_ext.core.contract import Contract, ContractLine, Terms
from billing_ext.core.errors import DomainError
from billing_ext.core.period import ONE_DAY, Grid, add_months
from billing_ext.repositories import charges, clock, contract_rows, contracts, prices
from billing_ext.repositories.contract_rows import SUBMITTED, AmendmentType, Applies, LineChange, Row
from billing_ext.repositories.money import currency, to_decimal, to_float
from billing_ext.services import (
	contract_import,
	contract_state,
	contract_transfer,
	invoice_text,
	milestones,
	time_billing,
)


def prepare_contract(doc: Any) -> None:
	"""Fill in end date, prices and amounts of a draft, and check that the core can read it. Raises DomainError."""
	doc.title = doc.customer_name or doc.customer
	if doc.term_months and not doc.end_date:
		start = contract_rows.required_day(doc.as_dict(), "start_date")
		doc.end_date = add_months(start, doc.term_months) - ONE_DAY
	check_recipient(doc)
	check_language(doc)
	for row in doc.lines:
		if not row.name:
			row.name = frappe.generate_hash(length=10)
		_fill_price(doc, row)
	for step in doc.ramp_steps:
		step.line_title = invoice_text.line_title(
			contract_rows.numbered_line(doc.as_dict()["lines"], step.as_dict())
		)
	milestones.check(doc)
	time_billing.check(doc)
	contract_import.check_external_id(doc)
	contract = core_of(doc)
	for row in doc.lines:
		row.period_amount = to_float(_period_amount(contract, row.as_dict()))
	doc.mrr = to_float(contract_state.mrr_of(contract, clock.today()))


def check_recipient(doc: Any) -> None:
	"""Raise DomainError ``no_customer_email`` where invoices are to be e-mailed to nobody."""
	if doc.send_invoice and not doc.contact_email:
		raise DomainError("no_customer_email")


def check_language(doc: Any) -> None:
	"""Raise DomainError ``unknown_language`` for a language that the site does not have."""
	if doc.language and not contracts.is_language(doc.language):
		raise DomainError("unknown_language", language=doc.language)


def core_of(doc: Any) -> Contract:
	"""The contract that a document describes, saved or not, without amendments."""
	values = doc.as_dict()
	return contract_rows.contract_from(values, values["lines"], (), currency(doc.currency))


def _fill_price(doc: Any, row: Any) -> None:
	"""A line without a price takes it from the contract's price list; a free line has a discount of 100 %."""
	if row.price or not doc.price_list:
		return
	day = contract_rows.day(row.as_dict(), "start_date") or contract_rows.day(doc.as_dict(), "start_date")
	found = prices.list_price(row.item_code, doc.price_list, row.uom, doc.customer, day or clock.today())
	if found is not None:
		row.price = to_float(found)


def _period_amount(contract: Contract, row: Row) -> Decimal:
	"""What a full billing period of a line costs under its first terms, or a line that is billed once in all."""
	terms = contract_rows.terms_of(row)
	line = next((line for line in contract.lines if line.id == row["name"]), None)
	return contract.currency.round(terms.amount * (line.price_factor if line else 1))


def activate(name: str) -> None:
	"""A contract was submitted: from now on it is billed."""
	contract_state.refresh(name)


def check_cancellable(name: str) -> None:
	"""Raise DomainError ``billed_contract`` for a contract whose charges still count."""
	if charges.counting(name):
		raise DomainError("billed_contract", contract=name)


def prepare_amendment(doc: Any) -> None:
	"""Fill in what the lines cost before, note which fields change, and check that it fits. Raises DomainError."""
	before = contracts.record(doc.contract)
	if before.header["docstatus"] != SUBMITTED:
		raise DomainError("contract_not_submitted", contract=doc.contract)
	kind = AmendmentType(doc.amendment_type)
	contract = before.to_core()
	_fill_dates(doc, kind, contract)
	if kind is AmendmentType.BILLING_DAY:
		_move_billing_day(doc, contract)
	elif kind not in contract_rows.WITH_LINES:
		doc.lines = []
	_check_ends(doc, contract)
	for row in doc.lines:
		if not row.name:
			row.name = frappe.generate_hash(length=10)
		_prepare_change(doc, row, contract, before)
	contracts.record(doc.contract, instead=amendment_row(doc)).to_core()


def _fill_dates(doc: Any, kind: AmendmentType, contract: Contract) -> None:
	"""The effective date where another field or the term decides it. Raises DomainError ``no_term``."""
	if kind is AmendmentType.TERMINATE:
		doc.effective_date = contract_rows.required_day(doc.as_dict(), "last_service_day") + ONE_DAY
	elif kind in (AmendmentType.RENEW, AmendmentType.DECLINE):
		if contract.term_end is None:
			raise DomainError("no_term", contract=doc.contract)
		first = contract.term_end
		doc.effective_date = first if kind is AmendmentType.RENEW else first - ONE_DAY


def _move_billing_day(doc: Any, contract: Contract) -> None:
	"""A successor for every line that is billed by months, counted from the first new billing day."""
	effective = contract_rows.required_day(doc.as_dict(), "effective_date")
	doc.lines = []
	for line in contract.lines:
		running = line.end is None or line.end > effective
		if line.grid is None or not line.grid.interval.months or not running:
			continue
		anchor = Grid.on_billing_day(effective, line.grid.interval, doc.new_billing_day).anchor
		change = LineChange.CHANGE_CADENCE.value
		doc.append("lines", {"change": change, "contract_line": line.id, "anchor_date": anchor})
	if not doc.lines:
		raise DomainError("no_line_by_months", contract=doc.contract)


def _check_ends(doc: Any, contract: Contract) -> None:
	"""A last service day before the service began is a slip of the pen that would credit every invoice.

	The day before it is allowed: the service then never began.
	"""
	if doc.amendment_type == AmendmentType.TERMINATE.value:
		ends = [(line, doc.as_dict()) for line in sorted(contract.lines, key=lambda line: line.start)[:1]]
	else:
		rows = [row.as_dict() for row in doc.lines if row.change == LineChange.END_LINE.value]
		ends = [(contract.line(contract_rows.target_line(row)), row) for row in rows]
	for line, row in ends:
		last_day = contract_rows.required_day(row, "last_service_day")
		if last_day + ONE_DAY < line.start:
			raise DomainError("end_before_start", line=line.id, start=line.start, end=last_day)


def amendment_row(doc: Any) -> Row:
	"""An amendment's values as planning reads them; an unsubmitted one counts as the last entered."""
	values = doc.as_dict()
	return {
		**values,
		"name": doc.name or "new",
		"sequence": doc.sequence or contracts.next_sequence(doc.contract),
	}


def _prepare_change(doc: Any, row: Any, contract: Contract, before: contracts.ContractRecord) -> None:
	if row.change == LineChange.ADD_LINE.value:
		row.contract_line = None
		row.new_quantity = row.new_quantity or 1  # as a line of the contract itself; nothing is no line
		row.line_title = invoice_text.line_title(row.as_dict())
		return
	line = contract.line(contract_rows.target_line(row.as_dict()))
	old = before.lines[line.id]
	effective = contract_rows.required_day(doc.as_dict(), "effective_date")
	_check_still_running(row, line, effective)
	row.line_title = invoice_text.line_title(old)
	terms = line.revision_on(effective).terms
	if line.credit:  # a credit is entered without a sign
		terms = replace(terms, price=-terms.price)
	_fill(row, "price", terms.price)
	_fill(row, "quantity", terms.quantity)
	_fill(row, "discount_percentage", terms.discount)
	if row.change == LineChange.CHANGE_TERMS.value:
		row.sets_price = to_decimal(row.new_price) != terms.price
		row.sets_quantity = to_decimal(row.new_quantity) != terms.quantity
		row.sets_discount = to_decimal(row.new_discount_percentage) != terms.discount
		if not (row.sets_price or row.sets_quantity or row.sets_discount or row.drop_later_steps):
			raise DomainError("nothing_changes", row=row.idx)
		_settle_when(row, before.header, terms)


def _settle_when(row: Any, contract: Row, terms: Terms) -> None:
	"""What the contract says about increases and decreases becomes the amendment's own, for all to see and for ever."""
	if row.applies and row.applies != Applies.AS_AGREED.value:
		return
	new = Terms(
		*(to_decimal(row.get(f"new_{field}")) for field in ("price", "quantity", "discount_percentage"))
	)
	field = "downgrade_applies" if new.amount < terms.amount else "upgrade_applies"
	row.applies = contract[field] or Applies.ON_DATE.value


def _fill(row: Any, field: str, value: Decimal) -> None:
	"""Show what is in force; what the user has not touched follows it, also when the effective date moves."""
	untouched = row.get(f"new_{field}") in (None, row.get(f"old_{field}"))
	row.set(f"old_{field}", to_float(value))
	if untouched:
		row.set(f"new_{field}", to_float(value))


def _check_still_running(row: Any, line: ContractLine, effective: date) -> None:
	if line.end is not None and line.end <= effective and line.ended_by:
		raise DomainError("line_ended", row=row.idx, end=line.end - ONE_DAY, amendment=line.ended_by)


def apply_amendment(doc: Any) -> None:
	"""An amendment was submitted: give it its place in the order of entry and let the next run see it."""
	contracts.lock([doc.contract])
	doc.db_set("sequence", contracts.next_sequence(doc.contract), update_modified=False)
	contract_state.refresh(doc.contract)
	if doc.amendment_type == AmendmentType.TRANSFER.value:
		contract_transfer.take_over(doc)


def undo_amendment(doc: Any) -> None:
	"""An amendment was cancelled: the next run bills and credits as if it had never been.

	Raises DomainError ``amendment_order`` if another one builds on a line that it adds.
	"""
	contracts.lock([doc.contract])
	if doc.new_contract:
		contract_transfer.give_back(doc)
	try:
		contract_state.refresh(doc.contract)
	except DomainError as error:
		if error.code != "unknown_line":
			raise
		other = _dependent(doc)
		raise DomainError("amendment_order", amendment=other, other=doc.name) from error


def _dependent(doc: Any) -> str:
	"""The amendment that names a line which ``doc`` adds."""
	added = {row.name for row in doc.lines}
	return frappe.db.get_value(
		"Billing Amendment Line", {"contract_line": ("in", list(added)), "docstatus": SUBMITTED}, "parent"
	)
