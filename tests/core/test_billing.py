"""What is charged when: examples with their arithmetic."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from builders import (
	JPY,
	MONTH,
	QUARTER,
	YEAR,
	added,
	amended,
	amendment,
	amounts,
	billed,
	change,
	contract,
	d,
	end,
	ledger,
	line,
	one_off,
	span,
	terminate,
)

from billing_ext.core.billing import (
	SAFETY_BOUND,
	ChargeKind,
	billed_through,
	due_date,
	expected,
	ledger_of,
	next_due,
	plan_charges,
)
from billing_ext.core.contract import FirstPeriod, Timing
from billing_ext.core.errors import DomainError
from billing_ext.core.period import Grid, Interval, Unit
from billing_ext.core.proration import Proration
from billing_ext.core.simulation import entry_of

JUNE = contract(line("2024-06-01", "500"))
FROM_THE_20TH = line("2024-01-20", "310", grid=Grid.on_calendar(d("2024-01-20"), MONTH))


def test_the_reference_example():
	"""500 a month, raised to 750 on the 16th of a month of 30 days: +125.00 and then 750.00."""
	first = billed(JUNE, "2024-06-01")
	raised = amended(JUNE, amendment("2024-06-16", change(price="750"), id="raise"))
	correction, july = plan_charges(raised, ledger(first), d("2024-07-01"))
	assert (correction.kind, str(correction.amount)) == (
		ChargeKind.CORRECTION,
		"125.00",
	)  # (750 - 500) × 15/30
	assert correction.service == span("2024-06-16", "2024-07-01")
	assert (correction.sequence, str(correction.billed)) == (2, "500.00")
	assert (july.kind, str(july.amount), july.sequence) == (ChargeKind.RECURRING, "750.00", 1)
	assert july.key == "L1|2024-07-01|1"


def test_a_change_known_before_billing_gives_a_row_for_each_price():
	"""Two prices in one month are two rows, each of which can be recomputed."""
	raised = amended(JUNE, amendment("2024-06-16", change(price="750"), id="raise"))
	charges = billed(raised, "2024-06-01")
	assert amounts(charges) == ["250.00", "375.00"]  # 500 × 15/30, 750 × 15/30
	assert [charge.segment.amendment for charge in charges] == ["", "raise"]
	assert [charge.sequence for charge in charges] == [1, 2]
	assert plan_charges(raised, ledger(charges), d("2024-06-30")) == []


@pytest.mark.parametrize(
	("policy", "january", "february"),
	[
		(FirstPeriod.PRORATE, ["120.00"], ["120.00", "310.00"]),  # 310 × 12/31
		(FirstPeriod.COMBINE, [], ["120.00", "310.00"]),
		(FirstPeriod.FULL, ["310.00"], ["310.00", "310.00"]),
		(FirstPeriod.FREE, [], ["310.00"]),
	],
)
def test_the_first_days(policy, january, february):
	"""From 20 January to the first of February: prorated, with the next invoice, in full or free."""
	agreed = contract(FROM_THE_20TH, first_period=policy)
	assert amounts(billed(agreed, "2024-01-20")) == january
	assert amounts(billed(agreed, "2024-02-01")) == february


def test_combined_first_days_of_a_line_that_ends_in_them_are_billed_alone():
	"""A line that does not live to its first full month is still billed."""
	agreed = contract(replace(FROM_THE_20TH, end=d("2024-01-25")), first_period=FirstPeriod.COMBINE)
	assert amounts(billed(agreed, "2024-01-20")) == ["50.00"]  # 310 × 5/31


def test_full_first_days_are_cut_by_changes():
	"""A full price for the first days is shared by the terms in them."""
	agreed = amended(
		contract(FROM_THE_20TH, first_period=FirstPeriod.FULL), amendment("2024-01-26", change(price="620"))
	)
	assert amounts(billed(agreed, "2024-01-20")) == ["155.00", "310.00"]  # 310 × 6/12, 620 × 6/12


def test_a_31st_alone_costs_the_full_price_under_30_360_too():
	"""A start on the 31st weighs nothing under 30/360; a full first period costs its price nevertheless."""
	start = line("2024-01-31", "310", grid=Grid.on_calendar(d("2024-01-31"), MONTH))
	agreed = contract(start, proration=Proration.THIRTY_360, first_period=FirstPeriod.FULL)
	assert amounts(billed(agreed, "2024-01-31")) == ["310.00"]


def test_in_arrears_a_period_is_billed_when_it_is_over():
	"""What is billed in arrears comes the day after the month, or the day after the service ended."""
	agreed = contract(line("2024-06-01", timing=Timing.IN_ARREARS))
	assert billed(agreed, "2024-06-30") == []
	assert amounts(billed(agreed, "2024-07-01")) == ["500.00"]
	ended = amended(agreed, amendment("2024-06-12", end("2024-06-12")))
	assert amounts(billed(ended, "2024-06-13")) == ["200.00"]  # 500 × 12/30


def test_lead_days_move_the_invoice_and_not_the_amount():
	"""Invoiced two weeks ahead, the amount and the period are the same; arrears do not move."""
	agreed = contract(
		line("2024-06-01"), line("2024-06-01", "10", "L2", timing=Timing.IN_ARREARS), lead_days=14
	)
	(charge,) = billed(agreed, "2024-05-18")
	assert (str(charge.amount), charge.due, charge.service) == (
		"500.00",
		d("2024-05-18"),
		span("2024-06-01", "2024-07-01"),
	)
	assert billed(agreed, "2024-05-17") == []


def test_an_outage_is_caught_up():
	"""After three missed months the next run bills all of them, each on its own row."""
	assert amounts(billed(JUNE, "2024-09-30")) == ["500.00"] * 4


def test_one_off():
	"""A setup fee is billed once, on its day, in full; a termination later does not credit it."""
	agreed = contract(line("2024-06-01"), one_off("2024-06-10", "1000"))
	charges = billed(agreed, "2024-06-10")
	assert [(charge.kind, str(charge.amount)) for charge in charges] == [
		(ChargeKind.RECURRING, "500.00"),
		(ChargeKind.ONE_OFF, "1000.00"),
	]
	ended = amended(agreed, amendment("2024-06-15", terminate("2024-06-15")))
	assert amounts(plan_charges(ended, ledger(charges), d("2024-06-15"))) == ["-250.00"]


def test_from_monthly_to_yearly():
	"""Another cadence is another line: the rest of the month is credited, the year begins."""
	first = billed(JUNE, "2024-06-01")
	yearly = line("2024-06-16", "5000", "L2", interval=YEAR, replaces="L1")
	changed = amended(JUNE, added(yearly))
	assert amounts(plan_charges(changed, ledger(first), d("2024-06-16"))) == ["-250.00", "5000.00"]


def test_termination_credits_what_is_not_used():
	"""Terminated with the 10th as the last day, 20 of June's 30 days come back."""
	ended = amended(JUNE, amendment("2024-06-05", terminate("2024-06-10")))
	(credit,) = plan_charges(ended, ledger(billed(JUNE, "2024-06-01")), d("2024-06-10"))
	assert str(credit.amount) == "-333.33"  # 500 × 10/30 = 166.67, less 500
	assert credit.service == span("2024-06-11", "2024-07-01")


