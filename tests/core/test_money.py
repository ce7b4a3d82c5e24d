"""Rounding to a currency's smallest unit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from builders import JPY, KWD, NOK


@pytest.mark.parametrize(
	("currency", "exact", "rounded"),
	[
		(NOK, "0.005", "0.01"),  # a tie goes away from zero
		(NOK, "-0.005", "-0.01"),  # a credit mirrors its charge
		(NOK, "0.004999999", "0.00"),
		(NOK, "2.675", "2.68"),  # a float would give 2.67
		(NOK, "1e3", "1000.00"),
		(JPY, "0.5", "1"),
		(JPY, "1499.49", "1499"),
		(KWD, "0.0005", "0.001"),
		(KWD, "12.34549", "12.345"),
	],
)
def test_half_up_and_symmetric(currency, exact, rounded):
	"""An invoice shows the amount that a person would round to."""
	assert str(currency.round(Decimal(exact))) == rounded


def test_a_third_is_rounded_once():
	"""A third of a hundred kroner is 33.33, not what a binary fraction makes of it."""
	assert str(NOK.round(Fraction(100, 3))) == "33.33"


def test_a_float_is_refused():
	"""No amount ever passes through a float."""
	with pytest.raises(TypeError):
		NOK.round(0.1)


def test_zero_and_smallest_unit_have_the_currency_s_decimals():
	"""Zero kroner print as 0.00 and zero yen as 0."""
	assert [str(currency.zero) for currency in (NOK, JPY, KWD)] == ["0.00", "0", "0.000"]
	assert [str(currency.smallest_unit) for currency in (NOK, JPY, KWD)] == ["0.01", "1", "0.001"]
