"""JSON with Decimals in and out: no amount passes through a binary float.

An encoder of our own, because the standard library writes Decimals only by way of float, and simplejson is not in
Frappe's environment: twenty lines are less than one more dependency.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

_LARGEST_EXPONENT = 30
"""Decimals are written without an exponent; beyond thirty digits it is no amount but a mistake."""


def dumps(value: Any) -> str:
	"""``value`` as JSON text; the same value gives the same text.

	Takes dicts with str keys, lists, tuples, str, bool, None, int and finite Decimals. Raises TypeError for anything
	else, floats included, and ValueError for NaN, infinity and absurd exponents.
	"""
	if isinstance(value, dict):
		return "{" + ",".join(f"{_key(key)}:{dumps(entry)}" for key, entry in value.items()) + "}"
	if isinstance(value, list | tuple):
		return "[" + ",".join(map(dumps, value)) + "]"
	if isinstance(value, Decimal):
		return _number(value)
	if value is None or isinstance(value, str | bool | int):
		return json.dumps(value, ensure_ascii=False)
	raise TypeError(f"{type(value).__name__} has no place in a request")


def loads(text: str | bytes) -> Any:
	"""The value of a JSON text, numbers with a fraction or exponent as Decimals. Raises ValueError, also for NaN."""
	try:
		return json.loads(text, parse_float=Decimal, parse_constant=_refuse)
	except RecursionError:
		raise ValueError("nested too deeply") from None


def _key(key: object) -> str:
	if not isinstance(key, str):
		raise TypeError("keys are texts")
	return json.dumps(key, ensure_ascii=False)


def _number(value: Decimal) -> str:
	if not value.is_finite():
		raise ValueError("an amount is a finite number")
	if abs(value.adjusted()) > _LARGEST_EXPONENT:
		raise ValueError("an amount has at most thirty digits")
	return format(value, "f")


def _refuse(constant: str) -> NoReturn:
	raise ValueError(f"{constant} is not JSON")
