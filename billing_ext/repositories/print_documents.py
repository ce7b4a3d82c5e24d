"""Documents on their way to a template: what may be trusted of them, and their values by document type."""

from __future__ import annotations

from typing import Any

import frappe
from bs4 import BeautifulSoup
from frappe.translate import get_user_lang

from billing_ext.rendering.presentation import Presentation
from billing_ext.repositories.printing import contracts, invoices, parties, reminders, statements

_LANGUAGE_KEYS = ("_lang", "language", "print_language", "lang")
_NAMES = (
	"customer", "company", "billing_ext_contract", "customer_address", "shipping_address_name", "company_address",
	"contact_person", "company_contact_person", "return_against", "tax_category", "customer_primary_address",
)  # fmt: skip
"""Fields by which a template sees other records. A Dunning's table names more, so it is always read anew."""


def load(document_type: str, name: str) -> Any:
	"""A document that the user may read and print. Raises frappe.PermissionError and DoesNotExistError."""
	doc = frappe.get_doc(document_type, name)
	doc.check_permission("read")
	doc.check_permission("print")
	return doc


def trusted(doc: Any) -> Any:
	"""The document, naming no other records than the stored one does. The print view may send one that was changed,
	which is read anew, or never saved: then the user must be allowed to read whatever it names, since a template
	shows more of it than the document does.

	Raises frappe.PermissionError.
	"""
	links = [field for field in _NAMES if doc.meta.has_field(field)]
	stored = doc.name and frappe.db.get_value(doc.doctype, doc.name, ["name", *links], as_dict=True)
	if stored:
		is_stored = doc.doctype != "Dunning" and all(doc.get(field) == stored[field] for field in links)
		return doc if is_stored else frappe.get_doc(doc.doctype, doc.name)
	for doctype, name in _named(doc, links):
		frappe.has_permission(doctype, "read", name, throw=True)
	return doc


def _named(doc: Any, links: list[str]) -> list[tuple[str, str]]:
	"""The records that a document which is not stored would show something of."""
	named = [(doc.meta.get_field(field).options, doc.get(field)) for field in links]
	named += [("Sales Invoice", row.sales_invoice) for row in doc.get("overdue_payments") or ()]
	return [(doctype, name) for doctype, name in named if name]


def requested_language() -> str | None:
	"""The language that the print view or the e-mail asked for; None where nobody did.

	Jobs tell it only by switching the session's language away from the user's own.
	"""
	asked = next((frappe.form_dict[key] for key in _LANGUAGE_KEYS if frappe.form_dict.get(key)), None)
	switched = frappe.local.lang if frappe.local.lang != get_user_lang() else None
	return asked or switched


def customer_language(doc: Any) -> str | None:
	"""The language of a document's customer."""
	customer = doc.get("customer")
	return frappe.get_cached_value("Customer", customer, "language") if customer else None


def company_of(doc: Any) -> str:
	"""The company a document is from."""
	if doc.doctype == "Customer":
		return statements.company_of(doc.name)
	return doc.company


def country_of(company: str) -> str | None:
	"""ISO 3166 code of a company's country."""
	return parties.country_code(frappe.get_cached_value("Company", company, "country"))


def values(doc: Any, shown: Presentation) -> dict[str, object]:
	"""What a template for the document's type sees. Raises KeyError for a type that has no templates.

	A statement needs the permission to read Sales Invoices and the company. Raises frappe.PermissionError.
	"""
	if doc.doctype == "Customer":
		company = company_of(doc)
		# Who may see a customer may not therefore see what the customer owes.
		frappe.has_permission("Sales Invoice", "read", throw=True)
		frappe.has_permission("Company", "read", company, throw=True)
		return statements.values(doc, shown, company)
	return {
		"Sales Invoice": invoices.values,
		"Sales Order": invoices.values,
		"Dunning": reminders.values,
		"Billing Contract": contracts.values,
	}[doc.doctype](doc, shown)


def letter_head(doc: Any) -> tuple[str, str]:
	"""The HTML above and below a document: its own letter head's, else the default one's; empty without either."""
	wanted = doc.get("letter_head") or {"is_default": 1}
	found = frappe.db.get_value("Letter Head", wanted, ["content", "footer"]) or ("", "")
	return found[0] or "", found[1] or ""


def inlined(html: str) -> str:
	"""A letter head with the site's pictures in it, as a PDF engine has no way to fetch them."""
	if "<img" not in html:
		return html
	soup = BeautifulSoup(html, "html.parser")
	for image in soup.find_all("img"):
		source = str(image.get("src") or "")
		image["src"] = parties.image(source) or source
	return str(soup)
