"""Calls of the desk about what Tripletex holds otherwise. Each needs write permission on the drift."""

from __future__ import annotations

import frappe

from billing_ext.core.errors import DomainError
from billing_ext.services.messages import throw
from billing_ext.services.tripletex import drift as service


@frappe.whitelist(methods=["POST"])
def push_ours(drift: str) -> None:
	"""Have Tripletex overwritten with the customer as ERPNext has it."""
	frappe.get_doc("Tripletex Drift", drift).check_permission("write")
	try:
		service.push_ours(drift)
	except DomainError as error:
		throw(error)


@frappe.whitelist(methods=["POST"])
def accept_theirs(drift: str) -> None:
	"""Take name, e-mail or address as Tripletex has it over into ERPNext."""
	frappe.get_doc("Tripletex Drift", drift).check_permission("write")
	try:
		service.accept_theirs(drift)
	except DomainError as error:
		throw(error)


@frappe.whitelist(methods=["POST"])
def explain(drift: str, reason: str) -> None:
	"""Leave things as they are, and say why."""
	frappe.get_doc("Tripletex Drift", drift).check_permission("write")
	try:
		service.explain(drift, reason)
	except DomainError as error:
		throw(error)