def test_without_proration_a_change_waits_for_the_next_period():
	"""Contracts without proration never bill a part of a price."""
	agreed = contract(line("2024-06-01", "500"), proration=Proration.NONE)
	changed = amended(
		agreed, amendment("2024-06-16", change(price="750")), amendment("2024-07-10", end("2024-07-10"))
	)
	assert amounts(billed(changed, "2024-08-01")) == ["500.00", "750.00"]


def test_a_backdated_raise_corrects_each_billed_month():
	"""A raise from mid-April that is entered in July is billed for April, May and June."""
	agreed = contract(line("2024-04-01", "300"))
	before = billed(agreed, "2024-06-01")
	raised = amended(agreed, amendment("2024-04-16", change(price="600")))
	assert amounts(plan_charges(raised, ledger(before), d("2024-07-01"))) == [
		"150.00",
		"300.00",
		"300.00",
		"600.00",
	]


def test_a_cancelled_amendment_is_taken_back():
	"""When an amendment is cancelled, what it brought is credited, to the øre."""
	raised = amended(JUNE, amendment("2024-06-16", change(price="750")))
	charges = billed(JUNE, "2024-06-01")
	charges += plan_charges(raised, ledger(charges), d("2024-06-16"))
	assert amounts(plan_charges(JUNE, ledger(charges), d("2024-06-20"))) == ["-125.00"]


