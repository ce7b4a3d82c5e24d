"""Numbers, money and dates as people of one language and country write them, by CLDR."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, get_currency_precision, get_decimal_symbol
from babel.units import format_unit

Translate = Callable[[str], str]

FALLBACK = "en_GB"
WIDTHS = ("short", "medium", "long", "full")

# strftime's letters in CLDR's patterns: designers know them from Shopify, and CLDR knows the months' names.
_STRFTIME = {
	"Y": "yyyy", "y": "yy", "m": "MM", "B": "MMMM", "b": "MMM", "h": "MMM", "d": "dd", "e": "d",
	"A": "EEEE", "a": "EEE", "j": "DDD", "u": "e", "V": "ww",
}  # fmt: skip

_UNITS = {
	"hour": "duration-hour", "day": "duration-day", "week": "duration-week", "month": "duration-month",
	"year": "duration-year", "minute": "duration-minute", "gb": "digital-gigabyte", "gigabyte": "digital-gigabyte",
	"mb": "digital-megabyte", "megabyte": "digital-megabyte", "tb": "digital-terabyte", "kg": "mass-kilogram",
	"litre": "volume-liter", "liter": "volume-liter", "km": "length-kilometer", "kwh": "energy-kilowatt-hour",
	"meter": "length-meter", "metre": "length-meter",
}  # fmt: skip


@dataclass(frozen=True)
class Presentation:
	"""A language, the locale that goes with it, today's date and the translator of a site."""

	language: str
	locale: str
	today: date
	translate: Translate = field(compare=False, default=str)

	@property
	def direction(self) -> str:
		"""ltr or rtl."""
		return "rtl" if Locale.parse(self.locale).character_order == "right-to-left" else "ltr"

	def money(self, amount: Decimal, currency: str) -> str:
		"""The amount with its currency sign: 1 234,50 kr."""
		return _money(_rounded(amount, currency), currency, self.locale)

	def money_with_code(self, amount: Decimal, currency: str) -> str:
		"""The amount with its currency's code: NOK 1 234,50."""
		return f"{currency}\u00a0{self.plain_money(amount, currency)}"

	def plain_money(self, amount: Decimal, currency: str) -> str:
		"""The amount alone, with the currency's decimals: 1 234,50."""
		digits = get_currency_precision(currency)
		return _decimal(_rounded(amount, currency), self.locale, digits, digits)

	def number(self, value: Decimal, digits: int | None = None) -> str:
		"""A number with ``digits`` decimals, or with as many as it has (six at most)."""
		places = 6 if digits is None else digits
		if value.adjusted() + places < 28:  # Babel would round halves to even
			value = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
		return _decimal(value, self.locale, digits or 0, places)

	def percent(self, value: Decimal) -> str:
		"""A number of percent: 25 %."""
		return _percent(value, self.locale)

	def date(self, day: date, style: str = "medium") -> str:
		"""A date by CLDR's widths (short, medium, long, full) or a strftime pattern."""
		return str(format_date(day, _pattern(style), locale=self.locale))

	def arithmetic(self, formula: str) -> str:
		"""Arithmetic such as ``22/30 × 750.00`` with the language's decimal sign."""
		return re.sub(r"(?<=\d)\.(?=\d)", get_decimal_symbol(self.locale), formula)

	def unit(self, value: Decimal, unit: str) -> str:
		"""A number with its unit, in CLDR's words where it knows the unit, else in the site's."""
		if known := _UNITS.get(unit.lower()):
			for length in ("long", "short"):  # some languages, such as Japanese, have one of them
				words = str(format_unit(value, known, locale=self.locale, length=length))
				if known not in words:
					return words
		return f"{self.number(value)}\u00a0{self.translate(unit)}"


def locale_for(language: str, country_code: str | None) -> str:
	"""The CLDR locale of a language as it is written in a country: en in NO is en_GB, en in DK is en_DK."""
	base = str(re.split("[-_]", language or "en")[0]).replace("no", "nb")
	candidates: list[str] = ([f"{base}_{country_code.upper()}"] if country_code else []) + [
		language.replace("-", "_"),
		base,
	]
	for name in candidates:
		if name != "en" and _is_known(name):
			return name
	return FALLBACK


@lru_cache(maxsize=256)
def _is_known(name: str) -> bool:
	try:
		return bool(Locale.parse(name))
	except (UnknownLocaleError, ValueError):
		return False


def _rounded(amount: Decimal, currency: str) -> Decimal:
	return Decimal(amount).quantize(Decimal(1).scaleb(-get_currency_precision(currency)), ROUND_HALF_UP)


# An invoice repeats its amounts; Babel takes long over each.
@lru_cache(maxsize=4096)
def _money(amount: Decimal, currency: str, locale: str) -> str:
	return str(format_currency(amount, currency, locale=locale))


@lru_cache(maxsize=4096)
def _decimal(value: Decimal, locale: str, at_least: int, at_most: int) -> str:
	fraction = "0" * at_least + "#" * (at_most - at_least)
	return str(format_decimal(value, f"#,##0.{fraction}" if fraction else "#,##0", locale=locale))


@lru_cache(maxsize=512)
def _percent(value: Decimal, locale: str) -> str:
	number = format_decimal(value, "#,##0.###", locale=locale)
	sign = Locale.parse(locale).percent_formats[None].pattern.replace("#,##0", "{}").replace("#,##,##0", "{}")
	return str(sign.format(number))


@lru_cache(maxsize=256)
def _pattern(style: str) -> str:
	if style in WIDTHS:
		return style
	pattern = literal = ""
	for flag, letter, text in re.findall(r"%([-^0]?)([a-zA-Z%])|([^%]+|%)", style):
		literal += "%" if letter == "%" else text
		if field := _STRFTIME.get(letter):
			pattern += _quoted(literal) + (field[:1] if flag == "-" and letter in "md" else field)
			literal = ""
	return pattern + _quoted(literal)


def _quoted(literal: str) -> str:
	return "'" + literal.replace("'", "''") + "'" if literal else ""


def day_of(value: object, today: date) -> date | None:
	"""The day that a value stands for: a date, a time, or a text such as 2026-11-22, now and today."""
	if isinstance(value, datetime):
		return value.date()
	if isinstance(value, date):
		return value
	text = str(value).strip()
	if text in ("now", "today"):
		return today
	try:
		return date.fromisoformat(text[:10])
	except ValueError:
		return None
