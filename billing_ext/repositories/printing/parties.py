"""Who sends and who receives a document: company, branding, bank, customer, addresses."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Mapping
from typing import Any

import frappe
from babel import Locale
from frappe.contacts.doctype.address.address import get_default_address
from frappe.utils import cint

from billing_ext.rendering import drops, identifiers
from billing_ext.rendering.colors import darkened_to_read, readable_on
from billing_ext.rendering.drops import Drop
from billing_ext.rendering.presentation import Presentation
from billing_ext.repositories.printing import custom
from billing_ext.repositories.printing.plain import text

_IMAGES = {"image/png", "image/jpeg", "image/gif", "image/svg+xml", "image/webp"}
_MOST_LOGO = 1_000_000
"""Bytes; the logo is in every document."""

_FONTS = {
	"Serif": "Georgia, 'Times New Roman', 'DejaVu Serif', serif",
	"Monospace": "'Courier New', 'DejaVu Sans Mono', monospace",
	"Sans Serif": "Inter, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif",
}
_REGISTERED_FORMS = ("AS", "ASA", "NUF")


def everywhere(
	company: str, customer: Any, shown: Presentation, *, addresses: dict[str, str | None], contact: Any = None
) -> dict[str, object]:
	"""The values that every template sees. ``addresses`` names Address records: company, billing, shipping."""
	brand = brand_of(company)
	names = _with_defaults(company, customer.name, addresses)
	abroad = _country(names["company"]) != _country(names["billing"])
	return {
		"company": _company(company, brand, address(names["company"], shown, abroad=abroad)),
		"branding": _branding(company, brand),
		"bank": _bank(company, brand),
		"customer": _customer(
			customer,
			address(names["billing"], shown, abroad=abroad),
			address(names["shipping"], shown, abroad=abroad),
			contact or {},
		),
		"language": shown.language,
		"direction": shown.direction,
		"today": shown.today,
	}


def _with_defaults(company: str, customer: str, given: Mapping[str, str | None]) -> dict[str, str | None]:
	billing = given.get("billing") or get_default_address("Customer", customer)
	return {
		"company": given.get("company") or get_default_address("Company", company),
		"billing": billing,
		"shipping": given.get("shipping") or billing,
	}


def _country(name: str | None) -> str | None:
	return frappe.get_cached_value("Address", name, "country") if name else None


def person(name: object, customer: str) -> str | None:
	"""A contact's name; ERPNext calls the contact it makes for a customer as the customer."""
	return None if name == customer else text(name)


def brand_of(company: str) -> Any:
	"""A company's Billing Branding, or its defaults."""
	if frappe.db.exists("Billing Branding", company):
		return frappe.get_cached_doc("Billing Branding", company)
	return frappe.new_doc("Billing Branding", company=company)


def country_code(country: str | None) -> str | None:
	"""ISO 3166 code of a Country record."""
	code = country and frappe.get_cached_value("Country", country, "code")
	return code.upper() if code else None


def _company(name: str, brand: Any, place: Drop) -> Drop:
	doc = frappe.get_cached_doc("Company", name)
	code = country_code(doc.country)
	registered = bool(cint(brand.vat_registered))
	vat = identifiers.vat_number(doc.tax_id, code) if registered else None
	return Drop(
		drops.COMPANY,
		{
			"name": doc.company_name,
			"country_code": code,
			"org_number": identifiers.org_number(doc.tax_id, code),
			"vat_number": vat,
			"vat_registered": registered,
			"register_note": _register_note(doc, brand, code),
			"registered_office": text(brand.registered_office),
			"address": place,
			"phone": text(doc.phone_no),
			"email": text(doc.email),
			"website": text(doc.website),
			"custom": custom.values(doc, doc.default_currency),
		},
	)


def _register_note(company: Any, brand: Any, code: str | None) -> str | None:
	"""Foretaksregisterloven § 10-2: AS, ASA and NUF say so on their letters."""
	is_registered = code == "NO" and company.company_name.upper().split()[-1] in _REGISTERED_FORMS
	wanted = brand.register_note == "Show" or (brand.register_note != "Hide" and is_registered)
	return "Foretaksregisteret" if wanted else None


