"""What the sync writes on a Sales Invoice, and messages that it makes while it works."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import frappe

from billing_ext.integrations.tripletex.delivery import State
from billing_ext.integrations.tripletex.read_back import Difference
from billing_ext.repositories.tripletex import outbox
from billing_ext.repositories.tripletex.outbox import NewMessage
from billing_ext.repositories.unit_of_work import in_transaction


def set_status(invoice: str, status: str) -> None:
	"""Show where an invoice stands."""
	frappe.db.set_value(
		"Sales Invoice", invoice, "billing_ext_tripletex_status", status, update_modified=False
	)


def store_number(invoice: str, number: int, kid: str) -> None:
	"""Keep the number and KID that Tripletex has given."""
	values = {"billing_ext_number": str(number), "billing_ext_kid": kid or None}
	frappe.db.set_value("Sales Invoice", invoice, values, update_modified=False)


def matter(differences: Iterable[Difference]) -> bool:
	"""Is there more than an øre of rounding per VAT code?"""
	return any(not difference.rounding for difference in differences)


def ensure(message: NewMessage) -> str:
	"""The name of an unfinished message of that kind, written and committed if there is none."""
	return in_transaction(lambda: _ensure(message))


def _ensure(message: NewMessage) -> str:
	row = outbox.find(message.company, message.operation, message.key)
	if row and State(row["status"]).is_unfinished:
		return row["name"]
	# Done once, but its mapping is gone: it is done again, and finds what is there.
	key = f"{message.key}|{outbox.serial()}" if row else message.key
	return outbox.put(replace(message, key=key)) or ""


def credited_by(credit_note: str) -> str:
	"""The invoice that a credit note corrects; empty if it names none."""
	return frappe.db.get_value("Sales Invoice", credit_note, "return_against") or ""


def customer_of(invoice: str) -> str:
	"""An invoice's customer."""
	return frappe.db.get_value("Sales Invoice", invoice, "customer")
