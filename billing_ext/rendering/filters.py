"""The filters of the templates beside Liquid's own: money, dates, translation, pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from liquid.exceptions import FilterArgumentError
from liquid.filter import with_context
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from billing_ext.rendering import identifiers, limits, pictures
from billing_ext.rendering.arithmetic import FILTERS as ARITHMETIC
from billing_ext.rendering.arithmetic import number_of
from billing_ext.rendering.numbers import Money
from billing_ext.rendering.presentation import Presentation, day_of

# Each alternative ends at the next "<", so that no text makes it start over from everywhere.
_TAG = re.compile(r"<!--(?:(?!-->|<!--).)*-->|<(/?[a-zA-Z][a-zA-Z0-9]*|)[^<>]*>", re.DOTALL)

_MARKDOWN = MarkdownIt("js-default", {"html": False, "linkify": False, "maxNesting": 20}).disable("image")


def _presentation(context: Any) -> Presentation:
	return context.presentation  # type: ignore[no-any-return]


def _currency(name: str, value: object, currency: object) -> str:
	code = str(currency or getattr(value, "currency", "") or "").upper()
	if len(code) != 3 or not code.isalpha():
		raise FilterArgumentError(f"{name}: which currency? Write {name}: 'NOK'")
	return code


@with_context
def money(value: object, currency: object = None, *, context: Any) -> str:
	"""An amount with its currency sign: ``{{ invoice.total | money }}`` → 1 234,50 kr."""
	if value is None:
		return ""
	return _presentation(context).money(number_of(value), _currency("money", value, currency))


@with_context
def money_with_currency(value: object, currency: object = None, *, context: Any) -> str:
	"""An amount with its currency's code: ``{{ invoice.total | money_with_currency }}`` → NOK 1 234,50."""
	if value is None:
		return ""
	code = _currency("money_with_currency", value, currency)
	return _presentation(context).money_with_code(number_of(value), code)


@with_context
def money_without_currency(value: object, currency: object = None, *, context: Any) -> str:
	"""An amount alone, with its currency's decimals: ``{{ line.net | money_without_currency }}`` → 1 234,50."""
	if value is None:
		return ""
	code = _currency("money_without_currency", value, currency)
	return _presentation(context).plain_money(number_of(value), code)


@with_context
def number(value: object, digits: object = None, *, context: Any) -> str:
	"""A number in the language's form: ``{{ line.quantity | number }}`` → 1 234,5; ``number: 2`` fixes the decimals."""
	if value is None:
		return ""
	places = None if digits is None else min(max(int(number_of(digits)), 0), 10)
	return _presentation(context).number(Decimal(number_of(value)), places)


@with_context
def percent(value: object, *, context: Any) -> str:
	"""A number of percent: ``{{ tax.rate | percent }}`` → 25 %."""
	return "" if value is None else _presentation(context).percent(Decimal(number_of(value)))


@with_context
def date(value: object, style: object = "medium", *, context: Any) -> object:
	"""A date: ``{{ invoice.date | date }}`` → 22. nov. 2026; ``date: 'short'``, ``'long'``, ``'%d.%m.%Y'``."""
	if value is None or value == "":
		return ""
	if len(str(style)) > limits.PATTERN:
		raise FilterArgumentError(
			f"date: a pattern of {len(str(style))} characters, at most {limits.PATTERN}"
		)
	shown = _presentation(context)
	day = day_of(value, shown.today)
	return value if day is None else shown.date(day, str(style))


@with_context
def unit(value: object, name: object = None, *, context: Any) -> str:
	"""A number with its unit: ``{{ line.quantity | unit: line.unit }}`` → 3 timer."""
	if value is None:
		return ""
	plain = Decimal(number_of(value))
	return _presentation(context).unit(plain, str(name)) if name else _presentation(context).number(plain)


@with_context
def translate(text: object, *, context: Any, **values: object) -> object:
	"""A text in the document's language: ``{{ 'Due within {days} days' | t: days: 14 }}``."""
	translated = _presentation(context).translate(str(text)) if text else ""
	for name, value in values.items():
		translated = translated.replace("{" + name + "}", "" if value is None else str(value))
	return translated


