"""Calls of the desk about billing runs and the outbox."""

from __future__ import annotations

import frappe

from billing_ext.core.errors import DomainError
from billing_ext.services import billing_run, sending
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


@frappe.whitelist(methods=["POST"])
def retry_errors(run: str) -> int:
	"""Bill the contracts that failed in a run once more; how many they are. Needs write permission on the run."""
	frappe.get_doc("Billing Run", run).check_permission("write")
	return billing_run.retry(run)


@frappe.whitelist(methods=["POST"])
def retry_message(message: str) -> None:
	"""Send a given-up e-mail again. Needs read permission on the message and write permission on Sales Invoice."""
	frappe.get_doc("Billing Outbox Message", message).check_permission("read")
	frappe.has_permission("Sales Invoice", "write", throw=True)
	sending.retry(message)
