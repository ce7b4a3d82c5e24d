"""What the data audit reads: contracts and customers that the user may read, and what ERPNext would put on an invoice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import frappe
from erpnext.accounts.party import get_payment_terms_template, set_taxes

from billing_ext.repositories import prices
from billing_ext.repositories.contract_rows import CANCELLED, Row
from billing_ext.repositories.posting import ExchangeRates


def contracts(company: str | None) -> list[str]:
	"""Drafts and submitted contracts that the user may read, of one company or of all."""
	filters: dict[str, Any] = {"docstatus": ("!=", CANCELLED)}
	if company:
		filters["company"] = company
	return frappe.get_list(
		"Billing Contract", filters=filters, pluck="name", order_by="customer, name", limit_page_length=0
	)


def customers() -> list[dict[str, Any]] | None:
	"""All customers that the user may read; None if that is none by their role."""
	if not frappe.has_permission("Customer", "read"):
		return None
	return frappe.get_list(
		"Customer",
		fields=["name", "customer_name", "customer_type", "tax_id", "email_id", "disabled", "is_frozen"],
		order_by="creation, name",
		limit_page_length=0,
	)


def customers_with_address() -> set[str]:
	"""Customers to whom at least one address that is in use is linked."""
	link, address = frappe.qb.DocType("Dynamic Link"), frappe.qb.DocType("Address")
	found = (
		frappe.qb.from_(link)
		.join(address)
		.on(address.name == link.parent)
		.select(link.link_name)
		.where((link.parenttype == "Address") & (link.link_doctype == "Customer") & (address.disabled == 0))
		.run(pluck=True)
	)
	return set(found)


def charged_contracts() -> set[str]:
	"""Contracts that have been billed here."""
	return set(frappe.get_all("Billing Charge", pluck="contract", distinct=True))


def disabled_items(codes: Iterable[str]) -> set[str]:
	"""Those of the items that cannot be invoiced."""
	return set(frappe.get_all("Item", filters={"name": ("in", list(codes)), "disabled": 1}, pluck="name"))


def has_payment_terms(header: Row) -> bool:
	"""Has an invoice of the contract terms, by the contract, its customer, the customer's group or the company?"""
	own = header.get("payment_terms_template")
	return bool(own or get_payment_terms_template(header["customer"], "Customer", header["company"]))


def has_tax_template(header: Row, day: date) -> bool:
	"""Has an invoice of the contract taxes, by the contract, a tax rule or the company's default?"""
	default = {"company": header["company"], "is_default": 1, "disabled": 0}
	if header.get("taxes_and_charges") or frappe.db.exists("Sales Taxes and Charges Template", default):
		return True
	customer = frappe.get_cached_doc("Customer", header["customer"])
	return bool(
		set_taxes(
			header["customer"],
			"Customer",
			day,
			header["company"],
			customer_group=customer.customer_group,
			tax_category=customer.tax_category,
			billing_address=header.get("customer_address"),
		)
	)


def check_exchange_rate(header: Row, day: date) -> None:
	"""Raise DomainError ``exchange_rate`` if there is no usable rate for the contract's currency."""
	ExchangeRates(header["company"], day).to_company_currency(header["currency"])


def list_price(header: Row, line: Row, day: date) -> tuple[str, Decimal] | None:
	"""The price list that holds for a line and its price on a day; None where it has none in the contract's currency."""
	price_list = (
		header.get("price_list")
		or frappe.get_cached_value("Customer", header["customer"], "default_price_list")
		or frappe.db.get_single_value("Selling Settings", "selling_price_list")
	)
	if not price_list or _currency_of(price_list) != header["currency"]:
		return None
	found = prices.list_price(line["item_code"], price_list, line.get("uom"), header["customer"], day)
	return None if found is None else (price_list, found)


def _currency_of(price_list: str) -> str:
	return frappe.get_cached_value("Price List", price_list, "currency")
