"""Calls of the desk about the renewal of a contract."""

from __future__ import annotations

from typing import Any

import frappe

from billing_ext.core.errors import DomainError
from billing_ext.services import renewals
from billing_ext.services.messages import throw


@frappe.whitelist(methods=["GET", "POST"])
def proposal(contract: str) -> dict[str, Any]:
	"""The renewal of a contract as an unsaved amendment. Needs permission to create a Billing Amendment; writes nothing."""
	frappe.get_doc("Billing Contract", contract).check_permission("read")
	frappe.has_permission("Billing Amendment", "create", throw=True)
	try:
		return renewals.proposal(contract).as_dict()
	except DomainError as error:
		throw(error)


@frappe.whitelist(methods=["POST"])
def decline(contract: str) -> str:
	"""Have a contract end with its term; the amendment's name. Needs permission to submit a Billing Amendment."""
	frappe.get_doc("Billing Contract", contract).check_permission("read")
	frappe.has_permission("Billing Amendment", "submit", throw=True)
	return renewals.decline(contract)


@frappe.whitelist(methods=["POST"])
def undo_decline(contract: str) -> None:
	"""Let a contract renew again. Needs permission to cancel a Billing Amendment."""
	frappe.get_doc("Billing Contract", contract).check_permission("read")
	frappe.has_permission("Billing Amendment", "cancel", throw=True)
	renewals.undo_decline(contract)
