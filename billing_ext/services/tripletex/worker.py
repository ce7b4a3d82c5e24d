"""The worker of the outbox: one message through its states, each step committed before the next call is made.

*Sending* is committed before the call and its result right after it, so a worker killed in between leaves a message whose
lease runs out, and which is then looked up: never sent again blind.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from frappe import _
from rq.timeouts import JobTimeoutException

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex import canonical, decimal_json, delivery
from billing_ext.integrations.tripletex.delivery import Found, Next, Operation, Progress, State
from billing_ext.integrations.tripletex.errors import Kind as ErrorKind
from billing_ext.integrations.tripletex.errors import TripletexError
from billing_ext.integrations.tripletex.read_back import IncompleteAnswer
from billing_ext.repositories import clock, jobs, session
from billing_ext.repositories import settings as billing_settings
from billing_ext.repositories.tripletex import alerts, booked, calls, drifts, outbox, settings
from billing_ext.repositories.tripletex.outbox import Message
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services import messages
from billing_ext.services.tripletex import connection, outgoing
from billing_ext.services.tripletex.connection import Link
from billing_ext.services.tripletex.operations import HANDLERS
from billing_ext.services.tripletex.operations.base import Handler, Request, Skip, Wait

BATCH = 200
"""Messages that one look at the queue takes up."""
SWEEP_TIME = 240
"""Seconds that a sweep works before it leaves the rest to the next one."""
WAIT_AGAIN = timedelta(minutes=5)
STEPS = 8
"""Steps that one message may take in a row: dependency, sending, verifying, and a made-anew request."""


def sweep() -> None:
	"""Take up what is due in every company: what failed, and what a crash left between commit and queue. A job."""
	outgoing.start_all(set(settings.enabled_companies()))


def deliver_due(company: str) -> int:
	"""Work on what is due in a company, dependencies first, then by date and number. A job."""
	done = 0
	for name in jobs.in_turn(lambda: outbox.due(company, clock.now(), BATCH), SWEEP_TIME):
		if _is_resting(company):
			break
		deliver(name)
		done += 1
	return done


def deliver(name: str) -> None:
	"""Work on one message until it is done, waits, or is in somebody else's hands. A job; never raises for one message."""
	session.act_as(billing_settings.load().service_user)
	for _step in range(STEPS):
		if not _advance(name):
			return


def _is_resting(company: str) -> bool:
	own = settings.load(company)
	if own is None or not own.enabled or own.paused:
		return True
	return bool(own.breaker_until and own.breaker_until > clock.now())


def _advance(name: str) -> bool:
	"""One step of a message; True if there is another one to take at once."""
	row = in_transaction(lambda: _claim(name))
	if row is None:
		return False
	try:
		return _Work(row).step()
	except JobTimeoutException:
		raise
	except _LeaseLost:
		return False
	except Exception as error:  # noqa: BLE001 - whatever stops one message is written on it and must not stop the others
		return _stop(row, error)


def _claim(name: str) -> Message | None:
	now = clock.now()
	company = outbox.company_of(name)
	if company is None or _is_resting(company):
		return None
	owner = f"{os.getpid()}-{outbox.serial()}"
	return outbox.claim(name, delivery.WORKABLE, owner, now, now + delivery.LEASE)


def _stop(row: Message, error: Exception) -> bool:
	"""An error of ours or of the site: a person must see it. After a call its outcome is unknown, whatever the error."""
	text = str(messages.message_of(error)) if isinstance(error, DomainError) else alerts.words(error)
	code = error.code if isinstance(error, DomainError) else type(error).__name__
	if not isinstance(error, DomainError):
		alerts.log(row, error)
	state = State(row["status"])
	if state in (State.SENDING, State.UNKNOWN, State.VERIFYING):
		kind = ErrorKind.UNKNOWN
		after = delivery.after_failed_read(
			State.UNKNOWN if state is State.SENDING else state, kind, _progress(row), clock.now()
		)
		values = _values(after) | {"error_text": text, "error_code": code, "error_kind": kind.value}
		in_transaction(lambda: outbox.move(row, after.state, release=True, **values))
		return False
	in_transaction(
		lambda: _block(row, {"error_text": text, "error_code": code, "error_kind": ErrorKind.INVALID.value})
	)
	return False


def _block(row: Message, values: dict[str, Any]) -> None:
	outbox.move(row, State.BLOCKED, release=True, **values)
	if row["reference_doctype"] == "Sales Invoice" and row["level"] in (2, 3):
		booked.set_status(row["reference_name"], "Needs Attention")


