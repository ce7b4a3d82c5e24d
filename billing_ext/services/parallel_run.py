"""Parallel runs: what would have been billed here, beside what another system has billed, line by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import frappe
from frappe import _

from billing_ext.core import parallel_run as core
from billing_ext.core.billed_elsewhere import COLUMNS, BilledFile, BilledRow, read
from billing_ext.core.errors import DomainError
from billing_ext.core.parallel_run import Agreement, Comparison, Hint
from billing_ext.core.period import Period, add_months
from billing_ext.repositories import contract_rows, contracts, jobs, parallel_runs, session
from billing_ext.repositories.contract_rows import Row
from billing_ext.repositories.contracts import ContractRecord
from billing_ext.repositories.parallel_runs import ParallelRun, ResultRow
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services import invoice_text
from billing_ext.services.messages import message_of

COMPARE = "billing_ext.services.parallel_run.compare"
MAX_MONTHS_AHEAD = 36
"""Months after the days compared for which charges are still computed, where the other system has billed so far ahead."""
TELL_EVERY = 20
"""Contracts between two signs of progress."""


def prepare(doc: Any) -> None:
	"""Check a parallel run that is about to be saved; results of other questions are dropped.

	Raises DomainError ``parallel_run_dates``.
	"""
	values = doc.as_dict()
	first, last = (contract_rows.required_day(values, field) for field in ("from_date", "to_date"))
	if last < first:
		raise DomainError("parallel_run_dates")
	if any(doc.has_value_changed(field) for field in parallel_runs.INPUTS):
		parallel_runs.forget_results(doc)


def template() -> str:
	"""An empty file with the columns that ``compare`` reads, separated as spreadsheets of this site's country expect."""
	file = io.StringIO()
	csv.writer(file, delimiter=parallel_runs.delimiter()).writerow(COLUMNS)
	return file.getvalue()


def start(name: str) -> None:
	"""Have the comparison made once this request is committed. Raises DomainError ``parallel_run_no_file``."""
	if not parallel_runs.load(name).file:
		raise DomainError("parallel_run_no_file")
	parallel_runs.mark_queued(name)
	jobs.enqueue(COMPARE, job_id=f"billing-parallel-run|{name}", name=name)


def compare(name: str) -> None:
	"""Compare, as the user who asked for it, and replace what was stored before. A job."""
	run = in_transaction(lambda: parallel_runs.load(name))
	session.act_as(run.user)
	try:
		in_transaction(lambda: _compare(name, run))
	except Exception as error:
		reason = str(error)
		in_transaction(lambda: parallel_runs.fail(name, reason))
		raise
	finally:
		jobs.tell(parallel_runs.DOCTYPE, name, "billing_parallel_run_progress", {"finished": True})


def _compare(name: str, run: ParallelRun) -> None:
	text = parallel_runs.text_of(run.file)
	missing = BilledFile(problems=(DomainError("parallel_run_no_file"),))
	file = missing if text is None else read(text)
	if file.problems:
		parallel_runs.refuse(name, [_shown(problem) for problem in file.problems])
		return
	known, problems = _known(name, run, file.rows)
	agreements = [entry.agreement for entry in known.values()]
	found = core.compare(agreements, file.rows, run.days, run.tolerance)
	parallel_runs.store(name, len(known), [_result(entry, known, run) for entry in found], problems)


@dataclass(frozen=True, slots=True)
class _Known:
	"""A contract in the comparison, with what only its readers need."""

	agreement: Agreement
	customer: str
	titles: Mapping[str, str]


