"""The calendar, enumerated whole: every start of a leap cycle, every interval that users can choose."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from itertools import pairwise

import pytest
from builders import MONTH, QUARTER, WEEK, YEAR, d, span

from billing_ext.core.errors import DomainError
from billing_ext.core.period import Grid, Interval, Period, Unit, add_months, clamped

FIRST, LAST = date(2023, 3, 1), date(2027, 2, 28)
ANCHORS = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
"""Every day of four years, one of them a leap year."""
INTERVALS = [
	*(Interval(count, Unit.MONTH) for count in (1, 2, 3, 4, 5, 7, 18, 24)),
	*(Interval(1, unit) for unit in Unit),
	*(Interval(count, Unit.WEEK) for count in (2, 4)),
	*(Interval(count, Unit.DAY) for count in (2, 10, 30)),
]
names = pytest.mark.parametrize("interval", INTERVALS, ids=lambda every: f"{every.count}-{every.unit.value}")


@names
def test_every_anchor_tiles(interval):
	"""No day is billed twice and none is left out; the billing day comes back after every short month."""
	for anchor in ANCHORS:
		grid = Grid.anchored(anchor, interval)
		starts = [grid.boundary(index) for index in range(-3, 15)]
		assert starts[3] == anchor
		assert all(before < after for before, after in pairwise(starts))
		if interval.months:
			assert all(
				start.day == min(anchor.day, monthrange(start.year, start.month)[1]) for start in starts
			)
		else:
			assert {(after - before).days for before, after in pairwise(starts)} == {interval.days}
		assert grid.period(0) == Period(starts[3], starts[4])


@pytest.mark.parametrize("day", range(1, 32))
def test_twelve_months_are_a_year(day):
	"""A monthly and a yearly contract with the same billing day renew on the same date, whatever the year."""
	for month in range(1, 13):
		anchor = clamped(2024 * 12 + month - 1, day)
		monthly, yearly = Grid.anchored(anchor, MONTH, day), Grid.anchored(anchor, YEAR, day)
		assert all(monthly.boundary(12 * k) == yearly.boundary(k) for k in range(-9, 10))


@names
def test_every_day_finds_its_period(interval):
	"""Any date, before the start too, lies in the period that is looked up for it."""
	for anchor in (d("2024-02-29"), d("2023-12-31"), d("2024-01-30"), d("2024-06-15")):
		grid = Grid.anchored(anchor, interval)
		day = d("2022-11-27")
		index = grid.index_at(day)
		assert grid.boundary(index) <= day
		while day < d("2027-03-02"):
			index += grid.boundary(index + 1) == day
			assert grid.index_at(day) == index
			day += timedelta(days=1)


@names
def test_period_at_and_next_boundary(interval):
	"""The first billing date on or after a day is that day only if it is one."""
	grid = Grid.anchored(d("2024-01-31"), interval)
	for number in range(-400, 800):
		day = d("2024-01-31") + timedelta(days=number)
		period = grid.period_at(day)
		assert period.start <= day < period.end
		assert period == grid.period(grid.index_at(day))
		assert grid.next_boundary(day) == (day if day == period.start else period.end)


@pytest.mark.parametrize("billing_day", range(1, 32))
def test_on_billing_day(billing_day):
	"""A contract that begins before its billing day is first aligned in the same month, else in the next."""
	for start in ANCHORS:
		grid = Grid.on_billing_day(start, QUARTER, billing_day)
		first = grid.boundary(0)
		month = start.year * 12 + start.month - 1
		assert first == min(
			day for day in (clamped(month, billing_day), clamped(month + 1, billing_day)) if day >= start
		)
		assert (first - start).days <= 31


@names
def test_on_calendar(interval):
	"""Calendar periods are the calendar's own: quarters begin in January, April, July and October."""
	for start in ANCHORS[::11]:
		grid = Grid.on_calendar(start, interval)
		if interval.months:
			assert grid.boundary(0) == date(start.year, 1, 1)
			assert grid.period_at(start).start.day == 1
		else:
			assert grid.boundary(0) == start


def test_periods_from_goes_on_without_end():
	"""The periods of a start inside one begin with that one."""
	periods = Grid.anchored(d("2024-01-31"), MONTH).periods_from(d("2024-02-10"))
	assert [next(periods) for _ in range(3)] == [
		span("2024-01-31", "2024-02-29"),
		span("2024-02-29", "2024-03-31"),
		span("2024-03-31", "2024-04-30"),
	]


def test_leap_day():
	"""A year that begins on 29 February begins on the 28th in common years and on the 29th in leap years."""
	grid = Grid.anchored(d("2024-02-29"), YEAR)
	assert [str(grid.boundary(k)) for k in range(5)] == [
		"2024-02-29",
		"2025-02-28",
		"2026-02-28",
		"2027-02-28",
		"2028-02-29",
	]


def test_a_start_on_the_last_day_of_february_means_the_28th_unless_the_last_day_is_chosen():
	"""Whoever starts on 28 February is billed on the 28th, or on month ends if he says so."""
	assert Grid.anchored(d("2023-02-28"), MONTH).boundary(1) == d("2023-03-28")
	assert Grid.anchored(d("2023-02-28"), MONTH, 31).boundary(1) == d("2023-03-31")


def test_intersect_and_last_day():
	"""The last day of service is printed, not the day after it."""
	month = span("2024-02-01", "2024-03-01")
	assert (month.days, month.last_day) == (29, d("2024-02-29"))
	assert month.intersect(span("2024-02-20", "2024-04-01")) == span("2024-02-20", "2024-03-01")
	assert month.intersect(span("2024-03-01", "2024-04-01")) is None


def test_add_months_clamps():
	"""A month after 31 January is the last of February."""
	assert add_months(d("2024-01-31"), 1) == d("2024-02-29")
	assert add_months(d("2024-03-31"), -1) == d("2024-02-29")


@pytest.mark.parametrize("interval", [YEAR, WEEK])
def test_the_calendar_ends(interval):
	"""Beyond the year 9999 there is an error with a name, not a crash."""
	with pytest.raises(DomainError) as error:
		Grid.anchored(d("9990-01-01"), interval).boundary(10_000)
	assert error.value.code == "calendar_end"


@pytest.mark.parametrize(
	("make", "code"),
	[
		(lambda: Interval(0, Unit.MONTH), "interval_count"),
		(lambda: Grid.anchored(d("2024-01-01"), MONTH, 32), "billing_day"),
		(lambda: Grid.on_billing_day(d("2024-01-01"), MONTH, 0), "billing_day"),
	],
)
def test_impossible_calendars_are_refused(make, code):
	"""An interval of nothing or a 32nd is refused by name."""
	with pytest.raises(DomainError) as error:
		make()
	assert error.value.code == code
	assert code in str(error.value)
