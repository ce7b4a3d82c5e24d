"""What an invoice row says: the service, its period and, where it is not simply the price, how the amount came to be."""

from __future__ import annotations

import re
from datetime import date

import frappe
from frappe import _
from frappe.utils import escape_html, formatdate
from frappe.utils.data import get_number_format_info

from billing_ext.core.billing import Charge, ChargeKind
from billing_ext.core.derivation import credit_left, formula
from billing_ext.core.invoicing import Row as DraftRow
from billing_ext.repositories.contract_rows import Row


def line_title(line: Row) -> str:
	"""A line's short name: its item's name, or the first line of its description."""
	return line.get("item_name") or item_name(line) or str(line.get("description") or "").split("\n")[0]


def item_name(line: Row) -> str:
	"""The name of the line's item; empty where the item is unknown, as in a preview for a quote."""
	code = line.get("item_code")
	return (code and frappe.get_cached_value("Item", code, "item_name")) or code or ""


def _item_description(line: Row) -> str:
	code = line.get("item_code")
	return (code and frappe.get_cached_value("Item", code, "description")) or ""


def description(row: DraftRow, line: Row, language: str, contract: str = "") -> str:
	"""HTML for the description of an invoice row, in the customer's language; it ends with the ``contract``, if given.

	ERPNext refuses two rows with the same item and text, which contracts of one customer may well have.
	"""
	first, *deducted = row.charges
	text = line.get("description") or _item_description(line) or line_title(line)
	parts = [_as_html(text), _explained(first, language)]
	parts += [_deduction(charge, language) for charge in deducted]
	if contract:
		parts.append(escape_html(_("Contract {0}", language).format(contract)))
	return "<br>".join(part for part in parts if part)


def _explained(charge: Charge, language: str) -> str:
	if charge.kind is ChargeKind.ONE_OFF:
		return escape_html(formatdate(charge.service.start))
	arithmetic = _as_written(formula(charge))
	text = _span(charge.service.start, charge.service.last_day)
	if charge.kind is ChargeKind.CORRECTION:
		text = _("Change for {0}", language).format(text)
	trivial = charge.segment is not None and charge.segment.factor == 1 and charge.segment.price_factor == 1
	return escape_html(text if trivial else f"{text}: {arithmetic}")


def _deduction(charge: Charge, language: str) -> str:
	if charge.kind is ChargeKind.CREDIT:
		amounts = (_as_written(str(amount)) for amount in (-charge.amount, credit_left(charge)))
		return escape_html(_("Less credit of {0}; {1} remains", language).format(*amounts))
	span = _span(charge.service.start, charge.service.last_day)
	return escape_html(_("Less credit for {0}: {1}", language).format(span, _as_written(formula(charge))))


def _span(start: date, last_day: date) -> str:
	return f"{formatdate(start)} – {formatdate(last_day)}"


def _as_written(arithmetic: str) -> str:
	"""A formula with the site's decimal sign; the ledger keeps the point."""
	number_format = frappe.db.get_default("number_format") or "#,###.##"
	decimal_sign = get_number_format_info(number_format)[0]
	return re.sub(r"(?<=\d)\.(?=\d)", decimal_sign, arithmetic)


def _as_html(text: str) -> str:
	"""Items describe themselves in HTML, contract lines in plain text."""
	return text if "<" in text else escape_html(text).replace("\n", "<br>")
