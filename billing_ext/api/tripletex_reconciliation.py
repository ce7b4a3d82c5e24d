"""Calls of the desk about reconciliations."""

from __future__ import annotations

import frappe

from billing_ext.core.errors import DomainError
from billing_ext.services.messages import throw
from billing_ext.services.tripletex import reconciliation as service


@frappe.whitelist(methods=["POST"])
def compare_again(reconciliation: str) -> str:
	"""Compare the same month anew; the new reconciliation's name. Needs write permission on the old one."""
	frappe.get_doc("Tripletex Reconciliation", reconciliation).check_permission("write")
	return service.compare_again(reconciliation)


@frappe.whitelist(methods=["POST"])
def explain(reconciliation: str, row: str, reason: str) -> None:
	"""Say why a difference is right. Needs write permission on the reconciliation."""
	frappe.get_doc("Tripletex Reconciliation", reconciliation).check_permission("write")
	try:
		service.explain(reconciliation, row, reason)
	except DomainError as error:
		throw(error)
