"""Contracts, their lines and the history of terms; amendments append to it and never edit it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction

from billing_ext.core.errors import DomainError
from billing_ext.core.money import Currency
from billing_ext.core.period import Grid, Interval, Period, hull, without
from billing_ext.core.proration import WHOLE, Proration


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


class UnderchargeHandling(Enum):
	"""What becomes of an amount that was billed too little."""

	NEXT_INVOICE = "Next Invoice"
	DEBIT_NOTE = "Debit Note"
	"""A debit note against the invoice that carried the charge."""


@dataclass(frozen=True, slots=True)
class Terms:
	"""What one line costs: price per unit and price period, quantity, and discount in percent."""

	price: Decimal
	quantity: Decimal = Decimal(1)
	discount: Decimal = Decimal(0)

	@property
	def amount(self) -> Fraction:
		"""Exact price of the quantity for one price period, after discount."""
		price, per = self.price.as_integer_ratio()
		quantity, of = self.quantity.as_integer_ratio()
		percent, parts = self.discount.as_integer_ratio()
		# One fraction instead of a product of three: planning asks for this once for every period.
		return Fraction(price * quantity * (100 * parts - percent), per * of * 100 * parts)


@dataclass(frozen=True, slots=True)
class Revision:
	"""Terms that are in force from ``effective``; ``amendment`` is what brought them, empty for the contract itself."""

	effective: date
	terms: Terms
	amendment: str = ""


@dataclass(frozen=True, slots=True)
class ContractLine:
	"""One priced service. ``end`` is the first day without it. A line without a grid is billed once, on ``start``.

	``free`` are days that are served and not charged (a trial, free months), ``pauses`` days without service, and days
	before ``opening`` were billed by another system. A line that ``follows_term`` ends with the contract's term.
	``keeps_period`` charges the period in which the line ends in full. A ``credit`` has a negative price and is deducted
	from what the contract is charged. ``cuts`` are days on which another tax rate begins: no row goes over one.
	"""

	id: str
	start: date
	history: tuple[Revision, ...]
	grid: Grid | None = None
	price_period: Interval | None = None
	timing: Timing = Timing.IN_ADVANCE
	end: date | None = None
	ended_by: str = ""
	replaces: str = ""
	free: tuple[Period, ...] = ()
	pauses: tuple[Period, ...] = ()
	opening: date | None = None
	follows_term: bool = False
	keeps_period: bool = False
	credit: bool = False
	cuts: tuple[date, ...] = ()

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
			return WHOLE
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
		"""From the first to the last day of ``period`` that is charged, None if none is."""
		stretches = self.charged_in(period)
		return hull(stretches) if stretches else None

	def charged_in(self, period: Period) -> list[Period]:
		"""The days of ``period`` that are charged: served, and neither paused, nor free, nor billed elsewhere."""
		start, end = max(period.start, self.start, self.opening or self.start), period.end
		if self.one_off:  # the day may have moved after it was billed: only the line's own day costs anything
			return [period] if self.active and period.start == self.start == start else []
		if self.end is not None and not (self.keeps_period and start < self.end):
			end = min(end, self.end)
		if start >= end:
			return []
		served = period if start == period.start and end == period.end else Period(start, end)
		return without(served, (*self.free, *self.pauses))

	@property
	def settled(self) -> date:
		"""The day from which on every period is like the next, as far as is known; ends apart."""
		exceptional = (*self.free, *self.pauses)
		days = [day for part in exceptional for day in (part.start, part.end) if day != date.max]
		return max([*days, self.history[-1].effective, self.opening or self.start])


@dataclass(frozen=True, slots=True)
class Contract:
	"""A customer's lines and the conventions that all of them share. ``lead_days`` only moves when advance lines are due.

	``start`` is its first day, ``term_end`` the first day after the current term, None for a contract without end;
	``renewed_on`` is the day on which that term began if a renewal began it. It ``renews`` by itself unless that is
	declined ``notice`` before the term's end. ``terminated`` is the first day after a termination; open milestones and
	work (``bills_work``) may still become lines. ``at_once`` and ``refunded`` are ids of amendments: what they cause is
	billed without waiting for an invoice, and credited by a credit note whose money is given back. ``paused_at_once`` are
	days that a pause among the former took out, or a resumption gave back.
	"""

	id: str
	currency: Currency
	lines: tuple[ContractLine, ...]
	proration: Proration = Proration.ACTUAL
	first_period: FirstPeriod = FirstPeriod.PRORATE
	correction_billing: CorrectionBilling = CorrectionBilling.NEXT_INVOICE
	credit_handling: CreditHandling = CreditHandling.CREDIT_NOTE
	lead_days: int = 0
	undercharge_handling: UnderchargeHandling = UnderchargeHandling.NEXT_INVOICE
	start: date | None = None
	term_end: date | None = None
	renewed_on: date | None = None
	renewal_declined: bool = False
	renews: bool = False
	notice: Interval | None = None
	open_milestones: bool = False
	bills_work: bool = False
	terminated: date | None = None
	at_once: frozenset[str] = frozenset()
	paused_at_once: tuple[Period, ...] = ()
	refunded: frozenset[str] = frozenset()

	def line(self, line_id: str) -> ContractLine:
		"""The line with that id. Raises DomainError ``unknown_line``."""
		for line in self.lines:
			if line.id == line_id:
				return line
		raise DomainError("unknown_line", line=line_id, contract=self.id)

	def line_ended_by(self, line_id: str) -> str:
		"""The amendment that ended a line; empty if none has, or if the line is not known any more."""
		return next((line.ended_by for line in self.lines if line.id == line_id), "")


@dataclass(frozen=True, slots=True)
class ChangeTerms:
	"""New price, quantity or discount of a line from a date on; what is None stays as it is."""

	line: str
	price: Decimal | None = None
	quantity: Decimal | None = None
	discount: Decimal | None = None
	at_boundary: bool = False
	"""Wait for the start of the line's next billing period."""
	final: bool = False
	"""Later steps that the contract itself had agreed do not hold any more."""


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
	"""``last_day`` is the last day of service of every line.

	``keeps_period``: a period billed in advance that has begun is charged in full. ``refund``: what is credited is paid back.
	"""

	last_day: date
	keeps_period: bool = False
	refund: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
	"""No service from the amendment's date to the day before ``resume``, or until a Resume if that is None.

	``extends_term`` moves the end of the term by the days that were paused.
	"""

	resume: date | None = None
	extends_term: bool = False


@dataclass(frozen=True, slots=True)
class Resume:
	"""Service begins again on the amendment's date, before or without an agreed date."""


@dataclass(frozen=True, slots=True)
class Renew:
	"""A further term of ``months`` from the amendment's date, which is the first day after the term; None: without end."""

	months: int | None = None


@dataclass(frozen=True, slots=True)
class DeclineRenewal:
	"""The contract ends with its current term."""


Change = ChangeTerms | AddLine | EndLine | Terminate | Pause | Resume | Renew | DeclineRenewal


@dataclass(frozen=True, slots=True)
class Amendment:
	"""Changes that take effect on one day; the day belongs to the new terms. ``sequence`` orders those of one day.

	``at_once``: the differences that it causes are billed without waiting for the next invoice. An amendment without an id
	is part of the contract as signed: its changes are steps of a ramp.
	"""

	id: str
	effective: date
	changes: tuple[Change, ...]
	sequence: int = 0
	at_once: bool = False
