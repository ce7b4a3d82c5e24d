"""What the laws have in common: on which lives they are tried, and what a contract costs in the end."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal

from found import LIVES
from histories import History, histories, net
from hypothesis import example, given

from billing_ext.core.billing import ChargeKind, expected, plan_charges
from billing_ext.core.contract import Contract, ContractLine
from billing_ext.core.period import Period
from billing_ext.core.simulation import Books

ADJUSTMENTS = ChargeKind.CORRECTION, ChargeKind.CREDIT
"""Kinds of charges that come up with an amendment or with an invoice, and fall due on no day of their own."""


def for_all(strategy):
	"""For the generated histories, and for those that are written down."""

	def decorate(law):
		for history in LIVES:
			law = example(history)(law)
		return given(strategy)(law)

	return decorate


for_all_histories = for_all(histories())


def cost(contract: Contract, line_id: str, period: Period) -> Decimal:
	line = contract.line(line_id)
	return sum((segment.amount for segment in expected(contract, line, period)), Decimal(0))


def wanted(history: History) -> dict[tuple[str, Period], Decimal]:
	"""What each period costs under the terms that stand in the end; of credits, what is given."""
	costs = {}
	for line in history.final.lines:
		costs |= {
			(line.id, period): cost(history.final, line.id, period) for period in periods(line, history)
		}
	return {key: amount for key, amount in costs.items() if amount}


def periods(line: ContractLine, history: History) -> list[Period]:
	"""The billing periods from the line's first day to the last day of the history."""
	if line.one_off:
		return [Period(line.start, line.start + timedelta(days=1))]
	first, last = line.grid.index_at(line.start), line.grid.index_at(max(line.start, history.end))
	return [line.grid.period(index) for index in range(first, last + 1)]


def settled(history: History, books: Books) -> dict[tuple[str, Period], Decimal]:
	"""What the customer has paid in the end for each line and period, apart from the credits that were given.

	Where a given credit has paid for an invoice and the service then turns out to cost less, more is to be credited than
	was ever asked for. Such a rest is allowed, and counts as credited, when all invoices are down to nothing.
	"""
	credits = {line.id for line in history.final.lines if line.credit}
	left = plan_charges(history.final, books.ledger, history.settlement)
	rest = [charge for charge in left if charge.kind is not ChargeKind.CREDIT]
	if rest:
		assert credits
		assert all(charge.amount < 0 for charge in rest)
		assert not any(carrier.remaining for carrier in books.carriers)
	paid = Counter(net(books))
	for charge in rest:
		paid[charge.line, charge.period] += charge.amount
	return {key: amount for key, amount in paid.items() if amount and key[0] not in credits}
