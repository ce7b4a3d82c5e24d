"""Calls of the desk that make a contract of a deal."""

from __future__ import annotations

from typing import Any

import frappe

from billing_ext.core.errors import DomainError
from billing_ext.services import deals
from billing_ext.services.messages import throw


@frappe.whitelist(methods=["GET", "POST"])
def make_from_opportunity(source_name: str) -> Any:
	"""A contract, not saved. Needs permission to read the opportunity and to create contracts."""
	_check("Opportunity", source_name)
	return _translated(deals.make, "Opportunity", source_name)


@frappe.whitelist(methods=["GET", "POST"])
def make_from_quotation(source_name: str) -> Any:
	"""A contract, not saved. Needs permission to read the quotation and to create contracts."""
	_check("Quotation", source_name)
	return _translated(deals.make, "Quotation", source_name)


@frappe.whitelist(methods=["GET", "POST"])
def make_from_sales_order(source_name: str) -> Any:
	"""A contract, not saved. Needs permission to read the sales order and to create contracts."""
	_check("Sales Order", source_name)
	return _translated(deals.make, "Sales Order", source_name)


@frappe.whitelist(methods=["POST"])
def accept_quotation(quotation: str) -> str:
	"""Activate a quotation's contract and return its name. Needs permission to submit both."""
	frappe.get_doc("Quotation", quotation).check_permission("submit")
	frappe.has_permission("Billing Contract", "submit", throw=True)
	return _translated(deals.accept, quotation)


def _check(doctype: str, name: str) -> None:
	frappe.get_doc(doctype, name).check_permission("read")
	frappe.has_permission("Billing Contract", "create", throw=True)


def _translated(call: Any, *args: Any) -> Any:
	try:
		return call(*args)
	except DomainError as error:
		throw(error)
