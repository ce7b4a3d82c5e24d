"""Milestones: how the price of a line is divided among the parts of the work that are billed when they are done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing_ext.core.money import Currency

WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Share:
	"""A milestone's part of its line: ``percent`` of the line's price, or an ``amount`` in the contract's currency."""

	percent: Decimal | None = None
	amount: Decimal | None = None


def amounts(total: Decimal, shares: Sequence[Share], currency: Currency) -> tuple[Decimal, ...]:
	"""What each milestone of a line over ``total`` costs, in the order of ``shares``.

	Percentages are rounded cumulatively: what is due up to and with each of them is rounded, not each by itself. So
	they add up to the smallest unit, and the amount of one does not depend on those after it.
	"""
	percent, parts = Decimal(0), []
	for share in shares:
		if share.percent is None:
			parts.append(currency.round(share.amount or Decimal(0)))
			continue
		before, percent = percent, percent + share.percent
		parts.append(currency.round(total * percent / WHOLE) - currency.round(total * before / WHOLE))
	return tuple(parts)


def missing(total: Decimal, shares: Sequence[Share], currency: Currency) -> Decimal:
	"""What the milestones of a line over ``total`` leave unassigned: 0 if they are the whole, negative if they are more.

	In percent where all of them are percentages, which tells also for a line that costs nothing; else in money.
	"""
	percent = sum((share.percent for share in shares if share.percent is not None), Decimal(0))
	if all(share.percent is not None for share in shares):
		return WHOLE - percent
	fixed = sum((currency.round(share.amount) for share in shares if share.amount is not None), Decimal(0))
	return total - fixed - total * percent / WHOLE
