"""Which share of a billing period's price a part of the period costs.

Each convention but actual/360 places every day of a period on a ruler from 0 to 1; a part costs the difference of its
ends. So the parts of a period add up to the whole however it is cut, and a full period costs the full price.
"""

from __future__ import annotations

from datetime import date
from enum import Enum
from fractions import Fraction

from billing_ext.core.period import Grid, Period, clamped

WHOLE = Fraction(1)
"""The share of a period that is charged in full."""


class Proration(Enum):
	"""Day-count conventions of a contract; the values are the options that users see."""

	ACTUAL = "Actual Days"
	"""Days of service / days of the period (Kill Bill, Lago, Zuora's actual)."""
	THIRTY_360 = "30/360"
	"""Every month has 30 days (Zuora's strict 30/360): the 31st weighs nothing, 28 February weighs three."""
	ACTUAL_360 = "Actual/360"
	"""Actual days / 30 per month. Parts need not add up to the whole; offered for contracts that say so."""
	MONTHS_FIRST = "Months First"
	"""Whole months count as equal shares, the rest as days of their month (Business Central, Zuora's month first)."""
	NONE = "None"
	"""Periods are charged whole, at the terms of their first day of service; changes wait for the next period."""


def share(convention: Proration, grid: Grid, period: Period, part: Period) -> Fraction:
	"""The share of ``period``'s price that ``part`` costs, exactly; ``part`` lies inside ``period``.

	A whole period costs 1 under every convention. Intervals of days or weeks are counted in actual days under all.
	"""
	if part is period or part == period or convention is Proration.NONE:
		return WHOLE
	if convention is Proration.ACTUAL_360 and grid.interval.months:
		return Fraction(part.days, 30 * grid.interval.months)
	return _position(convention, grid, period, part.end) - _position(convention, grid, period, part.start)


def day_count(convention: Proration, grid: Grid, period: Period, part: Period) -> tuple[int, int] | None:
	"""Numerator and denominator in days as a person would write them; None where days alone do not tell the share."""
	if convention is Proration.NONE or (convention is Proration.MONTHS_FIRST and grid.interval.months > 1):
		return None
	if convention is Proration.ACTUAL_360 and grid.interval.months:
		return part.days, 30 * grid.interval.months
	if convention is Proration.THIRTY_360 and grid.interval.months:
		return _days_360(part), _days_360(period)
	return part.days, period.days


def _position(convention: Proration, grid: Grid, period: Period, day: date) -> Fraction:
	"""Where ``day`` lies in the period, 0 at its start and 1 at its end."""
	if grid.interval.months:
		if convention is Proration.THIRTY_360:
			return Fraction(_days_360(Period(period.start, day)), _days_360(period))
		if convention is Proration.MONTHS_FIRST:
			return _months_position(grid, period, day)
	return Fraction((day - period.start).days, period.days)


def _days_360(part: Period) -> int:
	"""Days between two dates where every month has thirty.

	The position of a day is 30 x months + day - 1; because it is a position, any cut adds up.
	"""
	return _position_360(part.end) - _position_360(part.start)


def _position_360(day: date) -> int:
	return 30 * (12 * day.year + day.month) + day.day - 1


def _months_position(grid: Grid, period: Period, day: date) -> Fraction:
	"""Whole months since the period's start, plus days as a share of the month they lie in, over the period's months."""
	if day == period.end:
		return WHOLE
	first = period.start.year * 12 + period.start.month - 1
	months = day.year * 12 + day.month - 1 - first
	if clamped(first + months, grid.day) > day:
		months -= 1
	start, end = clamped(first + months, grid.day), clamped(first + months + 1, grid.day)
	return (months + Fraction((day - start).days, (end - start).days)) / grid.interval.months
