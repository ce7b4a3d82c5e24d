"""Sales Order: its submission is the acceptance that may activate a contract, which is among its connections."""

import frappe
from frappe import _
from frappe.utils import escape_html

from billing_ext.core.errors import DomainError
from billing_ext.services import deals
from billing_ext.services.messages import throw


def dashboard(data):
	"""Add the contract to the connections; the returned value replaces what it was given."""
	data.setdefault("transactions", []).append({"label": _("Billing"), "items": ["Billing Contract"]})
	return data


def before_submit(doc, method=None):
	try:
		deals.check(doc)
	except DomainError as error:
		throw(error)


def on_submit(doc, method=None):
	reason = deals.on_order_submit(doc)
	if reason:
		text = _("The order is submitted, but its contract is not active: {0}").format(escape_html(reason))
		frappe.msgprint(text, title=_("Billing Contract"), indicator="orange")


def on_cancel(doc, method=None):
	deals.on_cancel(doc)
