"""Rounding, dates and currency rates."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal(0)
HUNDRED = Decimal(100)

# NOK for `factor` units; the day moves them a little, so that two days differ.
BASE_RATES = {
	"NOK": "1",
	"SEK": "103.25",
	"DKK": "157.40",
	"USD": "10.42",
	"EUR": "11.735",
	"GBP": "13.52",
	"CHF": "1247.30",
	"JPY": "7.085",
	"AUD": "6.71",
	"ISK": "8.29",
	"PLN": "2.755",
}


def cents(value: Decimal) -> Decimal:
	"""Two decimals, half up (away from zero)."""
	return value.quantize(CENT, ROUND_HALF_UP)


def iso(text: str) -> date:
	return date.fromisoformat(text)


def rate_of(code: str, on: date) -> Decimal:
	"""The rate of a day for `factor` units of a currency. ASSUMED: the figures; only their shape is known."""
	base = Decimal(BASE_RATES[code])
	if code == "NOK":
		return base
	step = Decimal(on.toordinal() % 11 - 5) / 1000
	return (base * (1 + step)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
