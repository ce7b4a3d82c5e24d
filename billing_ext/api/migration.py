"""Calls of the desk about contracts that come from another system."""

from __future__ import annotations

from typing import Any

import frappe

from billing_ext.core.errors import DomainError
from billing_ext.services import contract_import, parallel_run
from billing_ext.services.messages import throw


@frappe.whitelist(methods=["GET"])
def parallel_run_template() -> None:
	"""Download an empty file for a parallel run. Needs read permission on Billing Parallel Run."""
	frappe.has_permission("Billing Parallel Run", "read", throw=True)
	frappe.response.update(
		{
			"type": "download",
			"filename": "parallel_run.csv",
			# The mark makes spreadsheets read it as UTF-8.
			"filecontent": parallel_run.template().encode("utf-8-sig"),
			"content_type": "text/csv",
		}
	)


@frappe.whitelist(methods=["POST"])
def compare(parallel_run_name: str) -> None:
	"""Make or repeat a comparison in the background. Needs write permission on the parallel run."""
	frappe.get_doc("Billing Parallel Run", parallel_run_name).check_permission("write")
	try:
		parallel_run.start(parallel_run_name)
	except DomainError as error:
		throw(error)


@frappe.whitelist(methods=["POST"])
def undo_import(data_import: str, start: int = 0) -> dict[str, Any]:
	"""Cancel and delete contracts of a Data Import that were not billed yet.

	Needs write permission on the Data Import, and to cancel and delete Billing Contracts.
	"""
	frappe.get_doc("Data Import", data_import).check_permission("write")
	for right in ("cancel", "delete"):
		frappe.has_permission("Billing Contract", right, throw=True)
	try:
		return contract_import.undo(data_import, int(start))
	except DomainError as error:
		throw(error)
