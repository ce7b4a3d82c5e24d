"""The day-count conventions, on examples that other systems publish and on every cut of a leap cycle's periods."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from builders import MONTH, QUARTER, WEEK, YEAR, d, span

from billing_ext.core.period import Grid, Interval, Period, Unit
from billing_ext.core.proration import Proration, day_count, share

CALENDAR = Grid.on_calendar(d("2019-01-01"), MONTH)


@pytest.mark.parametrize(
	("part", "actual", "actual_360", "thirty_360"),
	[
		# Zuora, "Proration", dates inclusive there
		(span("2019-01-27", "2019-02-01"), "5/31", "5/30", "4/30"),  # 27..31 Jan: 31 weighs nothing
		(span("2019-02-27", "2019-03-01"), "2/28", "2/30", "4/30"),  # 27 and 28 Feb: 28 weighs three
		(span("2019-01-01", "2019-02-01"), "1", "1", "1"),
		(span("2019-02-01", "2019-02-10"), "9/28", "9/30", "9/30"),
	],
)
def test_zuora_s_table(part, actual, actual_360, thirty_360):
	"""The same days cost what the convention of the contract says."""
	shares = [
		share(convention, CALENDAR, CALENDAR.period_at(part.start), part)
		for convention in (Proration.ACTUAL, Proration.ACTUAL_360, Proration.THIRTY_360)
	]
	assert shares == [Fraction(actual), Fraction(actual_360), Fraction(thirty_360)]


def test_months_first():
	"""Half of two years is half the price, though it has a leap day (Kill Bill #1533 charged 20.03 of 40.00)."""
	grid = Grid.anchored(d("2023-03-01"), Interval(2, Unit.YEAR))
	first_year = span("2023-03-01", "2024-03-01")
	assert share(Proration.MONTHS_FIRST, grid, grid.period(0), first_year) == Fraction(1, 2)
	assert share(Proration.ACTUAL, grid, grid.period(0), first_year) == Fraction(366, 731)
	# 1 month and 14 of 31 days, of 3 months
	quarter = Grid.anchored(d("2024-02-01"), QUARTER)
	part = span("2024-02-01", "2024-03-15")
	assert share(Proration.MONTHS_FIRST, quarter, quarter.period(0), part) == (1 + Fraction(14, 31)) / 3


def test_months_first_from_the_31st():
	"""Months that begin on the 31st are counted from clamped month to clamped month."""
	grid = Grid.anchored(d("2024-01-31"), QUARTER)
	part = span("2024-01-31", "2024-03-15")  # 31 Jan..28 Feb = 1 month; 29 Feb..14 Mar = 15 of 31 days
	assert share(Proration.MONTHS_FIRST, grid, grid.period(0), part) == (1 + Fraction(15, 31)) / 3


@pytest.mark.parametrize("convention", Proration)
@pytest.mark.parametrize("interval", [MONTH, QUARTER, YEAR, WEEK, Interval(30, Unit.DAY)])
def test_a_whole_period_costs_the_whole_price(convention, interval):
	"""February costs a month's price under every convention, and so does a week."""
	for number in range(0, 1461, 7):
		grid = Grid.anchored(d("2023-01-01") + timedelta(days=number), interval)
		assert share(convention, grid, grid.period(1), grid.period(1)) == 1


@pytest.mark.parametrize("convention", [Proration.ACTUAL, Proration.THIRTY_360, Proration.MONTHS_FIRST])
@pytest.mark.parametrize("interval", [MONTH, QUARTER, WEEK])
def test_two_parts_of_every_cut_add_up(convention, interval):
	"""Wherever a period is cut, its parts cost what the whole costs."""
	for anchor in (d("2024-01-29"), d("2024-01-30"), d("2024-01-31"), d("2024-02-29"), d("2023-05-15")):
		grid = Grid.anchored(anchor, interval)
		for period in (grid.period(index) for index in range(14)):
			for day in (period.start + timedelta(days=number) for number in range(1, period.days)):
				parts = Period(period.start, day), Period(day, period.end)
				shares = [share(convention, grid, period, part) for part in parts]
				assert sum(shares) == 1
				assert min(shares) >= 0


def test_a_month_has_thirty_days():
	"""Under 30/360 every calendar month has 30 days, cut anywhere."""
	for month in (CALENDAR.period(index) for index in range(48)):
		for day in (month.start + timedelta(days=number) for number in range(1, month.days)):
			counts = [
				day_count(Proration.THIRTY_360, CALENDAR, month, Period(*cut))
				for cut in ((month.start, day), (day, month.end))
			]
			assert sum(days for days, _ in counts) == 30
			assert {of for _, of in counts} == {30}


def test_actual_360_does_not_add_up_and_says_so():
	"""January in two parts costs 31/30 under actual/360: the contract that asks for it gets it."""
	january = CALENDAR.period(0)
	halves = span("2019-01-01", "2019-01-16"), span("2019-01-16", "2019-02-01")
	assert sum(share(Proration.ACTUAL_360, CALENDAR, january, part) for part in halves) == Fraction(31, 30)


def test_weeks_count_actual_days_under_every_convention():
	"""Three days of a week are three sevenths, also where months have thirty days."""
	grid = Grid.anchored(d("2024-01-29"), WEEK)
	part = span("2024-01-30", "2024-02-02")
	for convention in (Proration.ACTUAL, Proration.THIRTY_360, Proration.ACTUAL_360, Proration.MONTHS_FIRST):
		assert share(convention, grid, grid.period(0), part) == Fraction(3, 7)


def test_no_proration():
	"""Without proration any part costs the whole price."""
	assert share(Proration.NONE, CALENDAR, CALENDAR.period(0), span("2019-01-31", "2019-02-01")) == 1


@pytest.mark.parametrize(
	("convention", "grid", "expected"),
	[
		(Proration.ACTUAL, CALENDAR, (15, 31)),
		(Proration.THIRTY_360, CALENDAR, (14, 30)),
		(Proration.ACTUAL_360, CALENDAR, (15, 30)),
		(Proration.MONTHS_FIRST, CALENDAR, (15, 31)),
		(Proration.MONTHS_FIRST, Grid.on_calendar(d("2019-01-01"), QUARTER), None),
		(Proration.NONE, CALENDAR, None),
	],
)
def test_day_count(convention, grid, expected):
	"""The invoice says 15/31 where days tell the share, and nothing where they do not."""
	part = span("2019-01-17", "2019-02-01")
	assert day_count(convention, grid, grid.period(0), part) == expected
