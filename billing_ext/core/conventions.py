"""What planned documents would cost under other day-count conventions, for people who have to choose one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from billing_ext.core.billing import Charge, expected
from billing_ext.core.contract import Contract, ContractLine, Revision
from billing_ext.core.invoicing import InvoiceDraft
from billing_ext.core.period import Period, without
from billing_ext.core.proration import Proration


def compare(contract: Contract, runs: Iterable[Sequence[InvoiceDraft]]) -> dict[Proration, Decimal]:
	"""The net total of what ``runs`` make, in the contract's currency, under each convention.

	For a correction both sides are taken under the convention: what the period should cost, and the terms on which it was
	billed. So the comparison is about the change, and not about what was billed before.
	"""
	totals = dict.fromkeys(Proration, contract.currency.zero)
	for drafts in runs:
		charges = [charge for draft in drafts for row in draft.rows for charge in row.charges]
		# One period's difference may be several charges: a row for each part, or for each invoice it is credited on.
		periods = {(charge.line, charge.period): charge for charge in charges}
		planned = sum((charge.amount for charge in charges), contract.currency.zero)
		own = _adds(contract, contract.proration, periods.values())
		for convention in Proration:
			totals[convention] += planned + _adds(contract, convention, periods.values()) - own
	return totals


def _adds(contract: Contract, convention: Proration, charges: Iterable[Charge]) -> Decimal:
	"""What the periods of ``charges`` cost under a convention beyond the terms on which they were billed."""
	supposed = replace(contract, proration=convention)
	lines = {line.id: line for line in contract.lines}
	added = contract.currency.zero
	for charge in charges:
		line = lines.get(charge.line)
		if line is None:  # an amendment that was cancelled had added it
			continue
		added += _cost(supposed, line, charge.period)
		if charge.previous:
			added -= _cost(supposed, _as_billed(line, charge), charge.period)
	return added


def _cost(contract: Contract, line: ContractLine, period: Period) -> Decimal:
	return sum((segment.amount for segment in expected(contract, line, period)), contract.currency.zero)


def _as_billed(line: ContractLine, charge: Charge) -> ContractLine:
	"""The line as it was when the period was billed: its terms then, and no service on days that were not charged."""
	return replace(
		line,
		history=tuple(Revision(segment.service.start, segment.terms) for segment in charge.previous),
		end=None,
		free=(),
		pauses=tuple(without(charge.period, [segment.service for segment in charge.previous])),
		opening=None,
	)
