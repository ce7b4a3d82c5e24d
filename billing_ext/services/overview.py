"""What a contract's form shows beside its fields: the history of its terms, and past and coming invoices."""

from __future__ import annotations

from datetime import date
from typing import Any

from frappe import _
from frappe.utils import formatdate

from billing_ext.core.billing import billed_through
from billing_ext.core.contract import Contract, ContractLine
from billing_ext.core.metrics import line_mrr
from billing_ext.core.period import ONE_DAY, Interval, Period
from billing_ext.core.simulation import upcoming
from billing_ext.repositories import charges, clock, contracts, invoices
from billing_ext.repositories.contracts import ContractRecord
from billing_ext.services import contract_state, invoice_text, milestones, preview, time_billing

COMING = 12
"""Billing dates that the schedule looks ahead."""
STATE = (
	"status", "next_billing_date", "service_end", "mrr", "billing_error", "term_end", "last_cancellation_day",
	"renewal_declined", "reminded_for",
)  # fmt: skip
"""Fields of the contract that billing changes behind an open form."""


def of_contract(name: str) -> dict[str, Any]:
	"""Timeline of terms, documents so far, the next twelve billing dates and ledger rows that need a decision."""
	record = contracts.record(name)
	contract = record.to_core()
	books = charges.books(name)
	today = clock.today()
	lines = [_line(contract, line, record, today, books.ledger) for line in _agreed(contract, record)]
	coming = [
		{
			"date": day.isoformat(),
			"amount": str(sum((draft.amount for draft in drafts), contract.currency.zero)),
			"documents": preview.documents_to_json(drafts, record),
		}
		for day, drafts in upcoming(contract, books, today, COMING)
	]
	billed = charges.billed_by_line(name)
	return {
		"currency": contract.currency.code,
		"today": today.isoformat(),
		"state": {field: record.header[field] for field in STATE}
		| {"mrr": str(contract_state.mrr_of(contract, today))},
		"lines": lines,
		"invoices": invoices.of_contract(name),
		"coming": coming,
		"undecided": _undecided(name),
		"milestones": milestones.overview(record.header, record.own_lines, billed),
		"time": time_billing.overview(record.header, record.own_lines, billed),
	}


def _agreed(contract: Contract, record: ContractRecord) -> list[ContractLine]:
	"""The lines that were signed: without milestones and hours, which are shown on their own and cannot be amended."""
	return [line for line in contract.lines if not record.lines[line.id].get("origin")]


def lines_of(name: str, on: date | None) -> list[dict[str, Any]]:
	"""The lines an amendment can be about, with their terms on ``on``."""
	record = contracts.record(name)
	contract = record.to_core()
	day = on or clock.today()
	return [
		{
			"value": line.id,
			"label": invoice_text.line_title(record.lines[line.id]),
			"description": _running(line),
			"price": str(line.revision_on(day).terms.price),
			"quantity": str(line.revision_on(day).terms.quantity),
			"discount_percentage": str(line.revision_on(day).terms.discount),
			"ended": line.end is not None and line.end <= day,
		}
		for line in _agreed(contract, record)
	]


def _line(
	contract: Contract, line: ContractLine, record: ContractRecord, today: date, ledger: Any
) -> dict[str, Any]:
	through = billed_through(contract, line, ledger)
	return {
		"line": line.id,
		"title": invoice_text.line_title(record.lines[line.id]),
		"start": line.start.isoformat(),
		"last_day": None if line.end is None else (line.end - ONE_DAY).isoformat(),
		"ended_by": line.ended_by,
		"replaces": line.replaces,
		"one_off": line.one_off,
		"renews": line.follows_term and contract.renews and not contract.renewal_declined,
		"credit": line.credit,
		"unbilled": [_unbilled(kind, part) for kind, parts in _exceptions(line) for part in parts],
		"price_period": _interval(line.price_period),
		"billed_through": through.isoformat() if through else None,
		"mrr": str(contract.currency.round(line_mrr(line, today))),
		"terms": [
			{
				"effective": revision.effective.isoformat(),
				"price": str(revision.terms.price),
				"quantity": str(revision.terms.quantity),
				"discount": str(revision.terms.discount),
				"amendment": revision.amendment,
			}
			for revision in line.history
		],
	}


def _exceptions(line: ContractLine) -> tuple[tuple[str, tuple[Period, ...]], ...]:
	return ("Free", line.free), ("Paused", line.pauses)


def _unbilled(kind: str, days: Period) -> dict[str, Any]:
	"""Days that are not charged, with the last one included; an open pause has none."""
	open_ended = days.end == date.max
	return {
		"kind": kind,
		"start": days.start.isoformat(),
		"last_day": None if open_ended else days.last_day.isoformat(),
	}


def _interval(interval: Interval | None) -> dict[str, Any] | None:
	return None if interval is None else {"count": interval.count, "unit": interval.unit.value}


def _running(line: ContractLine) -> str:
	if line.end is None:
		return _("from {0}").format(formatdate(line.start))
	return f"{formatdate(line.start)} – {formatdate(line.end - ONE_DAY)}"


def _undecided(contract: str) -> list[dict[str, Any]]:
	"""Charges of cancelled invoices and credit notes made by hand."""
	waiting = ("Held", "Forgiven", "Re-bill")
	fields = (
		"name",
		"kind",
		"status",
		"line_title",
		"amount",
		"sales_invoice",
		"service_start",
		"service_end",
	)
	return [
		{field: row[field] for field in fields}
		for row in charges.rows_of(contract)
		if row["status"] in waiting
	]
