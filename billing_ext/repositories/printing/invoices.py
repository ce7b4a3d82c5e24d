"""Sales Invoices, credit notes and orders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import frappe

from billing_ext.rendering import drops
from billing_ext.rendering.drops import Drop
from billing_ext.rendering.numbers import Money, Number
from billing_ext.rendering.presentation import Presentation
from billing_ext.repositories import money as site_money
from billing_ext.repositories.money import to_decimal
from billing_ext.repositories.printing import contracts, custom, numbers, parties, payments, taxes
from billing_ext.repositories.printing.plain import day, money, number, text, total

Charges = dict[str, list[dict[str, Any]]]


def values(doc: Any, shown: Presentation) -> dict[str, object]:
	"""What a template for Sales Invoice or Sales Order sees."""
	charges = _charges(doc)
	printed = custom.fields(doc.items[0])
	lines = [_line(doc, item, charges.get(item.name, []), printed, shown) for item in doc.items]
	groups = _groups(doc, lines, charges, shown)
	tax_rows = taxes.per_rate(doc)
	invoice = _invoice(doc, lines, groups, tax_rows, shown)
	only = groups[0]["contract"] if len(groups) == 1 else None
	contact = {"name": doc.contact_display, "email": doc.contact_email, "phone": doc.contact_mobile}
	return {
		**parties.everywhere(
			doc.company,
			frappe.get_doc("Customer", doc.customer),
			shown,
			addresses=_addresses(doc),
			contact=contact,
		),
		"invoice": invoice,
		"lines": lines,
		"groups": groups,
		"taxes": tax_rows,
		"payment": _payment(doc, invoice, shown),
		"contract": only,
		"usage": _usage(doc, groups, shown),
	}


def _addresses(doc: Any) -> dict[str, str | None]:
	return {
		"company": doc.get("company_address"),
		"billing": doc.customer_address,
		"shipping": doc.shipping_address_name,
	}


def _charges(doc: Any) -> Charges:
	"""The ledger's rows behind an invoice's rows, in the order of their explanation."""
	if doc.doctype != "Sales Invoice" or not any(item.get("billing_ext_charge") for item in doc.items):
		return {}
	rows = frappe.get_all(
		"Billing Charge",
		filters={"sales_invoice": doc.name},
		fields=["*"],
		order_by="sequence, creation, name",
	)
	found: Charges = {}
	for row in rows:
		found.setdefault(row.sales_invoice_item, []).append(row)
	return found


def _line(
	doc: Any, item: Any, charges: Sequence[dict[str, Any]], printed: list[Any], shown: Presentation
) -> Drop:
	prorations = [_proration(row, doc.currency, shown) for row in charges if _is_part(row)]
	first = charges[0] if charges else {}
	before = to_decimal(item.net_amount) + to_decimal(item.get("distributed_discount_amount"))
	price, list_price = _prices(doc, item, before)
	return Drop(
		drops.LINE,
		{
			"number": Number(item.idx),
			"code": item.item_code,
			"name": text(item.item_name) or text(item.item_code),
			"description": _description(item, len(charges)),
			"quantity": number(item.qty),
			"unit": item.uom,
			"price": price,
			"list_price": list_price,
			"discount_percent": number(item.discount_percentage),
			"net": money(before, doc.currency),
			"tax_rate": number(taxes.rate_of(item, doc.taxes)),
			"period_from": day(first.get("service_start") or item.get("service_start_date")),
			"period_to": day(first.get("service_end") or item.get("service_end_date")),
			"is_prorated": bool(prorations),
			"prorations": prorations,
			"contract_line": text(first.get("line_title")),
			"custom": custom.of_row(item, printed, doc.currency),
		},
	)


def _prices(doc: Any, item: Any, net: Decimal) -> tuple[Money, Money]:
	"""Price per unit without VAT, after and before the row's discount. ERPNext's rates may include VAT."""
	code, quantity, percent = doc.currency, to_decimal(item.qty), to_decimal(item.discount_percentage)
	if quantity and any(tax.included_in_print_rate for tax in doc.taxes):
		price = net / quantity
		before = price / (1 - percent / 100) if percent < 100 else price
		unit = site_money.currency(code)
		return money(unit.round(price), code), money(unit.round(before), code)
	return money(item.rate, code), money(item.price_list_rate or item.rate if percent else item.rate, code)


def _description(item: Any, explanations: int) -> str | None:
	"""What the row is described as, without the explanations that billing put below it and its name above."""
	parts = str(item.description or "").split("<br>")
	if item.get("billing_ext_contract") and item.billing_ext_contract in parts[-1]:
		parts.pop()  # the heading above the row says it
	if explanations:
		parts = parts[:-explanations] if len(parts) > explanations else []
	words = text("<br>".join(parts))
	return None if words in (item.item_name, item.item_code) else words


def _is_part(row: dict[str, Any]) -> bool:
	"""Is a charge anything else than one period's price?"""
	if row["kind"] in ("One-off",):
		return False
	segments = json.loads(row["derivation"] or "{}").get("expected", [])
	whole = len(segments) == 1 and segments[0]["factor"] == "1" and not row["corrects"]
	return row["kind"] != "Recurring" or not whole


