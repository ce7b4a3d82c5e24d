"""Rows of the Tripletex outbox. Each change of state is one guarded UPDATE: who finds no row has lost a race."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import frappe
from frappe import _
from frappe.query_builder import DocType

from billing_ext.integrations.tripletex.delivery import Operation, State
from billing_ext.repositories import bulk_rows, clock
from billing_ext.repositories.contract_rows import Row

DOCTYPE = "Tripletex Outbox Message"

Message = dict[str, Any]
"""All columns of a message, kept in step with the row by the worker that holds it."""


@dataclass(frozen=True, slots=True)
class NewMessage:
	"""A message to be put: ``key`` makes it unique within its company and operation."""

	company: str
	operation: Operation
	key: str
	reference_doctype: str | None = None
	reference_name: str | None = None
	local_key: str = ""
	sort_date: date | None = None
	sort_number: int = 0
	run: str | None = None
	"""The Billing Run that has made the document."""
	note: str = ""
	"""What a message is about that has no document: JSON for its handler."""


def put(new: NewMessage) -> str | None:
	"""Write a message in the current transaction; None if that operation is there already."""
	message_key = f"{new.company}|{new.operation.value}|{new.key}"[:250]
	return bulk_rows.insert_one(
		DOCTYPE,
		{
			"company": new.company,
			"operation": new.operation.value,
			"reference_doctype": new.reference_doctype,
			"reference_name": new.reference_name,
			"local_key": new.local_key or new.reference_name,
			"billing_run": new.run,
			"status": State.PENDING.value,
			"retry_at": clock.now(),
			"level": new.operation.level,
			"sort_date": new.sort_date,
			"sort_number": new.sort_number,
			"note": new.note or None,
			"message_key": message_key,
		},
	)


def due(company: str, now: datetime, limit: int) -> list[str]:
	"""Messages that may be worked on now: dependencies first, then by date and number."""
	return frappe.db.sql_list(
		"""select name from `tabTripletex Outbox Message`
		where company = %(company)s and retry_at <= %(now)s
			and (status in ('Pending', 'Unknown', 'Verifying', 'Waiting')
				or (status = 'Sending' and lease_until < %(now)s))
			and (lease_until is null or lease_until < %(now)s)
		order by level, sort_date, sort_number, creation limit %(limit)s""",
		{"company": company, "now": now, "limit": limit},
	)


def claim(name: str, states: tuple[State, ...], owner: str, now: datetime, until: datetime) -> Message | None:
	"""Take the lease of a message that may be worked on; None if another worker has it or there is nothing to do."""
	table = DocType(DOCTYPE)
	found = (
		frappe.qb.from_(table)
		.select("*")
		.where((table.name == name) & table.status.isin([state.value for state in states]))
		.where(table.lease_until.isnull() | (table.lease_until < now))
		.for_update(skip_locked=True)
		.run(as_dict=True)
	)
	if not found:
		return None
	frappe.db.set_value(DOCTYPE, name, {"lease_owner": owner, "lease_until": until}, update_modified=False)
	return found[0] | {"lease_owner": owner}


def move(row: Message, state: State, release: bool = False, **values: Any) -> bool:
	"""Change the state of a message that this worker holds; False if the lease was lost meanwhile.

	``release`` gives the lease back.
	"""
	values = {"status": state.value, **values}
	if release:
		values |= {"lease_owner": None, "lease_until": None}
	table = DocType(DOCTYPE)
	query = frappe.qb.update(table).set(table.modified, clock.now())
	for column, value in values.items():
		query = query.set(table[column], value)
	query.where(
		(table.name == row["name"])
		& (table.status == row["status"])
		& (table.lease_owner == row["lease_owner"])
	).run()
	moved = frappe.db.sql("select row_count()")[0][0] == 1
	if moved:
		row.update(values)
	return moved


def act(name: str, states: tuple[State, ...], state: State, **values: Any) -> bool:
	"""Change the state of a message by a person's decision; False if it is in none of ``states`` or being worked on."""
	table = DocType(DOCTYPE)
	locked = (
		frappe.qb.from_(table)
		.select(table.name)
		.where((table.name == name) & table.status.isin([each.value for each in states]))
		.where(table.lease_until.isnull() | (table.lease_until < clock.now()))
		.for_update()
		.run()
	)
	if not locked:
		return False
	frappe.db.set_value(DOCTYPE, name, {"status": state.value, "lease_owner": None, **values})
	return True


def get(name: str) -> Message:
	"""All fields of a message."""
	return frappe.db.get_value(DOCTYPE, name, "*", as_dict=True)


def request_of(row: Row) -> dict[str, Any] | None:
	"""The frozen request; amounts in it are kept as text by the mapper's own encoding."""
	return json.loads(row["request_json"]) if row.get("request_json") else None


def of_document(doctype: str, name: str) -> list[Row]:
	"""All messages about a document, oldest first."""
	return frappe.get_all(
		DOCTYPE,
		filters={"reference_doctype": doctype, "reference_name": name},
		fields=["*"],
		order_by="creation",
	)


def find(company: str, operation: Operation, key: str) -> Row | None:
	"""The message of that operation and key."""
	return frappe.db.get_value(
		DOCTYPE, {"message_key": f"{company}|{operation.value}|{key}"[:250]}, "*", as_dict=True
	)


def unfinished_like(company: str, operation: Operation, local_key: str) -> list[Row]:
	"""Messages of one object that are not done, so that a newer one can supersede those not sent yet."""
	return frappe.get_all(
		DOCTYPE,
		filters={
			"company": company,
			"operation": operation.value,
			"local_key": local_key,
			"status": ("in", [state.value for state in State if state.is_unfinished]),
		},
		fields=["*"],
		order_by="creation",
	)


def wake(names: list[str]) -> None:
	"""Let waiting messages be looked at again at once."""
	if names:
		frappe.db.set_value(DOCTYPE, {"name": ("in", names), "status": "Waiting"}, "retry_at", clock.now())


def waiting_for(name: str) -> list[str]:
	"""Messages that wait for this one."""
	return frappe.get_all(
		DOCTYPE, filters={"status": "Waiting", "depends_on": ("like", f"%{name}%")}, pluck="name"
	)


def states_of(names: list[str]) -> dict[str, State]:
	"""The states of messages by their names."""
	rows = frappe.get_all(DOCTYPE, filters={"name": ("in", names)}, fields=["name", "status"])
	return {row.name: State(row.status) for row in rows}


def serial() -> str:
	"""A key part for what may happen more than once."""
	return frappe.generate_hash(length=12)


def company_of(name: str) -> str | None:
	"""The company of a message; None if there is no such message."""
	return frappe.db.get_value(DOCTYPE, name, "company")


def explain_waiting(name: str, needed: list[str]) -> None:
	"""Show on a waiting message what it waits for."""
	rows = frappe.get_all(
		DOCTYPE,
		filters={"name": ("in", needed)},
		fields=["operation", "local_key", "status"],
		order_by="level, creation",
	)
	parts = []
	for row in rows:
		operation, status = map(_, (row.operation, row.status))
		parts.append(f"{operation} {row.local_key}: {status}")
	frappe.db.set_value(
		DOCTYPE,
		{"name": name, "status": "Waiting"},
		"error_text",
		_("Waits for {0}").format("; ".join(parts)),
	)


def add_indexes() -> None:
	"""What waits is found without reading what is done. Done at each migration, once."""
	frappe.db.add_index(DOCTYPE, ["status", "retry_at"])  # for due
