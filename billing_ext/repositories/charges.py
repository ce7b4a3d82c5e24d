"""The ledger of charges: append-only but for its status and the documents it points to.

A charge counts as billed unless it was released. When an invoice is cancelled its charges are held, and still count, so
that nothing is billed again while somebody corrects the invoice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

import frappe
from frappe.query_builder import DocType

from billing_ext.core.billing import Charge, LedgerEntry
from billing_ext.core.derivation import derivation, segment_from_json
from billing_ext.core.invoicing import Carrier, InvoiceDraft
from billing_ext.core.lanes import Lane
from billing_ext.core.period import ONE_DAY, Period
from billing_ext.core.simulation import Books
from billing_ext.repositories import bulk_rows
from billing_ext.repositories.contract_rows import Row
from billing_ext.repositories.money import currency, to_decimal, to_float


class ChargeStatus(Enum):
	"""States of a ledger row."""

	DRAFT = "Draft"
	INVOICED = "Invoiced"
	HELD = "Held"
	RELEASED = "Released"
	FORGIVEN = "Forgiven"
	REBILL = "Re-bill"


DOCTYPE = "Billing Charge"
NOT_COUNTING = {ChargeStatus.RELEASED.value, ChargeStatus.FORGIVEN.value}
MANUAL_CREDIT = "Manual Credit"


@dataclass(frozen=True, slots=True)
class PostedRow:
	"""A row of a draft and the names of its charges in the ledger, the charge itself first, then what was deducted."""

	names: tuple[str, ...]
	amount: Decimal


@dataclass(frozen=True, slots=True)
class Posting:
	"""The lane by which a document is posted, and why it is not the bulk lane."""

	lane: Lane = Lane.STANDARD
	reason: str = ""


@dataclass(frozen=True, slots=True)
class Target:
	"""The document and its row that carry ledger rows, and what becomes of these."""

	names: tuple[str, ...]
	invoice: str
	row: str
	status: ChargeStatus


def rows_of(contract: str) -> list[dict[str, Any]]:
	"""All ledger rows of a contract, oldest first."""
	return _rows_of([contract])


def _rows_of(contracts: Sequence[str]) -> list[dict[str, Any]]:
	if not contracts:
		return []
	return frappe.get_all(
		DOCTYPE, filters={"contract": ("in", contracts)}, fields=["*"], order_by="sequence, creation, name"
	)


def books(contract: str) -> Books:
	"""The ledger of a contract and what its submitted invoices can still be credited for."""
	return books_of([contract])[contract]


def books_of(contracts: Sequence[str]) -> dict[str, Books]:
	"""The books of contracts, by contract; those of one that was never billed are empty."""
	found: dict[str, list[dict[str, Any]]] = {contract: [] for contract in contracts}
	for row in _rows_of(contracts):
		found[row["contract"]].append(row)
	return {contract: _books(rows) for contract, rows in found.items()}


def _books(rows: Sequence[dict[str, Any]]) -> Books:
	if not rows:
		return Books()
	unit = currency(rows[0]["currency"])
	for row in rows:
		row["amount"] = unit.round(to_decimal(row["amount"]))
	return Books(entries=[_entry(row) for row in rows], carriers=_carriers(rows))


@dataclass(frozen=True, slots=True)
class Billed:
	"""What counts as billed for a line, and the documents that say so, oldest first."""

	amount: Decimal
	documents: tuple[str, ...]


def billed_by_line(contract: str) -> dict[str, Billed]:
	"""What counts as billed, by line; lines for which nothing is billed, or all is credited, are not in it."""
	found: dict[str, Billed] = {}
	for row in rows_of(contract):
		if row["status"] in NOT_COUNTING:
			continue
		amount = currency(row["currency"]).round(to_decimal(row["amount"]))
		before = found.get(row["contract_line"], Billed(Decimal(0), ()))
		document = (row["sales_invoice"],) if row["sales_invoice"] else ()
		found[row["contract_line"]] = Billed(before.amount + amount, (*before.documents, *document))
	return {line: billed for line, billed in found.items() if billed.amount}


def _entry(row: Row) -> LedgerEntry:
	data = json.loads(row["derivation"] or "{}")
	return LedgerEntry(
		line=row["contract_line"],
		period=_period(row),
		amount=row["amount"],
		sequence=row["sequence"],
		segments=tuple(segment_from_json(segment) for segment in data.get("expected", ())),
		counts=row["status"] not in NOT_COUNTING,
	)


def _period(row: Row) -> Period:
	return Period(row["period_start"], row["period_end"] + ONE_DAY)


def _carriers(rows: Sequence[Row]) -> list[Carrier]:
	"""Charges on submitted invoices with what is left of their row: the row's net less all credits against it."""
	row_net: dict[str, Decimal] = {}
	credited: dict[str, Decimal] = {}
	for row in rows:
		amount = row["amount"]
		if row["corrects"]:
			if row["status"] != ChargeStatus.RELEASED.value:
				credited[row["corrects"]] = credited.get(row["corrects"], Decimal(0)) + amount
		elif row["status"] == ChargeStatus.INVOICED.value:
			row_net[row["sales_invoice_item"]] = row_net.get(row["sales_invoice_item"], Decimal(0)) + amount
	carrying = [
		row
		for row in rows
		if row["status"] == ChargeStatus.INVOICED.value and not row["corrects"] and row["amount"] > 0
	]
	return [
		Carrier(
			entry=row["name"],
			line=row["contract_line"],
			period=_period(row),
			invoice=row["sales_invoice"],
			remaining=row_net[row["sales_invoice_item"]] + credited.get(row["name"], Decimal(0)),
			service=Period(row["service_start"], row["service_end"] + ONE_DAY),
		)
		for row in sorted(carrying, key=lambda row: (row["creation"], row["sequence"], row["name"]))
	]


