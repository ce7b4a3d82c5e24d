"""Sales Invoices, credit notes and customers as Tripletex is to see them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import frappe
from frappe.utils import getdate, strip_html

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex.documents import (
	Address,
	CustomerData,
	Document,
	DocumentLine,
	PostingClass,
	Sender,
	VatTotal,
)
from billing_ext.repositories import money as site_money
from billing_ext.repositories.money import to_decimal
from billing_ext.repositories.tripletex.settings import Settings

_OF_NET = "On Net Total"
_ACTUAL = "Actual"
POSTAL, DELIVERY = ("Billing", "Postal"), ("Shipping",)
"""Kinds of addresses that Tripletex gets as its two."""


@dataclass(frozen=True, slots=True)
class VatRule:
	"""A row of the VAT map; empty fields match anything. ``rate`` is percent."""

	sales_taxes_template: str
	item_tax_template: str
	income_account: str
	rate: Decimal
	vat_code: str
	vat_type_id: int
	valid_from: date | None

	def fits(self, template: str, item_template: str, account: str, rate: Decimal, day: date) -> bool:
		"""Does the rule speak of such a row?"""
		return (
			self.sales_taxes_template in ("", template)
			and self.item_tax_template in ("", item_template)
			and self.income_account in ("", account)
			and self.rate == rate
			and (self.valid_from is None or self.valid_from <= day)
		)

	@property
	def weight(self) -> tuple[int, date]:
		"""The rule that names most wins; among equals the one valid from the latest day."""
		named = sum(map(bool, (self.sales_taxes_template, self.item_tax_template, self.income_account)))
		return named, self.valid_from or date.min


@dataclass(frozen=True, slots=True)
class Maps:
	"""The maps of a company: VAT rules, ERPNext account and VAT code -> number there, cost center -> department.

	An account's entry without a code serves all codes that have no entry of their own.
	"""

	vat: tuple[VatRule, ...]
	account_numbers: dict[tuple[str, str], int]
	account_ids: dict[int, int]
	departments: dict[str, str]
	department_ids: dict[str, int]

	def vat_type_ids(self) -> dict[str, int]:
		"""SAF-T code -> id of the VAT type there."""
		return {rule.vat_code: rule.vat_type_id for rule in self.vat if rule.vat_type_id}


def maps(company: str) -> Maps:
	"""The company's maps as its settings have them."""
	row = frappe.get_cached_doc("Tripletex Settings", company)
	return Maps(
		vat=tuple(_vat_rule(rule) for rule in row.vat_rules),
		account_numbers={(entry.account, entry.vat_code or ""): entry.number for entry in row.accounts},
		account_ids={entry.number: int(entry.tripletex_id) for entry in row.accounts if entry.tripletex_id},
		departments={entry.cost_center: entry.department_number for entry in row.departments},
		department_ids={
			entry.department_number: int(entry.tripletex_id)
			for entry in row.departments
			if entry.tripletex_id
		},
	)


def _vat_rule(row: Any) -> VatRule:
	return VatRule(
		sales_taxes_template=row.sales_taxes_template or "",
		item_tax_template=row.item_tax_template or "",
		income_account=row.income_account or "",
		rate=to_decimal(row.rate),
		vat_code=row.vat_code,
		vat_type_id=int(row.vat_type_id or 0),
		valid_from=getdate(row.valid_from) if row.valid_from else None,
	)


def is_ours(invoice: Any, settings: Settings | None) -> bool:
	"""Does a Sales Invoice go to Tripletex? Opening entries stand in its opening balance already."""
	return bool(settings and settings.covers(getdate(invoice.posting_date)) and invoice.is_opening != "Yes")


def document(name: str, settings: Settings) -> Document:
	"""A submitted Sales Invoice as a value.

	Raises DomainError ``tripletex_no_vat_rule`` or ``tripletex_no_account``, naming the row and what to add to the maps.
	"""
	invoice = frappe.get_doc("Sales Invoice", name)
	maps_ = maps(settings.company)
	sign = -1 if invoice.is_return else 1
	lines = tuple(_line(invoice, item, maps_, sign) for item in invoice.items) + tuple(
		_charge_line(invoice, tax, maps_, sign) for tax in invoice.taxes if _is_charge(tax)
	)
	credited = (invoice.return_against or "") if invoice.is_return else ""
	return Document(
		name=invoice.name,
		company=invoice.company,
		customer=invoice.customer,
		date=getdate(invoice.posting_date),
		due_date=getdate(invoice.due_date or invoice.posting_date),
		currency=invoice.currency,
		conversion_rate=to_decimal(invoice.conversion_rate),
		lines=lines,
		vat=_vat_totals(invoice, lines, sign),
		net=sum((line.net_amount for line in lines), Decimal(0)),
		gross=sign * to_decimal(invoice.grand_total),
		number=int(invoice.billing_ext_number) if invoice.billing_ext_number else None,
		kid=invoice.billing_ext_kid or "",
		delivery_date=_delivery_date(invoice),
		is_credit_note=bool(invoice.is_return),
		credited=credited,
		credited_number=_number_of(credited) if credited else None,
		credited_date=_date_of(credited) if credited else None,
		reference=_reference(invoice),
		department_number=_department(invoice, maps_),
		rounding_adjustment=to_decimal(invoice.rounding_adjustment),
		taxes_not_vat=tuple(tax.description or tax.account_head for tax in invoice.taxes if _is_other(tax)),
		sender=sender_of(invoice.customer, settings),
	)


