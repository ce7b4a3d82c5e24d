"""Cases about a contract's life, whatever system they come from: pauses, ramps, terms, price increases, milestones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from billing_ext.core.amending import amend
from billing_ext.core.billing import expected
from billing_ext.core.contract import (
	Amendment,
	ChangeTerms,
	ContractLine,
	CreditHandling,
	Pause,
	Renew,
	Terms,
)
from billing_ext.core.milestones import Share, amounts, missing
from billing_ext.core.period import Grid, Interval, Period, Unit, add_months
from billing_ext.core.proration import Proration
from billing_ext.core.renewal import last_cancellation_day, percent_factor, renewed_price
from billing_ext.core.simulation import Books
from conformance.translate import (
	CENTS,
	ONE_DAY,
	Story,
	date_formula,
	day,
	grid_of,
	half_open,
	inclusive,
	plan,
)
from conformance.verdicts import Answer, Case, adapter

MONTHLY = Interval(1, Unit.MONTH)
PAUSED = "actual days, a pause"
DISCOUNT = (
	"Zuora rounds the gross price and takes the discount off the rounded amount; ours rounds once, after the discount, "
	"so that a row can be recomputed from its price"
)
SIMPLE_UPLIFT = (
	"ServiceNow adds a year's uplift once for each year of the ramp that ends; ours raises a price once for each "
	"renewal, by the percentage that was agreed for it"
)


def _pauses(*periods: Period) -> list[Amendment]:
	return [
		Amendment(f"pause {number}", period.start, (Pause(None if period.end == date.max else period.end),))
		for number, period in enumerate(periods)
	]


def _billed(story: Story, through: date) -> list[list[object]]:
	return [[charge.service.start, charge.service.end, charge.amount] for charge in story.bill(through)]


@adapter("kb", "rate", "billed")
def pauses(case: Case) -> Iterator[Answer]:
	"""What is billed around days that are known to be paused."""
	given = case["input"]
	first, *others = (half_open(*period) for period in given.get("periods", [given.get("period")]))
	last = others[-1] if others else first
	story = Story.of(plan(first.start, given["rate"], grid_of(first), end=last.end))
	story.amend(*_pauses(*(half_open(*pause) for pause in given.get("pauses", [given.get("pause")]))))
	yield Answer(PAUSED, {"billed": _billed(story, last.end)})


@adapter("kb", "rate period pause_from", "repair")
def pause_of_a_paid_period(case: Case) -> Iterator[Answer]:
	"""The credit for the rest of a paid period that is paused without end, and what is kept."""
	given = case["input"]
	period, paused = half_open(*given["period"]), day(given["pause_from"])
	story = Story.of(plan(period.start, given["rate"], grid_of(period)))
	story.bill(period.start)
	story.amend(*_pauses(Period(paused, date.max)))
	(credit,) = story.bill(paused)
	(kept,) = credit.expected
	found = {"repair": credit.amount, "kept": [kept.service.start, kept.service.end, kept.amount]}
	yield Answer(PAUSED, found | {"conservation": f"{-credit.amount}+{kept.amount}={given['rate']}"})


@adapter("kb", "period amount blocked", "repair")
def blocked_days(case: Case) -> Iterator[Answer]:
	"""Days of a paid period without service are deducted from the next invoice."""
	given = case["input"]
	period, blocked = half_open(*given["period"]), half_open(*given["blocked"])
	line = plan(period.start, given["amount"], Grid.anchored(period.start, MONTHLY, 31))
	story = Story.of(line, credit_handling=CreditHandling.NEXT_INVOICE)
	books = Books()
	books.run(story.contract, period.start)
	story.amend(*_pauses(blocked))
	(invoice,) = books.run(story.contract, period.end)
	recurring, credit = invoice.rows[0].charges
	used = {"recurring": recurring.amount, "cba_used": credit.amount}
	found = {"repair": credit.amount, "cba_credit": -credit.amount, f"next_invoice_{period.end}": used}
	yield Answer("actual days, a pause, deducted from the next invoice", found)


@adapter("kb", "bcd phases")
def phases(case: Case) -> Iterator[Answer]:
	"""A free phase, a cheaper one and the list price: free days and a ramp. The items counted are the cheaper phase's."""
	trial, cheaper, evergreen = case["input"]["phases"]
	start, paid = day(trial["from"]), day(cheaper["from"])
	grid = Grid.anchored(start, MONTHLY, case["input"]["bcd"])
	line = plan(start, cheaper["monthly"], grid, free=(Period(start, paid),))
	story = Story.of(line)
	step = ChangeTerms("plan", price=Decimal(evergreen["monthly"]))
	story.amend(Amendment("", day(evergreen["from"]), (step,)))
	(first,) = _billed(story, day("2012-04-05"))
	(second,) = story.bill(day("2012-04-15"))
	story.bill(day("2012-10-15"))
	items = [charge for charge in story.charges if charge.segment.terms.price == Decimal(cheaper["monthly"])]
	yield Answer(
		"actual days, free days and a ramp",
		{
			"invoice_2012-04-05": first,
			"invoice_2012-04-15": second.amount,
			"items_by_2012-10-15": len(items),
		},
	)


