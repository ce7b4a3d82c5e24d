"""The life of an outbox message: which state follows from what has happened. No clock, no rows, no network.

Tripletex has no idempotency key, so a write whose answer is lost is *unknown*: it is looked up by its natural key, and
sent again only when two looks five minutes apart have not found it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from billing_ext.integrations.tripletex.errors import Kind as ErrorKind


class State(str, Enum):
	"""Where a message stands. Values are what the outbox stores."""

	WAITING = "Waiting"
	PENDING = "Pending"
	SENDING = "Sending"
	UNKNOWN = "Unknown"
	VERIFYING = "Verifying"
	SYNCED = "Synced"
	DRIFTED = "Drifted"
	BLOCKED = "Blocked"
	CANCELLED = "Cancelled"
	SKIPPED = "Skipped"

	@property
	def is_unfinished(self) -> bool:
		"""Will a machine or a person still do something about it?"""
		return self not in (State.SYNCED, State.DRIFTED, State.CANCELLED, State.SKIPPED)


WORKABLE = (State.WAITING, State.PENDING, State.SENDING, State.UNKNOWN, State.VERIFYING)
"""States in which a machine goes on by itself. Sending only when its lease has run out."""

NEVER_SENT = (State.WAITING, State.PENDING, State.SKIPPED)
"""Nothing of such a message has reached Tripletex, unless it has attempts or steps."""


class Operation(str, Enum):
	"""What a message does in Tripletex. Values are what the outbox stores."""

	CUSTOMER = "Customer"
	PRODUCT = "Product"
	INVOICE = "Invoice"
	CREDIT_NOTE = "Credit Note"
	CLOSE_ORDER = "Close Order"
	MATCH_CREDIT = "Match Credit"
	ATTACH = "Attach PDF"
	SEND = "Send"
	REGISTER_PAYMENT = "Register Payment"
	REVERSE_PAYMENT = "Reverse Payment"
	ACCRUAL = "Accrual Voucher"
	REVERSE_VOUCHER = "Reverse Voucher"

	@property
	def level(self) -> int:
		"""Order within a company: what others refer to comes first."""
		return _LEVELS[self]

	@property
	def can_be_proved_absent(self) -> bool:
		"""Can a look-up prove that it has not happened? Nothing tells whether an invoice was sent."""
		return self is not Operation.SEND


_LEVELS = {
	Operation.CUSTOMER: 1,
	Operation.PRODUCT: 1,
	Operation.INVOICE: 2,
	Operation.CREDIT_NOTE: 3,
	Operation.CLOSE_ORDER: 4,
	Operation.MATCH_CREDIT: 4,
	Operation.ATTACH: 4,
	Operation.SEND: 5,
	Operation.REGISTER_PAYMENT: 5,
	Operation.REVERSE_PAYMENT: 6,
	Operation.ACCRUAL: 5,
	Operation.REVERSE_VOUCHER: 6,
}


class Found(Enum):
	"""What a look-up by natural key has shown."""

	EQUAL = "equal"
	DIFFERENT = "different"
	ABSENT = "absent"


LEASE = timedelta(minutes=4)
"""Longer than the slowest write seen (30 s), its time limit (60 s), a renewed session and two reads."""
SETTLE = timedelta(seconds=60)
"""Wait before the first look-up: a slow commit may still land."""
SECOND_LOOK = timedelta(minutes=5)
LOOKS_TO_PROVE_ABSENCE = 2
REST = timedelta(minutes=10)
FAILURES_UNTIL_REST = 5
WATCHED = timedelta(minutes=5)
CALLS_TO_JUDGE = 10
"""Calls in the watched time below which a share says nothing."""
_LADDER = (
	timedelta(minutes=1),
	timedelta(minutes=5),
	timedelta(minutes=30),
	timedelta(hours=2),
	timedelta(hours=6),
	timedelta(days=1),
)


@dataclass(frozen=True, slots=True)
class Progress:
	"""What has been tried: ``attempts`` at sending, ``look_ups`` that failed, ``absent_reads`` in a row, ``rebuilds``."""

	attempts: int = 0
	look_ups: int = 0
	absent_reads: int = 0
	rebuilds: int = 0


@dataclass(frozen=True, slots=True)
class Next:
	"""The state that follows, when it may be worked on, and the progress to be kept.

	``rebuild``: the request is made anew from the document. ``pause``: the company's queue stops until a person lifts it.
	"""

	state: State
	retry_at: datetime
	progress: Progress
	rebuild: bool = False
	pause: bool = False
	code: str = ""


def after_failed_write(
	kind: ErrorKind, progress: Progress, now: datetime, retry_at: datetime | None = None
) -> Next:
	"""What follows when a write was refused, or when nobody knows what became of it."""
	tried = replace(progress, attempts=progress.attempts + 1)
	if kind is ErrorKind.WAIT:
		return Next(State.PENDING, retry_at or now + SETTLE, progress)
	if kind is ErrorKind.NOT_SENT:
		return Next(State.PENDING, now + ladder(tried.attempts), tried)
	if kind is ErrorKind.UNKNOWN:
		return Next(State.UNKNOWN, now + SETTLE, replace(tried, absent_reads=0))
	if kind is ErrorKind.DUPLICATE:
		return Next(State.UNKNOWN, now, replace(tried, absent_reads=0))
	if kind is ErrorKind.AUTH:
		return Next(State.PENDING, now, progress, pause=True)
	if kind is ErrorKind.STALE and not progress.rebuilds:
		return Next(State.PENDING, now, replace(tried, rebuilds=1), rebuild=True)
	return Next(State.BLOCKED, now, tried, code=kind.value)


def after_failed_read(
	state: State, kind: ErrorKind, progress: Progress, now: datetime, retry_at: datetime | None = None
) -> Next:
	"""What follows when a look-up or a read-back failed: the state stays, the waits grow."""
	if kind is ErrorKind.WAIT:
		return Next(state, retry_at or now + SETTLE, progress)
	if kind is ErrorKind.AUTH:
		return Next(state, now, progress, pause=True)
	looked = replace(progress, look_ups=progress.look_ups + 1)
	return Next(state, now + ladder(looked.look_ups), looked)


def after_look_up(
	found: Found, operation: Operation, progress: Progress, now: datetime, refused: bool = False
) -> Next:
	"""What follows when an unknown write was looked up.

	``refused``: Tripletex said that something with one of its keys is there. What is not found then must not be sent
	again: the answer would be the same for ever.
	"""
	if found is Found.EQUAL:
		return Next(State.VERIFYING, now, replace(progress, absent_reads=0))
	if found is Found.DIFFERENT:
		return Next(State.BLOCKED, now, progress, code="number_taken")
	if not operation.can_be_proved_absent:
		return Next(State.BLOCKED, now, progress, code="sent_or_not")
	if refused:
		return Next(State.BLOCKED, now, progress, code="duplicate_not_found")
	absent = progress.absent_reads + 1
	if absent < LOOKS_TO_PROVE_ABSENCE:
		return Next(State.UNKNOWN, now + SECOND_LOOK, replace(progress, absent_reads=absent))
	return Next(State.PENDING, now, replace(progress, absent_reads=0))


def must_rest(in_a_row: int, failing: int, calls: int) -> bool:
	"""Should a company's queue rest? After five failed writes in a row, or when half of the last calls failed."""
	return in_a_row >= FAILURES_UNTIL_REST or (calls >= CALLS_TO_JUDGE and 2 * failing >= calls)


def ladder(step: int) -> timedelta:
	"""The wait before the ``step``-th repetition, from 1: 1, 5, 30 minutes, 2, 6 hours, then daily."""
	return _LADDER[min(max(step, 1), len(_LADDER)) - 1]
