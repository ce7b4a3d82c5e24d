"""Values of Frappe records as templates take them: text without HTML, exact numbers, nothing for what is empty."""

from __future__ import annotations

import html
import re
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from frappe.utils import getdate, strip_html_tags

from billing_ext.rendering.numbers import Money, Number
from billing_ext.repositories.money import to_decimal

_BREAKS = re.compile(r"<br\s*/?>|</(?:p|div|li|tr|h[1-6])>", re.IGNORECASE)


def text(value: object) -> str | None:
	"""Text without HTML, with its line breaks; None for an empty one."""
	if value is None:
		return None
	words = str(value)
	if "<" in words:
		words = strip_html_tags(_BREAKS.sub("\n", words))
	if "&" in words:
		words = html.unescape(words)
	return words.strip() or None


def day(value: Any) -> date | None:
	"""A date, or None."""
	return getdate(value) if value else None


def number(value: object) -> Number:
	"""A number, exact to what the database stores, without trailing zeros."""
	return Number(format(to_decimal(value).normalize(), "f"))


def money(value: object, currency: str) -> Money:
	"""An amount in a currency, with the currency's decimals unless it has more, as a price may."""
	exact = to_decimal(value)
	rounded = round(exact, get_currency_precision(currency) if currency else 2)
	return Money(rounded if rounded == exact else exact, currency)


def total(amounts: list[Money], currency: str) -> Money:
	"""The sum of amounts in one currency."""
	return money(sum(amounts, Decimal(0)), currency)
