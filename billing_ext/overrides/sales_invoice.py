"""Sales Invoice: keep the ledger of charges right whatever users do with the invoice."""

from billing_ext.core.errors import DomainError
from billing_ext.repositories import customer_status
from billing_ext.services import deals, invoice_events, time_billing
from billing_ext.services.messages import throw
from billing_ext.services.tripletex import outgoing


def before_validate(doc, method=None):
	time_billing.clear_timesheets(doc)


def validate(doc, method=None):
	_run(deals.check_invoice, doc)
	_run(time_billing.fill_timesheets, doc)


def before_submit(doc, method=None):
	_run(outgoing.before_submit, doc)


def on_submit(doc, method=None):
	time_billing.mark_billed(doc)
	_run(invoice_events.on_submit, doc)
	_run(outgoing.on_submit, doc)
	customer_status.refresh_before_commit(doc.customer)


def before_cancel(doc, method=None):
	_run(outgoing.before_cancel, doc)


def on_cancel(doc, method=None):
	_run(outgoing.on_cancel, doc)
	_run(invoice_events.on_cancel, doc)
	customer_status.refresh_before_commit(doc.customer)


def on_trash(doc, method=None):
	_run(invoice_events.on_trash, doc)


def _run(event, doc):
	try:
		event(doc)
	except DomainError as error:
		throw(error)
