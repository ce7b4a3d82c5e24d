"""Contracts that came from another system by Frappe's Data Import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import frappe
from frappe.query_builder import DocType

from billing_ext.repositories import runs
from billing_ext.repositories.contract_rows import CANCELLED, SUBMITTED

LOG = "Data Import Log"


def with_external_id(external_id: str, company: str, besides: str) -> str | None:
	"""A contract of the company, draft or submitted, that has the number; ``besides`` is not looked at."""
	filters = {
		"external_id": external_id,
		"company": company,
		"name": ("!=", besides),
		"docstatus": ("!=", CANCELLED),
	}
	return frappe.db.get_value("Billing Contract", filters)


@dataclass(frozen=True, slots=True)
class ContractImport:
	"""A Data Import: whether it inserted contracts, and their names in the order of the file."""

	inserts_contracts: bool
	contracts: tuple[str, ...]


def load(name: str) -> ContractImport:
	"""A Data Import and those of its contracts that still exist. Raises frappe.DoesNotExistError."""
	doc = frappe.get_doc("Data Import", name)
	inserts = doc.reference_doctype == "Billing Contract" and doc.import_type == "Insert New Records"
	logged = frappe.get_all(
		LOG, filters={"data_import": name, "success": 1}, pluck="docname", order_by="log_index"
	)
	existing = set(frappe.get_all("Billing Contract", filters={"name": ("in", logged)}, pluck="name"))
	return ContractImport(inserts, tuple(contract for contract in logged if contract in existing))


def is_charged(contract: str) -> bool:
	"""Has the contract ever been billed? Sees what another worker has just committed."""
	charge = DocType("Billing Charge")
	found = (
		frappe.qb.from_(charge).select(charge.name).where(charge.contract == contract).limit(1).for_update()
	)
	return bool(found.run())


def delete_contract(name: str) -> None:
	"""Cancel and delete a contract with its amendments and the notes that runs made about it.

	Checks the user's permissions; raises what Frappe raises where another document names the contract. Writes nothing
	then.
	"""
	savepoint = "delete_contract"
	frappe.db.savepoint(savepoint)
	try:
		_delete(name)
	except Exception:
		frappe.db.rollback(save_point=savepoint)
		raise


def _delete(name: str) -> None:
	amendments = frappe.get_all(
		"Billing Amendment", filters={"contract": name}, pluck="name", order_by="sequence desc, creation desc"
	)
	for amendment in amendments:
		_cancel_and_delete("Billing Amendment", amendment)
	runs.resolve_errors([name])
	frappe.db.delete("Billing Run Error", {"contract": name})
	_cancel_and_delete("Billing Contract", name)


def _cancel_and_delete(doctype: str, name: str) -> None:
	doc = frappe.get_doc(doctype, name)
	if doc.docstatus == SUBMITTED:
		doc.cancel()
	doc.delete()


def forget(data_import: str, kept: Sequence[str]) -> None:
	"""Let a Data Import be started again for all rows whose contracts are not ``kept``. Not undone by a rollback."""
	frappe.db.delete(LOG, {"data_import": data_import, "docname": ("not in", [*kept, ""])})
	frappe.db.delete(LOG, {"data_import": data_import, "success": 0})
	frappe.db.set_value("Data Import", data_import, "status", "Partial Success" if kept else "Pending")
