"""Customer: show its contracts among its connections."""

from frappe import _


def dashboard(data):
	"""Add billing contracts to the customer's dashboard; the returned value replaces what it was given."""
	data.setdefault("transactions", []).append(
		{"label": _("Billing"), "items": ["Billing Contract", "Billing Amendment"]}
	)
	return data
