"""Both lanes side by side: the same invoices made each way, read row by row, and undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, TypeVar

import frappe
from rq.timeouts import JobTimeoutException

from billing_ext.core.lanes import Reason
from billing_ext.repositories import invoices
from billing_ext.repositories.posting_lanes.facts import CHILDREN, GL, INVOICE, PLE
from billing_ext.repositories.posting_lanes.figures import comparable
from billing_ext.repositories.posting_lanes.lane import BulkLane, Order, SentBack
from billing_ext.repositories.posting_lanes.recording import LOST, quiet, undone

T = TypeVar("T")
Rows = dict[str, list[dict[str, Any]]]
_TABLES = {
	INVOICE: "name",
	**dict.fromkeys(CHILDREN.values(), "parent"),
	GL: "voucher_no",
	PLE: "voucher_no",
	"Version": "docname",
}
_MOMENTS = frozenset(("creation", "modified", "posting_time"))
_NAMES = frozenset(("name", "parent", "voucher_no", "against_voucher", "against_voucher_no"))


class Finding(Enum):
	"""What the comparison of one invoice has shown."""

	EQUAL = "equal"
	DIFFERENT = "different"
	SENT_BACK = "sent back"
	REFUSED = "refused"
	"""ERPNext refuses it, so there is nothing to compare with."""


@dataclass(frozen=True, slots=True)
class Compared:
	"""The finding for one invoice; ``detail`` is the difference, the reason of the bulk lane or ERPNext's words."""

	finding: Finding
	detail: str = ""


def compare(orders: Sequence[Order], lane: BulkLane) -> list[Compared]:
	"""As ``made_both_ways``, without what could not be undone: no hook, notification, webhook or script is run.

	One that ERPNext makes differently only because it is the first, of an item for example, is made once before.
	"""
	with quiet():
		found = made_both_ways(orders, lane)
		first = [index for index, each in enumerate(found) if each.detail == Reason.FIRST_OF_ITS_KIND.value]
		again = _undone(lambda: _after_the_first([orders[index] for index in first], lane))
	for index, compared in zip(first, again, strict=True):
		found[index] = compared
	return found


def _after_the_first(orders: Sequence[Order], lane: BulkLane) -> list[Compared]:
	for order in orders:
		_standard(order)
	return made_both_ways(orders, lane)


def made_both_ways(orders: Sequence[Order], lane: BulkLane) -> list[Compared]:
	"""Make each invoice by both lanes in the caller's transaction and undo it; what came of it, in order.

	Both lanes draw the same numbers. Raises deadlocks and lock timeouts.
	"""
	standard = [_undone(partial(_standard, order)) for order in orders]
	bulk = _undone(lambda: [_rows_or_reason(made) for made in lane.create_many(orders)])
	return [_compared(one, other) for one, other in zip(standard, bulk, strict=True)]


def _undone(work: Callable[[], T]) -> T:
	try:
		with undone():
			return work()
	finally:
		frappe.local.cache.pop("party_gle_currency", None)


def _standard(order: Order) -> Rows | Exception:
	try:
		return stored_rows(invoices.create(order.header, order.rows).name)
	except (*LOST, JobTimeoutException):
		raise
	except Exception as error:  # noqa: BLE001 - whatever bars one invoice is a finding
		return error


def _rows_or_reason(made: Any) -> Rows | SentBack:
	return made if isinstance(made, SentBack) else stored_rows(made.name)


def _compared(standard: Rows | Exception, bulk: Rows | SentBack) -> Compared:
	if isinstance(bulk, SentBack):
		if isinstance(standard, Exception):
			return Compared(Finding.REFUSED, str(standard))
		return Compared(Finding.SENT_BACK, bulk.reasons[0].value)
	if isinstance(standard, Exception):
		return Compared(Finding.DIFFERENT, str(standard))
	found = differences(standard, bulk)
	return Compared(Finding.DIFFERENT, "; ".join(found)) if found else Compared(Finding.EQUAL)


def stored_rows(invoice: str) -> Rows:
	"""All rows of an invoice in a form in which equal means the same: without names and moments of its own."""
	return {table: _stored(table, field, invoice) for table, field in _TABLES.items()}


def _stored(table: str, field: str, invoice: str) -> list[dict[str, Any]]:
	query = f"select * from `tab{table}` where `{field}` = %s"  # noqa: S608 - names from this file
	rows = frappe.db.sql(query, invoice, as_dict=True)
	names = {row["name"] for row in rows} | {invoice}
	cleaned = [without_names(row, names) for row in rows]
	if table in (GL, PLE):
		return sorted(cleaned, key=repr)
	return sorted(cleaned, key=lambda row: row["idx"])


def without_names(row: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
	"""A row's values, comparable with those of another invoice, whose ``names`` and moments differ."""
	return {
		column: "own" if column in _NAMES and value in names else comparable(value)
		for column, value in row.items()
		if column not in _MOMENTS
	}


def differences(one: Rows, other: Rows) -> list[str]:
	"""Where two invoices differ: table, column and both values."""
	found = []
	for table, rows in one.items():
		if len(rows) != len(other[table]):
			found.append(f"{table}: {len(rows)} / {len(other[table])}")
			continue
		for row, own in zip(rows, other[table], strict=True):
			found += [
				f"{table}.{column}: {value} / {own.get(column)}"
				for column, value in row.items()
				if value != own.get(column)
			]
	return found
