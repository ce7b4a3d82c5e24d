"""Billing Runs: their progress, their errors and the marks by which a stalled one is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import frappe
from frappe.query_builder import DocType

from billing_ext.repositories import bulk_rows
from billing_ext.repositories.contract_rows import Row

UNFINISHED = ("Queued", "Running")
COMPLETED, COMPLETED_WITH_ERRORS = "Completed", "Completed With Errors"


def create(as_of: date, trigger: str, run_key: str | None = None, **scope: str | None) -> str:
	"""A new run. Raises frappe.UniqueValidationError if one with ``run_key`` exists."""
	run = frappe.get_doc(
		{"doctype": "Billing Run", "as_of": as_of, "trigger": trigger, "run_key": run_key, **scope}
	)
	run.insert(ignore_permissions=True)
	# Frappe fills an empty link with the user's or the site's default; here empty means all.
	run.db_set({field: scope.get(field) for field in ("company", "customer", "contract")})
	return run.name


def by_key(run_key: str) -> dict[str, Any] | None:
	"""The scheduled run with that key."""
	return frappe.db.get_value("Billing Run", {"run_key": run_key}, ["name", "status"], as_dict=True)


def get(name: str) -> dict[str, Any]:
	"""A run's fields. Raises frappe.DoesNotExistError."""
	run = frappe.db.get_value("Billing Run", name, "*", as_dict=True)
	if not run:
		raise frappe.DoesNotExistError(name)
	return run


def mark_queued(name: str, now: datetime) -> None:
	"""The run waits for a worker; from here on its silence is noticed."""
	_update(name, {"status": "Queued", "finished_at": None, "heartbeat": now})


def start(name: str, contracts: int, chunks: int, now: datetime) -> int:
	"""Mark a run as queued and return the number of this attempt; jobs of earlier attempts no longer count."""
	attempt = (frappe.db.get_value("Billing Run", name, "attempt", for_update=True) or 0) + 1
	_update(
		name,
		{
			"status": "Queued",
			"attempt": attempt,
			"contracts_total": contracts,
			"contracts_done": 0,
			"chunks_total": chunks,
			"chunks_done": 0,
			"started_at": now,
			"finished_at": None,
			"heartbeat": now,
		},
	)
	return attempt


def start_retry(name: str, contracts: int, chunks: int, now: datetime) -> int:
	"""As ``start``, for ``contracts`` of the run that failed; what it has done besides stays counted."""
	run = frappe.db.get_value(
		"Billing Run", name, ["attempt", "contracts_total"], as_dict=True, for_update=True
	)
	attempt = run.attempt + 1
	_update(
		name,
		{
			"status": "Queued",
			"attempt": attempt,
			"contracts_done": max(0, run.contracts_total - contracts),
			"chunks_total": chunks,
			"chunks_done": 0,
			"started_at": now,
			"finished_at": None,
			"heartbeat": now,
		},
	)
	return attempt


def beat(name: str, attempt: int, contracts: int, chunks: int, now: datetime) -> dict[str, Any]:
	"""Add to what is done and return the counts; one UPDATE, so that parallel chunks do not overwrite each other."""
	frappe.db.sql(
		"""update `tabBilling Run` set status = 'Running', contracts_done = contracts_done + %(contracts)s,
			chunks_done = chunks_done + %(chunks)s, heartbeat = %(now)s
		where name = %(name)s and attempt = %(attempt)s""",
		{"name": name, "attempt": attempt, "contracts": contracts, "chunks": chunks, "now": now},
	)
	fields = ["contracts_total", "contracts_done", "chunks_total", "chunks_done", "attempt"]
	return frappe.db.get_value("Billing Run", name, fields, as_dict=True)


def finish(
	name: str, totals: Sequence[Mapping[str, Any]], lanes: Sequence[Mapping[str, Any]], now: datetime
) -> str:
	"""Store the result of a run and return its status. Doing it twice gives the same."""
	errors = errors_left(name)
	status = COMPLETED_WITH_ERRORS if errors else COMPLETED
	_replace_rows(
		name, "Billing Run Total", "totals", ("currency", "documents", "net", "tax", "gross"), totals
	)
	_replace_rows(name, "Billing Run Lane", "lanes", ("lane", "documents", "reason"), lanes)
	documents = sum(int(total["documents"]) for total in totals)
	credit_notes = sum(int(total["credit_notes"]) for total in totals)
	_update(
		name,
		{
			"status": status,
			"finished_at": now,
			"errors": errors,
			"invoices": documents - credit_notes,
			"credit_notes": credit_notes,
		},
	)
	return status


def fail(name: str, now: datetime) -> None:
	"""The run itself could not be started."""
	_update(name, {"status": "Failed", "finished_at": now})


def _replace_rows(
	run: str, doctype: str, table: str, fields: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> None:
	frappe.db.delete(doctype, {"parent": run})
	position = {"parent": run, "parenttype": "Billing Run", "parentfield": table}
	bulk_rows.insert(
		doctype,
		[
			bulk_rows.new_row({**position, "idx": index, **{field: row[field] for field in fields}})
			for index, row in enumerate(rows, start=1)
		],
	)


def _update(name: str, values: dict[str, Any]) -> None:
	frappe.db.set_value("Billing Run", name, values)


def stalled(before: datetime) -> list[str]:
	"""Unfinished runs that have shown no sign of life since ``before``: their worker was killed or their job lost."""
	return frappe.get_all(
		"Billing Run",
		filters={"status": ("in", UNFINISHED), "heartbeat": ("<", before)},
		pluck="name",
		order_by="as_of, name",
	)


def add_error(run: str, contract: str, failure: Row) -> None:
	"""Note why a contract was not billed; one open error per contract and run."""
	existing = frappe.db.get_value(
		"Billing Run Error", {"billing_run": run, "contract": contract, "status": "Open"}
	)
	if existing:
		frappe.db.set_value("Billing Run Error", existing, dict(failure))
		return
	frappe.get_doc(
		{"doctype": "Billing Run Error", "billing_run": run, "contract": contract, **failure}
	).insert(ignore_permissions=True)


def resolve_errors(contracts: Sequence[str]) -> None:
	"""Contracts were billed: what was wrong with them is over, in every run."""
	if not contracts:
		return
	is_open = {"contract": ("in", list(contracts)), "status": "Open"}
	concerned = frappe.get_all("Billing Run Error", filters=is_open, pluck="billing_run", distinct=True)
	if not concerned:
		return
	table = DocType("Billing Run Error")
	(
		frappe.qb.update(table)
		.set(table.status, "Resolved")
		.where(table.contract.isin(list(contracts)) & (table.status == "Open"))
		.run()
	)
	for run in sorted(concerned):
		_recount_errors(run)


def _recount_errors(run: str) -> None:
	left = errors_left(run)
	_update(run, {"errors": left})
	if not left and frappe.db.get_value("Billing Run", run, "status") == COMPLETED_WITH_ERRORS:
		_update(run, {"status": COMPLETED})


def errors_left(run: str) -> int:
	"""How many contracts of a run are still not billed."""
	return frappe.db.count("Billing Run Error", {"billing_run": run, "status": "Open"})


def contracts_with_errors(run: str) -> list[str]:
	"""The contracts that a retry of the run is about."""
	return frappe.get_all(
		"Billing Run Error",
		filters={"billing_run": run, "status": "Open"},
		pluck="contract",
		order_by="contract",
	)
