"""Payment Entry: register in Tripletex what ERPNext received, and keep what came from there as it is."""

from billing_ext.core.errors import DomainError
from billing_ext.services.messages import throw
from billing_ext.services.tripletex import payment_events


def on_submit(doc, method=None):
	_run(payment_events.on_submit, doc)


def before_cancel(doc, method=None):
	_run(payment_events.before_cancel, doc)


def on_cancel(doc, method=None):
	_run(payment_events.on_cancel, doc)


def _run(event, doc):
	try:
		event(doc)
	except DomainError as error:
		throw(error)
