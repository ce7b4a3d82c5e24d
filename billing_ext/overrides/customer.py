"""Customer: show its contracts among its connections, and keep its copy in Tripletex current."""

from frappe import _

from billing_ext.services.tripletex import outgoing


def dashboard(data):
	"""Add billing contracts to the customer's dashboard; the returned value replaces what it was given."""
	data.setdefault("transactions", []).append(
		{"label": _("Billing"), "items": ["Billing Contract", "Billing Amendment"]}
	)
	return data


def on_update(doc, method=None):
	outgoing.customer_changed(doc.name)


def address_on_update(doc, method=None):
	"""An address or contact was changed: so were the customers it belongs to."""
	for link in doc.links:
		if link.link_doctype == "Customer":
			outgoing.customer_changed(link.link_name)
