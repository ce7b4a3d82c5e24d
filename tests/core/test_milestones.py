"""The amounts of milestones, and docs/milestones.md recomputed."""

import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_ext.core.milestones import Share, amounts, missing
from billing_ext.core.money import Currency

NOK, JPY = Currency("NOK"), Currency("JPY", 0)
PAGE = (Path(__file__).parents[2] / "docs" / "milestones.md").read_text()


def percent(*values):
	return [Share(percent=Decimal(value)) for value in values]


def as_text(parts):
	return [str(part) for part in parts]


def test_the_page_s_example_adds_up_to_the_price():
	total = Decimal(re.search(r"^Line: ([\d.]+)\.$", PAGE, flags=re.MULTILINE)[1])
	table = re.findall(r"^\| \w+ \| (\d+) % \| ([\d.]+) \| ([\d.]+) \|$", PAGE, flags=re.MULTILINE)
	parts = amounts(total, percent(*(share for share, _, _ in table)), NOK)
	assert as_text(parts) == [amount for _, _, amount in table]
	assert as_text(sum(parts[:n]) for n in (1, 2, 3)) == [so_far for _, so_far, _ in table]
	assert len(table) == 3


def test_rounding_each_share_by_itself_would_be_a_unit_off_here():
	total = Decimal("100.00")
	assert as_text(amounts(total, percent("33.335", "33.335", "33.33"), NOK)) == ["33.34", "33.33", "33.33"]
	assert as_text(amounts(Decimal(100), percent(50, "25.5", "24.5"), JPY)) == ["50", "26", "24"]


def test_amounts_stand_as_they_are_and_shares_around_them_are_of_the_whole_price():
	mixed = [Share(percent=Decimal(25)), Share(amount=Decimal("10.00")), Share(percent=Decimal(50))]
	assert as_text(amounts(Decimal("40.00"), mixed, NOK)) == ["10.00", "10.00", "20.00"]
	assert missing(Decimal("40.00"), mixed, NOK) == 0
	assert missing(Decimal("41.00"), mixed, NOK) == Decimal("0.25")  # 41 - 10 - 30.75


@pytest.mark.parametrize(
	("total", "shares", "left"),
	[
		("0", percent(30, 60), "10"),
		("100", percent(30, 30, 50), "-10"),
		("100", [Share(amount=Decimal(70)), Share(amount=Decimal(20))], "10"),
		("100.00", [Share(amount=Decimal("33.335"))] * 2 + [Share(amount=Decimal("33.33"))], "-0.01"),
		("100.01", [Share(amount=Decimal(100)), Share(amount=Decimal("0.01"))], "0"),
	],
)
def test_what_is_missing_is_told_in_the_unit_of_the_shares(total, shares, left):
	assert missing(Decimal(total), shares, NOK) == Decimal(left)


@given(
	total=st.decimals(0, 10**9, places=2),
	cuts=st.lists(st.decimals(0, 100, places=3), max_size=8),
	digits=st.sampled_from([0, 2, 3]),
)
def test_shares_of_a_hundred_percent_are_the_price_to_the_smallest_unit_and_none_is_negative(
	total, cuts, digits
):
	currency = Currency("XXX", digits)
	price = currency.round(total)
	edges = [Decimal(0), *sorted(cuts), Decimal(100)]
	shares = percent(*(after - before for before, after in pairwise(edges)))
	parts = amounts(price, shares, currency)
	assert missing(price, shares, currency) == 0
	assert sum(parts) == price
	assert min(parts) >= 0
