"""Periods of service and the grid of dates they come from.

Periods are half-open, ``[start, end)``: the end is the first day that no longer belongs. Boundaries are computed from
the anchor and never from each other, so that 31 January is followed by 28 February and by 31 March (Kill Bill, Stripe).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from billing_ext.core.errors import DomainError

ONE_DAY = timedelta(days=1)
_SHORTEST_MONTH = 28
"""Days that every month has."""


class Unit(Enum):
	"""Units of an interval; the values are the options that users see."""

	DAY = "Day"
	WEEK = "Week"
	MONTH = "Month"
	QUARTER = "Quarter"
	HALF_YEAR = "Half-Year"
	YEAR = "Year"


_MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.HALF_YEAR: 6, Unit.YEAR: 12}
_DAYS = {Unit.DAY: 1, Unit.WEEK: 7}


@dataclass(frozen=True, slots=True)
class Interval:
	"""``count`` units of time: every 2 weeks, every 3 months."""

	count: int
	unit: Unit

	def __post_init__(self) -> None:
		if self.count < 1:
			raise DomainError("interval_count", count=self.count)

	@property
	def months(self) -> int:
		"""Length in months; 0 for an interval of days or weeks."""
		return self.count * _MONTHS.get(self.unit, 0)

	@property
	def days(self) -> int:
		"""Length in days; 0 for an interval of months or years."""
		return self.count * _DAYS.get(self.unit, 0)


@dataclass(frozen=True, slots=True, order=True)
class Period:
	"""The days from ``start`` to the day before ``end``."""

	start: date
	end: date

	@property
	def days(self) -> int:
		"""Number of days in it."""
		return (self.end - self.start).days

	@property
	def last_day(self) -> date:
		"""The last day that belongs to it, as printed on documents."""
		return self.end - ONE_DAY

	def intersect(self, other: Period) -> Period | None:
		"""The days that both have, or None."""
		start, end = max(self.start, other.start), min(self.end, other.end)
		return Period(start, end) if start < end else None


def hull(parts: Sequence[Period]) -> Period:
	"""From the first to the last day of ``parts``, which are in order and not none."""
	return parts[0] if len(parts) == 1 else Period(parts[0].start, parts[-1].end)


def without(period: Period, others: Iterable[Period]) -> list[Period]:
	"""What is left of ``period``, in order, when the days of ``others`` are taken out."""
	left = []
	start = period.start
	for other in sorted(others):
		if other.start >= period.end:
			break
		if other.start > start:
			left.append(Period(start, other.start))
		start = max(start, other.end)
	if start < period.end:
		left.append(period if start == period.start else Period(start, period.end))
	return left


def clamped(month_index: int, day: int) -> date:
	"""Day ``day`` of a month counted from year 0, or the month's last day where it has fewer."""
	year, month = divmod(month_index, 12)
	if day > _SHORTEST_MONTH:
		day = min(day, monthrange(year, month + 1)[1])
	return date(year, month + 1, day)


def add_months(day: date, months: int) -> date:
	"""The same day of the month ``months`` later, or that month's last day."""
	return clamped(day.year * 12 + day.month - 1 + months, day.day)


@dataclass(frozen=True, slots=True)
class Grid:
	"""The boundaries of a line's billing periods: ``boundary(0)`` lies in the anchor's month, the rest follow from it.

	``day`` is the wanted day of the month, 1 to 31, where 31 means the last day; day and week grids ignore it.
	"""

	anchor: date
	interval: Interval
	day: int

	@classmethod
	def anchored(cls, anchor: date, interval: Interval, day: int = 0) -> Grid:
		"""A grid whose boundary 0 is ``anchor`` (or day ``day`` of its month)."""
		if day and not 1 <= day <= 31:
			raise DomainError("billing_day", day=day)
		return cls(anchor, interval, day or anchor.day)

	@classmethod
	def on_billing_day(cls, start: date, interval: Interval, day: int) -> Grid:
		"""A grid whose boundary 0 is the first billing day on or after ``start``, less than a month away.

		Kill Bill's first bill cycle date for months; for longer intervals Kill Bill would wait up to a whole interval.
		"""
		if not 1 <= day <= 31:
			raise DomainError("billing_day", day=day)
		month_index = start.year * 12 + start.month - 1
		anchor = clamped(month_index, day)
		return cls(anchor if anchor >= start else clamped(month_index + 1, day), interval, day)

	@classmethod
	def on_calendar(cls, start: date, interval: Interval) -> Grid:
		"""A grid on the calendar's own months, quarters and years; day and week intervals count from ``start``."""
		return cls(date(start.year, 1, 1) if interval.months else start, interval, 1)

	def boundary(self, index: int) -> date:
		"""First day of period ``index``. Raises DomainError ``calendar_end`` beyond the year 9999."""
		try:
			months = self.interval.months
			if not months:
				return self.anchor + timedelta(days=self.interval.days * index)
			return clamped(self.anchor.year * 12 + self.anchor.month - 1 + index * months, self.day)
		except (ValueError, OverflowError):
			raise DomainError("calendar_end", anchor=self.anchor) from None

	def index_at(self, day: date) -> int:
		"""The index of the period that holds ``day``; negative before the anchor."""
		if self.interval.days:
			return (day - self.anchor).days // self.interval.days
		months = (day.year - self.anchor.year) * 12 + day.month - self.anchor.month
		index = months // self.interval.months
		return index if self.boundary(index) <= day else index - 1

	def period(self, index: int) -> Period:
		"""Period ``index``."""
		return Period(self.boundary(index), self.boundary(index + 1))

	def period_at(self, day: date) -> Period:
		"""The period that holds ``day``."""
		return self.period(self.index_at(day))

	def next_boundary(self, day: date) -> date:
		"""The first boundary on or after ``day``."""
		index = self.index_at(day)
		return day if self.boundary(index) == day else self.boundary(index + 1)

	def periods_from(self, day: date) -> Iterator[Period]:
		"""All periods, without end, beginning with the one that holds ``day``."""
		index = self.index_at(day)
		start = self.boundary(index)
		while True:
			index += 1
			end = self.boundary(index)
			yield Period(start, end)
			start = end