def _known(
	name: str, run: ParallelRun, theirs: Sequence[BilledRow]
) -> tuple[dict[str, _Known], list[dict[str, str]]]:
	"""The contracts in the comparison by name, and what is wrong with those that cannot be billed."""
	headers = parallel_runs.contracts_of(run.company)
	billed_to: dict[str, date] = {}
	for row in theirs:
		key = row.contract.casefold()
		billed_to[key] = max(billed_to.get(key, row.service.end), row.service.end)
	known: dict[str, _Known] = {}
	problems: list[dict[str, str]] = []
	for done, header in enumerate(headers, start=1):
		try:
			known[header["name"]] = _known_contract(header, billed_to, run.days)
		except DomainError as problem:
			problems.append(_shown(problem, header["name"]))
		if done % TELL_EVERY == 0:
			progress = {"done": done, "total": len(headers)}
			jobs.tell(parallel_runs.DOCTYPE, name, "billing_parallel_run_progress", progress)
	return known, problems


def _known_contract(header: Row, billed_to: Mapping[str, date], days: Period) -> _Known:
	record = contracts.record(header["name"])
	external_id = header["external_id"] or ""
	ends = [billed_to[key] for key in (header["name"].casefold(), external_id.casefold()) if key in billed_to]
	agreement = Agreement(
		id=header["name"],
		currency=header["currency"],
		names=_names(record),
		rows=tuple(core.billed_here(record.to_core(), _horizon(days, ends))),
		external_id=external_id,
	)
	titles = {line_id: invoice_text.line_title(line) for line_id, line in record.lines.items()}
	return _Known(agreement, header["customer"], titles)


def _horizon(days: Period, ends: Iterable[date]) -> date:
	"""The last day for which charges are needed: the other system may have billed for a time that is still to come."""
	furthest = max(ends, default=days.last_day)
	return max(days.last_day, min(furthest, add_months(days.end, MAX_MONTHS_AHEAD)))


def _names(record: ContractRecord) -> dict[str, frozenset[str]]:
	"""What the other system may call each line: its number, item, title, description or id."""
	names = {}
	for line_id, line in record.lines.items():
		number = str(line["idx"]) if line.get("parentfield") == "lines" else ""
		description = str(line.get("description") or "").split("\n")[0]
		called = (line_id, number, line.get("item_code"), invoice_text.line_title(line), description)
		names[line_id] = frozenset(str(name).strip().casefold() for name in called if name)
	return names


def _shown(problem: DomainError, contract: str = "") -> dict[str, str]:
	message = message_of(problem)
	return {"text": message.text, "remedy": message.remedy, "contract": contract}


def _result(found: Comparison, known: Mapping[str, _Known], run: ParallelRun) -> ResultRow:
	ours = known[found.agreement.id] if found.agreement else None
	return ResultRow(
		verdict=found.verdict,
		contract=found.agreement.id if found.agreement else None,
		external_id=_joined(row.contract for row in found.theirs)
		or (found.agreement.external_id if found.agreement else ""),
		customer=ours.customer if ours else None,
		line=_line(found, ours.titles if ours else {}),
		service=found.service,
		currency=found.currency or frappe.get_cached_value("Company", run.company, "default_currency"),
		ours=found.our_amount,
		theirs=found.their_amount,
		explanation=_explanation(found),
		invoices=_joined(row.invoice for row in found.theirs),
		file_rows=_joined(str(row.number) for row in found.theirs),
	)


def _joined(names: Iterable[str]) -> str:
	return ", ".join(dict.fromkeys(name for name in names if name))


def _line(found: Comparison, titles: Mapping[str, str]) -> str:
	"""Our lines' titles, or what the other system calls a line of which nothing is billed here."""
	return _joined(titles.get(row.line, row.line) for row in found.ours) or _joined(
		row.line for row in found.theirs
	)


def _explanation(found: Comparison) -> str:
	if found.ours:
		return "\n".join(f"{_span(row.service)}: {row.formula}" for row in found.ours)
	if found.agreement is None:
		return _("No contract has this number.")
	if found.hint is Hint.LINE:
		return _("The contract has no such line.")
	if found.hint is Hint.CURRENCY:
		return _("The contract is in {0}.").format(found.agreement.currency)
	return _("Nothing is billed here for these days.")


def _span(days: Period) -> str:
	"""Days as stored: the form shows them as the reader writes dates."""
	return f"{days.start} – {days.last_day}"
