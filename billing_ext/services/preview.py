"""What would be billed: for a contract of the site, with or without an amendment, or for one described as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import takewhile
from typing import Any

from billing_ext.core import conventions, grouping
from billing_ext.core.billing import Charge, billed_through
from billing_ext.core.contract import Contract
from billing_ext.core.derivation import derivation
from billing_ext.core.errors import DomainError
from billing_ext.core.invoicing import InvoiceDraft
from billing_ext.core.invoicing import Row as DraftRow
from billing_ext.core.metrics import mrr
from billing_ext.core.money import Currency
from billing_ext.core.simulation import Books, simulate, upcoming
from billing_ext.repositories import charges, contract_rows, contracts, invoice_groups
from billing_ext.repositories.contract_rows import Row
from billing_ext.repositories.contracts import ContractRecord
from billing_ext.repositories.money import currency, default_currency, is_currency
from billing_ext.services import invoice_text

LOOK_AHEAD = 36
"""Billing dates within which the first change by an amendment is looked for: three years of months."""
MAX_RUNS = 400
"""Run dates of one what-if: more than a year of days."""

CONTRACT_FIELDS = frozenset(
	"name currency start_date end_date billing_interval_count billing_interval price_period_count price_period "
	"timing alignment billing_day lead_days proration first_period correction_billing credit_handling "
	"undercharge_handling trial_end renewal notice_count notice_unit ramp_steps lines amendments".split()
)
LINE_FIELDS = frozenset(
	"name id item_code description line_type quantity uom price discount_percentage start_date end_date anchor_date "
	"billing_interval_count billing_interval timing price_period_count price_period free_until billed_through".split()
)
STEP_FIELDS = frozenset("line_no effective_date price quantity discount_percentage".split())
AMENDMENT_FIELDS = frozenset(
	"name amendment_type effective_date last_service_day unused_time resume_date extends_term renewal_months "
	"correction_billing entered_on sequence lines".split()
)
CHANGE_FIELDS = (
	LINE_FIELDS - {"quantity", "price", "discount_percentage", "start_date", "billed_through"}
) | frozenset(
	"change contract_line applies drop_later_steps last_service_day new_price new_quantity new_discount_percentage".split()
)


def of_contract(name: str, as_of: date) -> dict[str, Any]:
	"""What a run for ``as_of`` would bill for a contract of the site, and what that would cost under other conventions.

	``shares_with`` is how many other contracts are on the same invoices.
	"""
	record = contracts.record(name)
	contract = record.to_core()
	books = charges.books(name)
	drafts = books.run(contract, as_of)
	return {
		**_result(record, contract, [(as_of, drafts)]),
		"conventions": _conventions(contract, [drafts]),
		"shares_with": len(invoice_groups.sharing_with(record.header)),
	}


def of_amendment(amendment: Row, runs: int = 3) -> dict[str, Any]:
	"""What ``runs`` billing dates bring with an amendment that need not be saved, and without it.

	They are the next ones, or the first that the amendment changes if those come later, as with a renewal. Both sides end
	on the same day, so that a date which one of them lacks is a date without invoice.
	"""
	changed = contracts.record(amendment["contract"], instead=amendment)
	unchanged = changed.without_amendment(str(amendment["name"]))
	after, before = _next_runs(changed, LOOK_AHEAD), _next_runs(unchanged, LOOK_AHEAD)
	alike = sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], zip(after, before, strict=False)))
	first = alike if alike >= runs and alike < max(len(after), len(before)) else 0
	after, before = after[first : first + runs], before[first : first + runs]
	# A side with fewer dates has ended: nothing is missing from it.
	horizon = min((side[-1][0] for side in (after, before) if len(side) >= runs), default=date.max)
	after, before = ([run for run in side if run[0] <= horizon] for side in (after, before))
	amended = changed.to_core()
	return {
		"with_amendment": _result(changed, amended, after),
		"without_amendment": _result(unchanged, unchanged.to_core(), before),
		"conventions": _conventions(amended, [drafts for _day, drafts in after]),
	}


def _conventions(contract: Contract, runs: Sequence[Sequence[InvoiceDraft]]) -> list[dict[str, Any]]:
	"""The total of what ``runs`` make under each convention; ``own`` marks the contract's."""
	return [
		{"convention": convention.value, "total": str(total), "own": convention is contract.proration}
		for convention, total in conventions.compare(contract, runs).items()
	]


def _next_runs(record: ContractRecord, count: int) -> list[tuple[date, list[InvoiceDraft]]]:
	"""What is pending, without a date, and the next dates on which something is billed."""
	books = charges.books(str(record.header["name"]))
	return upcoming(record.to_core(), books, date.min, count)


def of_json(data: Mapping[str, Any], run_dates: Sequence[date]) -> dict[str, Any]:
	"""What runs on ``run_dates`` would bill for a contract that exists only as JSON.

	An amendment is known from its ``entered_on`` on, by default its effective date. Raises DomainError that names the
	field: ``unknown_field``, ``option``, ``number``, ``date`` and others.
	"""
	record_fields = _checked(data, CONTRACT_FIELDS, "contract")
	lines = _numbered(data.get("lines"), LINE_FIELDS, "line")
	amendments = _read_amendments(data.get("amendments"))
	if list(run_dates) != sorted(run_dates):
		raise DomainError("run_dates_order")
	steps = _numbered(data.get("ramp_steps"), STEP_FIELDS, "step")
	header = {**record_fields, "name": record_fields.get("name") or "preview", "ramp_steps": steps}
	unit = _currency(header)

	# Read whole once: what is wrong with an amendment is wrong before it takes effect, too.
	contract_rows.contract_from(header, lines, amendments, unit)

	def known_on(day: date) -> Contract:
		known = [amendment for amendment in amendments if _entered_on(amendment) <= day]
		return contract_rows.contract_from(header, lines, known, unit)

	books = Books()
	runs = list(simulate(((day, known_on(day)) for day in run_dates), books))
	final = contracts.record_of(header, lines, amendments)
	return _result(final, known_on(run_dates[-1]), runs, books)