def _proration(row: dict[str, Any], currency: str, shown: Presentation) -> Drop:
	amount = money(row["amount"], currency)
	kind = "charge" if row["kind"] == "Recurring" else "credit" if amount < 0 else "adjustment"
	return Drop(
		drops.PRORATION,
		{
			"kind": kind,
			"formula": shown.arithmetic(_left_hand_side(row["formula"], amount)),
			"from": day(row["service_start"]),
			"to": day(row["service_end"]),
			"amount": amount,
		},
	)


def _left_hand_side(formula: str, amount: Money) -> str:
	"""A charge's arithmetic without its result, which a template prints as money."""
	for sign in ("=", "≈"):
		formula = formula.removesuffix(f" {sign} {amount}")
	return formula


def _groups(doc: Any, lines: list[Drop], charges: Charges, shown: Presentation) -> list[Drop]:
	"""Lines by contract, in the order of the document.

	What has no contract of its own belongs to the document's, unless several share that.
	"""
	contracts_of_rows = {rows[0]["contract"] for rows in charges.values()}
	otherwise = doc.get("billing_ext_contract") if len(contracts_of_rows) < 2 else None
	grouped: dict[str | None, list[Drop]] = {}
	for item, line in zip(doc.items, lines, strict=True):
		rows = charges.get(item.name)
		grouped.setdefault(rows[0]["contract"] if rows else otherwise, []).append(line)
	return [_group(doc, name, members, shown) for name, members in grouped.items()]


def _group(doc: Any, name: str | None, lines: list[Drop], shown: Presentation) -> Drop:
	contract = contracts.of(frappe.get_doc("Billing Contract", name), shown) if name else None
	title = contract and contract["title"]
	return Drop(
		drops.GROUP,
		{
			"contract": contract,
			# The customer's name says nothing on an invoice where all contracts have it.
			"title": name if title == doc.customer_name else title,
			"lines": lines,
			"net": total([line["net"] for line in lines], doc.currency),  # type: ignore[misc]
		},
	)


def _invoice(
	doc: Any, lines: list[Drop], groups: list[Drop], tax_rows: list[Drop], shown: Presentation
) -> Drop:
	code = doc.currency
	own = frappe.get_cached_value("Company", doc.company, "default_currency")
	grand = to_decimal(doc.rounded_total) or to_decimal(doc.grand_total)
	left = _left_to_pay(doc, grand)
	kind = _kind(doc)
	starts = [line["period_from"] for line in lines if line["period_from"]]
	ends = [line["period_to"] for line in lines if line["period_to"]]
	issued = day(doc.get("posting_date") or doc.get("transaction_date"))
	return Drop(
		drops.INVOICE,
		{
			"number": None if kind == "pro_forma" and doc.doctype == "Sales Invoice" else numbers.shown(doc),
			"kind": kind,
			"is_credit_note": kind == "credit_note",
			"is_debit_note": bool(doc.get("is_debit_note")),
			"is_pro_forma": kind == "pro_forma",
			"is_cancelled": doc.docstatus == 2,
			"date": issued,
			"due_date": day(doc.get("due_date") or doc.get("delivery_date")),
			"delivery_from": min(starts, default=issued),  # type: ignore[type-var]
			"delivery_to": max(ends, default=issued),  # type: ignore[type-var]
			"delivery_place": _delivery_place(doc, shown),
			"currency": code,
			"company_currency": own,
			"exchange_rate": number(doc.conversion_rate or 1),
			"is_foreign_currency": code != own,
			"buyer_reference": parties.person(doc.get("contact_display"), doc.customer_name),
			"order_reference": text(doc.get("po_no")),
			"our_reference": _our_reference(doc),
			**_credited(doc),
			"note": text(doc.get("terms")),
			"net": money(doc.net_total, code),
			"discount": money(sum_of(lines, "net") - to_decimal(doc.net_total), code),
			"tax": money(doc.total_taxes_and_charges, code),
			"company_tax": money(doc.base_total_taxes_and_charges, own),
			"rounding": money(doc.rounding_adjustment if doc.rounded_total else 0, code),
			"total": money(grand, code),
			"paid": money(grand - left, code),
			"amount_due": money(left, code),
			"status": doc.status,
			"lines": lines,
			"groups": groups,
			"taxes": tax_rows,
			"custom": custom.values(doc, code),
		},
	)