def test_a_line_whose_amendment_is_cancelled_is_credited():
	"""When the amendment that brought a billed line is cancelled, the line's charges are credited."""
	more = amended(JUNE, added(line("2024-06-01", "80", "L2")))
	charges = billed(more, "2024-06-01")
	(credit,) = plan_charges(JUNE, ledger(charges), d("2024-06-20"))
	assert (credit.line, str(credit.amount), credit.sequence) == ("L2", "-80.00", 2)


def test_a_cancelled_invoice_is_billed_again_under_a_new_number():
	"""Charges released by cancelling their invoice do not count, but their keys stay taken."""
	released = [replace(entry_of(charge), counts=False) for charge in billed(JUNE, "2024-06-01")]
	(again,) = plan_charges(JUNE, ledger_of(released), d("2024-06-01"))
	assert (str(again.amount), again.sequence, again.kind) == ("500.00", 2, ChargeKind.RECURRING)
	assert billed_through(JUNE, JUNE.lines[0], ledger_of(released)) is None
	never = amended(JUNE, amendment("2024-06-01", terminate("2024-05-31")))
	assert plan_charges(never, ledger_of(released), d("2024-06-01")) == []


def test_parts_under_the_same_terms_add_up():
	"""100 yen in three thirds of a month are 33 + 34 + 33, for a discount in between changes what is rounded together."""
	agreed = amended(
		contract(line("2024-06-01", "100"), currency=JPY),
		amendment("2024-06-11", change(quantity="2"), id="A"),
		amendment("2024-06-21", change(quantity="1"), id="B"),
	)
	parts = expected(agreed, agreed.lines[0], span("2024-06-01", "2024-07-01"))
	# 33.3 -> 33; 66.7 -> 67; then 66.7 of both thirds at quantity 1 -> 67, of which 33 were counted
	assert [str(part.amount) for part in parts] == ["33", "67", "34"]


def test_the_safety_bound_stops_a_mistake():
	"""A start mistyped by a century bills nothing instead of thousands of rows."""
	daily = line("1924-06-01", "1", interval=Interval(1, Unit.DAY))
	with pytest.raises(DomainError) as error:
		billed(contract(daily), "2024-06-01")
	assert (error.value.code, error.value.context["bound"]) == ("safety_bound", SAFETY_BOUND)


def test_next_due():
	"""The day on which the contract has to be looked at again."""
	assert next_due(JUNE, {}, d("2024-05-01")) == d("2024-06-01")
	first = ledger(billed(JUNE, "2024-06-01"))
	assert next_due(JUNE, first, d("2024-06-01")) == d("2024-07-01")
	assert next_due(JUNE, ledger(billed(JUNE, "2024-07-01")), d("2024-06-15")) == d("2024-08-01")
	ended = amended(JUNE, amendment("2024-06-12", terminate("2024-06-12")))
	assert next_due(ended, first, d("2024-06-01")) is None


def test_next_due_of_what_costs_nothing():
	"""A free line never falls due; one that becomes free, or that is free for a while, is due while it costs."""
	free = contract(line("2024-06-01", "0"))
	assert next_due(free, {}, d("2024-01-01")) is None
	freed = amended(JUNE, amendment("2024-07-01", change(price="0")))
	assert next_due(freed, {}, d("2024-06-01")) is None
	trial = amended(free, amendment("2024-08-01", change(price="500")))
	assert next_due(trial, {}, d("2024-01-01")) == d("2024-08-01")
	waived = amended(
		JUNE,
		amendment("2024-07-01", change(discount="100")),
		amendment("2024-09-01", change(discount="0"), id="A2"),
	)
	assert next_due(waived, {}, d("2024-06-01")) == d("2024-09-01")


