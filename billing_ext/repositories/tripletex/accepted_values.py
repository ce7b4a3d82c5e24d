"""What of a customer in Tripletex may be taken over into ERPNext: name, e-mail and address. All else a person enters."""

from __future__ import annotations

from typing import Any

import frappe

from billing_ext.core.errors import DomainError
from billing_ext.repositories.tripletex import documents

_CUSTOMER = {"name", "email", "invoiceEmail"}
_KINDS = {"postalAddress": documents.POSTAL, "physicalAddress": documents.DELIVERY}
_ADDRESS = {
	"addressLine1": "address_line1",
	"addressLine2": "address_line2",
	"postalCode": "pincode",
	"city": "city",
}
_MAY_BE_EMPTY = {"addressLine2", "postalCode"}


def can_accept(field: str) -> bool:
	"""May a drift of that field be accepted? Not a country: it decides about VAT."""
	owner, _, part = field.partition(".")
	return field in _CUSTOMER or (owner in _KINDS and part in _ADDRESS)


def accept(customer: str, field: str, value: str) -> None:
	"""Write a value of Tripletex into the customer, its contact or its address.

	Raises DomainError ``tripletex_accept_field``, ``tripletex_accept_empty`` or ``tripletex_accept_address``.
	"""
	owner, _, part = field.partition(".")
	if not can_accept(field):
		raise DomainError("tripletex_accept_field", field=field)
	if not value and part not in _MAY_BE_EMPTY:
		raise DomainError("tripletex_accept_empty", field=field)
	if part:
		_accept_address(customer, owner, _ADDRESS[part], value)
	elif field == "name":
		_save("Customer", customer, customer_name=value)
	else:
		_accept_email(customer, value, is_billing=field == "invoiceEmail")


def _save(doctype: str, name: str, **values: Any) -> None:
	doc = frappe.get_doc(doctype, name)
	doc.update(values)
	doc.save(ignore_permissions=True)


def _accept_address(customer: str, owner: str, fieldname: str, value: str) -> None:
	row = documents.address_row(customer, _KINDS[owner])
	if row is None:
		# Tripletex got the postal address for both; the other one is no reason to change that.
		raise DomainError("tripletex_accept_address", customer=customer)
	_save("Address", row.name, **{fieldname: value})


def _accept_email(customer: str, email: str, is_billing: bool) -> None:
	if is_billing:
		billing = documents.billing_contact(customer)
		if billing:
			_replace_primary_email(billing.name, email)
		else:
			_add_billing_contact(customer, email)
		return
	primary = frappe.db.get_value("Customer", customer, "customer_primary_contact")
	if primary:
		_replace_primary_email(primary, email)
	# Fetched from the contact; without one, ERPNext makes it of this.
	_save("Customer", customer, email_id=email)


def _replace_primary_email(name: str, email: str) -> None:
	contact = frappe.get_doc("Contact", name)
	row = next((row for row in contact.email_ids if row.is_primary), None)
	if row:
		row.email_id = email
	else:
		contact.append("email_ids", {"email_id": email, "is_primary": 1})
	contact.save(ignore_permissions=True)


def _add_billing_contact(customer: str, email: str) -> None:
	frappe.get_doc(
		{
			"doctype": "Contact",
			"first_name": frappe.db.get_value("Customer", customer, "customer_name"),
			"is_billing_contact": 1,
			"email_ids": [{"email_id": email, "is_primary": 1}],
			"links": [{"link_doctype": "Customer", "link_name": customer}],
		}
	).insert(ignore_permissions=True)