@adapter("zuora", "term ramp_intervals charge amendment")
def ramp_totals(case: Case) -> Iterator[Answer]:
	"""Billed half-yearly on the 10th, reported by calendar year and by price: gross, discount and net."""
	given = case["input"]
	term, raised = inclusive(*given["term"]), day(given["amendment"]["effective"])
	days = [day(row[0]) for row in case["expected"]["gross_discount_net"]] + [term.end]
	grid = Grid.on_billing_day(term.start, date_formula("6M"), 10)
	line = plan(term.start, "100", grid, price_period=MONTHLY, end=term.end, cuts=tuple(days[1:-1]))
	step = Amendment("", raised, (ChangeTerms("plan", price=Decimal(given["amendment"]["price_per_month"])),))
	discounted = replace(
		line.history[0], terms=Terms(Decimal(100), discount=Decimal(given["discount_percent"]))
	)
	gross, net = (_by_interval(one, step, days) for one in (line, replace(line, history=(discounted,))))
	rows = [
		[begin, end - ONE_DAY, whole, less - whole, less]
		for begin, end, whole, less in zip(days, days[1:], gross, net, strict=False)
	]
	yield Answer("months first, a ramp", {"gross_discount_net": rows}, DISCOUNT)


def _by_interval(line: ContractLine, step: Amendment, days: list[date]) -> list[Decimal]:
	story = Story.of(line, proration=Proration.MONTHS_FIRST)
	story.amend(step)
	(line,) = story.contract.lines
	indices = range(line.grid.index_at(days[0]), line.grid.index_at(days[-1]) + 1)
	rows = [row for index in indices for row in expected(story.contract, line, line.grid.period(index))]
	return [
		sum((row.amount for row in rows if begin <= row.service.start < end), Decimal(0))
		for begin, end in pairwise(days)
	]


@adapter("bc", "start initial_term notice_period extension_term")
def term_and_notice(case: Case) -> Iterator[Answer]:
	"""The end of a term and the last day to cancel it, before and after a renewal."""
	given = case["input"]
	start, notice = day(given["start"]), date_formula(given["notice_period"])
	line = plan(start, "1", Grid.anchored(start, MONTHLY), follows_term=True)
	term_end = add_months(start, date_formula(given["initial_term"]).months)
	contract = replace(Story.of(line).contract, start=start, term_end=term_end)
	renewal = Renew(date_formula(given["extension_term"]).months)
	renewed = amend(contract, (Amendment("renewal", term_end, (renewal,)),))

	def found(end: date) -> dict[str, object]:
		return {
			"term_until": end - ONE_DAY,
			"cancellation_possible_until": last_cancellation_day(end, notice),
		}

	yield Answer("a term that renews", {**found(term_end), "after_auto_extension": found(renewed.term_end)})


