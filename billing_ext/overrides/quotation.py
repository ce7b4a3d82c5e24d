"""Quotation: what it says about a contract can be billed, and its contract is among its connections."""

from frappe import _

from billing_ext.core.errors import DomainError
from billing_ext.services import deals
from billing_ext.services.messages import throw


def dashboard(data):
	"""Add the contract to the connections; the returned value replaces what it was given."""
	data.setdefault("non_standard_fieldnames", {})["Billing Contract"] = "quotation"
	data.setdefault("transactions", []).append({"label": _("Billing"), "items": ["Billing Contract"]})
	return data


def before_submit(doc, method=None):
	try:
		deals.check(doc)
	except DomainError as error:
		throw(error)


def on_cancel(doc, method=None):
	deals.on_cancel(doc)
