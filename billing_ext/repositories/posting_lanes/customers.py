"""What ERPNext writes of a customer on an invoice, read for many customers at once.

*Identity*: values that differ from customer to customer and decide nothing. *Profile*: values that decide something;
invoices of customers with different profiles share nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import frappe
from erpnext.accounts.party import get_default_contact, get_party_shipping_address
from frappe.contacts.doctype.address.address import (
	get_address_templates,
	get_default_address,
	render_address,
)
from frappe.utils.jinja import guess_is_path

from billing_ext.repositories.posting_lanes.facts import GL, INVOICE

_DECIDING = (
	"customer_group", "territory", "tax_category", "default_currency", "default_price_list", "default_sales_partner",
	"default_commission_rate", "so_required", "dn_required", "payment_terms",
)  # fmt: skip
GIVEN = ("customer_address", "shipping_address_name", "contact_person")
"""Fields of an invoice's header in which a contract may name an address or a contact of the customer."""


@dataclass(slots=True)
class Customer:
	"""A customer's row, and what else of it concerns an invoice of one company.

	``currencies`` are those of its entries in the company's ledger, ``account`` the receivable account set on it,
	``addresses`` and ``contacts`` the rows of those linked to it, by name.
	"""

	row: dict[str, Any]
	account: str | None = None
	credit_limit: bool = False
	sales_team: bool = False
	currencies: tuple[str, ...] = ()
	addresses: dict[str, dict[str, Any]] = field(default_factory=dict)
	contacts: dict[str, dict[str, Any]] = field(default_factory=dict)

	@property
	def name(self) -> str:
		return self.row["name"]


@dataclass(frozen=True, slots=True)
class OnInvoice:
	"""A customer's ``identity`` as fields of the invoice, and the ``profile`` that invoices must share."""

	identity: dict[str, Any]
	profile: tuple[Any, ...]


def load(names: Collection[str], company: str) -> dict[str, Customer]:
	"""The customers by name; one that does not exist is left out."""
	if not names:
		return {}
	values = {"names": tuple(names), "company": company}
	customers = {
		row["name"]: Customer(row)
		for row in frappe.db.sql("select * from `tabCustomer` where name in %(names)s", values, as_dict=True)
	}
	for kind, parent, account in frappe.db.sql(_CHILDREN, values):
		customer = customers[parent]
		if kind == "account":
			customer.account = account
		elif kind == "limit":
			customer.credit_limit = True
		else:
			customer.sales_team = True
	_load_linked(customers, values)
	currencies: dict[str, list[str]] = defaultdict(list)
	for name, currency in frappe.db.sql(_CURRENCIES, values):
		currencies[name].append(currency)
	for name, found in currencies.items():
		customers[name].currencies = tuple(sorted(found))
	return customers


_CHILDREN = """
	select 'account', parent, account from `tabParty Account`
	where parenttype = 'Customer' and parent in %(names)s and company = %(company)s
	union all
	select 'limit', parent, '' from `tabCustomer Credit Limit`
	where parenttype = 'Customer' and parent in %(names)s and company = %(company)s
	union all
	select 'team', parent, '' from `tabSales Team` where parenttype = 'Customer' and parent in %(names)s
"""
_LINKED = {
	"Address": """
		select link.link_name, linked.* from `tabDynamic Link` link join `tabAddress` linked on linked.name = link.parent
		where link.link_doctype = 'Customer' and link.link_name in %(names)s and link.parenttype = 'Address'
	""",
	"Contact": """
		select link.link_name, linked.* from `tabDynamic Link` link join `tabContact` linked on linked.name = link.parent
		where link.link_doctype = 'Customer' and link.link_name in %(names)s and link.parenttype = 'Contact'
	""",
}
_CURRENCIES = f"""
	select distinct party, account_currency from `tab{GL}`
	where party_type = 'Customer' and party in %(names)s and company = %(company)s
		and docstatus = 1 and is_cancelled = 0
"""  # noqa: S608 - the DocType's name is a constant


