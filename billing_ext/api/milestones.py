"""Calls of the desk about milestones."""

from __future__ import annotations

from datetime import date

import frappe
from frappe.utils import getdate

from billing_ext.core.errors import DomainError
from billing_ext.services import milestones
from billing_ext.services.messages import throw


@frappe.whitelist(methods=["POST"])
def complete(contract: str, milestone: str, on: str | date) -> None:
	"""Mark a milestone as completed on a day, for the next run to bill. Needs write permission on the contract."""
	frappe.get_doc("Billing Contract", contract).check_permission("write")
	try:
		milestones.complete(contract, milestone, getdate(on))
	except DomainError as error:
		throw(error)


@frappe.whitelist(methods=["POST"])
def reopen(contract: str, milestone: str) -> None:
	"""Take a milestone's completion back, for the next run to credit. Needs write permission on the contract."""
	frappe.get_doc("Billing Contract", contract).check_permission("write")
	try:
		milestones.reopen(contract, milestone)
	except DomainError as error:
		throw(error)
