"""Renewal: the last day to cancel, which lines a new term goes on with, and what they cost in it.

Every price rule looks at one renewal only, from the price before it to the price after it, so that it is applied once
for each term, and a cap or a floor is one for each renewal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction

from billing_ext.core.contract import Contract, ContractLine
from billing_ext.core.errors import DomainError
from billing_ext.core.money import Currency
from billing_ext.core.period import ONE_DAY, Interval, add_months, clamped


class PriceRule(Enum):
	"""What a price becomes at a renewal."""

	SAME = "Same Price"
	PERCENT = "Percent"
	INDEX = "Price Index"
	LIST = "List Price"


def last_cancellation_day(term_end: date, notice: Interval | None) -> date:
	"""The last day on which a term can still be cancelled; ``term_end`` is the first day after the term.

	Counted back from the term's last day, and the end of a month stays the end of a month: a month before 28 February
	is 31 January (Business Central, ``CalculateCancellationPossibleUntil``). Without notice it is the last day itself.
	"""
	last_day = term_end - ONE_DAY
	if notice is None:
		return last_day
	if notice.days:
		return last_day - timedelta(days=notice.days)
	if term_end.day == 1:
		return clamped(last_day.year * 12 + last_day.month - 1 - notice.months, 31)
	return add_months(last_day, -notice.months)


def renewed_lines(contract: Contract) -> tuple[ContractLine, ...]:
	"""The lines that a renewal carries on: recurring ones that end with the term and that no amendment has ended."""
	return tuple(
		line
		for line in contract.lines
		if line.follows_term and not line.one_off and not line.credit and not line.ended_by and line.active
	)


def term_months(start: date, term_end: date) -> int:
	"""The whole months from ``start`` to the day before ``term_end``; 0 where they are not whole."""
	months = (term_end.year - start.year) * 12 + term_end.month - start.month
	return months if months > 0 and add_months(start, months) == term_end else 0


def percent_factor(percent: Decimal) -> Fraction:
	"""103.5 % for an increase of 3.5."""
	return 1 + Fraction(percent) / 100


def index_month(term_start: date, lag: int) -> date:
	"""The month whose index counts for a term that begins on ``term_start``, as its first day: ``lag`` months before."""
	return add_months(term_start.replace(day=1), -lag)


@dataclass(frozen=True, slots=True)
class IndexClause:
	"""Prices follow a published index. ``values`` are by the first day of the month; percentages are per renewal.

	``lag`` is how many months before a term the month lies whose index counts for it, because indices are published
	later. ``cap`` and ``floor`` of None do not limit; without ``may_fall`` a price never falls.
	"""

	index: str
	values: Mapping[date, Decimal]
	base_month: date
	lag: int = 0
	cap: Decimal | None = None
	floor: Decimal | None = None
	may_fall: bool = False

	def factor(self, term_start: date, previous_start: date | None) -> Fraction:
		"""What a price is multiplied with when a term begins on ``term_start``.

		The index of this renewal's month over that of the renewal before, which began the term on ``previous_start``;
		None stands for the first renewal, which compares with the base month. So a price follows what has happened
		since it was last set (as husleieloven § 4-2 words it for rents), and a cap holds for each renewal. Raises
		DomainError ``index_value_missing``.
		"""
		before = self.base_month if previous_start is None else self.month_for(previous_start)
		ratio = Fraction(self._value(self.month_for(term_start))) / Fraction(self._value(before))
		if not self.may_fall:
			ratio = max(ratio, percent_factor(self.floor or Decimal(0)))
		return ratio if self.cap is None else min(ratio, percent_factor(self.cap))

	def month_for(self, term_start: date) -> date:
		"""The month whose index counts for a term that begins on ``term_start``, as its first day."""
		return index_month(term_start, self.lag)

	def _value(self, month: date) -> Decimal:
		value = self.values.get(month.replace(day=1))
		if not value:
			raise DomainError("index_value_missing", price_index=self.index, month=f"{month:%Y-%m}")
		return value


def renewed_price(price: Decimal, factor: Fraction, currency: Currency) -> Decimal:
	"""``price`` per unit times ``factor``, rounded half up to the currency's smallest unit before any quantity.

	Business Central's order, ``PriceByPercent``: 99.99 plus 3.5 % is 103.49, and seven of them 724.43. A price with more
	decimals keeps as many: 0.0125 per unit does not become 0.01.
	"""
	decimals = -int(price.normalize().as_tuple().exponent)
	return replace(currency, digits=max(currency.digits, decimals)).round(Fraction(price) * factor)