def test_a_price_that_rounds_to_nothing_never_falls_due():
	"""A tenth of an øre a month is not looked at every night; nor are free first days after they are over."""
	assert next_due(contract(line("2024-06-01", "0.001")), {}, d("2024-01-01")) is None
	free_days = contract(FROM_THE_20TH, first_period=FirstPeriod.FREE)
	assert next_due(free_days, {}, d("2024-01-01")) == d("2024-02-01")


def test_billed_through():
	"""The last day that is paid for, free periods included, up to the first gap."""
	(only,) = JUNE.lines
	assert billed_through(JUNE, only, {}) is None
	assert billed_through(JUNE, only, ledger(billed(JUNE, "2024-07-15"))) == d("2024-07-31")
	assert billed_through(JUNE, only, ledger(billed(JUNE, "2024-08-01")[::2])) == d("2024-06-30")
	free = amended(
		JUNE,
		amendment("2024-07-01", change(price="0")),
		amendment("2024-08-01", change(price="500"), id="A2"),
	)
	assert billed_through(free, free.lines[0], ledger(billed(free, "2024-08-01"))) == d("2024-08-31")


def test_billed_through_the_end():
	"""A line that has ended is billed through its last day."""
	ended = amended(JUNE, amendment("2024-07-12", end("2024-07-12")))
	assert billed_through(ended, ended.lines[0], ledger(billed(ended, "2024-08-01"))) == d("2024-07-12")


def test_due_date_of_a_period_without_service():
	"""A period after the line's end is never due."""
	ended = amended(JUNE, amendment("2024-06-12", end("2024-06-12")))
	assert due_date(ended, ended.lines[0], span("2024-07-01", "2024-08-01")) is None


def test_prices_per_year_billed_quarterly():
	"""12,000 a year is 3,000 a quarter, and 3,000 × 46/91 for the part of one."""
	grid = Grid.on_calendar(d("2024-05-16"), QUARTER)
	agreed = contract(line("2024-05-16", "12000", grid=grid, price_period=YEAR))
	assert amounts(billed(agreed, "2024-07-01")) == ["1516.48", "3000.00"]  # 3000 × 46/91 = 1516.4835


def test_a_price_that_cannot_be_spread_is_an_error():
	"""A weekly line with a monthly price cannot be billed."""
	weekly = line("2024-06-01", interval=Interval(1, Unit.WEEK), price_period=MONTH)
	with pytest.raises(DomainError):
		billed(contract(weekly), "2024-06-01")


def test_every_start_bills_twelve_months_a_year():
	"""Whatever the day of the start, a year costs twelve prices."""
	for number in range(366):
		start = date(2024, 1, 1) + timedelta(days=number)
		agreed = contract(line(start.isoformat(), "100"))
		last = agreed.lines[0].grid.boundary(12) - timedelta(days=1)
		assert amounts(billed(agreed, last.isoformat())) == ["100.00"] * 12


def test_a_swap_over_a_tax_change_moves_the_amounts_between_the_rates_though_the_sum_stays():
	agreed = contract(line("2024-06-01", "300", cuts=(d("2024-06-16"),)))
	swapped = amended(
		agreed,
		amendment("2024-06-01", change(price="600"), id="A1"),
		amendment("2024-06-16", change(price="0"), id="A2"),
	)
	charges = plan_charges(swapped, ledger(billed(agreed, "2024-06-01")), d("2024-06-20"))
	assert [(charge.service, str(charge.amount)) for charge in charges] == [
		(span("2024-06-01", "2024-06-16"), "150.00"),
		(span("2024-06-16", "2024-07-01"), "-150.00"),
	]
	assert not plan_charges(swapped, ledger([*billed(agreed, "2024-06-01"), *charges]), d("2024-06-20"))
