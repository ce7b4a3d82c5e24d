"""Engines for software subscriptions: Flexprice, Meteroid, Autumn, Chargebee, Stripe."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from billing_ext.core.contract import Amendment, ChangeTerms, CreditHandling
from billing_ext.core.invoicing import DocumentKind
from billing_ext.core.period import Grid, Interval, Period, Unit
from billing_ext.core.simulation import Books
from conformance.translate import (
	ONE_DAY,
	Story,
	credit_and_charge,
	day,
	grid_of,
	half_open,
	inclusive,
	interval,
	plan,
	to_cents,
)
from conformance.verdicts import Answer, Case, adapter

SUCCESSOR = "actual days, a plan change replaces the line"


@adapter("flex", "period unit anchor current_period_start", "next_billing_date")
def flexprice_next(case: Case) -> Iterator[Answer]:
	"""The next billing date of an anniversary."""
	given = case["input"]
	grid = Grid.anchored(day(given["anchor"]), interval(given["period"], given["unit"]))
	yield Answer("anniversary", {"next_billing_date": grid.period_at(day(given["current_period_start"])).end})


@adapter("flex", "rows period", "next_billing_date")
def flexprice_calendar(case: Case) -> Iterator[Answer]:
	"""The first day of the month some months on, for rows of a date and a number of months."""
	given = case["input"]
	name = given["period"].split()[0]
	dates = [
		Grid.anchored(day(start), interval(name, times), 1).period(0).end for start, times in given["rows"]
	]
	yield Answer("billing day the first", {"next_billing_date": dates})


@adapter("flex", "period_inclusive change old new", "credit")
def flexprice_change(case: Case) -> Iterator[Answer]:
	"""A credit and a charge for the rest of a paid period."""
	given = case["input"]
	old, new = (given["old"], given.get("old_qty", 1)), (given["new"], given.get("new_qty", 1))
	charges, _ = credit_and_charge(inclusive(*given["period_inclusive"]), day(given["change"]), old, new)
	credit, charge = (charge.amount for charge in charges)
	yield Answer(SUCCESSOR, {"credit": credit, "charge": charge, "net": credit + charge})


@adapter("met", "period_end_exclusive change old new", "lines_cents")
def meteroid_change(case: Case) -> Iterator[Answer]:
	"""A credit and a charge for the rest of a paid period, none for a change at its end."""
	given = case["input"]
	period = half_open(*given["period_end_exclusive"])
	charges, _ = credit_and_charge(period, day(given["change"]), (given["old"], 1), (given["new"], 1))
	lines = [to_cents(charge.amount) for charge in charges]
	yield Answer(SUCCESSOR, {"lines_cents": lines, "net_cents": sum(lines)})


@adapter("met", "one_time qty change", "net_cents")
def meteroid_one_time(case: Case) -> Iterator[Answer]:
	"""A one-time fee is charged in full whenever it is added."""
	given = case["input"]
	on = day(given["change"])
	(charge,) = Story.of(plan(on, given["one_time"], None, quantity=given["qty"])).bill(on)
	yield Answer("one-off line", {"net_cents": to_cents(charge.amount)})


@adapter("aut", "anchor now interval_months", "cycle_end")
def autumn_cycle(case: Case) -> Iterator[Answer]:
	"""The end of the current cycle. Our days are theirs from the anchor's hour to the same hour of the next day."""
	given = case["input"]
	anchor, now = datetime.fromisoformat(given["anchor"]), datetime.fromisoformat(given["now"])
	hour = timedelta(hours=anchor.hour, minutes=anchor.minute)
	grid = Grid.anchored(anchor.date(), Interval(given["interval_months"], Unit.MONTH))
	end = grid.period_at((now - hour).date()).end
	yield Answer("days counted from the anchor's hour", {"cycle_end": f"{end}T{given['anchor'][11:]}"})


