"""Monthly recurring revenue, from the terms in force."""

from __future__ import annotations

from fractions import Fraction

import pytest
from builders import (
	MONTH,
	QUARTER,
	WEEK,
	YEAR,
	added,
	amended,
	amendment,
	change,
	contract,
	d,
	end,
	line,
	one_off,
)

from billing_ext.core.metrics import line_mrr, mrr
from billing_ext.core.period import Interval, Unit


@pytest.mark.parametrize(
	("priced", "expected"),
	[
		(line("2024-01-01", "500"), "500"),
		(line("2024-01-01", "500", quantity="3", discount="10"), "1350"),
		(line("2024-01-01", "1000", interval=QUARTER), "1000/3"),
		(line("2024-01-01", "12000", interval=YEAR), "1000"),
		(line("2024-01-01", "12000", interval=MONTH, price_period=YEAR), "1000"),
		(line("2024-01-01", "12", interval=WEEK), "52"),  # 12 × 52/12
		(line("2024-01-01", "24", interval=Interval(2, Unit.WEEK)), "52"),
		(line("2024-01-01", "12", interval=Interval(1, Unit.DAY)), "365"),  # 12 × 365/12
		(line("2024-01-01", "360", interval=Interval(30, Unit.DAY)), "365"),
		(one_off("2024-01-01", "9999"), "0"),
	],
)
def test_a_month_s_worth(priced, expected):
	"""Any cadence counts as a twelfth of its year, and a one-off not at all."""
	assert line_mrr(priced, d("2024-06-15")) == Fraction(expected)


def test_from_the_first_day_to_the_last():
	"""A line counts on each of its days of service and on no other."""
	ended = line("2024-01-10", "500", end=d("2024-03-01"))
	days = ["2024-01-09", "2024-01-10", "2024-02-29", "2024-03-01"]
	assert [line_mrr(ended, d(day)) for day in days] == [0, 500, 500, 0]


def test_movements_are_amendments():
	"""An upgrade counts from its day in full, whatever part of it is billed."""
	agreed = contract(line("2024-01-01", "500"), line("2024-01-01", "90", "L2"))
	changed = amended(agreed, amendment("2024-06-16", change(price="750"), end("2024-06-15", "L2")))
	assert [mrr(changed, d(day)) for day in ("2024-06-15", "2024-06-16")] == [590, 750]


def test_another_cadence_at_the_same_price_is_no_movement():
	"""From 500 a month to 6000 a year nothing grows and nothing churns."""
	agreed = contract(line("2024-01-01", "500"))
	yearly = amended(agreed, added(line("2024-06-16", "6000", "L2", interval=YEAR, replaces="L1")))
	assert mrr(yearly, d("2024-06-15")) == mrr(yearly, d("2024-06-16")) == 500
