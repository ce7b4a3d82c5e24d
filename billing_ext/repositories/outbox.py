"""The outbox: what is to happen outside the database after a commit, as rows of the same transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe.query_builder import DocType

from billing_ext.repositories import bulk_rows
from billing_ext.repositories.contract_rows import Row

INVOICE_EMAIL = "Invoice E-mail"
RENEWAL_REMINDER = "Renewal Reminder"
FIRST_RETRY = timedelta(minutes=5)
"""Wait before the second attempt; doubled for each further one."""


def put(
	kind: str,
	doctype: str,
	name: str,
	contract: Row,
	recipient: str,
	now: datetime,
	*,
	occasion: str = "",
	run: str | None = None,
) -> str | None:
	"""A message to be delivered after the commit; None if the document has one of that kind, for that occasion, already.

	``run`` is the Billing Run that has made the document.
	"""
	key = "|".join(part for part in (kind, doctype, name, occasion) if part)
	return bulk_rows.insert_one(
		"Billing Outbox Message",
		{
			"kind": kind,
			"reference_doctype": doctype,
			"reference_name": name,
			"contract": contract["name"],
			"customer": contract["customer"],
			"company": contract["company"],
			"billing_run": run,
			"recipient": recipient,
			"status": "Waiting",
			"retry_at": now,
			"message_key": key,
		},
	)


def due(now: datetime, limit: int) -> list[str]:
	"""Messages that wait and may be tried now, oldest first."""
	return frappe.get_all(
		"Billing Outbox Message",
		filters={"status": "Waiting", "retry_at": ("<=", now)},
		pluck="name",
		order_by="retry_at, creation",
		limit=limit,
	)


def claim(name: str) -> dict[str, Any] | None:
	"""Lock a waiting message until the transaction ends; None if another worker has it or it is done."""
	table = DocType("Billing Outbox Message")
	found = (
		frappe.qb.from_(table)
		.select("*")
		.where((table.name == name) & (table.status == "Waiting"))
		.for_update(skip_locked=True)
		.run(as_dict=True)
	)
	return found[0] if found else None


def succeed(name: str, now: datetime) -> None:
	"""It was delivered."""
	frappe.db.set_value(
		"Billing Outbox Message", name, {"status": "Sent", "sent_at": now, "last_error": None}
	)


def drop(name: str, reason: str) -> None:
	"""It is not to be delivered any more."""
	frappe.db.set_value("Billing Outbox Message", name, {"status": "Dropped", "last_error": reason})


def fail(name: str, error: str, max_attempts: int, now: datetime) -> None:
	"""Count a failed attempt; the wait doubles, and after ``max_attempts`` the message is given up."""
	attempts = (frappe.db.get_value("Billing Outbox Message", name, "attempts") or 0) + 1
	frappe.db.set_value(
		"Billing Outbox Message",
		name,
		{
			"attempts": attempts,
			"last_error": error,
			"status": "Failed" if attempts >= max_attempts else "Waiting",
			"retry_at": now + FIRST_RETRY * 2 ** (attempts - 1),
		},
	)


def revive(name: str, now: datetime) -> None:
	"""Try a given-up message again from the start."""
	frappe.db.set_value("Billing Outbox Message", name, {"status": "Waiting", "attempts": 0, "retry_at": now})


def waiting_for(doctype: str, document: str) -> list[str]:
	"""Messages about a document that are not delivered yet."""
	return frappe.get_all(
		"Billing Outbox Message",
		filters={"reference_doctype": doctype, "reference_name": document, "status": "Waiting"},
		pluck="name",
	)


def add_indexes() -> None:
	"""What waits is found without reading what was sent. Done at each migration, once."""
	frappe.db.add_index("Billing Outbox Message", ["status", "retry_at", "creation"])  # for due