@adapter("cb", "old new period change", "net_credit")
def chargebee_downgrade(case: Case) -> Iterator[Answer]:
	"""A downgrade whose credit is deducted from the next invoice."""
	given = case["input"]
	period, change = half_open(*given["period"]), day(given["change"])
	story = Story.of(
		plan(period.start, given["old"], grid_of(period)), credit_handling=CreditHandling.NEXT_INVOICE
	)
	books = Books()
	books.run(story.contract, period.start)
	story.amend(Amendment("down", change, (ChangeTerms("plan", price=Decimal(given["new"])),)))
	used, remaining = _parts(story, period)
	(first,) = books.run(story.contract, period.end)
	(second,) = books.run(story.contract, grid_of(period).period(1).end)
	net = first.rows[0].charges[1].amount
	yield Answer(
		"actual days, deducted from the next invoice",
		{
			"used": used,
			"credit": Decimal(given["old"]) - used,
			"new_remaining": remaining,
			"net_credit": -net,
			f"next_invoice_{period.end}": first.amount if first.kind is DocumentKind.INVOICE else None,
			"following": second.amount,
		},
	)


def _parts(story: Story, period: Period) -> list[Decimal]:
	"""What the period's stretches cost."""
	return [charge.amount for charge in story.bill(period.start) if charge.period == period]


@adapter("cb", "unit qty period change", "used_days")
def chargebee_quantity(case: Case) -> Iterator[Answer]:
	"""Fewer units from a day on, or from the day after where the day of the change is still used."""
	given = case["input"]
	period, change = half_open(*given["period"]), day(given["change"])
	before, after = given["qty"]
	for setting, effective in (
		("from the day of the change", change),
		("from the day after", change + ONE_DAY),
	):
		story = Story.of(plan(period.start, given["unit"], grid_of(period), quantity=before))
		(paid,) = _parts(story, period)
		story.charges.clear()
		story.amend(Amendment("qty", effective, (ChangeTerms("plan", quantity=Decimal(after)),)))
		used, new = (charge for charge in story.bill(period.start) if charge.period == period)
		yield Answer(
			f"actual days, {setting}",
			{
				"used_days": used.service.days,
				"used_amount": used.amount,
				"credit": paid - used.amount,
				f"new_for_remaining_{new.service.days}_days": new.amount,
			},
		)


@adapter("stripe", "old new change", "net")
def stripe_change(case: Case) -> Iterator[Answer]:
	"""A change after exactly half of the period, to the day: 15 of 30 days."""
	given = case["input"]
	period = half_open("2024-04-01", "2024-05-01")
	charges, story = credit_and_charge(period, day("2024-04-16"), (given["old"], 1), (given["new"], 1))
	credit, charge = (charge.amount for charge in charges)
	renewal = sum(charge.amount for charge in story.bill(period.end))
	renewed = f"{_plain(renewal + credit + charge)} ({_plain(renewal)} + {_plain(credit + charge)})"
	yield Answer(
		SUCCESSOR,
		{
			"credit": credit,
			"charge": charge,
			"net": credit + charge,
			"then_renewal_invoice": f"{renewed} when not invoiced immediately",
		},
	)


def _plain(amount: Decimal) -> str:
	return f"{amount.normalize():f}"


@adapter("stripe", "anchor interval", "bills_on")
def stripe_anchor(case: Case) -> Iterator[Answer]:
	"""The billing dates of an anchor without a year, in a common year and in a leap year."""
	given = case["input"]
	count = len(case["expected"]["bills_on"])
	every = interval(f"{given['interval']}ly")
	common, leap = (
		[_month_day(Grid.anchored(_anchor(given["anchor"], year), every).boundary(k)) for k in range(count)]
		for year in (2023, 2024)
	)
	names = [
		one if one == other else f"{one} ({other.split()[1]} in leap year)"
		for one, other in zip(common, leap, strict=True)
	]
	yield Answer("anniversary", {"bills_on": names})


def _anchor(text: str, year: int) -> date:
	return datetime.strptime(f"{text} {year}", "%b %d %Y").date()  # noqa: DTZ007


def _month_day(on: date) -> str:
	return f"{on:%b} {on.day}"