@adapter("bc", "price_per_base_period base_period billing_rhythm renewal_term", "quote_total")
def renewal_total(case: Case) -> Iterator[Answer]:
	"""What a renewal is worth in all."""
	given = case["input"]
	start = date(2024, 1, 1)
	end = add_months(start, date_formula(given["renewal_term"]).months)
	grid, base = (
		Grid.anchored(start, date_formula(given["billing_rhythm"])),
		date_formula(given["base_period"]),
	)
	story = Story.of(plan(start, given["price_per_base_period"], grid, price_period=base, end=end))
	yield Answer(
		"price per month, billed by the year", {"quote_total": sum(c.amount for c in story.bill(end))}
	)


@adapter("bc", "old_price percent quantity discount_percent", "new_price")
def price_by_percent(case: Case) -> Iterator[Answer]:
	"""A price that is raised by a percentage, and what that changes for the quantity."""
	given = case["input"]
	old = Decimal(given["old_price"])
	new = renewed_price(old, percent_factor(Decimal(given["percent"])), CENTS)
	before, after = (
		CENTS.round(Terms(price, Decimal(given["quantity"]), Decimal(given["discount_percent"])).amount)
		for price in (old, new)
	)
	found = {"new_price": new, "new_amount": after, "additional_amount": after - before}
	yield Answer("renewal, percent", found)


@adapter("oca", "old_price new_price effective never_revise_line", "lines_after")
def price_revision(case: Case) -> Iterator[Answer]:
	"""A new fixed price for one line of two, as a further line that follows the one revised."""
	given = case["input"]
	start, effective = date(2018, 1, 1), day(given["effective"])
	grid = Grid.anchored(start, MONTHLY)
	story = Story.of(*(plan(start, given["old_price"], grid, id) for id in ("revised", "never revised")))
	story.replace_plan("revised", plan(effective, given["new_price"], grid, "successor"))
	(new,) = {charge.amount for charge in story.bill(effective) if charge.line == "successor"}
	yield Answer("a successor line", {"new_price": new, "lines_after": len(story.contract.lines)})


@adapter("snow", "price ramp_years uplift_percent", "renewal_price")
def uplift(case: Case) -> Iterator[Answer]:
	"""The uplift of a renewal."""
	percent = Decimal(case["input"]["uplift_percent"])
	new = renewed_price(Decimal(case["input"]["price"]), percent_factor(percent), CENTS)
	yield Answer("renewal, percent", {"effective_uplift": f"{percent}%", "renewal_price": new}, SIMPLE_UPLIFT)


@adapter("zuora", "schedule_items", "sum_equals_interval_amount")
def schedule(case: Case) -> Iterator[Answer]:
	"""Parts that are billed on their own days add up to the whole."""
	total = Decimal(case["input"]["interval_4_amount"])
	shares = [Share(amount=Decimal(amount)) for _, amount in case["input"]["schedule_items"]]
	whole = missing(total, shares, CENTS) == 0 and sum(amounts(total, shares, CENTS)) == total
	yield Answer("milestones with amounts", {"sum_equals_interval_amount": whole})


@adapter("odoo", "milestones", "total")
def milestones(case: Case) -> Iterator[Answer]:
	"""Each milestone is invoiced when it is reached."""
	start = date(2024, 1, 1)
	shares = [Share(amount=Decimal(amount)) for amount in case["input"]["milestones"].values()]
	total = sum(share.amount for share in shares)
	lines = [
		plan(add_months(start, number), amount, None, id=str(number))
		for number, amount in enumerate(amounts(total, shares, CENTS))
	]
	story = Story.of(*lines)
	billed = [[charge.amount for charge in story.bill(line.start)] for line in lines]
	assert all(len(charges) == 1 for charges in billed)
	yield Answer("milestones with amounts", {"total": sum(amount for (amount,) in billed)})
