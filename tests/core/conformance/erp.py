"""Business suites and what users of them reported: ERPNext, OCA, Oracle, Salesforce, Zuora, Samsung, Sentry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from billing_ext.core.billing import due_date, next_due
from billing_ext.core.contract import ContractLine, Timing
from billing_ext.core.money import Currency
from billing_ext.core.period import Grid, Interval, Period, Unit
from billing_ext.core.proration import Proration
from conformance.translate import (
	CENTS,
	ONE_DAY,
	Story,
	credit_and_charge,
	day,
	exact,
	fraction_of_periods,
	half_open,
	inclusive,
	interval,
	plan,
	segments,
)
from conformance.verdicts import Answer, Case, adapter

MONTHLY = Interval(1, Unit.MONTH)
LAST_DAY = (
	"OCA's month-end invoices in arrears are dated the last day of service; ours are due the day after it"
)
TIME = "Samsung turns a credit into days of the new plan; with us a credit is money and the billing day stays"
_RULES = {"monthly": MONTHLY, "monthlylastday": MONTHLY, "yearly": Interval(1, Unit.YEAR)}
_RULES |= {
	"quarterly": Interval(1, Unit.QUARTER),
	"weekly": Interval(1, Unit.WEEK),
	"daily": Interval(1, Unit.DAY),
}
_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


@adapter("erp", "start interval interval_count follow_calendar_months", "current_invoice_end")
def erpnext_calendar(case: Case) -> Iterator[Answer]:
	"""A first period that ends with the calendar's quarter."""
	given = case["input"]
	start, every = day(given["start"]), Interval(given["interval_count"], Unit(given["interval"]))
	grid = Grid.on_calendar(start, every) if given["follow_calendar_months"] else Grid.anchored(start, every)
	yield Answer("on the calendar", {"current_invoice_end": grid.period_at(start).last_day})


@adapter("erp", "plan_cost prorate")
def erpnext_cancel(case: Case) -> Iterator[Answer]:
	"""A month in arrears that is cancelled inside it, prorated or not."""
	given = case["input"]
	example = case["expected"].get("example", {"start": "2018-01-01", "cancel": "2018-01-10"})
	start, end = day(example["start"]), day(example["cancel"]) + ONE_DAY
	convention = Proration.ACTUAL if given["prorate"] else Proration.NONE
	line = plan(start, given["plan_cost"], Grid.anchored(start, MONTHLY), timing=Timing.IN_ARREARS, end=end)
	(charge,) = Story.of(line, proration=convention).bill(end)
	found = {**example, "amount": charge.amount}
	yield Answer(convention.value.lower(), {"grand_total": charge.amount, "example": found})


@adapter("erp", "monthly_rate period_inclusive", "total")
def erpnext_monthly_rate(case: Case) -> Iterator[Answer]:
	"""Months at a monthly rate, the first of them in part."""
	given = case["input"]
	days = inclusive(*given["period_inclusive"])
	story = Story.of(
		plan(days.start, given["monthly_rate"], Grid.on_calendar(days.start, MONTHLY), end=days.end)
	)
	yield Answer(
		"actual days, on the calendar", {"total": sum(charge.amount for charge in story.bill(days.end))}
	)


@adapter("oca", "columns rows", "invoice_date")
def oca_invoice_dates(case: Case) -> Iterator[Answer]:
	"""The invoice date of a period that may be cut short."""
	rows = [dict(zip(case["input"]["columns"], row, strict=True)) for row in case["input"]["rows"]]
	yield Answer("in advance and in arrears", {"invoice_date": [_oca_due(row) for row in rows]}, LAST_DAY)


def _oca_due(row: dict) -> date | None:
	start, rule = day(row["period_start"]), _RULES[row["rule"]]
	every = Interval(rule.count * row["interval"], rule.unit)
	end = day(row["max_date_end"]) + ONE_DAY if row["max_date_end"] else None
	if end is not None and end <= start:
		return None
	grid = Grid.anchored(start, every, 1) if row["rule"] == "monthlylastday" else Grid.anchored(start, every)
	timing = Timing.IN_ADVANCE if row["type"] == "pre-paid" else Timing.IN_ARREARS
	line = plan(start, "1", grid, timing=timing, end=end)
	return due_date(Story.of(line).contract, line, grid.period_at(start))


@adapter("oca", "date_start date_end type rule", "last_date_invoiced")
def oca_run(case: Case) -> Iterator[Answer]:
	"""A contract from its first invoice to its last, run on each invoice date."""
	given = case["input"]
	life = inclusive(given["date_start"], given["date_end"])
	timing = Timing.IN_ADVANCE if given["type"] == "pre-paid" else Timing.IN_ARREARS
	line = plan(
		life.start, "1", Grid.anchored(life.start, _RULES[given["rule"]]), timing=timing, end=life.end
	)
	story, upcoming = Story.of(line, proration=Proration.NONE), []
	charges = story.bill(life.end)
	for charge in charges:
		upcoming.append(next_due(story.contract, {}, charge.due))
	yield Answer(
		"none",
		{
			"last_date_invoiced": [charge.service.last_day for charge in charges],
			"next_date": upcoming,
			"invoices": len(charges),
		},
	)


