"""What the adapters share: other systems' words for periods, and plans that follow each other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from billing_ext.core.amending import amend
from billing_ext.core.billing import Charge, Segment, expected, ledger_of, plan_charges
from billing_ext.core.contract import AddLine, Amendment, Contract, ContractLine, Revision, Terms
from billing_ext.core.money import Currency
from billing_ext.core.period import Grid, Interval, Period, Unit
from billing_ext.core.simulation import entry_of

FACTORS = Currency("XXX", 9)
"""A currency in which a price of 1 shows factors with nine decimals, as Kill Bill prints them."""
CENTS = Currency("XXX", 2)
ONE_DAY = timedelta(days=1)

_INTERVALS = {
	"daily": Interval(1, Unit.DAY),
	"weekly": Interval(1, Unit.WEEK),
	"biweekly": Interval(2, Unit.WEEK),
	"thirty_days": Interval(30, Unit.DAY),
	"thirty_one_days": Interval(31, Unit.DAY),
	"sixty_days": Interval(60, Unit.DAY),
	"ninety_days": Interval(90, Unit.DAY),
	"monthly": Interval(1, Unit.MONTH),
	"bimestrial": Interval(2, Unit.MONTH),
	"quarterly": Interval(1, Unit.QUARTER),
	"triannual": Interval(4, Unit.MONTH),
	"biannual": Interval(1, Unit.HALF_YEAR),
	"semiannual": Interval(1, Unit.HALF_YEAR),
	"half_yearly": Interval(1, Unit.HALF_YEAR),
	"annual": Interval(1, Unit.YEAR),
	"yearly": Interval(1, Unit.YEAR),
	"biennial": Interval(2, Unit.YEAR),
	"sesquiennial": Interval(18, Unit.MONTH),
}
_UNITS = {"D": Unit.DAY, "W": Unit.WEEK, "M": Unit.MONTH, "Q": Unit.QUARTER, "Y": Unit.YEAR}


def day(text: str) -> date:
	"""The date of a date or a timestamp."""
	return date.fromisoformat(text[:10])


def interval(name: str, times: int = 1) -> Interval:
	"""An interval from a name such as MONTHLY."""
	known = _INTERVALS[name.lower()]
	return Interval(known.count * times, known.unit)


def date_formula(text: str) -> Interval:
	"""An interval from Business Central's notation: 1M, 1Q, 2W."""
	number, unit = re.fullmatch(r"(\d+)([DWMQY])", text).groups()
	return Interval(int(number), _UNITS[unit])


def inclusive(first: str, last: str) -> Period:
	"""The period of two dates that both belong to it."""
	return Period(day(first), day(last) + ONE_DAY)


def half_open(first: str, end: str) -> Period:
	"""The period of a date and the day after it ends."""
	return Period(day(first), day(end))


def grid_of(period: Period) -> Grid:
	"""A grid that has ``period``: of months where it is that long, else of days."""
	for months in (1, 3, 6, 12):
		grid = Grid.anchored(period.start, Interval(months, Unit.MONTH))
		if grid.period(0) == period:
			return grid
	return Grid.anchored(period.start, Interval(period.days, Unit.DAY))


def plan(
	start: date,
	price: Decimal | str,
	grid: Grid | None,
	id: str = "plan",
	quantity: Decimal | int = 1,
	**more: Any,
) -> ContractLine:
	"""A line with one price."""
	return ContractLine(
		id, start, (Revision(start, Terms(Decimal(price), Decimal(quantity))),), grid=grid, **more
	)


def cents(amount: int) -> Decimal:
	"""Money from a number of cents."""
	return Decimal(amount).scaleb(-2)


def to_cents(amount: Decimal) -> int:
	"""A number of cents from money."""
	return int(amount.scaleb(2))


def with_tax(net: Decimal, percent: int | str) -> Decimal:
	"""Net and tax, each in whole cents."""
	return net + CENTS.round(net * Decimal(percent) / 100)


def segments(contract: Contract, within: Period) -> list[Segment]:
	"""What the contract's only line costs in all periods that begin inside ``within``."""
	(line,) = contract.lines
	found: list[Segment] = []
	for period in line.grid.periods_from(within.start):
		if period.start >= within.end:
			return found
		found += [part for part in expected(contract, line, period) if part.service.intersect(within)]
	return found


def exact(parts: Iterable[Segment]) -> Fraction:
	"""Their cost before rounding."""
	return sum((part.factor * part.price_factor * part.terms.amount for part in parts), Fraction(0))


def fraction_of_periods(parts: Iterable[Segment]) -> Fraction:
	"""How many billing periods they are."""
	return sum((part.factor for part in parts), Fraction(0))


@dataclass(slots=True)
class Story:
	"""A contract that is amended and billed step by step."""

	contract: Contract
	charges: list[Charge]

	@classmethod
	def of(cls, *lines: ContractLine, currency: Currency = CENTS, **conventions: Any) -> Story:
		"""A story that begins with these lines."""
		return cls(Contract("case", currency, lines, **conventions), [])

	def bill(self, through: date) -> list[Charge]:
		"""What a run bills."""
		new = plan_charges(self.contract, ledger_of(entry_of(charge) for charge in self.charges), through)
		self.charges += new
		return new

	def amend(self, *amendments: Amendment) -> None:
		"""Apply amendments."""
		self.contract = amend(self.contract, amendments)

	def replace_plan(self, old: str, new: ContractLine) -> None:
		"""Another plan from the day it starts, so that its charge and the old plan's credit are separate amounts."""
		self.amend(Amendment(new.id, new.start, (AddLine(replace(new, replaces=old)),)))


def credit_and_charge(
	period: Period, change: date, old: tuple[str, int], new: tuple[str, int]
) -> tuple[list[Charge], Story]:
	"""The charges that a change of plan inside a paid ``period`` brings for that period; prices with quantities."""
	grid = grid_of(period)
	story = Story.of(plan(period.start, old[0], grid, "old", old[1]))
	story.bill(period.start)
	story.replace_plan("old", plan(change, new[0], grid, "new", new[1]))
	return [charge for charge in story.bill(change) if charge.period == period], story
