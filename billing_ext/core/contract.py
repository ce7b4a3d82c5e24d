"""Contracts, their lines and the history of terms; amendments append to it and never edit it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import TypeVar

from billing_ext.core.errors import DomainError
from billing_ext.core.money import Currency
from billing_ext.core.period import ONE_DAY, Grid, Interval, Period
from billing_ext.core.proration import Proration


class Timing(Enum):
	"""When a period is billed."""

	IN_ADVANCE = "In Advance"
	IN_ARREARS = "In Arrears"


class FirstPeriod(Enum):
	"""What a line costs from its start to the first boundary of its grid, when it does not start on one."""

	PRORATE = "Prorate"
	COMBINE = "Prorate, With Next Period"
	"""Prorated, and billed together with the first full period."""
	FULL = "Full Price"
	FREE = "Free"


class CorrectionBilling(Enum):
	"""When the difference for a period that is already billed goes out."""

	NEXT_INVOICE = "With Next Invoice"
	IMMEDIATELY = "Immediately"


class CreditHandling(Enum):
	"""What becomes of an amount that was billed too much."""

	CREDIT_NOTE = "Credit Note"
	"""A credit note against the invoice that carried the charge."""
	NEXT_INVOICE = "Next Invoice"
	"""Deducted from the line's next charge; a credit note where none will follow."""


@dataclass(frozen=True, slots=True)
class Terms:
	"""What one line costs: price per unit and price period, quantity, and discount in percent."""

	price: Decimal
	quantity: Decimal = Decimal(1)
	discount: Decimal = Decimal(0)

	@property
	def amount(self) -> Fraction:
		"""Exact price of the quantity for one price period, after discount."""
		return Fraction(self.price) * Fraction(self.quantity) * (1 - Fraction(self.discount) / 100)


@dataclass(frozen=True, slots=True)
class Revision:
	"""Terms that are in force from ``effective``; ``amendment`` is what brought them, empty for the contract itself."""

	effective: date
	terms: Terms
	amendment: str = ""


