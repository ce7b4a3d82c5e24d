"""Contracts from another system: their number there is theirs alone, and their import can be undone until it is billed."""

from __future__ import annotations

from typing import Any

import frappe

from billing_ext.core.errors import DomainError
from billing_ext.repositories import contract_imports, contracts
from billing_ext.services.messages import message_of

AT_ONCE = 50
"""Contracts that one request deletes; the desk asks again until none is left."""


def check_external_id(doc: Any) -> None:
	"""Raise DomainError ``external_id_taken`` if a live contract of the company has the number already."""
	if not doc.external_id:
		return
	doc.external_id = doc.external_id.strip()
	other = contract_imports.with_external_id(doc.external_id, doc.company, doc.name or "")
	if other:
		raise DomainError("external_id_taken", external_id=doc.external_id, contract=other)


def undo(data_import: str, start: int = 0) -> dict[str, Any]:
	"""Cancel and delete the contracts of a Data Import, ``AT_ONCE`` of them; those that were billed stay.

	``start`` is how many of them earlier calls have refused. Returns how many contracts were ``deleted``, those that were
	``kept`` with the reason, and whether to ask for ``more``. The last call deletes nothing but lets the Data Import be
	started again: its log knows no transactions, so it is cleared only when what it names is gone for good. Raises
	DomainError ``import_without_contracts``.
	"""
	imported = contract_imports.load(data_import)
	if not imported.inserts_contracts:
		raise DomainError("import_without_contracts", data_import=data_import)
	part = imported.contracts[start : start + AT_ONCE]
	if not part:
		contract_imports.forget(data_import, imported.contracts)
	kept = [{"contract": name, "reason": reason} for name in part if (reason := _delete(name))]
	return {"deleted": len(part) - len(kept), "kept": kept, "more": bool(part)}


def _delete(name: str) -> str:
	"""Why the contract stays; empty if it is deleted."""
	contracts.lock([name])
	if contract_imports.is_charged(name):
		return str(message_of(DomainError("import_billed", contract=name)))
	try:
		contract_imports.delete_contract(name)
	except (frappe.ValidationError, frappe.PermissionError) as error:
		frappe.clear_last_message()
		return frappe.utils.strip_html(str(error)) or type(error).__name__
	return ""
