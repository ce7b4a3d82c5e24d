"""What a contract may consist of, drawn from long lists: dates, prices, rhythms, conventions, lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

from hypothesis import strategies as st

from billing_ext.core.contract import (
	Contract,
	ContractLine,
	CorrectionBilling,
	CreditHandling,
	FirstPeriod,
	Revision,
	Terms,
	Timing,
	UnderchargeHandling,
)
from billing_ext.core.money import Currency
from billing_ext.core.period import Grid, Interval, Period, Unit, clamped
from billing_ext.core.proration import Proration

Conventions = st.SearchStrategy[dict[str, Any]]


def _starts() -> list[date]:
	days = []
	for month_index in range(2019 * 12, 2029 * 12):
		days += [clamped(month_index, day) for day in (1, 1, 2, 14, 15, 16, 27, 28, 29, 30, 30, 31, 31, 31)]
	leap_days = [date(2020, 2, 29), date(2024, 2, 29), date(2028, 2, 29)]
	return days + leap_days * 50


def _prices() -> list[Decimal]:
	random = Random(2024)
	plain = [Decimal(text) for text in "100 500 750 19.95 1000 12000 333.333333 0.01 0".split()]
	odd = [
		Decimal(random.randrange(1_000, 10**8)).scaleb(-places)
		for places in (2, 2, 3, 4, 6)
		for _ in range(9)
	]
	return plain + odd


def _all_terms() -> list[Terms]:
	quantities = [Decimal(text) for text in "1 1 1 2 3 7 12 1.5 0.333333 0".split()]
	discounts = [Decimal(text) for text in "0 0 0 0 10 12.5 25 33.333333 100".split()]
	return [Terms(*values) for values in product(_prices(), quantities, discounts)]


def _intervals() -> list[Interval]:
	odd = [Interval(2, Unit.MONTH), Interval(2, Unit.WEEK), Interval(30, Unit.DAY), Interval(2, Unit.YEAR)]
	return [Interval(1, Unit.MONTH)] * 6 + [Interval(1, unit) for unit in Unit] + odd


def _conventions(prorations: Iterable[Proration]) -> list[dict[str, Any]]:
	names = (
		"currency proration first_period correction_billing credit_handling undercharge_handling lead_days"
	)
	values = product(
		[Currency("NOK", 2), Currency("NOK", 2), Currency("JPY", 0), Currency("KWD", 3)],
		prorations,
		[FirstPeriod.PRORATE, FirstPeriod.PRORATE, *FirstPeriod],
		CorrectionBilling,
		CreditHandling,
		[UnderchargeHandling.NEXT_INVOICE, *UnderchargeHandling],
		[0, 0, 0, 5, 14, 45],
	)
	return [dict(zip(names.split(), combination, strict=True)) for combination in values]


CONSERVING = [convention for convention in Proration if convention is not Proration.ACTUAL_360]
"""The conventions under which the parts of a period add up to the whole."""

# Few draws from long lists: generating is what takes the time. The simplest come first, for Hypothesis shrinks to them.
STARTS = st.sampled_from(_starts())
PRICES = st.sampled_from(_prices())
QUANTITIES = st.sampled_from([Decimal(text) for text in "1 1 2 2 3 5 7 12 1.5 0.333333 0".split()])
DISCOUNTS = st.sampled_from([Decimal(text) for text in "0 5 10 12.5 25 33.333333 50 100".split()])
TERMS = st.sampled_from(_all_terms())
CONVENTIONS: Conventions = st.sampled_from(_conventions(Proration))
CONSERVING_CONVENTIONS: Conventions = st.sampled_from(_conventions(CONSERVING))
SHAPES = st.sampled_from(
	list(
		product(
			_intervals(),
			["start", "start", "billing day", "calendar", "anchor"],
			[None, None, Interval(1, Unit.YEAR), Interval(1, Unit.MONTH)],
			Timing,
		)
	)
)
EXTRAS = st.sampled_from(
	list(
		product(
			[(), (), (), (), (0, 14), (0, 40), (20, 50)],  # free from and until, in days after the start
			[None, None, None, None, 31, 45, 90],  # billed elsewhere until
			[(), (), (), (45,), (10, 100)],  # other tax rates from
			[False, True],  # follows the contract's term
		)
	)
)
TERM_MONTHS = st.sampled_from([None, None, 12, 1, 2, 3, 6, 1])
MOMENTS = st.sampled_from(
	list(
		product(
			[Fraction(0), Fraction(0), Fraction(1, 9), Fraction(1, 5), Fraction(1, 3), Fraction(1, 2)],
			[0, 0, 1, 9, 15, 30, -1, -2, -12, -31, -45, -100],
			[None] * 5 + [Fraction(1, 3)],
		)
	)
)
"""When an amendment is entered and when it is withdrawn, as shares of the history, and the days until its effect."""


def grid(scheme: str, start: date, interval: Interval, offset: int) -> Grid:
	"""A grid that a line starting on ``start`` may have, so that it begins on a boundary or inside a period."""
	if scheme == "calendar":
		return Grid.on_calendar(start, interval)
	if scheme == "billing day":
		return Grid.on_billing_day(start, interval, offset % 31 + 1)
	return Grid.anchored(start if scheme == "start" else start - timedelta(days=offset), interval)


@st.composite
def lines(
	draw: st.DrawFn, id: str = "L0", start: date | None = None, recurring: bool = False
) -> ContractLine:
	"""A line with one price from its first day to for ever, now and then one that is billed once."""
	start = draw(STARTS) if start is None else start
	history = (Revision(start, draw(TERMS)),)
	if not recurring and draw(st.integers(0, 9)) == 9:
		return ContractLine(id, start, history)
	interval, scheme, price_period, timing = draw(SHAPES)
	offset = 0 if scheme in ("start", "calendar") else draw(st.integers(-60, 400))
	price_period = price_period if interval.months else None
	return ContractLine(
		id,
		start,
		history,
		grid=grid(scheme, start, interval, offset),
		price_period=price_period,
		timing=timing,
	)


@st.composite
def exceptional_lines(
	draw: st.DrawFn, id: str = "L0", start: date | None = None, recurring: bool = False
) -> ContractLine:
	"""As ``lines``, with days that are free or billed elsewhere, changes of tax, and an end with the contract's term."""
	line = draw(lines(id, start, recurring))
	if line.one_off:
		return line
	free, opening, cuts, follows_term = draw(EXTRAS)

	def day(offset: int) -> date:
		return line.start + timedelta(days=offset)

	return replace(
		line,
		free=(Period(*map(day, free)),) if free else (),
		opening=None if opening is None else day(opening),
		cuts=tuple(map(day, cuts)),
		follows_term=follows_term,
	)


@st.composite
def contracts(draw: st.DrawFn, conventions: Conventions = CONVENTIONS) -> tuple[Contract, ContractLine]:
	"""A contract with one recurring line, and that line."""
	line = draw(lines(recurring=True))
	return Contract("C", lines=(line,), **draw(conventions)), line
