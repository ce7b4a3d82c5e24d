"""Renewal: notice, terms and price rules, with Business Central's published numbers and what a clause promises."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from builders import JPY, NOK, amended, amendment, contract, d, line, one_off, terminate
from hypothesis import given
from hypothesis import strategies as st

from billing_ext.core.contract import DeclineRenewal, EndLine, Renew
from billing_ext.core.errors import DomainError
from billing_ext.core.metrics import mrr
from billing_ext.core.period import ONE_DAY, Interval, Unit, add_months
from billing_ext.core.renewal import (
	IndexClause,
	last_cancellation_day,
	percent_factor,
	renewed_lines,
	renewed_price,
	term_months,
)

DAYS = st.dates(d("2020-01-01"), d("2040-12-31"))
NOTICES = st.builds(Interval, st.integers(1, 12), st.sampled_from([Unit.DAY, Unit.WEEK, Unit.MONTH]))
INDEX = {
	d("2026-02-01"): Decimal("140.0"),
	d("2027-02-01"): Decimal("144.2"),  # + 3 %
	d("2028-02-01"): Decimal("158.62"),  # + 10 %
	d("2029-02-01"): Decimal("150.0"),  # - 5.4 %
}


def clause(**values):
	return IndexClause("KPI", INDEX, d("2026-02-14"), lag=2, **values)


def agreed(**values):
	end = d("2027-04-01")
	monthly = line("2026-04-01", "500", follows_term=True, end=end)
	return contract(monthly, start=d("2026-04-01"), term_end=end, **values)


@pytest.mark.parametrize(
	("term_end", "notice", "expected"),
	[
		("2024-03-01", Interval(1, Unit.MONTH), "2024-01-31"),  # bc-term-feb
		("2025-03-01", Interval(1, Unit.MONTH), "2025-01-31"),  # bc-term-feb, after its extension
		("2027-04-01", Interval(3, Unit.MONTH), "2026-12-31"),
		("2027-05-31", Interval(3, Unit.MONTH), "2027-02-28"),  # the last day is the 30th: February has none
		("2027-04-16", Interval(1, Unit.MONTH), "2027-03-15"),
		("2027-04-01", Interval(30, Unit.DAY), "2027-03-01"),
		("2027-04-01", Interval(2, Unit.WEEK), "2027-03-17"),
		("2027-04-01", None, "2027-03-31"),
	],
)
def test_the_last_day_to_cancel(term_end, notice, expected):
	assert last_cancellation_day(d(term_end), notice) == d(expected)


@given(DAYS, NOTICES)
def test_it_lies_before_the_terms_last_day_and_leaves_the_whole_notice(term_end, notice):
	last = last_cancellation_day(term_end, notice)
	assert last < term_end - ONE_DAY
	until = add_months(last, notice.months) if notice.months else last + timedelta(days=notice.days)
	assert until <= term_end - ONE_DAY


@pytest.mark.parametrize(
	("start", "term_end", "months"),
	[
		("2026-04-01", "2027-04-01", 12),
		("2026-01-31", "2026-02-28", 1),
		("2026-04-01", "2027-04-02", 0),
		("2026-04-01", "2026-04-20", 0),
	],
)
def test_the_length_of_a_term_in_months(start, term_end, months):
	assert term_months(d(start), d(term_end)) == months


def test_a_renewal_carries_on_what_the_term_ended_and_nothing_else():
	end = d("2027-04-01")
	follows = {"follows_term": True, "end": end}
	whole = contract(
		line("2026-04-01", id="goes on", **follows),
		line("2026-04-01", id="its own end", end=end),
		line("2026-04-01", id="ended", **follows),
		line("2026-04-01", id="credit", credit=True, **follows),
		one_off("2026-04-01", "900", id="installation"),
		start=d("2026-04-01"),
		term_end=end,
	)
	ended = amended(whole, amendment("2026-06-01", EndLine("ended", d("2026-08-31"))))
	assert [kept.id for kept in renewed_lines(ended)] == ["goes on"]


def test_a_terminated_contract_has_nothing_to_renew():
	assert renewed_lines(amended(agreed(), amendment("2026-09-01", terminate("2026-08-31")))) == ()


def test_the_second_term_starts_the_day_after_the_first_and_a_renewal_counts_once():
	renewal = amendment("2027-04-01", Renew(12))
	renewed = amended(agreed(), renewal)
	assert (renewed.term_end, renewed.renewed_on) == (d("2028-04-01"), d("2027-04-01"))
	assert [mrr(renewed, d(day)) for day in ("2027-03-31", "2027-04-01", "2028-04-01")] == [500, 500, 0]
	with pytest.raises(DomainError, match="renewal_date"):
		amended(agreed(), renewal, amendment("2027-04-01", Renew(12), id="A2", sequence=1))


def test_a_renewal_without_months_has_no_end():
	assert amended(agreed(), amendment("2027-04-01", Renew())).term_end is None


def test_a_declined_contract_still_ends_with_its_term():
	declined = amended(agreed(), amendment("2027-04-01", DeclineRenewal()))
	assert declined.renewal_declined
	assert [mrr(declined, d(day)) for day in ("2027-03-31", "2027-04-01")] == [500, 0]


def test_business_centrals_price_by_percent():
	"""bc-price-update-3.5: the unit price is rounded first."""
	price = renewed_price(Decimal("99.99"), percent_factor(Decimal("3.5")), NOK)
	assert price == Decimal("103.49")
	assert price * 7 == Decimal("724.43")
	assert (price - Decimal("99.99")) * 7 == Decimal("24.50")


@pytest.mark.parametrize(
	("price", "percent", "currency", "expected"),
	[
		("100", "0.005", NOK, "100.01"),  # half up
		("100", "0.004", NOK, "100.00"),
		("1005", "5", JPY, "1055"),  # 1055.25
		("0.0125", "5", NOK, "0.0131"),  # 0.013125: a fine price stays fine
		("0", "5", NOK, "0.00"),
	],
)
def test_rounding_of_a_new_price(price, percent, currency, expected):
	assert str(renewed_price(Decimal(price), percent_factor(Decimal(percent)), currency)) == expected


def test_each_renewal_compares_with_the_one_before():
	plain = clause(may_fall=True)
	assert plain.factor(d("2027-04-01"), None) == Fraction(103, 100)
	assert plain.factor(d("2028-04-01"), d("2027-04-01")) == Fraction(110, 100)
	assert plain.factor(d("2029-04-01"), d("2028-04-01")) == Fraction(15000, 15862)


def test_a_cap_holds_for_each_renewal_and_what_it_cut_off_does_not_come_back():
	capped = clause(cap=Decimal(5))
	assert capped.factor(d("2028-04-01"), d("2027-04-01")) == Fraction(105, 100)
	assert capped.factor(d("2027-04-01"), None) == Fraction(103, 100)


def test_a_price_falls_only_if_it_may():
	fall = (d("2029-04-01"), d("2028-04-01"))
	assert clause().factor(*fall) == 1
	assert clause(floor=Decimal(2)).factor(*fall) == Fraction(102, 100)
	assert clause(may_fall=True).factor(*fall) < 1


def test_a_missing_value_names_index_and_month():
	with pytest.raises(DomainError) as missing:
		clause().factor(d("2030-04-01"), d("2029-04-01"))
	assert (missing.value.code, missing.value.context) == (
		"index_value_missing",
		{"price_index": "KPI", "month": "2030-02"},
	)
