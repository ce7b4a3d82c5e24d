"""What payments do in ERPNext, seen from Tripletex. Nothing here can call Tripletex."""

from __future__ import annotations

from typing import Any

from frappe.utils import getdate

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex.delivery import NEVER_SENT, Operation, State
from billing_ext.repositories import customer_status
from billing_ext.repositories.tripletex import outbox, payment_rows, payments, settings
from billing_ext.repositories.tripletex.outbox import NewMessage
from billing_ext.services.tripletex import outgoing

CUSTOMER = "Customer"


def on_submit(entry: Any) -> None:
	"""Have money that ERPNext received by itself registered on its invoices; show that the customer has paid."""
	if _is_to_register(entry):
		for invoice in payments.paid_invoices(entry):
			outgoing.queue(_message(entry, invoice, Operation.REGISTER_PAYMENT))
	_show(entry)


def before_cancel(entry: Any) -> None:
	"""Refuse to cancel what Tripletex has booked and still holds. Raises DomainError ``tripletex_payment_from_there``."""
	if not entry.flags.from_tripletex and payment_rows.made(entry.name):
		raise DomainError("tripletex_payment_from_there", document=entry.name)


def on_cancel(entry: Any) -> None:
	"""Take registrations back: those not sent are dropped, those done are reversed.

	Raises DomainError ``tripletex_payment_under_way`` while nobody knows which of the two it is.
	"""
	for row in outbox.of_document(entry.doctype, entry.name):
		if Operation(row["operation"]) is Operation.REGISTER_PAYMENT:
			_take_back(entry, row)
	_show(entry)


def _is_to_register(entry: Any) -> bool:
	own = settings.load(entry.company)
	return bool(
		own
		and own.enabled
		and own.register_payments
		and not entry.flags.from_tripletex
		and entry.payment_type == "Receive"
		and entry.party_type == CUSTOMER
		and payments.payment_type(entry.company, entry.paid_to)
	)


def _take_back(entry: Any, row: Any) -> None:
	state = State(row["status"])
	if state in (State.SYNCED, State.DRIFTED):
		invoice = row["local_key"].partition(payments.SEPARATOR)[2]
		outgoing.queue(_message(entry, invoice, Operation.REVERSE_PAYMENT))
	elif state.is_unfinished and not outbox.act(row["name"], (*NEVER_SENT, State.BLOCKED), State.CANCELLED):
		raise DomainError("tripletex_payment_under_way", document=entry.name, status=row["status"])


def _message(entry: Any, invoice: str, operation: Operation) -> NewMessage:
	key = payments.key_of(entry.name, invoice)
	return NewMessage(
		company=entry.company,
		operation=operation,
		key=key,
		reference_doctype=entry.doctype,
		reference_name=entry.name,
		local_key=key,
		sort_date=getdate(entry.posting_date),
	)


def _show(entry: Any) -> None:
	if entry.party_type == CUSTOMER:
		customer_status.refresh_before_commit(entry.party)