@dataclass(frozen=True, slots=True)
class ContractLine:
	"""One priced service. ``end`` is the first day without it. A line without a grid is billed once, on ``start``."""

	id: str
	start: date
	history: tuple[Revision, ...]
	grid: Grid | None = None
	price_period: Interval | None = None
	timing: Timing = Timing.IN_ADVANCE
	end: date | None = None
	ended_by: str = ""
	replaces: str = ""

	@property
	def one_off(self) -> bool:
		"""Is it billed once?"""
		return self.grid is None

	@property
	def active(self) -> bool:
		"""Has it any day of service?"""
		return self.end is None or self.end > self.start

	@property
	def price_factor(self) -> Fraction:
		"""Price periods in one billing period: 1/12 for a price per year that is billed monthly.

		Raises DomainError ``price_period`` where days or weeks meet months: no rule converts them.
		"""
		if self.grid is None or self.price_period is None or self.price_period == self.grid.interval:
			return Fraction(1)
		ours, theirs = self.grid.interval, self.price_period
		if ours.months and theirs.months:
			return Fraction(ours.months, theirs.months)
		if ours.days and theirs.days:
			return Fraction(ours.days, theirs.days)
		raise DomainError("price_period", line=self.id)

	def revision_on(self, day: date) -> Revision:
		"""The terms in force on ``day``; the first ones before that."""
		current = self.history[0]
		for revision in self.history[1:]:
			if revision.effective > day:
				break
			current = revision
		return current

	def service_in(self, period: Period) -> Period | None:
		"""The days of ``period`` on which the line is served."""
		start, end = max(period.start, self.start), period.end
		if self.end is not None and not self.one_off:
			end = min(end, self.end)
		if self.one_off and not self.active:
			return None
		return Period(start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class Contract:
	"""A customer's lines and the conventions that all of them share. ``lead_days`` only moves when advance lines are due."""

	id: str
	currency: Currency
	lines: tuple[ContractLine, ...]
	proration: Proration = Proration.ACTUAL
	first_period: FirstPeriod = FirstPeriod.PRORATE
	correction_billing: CorrectionBilling = CorrectionBilling.NEXT_INVOICE
	credit_handling: CreditHandling = CreditHandling.CREDIT_NOTE
	lead_days: int = 0

	def line(self, line_id: str) -> ContractLine:
		"""The line with that id. Raises DomainError ``unknown_line``."""
		for line in self.lines:
			if line.id == line_id:
				return line
		raise DomainError("unknown_line", line=line_id, contract=self.id)


@dataclass(frozen=True, slots=True)
class ChangeTerms:
	"""New price, quantity or discount of a line from a date on; what is None stays as it is."""

	line: str
	price: Decimal | None = None
	quantity: Decimal | None = None
	discount: Decimal | None = None
	at_boundary: bool = False
	"""Wait for the start of the line's next billing period."""


@dataclass(frozen=True, slots=True)
class AddLine:
	"""A further line. ``line.replaces`` names its predecessor, which ends the day the new line starts."""

	line: ContractLine


@dataclass(frozen=True, slots=True)
class EndLine:
	"""``last_day`` is the line's last day of service."""

	line: str
	last_day: date


@dataclass(frozen=True, slots=True)
class Terminate:
	"""``last_day`` is the last day of service of every line."""

	last_day: date


Change = ChangeTerms | AddLine | EndLine | Terminate
C = TypeVar("C", ChangeTerms, AddLine, EndLine, Terminate)


@dataclass(frozen=True, slots=True)
class Amendment:
	"""Changes that take effect on one day; the day belongs to the new terms. ``sequence`` orders those of one day."""

	id: str
	effective: date
	changes: tuple[Change, ...]
	sequence: int = 0


def amend(contract: Contract, amendments: tuple[Amendment, ...]) -> Contract:
	"""The contract as all of ``amendments`` leave it.

	The order in which they were entered does not matter, only their effective dates do; on one day the last entered
	wins, field by field. Where a line is ended more than once, the earliest end counts. Raises DomainError
	``unknown_line``, ``duplicate_line``, ``terms_before_line_start``.
	"""
	ordered = sorted(amendments, key=lambda amendment: (amendment.effective, amendment.sequence))
	lines = {line.id: line for line in contract.lines}
	for amendment, added in _changes(ordered, AddLine):
		_add(lines, added.line, amendment)
	_apply_terms(lines, contract, ordered)
	for amendment, ending in _changes(ordered, EndLine):
		line = _known(lines, ending.line, contract)
		lines[line.id] = _ended(line, ending.last_day + ONE_DAY, amendment.id)
	for amendment, termination in _changes(ordered, Terminate):
		for line in list(lines.values()):
			lines[line.id] = _ended(line, termination.last_day + ONE_DAY, amendment.id)
	return replace(contract, lines=tuple(lines.values()))


def _changes(amendments: list[Amendment], kind: type[C]) -> Iterator[tuple[Amendment, C]]:
	for amendment in amendments:
		for change in amendment.changes:
			if isinstance(change, kind):
				yield amendment, change


def _known(lines: dict[str, ContractLine], line_id: str, contract: Contract) -> ContractLine:
	if line_id not in lines:
		raise DomainError("unknown_line", line=line_id, contract=contract.id)
	return lines[line_id]


def _add(lines: dict[str, ContractLine], line: ContractLine, amendment: Amendment) -> None:
	if line.id in lines:
		raise DomainError("duplicate_line", line=line.id)
	lines[line.id] = line
	if line.replaces:
		if line.replaces not in lines:
			raise DomainError("unknown_line", line=line.replaces, contract=amendment.id)
		lines[line.replaces] = _ended(lines[line.replaces], line.start, amendment.id)


def _apply_terms(lines: dict[str, ContractLine], contract: Contract, ordered: list[Amendment]) -> None:
	"""Give each line its revisions, in order of the dates on which they really take effect."""
	dated: dict[str, list[tuple[date, int, str, ChangeTerms]]] = {}
	for amendment, change in _changes(ordered, ChangeTerms):
		line = _known(lines, change.line, contract)
		effective = amendment.effective
		if effective < line.start:
			raise DomainError("terms_before_line_start", line=line.id, start=line.start)
		if change.at_boundary and line.grid is not None:
			effective = line.grid.next_boundary(effective)
		dated.setdefault(line.id, []).append((effective, amendment.sequence, amendment.id, change))
	for line_id, changes in dated.items():
		changes.sort(key=lambda entry: entry[:2])
		lines[line_id] = replace(lines[line_id], history=_history(lines[line_id].history, changes))


def _history(
	history: tuple[Revision, ...], changes: list[tuple[date, int, str, ChangeTerms]]
) -> tuple[Revision, ...]:
	"""``history`` and the changes, folded field by field; a day has one revision, and none where nothing changed."""
	revisions = list(history)
	for effective, _sequence, amendment, change in changes:
		terms = _new_terms(revisions[-1].terms, change)
		if terms == revisions[-1].terms:
			continue
		if revisions[-1].effective == effective:
			revisions.pop()
		if not revisions or revisions[-1].terms != terms:
			revisions.append(Revision(effective, terms, amendment))
	return tuple(revisions)


def _new_terms(terms: Terms, change: ChangeTerms) -> Terms:
	return Terms(
		price=terms.price if change.price is None else change.price,
		quantity=terms.quantity if change.quantity is None else change.quantity,
		discount=terms.discount if change.discount is None else change.discount,
	)


def _ended(line: ContractLine, end: date, amendment: str) -> ContractLine:
	if line.one_off and end > line.start:
		return line
	if line.end is not None and line.end <= end:
		return line
	return replace(line, end=max(end, line.start), ended_by=amendment)