def _currency(header: Row) -> Currency:
	code = str(header.get("currency") or default_currency())
	if not is_currency(code):
		raise DomainError("unknown_currency", currency=code)
	return currency(code)


def _read_amendments(rows: Any) -> list[dict[str, Any]]:
	amendments = _numbered(rows, AMENDMENT_FIELDS, "amendment")
	for index, amendment in enumerate(amendments, start=1):
		if amendment.get("sequence") is None:
			amendment["sequence"] = index
		prefix = amendment["name"]
		amendment["lines"] = _numbered(amendment.get("lines"), CHANGE_FIELDS, "change", f"{prefix}-")
	return amendments


def _entered_on(amendment: Row) -> date:
	entered = contract_rows.day(amendment, "entered_on") or contract_rows.day(amendment, "effective_date")
	return entered or contract_rows.required_day(amendment, "last_service_day")


def _numbered(rows: Any, allowed: frozenset[str], kind: str, prefix: str = "") -> list[dict[str, Any]]:
	"""Checked copies of ``rows``, each with a name of its own."""
	if rows is not None and not isinstance(rows, list):
		raise DomainError("not_a_list", where=kind)
	checked = []
	for index, row in enumerate(rows or (), start=1):
		values = _checked(row, allowed, kind)
		values["name"] = str(values.get("name") or values.get("id") or f"{prefix}{kind} {index}")
		values["idx"] = index
		checked.append(values)
	return checked


def _checked(row: Any, allowed: frozenset[str], where: str) -> dict[str, Any]:
	if not isinstance(row, Mapping):
		raise DomainError("not_an_object", where=where)
	for field in row:
		if field not in allowed:
			raise DomainError("unknown_field", where=where, field=field, allowed=", ".join(sorted(allowed)))
	return dict(row)


def _result(
	record: ContractRecord,
	contract: Contract,
	runs: Sequence[tuple[date, Sequence[InvoiceDraft]]],
	books: Books | None = None,
) -> dict[str, Any]:
	result: dict[str, Any] = {
		"currency": contract.currency.code,
		"decimals": contract.currency.digits,
		"runs": [
			{
				"run_date": None if day == date.min else day.isoformat(),
				"total": str(sum((draft.amount for draft in drafts), contract.currency.zero)),
				"documents": documents_to_json(drafts, record),
			}
			for day, drafts in runs
		],
	}
	if books is not None:
		day = max((run for run, _drafts in runs), default=date.min)
		result["mrr"] = str(contract.currency.round(mrr(contract, day)))
		result["lines"] = [_line_to_json(contract, line.id, books) for line in contract.lines]
	return result


def _line_to_json(contract: Contract, line_id: str, books: Books) -> dict[str, Any]:
	line = contract.line(line_id)
	through = billed_through(contract, line, books.ledger)
	return {
		"line": line.id,
		"start_date": line.start.isoformat(),
		"end_date": None if line.end is None else date.fromordinal(line.end.toordinal() - 1).isoformat(),
		"billed_through": through.isoformat() if through else None,
		"billed": str(
			sum(
				(entry.amount for entry in books.entries if entry.line == line_id and entry.counts),
				contract.currency.zero,
			)
		),
	}


def documents_to_json(drafts: Sequence[InvoiceDraft], record: ContractRecord) -> list[dict[str, Any]]:
	"""The documents that carry the drafts of a contract which is billed by itself."""
	made = grouping.documents(drafts, lambda _contract, row: invoice_groups.place(record, row))
	return [_document_to_json(part, record) for document in made for part in document.parts]


def _document_to_json(draft: InvoiceDraft, record: ContractRecord) -> dict[str, Any]:
	"""A draft as plain data: amounts as strings in the contract's currency without tax, dates ISO, last day included."""
	return {
		"kind": draft.kind.value,
		"against": draft.against,
		"amount": str(draft.amount),
		"rows": [_row_to_json(row, record) for row in draft.rows],
	}


def _row_to_json(row: DraftRow, record: ContractRecord) -> dict[str, Any]:
	first = row.charges[0]
	line = record.lines.get(first.line, {})
	return {
		"line": first.line,
		"item_code": line.get("item_code") or "",
		"description": str(line.get("description") or invoice_text.line_title(line) or first.line),
		"amount": str(row.amount),
		"service_start": first.service.start.isoformat(),
		"service_end": first.service.last_day.isoformat(),
		"charges": [charge_to_json(charge) for charge in row.charges],
	}


def charge_to_json(charge: Charge) -> dict[str, Any]:
	"""A charge with the derivation of its amount."""
	return {
		"line": charge.line,
		"kind": charge.kind.value,
		"period_start": charge.period.start.isoformat(),
		"period_end": charge.period.last_day.isoformat(),
		"service_start": charge.service.start.isoformat(),
		"service_end": charge.service.last_day.isoformat(),
		"amount": str(charge.amount),
		"sequence": charge.sequence,
		"key": charge.key,
		**derivation(charge),
	}
