"""Generated lives of contracts: what was agreed, what was amended when and for when, and when billing ran."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

from draws import (
	CONVENTIONS,
	DISCOUNTS,
	MOMENTS,
	PRICES,
	QUANTITIES,
	TERM_MONTHS,
	Conventions,
	exceptional_lines,
)
from hypothesis import strategies as st

from billing_ext.core.amending import amend
from billing_ext.core.contract import (
	AddLine,
	Amendment,
	Change,
	ChangeTerms,
	Contract,
	ContractLine,
	DeclineRenewal,
	EndLine,
	Pause,
	Renew,
	Resume,
	Revision,
	Terminate,
	Terms,
)
from billing_ext.core.errors import DomainError
from billing_ext.core.invoicing import InvoiceDraft
from billing_ext.core.period import Interval, Period, add_months
from billing_ext.core.simulation import Books

generated = Counter[str]()
"""How many histories were generated, and what happens in them; the test run prints it."""

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
	def standing(self) -> tuple[Amendment, ...]:
		"""The amendments that stand in the end, and the one that terminates the contract."""
		amendments = [entry.amendment for entry in self.entries if not entry.withdrawn]
		return (*amendments, Amendment("END", self.end, (Terminate(self.end),), 99))

	@property
	def final(self) -> Contract:
		"""The contract as it ends."""
		return amend(self.base, self.standing)

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


def _length(interval: Interval) -> int:
	return interval.days or interval.months * 30


_TERMS = ["price"] * 5 + ["quantity"] * 3 + ["discount"] * 2
_LINES = ["add", "replace", "replace", "end"] + ["milestone", "credit"] * 2
_COURSE = ["pause"] * 3 + ["resume"] * 2 + ["renew"] * 3 + ["decline", "terminate"]
KINDS = st.sampled_from(_TERMS + _LINES + _COURSE)
PAUSES = st.sampled_from(list(product([1, 3, 10, 31, 70, None], [False, True])))
TERMINATIONS = st.sampled_from([(False, False), (True, False), (False, True)])
CHANGED_TERMS = {"price": PRICES, "quantity": QUANTITIES, "discount": DISCOUNTS}


@st.composite
def change_terms(draw: st.DrawFn, line: ContractLine, kind: str) -> ChangeTerms:
	"""Another price, quantity or discount, at once or from the next period, that may drop later steps of a ramp."""
	at_boundary, final = draw(st.sampled_from([(False, False), (False, True), (True, False)]))
	value = draw(CHANGED_TERMS[kind])
	value = -value if line.credit and kind == "price" else value
	return ChangeTerms(line.id, at_boundary=at_boundary, final=final, **{kind: value})


@st.composite
def course_changes(draw: st.DrawFn, kind: str, effective: date) -> Change:
	"""A change of the contract as a whole."""
	if kind == "pause":
		days, extends_term = draw(PAUSES)
		return Pause(None if days is None else effective + timedelta(days=days), extends_term)
	if kind == "terminate":
		return Terminate(effective, *draw(TERMINATIONS))
	return {"resume": Resume(), "decline": DeclineRenewal()}[kind]


@st.composite
def added_lines(
	draw: st.DrawFn, kind: str, number: int, effective: date, known: list[ContractLine]
) -> AddLine:
	"""A further line, a successor where one is possible, a completed milestone, or a credit."""
	id = f"A{number}"
	if kind == "milestone":
		return AddLine(ContractLine(id, effective, (Revision(effective, Terms(draw(PRICES))),)))
	if kind == "credit":
		terms = Terms(-draw(PRICES))
		return AddLine(ContractLine(id, effective, (Revision(effective, terms),), credit=True))
	replaced = {line.replaces for line in known}
	may_go = [
		line
		for line in known
		if not line.one_off and line.id not in replaced and line.start <= effective and kind == "replace"
	]
	line = draw(exceptional_lines(id, effective, recurring=bool(may_go)))
	return AddLine(replace(line, replaces=draw(st.sampled_from(may_go)).id) if may_go else line)


@st.composite
def _amendments(
	draw: st.DrawFn, number: int, wanted: date, standing: Contract, known: list[ContractLine]
) -> Amendment:
	kind = draw(KINDS)
	at_once = draw(st.sampled_from([False, False, True]))
	if kind == "renew" and standing.term_end is not None:
		months = draw(st.sampled_from([1, 12, 3, None]))
		uplift = draw(change_terms(known[0], "price"))
		return Amendment(f"A{number}", standing.term_end, (Renew(months), uplift), number, at_once)
	line = draw(st.sampled_from(known))
	if kind in CHANGED_TERMS or kind == "renew":
		wanted = max(wanted, line.start)
		change: Change = draw(change_terms(line, "price" if kind == "renew" else kind))
	elif kind == "end":
		change = EndLine(line.id, wanted)
	elif kind in _LINES:
		change = draw(added_lines(kind, number, wanted, known))
	else:
		if kind == "resume":
			wanted = draw(_days_of_pauses(standing, wanted))
		change = draw(course_changes(kind, wanted))
	return Amendment(f"A{number}", wanted, (change,), number, at_once)


@st.composite
def _days_of_pauses(draw: st.DrawFn, standing: Contract, wanted: date) -> date:
	"""A day on which service can begin again, if there is one."""
	pauses = standing.lines[0].pauses
	return pauses[-1].start + timedelta(days=draw(st.integers(0, 40))) if pauses else wanted


@st.composite
def _entries(draw: st.DrawFn, base: Contract, days: int) -> tuple[Entry, ...]:
	begin = base.lines[0].start
	known = list(base.lines)
	entries = draw(_ramps(base, days))
	entered = begin
	for number in range(1, draw(st.sampled_from([1, 0, 2, 3, 2, 4, 5, 8])) + 1):
		pause, lead, stands = draw(MOMENTS)
		entered += timedelta(days=int(days * pause))
		wanted = max(entered + timedelta(days=lead), begin)
		standing = _standing(base, entries)
		amendment = draw(_amendments(number, wanted, standing, known))
		withdrawn = None if stands is None else entered + timedelta(days=int(days * stands))
		entry = Entry(amendment, entered, withdrawn)
		entries += [entry, *draw(_sequels(entry, number))]
		known += [change.line for change in amendment.changes if isinstance(change, AddLine)]
		generated.update(type(change).__name__ for change in amendment.changes)
	return accepted(base, entries)


@st.composite
def _ramps(draw: st.DrawFn, base: Contract, days: int) -> list[Entry]:
	"""Steps that were agreed at signature."""
	start, count = base.lines[0].start, draw(st.sampled_from([0, 0, 0, 1, 2, 3]))
	steps = []
	for number in range(1, count + 1):
		on = start + timedelta(days=max(number, days * number // (count + 1)))
		change = ChangeTerms(base.lines[0].id, price=draw(PRICES))
		steps.append(Entry(Amendment("", on, (change,)), date.min))
	return steps


@st.composite
def _sequels(draw: st.DrawFn, entry: Entry, number: int) -> list[Entry]:
	"""What often follows: service begins again, a milestone is opened again and completed on another, maybe earlier, day."""
	days = draw(st.sampled_from([None, 1, 5, 20, -20, 45]))
	change = entry.amendment.changes[0]
	if days is None or (isinstance(change, Pause) and days < 0):
		return []
	if isinstance(change, Pause):
		again: Change = Resume()
		on, entered = (
			entry.amendment.effective + timedelta(days=days),
			entry.entered + timedelta(days=abs(days)),
		)
	elif isinstance(change, AddLine) and change.line.one_off and entry.withdrawn:
		on, entered = change.line.start + timedelta(days=days), entry.withdrawn + timedelta(days=1)
		first = replace(change.line.history[0], effective=on)
		again = AddLine(replace(change.line, start=on, history=(first,)))
	else:
		return []
	return [Entry(Amendment(f"A{number}b", on, (again,), number + 20, entry.amendment.at_once), entered)]


def _standing(base: Contract, entries: list[Entry]) -> Contract:
	return amend(base, tuple(entry.amendment for entry in accepted(base, entries) if not entry.withdrawn))


def accepted(base: Contract, entries: Iterable[Entry]) -> tuple[Entry, ...]:
	"""What the product takes of ``entries``: it refuses an amendment, or its withdrawal, that would make no sense."""
	entries = tuple(entries)
	events = [(entry.entered, number, True) for number, entry in enumerate(entries)]
	events += [(entry.withdrawn, number, False) for number, entry in enumerate(entries) if entry.withdrawn]
	standing: dict[int, Amendment] = {}
	known, withdrawn = set(), set()
	for _, number, enters in sorted(events, key=lambda event: (event[0], event[1], not event[2])):
		if not enters and number not in standing:
			continue
		after = {other: amendment for other, amendment in standing.items() if enters or other != number}
		if enters:
			after[number] = entries[number].amendment
		try:
			amend(base, tuple(after.values()))
		except DomainError:
			continue
		standing = after
		(known if enters else withdrawn).add(number)
	return tuple(
		entry if number in withdrawn else replace(entry, withdrawn=None)
		for number, entry in enumerate(entries)
		if number in known
	)


@st.composite
def histories(draw: st.DrawFn, conventions: Conventions = CONVENTIONS) -> History:
	"""A contract's life of some periods: lines, up to eight amendments, and runs with skips and repeats."""
	first = draw(exceptional_lines("L0", recurring=True))
	agreed = [first]
	if draw(st.integers(0, 3)) == 3:
		agreed.append(draw(exceptional_lines("L1", first.start + timedelta(days=draw(st.integers(0, 70))))))
	periods, extra = draw(st.sampled_from(list(product([1, 2, 3, 4, 5], [0, 3, 17]))))
	days = min(_length(first.grid.interval) * periods + extra, 1_200)
	months = draw(TERM_MONTHS)
	contract = Contract(
		"C",
		lines=tuple(agreed),
		start=first.start,
		term_end=None if months is None else add_months(first.start, months),
		**draw(conventions),
	)
	entries = draw(_entries(contract, days))
	offsets = draw(st.lists(st.integers(-10, days), min_size=periods // 2, max_size=5))
	runs = tuple(first.start + timedelta(days=offset) for offset in sorted(offsets))
	generated["histories"] += 1
	return History(contract, entries, runs, first.start + timedelta(days=days))