def drawn_up(
	draft: InvoiceDraft, header: Row, titles: Mapping[str, str], run: str | None, posting: Posting
) -> tuple[list[PostedRow], list[dict[str, Any]]]:
	"""The ledger rows of a draft, to be inserted by ``insert``, and which row of the draft each belongs to."""
	posted, ledger_rows = [], []
	for row in draft.rows:
		rows = [_ledger_row(charge, header, titles, run, posting, row.corrects) for charge in row.charges]
		posted.append(PostedRow(tuple(each["name"] for each in rows), row.amount))
		ledger_rows += rows
	return posted, ledger_rows


def insert(ledger_rows: Sequence[Row]) -> None:
	"""Write rows to the ledger, not yet pointing to a document.

	Links come from rows that were just read under a lock, so they are not looked up once more. Raises
	frappe.UniqueValidationError where another worker has billed one of them.
	"""
	bulk_rows.insert(DOCTYPE, ledger_rows)


def take_back(ledger_rows: Sequence[Row]) -> None:
	"""Delete rows that this transaction has inserted, and that nobody else has seen."""
	for row in ledger_rows:  # one by one: for many names the database may read, and lock, all rows
		frappe.db.delete(DOCTYPE, {"name": row["name"]})


def _ledger_row(
	charge: Charge, header: Row, titles: Mapping[str, str], run: str | None, posting: Posting, corrects: str
) -> dict[str, Any]:
	segment = charge.segment or (charge.expected[-1] if charge.expected else None)
	explanation = derivation(charge)
	return bulk_rows.new_row(
		{
			"contract": header["name"],
			"customer": header["customer"],
			"company": header["company"],
			"contract_line": charge.line,
			"line_title": titles.get(charge.line, charge.line),
			"kind": charge.kind.value,
			"status": ChargeStatus.DRAFT.value,
			"amount": to_float(charge.amount),
			"currency": header["currency"],
			"period_start": charge.period.start,
			"period_end": charge.period.last_day,
			"service_start": charge.service.start,
			"service_end": charge.service.last_day,
			"quantity": to_float(segment.terms.quantity) if segment else 0,
			"price": to_float(segment.terms.price) if segment else 0,
			"amendment": _amendment(charge),
			"corrects": corrects or None,
			"billing_run": run,
			"sequence": charge.sequence,
			"billing_key": charge.key,
			"formula": explanation["formula"],
			"derivation": json.dumps(explanation),
			"posting_lane": posting.lane.value,
			"posting_lane_reason": posting.reason or None,
		}
	)


def _amendment(charge: Charge) -> str | None:
	changed = [
		segment.amendment
		for segment in charge.expected
		if segment.amendment and segment.service.intersect(charge.service)
	]
	return changed[-1] if changed else None