def qr_code(payload: object) -> str:
	"""A QR code for an img tag: ``<img src="{{ payment.qr | qr_code }}">``."""
	return pictures.qr_code(str(payload)) if payload else ""


def barcode(value: object, kind: object = "code128") -> str:
	"""A barcode for an img tag: ``<img src="{{ payment.kid | barcode: 'code128' }}">``."""
	return pictures.barcode(str(value), str(kind)) if value else ""


@with_context
def bar_chart(points: object, field: object = "quantity", color: object = None, *, context: Any) -> str:
	"""A chart of a list's objects for an img tag: ``<img src="{{ series.points | bar_chart: 'quantity' }}">``."""
	if not isinstance(points, Sequence) or isinstance(points, str):
		raise FilterArgumentError("bar_chart: expected a list")
	if len(points) > pictures.MAX_BARS:
		raise FilterArgumentError(f"bar_chart: {len(points)} bars, at most {pictures.MAX_BARS}")
	bars = [_bar_of(point, str(field), _presentation(context)) for point in points]
	return pictures.bar_chart(bars, str(color)) if color else pictures.bar_chart(bars)


def _bar_of(point: object, field: str, shown: Presentation) -> tuple[str, Decimal, str]:
	if not isinstance(point, Mapping) or field not in point:
		raise FilterArgumentError(f"bar_chart: the list's objects have no {field}")
	value = point[field]
	words = (
		shown.plain_money(value, value.currency)
		if isinstance(value, Money)
		else shown.number(number_of(value))
	)
	return str(point.get("label") or ""), Decimal(number_of(value)), words


def kid(value: object, length: object = 10, algorithm: object = identifiers.MOD10) -> str:
	"""The KID of a number: ``{{ invoice.number | kid: 10 }}`` → 0005001235; empty when it does not fit."""
	if algorithm not in (identifiers.MOD10, identifiers.MOD11):
		raise FilterArgumentError(f"kid: the algorithm is {identifiers.MOD10} or {identifiers.MOD11}")
	return identifiers.kid(str(value or ""), int(number_of(length)), str(algorithm)) or ""


def markdown(text: object) -> Markup:
	"""Markdown as HTML, without HTML of its own and without pictures: ``{{ invoice.note | markdown }}``."""
	if len(str(text)) > limits.MARKDOWN:
		raise FilterArgumentError(
			f"markdown: a text of {len(str(text))} characters, at most {limits.MARKDOWN}"
		)
	return Markup(_MARKDOWN.render(str(text or "")))  # noqa: S704 - html is off, so the library escapes what is not its own


def newline_to_br(text: object) -> Markup:
	"""Line breaks as ``<br>``, everything else escaped: ``{{ invoice.note | newline_to_br }}``."""
	whole = text if isinstance(text, Markup) else str("" if text is None else text)
	return Markup("<br>\n").join(escape(line) for line in whole.splitlines())


def strip_html(text: object) -> str:
	"""A text without HTML tags, comments, scripts and styles: ``{{ line.description | strip_html }}``."""
	# The library's own takes the square of some texts in time.
	source = str("" if text is None else text)
	kept, position, hidden = [], 0, ""
	for tag in _TAG.finditer(source):
		name = (tag[1] or "").lower()
		if not hidden:
			kept.append(source[position : tag.start()])
			hidden = name if name in ("script", "style") else ""
		elif name == f"/{hidden}":
			hidden = ""
		position = tag.end()
	stripped = "".join(kept) + ("" if hidden else source[position:])
	if isinstance(text, Markup):  # "<<b>script>" leaves a tag, too
		return Markup(stripped.replace("<", "&lt;").replace(">", "&gt;"))  # noqa: S704 - the rest was escaped
	return stripped


FILTERS: dict[str, Callable[..., object]] = {
	**ARITHMETIC,
	"money": money,
	"money_with_currency": money_with_currency,
	"money_without_currency": money_without_currency,
	"number": number,
	"percent": percent,
	"date": date,
	"unit": unit,
	"t": translate,
	"translate": translate,
	"qr_code": qr_code,
	"barcode": barcode,
	"bar_chart": bar_chart,
	"kid": kid,
	"markdown": markdown,
	"newline_to_br": newline_to_br,
	"strip_html": strip_html,
}
