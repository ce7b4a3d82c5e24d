"""Contracts, their lines and the history of terms; amendments append to it and never edit it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import TypeVar

from billing_ext.core.errors import DomainError
from billing_ext.core.money import Currency
from billing_ext.core.period import ONE_DAY, Grid, Interval, Period, clamped, without
from billing_ext.core.proration import Proration


class Timing(Enum):
	"""When a period is billed."""

	IN_ADVANCE = "In Advance"
	IN_ARREARS = "In Arrears"


class FirstPeriod(Enum):
	"""What a line costs from its start to the first boundary of its grid, when it does not start on one."""

	PRORATE = "Prorate"
	COMBINE = "Prorate, With Next Period"
	"""Prorated, and billed together with the first full period."""
	FULL = "Full Price"
	FREE = "Free"


class CorrectionBilling(Enum):
	"""When the difference for a period that is already billed goes out."""

	NEXT_INVOICE = "With Next Invoice"
	IMMEDIATELY = "Immediately"


class CreditHandling(Enum):
	"""What becomes of an amount that was billed too much."""

	CREDIT_NOTE = "Credit Note"
	"""A credit note against the invoice that carried the charge."""
	NEXT_INVOICE = "Next Invoice"
	"""Deducted from the line's next charge; a credit note where none will follow."""


class UnderchargeHandling(Enum):
	"""What becomes of an amount that was billed too little."""

	NEXT_INVOICE = "Next Invoice"
	DEBIT_NOTE = "Debit Note"
	"""A debit note against the invoice that carried the charge."""


@dataclass(frozen=True, slots=True)
class Terms:
	"""What one line costs: price per unit and price period, quantity, and discount in percent."""

	price: Decimal
	quantity: Decimal = Decimal(1)
	discount: Decimal = Decimal(0)

	@property
	def amount(self) -> Fraction:
		"""Exact price of the quantity for one price period, after discount."""
		return Fraction(self.price) * Fraction(self.quantity) * (1 - Fraction(self.discount) / 100)


@dataclass(frozen=True, slots=True)
class Revision:
	"""Terms that are in force from ``effective``; ``amendment`` is what brought them, empty for the contract itself."""

	effective: date
	terms: Terms
	amendment: str = ""


@dataclass(frozen=True, slots=True)
class ContractLine:
	"""One priced service. ``end`` is the first day without it. A line without a grid is billed once, on ``start``.

	``free`` are days that are served and not charged (a trial, free months), ``pauses`` days without service, and days
	before ``opening`` were billed by another system. A line that ``follows_term`` ends with the contract's term.
	``keeps_period`` charges the period in which the line ends in full. A ``credit`` has a negative price and is deducted
	from what the contract is charged. ``cuts`` are days on which another tax rate begins: no row goes over one.
	"""

	id: str
	start: date
	history: tuple[Revision, ...]
	grid: Grid | None = None
	price_period: Interval | None = None
	timing: Timing = Timing.IN_ADVANCE
	end: date | None = None
	ended_by: str = ""
	replaces: str = ""
	free: tuple[Period, ...] = ()
	pauses: tuple[Period, ...] = ()
	opening: date | None = None
	follows_term: bool = False
	keeps_period: bool = False
	credit: bool = False
	cuts: tuple[date, ...] = ()

	@property
	def one_off(self) -> bool:
		"""Is it billed once?"""
		return self.grid is None

	@property
	def active(self) -> bool:
		"""Has it any day of service?"""
		return self.end is None or self.end > self.start

	@property
	def price_factor(self) -> Fraction:
		"""Price periods in one billing period: 1/12 for a price per year that is billed monthly.

		Raises DomainError ``price_period`` where days or weeks meet months: no rule converts them.
		"""
		if self.grid is None or self.price_period is None or self.price_period == self.grid.interval:
			return Fraction(1)
		ours, theirs = self.grid.interval, self.price_period
		if ours.months and theirs.months:
			return Fraction(ours.months, theirs.months)
		if ours.days and theirs.days:
			return Fraction(ours.days, theirs.days)
		raise DomainError("price_period", line=self.id)

	def revision_on(self, day: date) -> Revision:
		"""The terms in force on ``day``; the first ones before that."""
		current = self.history[0]
		for revision in self.history[1:]:
			if revision.effective > day:
				break
			current = revision
		return current

	def service_in(self, period: Period) -> Period | None:
		"""From the first to the last day of ``period`` that is charged, None if none is."""
		stretches = self.charged_in(period)
		return Period(stretches[0].start, stretches[-1].end) if stretches else None

	def charged_in(self, period: Period) -> list[Period]:
		"""The days of ``period`` that are charged: served, and neither paused, nor free, nor billed elsewhere."""
		start, end = max(period.start, self.start, self.opening or self.start), period.end
		if self.one_off:  # the day may have moved after it was billed: only the line's own day costs anything
			return [period] if self.active and period.start == self.start == start else []
		if self.end is not None and not (self.keeps_period and start < self.end):
			end = min(end, self.end)
		return without(Period(start, end), (*self.free, *self.pauses)) if start < end else []

	@property
	def settled(self) -> date:
		"""The day from which on every period is like the next, as far as is known; ends apart."""
		exceptional = (*self.free, *self.pauses)
		days = [day for part in exceptional for day in (part.start, part.end) if day != date.max]
		return max([*days, self.history[-1].effective, self.opening or self.start])


