"""Calls of the desk about contracts and amendments."""

from __future__ import annotations

import base64
import json
from datetime import date
from typing import Any

import frappe
from frappe.utils import getdate

from billing_ext.core.errors import DomainError
from billing_ext.repositories import contracts, prices
from billing_ext.services import billing_run, charge_decisions, contract_change, overview
from billing_ext.services import preview as preview_service
from billing_ext.services import pro_forma as pro_forma_service
from billing_ext.services.messages import throw


@frappe.whitelist(methods=["GET", "POST"])
def contract_overview(contract: str) -> dict[str, Any]:
	"""Timeline, past and coming invoices of a contract. Needs read permission on it."""
	frappe.get_doc("Billing Contract", contract).check_permission("read")
	return _translated(overview.of_contract, contract)


@frappe.whitelist(methods=["GET", "POST"])
def preview(contract: str, as_of: str | date) -> dict[str, Any]:
	"""What a run for ``as_of`` would bill. Needs read permission on the contract; writes nothing."""
	frappe.get_doc("Billing Contract", contract).check_permission("read")
	return _translated(preview_service.of_contract, contract, getdate(as_of))


@frappe.whitelist(methods=["GET", "POST"])
def pro_forma(contract: str, as_of: str | date | None = None) -> str:
	"""The PDF of what would be the next invoice, or that of a run for ``as_of``, in base64.

	Needs permission to read the contract and to print Sales Invoices; keeps nothing.
	"""
	frappe.get_doc("Billing Contract", contract).check_permission("read")
	frappe.has_permission("Sales Invoice", "print", throw=True)
	content = _translated(pro_forma_service.pdf, contract, getdate(as_of) if as_of else None)
	return base64.b64encode(content).decode()


@frappe.whitelist(methods=["POST"])
def bill_now(contract: str, as_of: str | date) -> str:
	"""Start a run for one contract and return its name. Needs permission to create a Billing Run."""
	frappe.get_doc("Billing Contract", contract).check_permission("read")
	frappe.has_permission("Billing Run", "create", throw=True)
	return _translated(billing_run.start, getdate(as_of), contract=contract)


@frappe.whitelist(methods=["GET", "POST"])
def contract_lines(contract: str, on: str | date | None = None) -> list[dict[str, Any]]:
	"""The lines that an amendment can change, with their terms on a day. Needs read permission on the contract."""
	frappe.get_doc("Billing Contract", contract).check_permission("read")
	return _translated(overview.lines_of, contract, getdate(on) if on else None)


@frappe.whitelist(methods=["POST"])
def preview_amendment(amendment: dict | str) -> dict[str, Any]:
	"""What an amendment as it stands in the form would change. Needs read permission on its contract; writes nothing."""
	values = json.loads(amendment) if isinstance(amendment, str) else amendment
	doc = frappe.get_doc({**values, "doctype": "Billing Amendment"})
	frappe.get_doc("Billing Contract", doc.contract).check_permission("read")

	def result() -> dict[str, Any]:
		contract_change.prepare_amendment(doc)
		return preview_service.of_amendment(contract_change.amendment_row(doc))

	return _translated(result)


@frappe.whitelist(methods=["POST"])
def release_charges(invoice: str) -> int:
	"""Have the charges of a cancelled invoice billed again. Needs permission to cancel Sales Invoices."""
	frappe.get_doc("Sales Invoice", invoice).check_permission("cancel")
	return _translated(charge_decisions.release, invoice)


@frappe.whitelist(methods=["POST"])
def decide_manual_credit(charge: str, bill_again: bool) -> None:
	"""Forgive a credit note made by hand, or have it billed again. Needs permission to submit Sales Invoices."""
	doc = frappe.get_doc("Billing Charge", charge)
	doc.check_permission("read")
	frappe.has_permission("Sales Invoice", "submit", throw=True)
	_translated(charge_decisions.decide_manual_credit, doc.as_dict(), bill_again=bill_again)


@frappe.whitelist(methods=["GET", "POST"])
def customer_contracts(customer: str) -> list[dict[str, Any]]:
	"""The customer's contracts that the user may read."""
	frappe.has_permission("Customer", "read", customer, throw=True)
	return contracts.of_customer(customer)


@frappe.whitelist(methods=["GET", "POST"])
def list_price(
	item_code: str, price_list: str, customer: str | None, on: str | date, uom: str | None = None
) -> str:
	"""The price of an item in a price list on a day, empty if it has none. Needs read permission on Item Price."""
	frappe.has_permission("Item Price", "read", throw=True)
	found = prices.list_price(item_code, price_list, uom, customer, getdate(on))
	return "" if found is None else str(found)


def _translated(call: Any, *args: Any, **kwargs: Any) -> Any:
	try:
		return call(*args, **kwargs)
	except DomainError as error:
		throw(error)
