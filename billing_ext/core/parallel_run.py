"""A parallel run: what this system would have billed in some days, beside what another one has billed in them.

Rows meet by contract, line and overlapping days of service. Where the two systems cut the time differently, all rows
that overlap are one comparison of two sums. Invoice dates need not agree: a row billed before or after the days that
are compared still counts if all its days of service are billed by the other side within them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum

from billing_ext.core.billed_elsewhere import BilledRow
from billing_ext.core.billing import Charge, LedgerEntry, ledger_of, plan_charges
from billing_ext.core.contract import Contract
from billing_ext.core.derivation import formula
from billing_ext.core.period import ONE_DAY, Period, add_months, without
from billing_ext.core.simulation import entry_of


class Verdict(Enum):
	"""How two sides compare; the values are the options that users see."""

	SAME = "Same"
	DIFFERS = "Amount Differs"
	ONLY_THERE = "Only There"
	ONLY_HERE = "Only Here"
	UNKNOWN = "Contract Unknown"


class Hint(Enum):
	"""Why a row of the other system has no counterpart."""

	LINE = "line"
	CURRENCY = "currency"


@dataclass(frozen=True, slots=True)
class OurRow:
	"""A charge as this system would have billed it on ``due``. A one-off line is billed for a day, not for a time."""

	line: str
	service: Period
	amount: Decimal
	due: date
	formula: str
	one_off: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
	"""A contract as both systems know it.

	``names`` are, for each of its lines, what the other system may call it: number, item, description. ``rows`` is what
	this system would have billed.
	"""

	id: str
	currency: str
	names: Mapping[str, frozenset[str]]
	rows: tuple[OurRow, ...] = ()
	external_id: str = ""

	def lines_called(self, name: str) -> frozenset[str]:
		"""The lines of that name; all of them if there is none given."""
		if not name:
			return frozenset(self.names)
		wanted = name.casefold()
		return frozenset(line for line, names in self.names.items() if wanted in names)


@dataclass(frozen=True, slots=True)
class Comparison:
	"""What both sides billed for the same days. ``agreement`` is None for a contract that is not known here."""

	verdict: Verdict
	agreement: Agreement | None
	currency: str
	ours: tuple[OurRow, ...] = ()
	theirs: tuple[BilledRow, ...] = ()
	hint: Hint | None = None

	@property
	def our_amount(self) -> Decimal:
		"""Net, in ``currency``."""
		return sum((row.amount for row in self.ours), Decimal(0))

	@property
	def their_amount(self) -> Decimal:
		"""Net, in ``currency``."""
		return sum((row.amount for row in self.theirs), Decimal(0))

	@property
	def difference(self) -> Decimal:
		"""Ours less theirs."""
		return self.our_amount - self.their_amount

	@property
	def service(self) -> Period:
		"""From the first to the last day of service of either side."""
		periods = [row.service for row in self.ours] + [row.service for row in self.theirs]
		return Period(min(period.start for period in periods), max(period.end for period in periods))


def billed_here(contract: Contract, through: date) -> Iterator[OurRow]:
	"""What runs on every day until ``through`` would have billed, had this system billed the contract from its start.

	What another system has billed (``opening``) is billed here too, credits are left out: they settle what is not
	history. Planned a year at a time, so that a long history stays below the safety bound of one run. Raises what
	``plan_charges`` raises.
	"""
	lines = tuple(replace(line, opening=None) for line in contract.lines if not line.credit)
	if not lines:
		return
	contract = replace(contract, lines=lines)
	one_off = {line.id for line in lines if line.one_off}
	day = min(line.start for line in lines) - timedelta(days=contract.lead_days) - ONE_DAY
	entries: list[LedgerEntry] = []
	while day < through:
		day = min(add_months(day, 12), through)
		for charge in plan_charges(contract, ledger_of(entries), day):
			entries.append(entry_of(charge))
			yield _our_row(charge, charge.line in one_off)


def _our_row(charge: Charge, one_off: bool) -> OurRow:
	return OurRow(charge.line, charge.service, charge.amount, charge.due, formula(charge), one_off)


def compare(
	agreements: Sequence[Agreement],
	theirs: Iterable[BilledRow],
	days: Period,
	tolerance: Decimal = Decimal(0),
) -> list[Comparison]:
	"""Every comparison that has a row billed on one of ``days``, by contract and day of service.

	A difference up to ``tolerance``, in the contract's currency, is none.
	"""
	by_name = _by_name(agreements)
	billed: dict[str, list[BilledRow]] = {}
	found = []
	for row in theirs:
		agreement = by_name.get(row.contract.casefold())
		if agreement is not None:
			billed.setdefault(agreement.id, []).append(row)
		elif _within(row.billed_on, days):
			found.append(Comparison(Verdict.UNKNOWN, None, row.currency, theirs=(row,)))
	for agreement in agreements:
		found += _of_contract(agreement, billed.get(agreement.id, []), days, tolerance)
	return found


def _by_name(agreements: Iterable[Agreement]) -> dict[str, Agreement]:
	"""Contracts by their number in the other system and, before that, by their own."""
	known = list(agreements)
	theirs = {agreement.external_id.casefold(): agreement for agreement in known if agreement.external_id}
	return theirs | {agreement.id.casefold(): agreement for agreement in known}


def _within(day: date, days: Period) -> bool:
	return days.start <= day < days.end


@dataclass(slots=True, eq=False)
class _Group:
	"""Rows that belong together because each overlaps another one."""

	ours: list[OurRow] = field(default_factory=list)
	theirs: list[BilledRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Sides:
	"""The rows of one contract and which of them meet."""

	agreement: Agreement

	def meet(self, ours: OurRow, theirs: BilledRow) -> bool:
		"""Do both bill the same service, at least for a day?"""
		overlap = self.undated(ours, theirs) or ours.service.intersect(theirs.service) is not None
		return overlap and self._same_line(ours, theirs)

	def covered_there(self, ours: OurRow, theirs: Iterable[BilledRow]) -> bool:
		"""Has the other side all days of a row of ours?"""
		meeting = [row for row in theirs if self.meet(ours, row)]
		undated = any(self.undated(ours, row) for row in meeting)
		return undated or not without(ours.service, [row.service for row in meeting])

	def covered_here(self, theirs: BilledRow, ours: Iterable[OurRow]) -> bool:
		"""Has our side all days of a row of theirs?"""
		meeting = [row for row in ours if self.meet(row, theirs)]
		undated = any(self.undated(row, theirs) for row in meeting)
		return undated or not without(theirs.service, [row.service for row in meeting])

	def hint(self, theirs: BilledRow) -> Hint | None:
		"""What keeps a row from meeting any of ours."""
		if theirs.currency and theirs.currency != self.agreement.currency:
			return Hint.CURRENCY
		return None if self.agreement.lines_called(theirs.line) else Hint.LINE

	def _same_line(self, ours: OurRow, theirs: BilledRow) -> bool:
		return self.hint(theirs) is not Hint.CURRENCY and ours.line in self.agreement.lines_called(
			theirs.line
		)

	def undated(self, ours: OurRow, theirs: BilledRow) -> bool:
		"""A one-off line that is named is meant whatever day the other system wrote."""
		return ours.one_off and bool(theirs.line)


def _of_contract(
	agreement: Agreement, theirs: list[BilledRow], days: Period, tolerance: Decimal
) -> list[Comparison]:
	sides = _Sides(agreement)
	our_inside = [row for row in agreement.rows if _within(row.due, days)]
	their_inside = [row for row in theirs if _within(row.billed_on, days)]
	our_others = [row for row in agreement.rows if not _within(row.due, days)]
	their_others = [row for row in theirs if not _within(row.billed_on, days)]
	ours = our_inside + [row for row in our_others if sides.covered_there(row, their_inside)]
	theirs = their_inside + [row for row in their_others if sides.covered_here(row, our_inside)]
	found = [_comparison(sides, group, tolerance) for group in _groups(sides, ours, theirs)]
	return sorted(found, key=lambda comparison: comparison.service)


def _groups(sides: _Sides, ours: list[OurRow], theirs: list[BilledRow]) -> list[_Group]:
	"""The connected rows: each of theirs joins all groups that have a row of ours which it meets."""
	groups = [_Group([row]) for row in ours]
	for row in theirs:
		touched = [group for group in groups if any(sides.meet(our, row) for our in group.ours)]
		merged = _Group(
			[our for group in touched for our in group.ours],
			[their for group in touched for their in group.theirs] + [row],
		)
		groups = [group for group in groups if group not in touched] + [merged]
	return groups


def _comparison(sides: _Sides, group: _Group, tolerance: Decimal) -> Comparison:
	agreement = sides.agreement
	comparison = Comparison(
		Verdict.SAME, agreement, agreement.currency, tuple(group.ours), tuple(group.theirs)
	)
	if not group.theirs:
		return replace(comparison, verdict=Verdict.ONLY_HERE)
	if not group.ours:
		row = group.theirs[0]
		currency = row.currency or agreement.currency
		return replace(comparison, verdict=Verdict.ONLY_THERE, currency=currency, hint=sides.hint(row))
	if abs(comparison.difference) > tolerance:
		return replace(comparison, verdict=Verdict.DIFFERS)
	return comparison
