"""Where a float is born or dies: Frappe gives and takes floats, the core knows Decimals only."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import lru_cache

import frappe
from babel.numbers import get_currency_precision
from frappe.model.meta import get_field_precision

from billing_ext.core.errors import DomainError
from billing_ext.core.money import Currency

STORED_DECIMALS = 9
"""Decimals of Frappe's DECIMAL(21, 9) columns."""


def to_decimal(value: object, field: str = "") -> Decimal:
	"""A number from a row or from JSON, exact to the nine decimals that the database stores.

	Raises DomainError ``number`` naming ``field`` if it is none.
	"""
	try:
		number = Decimal(str(value or 0))
	except InvalidOperation:
		raise DomainError("number", field=field, value=value) from None
	if not number.is_finite():
		raise DomainError("number", field=field, value=value)
	too_fine = isinstance(value, float) and int(number.as_tuple().exponent) < -STORED_DECIMALS
	return round(number, STORED_DECIMALS) if too_fine else number


def to_float(amount: Decimal) -> float:
	"""An amount for a Frappe document. Exact to its decimals up to 15 significant digits."""
	return float(amount)


def currency(code: str) -> Currency:
	"""The currency with the decimals of CLDR, capped at what the site's Sales Invoice rows can hold."""
	return Currency(code, min(_iso_digits(code), _site_digits()))


def default_currency() -> str:
	"""The site's currency."""
	return frappe.db.get_default("currency")


def is_currency(code: str) -> bool:
	"""Does the site know this currency code?"""
	return bool(frappe.db.exists("Currency", code))


@lru_cache(maxsize=512)
def _iso_digits(code: str) -> int:
	return get_currency_precision(code)


def _site_digits() -> int:
	field = frappe.get_meta("Sales Invoice Item").get_field("net_amount")
	return get_field_precision(field)
