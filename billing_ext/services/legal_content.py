"""What an invoice must show by law, checked on what a template makes of a sample.

Source: bokføringsforskriften §§ 5-1-1, 5-1-2 and 5-1-5, foretaksregisterloven § 10-2.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from frappe import _

from billing_ext.rendering import samples
from billing_ext.rendering.presentation import Presentation
from billing_ext.repositories.printing.plain import text
from billing_ext.repositories.templates import Template
from billing_ext.services import document_print

LANGUAGE = "nb"

Wanted = Callable[[Any, Presentation], list[str]]


def _items() -> list[tuple[str, str, Wanted]]:
	"""Label, kind of sample, and the texts of which each must be seen."""
	return [
		(_("Invoice number (§ 5-1-1 no. 1)"), "invoice", lambda v, _s: [v["invoice"]["number"]]),
		(_("Invoice date (§ 5-1-1 no. 1)"), "invoice", lambda v, s: [s.date(v["invoice"]["date"])]),
		(_("Seller's name (§ 5-1-2)"), "invoice", lambda v, _s: [v["company"]["name"]]),
		(_("Seller's organisation number with MVA (§ 5-1-2)"), "invoice", lambda v, _s: [v["company"]["vat_number"]]),
		(_("Foretaksregisteret (foretaksregisterloven § 10-2)"), "invoice", lambda v, _s: [v["company"]["register_note"]]),
		(_("Buyer's name (§ 5-1-2)"), "invoice", lambda v, _s: [v["customer"]["name"]]),
		(_("What is sold (§ 5-1-1 no. 3)"), "invoice", lambda v, _s: [line["name"] for line in v["lines"]]),
		(_("Amount due (§ 5-1-1 no. 5)"), "invoice", lambda v, s: [s.plain_money(*_money(v["invoice"]["amount_due"]))]),
		(_("Due date (§ 5-1-1 no. 5)"), "invoice", lambda v, s: [s.date(v["invoice"]["due_date"])]),
		(_("VAT per rate (§ 5-1-5)"), "invoice", lambda v, s: [s.plain_money(*_money(t["amount"])) for t in v["taxes"] if t["amount"]]),
		(_("VAT in kroner on invoices in another currency (§ 5-1-1 no. 6)"), "foreign", lambda v, s: [s.plain_money(*_money(t["company_amount"])) for t in v["taxes"] if t["amount"]]),
		(_("Why there is no VAT (§ 5-1-1)"), "foreign", lambda v, _s: [t["reason"] for t in v["taxes"] if t["reason"]]),
		(_("The credited invoice's number (§ 5-2-7)"), "credit_note", lambda v, _s: [v["invoice"]["credited_number"]]),
	]  # fmt: skip


def missing_from(template: Template) -> list[str]:
	"""The items that a template for Sales Invoice does not show."""
	printed: dict[str, tuple[Any, str]] = {}
	shown = document_print.presentation(LANGUAGE, None)
	missing = []
	for label, kind, wanted in _items():
		if kind not in printed:
			values = samples.sample("Sales Invoice", kind)
			page = document_print.page(template, values, shown)
			printed[kind] = values, _plain(page.header + page.body + page.footer)
		values, words = printed[kind]
		if not all(_plain(str(item)) in words for item in wanted(values, shown) if item):
			missing.append(label)
	return missing


def _money(amount: Any) -> tuple[Any, str]:
	return amount, amount.currency


def _plain(html: str) -> str:
	return re.sub(r"[\s\u00a0\u202f]+", "", text(html) or "")