@dataclass(frozen=True, slots=True)
class Contract:
	"""A customer's lines and the conventions that all of them share. ``lead_days`` only moves when advance lines are due.

	``start`` is its first day, ``term_end`` the first day after the current term, None for a contract without end;
	``renewals`` counts the terms after the first. It ``renews`` by itself unless that is declined ``notice`` before the
	term's end. ``terminated`` is the first day after a termination; open milestones and work (``bills_work``) may still
	become lines. ``at_once`` and ``refunded`` are ids of amendments: what they cause is billed without waiting for an
	invoice, and credited by a credit note whose money is given back. ``paused_at_once`` are days that a pause among the
	former took out, or a resumption gave back.
	"""

	id: str
	currency: Currency
	lines: tuple[ContractLine, ...]
	proration: Proration = Proration.ACTUAL
	first_period: FirstPeriod = FirstPeriod.PRORATE
	correction_billing: CorrectionBilling = CorrectionBilling.NEXT_INVOICE
	credit_handling: CreditHandling = CreditHandling.CREDIT_NOTE
	lead_days: int = 0
	undercharge_handling: UnderchargeHandling = UnderchargeHandling.NEXT_INVOICE
	start: date | None = None
	term_end: date | None = None
	renewals: int = 0
	renewal_declined: bool = False
	renews: bool = False
	notice: Interval | None = None
	open_milestones: bool = False
	bills_work: bool = False
	terminated: date | None = None
	at_once: frozenset[str] = frozenset()
	paused_at_once: tuple[Period, ...] = ()
	refunded: frozenset[str] = frozenset()

	def line(self, line_id: str) -> ContractLine:
		"""The line with that id. Raises DomainError ``unknown_line``."""
		for line in self.lines:
			if line.id == line_id:
				return line
		raise DomainError("unknown_line", line=line_id, contract=self.id)

	def line_ended_by(self, line_id: str) -> str:
		"""The amendment that ended a line; empty if none has, or if the line is not known any more."""
		return next((line.ended_by for line in self.lines if line.id == line_id), "")


@dataclass(frozen=True, slots=True)
class ChangeTerms:
	"""New price, quantity or discount of a line from a date on; what is None stays as it is."""

	line: str
	price: Decimal | None = None
	quantity: Decimal | None = None
	discount: Decimal | None = None
	at_boundary: bool = False
	"""Wait for the start of the line's next billing period."""
	final: bool = False
	"""Later steps that the contract itself had agreed do not hold any more."""


