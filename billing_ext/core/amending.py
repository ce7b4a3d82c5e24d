"""What amendments make of a contract: terms, pauses, renewals and ends, in the order of their dates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

from billing_ext.core.contract import (
	AddLine,
	Amendment,
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
	Timing,
)
from billing_ext.core.errors import DomainError
from billing_ext.core.period import ONE_DAY, Period, clamped, without

C = TypeVar("C", ChangeTerms, AddLine, EndLine, Terminate)


def amend(contract: Contract, amendments: tuple[Amendment, ...]) -> Contract:
	"""The contract as all of ``amendments`` leave it.

	The order in which they were entered does not matter, only their effective dates do; on one day the last entered
	wins, field by field. Where a line is ended more than once, the earliest end counts, and of two ends on one day the
	first entered. Raises DomainError ``unknown_line``, ``duplicate_line``, ``terms_before_line_start``, ``renewal_date``,
	``no_term``, ``pause_order``, ``not_paused``.
	"""
	ordered = sorted(amendments, key=lambda amendment: (amendment.effective, amendment.sequence))
	lines = {line.id: line for line in contract.lines}
	added = [(amendment, change.line) for amendment, change in _changes(ordered, AddLine)]
	for amendment, line in added:
		_add(lines, line, amendment)
	course = _course(contract, ordered)
	lines = {line.id: _in_term(line, course) for line in lines.values()}
	_apply_terms(lines, contract, ordered)
	for amendment, line in added:
		if line.replaces:
			lines[line.replaces] = _ended(lines[line.replaces], line.start, amendment.id)
	for amendment, ending in _changes(ordered, EndLine):
		line = _known(lines, ending.line, contract)
		lines[line.id] = _ended(line, ending.last_day + ONE_DAY, amendment.id)
	for amendment, termination in _changes(ordered, Terminate):
		for line in list(lines.values()):
			keeps = termination.keeps_period and line.timing is Timing.IN_ADVANCE
			lines[line.id] = _ended(line, termination.last_day + ONE_DAY, amendment.id, keeps_period=keeps)
	terminations = [change.last_day + ONE_DAY for _amendment, change in _changes(ordered, Terminate)]
	refunded = frozenset(amendment.id for amendment, change in _changes(ordered, Terminate) if change.refund)
	return replace(
		contract,
		lines=tuple(lines.values()),
		term_end=course.end,
		renewed_on=course.renewed_on,
		renewal_declined=course.declined,
		at_once=frozenset(amendment.id for amendment in ordered if amendment.at_once),
		paused_at_once=course.paused_at_once,
		refunded=refunded,
		terminated=min(terminations, default=None),
	)


@dataclass(frozen=True, slots=True)
class _Course:
	"""How the term went: its end now, since when if renewed, and the pauses, in order and without overlap."""

	end: date | None
	renewed_on: date | None = None
	declined: bool = False
	pauses: tuple[Period, ...] = ()
	extending: frozenset[date] = frozenset()
	"""First days of the pauses that extend the term."""
	paused_at_once: tuple[Period, ...] = ()


def _course(contract: Contract, ordered: list[Amendment]) -> _Course:
	"""Fold pauses and renewals in the order of their dates.

	Raises DomainError ``renewal_date`` for a renewal that does not begin where the term ends: a second one for the same
	term, or one whose term was moved by a pause; ``no_term`` for a contract without end; ``not_paused``.
	"""
	course = _Course(contract.term_end)
	for amendment in ordered:
		for change in amendment.changes:
			if isinstance(change, Pause | Resume):
				course = _paused_or_resumed(course, amendment, change)
			elif isinstance(change, Renew):
				course = _renewed(course, contract, amendment, change)
			elif isinstance(change, DeclineRenewal):
				course = replace(course, declined=True)
	return course


def _paused_or_resumed(course: _Course, amendment: Amendment, change: Pause | Resume) -> _Course:
	"""Note on which days service now is otherwise than before, if that is to be billed at once."""
	day = amendment.effective
	after = _paused(course, day, change) if isinstance(change, Pause) else _resumed(course, day)
	taken = [part for pause in after.pauses for part in without(pause, course.pauses)]
	given_back = [part for pause in course.pauses for part in without(pause, after.pauses)]
	at_once = [part for period in course.paused_at_once for part in without(period, given_back)]
	if amendment.at_once:
		at_once += [*taken, *given_back]
	return replace(after, paused_at_once=tuple(at_once))


def _renewed(course: _Course, contract: Contract, amendment: Amendment, change: Renew) -> _Course:
	if course.end is None:
		raise DomainError("no_term", contract=contract.id)
	if amendment.effective != course.end:
		raise DomainError("renewal_date", date=amendment.effective, expected=course.end)
	end = None if change.months is None else _term_from(contract, course.end, change.months)
	return replace(course, end=end, renewed_on=course.end, declined=False)


def _term_from(contract: Contract, start: date, months: int) -> date:
	"""The day after a term of ``months``. The contract's own day of the month comes back after a short month."""
	month = start.year * 12 + start.month - 1
	wanted = contract.start.day if contract.start else start.day
	return clamped(month + months, wanted if clamped(month, wanted) == start else start.day)


