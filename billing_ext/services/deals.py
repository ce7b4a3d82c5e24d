"""From deal to contract: what an opportunity, a quotation or a sales order says becomes a Billing Contract.

A contract is made of one deal, and no other is made of it or of what follows from it: a quotation's contract also bills
the quotation's orders. The acceptance of a deal activates its contract if Billing Settings say so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import frappe

from billing_ext.core.errors import DomainError
from billing_ext.repositories import clock, deals, settings
from billing_ext.repositories.contract_rows import SUBMITTED, LineType, Row
from billing_ext.repositories.deals import OPPORTUNITY, ORDER, QUOTATION, Deal, DealRow
from billing_ext.repositories.money import to_float
from billing_ext.services import contract_change
from billing_ext.services.messages import message_of

Group = list[DealRow]
"""The rows of one contract line: the first is what it costs at first, the others are steps."""


def make(doctype: str, name: str) -> Any:
	"""A contract for the form, not saved, of an agreed deal.

	Raises DomainError ``deal_not_agreed``, ``contract_exists``, ``deal_without_customer``, ``order_row_invoiced``, and
	what ``contract_from`` raises.
	"""
	deal = deals.load(doctype, name)
	_check_agreed(deal)
	_check_free(deal)
	return _contract_of_agreed(deal)


def check(doc: Any) -> None:
	"""Refuse a quotation or order, before the customer gets it, whose contract could not be made. Raises DomainError."""
	deal = deals.read(doc)
	if not deal.rows:
		return
	contract = contract_from(deal)
	for line, group in zip(contract.lines, _grouped(deal.rows, contract.start_date), strict=True):
		line.name = f"{group[0].number} ({group[0].item})"  # errors then name the deal's row
	contract_change.prepare_contract(contract)


def accept(quotation: str) -> str:
	"""The customer has accepted a quotation without an order: activate its contract, made now if there is none.

	Returns the contract. Raises what ``make`` raises but ``contract_exists``, and frappe.ValidationError.
	"""
	deal = deals.load(QUOTATION, quotation)
	_check_agreed(deal)
	contract = deals.contract_of(deal)
	name = contract["name"] if contract else deals.insert(_contract_of_agreed(deal), unasked=False)
	if not contract or contract["docstatus"] != SUBMITTED:
		deals.submit(name, unasked=False)
	deals.set_accepted(quotation, clock.today())
	return name


def on_order_submit(doc: Any) -> str:
	"""An order was submitted: link it to the contract that bills it and, if Billing Settings say so, activate that.

	Returns why it could not be activated, empty if it could or need not be.
	"""
	deal = deals.read(doc)
	if not deal.rows:
		return ""
	contract = deals.contract_of(deal)
	reason = ""
	if contract:
		_link_order(deal, contract)
	if settings.load().activate_on_acceptance and not (contract and contract["docstatus"] == SUBMITTED):
		reason = _activate(deal, contract["name"]) if contract else _make_and_activate(deal)
	deals.show_contract(doc)
	return reason


def on_cancel(doc: Any) -> None:
	"""A quotation or order was cancelled: a draft contract of an earlier deal is free for the next order."""
	deal = deals.read(doc)
	contract = deals.contract_of(deal)
	deals.set_contract(deal.doctype, deal.name, None)
	deals.show_contract(doc)
	if contract and deal.doctype == ORDER and deals.made_from(deal, contract["name"]):
		deals.set_order(contract["name"], None)


def link(contract: Any) -> None:
	"""A contract was saved for the first time: the deal it was made of names it. Raises DomainError ``contract_exists``."""
	source = deals.source_of(contract)
	if source is None:
		return
	other = deals.lock(*source)
	if other:
		raise DomainError("contract_exists", contract=other, document=source[1])
	_check_free(deals.load(*source), besides=contract.name)
	deals.set_contract(*source, contract.name)


def unlink(contract: str) -> None:
	"""A contract was cancelled or deleted: another one may be made of its deal."""
	deals.forget_contract(contract)


def check_activation(contract: Any) -> None:
	"""Raise DomainError ``order_row_invoiced`` for a contract that would bill what its order has billed."""
	_refuse_invoiced(deals.invoiced_item(contract))


def check_invoice(invoice: Any) -> None:
	"""Raise DomainError ``row_in_contract`` for a row of an order that a contract bills. Credit notes may have any."""
	if invoice.is_return:
		return
	for row in deals.order_rows(invoice):
		contract = deals.contract_of(deals.load(ORDER, row["order"]))
		if contract is None or contract["docstatus"] != SUBMITTED:
			continue
		# A line that was taken off the contract while it was a draft is left to the order.
		if row["item"] in deals.items_of(contract["name"]):
			raise DomainError(
				"row_in_contract",
				row=row["number"],
				item=row["item"],
				order=row["order"],
				contract=contract["name"],
			)


def _check_agreed(deal: Deal) -> None:
	if deal.doctype == OPPORTUNITY:
		agreed = deal.status == "Converted"
	else:
		agreed = deal.docstatus == SUBMITTED and deal.status != "Lost"
	if not agreed:
		raise DomainError("deal_not_agreed", document=deal.name, status=[deal.status])


def _check_free(deal: Deal, besides: str = "") -> None:
	contract = deals.contract_of(deal, besides)
	if contract:
		raise DomainError("contract_exists", contract=contract["name"], document=deal.name)


def _contract_of_agreed(deal: Deal) -> Any:
	if not deal.header.get("customer"):
		raise DomainError("deal_without_customer", party=deal.party)
	if deal.doctype == ORDER:
		_refuse_invoiced(deals.invoiced_row([deal.name], {row.item for row in deal.rows}))
	return contract_from(deal)


def _refuse_invoiced(row: Row | None) -> None:
	if row is not None:
		raise DomainError("order_row_invoiced", order=row["parent"], item=row["item_code"])


def contract_from(deal: Deal) -> Any:
	"""A contract, not saved, as a deal says it.

	Raises DomainError ``no_contract_rows``, ``tax_in_rates``, ``date_missing``, ``from_before_start`` or
	``step_differs``.
	"""
	if not deal.rows:
		raise DomainError("no_contract_rows", document=deal.name)
	if deal.tax_in_rates:
		raise DomainError("tax_in_rates", document=deal.name, template=deal.tax_in_rates)
	start = _start(deal)
	groups = _grouped(deal.rows, start)
	rhythm = next((group[0].rhythm for group in groups if group[0].kind is LineType.RECURRING), {})
	values = {
		**deal.header,
		**deal.links,
		**rhythm,
		"start_date": start,
		"term_months": deal.term_months,
		"renewal": deal.renewal,
	}
	return deals.new_contract(
		values,
		[_line(group, start, rhythm) for group in groups],
		[_step(row, number) for number, group in enumerate(groups, start=1) for row in group[1:]],
		[
			{"line_no": number, "title": group[0].item_name, "percent": 100}
			for number, group in enumerate(groups, start=1)
			if group[0].kind is LineType.MILESTONES
		],
	)


def _start(deal: Deal) -> date:
	if deal.start is None:
		if any(row.first_day for row in deal.rows):  # a ramp with a sliding start would be a guess
			raise DomainError("date_missing", field="billing_ext_start_date")
		return clock.today()
	for row in deal.rows:
		if row.first_day and row.first_day < deal.start:
			raise DomainError("from_before_start", row=row.number, day=row.first_day, start=deal.start)
	return deal.start


def _grouped(rows: Sequence[DealRow], start: date) -> list[Group]:
	"""The rows of each contract line, in the order of the deal. A later row goes on with the first line that it can."""
	groups: list[Group] = []
	for row in sorted(rows, key=lambda row: row.first_day or start):
		begun = next((group for group in groups if _goes_on(group[-1], row, start)), None)
		if begun is None:
			groups.append([row])
		else:
			_check_step(begun[0], row)
			begun.append(row)
	return sorted(groups, key=lambda group: group[0].number)


def _goes_on(before: DealRow, row: DealRow, start: date) -> bool:
	both_recur = before.kind is row.kind is LineType.RECURRING
	return both_recur and before.item == row.item and (before.first_day or start) < (row.first_day or start)


def _check_step(first: DealRow, row: DealRow) -> None:
	"""A step changes price, quantity and discount; what else it says must be what the line's first row says."""
	if (first.uom, first.rhythm, first.accounting) != (row.uom, row.rhythm, row.accounting):
		raise DomainError("step_differs", row=row.number, first=first.number)


