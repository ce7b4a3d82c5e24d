"""What is to reach Tripletex, written in the transaction of the document that causes it. Nothing here can call Tripletex.

Workers are started by their dotted names once the transaction is committed; a sweep every five minutes would suffice.
"""

from __future__ import annotations

from typing import Any

from frappe.utils import getdate

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex import numbering
from billing_ext.integrations.tripletex.delivery import NEVER_SENT, Operation, State
from billing_ext.integrations.tripletex.documents import Sender, Strategy
from billing_ext.repositories import jobs
from billing_ext.repositories.tripletex import documents, mappings, numbers, outbox, settings
from billing_ext.repositories.tripletex.mappings import Kind
from billing_ext.repositories.tripletex.outbox import NewMessage
from billing_ext.repositories.tripletex.settings import Settings
from billing_ext.repositories.unit_of_work import after_commit

DELIVER = "billing_ext.services.tripletex.worker.deliver"
DELIVER_DUE = "billing_ext.services.tripletex.worker.deliver_due"
BOOKED_IN_TRIPLETEX = "Waiting"


def before_submit(invoice: Any) -> None:
	"""Draw the legal number and the KID. Raises DomainError ``tripletex_range_used_up``."""
	company = settings.load(invoice.company)
	if not company or not documents.is_ours(invoice, company):
		return
	if company.strategy is not Strategy.TRIPLETEX_NUMBERS and not invoice.billing_ext_number:
		number = numbers.draw(company)
		invoice.billing_ext_number = str(number)
		if company.kid_length and not invoice.is_return:
			invoice.billing_ext_kid = numbering.kid_for(number, company.kid_length)
	invoice.billing_ext_tripletex_status = BOOKED_IN_TRIPLETEX


def on_submit(invoice: Any) -> None:
	"""Queue a submitted invoice or credit note."""
	company = settings.load(invoice.company)
	if not company or not documents.is_ours(invoice, company):
		return
	operation = Operation.CREDIT_NOTE if invoice.is_return else Operation.INVOICE
	queue(
		NewMessage(
			company=invoice.company,
			operation=operation,
			key=invoice.name,
			reference_doctype="Sales Invoice",
			reference_name=invoice.name,
			sort_date=getdate(invoice.posting_date),
			sort_number=int(invoice.billing_ext_number or 0),
			run=invoice.billing_ext_run,
		),
		at_once=not invoice.billing_ext_run,
	)


def sends(invoice: Any) -> bool:
	"""Will Tripletex send this document to its customer? Then ERPNext must not. A voucher cannot be sent there."""
	company = settings.load(invoice.company)
	if not company or company.dry_run or company.strategy is Strategy.VOUCHER:
		return False
	tripletex = documents.sender_of(invoice.customer, company) is not Sender.ERPNEXT
	return tripletex and documents.is_ours(invoice, company)


def queue(message: NewMessage, *, at_once: bool = True) -> str | None:
	"""Write a message and have it worked on after the commit; None if it is there already.

	What is one of many is not ``at_once``: it takes its turn behind billing.
	"""
	name = outbox.put(message)
	if name and at_once:
		start(name)
	elif name:
		after_commit(start_all, {message.company})
	return name


def start(name: str) -> None:
	"""Have a message worked on after the commit."""
	jobs.enqueue(DELIVER, queue="default", job_id=f"tripletex|{name}", name=name)


def start_all(companies: set[str]) -> None:
	"""Have everything that is due in these companies worked on after the commit, on the queue of billing and behind it."""
	for company in sorted(companies):
		jobs.enqueue_side_by_side(DELIVER_DUE, f"tripletex-sweep|{company}", company=company)


def before_cancel(invoice: Any) -> None:
	"""Refuse to cancel what Tripletex has booked or may have booked.

	A sales document is never changed or deleted, but credited: bokføringsforskriften § 5-2-7. Raises DomainError
	``tripletex_cancel_booked`` or ``tripletex_cancel_under_way``.
	"""
	for row in outbox.of_document("Sales Invoice", invoice.name):
		if Operation(row["operation"]) not in (Operation.INVOICE, Operation.CREDIT_NOTE):
			continue
		if mappings.find(invoice.company, Kind.INVOICE, invoice.name):
			raise DomainError("tripletex_cancel_booked", document=invoice.name)
		if not _never_sent(row):
			raise DomainError("tripletex_cancel_under_way", document=invoice.name, status=row["status"])


def on_cancel(invoice: Any) -> None:
	"""Take back what has not been sent. Raises DomainError ``tripletex_cancel_under_way`` if a worker has just taken it."""
	for row in outbox.of_document("Sales Invoice", invoice.name):
		state = State(row["status"])
		if not state.is_unfinished:
			continue
		if not outbox.act(row["name"], (*NEVER_SENT, State.BLOCKED), State.CANCELLED):
			raise DomainError("tripletex_cancel_under_way", document=invoice.name, status=row["status"])
	invoice.db_set("billing_ext_tripletex_status", "", update_modified=False)


def _never_sent(row: Any) -> bool:
	state = State(row["status"])
	refused = state is State.BLOCKED and not row["remote_step"] and row["error_kind"] != "unknown"
	return (state in (*NEVER_SENT, State.CANCELLED) and not row["remote_step"]) or refused


def customer_changed(customer: str) -> None:
	"""Bring a customer up to date wherever Tripletex has it. A customer without invoices never travels."""
	for company in settings.enabled_companies():
		mapping = mappings.find(company, Kind.CUSTOMER, customer)
		if mapping:
			_queue_customer(company, customer, mapping)


def _queue_customer(company: str, customer: str, mapping: mappings.Mapping) -> None:
	wanted = content_of(customer, int(mapping.number), settings.load(company))
	waiting = [
		row
		for row in outbox.unfinished_like(company, Operation.CUSTOMER, customer)
		if State(row["status"]) is State.PENDING
	]
	# A message not sent yet reads the customer when it is sent: it will carry this change too.
	if waiting or wanted == mapping.content_hash:
		return
	queue(customer_message(company, customer, f"{customer}|{outbox.serial()}"))


def customer_message(company: str, customer: str, key: str) -> NewMessage:
	"""The message that creates a customer, or brings it up to date."""
	return NewMessage(
		company=company,
		operation=Operation.CUSTOMER,
		key=key,
		reference_doctype="Customer",
		reference_name=customer,
		local_key=customer,
	)


def content_of(customer: str, number: int, company: Settings | None) -> str:
	"""A hash of what of the customer Tripletex is to see."""
	if company is None:
		return ""
	return documents.fingerprint(documents.customer(customer, number, company))