@dataclass(frozen=True, slots=True)
class AddLine:
	"""A further line. ``line.replaces`` names its predecessor, which ends the day the new line starts."""

	line: ContractLine


@dataclass(frozen=True, slots=True)
class EndLine:
	"""``last_day`` is the line's last day of service."""

	line: str
	last_day: date


@dataclass(frozen=True, slots=True)
class Terminate:
	"""``last_day`` is the last day of service of every line.

	``keeps_period``: a period billed in advance that has begun is charged in full. ``refund``: what is credited is paid back.
	"""

	last_day: date
	keeps_period: bool = False
	refund: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
	"""No service from the amendment's date to the day before ``resume``, or until a Resume if that is None.

	``extends_term`` moves the end of the term by the days that were paused.
	"""

	resume: date | None = None
	extends_term: bool = False


@dataclass(frozen=True, slots=True)
class Resume:
	"""Service begins again on the amendment's date, before or without an agreed date."""


@dataclass(frozen=True, slots=True)
class Renew:
	"""A further term of ``months`` from the amendment's date, which is the first day after the term; None: without end."""

	months: int | None = None


@dataclass(frozen=True, slots=True)
class DeclineRenewal:
	"""The contract ends with its current term."""


Change = ChangeTerms | AddLine | EndLine | Terminate | Pause | Resume | Renew | DeclineRenewal
C = TypeVar("C", ChangeTerms, AddLine, EndLine, Terminate)


@dataclass(frozen=True, slots=True)
class Amendment:
	"""Changes that take effect on one day; the day belongs to the new terms. ``sequence`` orders those of one day.

	``at_once``: the differences that it causes are billed without waiting for the next invoice. An amendment without an id
	is part of the contract as signed: its changes are steps of a ramp.
	"""

	id: str
	effective: date
	changes: tuple[Change, ...]
	sequence: int = 0
	at_once: bool = False


def amend(contract: Contract, amendments: tuple[Amendment, ...]) -> Contract:
	"""The contract as all of ``amendments`` leave it.

	The order in which they were entered does not matter, only their effective dates do; on one day the last entered
	wins, field by field. Where a line is ended more than once, the earliest end counts. Raises DomainError
	``unknown_line``, ``duplicate_line``, ``terms_before_line_start``, and ``renewal_date``, ``no_term``, ``pause_order``, ``not_paused``.
	"""
	ordered = sorted(amendments, key=lambda amendment: (amendment.effective, amendment.sequence))
	lines = {line.id: line for line in contract.lines}
	added = [(amendment, change.line) for amendment, change in _changes(ordered, AddLine)]
	for amendment, line in added:
		_add(lines, line, amendment)
	course = _course(contract, ordered)
	lines = {line.id: _in_term(line, course) for line in lines.values()}
	_apply_terms(lines, contract, ordered)
	for amendment, line in added:
		if line.replaces:
			lines[line.replaces] = _ended(lines[line.replaces], line.start, amendment.id)
	for amendment, ending in _changes(ordered, EndLine):
		line = _known(lines, ending.line, contract)
		lines[line.id] = _ended(line, ending.last_day + ONE_DAY, amendment.id)
	for amendment, termination in _changes(ordered, Terminate):
		for line in list(lines.values()):
			keeps = termination.keeps_period and line.timing is Timing.IN_ADVANCE
			lines[line.id] = _ended(line, termination.last_day + ONE_DAY, amendment.id, keeps_period=keeps)
	terminations = [change.last_day + ONE_DAY for _amendment, change in _changes(ordered, Terminate)]
	refunded = frozenset(amendment.id for amendment, change in _changes(ordered, Terminate) if change.refund)
	return replace(
		contract,
		lines=tuple(lines.values()),
		term_end=course.end,
		renewals=course.renewals,
		renewal_declined=course.declined,
		at_once=frozenset(amendment.id for amendment in ordered if amendment.at_once),
		paused_at_once=course.paused_at_once,
		refunded=refunded,
		terminated=min(terminations, default=None),
	)


