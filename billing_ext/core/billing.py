"""How a charge comes to be: what a period should cost under the terms known now, minus what the ledger says was billed.

Catch-up after an outage, backdated changes, upgrades, cancellation credits, preview and forecast are this one
subtraction; a second run finds nothing to do (Kill Bill's idea, on a fixed grid of periods).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from itertools import pairwise
from operator import attrgetter

from billing_ext.core.contract import Contract, ContractLine, FirstPeriod, Revision, Terms, Timing
from billing_ext.core.errors import DomainError
from billing_ext.core.period import ONE_DAY, Period, hull
from billing_ext.core.proration import WHOLE, Proration, day_count, share

SAFETY_BOUND = 2_000
"""Charges of one contract in one run beyond which something is wrong and nothing is billed (Kill Bill's safety bound)."""

_BY_DAYS = attrgetter("start", "end")
"""The order of periods; as a key it is found once for each, where comparing them would do so each time."""


class ChargeKind(Enum):
	"""Why a charge exists; the values are the options that users see."""

	RECURRING = "Recurring"
	ONE_OFF = "One-off"
	CREDIT = "Credit"
	"""Deducted from what the contract is charged; waits until there is something to deduct it from."""
	CORRECTION = "Correction"
	"""The difference for a period that was billed before; negative for a credit."""


@dataclass(frozen=True, slots=True)
class Segment:
	"""Days of one period under the same terms, and what they cost.

	``amount`` is in the contract's currency; ``factor`` is the exact share of the period's price; ``days`` and
	``of_days`` say it as a fraction of days where the convention counts days.
	"""

	service: Period
	terms: Terms
	price_factor: Fraction
	factor: Fraction
	amount: Decimal
	amendment: str = ""
	days: int | None = None
	of_days: int | None = None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
	"""A charge of the ledger, as planning needs it. ``segments`` is what the whole period was then expected to cost.

	An entry that does not count (its invoice was cancelled and released) only keeps its sequence number taken.
	"""

	line: str
	period: Period
	amount: Decimal
	sequence: int
	segments: tuple[Segment, ...] = ()
	counts: bool = True


@dataclass(frozen=True, slots=True)
class Charge:
	"""An amount to bill, or to credit if negative, for one line and period.

	``expected`` holds the whole period's segments as known now, ``previous`` those it was billed on before, and
	``billed`` what the ledger had: amount = what this charge adds. ``due`` is the day on which it may be invoiced.
	"""

	line: str
	kind: ChargeKind
	period: Period
	service: Period
	amount: Decimal
	sequence: int
	due: date
	expected: tuple[Segment, ...]
	billed: Decimal
	segment: Segment | None = None
	previous: tuple[Segment, ...] = ()

	@property
	def key(self) -> str:
		"""What the ledger holds unique: line, period and sequence."""
		return f"{self.line}|{self.period.start.isoformat()}|{self.sequence}"


Ledger = Mapping[str, Mapping[Period, tuple[LedgerEntry, ...]]]


def ledger_of(entries: Iterable[LedgerEntry]) -> Ledger:
	"""Entries by line and period, oldest first."""
	ledger: dict[str, dict[Period, tuple[LedgerEntry, ...]]] = {}
	for entry in sorted(entries, key=lambda entry: entry.sequence):
		periods = ledger.setdefault(entry.line, {})
		periods[entry.period] = (*periods.get(entry.period, ()), entry)
	return ledger


def expected(contract: Contract, line: ContractLine, period: Period) -> tuple[Segment, ...]:
	"""What ``period`` of ``line`` costs under the terms known now, by stretches of unchanged terms.

	Rounded per line, period and terms: stretches under the same terms are rounded together, so that cutting a period
	changes nothing, and different terms each on their own, so that a customer can recompute every row.
	"""
	segments: list[Segment] = []
	price_factor = line.price_factor
	so_far: dict[Terms, tuple[Fraction, Decimal]] = {}
	for revision, part, factor in _priced_parts(contract, line, period):
		terms = revision.terms
		before = so_far.get(terms)
		until = before[0] + factor if before else factor
		total = contract.currency.round(_times(_times(terms.amount, price_factor), until))
		so_far[terms] = until, total
		amount = total - before[1] if before else total
		days, of_days = _days(contract, line, period, part, factor)
		segments.append(Segment(part, terms, price_factor, factor, amount, revision.amendment, days, of_days))
	return tuple(segments)


def due_date(contract: Contract, line: ContractLine, period: Period) -> date | None:
	"""The day from which ``period`` may be invoiced; None if it has no service.

	In advance: its first charged day less the lead days; in arrears: the day after its last charged day.
	"""
	service = line.service_in(period)
	if service is None:
		return None
	if (
		_first_period(contract, line) is FirstPeriod.COMBINE
		and _is_stub(line, period)
		and line.grid is not None
	):
		with_next = due_date(contract, line, line.grid.period_at(period.end))
		if with_next is not None:
			return with_next
	if line.timing is Timing.IN_ARREARS and not line.one_off:
		return service.end
	return service.start - timedelta(days=contract.lead_days)


def plan_charges(contract: Contract, ledger: Ledger, through: date) -> list[Charge]:
	"""The charges and credits that bring the ledger to what the contract says, for all that is due by ``through``.

	Running it again on a ledger that has them yields nothing. Raises DomainError ``safety_bound`` where more than
	``SAFETY_BOUND`` charges come out, ``price_period`` where a line's price cannot be spread over its billing period.
	"""
	charges: list[Charge] = []
	for line in _lines(contract, ledger):
		for charge in _line_charges(contract, line, ledger.get(line.id, {}), through):
			charges.append(charge)
			if len(charges) > SAFETY_BOUND:
				raise DomainError("safety_bound", contract=contract.id, bound=SAFETY_BOUND)
	return charges


def next_due(contract: Contract, ledger: Ledger, after: date) -> date | None:
	"""The first day after ``after`` on which a period that is not billed yet falls due; None if none ever will.

	Credits never fall due by themselves.
	"""
	charged = (line for line in contract.lines if not line.credit)
	days = (_next_due_of_line(contract, line, ledger.get(line.id, {}), after) for line in charged)
	return min((day for day in days if day is not None), default=None)


def billed_through(contract: Contract, line: ContractLine, ledger: Ledger) -> date | None:
	"""The last day of service that is billed, free periods included, with no gap before it; None if nothing is billed."""
	billed = {period for period, entries in ledger.get(line.id, {}).items() if _counting(entries)}
	horizon = max((period.end for period in billed), default=line.start)
	through = None
	for period in _periods(line):
		if period.start >= horizon or (period not in billed and _costs(contract, line, period)):
			break
		through = (line.service_in(period) or period).last_day
	return through


def _lines(contract: Contract, ledger: Ledger) -> Iterator[ContractLine]:
	"""The contract's lines, and as lines without service those whose amendment was cancelled after they were billed."""
	yield from contract.lines
	known = {line.id for line in contract.lines}
	for line_id, periods in ledger.items():
		if line_id not in known:
			start = min(periods).start
			yield ContractLine(line_id, start, history=(), end=start)


def _line_charges(
	contract: Contract, line: ContractLine, billed: Mapping[Period, tuple[LedgerEntry, ...]], through: date
) -> Iterator[Charge]:
	due_periods = _due_periods(contract, line, through)
	if not billed:
		for period, due_on in due_periods:
			yield from _first_charges(contract, line, period, 1, due_on)
		return
	due = dict(due_periods)
	for period in sorted({*due, *billed}, key=_BY_DAYS):
		entries = billed.get(period, ())
		sequence = entries[-1].sequence + 1 if entries else 1
		counting = _counting(entries)
		if counting:
			yield from _correction(contract, line, period, counting, sequence, through)
		elif period in due:
			yield from _first_charges(contract, line, period, sequence, due[period])


def _first_charges(
	contract: Contract, line: ContractLine, period: Period, sequence: int, due: date
) -> Iterator[Charge]:
	"""One charge for each stretch of terms that costs anything, so that each is a row of its own on the invoice."""
	segments = expected(contract, line, period)
	costing = [segment for segment in segments if segment.amount]
	for number, segment in enumerate(costing, start=sequence):
		yield Charge(
			line=line.id,
			kind=_kind(line),
			period=period,
			service=segment.service,
			amount=segment.amount,
			sequence=number,
			due=due,
			expected=segments,
			billed=contract.currency.zero,
			segment=segment,
		)


def _kind(line: ContractLine) -> ChargeKind:
	if line.credit:
		return ChargeKind.CREDIT
	return ChargeKind.ONE_OFF if line.one_off else ChargeKind.RECURRING


def _correction(
	contract: Contract,
	line: ContractLine,
	period: Period,
	entries: tuple[LedgerEntry, ...],
	sequence: int,
	through: date,
) -> Iterator[Charge]:
	"""The difference between what the period should cost and what was billed for it: one for each tax rate."""
	segments = expected(contract, line, period)
	billed = sum((entry.amount for entry in entries), contract.currency.zero)
	amount = sum((segment.amount for segment in segments), contract.currency.zero) - billed
	if not amount and not line.cuts:
		return
	previous = entries[-1].segments
	whole = Charge(
		line=line.id,
		kind=ChargeKind.CREDIT if line.credit else ChargeKind.CORRECTION,
		period=period,
		service=_changed_days(period, previous, segments),
		amount=amount,
		sequence=sequence,
		due=through,
		expected=segments,
		billed=billed,
		previous=previous,
	)
	parts = [part for part in _by_tax_rate(whole, line.cuts) if part.amount]
	# Where the ledger holds more than the last reason explains, parts would not add up.
	if sum(part.amount for part in parts) == amount:
		yield from parts
	elif amount:
		yield whole


def _by_tax_rate(charge: Charge, cuts: tuple[date, ...]) -> list[Charge]:
	"""The charge, or where a tax rate changes inside its days, one for the days before and one for those from then on."""
	inside = [cut for cut in cuts if charge.service.start < cut < charge.service.end]
	days = [charge.period.start, *inside, charge.period.end]
	parts = []
	for number, (start, end) in enumerate(pairwise(days)):
		part = Period(start, end)
		amount = _cost_in(charge.expected, part) - _cost_in(charge.previous, part)
		service = charge.service.intersect(part) or part
		parts.append(replace(charge, service=service, amount=amount, sequence=charge.sequence + number))
	return parts if inside else [charge]


def _cost_in(segments: tuple[Segment, ...], part: Period) -> Decimal:
	inside = (segment.amount for segment in segments if segment.service.intersect(part) == segment.service)
	return sum(inside, Decimal(0))


def _counting(entries: tuple[LedgerEntry, ...]) -> tuple[LedgerEntry, ...]:
	return tuple(entry for entry in entries if entry.counts)


def _costs(contract: Contract, line: ContractLine, period: Period) -> bool:
	return any(segment.amount for segment in expected(contract, line, period))


def _changed_days(period: Period, previous: tuple[Segment, ...], current: tuple[Segment, ...]) -> Period:
	"""From the first to the last day whose terms differ; all days of service if none does."""
	before, now = _terms_by_stretch(previous), _terms_by_stretch(current)
	cuts = sorted({day for part in (*before, *now) for day in (part.start, part.end)})
	changed = [
		stretch
		for stretch in (Period(start, end) for start, end in pairwise(cuts))
		if _terms_in(before, stretch) != _terms_in(now, stretch)
	]
	if changed:
		return Period(changed[0].start, changed[-1].end)
	return Period(cuts[0], cuts[-1]) if cuts else period


def _terms_by_stretch(segments: tuple[Segment, ...]) -> dict[Period, Terms]:
	return {segment.service: segment.terms for segment in segments}


def _terms_in(stretches: dict[Period, Terms], part: Period) -> Terms | None:
	return next((terms for stretch, terms in stretches.items() if stretch.intersect(part) == part), None)


def _priced_parts(
	contract: Contract, line: ContractLine, period: Period
) -> Iterator[tuple[Revision, Period, Fraction]]:
	"""The stretches under the same terms, divided where a tax rate changes, which does not change what they cost."""
	stretches = line.charged_in(period)
	if stretches == [period] and not _changes_within(line, period):
		yield line.revision_on(period.start), period, WHOLE  # under every convention
		return
	for stretch, factor in _shares(contract, line, period, stretches):
		revision = line.revision_on(stretch.start)
		parts = _cut(stretch, line.cuts)
		if len(parts) == 1:
			yield revision, stretch, factor
			continue
		weights = _weights(contract, line, period, parts)
		for part, weight in zip(parts, weights, strict=True):
			yield revision, part, factor * weight / sum(weights)


def _weights(contract: Contract, line: ContractLine, period: Period, parts: list[Period]) -> list[Fraction]:
	"""How the parts of a stretch compare: as the convention counts, or by days where it does not count any."""
	if line.grid is not None and contract.proration is not Proration.NONE:
		shares = [share(contract.proration, line.grid, period, part) for part in parts]
		if any(shares):
			return shares
	return [Fraction(part.days) for part in parts]


def _changes_within(line: ContractLine, period: Period) -> bool:
	"""Do other terms or another tax rate begin inside the period?"""
	start, end = period.start, period.end
	days = [revision.effective for revision in line.history if start < revision.effective < end]
	return bool(days) or any(start < day < end for day in line.cuts)


def _shares(
	contract: Contract, line: ContractLine, period: Period, stretches: list[Period]
) -> list[tuple[Period, Fraction]]:
	"""The stretches of unchanged terms among the charged days, each with its share of the period's price.

	``stretches`` are the charged days, as ``ContractLine.charged_in`` gives them.
	"""
	if not stretches:
		return []
	if line.grid is None:
		return [(stretches[0], WHOLE)]
	scale = WHOLE
	policy = _first_period(contract, line)
	if _is_stub(line, period):
		if policy is FirstPeriod.FREE:
			return []
		if policy is FirstPeriod.FULL:
			weight = share(contract.proration, line.grid, period, Period(line.start, period.end))
			if not weight:  # a 31st alone weighs nothing under 30/360
				return [(hull(stretches), WHOLE)]
			scale = 1 / weight
	if contract.proration is Proration.NONE:
		return [(hull(stretches), WHOLE)]
	changes = [revision.effective for revision in line.history]
	parts = [part for stretch in stretches for part in _cut(stretch, changes)]
	return [(part, _times(share(contract.proration, line.grid, period, part), scale)) for part in parts]


def _times(value: Fraction, factor: Fraction) -> Fraction:
	"""Their product; most periods are charged whole, where it costs nothing."""
	return value if factor == 1 else value * factor


def _cut(stretch: Period, days: Iterable[date]) -> list[Period]:
	"""``stretch``, cut at those of ``days`` that lie in it."""
	cuts = sorted({day for day in days if stretch.start < day < stretch.end})
	if not cuts:
		return [stretch]
	return [Period(start, end) for start, end in pairwise([stretch.start, *cuts, stretch.end])]


def _days(
	contract: Contract, line: ContractLine, period: Period, part: Period, factor: Fraction
) -> tuple[int | None, int | None]:
	"""Days and days of the period where they tell the factor; a full price needs none."""
	if line.grid is None or factor == 1:
		return None, None
	days = day_count(contract.proration, line.grid, period, part)
	return days if days and Fraction(*days) == factor else (None, None)


def _first_period(contract: Contract, line: ContractLine) -> FirstPeriod:
	"""A line that replaces another goes on where that one ended: its days are prorated, whatever a new customer gets."""
	return FirstPeriod.PRORATE if line.replaces else contract.first_period


def _is_stub(line: ContractLine, period: Period) -> bool:
	return period.start < line.start < period.end


def _periods(line: ContractLine) -> Iterator[Period]:
	"""All periods that the line is served in, in order; without end for an evergreen line."""
	if not line.active:
		return
	if line.grid is None:
		yield Period(line.start, line.start + ONE_DAY)
		return
	for period in line.grid.periods_from(line.start):
		if line.end is not None and period.start >= line.end:
			return
		yield period


def _due_periods(contract: Contract, line: ContractLine, through: date) -> Iterator[tuple[Period, date]]:
	lead = timedelta(days=contract.lead_days)
	for period in _periods(line):
		if period.start - lead > through:
			return
		due = due_date(contract, line, period)
		if due is not None and due <= through:
			yield period, due


def _next_due_of_line(
	contract: Contract, line: ContractLine, billed: Mapping[Period, tuple[LedgerEntry, ...]], after: date
) -> date | None:
	"""As next_due, for one line; what costs nothing never falls due, so a line that stays free ends the search itself."""
	for period in _periods(line):
		if period in billed and _counting(billed[period]):
			continue
		due = due_date(contract, line, period)
		if due is not None and due <= after:
			continue
		if due is not None and _costs(contract, line, period):
			return due
		if period.start >= line.settled and not _is_stub(line, period):
			return None
	return None
