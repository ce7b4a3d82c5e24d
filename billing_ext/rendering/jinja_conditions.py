"""Conditions for Liquid, which knows neither brackets nor ``not`` and reads ``and`` and ``or`` from the right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Condition:
	"""A condition and its opposite, or several joined by ``and`` or ``or``."""

	text: str = ""
	negated: str = ""
	joined: str = ""
	parts: tuple[Condition, ...] = ()


def both(first: Condition, second: Condition) -> Condition:
	"""One and the other."""
	return _join("and", first, second)


def either(first: Condition, second: Condition) -> Condition:
	"""One or the other."""
	return _join("or", first, second)


def opposite(condition: Condition) -> Condition:
	"""The opposite, without a ``not``."""
	if not condition.joined:
		return Condition(condition.negated, condition.text)
	joined = "or" if condition.joined == "and" else "and"
	return Condition(joined=joined, parts=tuple(map(opposite, condition.parts)))


def _join(word: str, *conditions: Condition) -> Condition:
	parts: tuple[Condition, ...] = ()
	for one in conditions:
		parts += one.parts if one.joined == word else (one,)
	return Condition(joined=word, parts=parts)


def flat(condition: Condition, flag: Callable[[str], str]) -> str:
	"""The condition in one row. ``flag`` keeps the value of a part that needs brackets and names it."""
	if not condition.joined:
		return condition.text
	# What is joined otherwise may stand last, where Liquid, reading from the right, takes it together.
	parts = sorted(condition.parts, key=lambda part: bool(part.joined))
	words = [flag(flat(part, flag)) if part.joined else part.text for part in parts[:-1]]
	return f" {condition.joined} ".join([*words, flat(parts[-1], flag)])
