"""Calls of the desk about payments from Tripletex."""

from __future__ import annotations

import frappe

from billing_ext.core.errors import DomainError
from billing_ext.services.messages import throw
from billing_ext.services.tripletex import inbound


@frappe.whitelist(methods=["POST"])
def explain_exception(payment: str, explanation: str) -> None:
	"""Settle an exception by a person's words. Needs read permission on it and permission to submit Payment Entries."""
	frappe.get_doc("Tripletex Payment", payment).check_permission("read")
	frappe.has_permission("Payment Entry", "submit", throw=True)
	try:
		inbound.explain_exception(payment, explanation)
	except DomainError as error:
		throw(error)
