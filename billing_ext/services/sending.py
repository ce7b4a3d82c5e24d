"""E-mails: an outbox row in the transaction of what they tell of, the e-mail with an invoice's PDF after the commit."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from rq.timeouts import JobTimeoutException

from billing_ext.repositories import clock, jobs, mail, outbox, session, settings
from billing_ext.repositories.contract_rows import Row
from billing_ext.repositories.unit_of_work import after_commit, in_transaction
from billing_ext.services import renewal_reminders
from billing_ext.services.tripletex import outgoing

DELIVER = "billing_ext.services.sending.deliver"
DELIVER_DUE = "billing_ext.services.sending.deliver_due"
BATCH = 200
"""Messages that one look at the outbox takes up."""
SWEEP_TIME = 240
"""Seconds that a sweep works before it leaves the rest to the next one, so that billing does not wait for long."""


def queue(invoice: Any, contract: Row) -> None:
	"""Have a submitted invoice or credit note e-mailed after the commit, if its contract wants that."""
	if not contract["send_invoice"] or not contract["contact_email"] or outgoing.sends(invoice):
		return
	message = outbox.put(
		outbox.INVOICE_EMAIL,
		invoice.doctype,
		invoice.name,
		contract,
		contract["contact_email"],
		clock.now(),
		run=invoice.billing_ext_run,
	)
	if message and invoice.billing_ext_run:
		after_commit(_start, {message})
	elif message:
		jobs.enqueue(DELIVER, queue="default", job_id=f"billing-outbox|{message}", message=message)


def sweep() -> None:
	"""Have what waits delivered: a run's invoices, what failed before, what a crash left between commit and queue.

	On the queue of billing and so behind what is to be billed; one process sends many, with one browser.
	"""
	waiting = outbox.due(clock.now(), 1)
	if waiting:
		_start(set(waiting))


def _start(_messages: set[str]) -> None:
	jobs.enqueue_side_by_side(DELIVER_DUE, "billing-outbox")


def deliver_due() -> int:
	"""Deliver what waits; how many messages were taken up. A job, and safe beside others like it."""
	done = 0
	for message in jobs.in_turn(lambda: outbox.due(clock.now(), BATCH), SWEEP_TIME):
		deliver(message)
		done += 1
	return done


def deliver(message: str) -> None:
	"""Deliver one message; a failure is written on it and tried again later. A job.

	The outbox row and Frappe's own e-mail queue are written in one transaction: an invoice is queued exactly once.
	"""
	session.act_as(settings.load().service_user)
	try:
		in_transaction(lambda: _deliver(message))
	except JobTimeoutException:
		raise
	except Exception as error:  # noqa: BLE001 - whatever bars one e-mail is kept on its row and must not stop the others
		text = frappe.utils.strip_html(str(error)) or type(error).__name__
		attempts = settings.load().max_attempts
		in_transaction(lambda: outbox.fail(message, text, attempts, clock.now()))


def _deliver(name: str) -> None:
	message = outbox.claim(name)
	if message is None:
		return
	if not mail.is_submitted(message["reference_doctype"], message["reference_name"]):
		outbox.drop(name, _("The document was cancelled or deleted before it was sent."))
		return
	if message["kind"] == outbox.RENEWAL_REMINDER:
		renewal_reminders.deliver(message)
		return
	mail.send_invoice(message, settings.load().email_template)
	outbox.succeed(name, clock.now())


def retry(message: str) -> None:
	"""Try a given-up message again."""
	outbox.revive(message, clock.now())
	jobs.enqueue(DELIVER, queue="default", message=message)


def drop_for(doctype: str, name: str) -> None:
	"""A document is cancelled: what was about to be sent is not sent."""
	for message in outbox.waiting_for(doctype, name):
		outbox.drop(message, _("The document was cancelled before it was sent."))
