"""Which contracts share invoices on this site, and where a row of theirs belongs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import frappe

from billing_ext.core import grouping
from billing_ext.core.grouping import Unit
from billing_ext.core.invoicing import Row as DraftRow
from billing_ext.repositories.contract_rows import SUBMITTED, Row
from billing_ext.repositories.contracts import ContractRecord

ALONE = "One per Contract"
PER_ORDER = "One per PO"
SPLIT_FIELDS = {"Cost Center": "cost_center", "Delivery Address": "shipping_address"}
"""*Split by* and the field, of line and contract, that says where a row belongs."""
SLICE = 1000
"""Contracts that one query asks for."""

_SAME = (
	"company", "customer", "currency", "invoice_grouping", "invoice_split", "taxes_and_charges",
	"payment_terms_template", "customer_address", "contact_person", "language", "letter_head", "print_format",
	"invoice_action", "send_invoice",
)  # fmt: skip
"""What an invoice says once: contracts that differ here cannot be on the same."""

_SOMETIMES_SAME = ("shipping_address", "contact_email", "email_template", "po_no")


def key(header: Row) -> tuple[str, ...] | None:
	"""What contracts that share invoices have in common; None for a contract that has its own."""
	if (header["invoice_grouping"] or ALONE) == ALONE:
		return None
	fields = [*_SAME]
	if header["invoice_split"] != "Delivery Address":
		fields.append("shipping_address")
	if header["send_invoice"]:
		fields += ["contact_email", "email_template"]
	if header["invoice_grouping"] == PER_ORDER:
		fields.append("po_no")
	return tuple(str(header[field] or "") for field in fields)


def units(names: Sequence[str]) -> list[Unit]:
	"""The contracts ``names``, those together that share invoices, otherwise in their order."""
	keys = {}
	for index in range(0, len(names), SLICE):
		for row in _sharing({"name": ("in", names[index : index + SLICE])}):
			keys[row["name"]] = key(row)
	return grouping.units((name, keys.get(name)) for name in names)


def sharing_with(header: Row) -> list[str]:
	"""The other submitted contracts that the contract shares invoices with."""
	own = key(header)
	if own is None:
		return []
	others = _sharing(
		{"customer": header["customer"], "docstatus": SUBMITTED, "name": ("!=", header["name"])}
	)
	return [row["name"] for row in others if key(row) == own]


def _sharing(filters: dict[str, Any]) -> list[dict[str, Any]]:
	return frappe.get_all(
		"Billing Contract",
		filters={**filters, "invoice_grouping": ("!=", ALONE)},
		fields=["name", *_SAME, *_SOMETIMES_SAME],
		order_by="name",
	)


def place(record: ContractRecord, row: DraftRow) -> str:
	"""The cost centre or delivery address that a row is invoiced for; empty for a contract that is not split by either."""
	field = SPLIT_FIELDS.get(record.header.get("invoice_split") or "")
	if not field:
		return ""
	return record.lines[row.charges[0].line].get(field) or record.header.get(field) or ""
