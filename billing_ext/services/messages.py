"""The words for broken rules: what happened, and what to do about it, in the user's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

import frappe
from frappe import _
from frappe.utils import escape_html, formatdate

from billing_ext.core.errors import DomainError
from billing_ext.services.tripletex.words import WORDS as TRIPLETEX_WORDS
from billing_ext.services.wording import billing, contract_life, deals, migration, printing, projects


@dataclass(frozen=True, slots=True)
class Message:
	"""What happened and what to do."""

	text: str
	remedy: str

	def __str__(self) -> str:
		return f"{self.text} {self.remedy}".strip()


Words = Callable[[], tuple[str, str]]

_WORDS: dict[str, Words] = {
	**billing.WORDS,
	**contract_life.WORDS,
	**deals.WORDS,
	**migration.WORDS,
	**printing.WORDS,
	**projects.WORDS,
	**TRIPLETEX_WORDS,
}

_FIELDS: dict[str, Callable[[], str]] = {
	"company": lambda: _("Company"),
	"customer": lambda: _("Customer"),
	"price": lambda: _("Price"),
	"quantity": lambda: _("Quantity"),
	"discount_percentage": lambda: _("Discount (%)"),
	"new_price": lambda: _("New Price"),
	"new_quantity": lambda: _("New Quantity"),
	"new_discount_percentage": lambda: _("New Discount (%)"),
	"start_date": lambda: _("Start Date"),
	"billing_ext_start_date": lambda: _("Contract Start Date"),
	"end_date": lambda: _("Last Service Day"),
	"last_service_day": lambda: _("Last Service Day"),
	"effective_date": lambda: _("Effective From"),
	"anchor_date": lambda: _("Period Anchor"),
	"billing_interval": lambda: _("Billing Interval"),
	"billing_interval_count": lambda: _("Bill Every"),
	"price_period": lambda: _("Price Period"),
	"price_period_count": lambda: _("Prices Are Per"),
	"billing_day": lambda: _("Billing Day"),
	"lead_days": lambda: _("Lead Days"),
	"renewal_percent": lambda: _("Increase"),
	"price_index": lambda: _("Price Index"),
	"index_base_month": lambda: _("Base Month"),
	"price_list": lambda: _("Price List"),
}


def message_of(error: DomainError, titles: dict[str, str] | None = None) -> Message:
	"""The words for ``error``; ``titles`` gives lines their names instead of their ids."""
	return words(error.code, {key: _shown(key, value, titles or {}) for key, value in error.context.items()})


def words(code: str, values: Mapping[str, Any]) -> Message:
	"""The words for a code, such as an error's or a note's, with its values."""
	text, remedy = _WORDS[code]()
	return Message(text.format(**values), remedy.format(**values))


def throw(error: DomainError, titles: dict[str, str] | None = None) -> NoReturn:
	"""Raise ``error`` as Frappe shows it to a user."""
	frappe.throw(escape_html(str(message_of(error, titles))), title=_("Billing"))
	raise AssertionError("unreachable") from error


def _shown(key: str, value: Any, titles: dict[str, str]) -> Any:
	if isinstance(value, date):
		return formatdate(value)
	if isinstance(value, Decimal):
		return format(value.normalize(), "f")
	if key == "line":
		return titles.get(value, value)
	if key == "field" and value in _FIELDS:
		return _FIELDS[value]()
	if isinstance(value, list):  # states and options, which forms show translated
		return ", ".join(map(_, value))
	return value
