"""Another customer takes a contract over: what still runs there goes on here, on the same days and terms."""

from __future__ import annotations

from datetime import date
from typing import Any

from billing_ext.core.contract import Contract, ContractLine
from billing_ext.core.errors import DomainError
from billing_ext.core.period import ONE_DAY, Grid
from billing_ext.core.renewal import index_month
from billing_ext.repositories import contracts, expense_claims, time_entries
from billing_ext.repositories.contract_rows import Renewal, Row, integer, renewal_months, required_day
from billing_ext.repositories.money import to_float

_OF_THE_CUSTOMER = (
	"customer_name", "customer_address", "shipping_address", "contact_person", "contact_email", "send_invoice",
	"taxes_and_charges", "payment_terms_template", "language", "po_no", "print_format", "remind_customer",
)  # fmt: skip
"""Fields of a contract that are about its customer: they are not taken over."""
_OF_THE_LINE = (
	"item_code", "description", "line_type", "uom", "billing_interval_count", "billing_interval", "timing",
	"price_period_count", "price_period", "cost_center", "project", "income_account", "item_tax_template",
)  # fmt: skip
_WORK = (time_entries.ORIGIN, expense_claims.ORIGIN)
"""Where hours and expenses come from: as lines of the new contract, ERPNext would not know that they are billed."""


def take_over(amendment: Any) -> None:
	"""Make and submit the new customer's contract. The old one ends the day before; its credits, open milestones,
	hours and expenses stay with its customer.

	Raises DomainError ``transfer_same_customer``, ``nothing_to_transfer``, ``transfer_paused``, and what submitting a
	contract raises.
	"""
	record = contracts.record(amendment.contract)
	if amendment.new_customer == record.header["customer"]:
		raise DomainError("transfer_same_customer", customer=amendment.new_customer)
	day = required_day(amendment.as_dict(), "effective_date")
	contract = record.without_amendment(amendment.name).to_core()
	running = [line for line in contract.lines if _goes_on(line, record.lines[line.id], day)]
	if not running:
		raise DomainError("nothing_to_transfer", contract=amendment.contract, date=day)
	_check_not_paused(running, day)
	name = contracts.copy_for_customer(
		amendment.contract,
		_OF_THE_CUSTOMER,
		{
			"customer": amendment.new_customer,
			"transferred_from": amendment.contract,
			"start_date": day,
			"term_months": 0,
			"end_date": contract.term_end and contract.term_end - ONE_DAY,
			"first_period": "Prorate",
			"external_id": None,
			**_renewal(record.header, contract),
			"lines": [_line(line, record.lines[line.id], day) for line in running],
			"ramp_steps": [
				step for number, line in enumerate(running, 1) for step in _steps(line, number, day)
			],
		},
	)
	amendment.db_set("new_contract", name, update_modified=False)


def give_back(amendment: Any) -> None:
	"""Cancel the contract that a transfer made. Raises DomainError ``billed_contract`` once it was billed."""
	contracts.cancel(amendment.new_contract)


def _goes_on(line: ContractLine, row: Row, day: date) -> bool:
	if line.credit or row.get("origin") in _WORK:
		return False
	return line.start >= day if line.one_off else line.end is None or line.end > day


def _check_not_paused(lines: list[ContractLine], day: date) -> None:
	"""A pause is an amendment of the old contract, and so are its resumption and what it adds to the term."""
	paused = [max(pause.start, day) for line in lines for pause in line.pauses if pause.end > day]
	if paused:
		raise DomainError("transfer_paused", date=min(paused))


def _renewal(header: Row, contract: Contract) -> dict[str, Any]:
	"""What the new contract cannot tell from its own dates: its first term is only the rest of the old one's term."""
	values: dict[str, Any] = {"renewal_months": renewal_months(header)}
	if contract.term_end is None or contract.renewal_declined:
		values["renewal"] = Renewal.ENDS.value  # it went on without end already, or is not to go on
	if contract.renewed_on and header["index_base_month"]:
		values["index_base_month"] = index_month(contract.renewed_on, integer(header, "index_lag_months"))
	return values


def _line(line: ContractLine, row: Row, day: date) -> dict[str, Any]:
	terms = line.revision_on(day).terms
	free = [part.end for part in line.free if part.end > day]
	own_end = line.end if line.end and not (line.one_off or line.follows_term) else None
	return {
		**{field: row.get(field) for field in _OF_THE_LINE},
		"price": to_float(terms.price),
		"quantity": to_float(terms.quantity),
		"discount_percentage": to_float(terms.discount),
		"start_date": max(line.start, day),
		"end_date": own_end and own_end - ONE_DAY,
		"free_until": max(free) - ONE_DAY if free else None,
		"anchor_date": _anchor(line.grid) if line.grid else None,
		"billed_through": line.opening and line.opening - ONE_DAY,
	}


def _anchor(grid: Grid) -> date:
	"""A boundary that has the grid's own day of the month: the 31st is not to become the 28th."""
	return next(
		(grid.boundary(index) for index in range(12) if grid.boundary(index).day == grid.day), grid.anchor
	)


def _steps(line: ContractLine, number: int, day: date) -> list[dict[str, Any]]:
	return [
		{
			"line_no": number,
			"effective_date": revision.effective,
			"price": to_float(revision.terms.price),
			"quantity": to_float(revision.terms.quantity),
			"discount_percentage": to_float(revision.terms.discount),
			"keeps_discount": 0,
		}
		for revision in line.history
		if revision.effective > day and not line.one_off
	]
