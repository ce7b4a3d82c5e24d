"""Tasks for the people who look after a contract, or after what it is made of."""

from __future__ import annotations

from datetime import date

import frappe

from billing_ext.repositories import jobs
from billing_ext.repositories.contract_rows import Row

_NOTIFY = "frappe.desk.form.assign_to.notify_assignment"


def assign(doctype: str, document: Row, text: str, day: date) -> None:
	"""A task on a document for ``owner_of`` it, due on ``day``. Done once: the same text is not repeated.

	``text`` is HTML. Not by Frappe's ``assign_to.add``, which drops a second task of the same user on the same document.
	"""
	task = {
		"reference_type": doctype,
		"reference_name": document["name"],
		"allocated_to": owner_of(document),
		"description": text,
	}
	if frappe.db.exists("ToDo", task):
		return
	todo = frappe.get_doc({"doctype": "ToDo", **task, "date": day, "assigned_by": frappe.session.user})
	todo.insert(ignore_permissions=True)
	jobs.enqueue(
		_NOTIFY,
		queue="short",
		assigned_by=todo.assigned_by,
		allocated_to=todo.allocated_to,
		doc_type=todo.reference_type,
		doc_name=todo.reference_name,
		action="ASSIGN",
		description=text,
	)


def owner_of(document: Row) -> str:
	"""The user who looks after a document: a contract's account owner if he can still log in, else who entered it."""
	owner = document.get("account_owner")
	return owner if owner and frappe.db.get_value("User", owner, "enabled") else document["owner"]


def language_of_owner(document: Row) -> str | None:
	"""The language in which ``owner_of`` the document reads."""
	return frappe.db.get_value("User", owner_of(document), "language")
