"""Kill Bill: a bill cycle day, half-open periods, days over the days of the period."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from billing_ext.core.contract import Amendment, ContractLine, EndLine, Timing
from billing_ext.core.period import Grid, Period
from billing_ext.core.proration import Proration
from conformance.translate import FACTORS, ONE_DAY, Story, day, interval, plan, segments
from conformance.verdicts import Answer, Case, adapter

ACTUAL = "actual days, billing day"


def _grid(start: date, name: str, billing_day: int) -> Grid:
	every = interval(name)
	return Grid.anchored(start, every, billing_day if every.months else 0)


def _line(case: Case, price: str = "1", timing: Timing = Timing.IN_ADVANCE) -> ContractLine:
	given = case["input"]
	start = day(given["start"])
	end = day(given["end"]) if given.get("end") else None
	grid = _grid(start, given["billing_period"], given["bill_cycle_day"])
	return plan(start, price, grid, timing=timing, end=end)


def _timing(case: Case) -> Timing:
	return Timing.IN_ARREARS if case["input"].get("billing_mode") == "IN_ARREAR" else Timing.IN_ADVANCE


@adapter("kb", "billing_mode target", "number_of_billing_cycles")
def cycles(case: Case) -> Iterator[Answer]:
	"""How many billing periods are billed by a date, with each item's share."""
	story = Story.of(_line(case, timing=_timing(case)), currency=FACTORS)
	charges = story.bill(day(case["input"]["target"]))
	items = [[charge.service.start, charge.service.end, charge.amount] for charge in charges]
	total = sum((charge.amount for charge in charges), FACTORS.zero)
	yield Answer(ACTUAL, {"number_of_billing_cycles": total, "derived_items": items})


@adapter("kb", "billing_mode target", "service_periods_half_open")
def service_periods(case: Case) -> Iterator[Answer]:
	"""The periods billed by a date."""
	charges = Story.of(_line(case, timing=_timing(case))).bill(day(case["input"]["target"]))
	services = [[charge.service.start, charge.service.end] for charge in charges]
	yield Answer(ACTUAL, {"service_periods_half_open": services})


@adapter("kb", "billing_mode target start bill_cycle_day")
def billing_dates(case: Case) -> Iterator[Answer]:
	"""First, last and next billing date, and the day up to which is billed.

	Kill Bill's greedy arrears bill the period that the day before lies in: our advance billing, run for that day.
	"""
	given = case["input"]
	target, greedy = day(given["target"]), given["billing_mode"] == "IN_ARREAR_GREEDY"
	line = _line(case, timing=_timing(case))
	charges = Story.of(line).bill(target - ONE_DAY if greedy else target)
	through = max((charge.service.end for charge in charges), default=line.start)
	first = line.grid.next_boundary(line.start)
	yield Answer(
		"in advance, run for the day before" if greedy else line.timing.value.lower(),
		{
			"first_billing_cycle_date": first,
			"effective_end_date": through,
			"last_billing_cycle_date": line.grid.period_at(through).start,
			"next_billing_cycle_date": line.grid.period_at(through).end,
			"has_something_to_bill": bool(charges) or first <= target,
		},
	)


@adapter("kb", "periods start bill_cycle_day", "first_billing_cycle_date")
def first_billing_dates(case: Case) -> Iterator[Answer]:
	"""The first billing date by billing period."""
	given = case["input"]
	start = day(given["start"])
	dates = {
		name: _grid(start, name, given["bill_cycle_day"]).next_boundary(start) for name in given["periods"]
	}
	yield Answer(ACTUAL, {"first_billing_cycle_date": dates})


@adapter("kb", "targets start bill_cycle_day", "cycles_billed")
def walk(case: Case) -> Iterator[Answer]:
	"""Periods billed as time passes."""
	line = _line(case)
	billed = [Story.of(line).bill(day(target)) for target in case["input"]["targets"]]
	starts = [charge.service.start for charge in billed[-1]][: len(case["expected"]["period_starts"])]
	yield Answer(ACTUAL, {"cycles_billed": [len(charges) for charges in billed], "period_starts": starts})


@adapter("kb", "from to convention", "leading_factor")
def factors(case: Case) -> Iterator[Answer]:
	"""The share of a period that ends, and of one that begins, with the days given."""
	given = case["input"]
	part = Period(day(given["from"]), day(given["to"]))
	fixed = "fixed" in given["convention"]
	convention = Proration.THIRTY_360 if fixed else Proration.ACTUAL
	every = interval(given["billing_period"])
	found = {}
	for name, anchor in (("leading_factor", part.end), ("trailing_factor", part.start)):
		line = plan(part.start, "1", Grid.anchored(anchor, every), end=part.end)
		story = Story.of(line, currency=FACTORS, proration=convention)
		(segment,) = segments(story.contract, Period(line.grid.period_at(part.start).start, part.end))
		found |= {name: segment.amount, "days": segment.days}
	yield Answer(convention.value.lower(), found, reason=_FIXED if fixed else "")


@adapter("kb", "price fixed_days_in_month", "items")
def fixed_month_items(case: Case) -> Iterator[Answer]:
	"""Invoice items of a plan that may be cancelled inside a paid period."""
	given = case["input"]
	story = Story.of(_line(case, given["price"]), proration=Proration.THIRTY_360)
	if cancel := given.get("cancel"):
		story.bill(day(cancel) - ONE_DAY)
		story.amend(Amendment("cancel", day(cancel), (EndLine("plan", day(cancel) - ONE_DAY),)))
		story.bill(day(cancel))
	else:
		story.bill(story.contract.lines[0].start)
	items = [[charge.service.start, charge.service.end, charge.amount] for charge in story.charges]
	credit = sum((-charge.amount for charge in story.charges if charge.amount < 0), Decimal(0))
	yield Answer("30/360", {"items": items, "credit_to_account_balance": credit}, _FIXED)


_FIXED = (
	"Kill Bill corrects the actual days by the length of the first month only; ours counts every month as 30 days, "
	"so that the parts of a period add up"
)
