"""Which object here is which object there. Two unique keys: one mapping per object on either side."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import frappe

from billing_ext.repositories import clock
from billing_ext.repositories.contract_rows import Row

DOCTYPE = "Tripletex Mapping"


class Kind(str, Enum):
	"""What a mapping ties. Values are what it stores."""

	CUSTOMER = "Customer"
	PRODUCT = "Product"
	INVOICE = "Invoice"
	PAYMENT = "Payment"
	VOUCHER = "Voucher"


@dataclass(frozen=True, slots=True)
class Mapping:
	"""A tie: ``local_key`` is a document's name or a posting class, ``id`` Tripletex's."""

	company: str
	kind: Kind
	local_key: str
	id: int
	number: str = ""
	voucher_id: str = ""
	order_id: str = ""
	strategy: str = ""
	content_hash: str = ""
	remote_hash: str = ""
	reference_doctype: str | None = None
	reference_name: str | None = None


_FIELDS = [
	"company", "kind", "local_key", "tripletex_id", "number", "voucher_id", "order_id", "strategy", "content_hash",
	"remote_hash", "reference_doctype", "reference_name",
]  # fmt: skip


def find(company: str, kind: Kind, local_key: str) -> Mapping | None:
	"""The mapping of an object here."""
	row = frappe.db.get_value(DOCTYPE, {"mapping_key": _key(company, kind, local_key)}, _FIELDS, as_dict=True)
	return _mapping(row) if row else None


def find_remote(company: str, kind: Kind, remote_id: int) -> Mapping | None:
	"""The mapping of an object there."""
	row = frappe.db.get_value(DOCTYPE, {"remote_key": _key(company, kind, remote_id)}, _FIELDS, as_dict=True)
	return _mapping(row) if row else None


def all_of(company: str, kind: Kind) -> list[Mapping]:
	"""All mappings of a kind."""
	rows = frappe.get_all(DOCTYPE, filters={"company": company, "kind": kind.value}, fields=_FIELDS)
	return [_mapping(row) for row in rows]


def save(mapping: Mapping) -> None:
	"""Write a mapping, or bring the one there is up to date. Raises UniqueValidationError if the remote object is taken."""
	values = {
		"number": mapping.number,
		"voucher_id": mapping.voucher_id,
		"order_id": mapping.order_id,
		"strategy": mapping.strategy,
		"content_hash": mapping.content_hash,
		"remote_hash": mapping.remote_hash,
		"synced_at": clock.now(),
		"tripletex_id": str(mapping.id),
		"remote_key": _key(mapping.company, mapping.kind, mapping.id),
	}
	key = _key(mapping.company, mapping.kind, mapping.local_key)
	name = frappe.db.get_value(DOCTYPE, {"mapping_key": key})
	if name:
		frappe.db.set_value(DOCTYPE, name, values)
		return
	frappe.get_doc(
		{
			"doctype": DOCTYPE,
			"company": mapping.company,
			"kind": mapping.kind.value,
			"local_key": mapping.local_key,
			"reference_doctype": mapping.reference_doctype,
			"reference_name": mapping.reference_name,
			"mapping_key": key,
			**values,
		}
	).insert(ignore_permissions=True)


def invoices_by_remote_id(company: str) -> dict[int, str]:
	"""Tripletex's invoice id -> Sales Invoice, for all that were booked."""
	rows = frappe.get_all(
		DOCTYPE,
		filters={"company": company, "kind": Kind.INVOICE.value},
		fields=["tripletex_id", "local_key"],
	)
	return {int(row.tripletex_id): row.local_key for row in rows}


def _mapping(row: Row) -> Mapping:
	return Mapping(
		company=row["company"],
		kind=Kind(row["kind"]),
		local_key=row["local_key"],
		id=int(row["tripletex_id"]),
		number=row["number"] or "",
		voucher_id=row["voucher_id"] or "",
		order_id=row["order_id"] or "",
		strategy=row["strategy"] or "",
		content_hash=row["content_hash"] or "",
		remote_hash=row["remote_hash"] or "",
		reference_doctype=row["reference_doctype"],
		reference_name=row["reference_name"],
	)


def _key(company: str, kind: Kind, key: str | int) -> str:
	return f"{company}|{kind.value}|{key}"
