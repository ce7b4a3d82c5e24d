"""Generated lives of contracts: what was agreed, what was amended when and for when, and when billing ran."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

from hypothesis import strategies as st

from billing_ext.core.contract import (
	AddLine,
	Amendment,
	Change,
	ChangeTerms,
	Contract,
	ContractLine,
	CorrectionBilling,
	CreditHandling,
	EndLine,
	FirstPeriod,
	Revision,
	Terminate,
	Terms,
	Timing,
	amend,
)
from billing_ext.core.invoicing import InvoiceDraft
from billing_ext.core.money import Currency
from billing_ext.core.period import Grid, Interval, Period, Unit, clamped
from billing_ext.core.proration import Proration
from billing_ext.core.simulation import Books

generated = Counter[str]()
"""How many histories were generated; the test run prints it."""

Net = dict[tuple[str, Period], Decimal]


@dataclass(frozen=True, slots=True)
class Entry:
	"""An amendment with the day it was entered and, where it was cancelled again, the day of that."""

	amendment: Amendment
	entered: date
	withdrawn: date | None = None


@dataclass(frozen=True, slots=True)
class History:
	"""A contract's life up to ``end``, its last day of service, with the days on which billing ran."""

	base: Contract
	entries: tuple[Entry, ...]
	runs: tuple[date, ...]
	end: date

	def known_on(self, day: date) -> Contract:
		"""The contract as it stands on ``day``."""
		return amend(
			self.base,
			tuple(
				entry.amendment
				for entry in self.entries
				if entry.entered <= day and not (entry.withdrawn and entry.withdrawn <= day)
			),
		)

	@property
	def final(self) -> Contract:
		"""The contract as it ends: with every amendment that stands, and terminated."""
		standing = tuple(entry.amendment for entry in self.entries if not entry.withdrawn)
		return amend(self.base, (*standing, Amendment("END", self.end, (Terminate(self.end),), 99)))

	def with_entries(self, *entries: Entry) -> History:
		"""The same life with further amendments."""
		return replace(self, entries=(*self.entries, *entries))

	@property
	def settlement(self) -> date:
		"""The day on which all that was ever agreed is due."""
		return self.end + timedelta(days=1)

	def play(self, runs: Iterable[date] | None = None) -> tuple[Books, list[InvoiceDraft]]:
		"""The books after those runs, each with the contract as known then, and the documents posted."""
		books = Books()
		drafts = [
			draft
			for day in (self.runs if runs is None else runs)
			for draft in books.run(self.known_on(day), day)
		]
		return books, drafts

	def settle(self, runs: Iterable[date] | None = None) -> tuple[Books, list[InvoiceDraft]]:
		"""As ``play``, and then the final invoice."""
		books, drafts = self.play(runs)
		return books, drafts + books.run(self.final, self.settlement)


def net(books: Books) -> Net:
	"""What was billed for each line and period, without what cancels out."""
	totals: Net = {}
	for entry in books.entries:
		key = entry.line, entry.period
		totals[key] = totals.get(key, Decimal(0)) + entry.amount
	return {key: total for key, total in totals.items() if total}


def _starts() -> list[date]:
	days = []
	for month_index in range(2019 * 12, 2029 * 12):
		days += [clamped(month_index, day) for day in (1, 1, 2, 14, 15, 16, 27, 28, 29, 30, 30, 31, 31, 31)]
	leap_days = [date(2020, 2, 29), date(2024, 2, 29), date(2028, 2, 29)]
	return days + leap_days * 50


def _prices() -> list[Decimal]:
	random = Random(2024)
	plain = [Decimal(text) for text in "100 500 750 19.95 1000 12000 333.333333 0.01 0".split()]
	odd = [
		Decimal(random.randrange(1_000, 10**8)).scaleb(-places)
		for places in (2, 2, 3, 4, 6)
		for _ in range(9)
	]
	return plain + odd


def _all_terms() -> list[Terms]:
	quantities = [Decimal(text) for text in "1 1 1 2 3 7 12 1.5 0.333333 0".split()]
	discounts = [Decimal(text) for text in "0 0 0 0 10 12.5 25 33.333333 100".split()]
	return [Terms(*values) for values in product(_prices(), quantities, discounts)]


