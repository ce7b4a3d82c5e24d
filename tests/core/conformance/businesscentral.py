"""Microsoft Dynamics 365 Business Central, Subscription Billing: a price per base period, invoices per rhythm."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from billing_ext.core.money import Currency
from billing_ext.core.period import Grid, Interval, Period
from billing_ext.core.proration import Proration
from conformance.translate import Story, date_formula, day, exact, inclusive, plan, segments
from conformance.verdicts import Answer, Case, adapter

DISTANCE = (
	"Business Central's 'align to end of month' keeps a start on the second or third last day at that distance from "
	"the month's end; ours keeps the day of the month, or the last day"
)


def _billing_days(start: date, align: str) -> list[tuple[str, int]]:
	"""Our billing days that come nearest, the nearest first."""
	same_day = ("billing day as the start", 0)
	last = start.day == monthrange(start.year, start.month)[1]
	return [("billing day the last", 31), same_day] if last and align == "end of month" else [same_day]


@adapter("bc", "start period align", "period_end_inclusive")
def next_period(case: Case) -> Iterator[Answer]:
	"""Where the period that begins with a date ends."""
	given = case["input"]
	start = day(given["start"])
	for setting, billing_day in _billing_days(start, given["align"]):
		period = Grid.anchored(start, date_formula(given["period"]), billing_day).period(0)
		yield Answer(
			setting, {"period_end_inclusive": period.last_day, "next_period_start": period.end}, DISTANCE
		)


@adapter("bc", "price price_base_period billing_rhythm line_start bill_to_inclusive", "unit_price")
def unit_price(case: Case) -> Iterator[Answer]:
	"""The price of a stretch that ends inside a period.

	Whole periods are counted from the line's start and the rest over the next period: our months-first convention on
	a grid from the line's start, or a grid of the price's own periods on actual days.
	"""
	given = case["input"]
	base, rhythm = date_formula(given["price_base_period"]), date_formula(given["billing_rhythm"])
	start, checked = day(given["line_start"]), inclusive(*given["checked_line_inclusive"])
	end = inclusive(given["line_start"], given["bill_to_inclusive"]).end
	for setting, billing_day in _billing_days(start, given["align"]):
		for every, convention in ((rhythm, Proration.MONTHS_FIRST), (base, Proration.ACTUAL)):
			grid = Grid.anchored(start, every, billing_day)
			line = plan(start, given["price"], grid, price_period=base, end=end)
			amount = _exact_amount(line.grid, Story.of(line, proration=convention), checked)
			how = f"{convention.value.lower()}, {setting}, billed every {every.count} {every.unit.value.lower()}"
			yield Answer(
				how, {"unit_price": Currency("XXX", 3).round(amount)}, _reason(base, given["align"], start)
			)


def _reason(base: Interval, align: str, start: date) -> str:
	late = start.day > monthrange(start.year, start.month)[1] - 3
	return DISTANCE if align == "end of month" and late else ""


def _exact_amount(grid: Grid, story: Story, checked: Period) -> object:
	within = Period(grid.period_at(checked.start).start, checked.end)
	return exact(segments(story.contract, within))


@adapter("bc", "price period from to_inclusive", "amount")
def amount(case: Case) -> Iterator[Answer]:
	"""The price of some days of one period, on a grid from their first day or on the calendar's."""
	given = case["input"]
	days, every = inclusive(given["from"], given["to_inclusive"]), date_formula(given["period"])
	digits = max(2, -Decimal(case["expected"]["amount"]).as_tuple().exponent)
	for setting, grid in (
		("from the calendar", Grid.on_calendar(days.start, every)),
		("from the first day", Grid.anchored(days.start, every)),
	):
		story = Story.of(plan(days.start, given["price"], grid, end=days.end))
		found = Currency("XXX", digits).round(_exact_amount(grid, story, days))
		yield Answer(f"actual days, {setting}", {"amount": found})
