"""Payment Entries of ERPNext as Tripletex is to register them, and where their messages stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import frappe
from frappe.utils import getdate

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex.delivery import Operation, State
from billing_ext.repositories import clock
from billing_ext.repositories import money as site_money
from billing_ext.repositories.contract_rows import Row
from billing_ext.repositories.money import to_decimal
from billing_ext.repositories.tripletex import mappings, outbox
from billing_ext.repositories.tripletex.mappings import Kind
from billing_ext.repositories.tripletex.settings import Settings

PAYMENT_ENTRY = "Payment Entry"
SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class Share:
	"""What a Payment Entry pays of an invoice: ``amount`` in the company's currency, ``amount_currency`` in the invoice's."""

	invoice: str
	day: date
	amount: Decimal
	amount_currency: Decimal
	payment_type: int
	is_foreign: bool


def key_of(payment_entry: str, invoice: str) -> str:
	"""The key of a share: of its message, and of its mapping."""
	return f"{payment_entry}{SEPARATOR}{invoice}"


def payment_type(company: str, account: str) -> int | None:
	"""Tripletex's payment type for money on an account; None if such money is not registered there."""
	rows = frappe.get_cached_doc("Tripletex Settings", company).payment_types
	return next((int(row.payment_type_id) for row in rows if row.account == account), None)


def paid_invoices(entry: Any) -> list[str]:
	"""The invoices that a Payment Entry pays and that are in Tripletex, or on their way there."""
	names = {
		row.reference_name
		for row in entry.references
		if row.reference_doctype == "Sales Invoice" and row.allocated_amount > 0
	}
	return sorted(name for name in names if _is_there(entry.company, name))


def _is_there(company: str, invoice: str) -> bool:
	if mappings.find(company, Kind.INVOICE, invoice):
		return True
	return invoice_message(company, invoice) is not None


def invoice_message(company: str, invoice: str) -> str | None:
	"""The unfinished message that books an invoice."""
	row = outbox.find(company, Operation.INVOICE, invoice)
	return row["name"] if row and State(row["status"]).is_unfinished else None


def earlier_registrations(row: Row) -> list[str]:
	"""Unfinished registrations on the same invoice that were queued before this one.

	One at a time: a payment is recognised by the posting that was not there before.
	"""
	invoice = row["local_key"].partition(SEPARATOR)[2]
	return frappe.get_all(
		outbox.DOCTYPE,
		filters={
			"company": row["company"],
			"operation": Operation.REGISTER_PAYMENT.value,
			"local_key": ("like", f"%{SEPARATOR}{invoice}"),
			"name": ("!=", row["name"]),
			"creation": ("<", row["creation"]),
			"status": ("in", [state.value for state in State if state.is_unfinished]),
		},
		pluck="name",
	)


def share(local_key: str, own: Settings) -> Share:
	"""A Payment Entry's share of an invoice. Raises DomainError ``tripletex_no_payment_type``."""
	name, _, invoice = local_key.partition(SEPARATOR)
	entry = frappe.get_doc(PAYMENT_ENTRY, name)
	kind = payment_type(own.company, entry.paid_to)
	if kind is None:
		raise DomainError("tripletex_no_payment_type", account=entry.paid_to)
	sale = frappe.db.get_value(
		"Sales Invoice", invoice, ["currency", "conversion_rate", "grand_total"], as_dict=True
	)
	domestic = frappe.get_cached_value("Company", own.company, "default_currency")
	before, part = _allocated(entry, invoice)
	return Share(
		invoice=invoice,
		day=getdate(entry.posting_date),
		amount=_in_company_currency(entry, before + part) - _in_company_currency(entry, before),
		amount_currency=_in_currency(entry, part, sale),
		payment_type=kind,
		is_foreign=sale.currency != domestic,
	)


def _allocated(entry: Any, invoice: str) -> tuple[Decimal, Decimal]:
	"""What is allocated in the rows above an invoice's, and on it, in the currency of the receivable account."""
	before = part = Decimal(0)
	for row in entry.references:
		if row.reference_name == invoice:
			part += to_decimal(row.allocated_amount)
		elif not part:
			before += to_decimal(row.allocated_amount)
	return before, part


def _in_company_currency(entry: Any, allocated: Decimal) -> Decimal:
	"""The money for a running sum of what is allocated: rounded so that all shares add up to what came in.

	Fees that the payment service kept are part of it: they settle the invoice, and stay on the clearing account until
	they are booked there with the payout.
	"""
	kept = sum(
		(to_decimal(row.amount) for row in entry.deductions if not row.is_exchange_gain_loss), Decimal(0)
	)
	came = to_decimal(entry.base_received_amount) + kept
	settled = to_decimal(entry.total_allocated_amount) + to_decimal(entry.unallocated_amount)
	return site_money.currency(entry.paid_to_account_currency).round(came * allocated / settled)


def _in_currency(entry: Any, allocated: Decimal, sale: Any) -> Decimal:
	if entry.paid_from_account_currency == sale.currency:
		return allocated
	total = to_decimal(sale.grand_total)
	amount = site_money.currency(sale.currency).round(allocated / to_decimal(sale.conversion_rate))
	return min(amount, total)


def reversal_day(payment_entry: str) -> date:
	"""The day on which a cancelled entry is taken back: its own, as in ERPNext's ledger, unless that one is immutable."""
	if frappe.db.get_single_value("Accounts Settings", "enable_immutable_ledger"):
		return clock.today()
	return getdate(frappe.db.get_value(PAYMENT_ENTRY, payment_entry, "posting_date"))