def _number_of(invoice: str) -> int | None:
	number = frappe.db.get_value("Sales Invoice", invoice, "billing_ext_number")
	return int(number) if number else None


def _date_of(invoice: str) -> date:
	return getdate(frappe.db.get_value("Sales Invoice", invoice, "posting_date"))


def _line(invoice: Any, item: Any, maps_: Maps, sign: int) -> DocumentLine:
	rate, account = row_rate(item, invoice.taxes), item.income_account
	code = _vat_code(invoice, item.item_tax_template or "", account, rate, maps_, item.idx)
	return DocumentLine(
		description=_description(item),
		quantity=sign * to_decimal(item.qty),
		net_rate=to_decimal(item.net_rate),
		net_amount=sign * to_decimal(item.net_amount),
		posting_class=PostingClass(_account(maps_, account, code, item.idx), code),
		vat_rate=rate,
		unit=item.uom or "",
	)


def _charge_line(invoice: Any, tax: Any, maps_: Maps, sign: int) -> DocumentLine:
	"""Freight or a fee entered among the taxes: a line of its own, without VAT unless a tax is laid on it."""
	amount = sign * to_decimal(tax.tax_amount_after_discount_amount)
	code = _vat_code(invoice, "", tax.account_head, Decimal(0), maps_, tax.idx)
	return DocumentLine(
		description=strip_html(tax.description or tax.account_head),
		quantity=Decimal(1),
		net_rate=amount,
		net_amount=amount,
		posting_class=PostingClass(_account(maps_, tax.account_head, code, tax.idx), code),
		vat_rate=Decimal(0),
	)


def _is_charge(tax: Any) -> bool:
	return tax.charge_type == _ACTUAL and bool(tax.tax_amount)


def _is_other(tax: Any) -> bool:
	"""A tax on another tax or on a quantity: no VAT of Norway is computed so."""
	return tax.charge_type not in (_OF_NET, _ACTUAL) and bool(tax.tax_amount)


def row_rate(item: Any, taxes: Sequence[Any]) -> Decimal:
	"""VAT percent of a row: its item tax template overrides the rate of a tax with the same account."""
	own = json.loads(item.item_tax_rate) if item.item_tax_rate else {}
	rates = (to_decimal(own.get(tax.account_head, tax.rate)) for tax in taxes if tax.charge_type == _OF_NET)
	return sum(rates, Decimal(0))


def _vat_code(invoice: Any, item_template: str, account: str, rate: Decimal, maps_: Maps, row: int) -> str:
	template, day = invoice.taxes_and_charges or "", getdate(invoice.posting_date)
	fitting = [rule for rule in maps_.vat if rule.fits(template, item_template, account, rate, day)]
	if not fitting:
		raise DomainError(
			"tripletex_no_vat_rule", row=row, rate=rate.normalize(), template=template or "-", account=account
		)
	return max(fitting, key=lambda rule: rule.weight).vat_code


def _account(maps_: Maps, account: str, code: str, row: int) -> int:
	number = maps_.account_numbers.get((account, code)) or maps_.account_numbers.get((account, ""))
	if not number:
		raise DomainError("tripletex_no_account", row=row, account=account)
	return number


def _vat_totals(invoice: Any, lines: Sequence[DocumentLine], sign: int) -> tuple[VatTotal, ...]:
	"""What is charged per VAT code; what rounding leaves of the booked sum goes to the largest."""
	unit = site_money.currency(invoice.currency)
	bases: dict[tuple[str, Decimal], Decimal] = {}
	for line in lines:
		key = (line.posting_class.vat_code, line.vat_rate)
		bases[key] = bases.get(key, Decimal(0)) + line.net_amount
	amounts = {key: unit.round(base * key[1] / 100) for key, base in bases.items()}
	booked = sign * sum(
		(
			to_decimal(tax.tax_amount_after_discount_amount)
			for tax in invoice.taxes
			if tax.charge_type == _OF_NET
		),
		Decimal(0),
	)
	if amounts:
		largest = max(amounts, key=lambda key: abs(amounts[key]))
		amounts[largest] += booked - sum(amounts.values())
	return tuple(VatTotal(code, rate, bases[code, rate], amounts[code, rate]) for code, rate in bases)


