"""The numbers a template sees: decimals that compare with the literals of a template as a reader expects."""

from __future__ import annotations

from decimal import Decimal


class Number(Decimal):
	"""A decimal that equals ``0.1`` when it is one tenth, although Liquid reads ``0.1`` as a binary float."""

	__slots__ = ()
	__hash__ = Decimal.__hash__

	def __eq__(self, other: object) -> bool:
		return Decimal.__eq__(self, exact(other))

	def __lt__(self, other: object) -> bool:
		return Decimal.__lt__(self, exact(other))  # type: ignore[operator]

	def __le__(self, other: object) -> bool:
		return Decimal.__le__(self, exact(other))  # type: ignore[operator]

	def __gt__(self, other: object) -> bool:
		return Decimal.__gt__(self, exact(other))  # type: ignore[operator]

	def __ge__(self, other: object) -> bool:
		return Decimal.__ge__(self, exact(other))  # type: ignore[operator]


class Money(Number):
	"""An amount in ``currency`` (ISO 4217), which the ``money`` filters print with its sign and its decimals."""

	__slots__ = ("currency",)
	currency: str

	def __new__(cls, amount: Decimal | int | str, currency: str) -> Money:
		money = super().__new__(cls, amount)
		money.currency = currency
		return money


def exact(value: object) -> object:
	"""A float as the decimal it was written as; anything else as it is."""
	return Decimal(repr(value)) if isinstance(value, float) else value
