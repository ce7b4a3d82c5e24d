"""Money: Decimal amounts in a currency's smallest unit, rounded half up, ties away from zero."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

Exact = Fraction | Decimal | int


@dataclass(frozen=True, slots=True)
class Currency:
	"""An ISO 4217 currency and the number of decimals of its smallest unit (NOK 2, JPY 0, KWD 3)."""

	code: str
	digits: int = 2

	def round(self, value: Exact) -> Decimal:
		"""``value`` in this currency's smallest unit, half up and symmetric: -0.005 becomes -0.01.

		The only place where an amount loses precision. Raises TypeError on a float.
		"""
		if isinstance(value, float):
			raise TypeError("money is never a float")
		numerator, denominator = value.as_integer_ratio()
		units = (abs(numerator) * 2 * 10**self.digits + denominator) // (2 * denominator)
		return Decimal(units if numerator >= 0 else -units).scaleb(-self.digits)

	@property
	def zero(self) -> Decimal:
		"""Nothing, with this currency's decimals."""
		return Decimal(0).scaleb(-self.digits)

	@property
	def smallest_unit(self) -> Decimal:
		"""One øre, one cent, one yen."""
		return Decimal(1).scaleb(-self.digits)
