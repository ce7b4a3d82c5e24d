"""Monthly recurring revenue, from the terms in force and never from invoices.

Without tax, one-off lines and usage, after recurring discounts; a price per year counts a twelfth, per week 52/12, per
day 365/12. Not rounded: only what is displayed is.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from billing_ext.core.contract import Contract, ContractLine
from billing_ext.core.period import Interval


def mrr(contract: Contract, day: date) -> Fraction:
	"""Monthly recurring revenue of ``contract`` on ``day``, in its currency, exact."""
	return sum((line_mrr(line, day) for line in contract.lines), Fraction(0))


def line_mrr(line: ContractLine, day: date) -> Fraction:
	"""Monthly recurring revenue of one line on ``day``.

	0 before its start, after its end, while it is free or paused, and for a one-off line.
	"""
	if line.grid is None or day < line.start or (line.end is not None and day >= line.end):
		return Fraction(0)
	if any(part.start <= day < part.end for part in (*line.free, *line.pauses)):
		return Fraction(0)
	return line.revision_on(day).terms.amount / _months(line.price_period or line.grid.interval)


def _months(interval: Interval) -> Fraction:
	if interval.months:
		return Fraction(interval.months)
	weeks = Fraction(interval.days, 7)
	return weeks * Fraction(12, 52) if interval.days % 7 == 0 else Fraction(interval.days * 12, 365)