def point_to(targets: Iterable[Target]) -> None:
	"""Tie ledger rows to the document rows that carry them."""
	bulk_rows.update(
		DOCTYPE,
		{
			name: {
				"sales_invoice": target.invoice,
				"sales_invoice_item": target.row,
				"status": target.status.value,
			}
			for target in targets
			for name in target.names
		},
	)


def lanes_of_run(run: str) -> list[tuple[str, str, int, str]]:
	"""How a run has made its documents: lane, why not in bulk, how many, and the details of one of them."""
	return frappe.db.sql(
		"""select posting_lane, substring_index(ifnull(posting_lane_reason, ''), ': ', 1) as reason,
			count(distinct sales_invoice) as documents,
			max(if(locate(': ', posting_lane_reason), substring(posting_lane_reason, locate(': ', posting_lane_reason) + 2), ''))
		from `tabBilling Charge`
		where billing_run = %s and ifnull(posting_lane, '') != '' and ifnull(sales_invoice, '') != ''
		group by posting_lane, reason order by posting_lane, documents desc, reason""",
		run,
	)


def on_invoice(invoice: str) -> list[dict[str, Any]]:
	"""Ledger rows that a document carries, the charge of a row before what was deducted from it."""
	return frappe.get_all(
		"Billing Charge", filters={"sales_invoice": invoice}, fields=["*"], order_by="corrects, amount desc"
	)


def contracts_of(rows: Iterable[Row]) -> list[str]:
	"""The contracts that ledger rows belong to, in the order in which they are locked."""
	return sorted({row["contract"] for row in rows})


def set_status(names: Sequence[str], status: ChargeStatus, *, detach: bool = False) -> None:
	"""Change the state of ledger rows; ``detach`` also drops the link to a document that is about to be deleted."""
	if not names:
		return
	table = DocType("Billing Charge")
	query = frappe.qb.update(table).set(table.status, status.value).where(table.name.isin(list(names)))
	if detach:
		query = query.set(table.sales_invoice, None).set(table.sales_invoice_item, None)
	query.run()


def release_held(invoice: str) -> int:
	"""Release the held charges of a cancelled invoice, whatever others do at the same time; how many they were."""
	table = DocType("Billing Charge")
	held = (table.sales_invoice == invoice) & (table.status == ChargeStatus.HELD.value)
	names = frappe.qb.from_(table).select(table.name).where(held).for_update().run(pluck=True)
	set_status(names, ChargeStatus.RELEASED)
	return len(names)


def append_manual_credit(carrier: Row, amount: Decimal, invoice: str, row: str) -> str:
	"""Record a credit note that a user made by hand against a charge; forgiven until somebody says otherwise."""
	newest = frappe.get_all(
		"Billing Charge",
		filters={"contract_line": carrier["contract_line"], "period_start": carrier["period_start"]},
		pluck="sequence",
		order_by="sequence desc",
		limit=1,
	)
	sequence = (newest[0] if newest else 0) + 1
	copied = (
		"contract", "customer", "company", "contract_line", "line_title", "currency", "period_start",
		"period_end", "service_start", "service_end", "derivation", "quantity", "price",
	)  # fmt: skip
	credit = bulk_rows.new_row(
		{field: carrier[field] for field in copied}
		| {
			"kind": MANUAL_CREDIT,
			"status": ChargeStatus.FORGIVEN.value,
			"amount": to_float(amount),
			"formula": str(amount),
			"corrects": carrier["name"],
			"sales_invoice": invoice,
			"sales_invoice_item": row,
			"sequence": sequence,
			"billing_key": f"{carrier['contract_line']}|{carrier['period_start'].isoformat()}|{sequence}",
		}
	)
	insert([credit])
	return credit["name"]


def counting(contract: str) -> int:
	"""How many ledger rows of a contract still count as billed."""
	return frappe.db.count("Billing Charge", {"contract": contract, "status": ("not in", list(NOT_COUNTING))})


def carrier_rows(invoice: str) -> dict[str, dict[str, Any]]:
	"""The charges that a submitted invoice carries, by invoice row."""
	return {
		row["sales_invoice_item"]: row
		for row in on_invoice(invoice)
		if not row["corrects"] and row["amount"] > 0
	}
