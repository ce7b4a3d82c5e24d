"""The twelve arithmetic filters in Decimal. python-liquid's own count a Decimal as 0 and answer in binary floats."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from liquid.exceptions import FilterArgumentError
from liquid.filter import with_context
from liquid.undefined import is_undefined

from billing_ext.rendering.numbers import Money, Number

MAX_DIGITS = 1000
"""``{{ 9 | times: 9 | times: … }}`` stays a number that can be printed."""


def number_of(value: object) -> Number:
	"""``value`` as an exact number; a text that holds none counts as 0, as in Liquid everywhere.

	Raises FilterArgumentError for an undefined name or a number beyond all measure.
	"""
	if is_undefined(value):
		str(value)  # an undefined name raises its own message
	if isinstance(value, Number):
		return value
	try:
		number = Number(
			str(value).strip().replace(",", ".") if isinstance(value, str | float) else _plain(value)
		)
	except InvalidOperation:
		return Number(0)
	if not number.is_finite() or abs(number.adjusted()) > MAX_DIGITS:
		raise FilterArgumentError(f"{str(value)[:40]} is not a number to calculate with")
	return number


def _plain(value: object) -> Decimal | int:
	return value if isinstance(value, Decimal | int) else 0


def _like(value: object, result: Decimal) -> Number:
	"""The result is money when the left side is."""
	return Money(result, value.currency) if isinstance(value, Money) else Number(result)


def plus(value: object, other: object) -> Number:
	"""Add."""
	return _like(value, number_of(value) + number_of(other))


def minus(value: object, other: object) -> Number:
	"""Subtract."""
	return _like(value, number_of(value) - number_of(other))


def times(value: object, other: object) -> Number:
	"""Multiply."""
	return _like(value, number_of(value) * number_of(other))


def divided_by(value: object, other: object) -> Number:
	"""Divide; two whole numbers give a whole number, rounded down, as in Liquid everywhere."""
	dividend, divisor = number_of(value), _divisor("divided_by", other)
	if isinstance(value, int) and isinstance(other, int):
		return Number(value // other)
	return _like(value, dividend / divisor)


def modulo(value: object, other: object) -> Number:
	"""What is left after a division, with the divisor's sign."""
	number, divisor = number_of(value), _divisor("modulo", other)
	return _like(value, number - divisor * (number / divisor).to_integral_value(ROUND_FLOOR))


def _divisor(name: str, value: object) -> Number:
	divisor = number_of(value)
	if divisor == 0:
		raise FilterArgumentError(f"{name}: division by {value}")
	return divisor


def round_(value: object, digits: object = 0) -> Number:
	"""Round half up, ties away from zero, to ``digits`` decimals."""
	places = int(number_of(digits))
	return _like(value, number_of(value).quantize(Decimal(1).scaleb(-min(max(places, 0), 20)), ROUND_HALF_UP))


def ceil(value: object) -> Number:
	"""The next whole number above."""
	return _like(value, number_of(value).to_integral_value(ROUND_CEILING))


def floor(value: object) -> Number:
	"""The next whole number below."""
	return _like(value, number_of(value).to_integral_value(ROUND_FLOOR))


def abs_(value: object) -> Number:
	"""Without its sign."""
	return _like(value, abs(number_of(value)))


def at_least(value: object, other: object) -> Number:
	"""The greater of the two."""
	return _like(value, max(number_of(value), number_of(other)))


def at_most(value: object, other: object) -> Number:
	"""The smaller of the two."""
	return _like(value, min(number_of(value), number_of(other)))


@with_context
def sum_(values: object, key: str | None = None, *, context: Any) -> Number:
	"""The sum of a list, or of one field of its objects: ``{{ lines | sum: 'net' }}``. Money when all of it is."""
	items = list(values) if isinstance(values, Iterable) and not isinstance(values, str | dict) else [values]
	numbers = [context.getitem(item, key) if key else item for item in items]
	total = sum(map(number_of, numbers), Number(0))
	currencies = {number.currency if isinstance(number, Money) else None for number in numbers}
	return _like(numbers[0], total) if numbers and len(currencies) == 1 else Number(total)


FILTERS: dict[str, Callable[..., object]] = {
	"plus": plus,
	"minus": minus,
	"times": times,
	"divided_by": divided_by,
	"modulo": modulo,
	"round": round_,
	"ceil": ceil,
	"floor": floor,
	"abs": abs_,
	"at_least": at_least,
	"at_most": at_most,
	"sum": sum_,
}
