"""Invoices by chance, for the proof that both posting lanes write the same; made again from the same seed.

Masters are made once for a site in the caller's transaction; nothing is committed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import frappe
from site_builders import COMPANY, customer, item, unique

from billing_ext.core.period import Period
from billing_ext.repositories import clock
from billing_ext.repositories.invoice_values import InvoiceHeader, InvoiceRow
from billing_ext.repositories.posting_lanes import Order

ABBREVIATION = "FS"


@dataclass
class World:
	"""What invoices are made of; each list begins with the simplest."""

	contracts: list[dict[str, Any]] = field(default_factory=list)
	items: list[str] = field(default_factory=list)
	taxes: list[str | None] = field(default_factory=list)
	item_taxes: list[str | None] = field(default_factory=list)
	terms: list[str | None] = field(default_factory=list)
	cost_centers: list[str | None] = field(default_factory=list)
	projects: list[str | None] = field(default_factory=list)
	income_accounts: list[str | None] = field(default_factory=list)
	currencies: list[str] = field(default_factory=list)


def world(customers: int = 6) -> World:
	"""Make the masters."""
	frappe.db.set_single_value(
		"Accounts Settings", "allow_multi_currency_invoices_against_single_party_account", 1
	)
	# Otherwise the first invoice of an item writes a price, and goes by the standard lane.
	frappe.db.set_single_value("Stock Settings", "auto_insert_price_list_rate_if_missing", 0)
	frappe.clear_document_cache("Stock Settings", "Stock Settings")
	for currency, rate in (("EUR", 11.4637), ("USD", 10.81), ("JPY", 0.0712), ("KWD", 34.219)):
		_exchange_rate(currency, rate)
	made = World(
		items=[item(), item(stock_uom="Hour"), _deferred_item(), item(item_name="Navn & tegn")],
		taxes=[None, _taxes(25), _taxes(15, 2.5), _taxes(12.345)],
		item_taxes=[None, _item_tax(12), _item_tax(0)],
		terms=[None, _terms((100, 14)), _terms((40, 10), (60, 45))],
		cost_centers=[None, _cost_center()],
		projects=[None, _project()],
		income_accounts=[None, _income_account()],
		currencies=["NOK", "NOK", "EUR", "USD", "JPY", "KWD"],
	)
	made.contracts = [_contract(index) for index in range(customers)]
	return made


def invoice(chance: random.Random, made: World, *, alike: bool = False) -> Order:
	"""An invoice by chance. Amounts are whole multiples of the currency's smallest unit, as the core makes them.

	Those ``alike`` differ in customer, items, amounts and texts only, as most of a night's do.
	"""
	pick = (lambda values: values[min(1, len(values) - 1)]) if alike else chance.choice
	currency = pick(made.currencies)
	contract = {
		**chance.choice(made.contracts),
		"currency": currency,
		"taxes_and_charges": pick(made.taxes),
		"payment_terms_template": pick(made.terms),
		"cost_center": pick(made.cost_centers),
		"project": pick(made.projects),
		"po_no": pick([None, "PO 17", "<b>PO</b>"]),
		"language": pick([None, "en", "nb"]),
	}
	day = clock.today() - timedelta(days=pick([0, 3, 40]))
	rows = [_row(chance, made, contract, day, pick) for _ in range(chance.randint(1, 8))]
	return Order(InvoiceHeader(posting_date=day, run=None, submit=True), rows, unit=unique("unit"))


def _row(chance: random.Random, made: World, contract: dict[str, Any], day: date, pick: Any) -> InvoiceRow:
	digits = {"JPY": 0}.get(contract["currency"], 2)
	code = chance.choice(made.items)
	quantity = chance.choice(
		[Decimal(1), Decimal(3), Decimal("2.5") if code == made.items[1] else Decimal(7)]
	)
	rate = Decimal(chance.randint(1, 500_000)).scaleb(-digits) if digits else Decimal(chance.randint(1, 9000))
	if quantity * rate != round(quantity * rate, digits):
		quantity = Decimal(1)
	start = day + timedelta(days=pick([0, -20, -400]))
	service = Period(start, start + timedelta(days=pick([30, 365])))
	line = {
		"name": unique("line"),
		"item_code": code,
		"item_tax_template": pick(made.item_taxes),
		"cost_center": pick(made.cost_centers),
		"project": None,
		"income_account": pick(made.income_accounts),
	}
	return InvoiceRow(
		contract=contract,
		line=line,
		charge="",
		description=unique("Tjeneste & <b>mer</b><br>"),
		quantity=quantity,
		rate=rate,
		list_rate=chance.choice([rate, rate * 2, rate + Decimal("0.5")]),
		amount=quantity * rate,
		service=service,
		in_advance=pick([True, False]),
	)


def _contract(index: int) -> dict[str, Any]:
	name = customer(tax_id=f"99988877{index}" if index % 2 else None)
	if index % 3 == 1:
		_address(name, index)
	if index % 3 == 2:
		_address(name, index, is_primary_address=1)
		_address(name, index, is_shipping_address=1, address_type="Shipping")
		_contact(name)
		_contact(name, is_primary_contact=1, mobile_no="+47 99 88 77 66")
	doc = frappe.get_doc(
		{
			"doctype": "Billing Contract",
			"company": COMPANY,
			"customer": name,
			"currency": "NOK",
			"start_date": clock.today() - timedelta(days=60),
			"lines": [{"item_code": item(), "price": 100, "quantity": 1}],
		}
	).insert()
	doc.submit()
	return doc.as_dict()


def _address(name: str, index: int, **values: Any) -> None:
	frappe.get_doc(
		{
			"doctype": "Address",
			"address_title": unique("Adresse"),
			"address_type": "Billing",
			"address_line1": f"Storgata {index}",
			"city": "Oslo",
			"country": "Norway",
			"links": [{"link_doctype": "Customer", "link_name": name}],
			**values,
		}
	).insert()


def _contact(name: str, **values: Any) -> None:
	frappe.get_doc(
		{
			"doctype": "Contact",
			"first_name": unique("Kari"),
			"email_ids": [{"email_id": "kari@example.com", "is_primary": 1}],
			"links": [{"link_doctype": "Customer", "link_name": name}],
			**values,
		}
	).insert()


def _exchange_rate(currency: str, rate: float) -> None:
	frappe.db.set_value("Currency", currency, "enabled", 1)
	key = {"date": clock.today() - timedelta(days=50), "from_currency": currency, "to_currency": "NOK"}
	if not frappe.db.exists("Currency Exchange", key):
		frappe.get_doc(
			{"doctype": "Currency Exchange", "exchange_rate": rate, "for_selling": 1, "for_buying": 1, **key}
		).insert()


def _deferred_item() -> str:
	account = _account("Deferred Revenue", "Liability", "Current Liabilities")
	frappe.db.set_value("Company", COMPANY, "default_deferred_revenue_account", account)
	frappe.clear_document_cache("Company", COMPANY)
	return item(enable_deferred_revenue=1, no_of_months=12)


def _account(title: str, root: str, _group: str, **values: Any) -> str:
	parent = frappe.db.get_value(
		"Account", {"company": COMPANY, "root_type": root, "is_group": 1}, order_by="lft desc"
	)
	doc = {
		"doctype": "Account",
		"company": COMPANY,
		"parent_account": parent,
		"account_name": unique(title),
		**values,
	}
	return frappe.get_doc(doc).insert().name


def _income_account() -> str:
	return _account("Lisens", "Income", "Income")


def _taxes(*rates: float) -> str:
	rows = [
		{
			"charge_type": "On Previous Row Total" if index else "On Net Total",
			"row_id": index or None,
			"account_head": _account("MVA", "Liability", "Duties and Taxes", account_type="Tax"),
			"description": f"{rate} %",
			"rate": rate,
		}
		for index, rate in enumerate(rates)
	]
	doc = {
		"doctype": "Sales Taxes and Charges Template", "title": unique("MVA"), "company": COMPANY, "taxes": rows,
	}  # fmt: skip
	return frappe.get_doc(doc).insert().name


def _item_tax(rate: float) -> str:
	account = frappe.db.get_value("Account", {"company": COMPANY, "account_type": "Tax", "is_group": 0})
	doc = {
		"doctype": "Item Tax Template",
		"title": unique("Vare"),
		"company": COMPANY,
		"taxes": [{"tax_type": account, "tax_rate": rate}],
	}
	return frappe.get_doc(doc).insert().name


def _terms(*portions: tuple[float, int]) -> str:
	rows = []
	for portion, days in portions:
		term = {
			"invoice_portion": portion,
			"due_date_based_on": "Day(s) after invoice date",
			"credit_days": days,
		}
		doc = frappe.get_doc(
			{"doctype": "Payment Term", "payment_term_name": unique("Frist"), **term}
		).insert()
		rows.append({"payment_term": doc.name, **term})
	doc = {"doctype": "Payment Terms Template", "template_name": unique("Frister"), "terms": rows}
	return frappe.get_doc(doc).insert().name


def _cost_center() -> str:
	parent = frappe.db.get_value("Cost Center", {"company": COMPANY, "is_group": 1})
	doc = {
		"doctype": "Cost Center", "cost_center_name": unique("Avd"), "company": COMPANY, "parent_cost_center": parent,
	}  # fmt: skip
	return frappe.get_doc(doc).insert().name


def _project() -> str:
	return (
		frappe.get_doc({"doctype": "Project", "project_name": unique("Prosjekt"), "company": COMPANY})
		.insert()
		.name
	)
