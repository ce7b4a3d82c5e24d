"""A billing run: which contracts are due, in chunks on the queue, with progress, errors and totals on one document.

Everything may be done again at any time: a run that is repeated, restarted late or doubled finds nothing to do.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

import frappe

from billing_ext.core import grouping
from billing_ext.core.errors import DomainError
from billing_ext.core.grouping import Unit
from billing_ext.repositories import (
	charges,
	clock,
	contracts,
	invoice_groups,
	invoices,
	jobs,
	runs,
	session,
	settings,
)
from billing_ext.repositories.charges import Posting
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services import bulk_posting, contract_billing
from billing_ext.services.messages import Message, message_of
from billing_ext.services.wording import posting

DISPATCH = "billing_ext.services.billing_run.dispatch"
BILL_CHUNK = "billing_ext.services.billing_run.bill_chunk"
MAX_DAYS_AHEAD = 31
"""A run posts invoices on its date; one further ahead is a slip of the pen."""
STALLED_AFTER_MINUTES = 20
BEAT_EVERY = 5
"""Contracts that are posted one by one between two signs of life."""


def start_nightly() -> str | None:
	"""The scheduler's run for today; None if billing is paused or today's run exists."""
	today = clock.today()
	key = f"scheduled|{today.isoformat()}"
	if settings.load().paused or runs.by_key(key):
		return None
	run = runs.create(today, "Scheduler", key)
	enqueue_dispatch(run)
	return run


def start(
	as_of: date, company: str | None = None, customer: str | None = None, contract: str | None = None
) -> str:
	"""A run that a user asks for, over all contracts or those of a scope. Raises DomainError ``as_of_future``."""
	check_date(as_of)
	if contract:
		header = contracts.header(contract)
		company, customer = header["company"], header["customer"]
	run = runs.create(as_of, "User", company=company, customer=customer, contract=contract)
	enqueue_dispatch(run)
	return run


def check_date(as_of: date) -> None:
	"""Raise DomainError ``as_of_future`` for a date that cannot be meant."""
	if as_of > clock.today() + timedelta(days=MAX_DAYS_AHEAD):
		raise DomainError("as_of_future", as_of=as_of, days=MAX_DAYS_AHEAD)


def check_scope(company: str | None, customer: str | None, contract: str | None) -> None:
	"""Raise DomainError ``scope_too_wide`` if the user may see only some companies or customers and bills them all."""
	if contract:
		return
	for field, value in (("company", company), ("customer", customer)):
		if not value and session.is_limited_to_some(field):
			raise DomainError("scope_too_wide", field=field)


def enqueue_dispatch(run: str) -> None:
	"""Put the run on the queue once it is committed. Twice does no harm: the second finds nothing to do."""
	runs.mark_queued(run, clock.now())
	jobs.enqueue(DISPATCH, run=run)


def dispatch(run: str, only: Sequence[str] | None = None) -> None:
	"""Cut what is due into chunks and queue them. A job; also restarts a run, or retries ``only`` some contracts.

	Contracts that share invoices stay in one chunk: no other worker may bill a part of them.
	"""
	session.act_as(settings.load().service_user)
	try:
		names = in_transaction(lambda: _names(run, only))
		if len(names) >= bulk_posting.BATCH:
			bulk_posting.ensure_compared()
		in_transaction(lambda: _dispatch(run, names, is_retry=only is not None))
	except Exception:
		in_transaction(lambda: runs.fail(run, clock.now()))
		raise


def _names(run: str, only: Sequence[str] | None = None) -> list[str]:
	scope = runs.get(run)
	if only is not None:
		return list(only)
	return contracts.names_due(scope["as_of"], scope["company"], scope["customer"], scope["contract"])


def _dispatch(run: str, names: Sequence[str], *, is_retry: bool) -> None:
	chunks = grouping.chunks(invoice_groups.units(names), settings.load().chunk_size)
	begin = runs.start_retry if is_retry else runs.start
	attempt = begin(run, len(names), len(chunks), clock.now())
	as_of = runs.get(run)["as_of"].isoformat()
	for index, chunk in enumerate(chunks):
		jobs.enqueue(
			BILL_CHUNK,
			job_id=f"billing-run|{run}|{attempt}|{index}",
			run=run,
			attempt=attempt,
			as_of=as_of,
			units=chunk,
		)
	if not chunks:
		_finish(run)


def bill_chunk(run: str, attempt: int, as_of: str, units: Sequence[Unit]) -> None:
	"""Bill some contracts, those together that share invoices; one that fails is noted on the run and does not stop the
	others. A job."""
	session.act_as(settings.load().service_user)
	day = date.fromisoformat(as_of)
	bill = _Billing(run, day)
	for batch in grouping.chunks(units, bulk_posting.BATCH if bill.lane else BEAT_EVERY):
		bill.batch(batch)
		_beat(run, attempt, sum(len(unit) for unit in batch), 0)
	_beat(run, attempt, 0, 1)


class _Billing:
	"""Bills units for a run: in bulk if the site allows it, the others one by one."""

	def __init__(self, run: str, day: date) -> None:
		self.run, self.day = run, day
		self.lane, self._how = in_transaction(bulk_posting.lane)

	def batch(self, units: Sequence[Unit]) -> None:
		"""Bill units; one that fails is noted on the run and does not stop the others."""
		left = dict.fromkeys(units, self._how)
		if self.lane:
			left = contract_billing.bill_in_bulk(units, self.day, self.run, self.lane)
			session.forget_messages()
		for unit, how in left.items():
			self._unit(unit, how)

	def _unit(self, unit: Unit, how: Posting) -> None:
		barred = contract_billing.bill_unit(unit, self.day, self.run, how)
		session.forget_messages()
		for name, error in barred.items():
			in_transaction(partial(_note, self.run, name, _failure(error)))
		billed = [name for name in unit if name not in barred]
		if billed:
			in_transaction(partial(runs.resolve_errors, billed))


def run_now(run: str) -> None:
	"""Bill a run in this process, without the queue: for demonstrations, scripts and tests. Commits."""
	session.act_as(settings.load().service_user)
	as_of = in_transaction(lambda: runs.get(run))["as_of"]
	names = in_transaction(lambda: _names(run))
	units = in_transaction(lambda: invoice_groups.units(names))
	attempt = in_transaction(lambda: runs.start(run, len(names), 1, clock.now()))
	bill_chunk(run, attempt, as_of.isoformat(), units)


def _failure(error: Exception) -> dict[str, str]:
	"""Cause, words and remedy of what went wrong; the traceback only where the cause is not known."""
	if isinstance(error, DomainError):
		message = message_of(error)
		return {"code": error.code, "message": message.text, "remedy": message.remedy, "traceback": ""}
	message = _foreign(error)
	return {
		"code": type(error).__name__,
		"message": message.text,
		"remedy": message.remedy,
		"traceback": "".join(traceback.format_exception(error)),
	}


def _foreign(error: Exception) -> Message:
	"""What ERPNext itself says, in plain text, and the step that helps whatever it is."""
	text = frappe.utils.strip_html(str(error)) or type(error).__name__
	if isinstance(error, frappe.ValidationError):
		remedy = frappe._("ERPNext refused the invoice. Correct what it names, then press Retry Errors.")
	else:
		remedy = frappe._("Press Retry Errors. If it fails again, give the traceback to your administrator.")
	return Message(text, remedy)


def _note(run: str, name: str, failure: dict[str, str]) -> None:
	runs.add_error(run, name, failure)
	contracts.save_error(name, f"{failure['message']} {failure['remedy']}")


def _beat(run: str, attempt: int, contracts_done: int, chunks_done: int) -> None:
	counts = in_transaction(lambda: runs.beat(run, attempt, contracts_done, chunks_done, clock.now()))
	progress = {"done": counts["contracts_done"], "total": counts["contracts_total"]}
	jobs.tell("Billing Run", run, "billing_run_progress", progress)
	if counts["attempt"] == attempt and counts["chunks_done"] >= counts["chunks_total"]:
		in_transaction(lambda: _finish(run))
		jobs.tell("Billing Run", run, "billing_run_progress", {**progress, "finished": True})


def _finish(run: str) -> None:
	lanes = [
		{"lane": lane, "documents": documents, "reason": posting.reason(code, example)}
		for lane, code, documents, example in charges.lanes_of_run(run)
	]
	runs.finish(run, invoices.totals_of_run(run), lanes, clock.now())


def retry(run: str) -> int:
	"""Bill the contracts that failed in ``run`` once more; how many they are."""
	names = runs.contracts_with_errors(run)
	if names:
		runs.mark_queued(run, clock.now())
		jobs.enqueue(DISPATCH, run=run, only=names)
	return len(names)


def restart_stalled() -> list[str]:
	"""Queue unfinished runs anew whose worker has been silent, unless billing is paused; what is billed stays billed."""
	if settings.load().paused:
		return []
	stalled = runs.stalled(clock.minutes_ago(STALLED_AFTER_MINUTES))
	for run in stalled:
		enqueue_dispatch(run)
	return stalled