def _paused(course: _Course, start: date, change: Pause) -> _Course:
	pause = Period(start, change.resume or date.max)
	if pause.end <= pause.start:
		raise DomainError("pause_order", start=start, resume=pause.end)
	fresh = without(pause, course.pauses)
	pauses = tuple(sorted((*course.pauses, *fresh)))
	if not change.extends_term or not _begins_in_term(fresh, course):
		return replace(course, pauses=pauses)
	days = sum(part.days for part in fresh if part.end != date.max)
	extending = course.extending | {part.start for part in fresh}
	return replace(course, pauses=pauses, end=_moved(course.end, days), extending=extending)


def _begins_in_term(pauses: list[Period], course: _Course) -> bool:
	return bool(pauses) and course.end is not None and pauses[0].start < course.end


def _resumed(course: _Course, day: date) -> _Course:
	"""End all pauses, for those read so far began before ``day``: only the days that were paused extend the term."""
	if not any(day < pause.end for pause in course.pauses):
		raise DomainError("not_paused", date=day)
	days = 0
	for pause in course.pauses:
		if pause.start in course.extending and day < pause.end:
			counted = pause.start if pause.end == date.max else pause.end
			days += (max(day, pause.start) - counted).days
	pauses = tuple(Period(pause.start, min(pause.end, day)) for pause in course.pauses if pause.start < day)
	extending = frozenset(start for start in course.extending if start < day)
	return replace(course, pauses=pauses, end=_moved(course.end, days), extending=extending)


def _moved(end: date | None, days: int) -> date | None:
	return None if end is None else end + timedelta(days=days)


def _in_term(line: ContractLine, course: _Course) -> ContractLine:
	end = course.end if line.follows_term else line.end
	return replace(line, end=end, pauses=() if line.one_off else course.pauses)


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
	if line.replaces and line.replaces not in lines:
		raise DomainError("unknown_line", line=line.replaces, contract=amendment.id)


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
		history = _history(lines[line_id].history, _without_dropped_steps(changes))
		lines[line_id] = replace(lines[line_id], history=history)


def _without_dropped_steps(
	changes: list[tuple[date, int, str, ChangeTerms]],
) -> list[tuple[date, int, str, ChangeTerms]]:
	"""``changes`` without the steps of the contract itself that follow a change which is final."""
	last = min((effective for effective, _sequence, _id, change in changes if change.final), default=date.max)
	return [entry for entry in changes if entry[2] or entry[0] <= last]


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


def _ended(line: ContractLine, end: date, amendment: str, *, keeps_period: bool = False) -> ContractLine:
	if line.one_off and end > line.start:
		return line
	if line.end is not None and line.end < end:
		return line
	if line.end == end:  # its end is what was agreed, but now it is sure
		return replace(line, ended_by=line.ended_by or amendment)
	return replace(line, end=max(end, line.start), ended_by=amendment, keeps_period=keeps_period)