def _load_linked(customers: Mapping[str, Customer], values: dict[str, Any]) -> None:
	for doctype, query in _LINKED.items():
		for row in frappe.db.sql(query, values, as_dict=True):
			customer = customers[row.pop("link_name")]
			linked = customer.addresses if doctype == "Address" else customer.contacts
			linked[row["name"]] = {**row, "doctype": doctype}


def on_invoice(customer: Customer, given: Mapping[str, Any], displays: Displays) -> OnInvoice:
	"""What the customer's name, addresses and contact become on an invoice whose header has the values ``given``.

	As ERPNext does it (accounts/party.py, ``_get_party_details``): its default address and contact where none is given,
	contact details of the default contact always. Raises frappe.ValidationError for an address that is not the
	customer's.
	"""
	address = _one_of(customer.addresses, given.get("customer_address") or _default_address(customer))
	shipping = _one_of(customer.addresses, given.get("shipping_address_name") or _shipping_address(customer))
	contact = _one_of(customer.contacts, _default_contact(customer))
	person = _one_of(customer.contacts, given.get("contact_person")) or contact
	identity = {
		"customer": customer.name,
		"customer_address": address.get("name"),
		"address_display": displays.of(address),
		"shipping_address_name": shipping.get("name"),
		"shipping_address": displays.of(shipping),
		"contact_person": person.get("name"),
		"contact_display": contact.get("full_name"),
		"contact_email": contact.get("email_id"),
		"contact_mobile": contact.get("mobile_no"),
		**_fetched({"customer": customer.row, "customer_address": address, "contact_person": person}),
	}
	profile = (
		*(customer.row.get(name) for name in _DECIDING),
		customer.account,
		customer.currencies,
		*(each.get("tax_category") for each in (address, shipping)),
		*(bool(given.get(name)) for name in GIVEN),
		*(bool(each) for each in (address, shipping, contact)),
	)
	return OnInvoice(identity, profile)


def _one_of(linked: Mapping[str, dict[str, Any]], name: str | None) -> dict[str, Any]:
	if not name:
		return {}
	if name not in linked:
		raise frappe.ValidationError(name)
	return linked[name]


def _default_address(customer: Customer) -> str | None:
	"""The primary address; where several are equally good the database decides, so it is asked as ERPNext asks it."""
	enabled = [row for row in customer.addresses.values() if not row["disabled"]]
	primary = [row for row in enabled if row["is_primary_address"]] or enabled
	return _only(primary) if len(primary) < 2 else get_default_address("Customer", customer.name)


def _shipping_address(customer: Customer) -> str | None:
	enabled = [row for row in customer.addresses.values() if not row["disabled"]]
	suitable = [row for row in enabled if row["is_shipping_address"] or row["address_type"] == "Shipping"]
	return _only(suitable) if len(suitable) < 2 else get_party_shipping_address("Customer", customer.name)


def _default_contact(customer: Customer) -> str | None:
	marked = [
		row
		for row in customer.contacts.values()
		if row["is_primary_contact"] or row.get("is_billing_contact")
	]
	return _only(marked) if len(marked) < 2 else get_default_contact("Customer", customer.name)


def _only(rows: list[dict[str, Any]]) -> str | None:
	return rows[0]["name"] if rows else None


def _fetched(sources: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
	"""Fields that Frappe fetches over a link to the customer, its address or its contact."""
	meta = frappe.get_meta(INVOICE)
	return {
		each.fieldname: source.get(each.fetch_from.split(".")[-1])
		for link, source in sources.items()
		if source
		for each in meta.get_fields_to_fetch(link)
	}


@dataclass(slots=True)
class Displays:
	"""Addresses as text, by the site's templates, each compiled once."""

	_templates: dict[str | None, Any] = field(default_factory=dict)

	def of(self, address: dict[str, Any]) -> str | None:
		"""The address as ERPNext writes it on an invoice; None for no address."""
		if not address:
			return None
		country = address.get("country")
		if country not in self._templates:
			_name, source = get_address_templates(address)
			# Frappe's own way for what is not a plain template, and for one that looks further than the address.
			plain = not guess_is_path(source) and ".__" not in source and "links" not in source
			self._templates[country] = frappe.get_jenv().from_string(source) if plain else None
		template = self._templates[country]
		if template is None:
			return render_address(address["name"], check_permissions=False)
		return template.render(address)