@dataclass(frozen=True, slots=True)
class _Course:
	"""How the term went: its end now, how often it was renewed, and the pauses, in order and without overlap."""

	end: date | None
	renewals: int = 0
	declined: bool = False
	pauses: tuple[Period, ...] = ()
	extending: frozenset[date] = frozenset()
	"""First days of the pauses that extend the term."""
	paused_at_once: tuple[Period, ...] = ()


def _course(contract: Contract, ordered: list[Amendment]) -> _Course:
	"""Fold pauses and renewals in the order of their dates.

	Raises DomainError ``renewal_date`` for a renewal that does not begin where the term ends: a second one for the same
	term, or one whose term was moved by a pause; ``no_term`` for a contract without end; ``not_paused``.
	"""
	course = _Course(contract.term_end)
	for amendment in ordered:
		for change in amendment.changes:
			if isinstance(change, Pause | Resume):
				course = _paused_or_resumed(course, amendment, change)
			elif isinstance(change, Renew):
				course = _renewed(course, contract, amendment, change)
			elif isinstance(change, DeclineRenewal):
				course = replace(course, declined=True)
	return course


def _paused_or_resumed(course: _Course, amendment: Amendment, change: Pause | Resume) -> _Course:
	"""Note on which days service now is otherwise than before, if that is to be billed at once."""
	day = amendment.effective
	after = _paused(course, day, change) if isinstance(change, Pause) else _resumed(course, day)
	taken = [part for pause in after.pauses for part in without(pause, course.pauses)]
	given_back = [part for pause in course.pauses for part in without(pause, after.pauses)]
	at_once = [part for period in course.paused_at_once for part in without(period, given_back)]
	if amendment.at_once:
		at_once += [*taken, *given_back]
	return replace(after, paused_at_once=tuple(at_once))


def _renewed(course: _Course, contract: Contract, amendment: Amendment, change: Renew) -> _Course:
	if course.end is None:
		raise DomainError("no_term", contract=contract.id)
	if amendment.effective != course.end:
		raise DomainError("renewal_date", date=amendment.effective, expected=course.end)
	end = None if change.months is None else _term_from(contract, course.end, change.months)
	return replace(course, end=end, renewals=course.renewals + 1, declined=False)


def _term_from(contract: Contract, start: date, months: int) -> date:
	"""The day after a term of ``months``. The contract's own day of the month comes back after a short month."""
	month = start.year * 12 + start.month - 1
	wanted = contract.start.day if contract.start else start.day
	return clamped(month + months, wanted if clamped(month, wanted) == start else start.day)


def _paused(course: _Course, start: date, change: Pause) -> _Course:
	pause = Period(start, change.resume or date.max)
	if pause.end <= pause.start:
		raise DomainError("pause_order", start=start, resume=pause.end)
	fresh = without(pause, course.pauses)
	pauses = tuple(sorted((*course.pauses, *fresh)))
	if not change.extends_term or not _begins_in_term(fresh, course):
		return replace(course, pauses=pauses)
	days = sum(part.days for part in fresh if part.end != date.max)
	extending = course.extending | {part.start for part in fresh}
	return replace(course, pauses=pauses, end=_moved(course.end, days), extending=extending)


def _begins_in_term(pauses: list[Period], course: _Course) -> bool:
	return bool(pauses) and course.end is not None and pauses[0].start < course.end


def _resumed(course: _Course, day: date) -> _Course:
	"""End all pauses, for those read so far began before ``day``: only the days that were paused extend the term."""
	if not any(day < pause.end for pause in course.pauses):
		raise DomainError("not_paused", date=day)
	days = 0
	for pause in course.pauses:
		if pause.start in course.extending and day < pause.end:
			counted = pause.start if pause.end == date.max else pause.end
			days += (max(day, pause.start) - counted).days
	pauses = tuple(Period(pause.start, min(pause.end, day)) for pause in course.pauses if pause.start < day)
	extending = frozenset(start for start in course.extending if start < day)
	return replace(course, pauses=pauses, end=_moved(course.end, days), extending=extending)