def _intervals() -> list[Interval]:
	odd = [Interval(2, Unit.MONTH), Interval(2, Unit.WEEK), Interval(30, Unit.DAY), Interval(2, Unit.YEAR)]
	return [Interval(1, Unit.MONTH)] * 6 + [Interval(1, unit) for unit in Unit] + odd


def _conventions(prorations: Iterable[Proration]) -> list[dict[str, Any]]:
	names = "currency", "proration", "first_period", "correction_billing", "credit_handling", "lead_days"
	values = product(
		[Currency("NOK", 2), Currency("NOK", 2), Currency("JPY", 0), Currency("KWD", 3)],
		prorations,
		[FirstPeriod.PRORATE, FirstPeriod.PRORATE, *FirstPeriod],
		CorrectionBilling,
		CreditHandling,
		[0, 0, 0, 5, 14, 45],
	)
	return [dict(zip(names, combination, strict=True)) for combination in values]


CONSERVING = [convention for convention in Proration if convention is not Proration.ACTUAL_360]
"""The conventions under which the parts of a period add up to the whole."""

# Few draws from long lists: generating is what takes the time. The simplest come first, for Hypothesis shrinks to them.
STARTS = st.sampled_from(_starts())
PRICES = st.sampled_from(_prices())
QUANTITIES = st.sampled_from([Decimal(text) for text in "1 1 2 2 3 5 7 12 1.5 0.333333 0".split()])
DISCOUNTS = st.sampled_from([Decimal(text) for text in "0 5 10 12.5 25 33.333333 50 100".split()])
TERMS = st.sampled_from(_all_terms())
CONVENTIONS = st.sampled_from(_conventions(Proration))
CONSERVING_CONVENTIONS = st.sampled_from(_conventions(CONSERVING))
SHAPES = st.sampled_from(
	list(
		product(
			_intervals(),
			["start", "start", "billing day", "calendar", "anchor"],
			[None, None, Interval(1, Unit.YEAR), Interval(1, Unit.MONTH)],
			Timing,
		)
	)
)
CHANGES = st.sampled_from(
	["price"] * 5 + ["quantity"] * 3 + ["discount"] * 2 + ["add", "replace", "replace", "end", "terminate"]
)
MOMENTS = st.sampled_from(
	list(
		product(
			[Fraction(0), Fraction(0), Fraction(1, 9), Fraction(1, 5), Fraction(1, 3), Fraction(1, 2)],
			[0, 0, 1, 9, 15, 30, -1, -2, -12, -31, -45, -100],
			[None] * 5 + [Fraction(1, 3)],
		)
	)
)
"""When an amendment is entered and when it is withdrawn, as shares of the history, and the days until its effect."""


def grid(scheme: str, start: date, interval: Interval, offset: int) -> Grid:
	"""A grid that a line starting on ``start`` may have, so that it begins on a boundary or inside a period."""
	if scheme == "calendar":
		return Grid.on_calendar(start, interval)
	if scheme == "billing day":
		return Grid.on_billing_day(start, interval, offset % 31 + 1)
	return Grid.anchored(start if scheme == "start" else start - timedelta(days=offset), interval)


@st.composite
def lines(
	draw: st.DrawFn, id: str = "L0", start: date | None = None, recurring: bool = False
) -> ContractLine:
	"""A line, now and then one that is billed once."""
	start = draw(STARTS) if start is None else start
	history = (Revision(start, draw(TERMS)),)
	if not recurring and draw(st.integers(0, 9)) == 9:
		return ContractLine(id, start, history)
	interval, scheme, price_period, timing = draw(SHAPES)
	offset = 0 if scheme in ("start", "calendar") else draw(st.integers(-60, 400))
	price_period = price_period if interval.months else None
	return ContractLine(
		id,
		start,
		history,
		grid=grid(scheme, start, interval, offset),
		price_period=price_period,
		timing=timing,
	)


