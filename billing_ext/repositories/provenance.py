"""What a program that makes an invoice knows of it, so that our hooks on Sales Invoice need not ask the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from billing_ext.repositories import time_entries
from billing_ext.repositories.contract_rows import Row

if TYPE_CHECKING:
	from billing_ext.repositories.invoice_values import InvoiceRow


@dataclass(frozen=True, slots=True)
class Provenance:
	"""``contract`` is the first of those that the invoice bills, as read under its lock."""

	contract: Row
	carries_hours: bool


def mark(invoice: Any, rows: Sequence[InvoiceRow]) -> None:
	"""Note on a document in memory that it is ours, and what its rows are."""
	invoice.flags.billing_ext_posting = Provenance(rows[0].contract, carries_hours(rows))


def carries_hours(rows: Sequence[InvoiceRow]) -> bool:
	"""Are hours of Timesheets among the rows?"""
	return any(row.line.get("origin") == time_entries.ORIGIN for row in rows)


def of(invoice: Any) -> Provenance | None:
	"""What is known of an invoice; None of one that a person submits."""
	return invoice.flags.billing_ext_posting
