"""Lago: inclusive days over the days of the whole period, cents, credit notes with their share of tax."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from billing_ext.core.contract import Amendment, ChangeTerms, EndLine, Timing
from billing_ext.core.period import Grid, Interval, Unit
from conformance.translate import (
	ONE_DAY,
	Story,
	cents,
	day,
	exact,
	inclusive,
	interval,
	plan,
	segments,
	to_cents,
	with_tax,
)
from conformance.verdicts import Answer, Case, adapter

ACTUAL = "actual days"
MONTHLY = Interval(1, Unit.MONTH)
OVERLAP = "Lago's test passes a period whose last day is the first day of the next one; ours never overlap"
REFUND = "the credit note agrees; how much of it is paid back is decided with the payments, not in the core"
DECREASE = (
	"Lago never credits fewer units and bills more units only above the peak; ours credits the decrease"
)


def _grid(given: dict, start: date) -> Grid:
	every = interval(given.get("interval", "monthly"))
	if given.get("billing") == "anniversary":
		return Grid.anchored(day(given.get("subscription_at", given.get("start"))), every)
	if every.months:
		return Grid.on_calendar(start, every)
	return Grid.anchored(start - timedelta(days=start.weekday()), every)


@adapter("lago", "plan_amount_cents", "amount_cents")
def fee(case: Case) -> Iterator[Answer]:
	"""The fee for what is left of a period after its start, a trial, an upgrade or a termination."""
	given = case["input"]
	begin = next(
		given[key] for key in ("started", "upgrade_at", "subscription_at", "period_start") if key in given
	)
	start = day(begin) + timedelta(days=given.get("trial_days", 0))
	grid = _grid(given, day(begin))
	period = grid.period_at(start)
	stated = given.get("period_end") or given.get("period", [None])[-1]
	end = day(stated) + ONE_DAY if stated else period.end
	if "terminated_at" in given:
		end = day(given["terminated_at"]) + ONE_DAY
	if "terminated_by_upgrade_at" in given:
		end = day(given["terminated_by_upgrade_at"])
	story = Story.of(plan(start, cents(given["plan_amount_cents"]), grid, end=min(end, period.end)))
	parts = segments(story.contract, period)
	found = {
		"amount_cents": sum(to_cents(part.amount) for part in parts),
		"precise_amount_cents": Decimal(float(exact(parts) * 100)),
	}
	yield Answer(ACTUAL, found, OVERLAP if stated and day(stated) >= period.end else "")


@adapter("lago", "plans_cents upgrade1 upgrade2")
def upgrades(case: Case) -> Iterator[Answer]:
	"""Each upgrade credits the rest of the plan before it, with its tax, and charges the rest of the next."""
	given = case["input"]
	grid = _grid(given, day(given["start"]))
	first, *others = given["plans_cents"]
	story = Story.of(plan(day(given["start"]), cents(first), grid, "plan1"))
	found = {"inv1": to_cents(story.bill(day(given["start"]))[0].amount)}
	for number, price in enumerate(others, start=2):
		on = day(given[f"upgrade{number - 1}"])
		story.replace_plan(f"plan{number - 1}", plan(on, cents(price), grid, f"plan{number}"))
		credit, charge = sorted(charge.amount for charge in story.bill(on))
		found[f"inv{number}"] = to_cents(charge)
		found[f"credit_note{number - 1}_incl_tax"] = to_cents(with_tax(-credit, given["tax_pct"]))
	yield Answer(f"{ACTUAL}, a plan change replaces the line", found)


@adapter("lago", "monthly_cents yearly_cents subscription_at upgrade_at")
def to_yearly(case: Case) -> Iterator[Answer]:
	"""From monthly to yearly on the same anchor: a credit for the month, a charge for what is left of the year."""
	given = case["input"]
	start, on = day(given["subscription_at"]), day(given["upgrade_at"])
	monthly, yearly = (Grid.anchored(start, interval(name)) for name in ("monthly", "yearly"))
	story = Story.of(plan(start, cents(given["monthly_cents"]), monthly, "monthly"))
	story.bill(on - ONE_DAY)
	story.replace_plan("monthly", plan(on, cents(given["yearly_cents"]), yearly, "yearly"))
	credit, charge = sorted(story.bill(on), key=lambda charge: charge.amount)
	yield Answer(
		f"{ACTUAL}, the new line on the old anchor",
		{
			"credit_note_cents": -to_cents(credit.amount),
			"new_invoice_cents": to_cents(charge.amount),
			"new_period": [charge.service.start, charge.service.last_day],
			"days_billed": charge.segment.days,
			"days_in_period": charge.segment.of_days,
		},
	)


@adapter("lago", "monthly_cents yearly_cents subscription_at downgrade_requested")
def downgrade(case: Case) -> Iterator[Answer]:
	"""A downgrade waits for the end of the paid period."""
	given = case["input"]
	start = day(given["subscription_at"])
	monthly, yearly = (Grid.anchored(start, interval(name)) for name in ("monthly", "yearly"))
	effective = monthly.next_boundary(day(given["downgrade_requested"]))
	story = Story.of(plan(start, cents(given["monthly_cents"]), monthly, "monthly"))
	story.bill(effective - ONE_DAY)
	story.replace_plan("monthly", plan(effective, cents(given["yearly_cents"]), yearly, "yearly"))
	(charge,) = story.bill(effective)
	yield Answer(
		f"{ACTUAL}, at the next boundary",
		{
			"effective": effective,
			"old_plan_stays_until": story.contract.line("monthly").end - ONE_DAY,
			"new_first_fee_cents": to_cents(charge.amount),
			"new_period": [charge.service.start, charge.service.last_day],
			"days": charge.segment.days,
		},
	)


@adapter("lago", "plan_cents tax_pct terminated_at", "credit_note_total_cents")
def termination(case: Case) -> Iterator[Answer]:
	"""The credit note for what is left of a paid month, the day of the termination being used up."""
	given = case["input"]
	last = day(given["terminated_at"])
	paid = (
		inclusive(*given["period"]) if "period" in given else Grid.on_calendar(last, MONTHLY).period_at(last)
	)
	grid = Grid.anchored(paid.start, MONTHLY)
	story = Story.of(plan(paid.start, cents(given["plan_cents"]), grid))
	story.bill(paid.start)
	story.amend(Amendment("end", last, (EndLine("plan", last),)))
	(credit,) = story.bill(last)
	total = with_tax(-credit.amount, given["tax_pct"])
	yield Answer(
		ACTUAL,
		{
			"unused_days": credit.service.days,
			"item_cents": -to_cents(credit.amount),
			"tax_cents": to_cents(total + credit.amount),
			"credit_note_total_cents": to_cents(total),
		},
		incomparable=REFUND if "refund_cents" in case["expected"] else "",
	)


@adapter("lago", "billing subscription_at pay_in_advance", "bill_dates")
def bill_dates(case: Case) -> Iterator[Answer]:
	"""When is billed, and for which days."""
	given, theirs = case["input"], case["expected"]
	start = day(given["subscription_at"])
	timing = Timing.IN_ADVANCE if given["pay_in_advance"] else Timing.IN_ARREARS
	story = Story.of(plan(start, "1", _grid(given, start), timing=timing))
	charges = story.bill(day(theirs["bill_dates"][-1]))
	yield Answer(
		timing.value.lower(),
		{
			"bill_dates": [charge.due for charge in charges],
			"periods_inclusive": [[charge.service.start, charge.service.last_day] for charge in charges],
		},
	)


@adapter("lago", "interval billing subscription_at")
def periods_when_billed(case: Case) -> Iterator[Answer]:
	"""The period that is over on a day: fields such as period_when_billed_2025-02-28."""
	grid = _grid(case["input"], day(case["input"]["subscription_at"]))
	found: dict[str, object] = {}
	for key in case["expected"]:
		name, _, billed_on = key.partition("_when_billed_")
		if billed_on:
			period = grid.period(grid.index_at(day(billed_on)) - 1)
			found[key] = period.last_day if name == "period_end" else [period.start, period.last_day]
			found["days_in_that_period"] = period.days
	yield Answer("anniversary", found)


@adapter("lago", "plan_fee_cents usage_cents already_billed start", "fees")
def beside_usage(case: Case) -> Iterator[Answer]:
	"""A plan's fee in arrears for part of a month, beside usage that was billed before."""
	given = case["input"]
	end = day(given["upgrade"]) if "upgrade" in given else day(given["terminate"]) + ONE_DAY
	start = day(given["start"])
	line = plan(start, cents(given["plan_fee_cents"]), _grid(given, start), timing=Timing.IN_ARREARS, end=end)
	(charge,) = Story.of(line).bill(end)
	fees = to_cents(charge.amount) + given["usage_cents"]
	yield Answer(f"{ACTUAL}, in arrears", {"fees": fees, "total": fees - given["already_billed"]})


@adapter("lago", "unit_price_cents units prorated in_advance", "invoices_cents")
def units(case: Case) -> Iterator[Answer]:
	"""Units that change within a period and count for all of it: our change from the period's first day."""
	given = case["input"]
	start = day("2024-01-01")
	first, *others = given["units"]
	story = Story.of(
		plan(start, cents(given["unit_price_cents"]), Grid.anchored(start, MONTHLY), quantity=first)
	)
	totals = [sum(to_cents(charge.amount) for charge in story.bill(start))]
	for number, quantity in enumerate(others, start=1):
		change = ChangeTerms("plan", quantity=Decimal(quantity))
		story.amend(Amendment(f"A{number}", start, (change,), number))
		totals.append(sum(to_cents(charge.amount) for charge in story.bill(start + ONE_DAY)))
	yield Answer("changed from the period's first day", {"invoices_cents": totals}, DECREASE)