def _description(item: Any) -> str:
	text = strip_html(str(item.description or "").replace("<br>", "\n")).strip()
	name = item.item_name or item.item_code
	return text if text.startswith(name) or not name else f"{name}\n{text}".strip()


def _delivery_date(invoice: Any) -> date | None:
	days = [getdate(item.service_end_date) for item in invoice.items if item.get("service_end_date")]
	return max(days) if days else None


def _reference(invoice: Any) -> str:
	own = frappe.get_cached_value("Customer", invoice.customer, "billing_ext_buyer_reference")
	return invoice.po_no or own or ""


def _department(invoice: Any, maps_: Maps) -> str:
	"""One department for an order: that of the document, else of its first row."""
	centers = [invoice.get("cost_center"), *(item.cost_center for item in invoice.items)]
	return next((maps_.departments[center] for center in centers if center in maps_.departments), "")


def sender_of(customer: str, settings: Settings) -> Sender:
	"""Who sends the customer's invoices: its own choice, else the company's."""
	own = frappe.get_cached_value("Customer", customer, "billing_ext_sender")
	return Sender(own) if own else settings.sender


def customer(name: str, number: int, settings: Settings) -> CustomerData:
	"""A customer as a value; ``number`` is what it is, or is to be, in Tripletex."""
	row = frappe.get_doc("Customer", name)
	contact = _contact(row)
	return CustomerData(
		name=row.customer_name,
		number=number,
		organization_number="".join(filter(str.isdigit, row.tax_id or "")),
		is_private=row.customer_type == "Individual",
		email=contact["email"],
		invoice_email=contact["invoice_email"],
		phone=contact["phone"],
		language="NO" if (row.language or "").split("-")[0] in ("nb", "nn", "no", "") else "EN",
		currency=row.default_currency
		or frappe.get_cached_value("Company", settings.company, "default_currency"),
		sender=sender_of(name, settings),
		postal_address=_address(name, POSTAL),
		delivery_address=_address(name, DELIVERY),
		is_inactive=bool(row.disabled),
		tripletex_duns=settings.tripletex_duns,
	)


def _contact(row: Any) -> dict[str, str]:
	email = row.email_id or ""
	billing = billing_contact(row.name)
	return {
		"email": email,
		"invoice_email": (billing.email_id if billing else "") or email,
		"phone": row.mobile_no or "",
	}


def billing_contact(customer: str) -> Any:
	"""Name and ``email_id`` of the contact that gets the customer's invoices; None without one."""
	found = frappe.db.sql(
		"""select contact.name, contact.email_id from `tabContact` contact
		join `tabDynamic Link` link on link.parent = contact.name and link.parenttype = 'Contact'
		where link.link_doctype = 'Customer' and link.link_name = %s and contact.is_billing_contact = 1
		order by contact.is_primary_contact desc, contact.creation limit 1""",
		customer,
		as_dict=True,
	)
	return found[0] if found else None


def address_row(customer: str, kinds: tuple[str, ...]) -> Any:
	"""The customer's address of those kinds, the primary one first; for billing any address will do. None without one."""
	rows = frappe.db.sql(
		"""select address.* from `tabAddress` address
		join `tabDynamic Link` link on link.parent = address.name and link.parenttype = 'Address'
		where link.link_doctype = 'Customer' and link.link_name = %s and address.disabled = 0
		order by address.is_primary_address desc, address.creation""",
		customer,
		as_dict=True,
	)
	chosen = next((row for row in rows if row.address_type in kinds), None)
	return rows[0] if chosen is None and "Billing" in kinds and rows else chosen


def _address(customer: str, kinds: tuple[str, ...]) -> Address:
	chosen = address_row(customer, kinds)
	if chosen is None:
		return Address()
	country = frappe.get_cached_value("Country", chosen.country, "code") if chosen.country else ""
	return Address(
		line1=chosen.address_line1 or "",
		line2=chosen.address_line2 or "",
		postal_code=chosen.pincode or "",
		city=chosen.city or "",
		country=(country or "").upper(),
	)


def fingerprint(data: CustomerData) -> str:
	"""A hash of all that Tripletex sees of a customer."""
	return hashlib.sha256(repr(data).encode()).hexdigest()
