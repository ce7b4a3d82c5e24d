"""Calls of the desk about billing runs and the outbox."""

from __future__ import annotations

from typing import Any

import frappe

from billing_ext.core.errors import DomainError
from billing_ext.services import billing_run, bulk_posting, run_progress, sending
from billing_ext.services.messages import throw


@frappe.whitelist(methods=["POST"])
def start_run(run: str) -> None:
	"""Queue a run, or queue it anew: what it has billed stays billed. Needs write permission on it."""
	doc = frappe.get_doc("Billing Run", run)
	doc.check_permission("write")
	try:
		billing_run.check_date(doc.as_of)
	except DomainError as error:
		throw(error)
	billing_run.enqueue_dispatch(run)


@frappe.whitelist(methods=["GET"])
def progress(run: str) -> dict[str, Any]:
	"""How far a run is; see services.run_progress. Needs read permission on it."""
	frappe.get_doc("Billing Run", run).check_permission("read")
	return run_progress.progress(run)


@frappe.whitelist(methods=["GET"])
def messages(run: str) -> dict[str, dict[str, int]]:
	"""How many of a run's documents are to be e-mailed and booked, by outbox and status. Needs read permission on it."""
	frappe.get_doc("Billing Run", run).check_permission("read")
	return run_progress.messages(run)


@frappe.whitelist(methods=["POST"])
def retry_errors(run: str) -> int:
	"""Bill the contracts that failed in a run once more; how many they are. Needs write permission on the run."""
	frappe.get_doc("Billing Run", run).check_permission("write")
	return billing_run.retry(run)


@frappe.whitelist(methods=["POST"])
def compare_lanes() -> str:
	"""Make some invoices one by one and in bulk, undo them, and note in Billing Settings whether they were the same.

	The findings in words. Needs write permission on Billing Settings.
	"""
	frappe.has_permission("Billing Settings", "write", throw=True)
	return bulk_posting.compare_lanes().report


@frappe.whitelist(methods=["POST"])
def retry_message(message: str) -> None:
	"""Send a given-up e-mail again. Needs read permission on the message and write permission on Sales Invoice."""
	frappe.get_doc("Billing Outbox Message", message).check_permission("read")
	frappe.has_permission("Sales Invoice", "write", throw=True)
	sending.retry(message)