def _moved(end: date | None, days: int) -> date | None:
	return None if end is None else end + timedelta(days=days)


def _in_term(line: ContractLine, course: _Course) -> ContractLine:
	end = course.end if line.follows_term else line.end
	return replace(line, end=end, pauses=() if line.one_off else course.pauses)


def _changes(amendments: list[Amendment], kind: type[C]) -> Iterator[tuple[Amendment, C]]:
	for amendment in amendments:
		for change in amendment.changes:
			if isinstance(change, kind):
				yield amendment, change


def _known(lines: dict[str, ContractLine], line_id: str, contract: Contract) -> ContractLine:
	if line_id not in lines:
		raise DomainError("unknown_line", line=line_id, contract=contract.id)
	return lines[line_id]


def _add(lines: dict[str, ContractLine], line: ContractLine, amendment: Amendment) -> None:
	if line.id in lines:
		raise DomainError("duplicate_line", line=line.id)
	lines[line.id] = line
	if line.replaces and line.replaces not in lines:
		raise DomainError("unknown_line", line=line.replaces, contract=amendment.id)


def _apply_terms(lines: dict[str, ContractLine], contract: Contract, ordered: list[Amendment]) -> None:
	"""Give each line its revisions, in order of the dates on which they really take effect."""
	dated: dict[str, list[tuple[date, int, str, ChangeTerms]]] = {}
	for amendment, change in _changes(ordered, ChangeTerms):
		line = _known(lines, change.line, contract)
		effective = amendment.effective
		if effective < line.start:
			raise DomainError("terms_before_line_start", line=line.id, start=line.start)
		if change.at_boundary and line.grid is not None:
			effective = line.grid.next_boundary(effective)
		dated.setdefault(line.id, []).append((effective, amendment.sequence, amendment.id, change))
	for line_id, changes in dated.items():
		changes.sort(key=lambda entry: entry[:2])
		history = _history(lines[line_id].history, _without_dropped_steps(changes))
		lines[line_id] = replace(lines[line_id], history=history)


def _without_dropped_steps(
	changes: list[tuple[date, int, str, ChangeTerms]],
) -> list[tuple[date, int, str, ChangeTerms]]:
	"""``changes`` without the steps of the contract itself that follow a change which is final."""
	last = min((effective for effective, _sequence, _id, change in changes if change.final), default=date.max)
	return [entry for entry in changes if entry[2] or entry[0] <= last]


def _history(
	history: tuple[Revision, ...], changes: list[tuple[date, int, str, ChangeTerms]]
) -> tuple[Revision, ...]:
	"""``history`` and the changes, folded field by field; a day has one revision, and none where nothing changed."""
	revisions = list(history)
	for effective, _sequence, amendment, change in changes:
		terms = _new_terms(revisions[-1].terms, change)
		if terms == revisions[-1].terms:
			continue
		if revisions[-1].effective == effective:
			revisions.pop()
		if not revisions or revisions[-1].terms != terms:
			revisions.append(Revision(effective, terms, amendment))
	return tuple(revisions)


def _new_terms(terms: Terms, change: ChangeTerms) -> Terms:
	return Terms(
		price=terms.price if change.price is None else change.price,
		quantity=terms.quantity if change.quantity is None else change.quantity,
		discount=terms.discount if change.discount is None else change.discount,
	)


def _ended(line: ContractLine, end: date, amendment: str, *, keeps_period: bool = False) -> ContractLine:
	if line.one_off and end > line.start:
		return line
	if line.end is not None and line.end < end:
		return line
	if line.end == end:  # its end is what was agreed, but now it is sure
		return replace(line, ended_by=line.ended_by or amendment)
	return replace(line, end=max(end, line.start), ended_by=amendment, keeps_period=keeps_period)