def _progress(row: Message) -> Progress:
	return Progress(row["attempts"], row["look_ups"], row["absent_reads"], row["rebuilds"])


def _values(after: Next) -> dict[str, Any]:
	return {"retry_at": after.retry_at, **asdict(after.progress)}


class _Work:
	"""A claimed message and what is done with it next."""

	def __init__(self, row: Message) -> None:
		self.row = row
		self.state = State(row["status"])
		self.goes_on = False
		"""May the next step of a message that waited begin at once?"""

	def step(self) -> bool:
		"""Do what the state asks for."""
		if self.state is State.SENDING:
			# Its lease ran out: the worker died with the call under way.
			return self._move(
				Next(State.UNKNOWN, clock.now(), _progress(self.row)), error_kind=ErrorKind.UNKNOWN.value
			)
		handler = HANDLERS[Operation(self.row["operation"])](connection.of(self.row["company"]), self.row)
		if self.state is State.UNKNOWN:
			return self._look_up(handler)
		if self.state is State.VERIFYING:
			return self._verify(handler)
		return self._send(handler)

	# Sending

	def _send(self, handler: Handler) -> bool:
		request = self._request(handler)
		if request is None:
			return self.goes_on
		if handler.settings.dry_run:
			return self._finish_early(State.SKIPPED, "dry_run")
		self._freeze(request)
		crash_point("before send")
		try:
			# As it was frozen, so that a repetition sends the same bytes.
			remote_id = handler.send(decimal_json.loads(self.row["request_json"]), self._note)
		except TripletexError as error:
			return self._after_failed_write(error)
		crash_point("after send")
		self._count_success(handler.link)
		return self._move(
			Next(State.VERIFYING, clock.now(), _progress(self.row)), tripletex_id=str(remote_id), **_NO_ERROR
		)

	def _request(self, handler: Handler) -> Request | None:
		"""The frozen request of an earlier attempt, else a new one; None if the message goes no further now."""
		if self.row["request_json"]:
			return decimal_json.loads(self.row["request_json"])
		try:
			return handler.prepare()
		except Wait as needed:
			if handler.settings.dry_run:
				# What it needs is not sent either.
				self._finish_early(State.SKIPPED, "dry_run")
			else:
				self.goes_on = self._wait_for(needed.messages)
		except Skip as skip:
			self._finish_early(State.SKIPPED, skip.code)
		except (TripletexError, IncompleteAnswer) as error:
			self._after_error(self._after_failed_read(State.PENDING, error), error)
		return None

	def _wait_for(self, names: list[str]) -> bool:
		"""Work on what the message needs; True if all of that is there now."""
		waits = Next(State.WAITING, clock.now() + WAIT_AGAIN, _progress(self.row))
		self._move(waits, depends_on=",".join(names))
		for name in names:
			deliver(name)
		there = all(state in (State.SYNCED, State.DRIFTED) for state in outbox.states_of(names).values())
		if there:
			in_transaction(lambda: outbox.wake([self.row["name"]]))
		else:
			in_transaction(lambda: outbox.explain_waiting(self.row["name"], names))
		return there

	def _freeze(self, request: Request) -> None:
		text = canonical.canonical_json(request)
		values: dict[str, Any] = {
			"request_json": text,
			"request_hash": canonical.content_hash(request),
			"first_sent_at": self.row["first_sent_at"] or clock.now(),
			"lease_until": clock.now() + delivery.LEASE,
		}
		if not in_transaction(lambda: outbox.move(self.row, State.SENDING, **values)):
			raise _LeaseLost
		self.state = State.SENDING

	def _note(self, step: str) -> None:
		"""Keep a step that is done, before the next one is tried."""
		values: dict[str, Any] = {"remote_step": step, "lease_until": clock.now() + delivery.LEASE}
		if not in_transaction(lambda: outbox.move(self.row, self.state, **values)):
			raise _LeaseLost

	def _after_failed_write(self, error: TripletexError) -> bool:
		after = delivery.after_failed_write(
			error.kind, _progress(self.row), clock.now(), _local(error.retry_at)
		)
		return self._after_error(after, error)

	# Looking up

	def _look_up(self, handler: Handler) -> bool:
		request = decimal_json.loads(self.row["request_json"])
		try:
			found, remote_id = handler.look_up(request, self._note)
		except (TripletexError, IncompleteAnswer) as error:
			return self._after_error(self._after_failed_read(State.UNKNOWN, error), error)
		refused = self.row["error_kind"] == ErrorKind.DUPLICATE.value
		after = delivery.after_look_up(
			found, Operation(self.row["operation"]), _progress(self.row), clock.now(), refused
		)
		if after.state is State.BLOCKED:
			text = str(messages.words(f"tripletex_{after.code}", {"document": self.row["local_key"]}))
			values = {"error_code": after.code, "error_text": text, **_values(after)}
			in_transaction(lambda: _block(self.row, values))
			return False
		adopted = {"tripletex_id": str(remote_id)} if found is Found.EQUAL else {}
		return self._move(after, **adopted)

	# Reading back

	def _verify(self, handler: Handler) -> bool:
		request = decimal_json.loads(self.row["request_json"])
		remote_id = int(self.row["tripletex_id"])
		try:
			read = handler.read_back(request, remote_id)
		except (TripletexError, IncompleteAnswer) as error:
			return self._after_error(self._after_failed_read(State.VERIFYING, error), error)
		crash_point("before verified")
		in_transaction(lambda: self._conclude(handler, request, remote_id, read))
		return False

	def _conclude(self, handler: Handler, request: Request, remote_id: int, read: Any) -> None:
		state = State.DRIFTED if booked.matter(read.differences) else State.SYNCED
		if not outbox.move(self.row, state, release=True, done_at=clock.now(), **_NO_ERROR):
			return
		drifts.record(self.row, read.differences)
		handler.finish(request, remote_id, read)
		waiting = outbox.waiting_for(self.row["name"])
		outbox.wake(waiting)
		for name in waiting:
			jobs.enqueue(outgoing.DELIVER, job_id=f"tripletex|{name}", name=name)

	# Common

	def _after_failed_read(self, state: State, error: TripletexError | IncompleteAnswer) -> Next:
		"""What follows when a read failed, or its answer lacks what everything rests on."""
		progress, now = _progress(self.row), clock.now()
		if isinstance(error, IncompleteAnswer):
			return delivery.after_failed_read(state, ErrorKind.UNKNOWN, progress, now)
		return delivery.after_failed_read(state, error.kind, progress, now, _local(error.retry_at))

	def _move(self, after: Next, **values: Any) -> bool:
		"""Go to a state and give the lease back; True if its work may begin at once."""
		moved = in_transaction(
			lambda: outbox.move(self.row, after.state, release=True, **_values(after), **values)
		)
		return bool(moved) and after.retry_at <= clock.now()

	def _finish_early(self, state: State, code: str) -> bool:
		values = {"done_at": clock.now(), "error_code": code, "error_text": skip_reason(code)}
		in_transaction(lambda: outbox.move(self.row, state, release=True, **values))
		return False

	def _after_error(self, after: Next, error: TripletexError | IncompleteAnswer) -> bool:
		values = _values(after) | alerts.error_values(error)
		if after.rebuild:
			values["request_json"] = None
		company = self.row["company"]
		if after.state is State.BLOCKED:
			in_transaction(lambda: _block(self.row, values))
		else:
			in_transaction(lambda: outbox.move(self.row, after.state, release=True, **values))
		if after.pause:
			in_transaction(lambda: settings.pause(company, _("Tripletex refuses the tokens.")))
		elif isinstance(error, TripletexError) and error.kind in (ErrorKind.UNKNOWN, ErrorKind.NOT_SENT):
			in_transaction(lambda: _count_failure(company))
		return False

	def _count_success(self, link: Link) -> None:
		if link.settings.failures_in_a_row:
			in_transaction(lambda: settings.store(self.row["company"], failures_in_a_row=0))


class _LeaseLost(Exception):
	"""Another worker has taken the message over; this one must not go on."""


_NO_ERROR = {"error_text": None, "error_code": None, "error_kind": None}


def _count_failure(company: str) -> None:
	failures = settings.for_update(company).failures_in_a_row + 1
	failing, calls_made = calls.failing(company, clock.now() - delivery.WATCHED)
	if delivery.must_rest(failures, failing, calls_made):
		settings.store(company, failures_in_a_row=0, breaker_until=clock.now() + delivery.REST)
	else:
		settings.store(company, failures_in_a_row=failures)


def skip_reason(code: str) -> str:
	"""Why nothing was sent, in words."""
	return str(messages.words(f"tripletex_{code}", {}))


def _local(moment: datetime | None) -> datetime | None:
	"""An aware time as the site stores it."""
	return clock.from_aware(moment) if moment else None


crash_point: Callable[[str], None] = lambda name: None  # noqa: E731
"""Where tests kill a worker: ``before send``, ``after send``, ``before verified``."""