@st.composite
def contracts(
	draw: st.DrawFn, conventions: st.SearchStrategy[dict[str, Any]] = CONVENTIONS
) -> tuple[Contract, ContractLine]:
	"""A contract with one recurring line, and that line."""
	line = draw(lines(recurring=True))
	return Contract("C", lines=(line,), **draw(conventions)), line


def _length(interval: Interval) -> int:
	return interval.days or interval.months * 30


@st.composite
def _changes(draw: st.DrawFn, lines: dict[str, ContractLine], effective: date, number: int) -> Change:
	known = draw(st.sampled_from(list(lines.values())))
	kind = draw(CHANGES)
	if kind == "end":
		return EndLine(known.id, effective)
	if kind == "terminate":
		return Terminate(effective)
	replaced = {line.replaces for line in lines.values()}
	if kind == "replace" and known.id not in replaced and known.start <= effective and not known.one_off:
		return AddLine(replace(draw(lines_from(number, effective, recurring=True)), replaces=known.id))
	if kind in ("add", "replace"):
		return AddLine(draw(lines_from(number, effective)))
	values = {"price": PRICES, "quantity": QUANTITIES, "discount": DISCOUNTS}
	at_boundary = draw(st.sampled_from([False, False, True]))
	return ChangeTerms(known.id, at_boundary=at_boundary, **{kind: draw(values[kind])})


def lines_from(number: int, start: date, recurring: bool = False) -> st.SearchStrategy[ContractLine]:
	"""The line that the amendment with that number adds."""
	return lines(f"A{number}", start, recurring=recurring)


@st.composite
def _entries(draw: st.DrawFn, agreed: tuple[ContractLine, ...], begin: date, days: int) -> tuple[Entry, ...]:
	known = {line.id: line for line in agreed}
	entries: list[Entry] = []
	entered = begin
	for number in range(1, draw(st.sampled_from([1, 0, 2, 1, 2, 3, 4, 8])) + 1):
		pause, lead, stands = draw(MOMENTS)
		entered += timedelta(days=int(days * pause))
		effective = max(entered + timedelta(days=lead), begin)
		change = draw(_changes(known, effective, number))
		if isinstance(change, AddLine):
			known[change.line.id] = change.line
		elif isinstance(change, ChangeTerms):
			effective = max(effective, known[change.line].start)
		withdrawn = None if stands is None else entered + timedelta(days=int(days * stands))
		entries.append(Entry(Amendment(f"A{number}", effective, (change,), number), entered, withdrawn))
	named = {_names(entry) for entry in entries}
	return tuple(replace(entry, withdrawn=None) if _adds(entry) in named else entry for entry in entries)


def _names(entry: Entry) -> str:
	"""The line that must exist for the amendment to make sense."""
	change = entry.amendment.changes[0]
	return change.line.replaces if isinstance(change, AddLine) else getattr(change, "line", "")


def _adds(entry: Entry) -> str | None:
	change = entry.amendment.changes[0]
	return change.line.id if isinstance(change, AddLine) else None


@st.composite
def histories(draw: st.DrawFn, conventions: st.SearchStrategy[dict[str, Any]] = CONVENTIONS) -> History:
	"""A contract's life of some periods: lines, up to eight amendments, and runs with skips and repeats."""
	first = draw(lines("L0", recurring=True))
	agreed = [first]
	if draw(st.integers(0, 3)) == 3:
		agreed.append(draw(lines("L1", first.start + timedelta(days=draw(st.integers(0, 70))))))
	periods, extra = draw(st.sampled_from(list(product([1, 2, 3, 4, 5], [0, 3, 17]))))
	days = min(_length(first.grid.interval) * periods + extra, 1_200)
	contract = Contract("C", lines=tuple(agreed), **draw(conventions))
	entries = draw(_entries(contract.lines, first.start, days))
	offsets = draw(st.lists(st.integers(-10, days), min_size=periods // 2, max_size=5))
	runs = tuple(first.start + timedelta(days=offset) for offset in sorted(offsets))
	generated["histories"] += 1
	return History(contract, entries, runs, first.start + timedelta(days=days))
