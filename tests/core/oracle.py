"""What a contract costs, worked out day by day from what was agreed: slow, obvious and without the code under test.

Pauses are sets of days, amendments are read one after the other, and of the core only the values, the grid of
boundaries (laws L1 and L2) and the roundings are used.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from billing_ext.core.contract import (
	AddLine,
	Amendment,
	Change,
	ChangeTerms,
	Contract,
	ContractLine,
	EndLine,
	FirstPeriod,
	Pause,
	Renew,
	Resume,
	Terminate,
	Terms,
	Timing,
)
from billing_ext.core.period import Period, clamped
from billing_ext.core.proration import Proration

ONE_DAY = timedelta(days=1)
A_LONG_TIME = timedelta(days=2_000)


def days_of(period: Period) -> list[date]:
	"""Each day of it."""
	return [period.start + timedelta(days=number) for number in range(period.days)]


@dataclass(slots=True)
class Course:
	"""How the term went: the days that were paused, and the first day after it."""

	term_end: date | None
	paused: set[date] = field(default_factory=set)
	extending: set[date] = field(default_factory=set)
	"""Paused days that have moved the term's end."""
	pending: set[date] = field(default_factory=set)
	"""Days of a pause without end that will have moved it once service begins again."""

	def pause(self, start: date, change: Pause) -> None:
		"""Days without service."""
		days = set(days_of(Period(start, change.resume or start + A_LONG_TIME))) - self.paused
		self.paused |= days
		if change.extends_term and days and self.term_end and min(days) < self.term_end:
			self._move(days if change.resume else set(), 1)
			self.pending |= set() if change.resume else days

	def resume(self, start: date) -> None:
		"""Service from ``start`` on."""
		self.paused = {day for day in self.paused if day < start}
		self._move({day for day in self.extending if day >= start}, -1)
		self._move({day for day in self.pending if day < start}, 1)
		self.pending = set()

	def _move(self, days: set[date], sign: int) -> None:
		self.extending = self.extending | days if sign > 0 else self.extending - days
		self.term_end = self.term_end and self.term_end + timedelta(days=sign * len(days))

	def renew(self, start: date, months: int | None, wanted: int) -> None:
		"""A further term. ``wanted`` is the contract's day of the month."""
		month = start.year * 12 + start.month - 1
		day = wanted if clamped(month, wanted) == start else start.day
		self.term_end = None if months is None else clamped(month + months, day)


class Agreed:
	"""A contract as its parties read it: the paper, and the amendments in the order of their dates."""

	def __init__(self, contract: Contract, amendments: Sequence[Amendment]) -> None:
		self.contract = contract
		self.ordered = sorted(amendments, key=lambda amendment: (amendment.effective, amendment.sequence))
		self.lines = {line.id: line for line in contract.lines}
		self.lines |= {change.line.id: change.line for _, change in self._all(AddLine)}
		self.course = Course(contract.term_end)
		for amendment, change in self._all(Pause, Resume, Renew):
			if isinstance(change, Pause):
				self.course.pause(amendment.effective, change)
			elif isinstance(change, Resume):
				self.course.resume(amendment.effective)
			else:
				wanted = contract.start.day if contract.start else amendment.effective.day
				self.course.renew(amendment.effective, change.months, wanted)

	def _all(self, *kinds: type[Change]) -> Iterator[tuple[Amendment, Change]]:
		for amendment in self.ordered:
			yield from ((amendment, change) for change in amendment.changes if isinstance(change, kinds))

	def end(self, line: ContractLine) -> tuple[date, bool]:
		"""The first day without the line, and whether the period in which that lies is charged in full all the same."""
		own = self.course.term_end if line.follows_term else line.end
		ends = [(own or date.max, False)]
		ends += [
			(change.line.start, False) for _, change in self._all(AddLine) if change.line.replaces == line.id
		]
		ends += [
			(change.last_day + ONE_DAY, False) for _, change in self._all(EndLine) if change.line == line.id
		]
		advance = line.timing is Timing.IN_ADVANCE
		ends += [
			(change.last_day + ONE_DAY, change.keeps_period and advance) for _, change in self._all(Terminate)
		]
		return min(ends, key=lambda end: end[0])

	def charged(self, line: ContractLine, period: Period) -> list[date]:
		"""The days of ``period`` that are paid for."""
		begin, (end, keeps) = max(line.start, line.opening or line.start), self.end(line)
		if line.one_off:
			return [line.start] if begin == line.start == period.start < end else []
		if keeps and max(begin, period.start) < end:
			end = period.end
		free = {day for part in line.free for day in days_of(part)}
		served = [day for day in days_of(period) if begin <= day < end]
		return [day for day in served if day not in free and day not in self.course.paused]

	def terms_on(self, line: ContractLine, day: date) -> Terms:
		"""What the line costs on that day: of each field, what was agreed last for that day or an earlier one."""
		changes = []
		for amendment, change in self._all(ChangeTerms):
			if change.line == line.id:
				waits = change.at_boundary and line.grid is not None
				on = line.grid.next_boundary(amendment.effective) if waits else amendment.effective
				changes.append((on, amendment, change))
		last_step = min((on for on, _, change in changes if change.final), default=date.max)
		terms = line.history[0].terms
		for on, amendment, change in sorted(changes, key=lambda entry: (entry[0], entry[1].sequence)):
			if on <= day and (amendment.id or on <= last_step):
				price, quantity, discount = change.price, change.quantity, change.discount
				terms = Terms(
					terms.price if price is None else price,
					terms.quantity if quantity is None else quantity,
					terms.discount if discount is None else discount,
				)
		return terms

	def cost_by_terms(self, line: ContractLine, period: Period) -> dict[Terms, Fraction]:
		"""The exact cost of ``period`` under each of the line's terms."""
		days = self.charged(line, period)
		if not days:
			return {}
		first = self.terms_on(line, days[0])
		undivided = {first: first.amount * line.price_factor}
		if line.one_off:
			return undivided
		stub = [day for day in days_of(period) if day >= line.start]
		# a successor goes on where its predecessor ended, and is no beginning
		policy = FirstPeriod.PRORATE if line.replaces else self.contract.first_period
		if len(stub) < period.days and policy is FirstPeriod.FREE:
			return {}
		if self.contract.proration is Proration.NONE:
			return undivided
		counted = stub if policy is FirstPeriod.FULL else days_of(period)
		whole = sum((self._weight(line, day) for day in counted), Fraction(0))
		if not whole:
			return undivided
		costs: dict[Terms, Fraction] = {}
		for day in days:
			terms = self.terms_on(line, day)
			share = self._weight(line, day) / whole
			costs[terms] = costs.get(terms, Fraction(0)) + terms.amount * line.price_factor * share
		return costs

	def _weight(self, line: ContractLine, day: date) -> Fraction:
		"""How much a day counts, up to a factor that is the same for all days of a period."""
		assert line.grid is not None
		convention = self.contract.proration
		if not line.grid.interval.months or convention in (Proration.ACTUAL, Proration.ACTUAL_360):
			return Fraction(1)
		last = monthrange(day.year, day.month)[1]
		if convention is Proration.THIRTY_360:
			return Fraction(0 if day.day == 31 else 31 - last if day.day == last and last < 30 else 1)
		begin = clamped(day.year * 12 + day.month - 1, line.grid.day)
		shift = 0 if begin <= day else -1
		months = day.year * 12 + day.month - 1 + shift
		return Fraction(1, (clamped(months + 1, line.grid.day) - clamped(months, line.grid.day)).days)
