"""Sales Invoices: the single place that creates them, on ERPNext's own document path.

Every field that ERPNext would otherwise guess, re-price or fetch over the network is given, and after submission the
totals are compared with the plan: a difference undoes the transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from billing_ext.repositories.contract_rows import Row
from billing_ext.repositories.money import to_decimal, to_float
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


@dataclass(frozen=True, slots=True)
class CreatedInvoice:
	"""The document that was made, and the names of its rows in order."""

	name: str
	rows: tuple[str, ...]


def create(header: InvoiceHeader, rows: Sequence[InvoiceRow]) -> CreatedInvoice:
	"""Insert a Sales Invoice, credit note or debit note, submitted in one pass if ``header.submit``.

	The rows may be of several contracts that share invoices (see repositories.invoice_groups), in their order.
	Raises DomainError ``exchange_rate``, ``totals_differ``, ``tax_in_price`` and whatever ERPNext's validation raises;
	the caller's transaction must then be rolled back.
	"""
	invoice = _described(header, rows)
	if header.submit:
		invoice.submit()
		_settle_status(invoice)
	else:
		invoice.insert()
	_assert_totals(invoice, rows, header)
	return CreatedInvoice(invoice.name, tuple(row.name for row in invoice.items))


def computed(header: InvoiceHeader, rows: Sequence[InvoiceRow], name: str) -> Any:
	"""The document that ``create`` would make, with ERPNext's taxes, but only in memory: under ``name``, which is not of
	any series, and without what a stored one sets off. Raises as ``create``."""
	invoice = _described(header, rows)
	invoice.name = name
	for row in invoice.items:
		row.name = frappe.generate_hash(length=10)
	invoice._action = "save"  # ERPNext fills in what is missing only on the way to a save
	invoice.run_before_save_methods()
	_assert_totals(invoice, rows, header)
	return invoice


def _described(header: InvoiceHeader, rows: Sequence[InvoiceRow]) -> Any:
	"""The new document as it is handed to ERPNext. Raises DomainError ``exchange_rate`` and ``tax_in_price``."""
	# new_doc and not get_doc: ERPNext copies the tax template's rows only into a document marked as new.
	invoice = frappe.new_doc("Sales Invoice")
	contract = _in_common(rows)
	invoice.update(_header_values(header, contract))
	if header.kind is DocumentKind.INVOICE:
		_set_tax_template(invoice, contract)
	else:
		invoice.update(_values_of_original(header))
	if header.kind is not DocumentKind.CREDIT_NOTE:
		_set_payment_terms(invoice, contract)
	for row in rows:
		invoice.append("items", _row_values(header, row))
	invoice.set_taxes()
	if any(tax.included_in_print_rate for tax in invoice.taxes):
		raise DomainError("tax_in_price", template=invoice.taxes_and_charges)
	# The ledger is written by the caller in this transaction; the hooks for invoices edited by hand keep out of it.
	invoice.flags.billing_ext_posting = True
	invoice.flags.ignore_permissions = True
	return invoice


def _in_common(rows: Sequence[InvoiceRow]) -> Row:
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


def _header_values(header: InvoiceHeader, contract: Row) -> dict[str, Any]:
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


def _set_tax_template(invoice: Any, contract: Row) -> None:
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


def _set_payment_terms(invoice: Any, contract: Row) -> None:
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


def _row_values(header: InvoiceHeader, row: InvoiceRow) -> dict[str, Any]:
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


def _settle_status(invoice: Any) -> None:
	"""A one-pass submission leaves what does not post to its own receivable in status Draft: zero, and credit notes."""
	own = invoice.base_grand_total and not invoice.is_return
	if not own and frappe.db.get_value("Sales Invoice", invoice.name, "status") == "Draft":
		invoice.reload()
		invoice.set_status(update=True)


def _assert_totals(invoice: Any, rows: Sequence[InvoiceRow], header: InvoiceHeader) -> None:
	planned = [row.amount for row in rows]
	made = [to_decimal(item.net_amount) for item in invoice.items]
	if made != planned or invoice.get("posting_date") != header.posting_date:
		raise DomainError(
			"totals_differ",
			planned=", ".join(str(amount) for amount in planned),
			made=", ".join(str(amount) for amount in made),
		)


def of_contract(contract: str) -> list[dict[str, Any]]:
	"""The documents with rows of the contract for its form, newest first, those cancelled included.

	``contract_net`` is the net amount of its own rows; a document that contracts share has others beside them.
	"""
	own = frappe.get_all(
		"Sales Invoice Item",
		filters={"billing_ext_contract": contract},
		fields=["parent", "sum(net_amount) as net"],
		group_by="parent",
	)
	net = {row.parent: row.net for row in own}
	documents = frappe.get_all(
		"Sales Invoice",
		filters={"name": ("in", list(net))},
		fields=[
			"name", "posting_date", "due_date", "status", "docstatus", "is_return", "is_debit_note", "net_total",
			"grand_total", "outstanding_amount", "party_account_currency", "currency",
		],
		order_by="posting_date desc, creation desc",
	)  # fmt: skip
	return [{**document, "contract_net": net[document.name]} for document in documents]


def to_pay_back(credit_note: str) -> tuple[Decimal, str]:
	"""What a credit note credits beyond what was still open of its invoice, and its currency: that of the receivable."""
	fields = (
		"docstatus", "return_against", "outstanding_amount", "party_account_currency", "currency", "grand_total",
		"base_grand_total",
	)  # fmt: skip
	note = frappe.db.get_value("Sales Invoice", credit_note, fields, as_dict=True)
	of_draft = note.grand_total if note.party_account_currency == note.currency else note.base_grand_total
	own = note.outstanding_amount if note.docstatus else of_draft
	open_before = frappe.db.get_value("Sales Invoice", note.return_against, "outstanding_amount")
	return max(Decimal(0), -to_decimal(own) - to_decimal(open_before)), note.party_account_currency


def name_contracts_on_rows() -> None:
	"""Fill in the contract of rows that were made before rows had one, from their charge."""
	frappe.db.sql(
		"""update `tabSales Invoice Item` item join `tabBilling Charge` charge on charge.name = item.billing_ext_charge
		set item.billing_ext_contract = charge.contract
		where ifnull(item.billing_ext_contract, '') = ''"""
	)


def totals_of_run(run: str) -> list[dict[str, Any]]:
	"""Documents and totals that a run has made, by currency; credit notes count negative."""
	return frappe.db.sql(
		"""select currency, count(*) as documents, sum(is_return) as credit_notes, sum(net_total) as net,
			sum(total_taxes_and_charges) as tax, sum(grand_total) as gross
		from `tabSales Invoice` where billing_ext_run = %s and docstatus < 2
		group by currency order by currency""",
		run,
		as_dict=True,
	)
