"""What a Sales Invoice is told before ERPNext adds its own.

Every field that ERPNext would otherwise guess, re-price or fetch over the network is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import frappe
from erpnext.accounts.party import get_payment_terms_template, set_taxes
from erpnext.controllers.accounts_controller import get_due_date
from frappe.utils import getdate

from billing_ext.core.errors import DomainError
from billing_ext.core.invoicing import DocumentKind
from billing_ext.core.period import Period
from billing_ext.repositories import provenance
from billing_ext.repositories.contract_rows import Row
from billing_ext.repositories.money import to_float
from billing_ext.repositories.posting import ExchangeRates, deferred_revenue_account


@dataclass(frozen=True, slots=True)
class InvoiceRow:
	"""A row to write: ``amount`` is its net in the invoice's currency; ``charge`` is the ledger row that it carries.

	``quantity`` times ``rate`` is the amount. ``list_rate`` is the rate before discount. ``contract`` and ``line`` are the
	rows of the contract and its line, for what follows from them: item, accounts, cost centre.
	"""

	contract: Row
	line: Row
	charge: str
	description: str
	quantity: Decimal
	rate: Decimal
	list_rate: Decimal
	amount: Decimal
	service: Period
	in_advance: bool


@dataclass(frozen=True, slots=True)
class InvoiceHeader:
	"""What a document says besides its rows. ``against`` is the invoice that a credit or debit note corrects."""

	posting_date: date
	run: str | None
	submit: bool
	kind: DocumentKind = DocumentKind.INVOICE
	against: str = ""


def described(header: InvoiceHeader, rows: Sequence[InvoiceRow]) -> Any:
	"""The new document as it is handed to ERPNext. Raises DomainError ``exchange_rate`` and ``tax_in_price``."""
	contract = in_common(rows)
	values = frappe._dict(header_values(header, contract))
	if header.kind is DocumentKind.INVOICE:
		set_tax_template(values, contract)
	else:
		values.update(_values_of_original(header))
	if header.kind is not DocumentKind.CREDIT_NOTE:
		set_payment_terms(values, contract)
	return document(values, [row_values(header, row) for row in rows], rows)


def document(
	values: Mapping[str, Any], item_values: Sequence[Mapping[str, Any]], rows: Sequence[InvoiceRow]
) -> Any:
	"""A new Sales Invoice with the values of its header and of its items, which were made of ``rows``.

	It has the taxes of its template. Raises DomainError ``tax_in_price``.
	"""
	# new_doc and not get_doc: ERPNext copies the tax template's rows only into a document marked as new.
	invoice = frappe.new_doc("Sales Invoice")
	invoice.update(dict(values))
	for item in item_values:
		invoice.append("items", dict(item))
	invoice.set_taxes()
	if any(tax.included_in_print_rate for tax in invoice.taxes):
		raise DomainError("tax_in_price", template=invoice.taxes_and_charges)
	# The ledger is written by the caller in this transaction; the hooks for invoices edited by hand keep out of it.
	provenance.mark(invoice, rows)
	invoice.flags.ignore_permissions = True
	return invoice


def in_common(rows: Sequence[InvoiceRow]) -> Row:
	"""The first contract, with what the others say differently left out.

	Cost centre, project and delivery address are those of the rows, where these agree.
	"""
	contracts = list({row.contract["name"]: row.contract for row in rows}.values())
	values = {**contracts[0], "po_no": _one(contract.get("po_no") for contract in contracts)}
	for field in ("cost_center", "project", "shipping_address"):
		of_rows = _one(row.line.get(field) or row.contract.get(field) for row in rows)
		values[field] = of_rows or _one(contract.get(field) for contract in contracts)
	return values


def _one(values: Iterable[Any]) -> Any:
	"""The value that all are; None where they differ."""
	different = set(values)
	return different.pop() if len(different) == 1 else None


def header_values(header: InvoiceHeader, contract: Row) -> dict[str, Any]:
	rates = ExchangeRates(contract["company"], header.posting_date)
	price_list = contract.get("price_list") or _default_price_list()
	price_list_currency = frappe.get_cached_value("Price List", price_list, "currency")
	values = {
		"company": contract["company"],
		"customer": contract["customer"],
		"set_posting_time": 1,
		"posting_date": header.posting_date,
		"currency": contract["currency"],
		"conversion_rate": rates.to_company_currency(contract["currency"]),
		"selling_price_list": price_list,
		"price_list_currency": price_list_currency,
		"plc_conversion_rate": rates.to_company_currency(price_list_currency),
		"ignore_pricing_rule": 1,
		"disable_rounded_total": 1,
		"update_stock": 0,
		"po_no": contract.get("po_no"),
		"cost_center": contract.get("cost_center"),
		"project": contract.get("project"),
		"letter_head": contract.get("letter_head"),
		"language": contract.get("language")
		or frappe.get_cached_value("Customer", contract["customer"], "language"),
		"billing_ext_contract": contract["name"],
		"billing_ext_run": header.run,
	}
	optional = {
		"customer_address": contract.get("customer_address"),
		"shipping_address_name": contract.get("shipping_address"),
		"contact_person": contract.get("contact_person"),
	}
	# An empty value here would keep ERPNext from filling in the customer's own.
	return values | {field: value for field, value in optional.items() if value}


def _values_of_original(header: InvoiceHeader) -> dict[str, Any]:
	"""A credit or debit note takes rate, tax, receivable account and addresses from the invoice that it corrects."""
	same = (
		"conversion_rate", "plc_conversion_rate", "debit_to", "taxes_and_charges", "tax_category",
		"customer_address", "shipping_address_name", "contact_person", "selling_price_list", "price_list_currency",
		"cost_center", "project", "po_no", "language", "letter_head",
	)  # fmt: skip
	values = frappe.db.get_value("Sales Invoice", header.against, same, as_dict=True)
	if header.kind is DocumentKind.DEBIT_NOTE:
		return {**values, "is_debit_note": 1, "return_against": header.against}
	return {
		**values,
		"is_return": 1,
		"return_against": header.against,
		"update_outstanding_for_self": 0,
		"payment_terms_template": "",
	}


def set_tax_template(invoice: Any, contract: Row) -> None:
	"""The contract's template, else the tax rule for the customer; ERPNext falls back to the company's default."""
	customer = frappe.get_cached_doc("Customer", contract["customer"])
	invoice.tax_category = customer.tax_category
	invoice.taxes_and_charges = contract.get("taxes_and_charges") or set_taxes(
		contract["customer"],
		"Customer",
		invoice.posting_date,
		contract["company"],
		customer_group=customer.customer_group,
		tax_category=customer.tax_category,
		billing_address=contract.get("customer_address"),
		shipping_address=contract.get("shipping_address"),
	)


def set_payment_terms(invoice: Any, contract: Row) -> None:
	"""The contract's terms, else the customer's, and the last of their due dates.

	ERPNext adds up the days of all terms when it guesses the due date, and corrects that only on a second save.
	"""
	template = contract.get("payment_terms_template") or get_payment_terms_template(
		contract["customer"], "Customer", contract["company"]
	)
	if template:
		terms = frappe.get_cached_doc("Payment Terms Template", template).terms
		invoice.payment_terms_template = template
		invoice.due_date = max(getdate(get_due_date(term, invoice.posting_date)) for term in terms)


def row_values(header: InvoiceHeader, row: InvoiceRow) -> dict[str, Any]:
	sign = -1 if header.kind is DocumentKind.CREDIT_NOTE else 1
	values = {
		"item_code": row.line["item_code"],
		"description": row.description,
		"qty": sign * to_float(row.quantity),
		"conversion_factor": 1,
		"rate": to_float(row.rate),
		"price_list_rate": to_float(row.list_rate),
		"discount_percentage": 0,
		"margin_rate_or_amount": 0,
		"service_start_date": row.service.start,
		"service_end_date": row.service.last_day,
		"item_tax_template": row.line.get("item_tax_template") or "",
		"billing_ext_contract": row.contract["name"],
		"billing_ext_contract_line": row.line["name"],
		"billing_ext_charge": row.charge,
		**_deferral(header, row),
	}
	fallbacks = {
		"uom": row.line.get("uom"),
		"cost_center": row.line.get("cost_center") or row.contract.get("cost_center"),
		"project": row.line.get("project") or row.contract.get("project"),
		"income_account": row.line.get("income_account"),
	}
	return values | {field: value for field, value in fallbacks.items() if value}


def _deferral(header: InvoiceHeader, row: InvoiceRow) -> dict[str, Any]:
	"""Defer what is billed in advance for an item that the user has marked so; always said, or ERPNext guesses dates."""
	wanted = frappe.get_cached_value("Item", row.line["item_code"], "enable_deferred_revenue")
	possible = row.in_advance and row.service.last_day >= header.posting_date
	if not (wanted and possible):
		return {"enable_deferred_revenue": 0}
	account = deferred_revenue_account(row.line["item_code"], row.contract["company"])
	return {"enable_deferred_revenue": 1, "deferred_revenue_account": account}


def _default_price_list() -> str:
	price_list = frappe.db.get_single_value("Selling Settings", "selling_price_list")
	return price_list or frappe.db.get_value("Price List", {"selling": 1, "enabled": 1}, order_by="creation")
