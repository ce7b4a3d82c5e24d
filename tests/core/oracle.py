"""What a period costs, worked out day by day: slow, obvious and written without the code under test."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from fractions import Fraction

from billing_ext.core.contract import Contract, ContractLine, FirstPeriod, Terms
from billing_ext.core.period import Period, clamped
from billing_ext.core.proration import Proration


def days_of(period: Period) -> list[date]:
	"""Each day of it."""
	return [period.start + timedelta(days=number) for number in range(period.days)]


def weight(contract: Contract, line: ContractLine, day: date) -> Fraction:
	"""How much a day counts, up to a factor that is the same for all days of a period."""
	assert line.grid is not None
	if not line.grid.interval.months or contract.proration in (Proration.ACTUAL, Proration.ACTUAL_360):
		return Fraction(1)
	last = monthrange(day.year, day.month)[1]
	if contract.proration is Proration.THIRTY_360:
		return Fraction(0 if day.day == 31 else 31 - last if day.day == last and last < 30 else 1)
	begin = clamped(day.year * 12 + day.month - 1, line.grid.day)
	shift = 0 if begin <= day else -1
	months = day.year * 12 + day.month - 1 + shift
	return Fraction(1, (clamped(months + 1, line.grid.day) - clamped(months, line.grid.day)).days)


def served(line: ContractLine, day: date) -> bool:
	"""Is the line served on that day?"""
	return line.start <= day and (line.end is None or day < line.end)


def cost_by_terms(contract: Contract, line: ContractLine, period: Period) -> dict[Terms, Fraction]:
	"""The exact cost of ``period`` of a recurring line under each of its terms."""
	days = [day for day in days_of(period) if served(line, day)]
	if not days:
		return {}
	whole = sum((weight(contract, line, day) for day in days_of(period)), Fraction(0))
	stub = [day for day in days_of(period) if day >= line.start]
	# a successor goes on where its predecessor ended, and is no beginning
	policy = FirstPeriod.PRORATE if line.replaces else contract.first_period
	if len(stub) < period.days and policy is FirstPeriod.FREE:
		return {}
	if contract.proration is Proration.NONE:
		terms = line.revision_on(days[0]).terms
		return {terms: terms.amount * line.price_factor}
	if len(stub) < period.days and policy is FirstPeriod.FULL:
		whole = sum((weight(contract, line, day) for day in stub), Fraction(0))
		if not whole:
			return {(terms := line.revision_on(days[0]).terms): terms.amount * line.price_factor}
	costs: dict[Terms, Fraction] = {}
	for day in days:
		terms = line.revision_on(day).terms
		share = weight(contract, line, day) / whole
		costs[terms] = costs.get(terms, Fraction(0)) + terms.amount * line.price_factor * share
	return costs
