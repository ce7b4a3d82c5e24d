"""Reads scenarios: the stories of contracts that finance people write as plain text.

The grammar below is the whole language. docs/scenarios.md explains it; a line that fits no sentence of its place is an
error that names file, line and the sentences that are possible there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

# A sentence is what an author writes: {kind name} is a value, [...] may be left out.
GRAMMAR: dict[str, dict[str, str]] = {
	"story": {
		"contract": "Contract from {day start}[ to {day end}][ for {count months} months]"
		"[, {rhythm rhythm}][ {timing timing}][, {currency currency}]",
		"run": "On {day on} the run makes[ {nothing nothing}]",
		"amend": "On {day on} amend from {day start}[, billed {billing billing}][: {rest inline}]",
		"terminate": "On {day on} terminate after {day last}[ {credit unused}]",
		"undo": "On {day on} undo amendment {count number}",
		"pause": "On {day on} pause from {day start}[, service again on {day resume}][, {extending extends}]",
		"resume": "On {day on} resume from {day start}",
		"renew": "On {day on} renew from {day start} for {count months} months[: {rest inline}]",
		"go_on": "On {day on} renew from {day start} without end[: {rest inline}]",
		"decline": "On {day on} decline the renewal",
		"complete": "On {day on} complete {name milestone}",
		"reopen": "On {day on} reopen {name milestone}",
		"transfer": "On {day on} transfer to a new customer from {day start}",
		"billing_day": "On {day on} change the billing day to {count billing_day} from {day start}",
		"cancel": "On {day on} cancel document {count number}",
		"release": "On {day on} release document {count number}",
		"credit": "On {day on} credit {amount amount} of document {count number} by hand",
		"forgive": "On {day on} forgive the credit by hand",
		"rebill": "On {day on} bill the credit by hand again",
		"night": "On {day on} the contract shows",
	},
	"contract": {
		"line": "Line {name line}: {rest phrases}",
		"setting": "{label label}: {rest value}",
	},
	"line": {
		"step": "from {day start} {change phrases}",
		"share": "Milestone {name name}: {amount percent} %",
		"milestone": "Milestone {name name}: {amount amount}",
	},
	"line phrase": {
		"price": "[{amount quantity} x ]{amount price}[ a {interval price_period}]",
		"one_off": "[{amount quantity} x ]{amount price} once",
		"milestones": "{amount price} in milestones",
		"credit": "credit of {amount price}",
		"discount": "less {amount discount} %",
		"billed": "billed {rhythm rhythm}",
		"timing": "{timing timing}",
		"start": "from {day start}",
		"end": "to {day end}",
		"free": "free until {day free_until}",
		"elsewhere": "billed through {day billed_through}",
		"anchor": "periods from {day anchor}",
	},
	"change": {
		"add": "add {name line}: {rest phrases}",
		"end": "end {name line} on {day last}",
		"replace": "replace {name old} with {name line}: {rest phrases}",
		"cadence": "change the rhythm of {name old}: {rest phrases}",
		"terms": "{name line} {change phrases}",
	},
	"change phrase": {
		"price": "costs {amount price}",
		"quantity": "[has ]quantity {amount quantity}",
		"discount": "[has ]discount {amount discount} %",
		"waits": "at the next period",
		"at_once": "on that day",
		"final": "dropping later steps",
	},
	"document": {
		"document": "{kind kind} {amount total}[ against document {count against}]",
	},
	"row": {
		"row": "{name line} {day start}[ to {day end}]: {amount net}",
	},
	"refusal": {"refused": "Refused: {rest words}"},
	"sight": {
		"through": "{name line} billed through: {rest value}",
		"document": "Document {count number} {label label}: {rest value}",
		"field": "{label label}: {rest value}",
	},
}
# What may be written under which sentence.
INSIDE = {
	"contract": ("refusal", "contract"),
	"line": ("line",),
	"run": ("document", "refusal"),
	"document": ("row",),
	"amend": ("change", "refusal"),
	"renew": ("change", "refusal"),
	"go_on": ("change", "refusal"),
	"night": ("sight",),
}
PHRASES = {
	"line": "line phrase", "add": "line phrase", "replace": "line phrase", "cadence": "line phrase",
	"terms": "change phrase", "step": "change phrase",
}  # fmt: skip
_UNIT = "(?:day|week|month|quarter|half-year|year)"
_KINDS = {
	"day": r"\d{4}-\d\d-\d\d",
	"amount": r"-?\d+(?:\.\d+)?",
	"count": r"\d+",
	"name": r"[^\s:,](?:[^:,]*?[^\s:,])?",
	"label": r"[A-Z][^:]*",
	"rest": r".+",
	"change": r"(?:costs|has|quantity|discount) .+",
	"interval": rf"(?:\d+ )?{_UNIT}s?",
	"rhythm": rf"(?:daily|weekly|monthly|quarterly|half-yearly|yearly|every \d+ {_UNIT}s)",
	"timing": "(?:in advance|in arrears)",
	"currency": r"[A-Z]{3}",
	"billing": r"(?:immediately|with the next invoice)",
	"credit": r"(?:with a credit|with a refund|without credit)",
	"kind": r"(?:Invoice|Credit note|Debit note)",
	"nothing": "nothing",
	"extending": "extending the term",
}


_SHOWN = {
	"inline": "change",
	"phrases": "terms, …",
	"price_period": "period",
	"billing_day": "number",
	"old": "line",
	"against": "number",
}


class ScenarioError(Exception):
	"""A scenario cannot be read, or the program does not do what it says."""


@dataclass(frozen=True)
class Clause:
	"""One line of a scenario: which sentence it is, its values, its phrases and what is indented under it."""

	place: str
	kind: str
	text: str
	values: dict[str, Any]
	where: str
	phrases: tuple[Clause, ...] = ()
	inside: tuple[Clause, ...] = ()

	def __getitem__(self, name: str) -> Any:
		return self.values.get(name)

	def of(self, kind: str) -> list[Clause]:
		"""The clauses of that kind that are indented under this one."""
		return [clause for clause in self.inside if clause.kind == kind]

	@property
	def terms(self) -> dict[str, Any]:
		"""The values of all phrases together, and True for each kind of phrase that has no value of its name."""
		given = {phrase.kind: True for phrase in self.phrases}
		return given | {name: value for phrase in self.phrases for name, value in phrase.values.items()}


@dataclass(frozen=True)
class Scenario:
	"""A file: its title is its first comment, its first clause the contract."""

	title: str
	contract: Clause
	events: tuple[Clause, ...]


def read(path: Path) -> Scenario:
	"""The scenario of a file. Raises ScenarioError that names file and line."""
	return parsed(path.read_text(encoding="utf-8"), path.name)


def in_page(path: Path) -> dict[str, str]:
	"""The texts of the scenarios that a page of the documentation tells, by page and title."""
	blocks = re.findall(
		r"^```scenario\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
	)
	return {f"{path.stem}/{block.splitlines()[0].removeprefix('# ')}": block for block in blocks}


def parsed(text: str, file: str) -> Scenario:
	"""The scenario of a text. Raises ScenarioError that names ``file`` and the line."""
	lines = text.splitlines()
	title = lines[0].removeprefix("#").strip() if lines else ""
	clauses = _clauses(_numbered(lines), ("story",), file)
	if not clauses or clauses[0].kind != "contract" or any(later.kind == "contract" for later in clauses[1:]):
		raise ScenarioError(f"{file}: a scenario begins with one contract: {GRAMMAR['story']['contract']}")
	for event in clauses[1:]:
		if event.kind == "run" and bool(event["nothing"]) == bool(event.inside):
			raise ScenarioError(
				f"{event.where}: say what the run makes, each document on a line below, or nothing."
			)
	for earlier, later in pairwise(clauses[1:]):
		if later["on"] < earlier["on"]:
			raise ScenarioError(f"{later.where}: {later['on']} is before {earlier['on']}, the day above it.")
	return Scenario(title, clauses[0], tuple(clauses[1:]))


def _numbered(lines: list[str]) -> list[tuple[int, int, str]]:
	"""Line number, indentation and text of each line; comments and empty lines are gone."""
	found = []
	for number, line in enumerate(lines, start=1):
		text = re.sub(r"(^|\s)#.*", "", line.expandtabs(2)).rstrip()
		if text:
			found.append((number, len(text) - len(text.lstrip()), text.strip()))
	return found


def _clauses(lines: list[tuple[int, int, str]], places: tuple[str, ...], file: str) -> list[Clause]:
	"""The clauses of a block, each with the deeper block that follows it."""
	clauses = []
	depth = lines[0][1] if lines else 0
	while lines:
		number, indent, text = lines[0]
		if indent != depth:
			raise ScenarioError(f"{file}:{number}: indent this line by {depth} spaces like those above it.")
		end = next((i for i, line in enumerate(lines[1:], start=1) if line[1] <= depth), len(lines))
		clauses.append(_clause(text, places, f"{file}:{number}", lines[1:end], file))
		lines = lines[end:]
	return clauses


def _clause(
	text: str, places: tuple[str, ...], where: str, deeper: list[tuple[int, int, str]], file: str
) -> Clause:
	place, kind, values = _matched(text, places, where)
	nested = INSIDE.get(kind, ("refusal",) if place == "story" else ())
	inside = _clauses(deeper, nested, file) if nested else []
	if deeper and not nested:
		raise ScenarioError(f"{file}:{deeper[0][0]}: nothing can be indented under «{text}».")
	if inline := values.pop("inline", None):
		inside.insert(0, _clause(inline, nested, where, [], file))
	parts = re.split(r",\s+", values.pop("phrases", "") or "")
	phrases = tuple(_clause(part, (PHRASES[kind],), where, [], file) for part in parts if part)
	return Clause(place, kind, text, values, where, phrases, tuple(inside))


def _matched(text: str, places: tuple[str, ...], where: str) -> tuple[str, str, dict[str, Any]]:
	for place in places:
		for kind, sentence in GRAMMAR[place].items():
			if found := _pattern(sentence).fullmatch(text):
				kinds = {name: kind_of for kind_of, name in re.findall(r"{(\w+) (\w+)}", sentence)}
				given = {name: value for name, value in found.groupdict().items() if value is not None}
				return place, kind, {name: _value(kinds[name], value, where) for name, value in given.items()}
	possible = [shown(sentence) for place in places for sentence in GRAMMAR[place].values()]
	raise ScenarioError(f"{where}: «{text}» is not understood. Possible here:\n  " + "\n  ".join(possible))


def shown(sentence: str) -> str:
	"""A sentence as errors and the documentation show it: {day start} is <day>, a choice is (a|b)."""

	def value(found: re.Match[str]) -> str:
		kind, name = found.groups()
		words = _KINDS[kind].removeprefix("(?:").removesuffix(")")
		if re.fullmatch(r"[\w| ]+", words):
			return f"({words})" if "|" in words else words
		return "<day>" if kind == "day" else f"<{_SHOWN.get(name, name)}>"

	return re.sub(r"{(\w+) (\w+)}", value, sentence)


@cache
def _pattern(sentence: str) -> re.Pattern[str]:
	pattern = ""
	for part in re.split(r"({\w+ \w+}|\[|\])", sentence):
		if part in ("[", "]"):
			pattern += {"[": "(?:", "]": ")?"}[part]
		elif value := re.fullmatch(r"{(\w+) (\w+)}", part):
			pattern += f"(?P<{value[2]}>{_KINDS[value[1]]})"
		else:
			pattern += re.escape(part)
	return re.compile(pattern)


def _value(kind: str, text: str, where: str) -> Any:
	if kind == "day":
		try:
			return date.fromisoformat(text)
		except ValueError:
			raise ScenarioError(f"{where}: there is no day {text}.") from None
	return {"amount": Decimal, "count": int}.get(kind, str)(text)
