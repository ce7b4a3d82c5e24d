"""How far a Billing Run is, and what becomes of its documents afterwards, as its form shows it."""

from __future__ import annotations

from typing import Any

import frappe

from billing_ext.repositories import runs

OUTBOXES = ("Billing Outbox Message", "Tripletex Outbox Message")


def counts(run: str) -> dict[str, Any]:
	"""``status``, ``contracts_total``, ``contracts_done``, ``started_at`` and ``finished_at`` as stored; the documents
	made and the contracts that failed as of now."""
	fields = ["status", "contracts_total", "contracts_done", "started_at", "finished_at"]
	stored = frappe.db.get_value("Billing Run", run, fields, as_dict=True)
	# Asked every other second: the index alone answers it, so those cancelled since are counted.
	documents = frappe.db.count("Sales Invoice", {"billing_ext_run": run}, distinct=False)
	return {**stored, "documents": documents, "errors": runs.errors_left(run)}


def messages(run: str) -> dict[str, dict[str, int]]:
	"""How many messages about documents of the run each outbox has, by their status."""
	return {doctype: _by_status(doctype, run) for doctype in OUTBOXES}


def _by_status(doctype: str, run: str) -> dict[str, int]:
	rows = frappe.get_all(
		doctype,
		filters={"billing_run": run},
		fields=["status", "count(*) as messages"],
		group_by="status",
		order_by="status",
	)
	return {row.status: row.messages for row in rows}
