"""A case, what our core says to it, and the comparison of the two."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from pathlib import Path
from typing import Any

CASES = Path(__file__).parents[2] / "cases" / "vectors.json"
TOPICS = {
	"proration", "billing-dates", "upgrade", "downgrade", "cancel", "seats", "trial", "anchor-change", "pause-resume",
	"ramp", "renewal", "price-indexation", "milestone", "credit", "rounding", "discounts", "mrr",
	"dunning/blocked-period-credit",
}  # fmt: skip
NOT_NUMBERS = {"formula", "parts", "factor", "conservation"}
"""Expected fields that explain a number in words."""
OBSERVED_BUGS = {"wrong_observed", "observed", "before_fix", "actual_factor"}
"""Expected fields that report what a system wrongly did."""

Case = dict[str, Any]


class Verdict(Enum):
	"""What came out of a comparison."""

	AGREES = "agrees"
	DIFFERS = "differs on purpose"
	INCOMPARABLE = "not comparable"


@dataclass(frozen=True, slots=True)
class Answer:
	"""Our values for a case's expected fields under one of our settings, and why they are not the case's, if so.

	``incomparable`` says what of the case is none of our core's business.
	"""

	setting: str
	ours: dict[str, Any]
	reason: str = ""
	incomparable: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
	"""The verdict on one case."""

	case: Case
	verdict: Verdict
	answer: Answer


Adapter = Callable[[Case], Iterator[Answer]]
_adapters: list[tuple[str, set[str], set[str], Adapter]] = []


def adapter(system: str, given: str = "", expects: str = "") -> Callable[[Adapter], Adapter]:
	"""Register a translation for a system's cases that have these input and expected fields."""

	def register(function: Adapter) -> Adapter:
		_adapters.append((system, set(given.split()), set(expects.split()), function))
		return function

	return register


def system_of(case: Case) -> str:
	"""Short name of the system that a case comes from."""
	return case["id"].split("-")[0]


def load_cases() -> list[Case]:
	"""The cases of the topics that our core covers."""
	return [case for case in _all_cases() if _is_covered(case)]


def topics_left_out() -> Counter[str]:
	"""How many cases each topic has that our core does not cover."""
	return Counter(case["topic"].split("/")[0] for case in _all_cases() if not _is_covered(case))


def _all_cases() -> list[Case]:
	return json.loads(CASES.read_text())


def _is_covered(case: Case) -> bool:
	return bool({case["topic"], case["topic"].split("/")[0]} & TOPICS)


def judge(case: Case) -> Outcome:
	"""Run a case. Raises LookupError if no adapter knows its fields, AssertionError for an unexplained difference."""
	answers = list(_adapter_for(case)(case))
	theirs = expected_of(case)
	for answer in answers:
		if not answer.incomparable and same(answer.ours, theirs):
			return Outcome(case, Verdict.AGREES, answer)
	first = answers[0]
	if first.incomparable:
		return Outcome(case, Verdict.INCOMPARABLE, first)
	assert first.reason, f"{case['id']}: ours {first.ours}, theirs {theirs}"
	return Outcome(case, Verdict.DIFFERS, first)


def expected_of(case: Case) -> dict[str, Any]:
	"""The numbers and dates that a case states, with the recommended value in place of an upstream wart."""
	recommended = case.get("recommended_default", {})
	if not recommended.get("same_as_expected", True):
		return {"number_of_billing_cycles": recommended["cycles"]}
	ignored = NOT_NUMBERS | OBSERVED_BUGS
	return {key: value for key, value in case["expected"].items() if key not in ignored}


def same(ours: Any, theirs: Any) -> bool:
	"""Are all of their values ours? A date, a number in whatever notation, or a list or table of them."""
	if isinstance(theirs, dict):
		return all(key in ours and same(ours[key], value) for key, value in theirs.items())
	if isinstance(theirs, list):
		return len(ours) == len(theirs) and all(map(same, ours, theirs))
	if isinstance(theirs, bool) or theirs is None or isinstance(ours, bool) or ours is None:
		return ours is theirs
	try:
		return _close(Decimal(str(ours)), Decimal(str(theirs)))
	except InvalidOperation:
		return str(ours) == str(theirs)


def _close(ours: Decimal, theirs: Decimal) -> bool:
	"""Equal; or, where they print a float's thirteen or more decimals, equal as far as a float goes."""
	if -theirs.as_tuple().exponent < 13:
		return ours == theirs
	return abs(ours - theirs) < Decimal("1e-11")


def _adapter_for(case: Case) -> Adapter:
	for system, given, expects, function in _adapters:
		if system == system_of(case) and given <= {*case["input"]} and expects <= {*case["expected"]}:
			return function
	raise LookupError(f"{case['id']}: no adapter for {sorted(case['input'])} -> {sorted(case['expected'])}")
