"""Opportunity: its contract is among its connections."""

from frappe import _


def dashboard(data):
	"""Add the contract to the connections; the returned value replaces what it was given."""
	data.setdefault("transactions", []).append({"label": _("Billing"), "items": ["Billing Contract"]})
	return data