def _line(group: Group, start: date, rhythm: Row) -> Row:
	first = group[0]
	recurring = first.kind is LineType.RECURRING
	same_text = all(row.description == first.description for row in group)
	return {
		"item_code": first.item,
		"item_name": first.item_name,
		# A text for one step only ("first year") must not go on every invoice: the item's own stands in.
		"description": first.description if same_text else None,
		"line_type": first.kind.value,
		"uom": first.uom,
		"start_date": first.first_day if first.first_day != start else None,
		**_terms(first),
		**(first.rhythm if recurring and first.rhythm != rhythm else {}),
		**first.accounting,
	}


def _step(row: DealRow, line_no: int) -> Row:
	return {"line_no": line_no, "effective_date": row.first_day, "keeps_discount": 0, **_terms(row)}


def _terms(row: DealRow) -> Row:
	price, discount = _price(row)
	return {
		"price": to_float(price),
		"quantity": to_float(row.quantity),
		"discount_percentage": to_float(discount),
	}


def _price(row: DealRow) -> tuple[Decimal, Decimal]:
	"""List price and discount where they give exactly what was agreed; a free line has a discount of 100 %."""
	if not row.agreed:
		return row.list_price, Decimal(100)
	exact = row.list_price * (100 - row.discount) / 100 == row.agreed
	return (row.list_price, row.discount) if exact and row.discount >= 0 else (row.agreed, Decimal(0))


def _link_order(deal: Deal, contract: Row) -> None:
	deals.set_contract(ORDER, deal.name, contract["name"])
	if not contract["sales_order"]:
		deals.set_order(contract["name"], deal.name)


def _activate(deal: Deal, contract: str) -> str:
	"""Submit a draft on acceptance. What refuses it is returned, and left as a task on the draft."""

	def work() -> None:
		quoted = deals.made_from(deal, contract)
		if quoted and _agreed(quoted) != _agreed(deal):
			raise DomainError("order_differs", order=deal.name, document=quoted.name, contract=contract)
		deals.submit(contract, unasked=True)

	reason = _refusal(work)
	if reason:
		deals.leave_task("Billing Contract", contract, reason, clock.today())
	return reason


def _agreed(deal: Deal) -> tuple[Any, ...]:
	return (deal.start, deal.term_months, deal.renewal, deal.rows)


def _make_and_activate(deal: Deal) -> str:
	made: list[str] = []
	reason = _refusal(lambda: made.append(deals.insert(_contract_of_agreed(deal), unasked=True)))
	if reason:
		deals.leave_task(ORDER, deal.name, reason, clock.today())
		return reason
	return _activate(deal, made[0])


def _refusal(work: Callable[[], None]) -> str:
	"""Why ``work`` was refused and undone; empty if it was done."""
	try:
		with deals.all_or_nothing():
			work()
	except DomainError as error:
		return str(message_of(error))
	except frappe.ValidationError as error:
		return deals.words_of(error)
	return ""
