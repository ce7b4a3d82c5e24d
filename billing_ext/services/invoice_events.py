"""What happens to the ledger when a Sales Invoice that carries charges is submitted, cancelled, amended or deleted.

Submitted by hand: its rows must still say what the ledger says. Cancelled: its charges are held, and still count.
Amended: the new invoice takes the held charges over. A deleted draft gives its charges back to the next run.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from billing_ext.core.errors import DomainError
from billing_ext.repositories import charges, contracts, provenance
from billing_ext.repositories.charges import ChargeStatus, Target
from billing_ext.repositories.contract_rows import Row
from billing_ext.repositories.money import to_decimal
from billing_ext.services import contract_state, sending


def on_submit(invoice: Any) -> None:
	"""Take over what the invoice carries and queue its e-mail. Raises DomainError ``row_changed``."""
	if invoice.is_return and invoice.return_against and not invoice.billing_ext_contract:
		_record_manual_credit(invoice)
	if not invoice.billing_ext_contract:
		return
	known = provenance.of(invoice)
	if not known:
		_refresh_contracts(_adopt(invoice))
	sending.queue(invoice, known.contract if known else contracts.header(invoice.billing_ext_contract))


def on_cancel(invoice: Any) -> None:
	"""Hold the invoice's charges; a credit note made by hand gives back what it took."""
	rows = charges.on_invoice(invoice.name)
	if not rows:
		return
	manual = [row["name"] for row in rows if row["kind"] == charges.MANUAL_CREDIT]
	held = [row["name"] for row in rows if row["status"] in _CARRIED and row["name"] not in manual]
	charges.set_status(manual, ChargeStatus.RELEASED)
	charges.set_status(held, ChargeStatus.HELD)
	sending.drop_for(invoice.doctype, invoice.name)
	_refresh_contracts(rows)


def on_trash(invoice: Any) -> None:
	"""Give a draft's charges back, and let go of released ones.

	Raises DomainError ``release_first`` for a cancelled invoice that still holds some.
	"""
	rows = charges.on_invoice(invoice.name)
	if any(row["status"] == ChargeStatus.HELD.value for row in rows):
		raise DomainError(
			"release_first", invoice=invoice.name, contract=", ".join(charges.contracts_of(rows))
		)
	if rows:
		charges.set_status([row["name"] for row in rows], ChargeStatus.RELEASED, detach=True)
		_refresh_contracts(rows)


def _refresh_contracts(rows: Iterable[Row]) -> None:
	for contract in charges.contracts_of(rows):
		contract_state.refresh(contract)


_CARRIED = {ChargeStatus.DRAFT.value, ChargeStatus.INVOICED.value}


def _adopt(invoice: Any) -> list[Row]:
	"""Tie the charges of a draft, or of the cancelled invoice that this one amends, to the rows that now carry them.

	All charges concerned, those of rows that somebody has removed included: they are released.
	"""
	carried: list[Row] = [*charges.on_invoice(invoice.name)]
	if invoice.amended_from:
		carried += [
			row
			for row in charges.on_invoice(invoice.amended_from)
			if row["status"] == ChargeStatus.HELD.value
		]
	by_old_row: dict[str, list[Row]] = {}
	for charge in carried:
		by_old_row.setdefault(charge["sales_invoice_item"], []).append(charge)
	old_row_of = {charge["name"]: charge["sales_invoice_item"] for charge in carried}
	targets = []
	for row in invoice.items:
		if row.billing_ext_charge in old_row_of:
			group = by_old_row.pop(old_row_of[row.billing_ext_charge], [])
			_check_amount(row, group)
			names = tuple(charge["name"] for charge in group)
			targets.append(Target(names, invoice.name, row.name, ChargeStatus.INVOICED))
	charges.point_to(targets)
	removed = [charge["name"] for group in by_old_row.values() for charge in group]
	charges.set_status(removed, ChargeStatus.RELEASED, detach=True)
	return carried


def _check_amount(row: Any, group: list[Row]) -> None:
	expected = sum((to_decimal(charge["amount"]) for charge in group), Decimal(0))
	if to_decimal(row.net_amount) != expected:
		raise DomainError("row_changed", row=row.idx, amount=row.net_amount, expected=expected)


def _record_manual_credit(credit_note: Any) -> None:
	"""A credit note made by hand against one of our invoices: forgiven, unless somebody has it billed again."""
	carriers = charges.carrier_rows(credit_note.return_against)
	touched: list[Row] = []
	for row in credit_note.items:
		carrier = carriers.get(row.sales_invoice_item)
		if carrier and row.net_amount:
			charges.append_manual_credit(carrier, to_decimal(row.net_amount), credit_note.name, row.name)
			touched.append(carrier)
	_refresh_contracts(touched)