def sum_of(lines: list[Drop], field: str) -> Decimal:
	"""The sum of an amount of all lines."""
	return sum((to_decimal(line[field]) for line in lines), Decimal(0))


def _left_to_pay(doc: Any, grand: Decimal) -> Decimal:
	"""ERPNext keeps what is outstanding in the currency of the customer's account, which may be the company's."""
	if doc.docstatus != 1 or doc.doctype != "Sales Invoice":
		return grand
	outstanding = to_decimal(doc.outstanding_amount)
	if doc.party_account_currency in (None, doc.currency):
		return outstanding
	if outstanding == (to_decimal(doc.base_rounded_total) or to_decimal(doc.base_grand_total)):
		return grand
	return site_money.currency(doc.currency).round(outstanding / to_decimal(doc.conversion_rate))


def _kind(doc: Any) -> str:
	if doc.get("is_return"):
		return "credit_note"
	return "pro_forma" if doc.doctype == "Sales Order" or doc.docstatus == 0 else "invoice"


def _credited(doc: Any) -> dict[str, object]:
	original = doc.get("return_against")
	date = frappe.db.get_value("Sales Invoice", original, "posting_date") if original else None
	return {"credited_number": numbers.of(original) if original else None, "credited_date": day(date)}


def _delivery_place(doc: Any, shown: Presentation) -> str | None:
	"""The delivery address's town, else the buyer's: where a service is used."""
	place = parties.address(doc.shipping_address_name or doc.customer_address, shown)
	return text(", ".join(str(place[part]) for part in ("city", "country") if place[part]))


def _our_reference(doc: Any) -> str | None:
	contact = doc.get("company_contact_person")
	if contact:
		return text(frappe.get_cached_value("Contact", contact, "full_name"))
	people = doc.get("sales_team")
	return text(people[0].sales_person) if people else None


def _payment(doc: Any, invoice: Drop, shown: Presentation) -> Drop:
	payable = invoice["kind"] == "invoice" and not invoice["is_cancelled"]
	schedule = doc.get("payment_schedule") or []
	parts = [_instalment(row, doc.currency) for row in schedule] if len(schedule) > 1 else []
	amount, due = _next_part(parts, invoice)
	return payments.of(
		doc.company,
		amount,
		due,
		numbers.shown(doc),
		kid=doc.get("billing_ext_kid"),
		terms=text(doc.get("payment_terms_template")),
		instalments=parts,
		payable=payable,
	)


def _next_part(parts: list[Drop], invoice: Drop) -> tuple[Money, Any]:
	"""What is to be paid next, and when: payments settle the instalments in their order."""
	due, paid = invoice["amount_due"], to_decimal(invoice["paid"])
	for part in parts:
		left = to_decimal(part["amount"]) - paid
		if left > 0:
			return money(min(left, to_decimal(due)), str(invoice["currency"])), part["due_date"]
		paid = -left
	return due, invoice["due_date"]  # type: ignore[return-value]


def left_to_pay(name: str) -> Decimal:
	"""What is left to pay of a submitted invoice, in its own currency."""
	doc = frappe.get_doc("Sales Invoice", name)
	return _left_to_pay(doc, to_decimal(doc.rounded_total) or to_decimal(doc.grand_total))


def _instalment(row: Any, currency: str) -> Drop:
	return Drop(
		drops.INSTALMENT,
		{
			"due_date": day(row.due_date),
			"amount": money(row.payment_amount, currency),
			"percent": number(row.invoice_portion),
			"description": text(row.description) or row.payment_term,
		},
	)


def _usage(doc: Any, groups: list[Drop], shown: Presentation) -> list[Drop]:
	names = [str(group["contract"]["number"]) for group in groups if group["contract"]]  # type: ignore[index]
	wanted = parties.brand_of(doc.company).show_usage and _kind(doc) == "invoice"
	return contracts.usage(names, shown) if names and wanted else []
