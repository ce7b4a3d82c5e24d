"""docs/renewals.md, recomputed: days to cancel, and the prices of a contract that follows an index."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from builders import NOK, d
from test_docs_proration import cells

from billing_ext.core.period import ONE_DAY, Interval, Unit
from billing_ext.core.renewal import IndexClause, last_cancellation_day, percent_factor, renewed_price

PAGE = (Path(__file__).parents[2] / "docs" / "renewals.md").read_text()


def rows_below(*columns):
	"""The rows of the table with those columns."""
	_head, _, rest = PAGE.partition(f"| {' | '.join(columns)} |\n")
	assert rest, columns
	found = []
	for line in rest.split("\n")[1:]:
		if not line.startswith("|"):
			return found
		found.append(cells(line))
	raise AssertionError("the table does not end")


def test_the_last_days_to_cancel():
	rows = rows_below("Term ends on", "Notice", "Last day to cancel")
	assert len(rows) >= 8
	for last_day, notice, expected in rows:
		count, _, unit = notice.partition(" ")
		interval = None if notice == "none" else Interval(int(count), Unit(unit))
		assert last_cancellation_day(d(last_day) + ONE_DAY, interval) == d(expected), last_day


def test_rounding():
	(examples,) = re.findall(
		r"([\d.]+) plus ([\d.]+) % is\s([\d.]+), and ([\d.]+) plus ([\d.]+) % is ([\d.]+)\.", PAGE
	)
	for price, percent, expected in (examples[:3], examples[3:]):
		assert str(renewed_price(Decimal(price), percent_factor(Decimal(percent)), NOK)) == expected


def test_the_example_of_an_index():
	(price, base, lag, cap) = re.search(
		r"a line of ([\d.]+) .*?\*Base Month\* ([\d-]+), \*Months of Delay\* (\d+) and \*At Most\* (\d+) %",
		PAGE,
	).groups()
	rows = rows_below("Renewal on", "Index of", "Value", "Before", "Change", "Price")
	values = {d(f"{base}-01"): Decimal(rows[0][3])}
	values |= {d(f"{month}-01"): Decimal(value) for _day, month, value, *_rest in rows}
	clause = IndexClause("KPI", values, d(f"{base}-01"), int(lag), Decimal(cap))
	current, previous = Decimal(price), None
	for day, month, _value, before, change, expected in rows:
		factor = clause.factor(d(day), previous)
		current = renewed_price(current, factor, NOK)
		compared = clause.base_month if previous is None else clause.month_for(previous)
		assert (f"{clause.month_for(d(day)):%Y-%m}", values[compared]) == (month, Decimal(before))
		assert f"{NOK.round((factor - 1) * 100)} %" == change
		assert str(current) == expected
		previous = d(day)
	assert len(rows) == 4