@adapter("oca", "recurrence start first_invoice", "wanted_factor")
def oca_first_month(case: Case) -> Iterator[Answer]:
	"""The first days of a month-end contract, as users wanted them."""
	start = day(case["input"]["start"])
	line = plan(start, "1", Grid.on_calendar(start, MONTHLY))
	(part,) = segments(Story.of(line).contract, line.grid.period_at(start))
	yield Answer(
		"actual days, on the calendar",
		{"wanted_days": part.service.days, "wanted_factor": f"{part.days}/{part.of_days}"},
	)


@adapter("oracle", "service period_start", "months")
def oracle_months(case: Case) -> Iterator[Answer]:
	"""Months of a service, the last of them in part."""
	service = inclusive(*case["input"]["service"])
	line = plan(service.start, "1", Grid.anchored(service.start, MONTHLY), end=service.end)
	months = fraction_of_periods(segments(Story.of(line).contract, service))
	yield Answer("actual days, from the service's start", {"months": Currency("XXX", 3).round(months)})


@adapter("sfdc", "from to_inclusive list_price cycle_day", "price")
def salesforce_term(case: Case) -> Iterator[Answer]:
	"""A term that begins and ends inside months, in part or as whole months."""
	given = case["input"]
	term = inclusive(given["from"], given["to_inclusive"])
	convention = Proration.ACTUAL if given.get("partial_allowed", True) else Proration.NONE
	grid = Grid.on_billing_day(term.start, MONTHLY, given["cycle_day"])
	line: ContractLine = plan(term.start, given["list_price"], grid, end=term.end)
	parts = segments(
		Story.of(line, proration=convention).contract, Period(grid.period_at(term.start).start, term.end)
	)
	yield Answer(
		convention.value.lower(),
		{
			"pricing_term_count": Currency("XXX", 6).round(fraction_of_periods(parts)),
			"price": CENTS.round(exact(parts)),
		},
	)


@adapter("zuora", "price_per_week term_start billing_day target", "total")
def zuora_weeks(case: Case) -> Iterator[Answer]:
	"""Weeks that are billed on a weekday, the first of them in part; the term renews."""
	given = case["input"]
	start, weekday = day(given["term_start"]), _WEEKDAYS.index(given["billing_day"].lower())
	anchor = start + timedelta(days=(weekday - start.weekday()) % 7)
	story = Story.of(plan(start, given["price_per_week"], Grid.anchored(anchor, interval("weekly"))))
	total = sum(charge.amount for charge in story.bill(day(given["target"])))
	yield Answer("actual days, evergreen", {"total": total})


@adapter("samsung", "old new start change")
def samsung_time(case: Case) -> Iterator[Answer]:
	"""The three ways of a plan change; ours are the charge, with the day of the change still on the old plan, and later."""
	prices = [case["input"][key].split("/")[0] for key in ("old", "new")]
	month = half_open("2023-09-01", "2023-10-01")
	change = day(f"2023-09-{int(case['input']['change'].split()[1]):02}") + ONE_DAY
	charges, _ = credit_and_charge(month, change, (prices[0], 1), (prices[1], 1))
	net = sum(charge.amount for charge in charges)
	renewal = Grid.anchored(month.start, MONTHLY).next_boundary(change)
	found = {
		"INSTANT_PRORATED_CHARGE": f"{net.normalize():f} extra, renew {renewal:%b} {renewal.day}",
		"INSTANT_PRORATED_DATE": "not offered",
		"DEFERRED": f"premium from {renewal:%b} {renewal.day}",
	}
	yield Answer("actual days, from the day after", found, TIME)


@adapter("silver", "old new renewal_day upgrade_day period_days", "expected_ratio")
def days_before_renewal(case: Case) -> Iterator[Answer]:
	"""An upgrade some days before the renewal, as a customer expected it."""
	given = case["input"]
	start = date(2024, 1, 1)
	period = Period(start, start + timedelta(days=given["period_days"]))
	change = period.end - timedelta(days=given["renewal_day"] - given["upgrade_day"])
	(credit, charge), _ = credit_and_charge(period, change, (given["old"], 1), (given["new"], 1))
	yield Answer(
		"actual days, a plan change replaces the line",
		{
			"expected_ratio": f"{charge.segment.days}/{charge.segment.of_days}",
			"credit": -credit.amount,
			"charge": charge.amount,
		},
	)