def _branding(company: str, brand: Any) -> Drop:
	primary = brand.primary_color or "#1f4e79"
	logo = brand.logo or frappe.get_cached_value("Company", company, "company_logo")
	return Drop(
		drops.BRANDING,
		{
			"logo": image(logo),
			"primary_color": primary,
			"on_primary_color": readable_on(primary),
			"accent_color": brand.accent_color or "#c8702a",
			"primary_text_color": darkened_to_read(primary),
			"font": _FONTS.get(brand.font, _FONTS["Sans Serif"]),
			"footer_text": text(brand.footer_text),
			"show_usage": bool(cint(brand.show_usage)),
		},
	)


def image(url: str | None) -> str | None:
	"""A file of the site as a data URI: jobs have no session to fetch a private one with."""
	kind = mimetypes.guess_type(url or "")[0]
	if not url or kind not in _IMAGES or not url.startswith(("/files/", "/private/files/")):
		return None
	name = frappe.db.get_value("File", {"file_url": url})
	if not name:
		return None
	try:
		content = frappe.get_doc("File", name).get_content()
	except OSError:
		return None  # the file is gone from the disk: a document without its logo is better than none
	content = content.encode() if isinstance(content, str) else content
	if len(content) > _MOST_LOGO:
		return None
	return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def bank_account(company: str, brand: Any) -> Any:
	"""The Bank Account that invoices show: the branding's, else the company's default one; None without either."""
	name = brand.bank_account or frappe.db.get_value(
		"Bank Account", {"is_company_account": 1, "company": company, "is_default": 1, "disabled": 0}
	)
	return frappe.get_cached_doc("Bank Account", name) if name else None


def _bank(company: str, brand: Any) -> Drop:
	account = bank_account(company, brand) or frappe._dict()
	code = country_code(frappe.get_cached_value("Company", company, "country"))
	bank = frappe.get_cached_doc("Bank", account.bank) if account.bank else frappe._dict()
	return Drop(
		drops.BANK,
		{
			"name": bank.bank_name,
			"account_number": identifiers.account_number(account.bank_account_no, code),
			"iban": identifiers.iban_in_groups(account.iban),
			"bic": bank.swift_number,
			"account_holder": frappe.get_cached_value("Company", company, "company_name"),
		},
	)


def _customer(doc: Any, billing: Drop, shipping: Drop, contact: Any) -> Drop:
	code = str(billing["country_code"] or "")
	# Norwegian businesses are known by their organisation number, others by their VAT number.
	norwegian = code in ("NO", "")
	return Drop(
		drops.CUSTOMER,
		{
			"name": doc.customer_name,
			"number": None if doc.name == doc.customer_name else doc.name,
			"org_number": identifiers.org_number(doc.tax_id, code) if norwegian else None,
			"vat_number": None if norwegian else identifiers.vat_number(doc.tax_id, code),
			"is_company": doc.customer_type != "Individual",
			"contact": person(contact.get("name"), doc.customer_name),
			"email": text(contact.get("email") or doc.email_id),
			"phone": text(contact.get("phone") or doc.mobile_no),
			"address": billing,
			"shipping_address": shipping,
			"custom": custom.values(doc, doc.default_currency or ""),
		},
	)


def address(name: str | None, shown: Presentation, *, abroad: bool = True) -> Drop:
	"""An Address record, all empty without one; letters that stay in the country do not name it."""
	row = frappe.get_cached_doc("Address", name) if name else frappe._dict()
	code = country_code(row.country)
	country = Locale.parse(shown.locale).territories.get(code or "", row.country)
	town = " ".join(part for part in (row.pincode, row.city) if part)
	lines = [row.address_line1, row.address_line2, town, row.state, country if abroad else None]
	return Drop(
		drops.ADDRESS,
		{
			"name": text(row.address_title),
			"line1": text(row.address_line1),
			"line2": text(row.address_line2),
			"postal_code": text(row.pincode),
			"city": text(row.city),
			"state": text(row.state),
			"country": country,
			"country_code": code,
			"lines": [line for line in map(text, lines) if line],
		},
	)


def bic_of(account: Any) -> str | None:
	"""The BIC of an account's bank."""
	return frappe.get_cached_value("Bank", account.bank, "swift_number") if account.bank else None


def legal_name(company: str) -> str:
	"""The company's name."""
	return frappe.get_cached_value("Company", company, "company_name")


def registration(company: str) -> str:
	"""The company's organisation number as it was entered; empty without one."""
	return frappe.get_cached_value("Company", company, "tax_id") or ""
