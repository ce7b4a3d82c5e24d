"""VAT of a document per rate, as bokføringsforskriften § 5-1-1 nr 6 and directive 2006/112 art. 226 want it shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import frappe

from billing_ext.core.money import Currency
from billing_ext.rendering import drops
from billing_ext.rendering.drops import Drop
from billing_ext.rendering.numbers import Money
from billing_ext.repositories import money as site_money
from billing_ext.repositories.money import to_decimal
from billing_ext.repositories.printing.plain import money, number, text

_OF_NET = "On Net Total"


@dataclass
class _Share:
	"""One tax at one rate."""

	name: str | None
	rate: Decimal
	base: Decimal
	amount: Decimal


def per_rate(doc: Any) -> list[Drop]:
	"""One row per tax and rate, highest rate first; one row without tax where nothing is taxed.

	The amounts of a tax add up to what ERPNext booked for it: what rounding leaves goes to its largest row.
	"""
	unit = site_money.currency(doc.currency)
	shares = [share for tax in doc.taxes for share in _shares(doc, tax, unit)]
	if not shares:
		shares = [_Share(None, Decimal(0), to_decimal(doc.net_total), Decimal(0))]
	shares.sort(key=lambda share: -share.rate)
	reason = _reason(doc)
	return [_drop(doc, share, reason) for share in shares]


def rate_of(item: Any, taxes: list[Any]) -> Decimal:
	"""The VAT of one row in percent: all taxes of the net amount together."""
	return sum((_rate(item, tax) for tax in taxes if tax.charge_type == _OF_NET), Decimal(0))


def _rate(item: Any, tax: Any) -> Decimal:
	"""ERPNext's rule: an item's tax template overrides the rate of the tax with the same account."""
	own = json.loads(item.item_tax_rate) if item.item_tax_rate else {}
	return to_decimal(own.get(tax.account_head, tax.rate))


def _shares(doc: Any, tax: Any, unit: Currency) -> list[_Share]:
	booked = to_decimal(tax.tax_amount_after_discount_amount)
	name = text(tax.description) or tax.account_head
	if tax.charge_type != _OF_NET:
		# A sum of its own, such as freight, or a tax on such a sum.
		rate = to_decimal(tax.rate)
		return [_Share(name, rate, unit.round(booked * 100 / rate) if rate else booked, booked)]
	bases: dict[Decimal, Decimal] = {}
	for item in doc.items:
		rate = _rate(item, tax)
		bases[rate] = bases.get(rate, Decimal(0)) + to_decimal(item.net_amount)
	shares = [_Share(name, rate, base, unit.round(base * rate / 100)) for rate, base in bases.items()]
	if shares:
		largest = max(shares, key=lambda share: abs(share.amount))
		largest.amount += booked - sum(share.amount for share in shares)
	return shares


def _reason(doc: Any) -> str | None:
	category = doc.get("tax_category")
	return (
		text(frappe.get_cached_value("Tax Category", category, "billing_ext_invoice_text"))
		if category
		else None
	)


def _drop(doc: Any, share: _Share, reason: str | None) -> Drop:
	rate = to_decimal(doc.conversion_rate) or Decimal(1)
	own = frappe.get_cached_value("Company", doc.company, "default_currency")
	home = site_money.currency(own)
	return Drop(
		drops.TAX,
		{
			"name": share.name,
			"rate": number(share.rate),
			"base": money(share.base, doc.currency),
			"amount": money(share.amount, doc.currency),
			"company_base": Money(home.round(share.base * rate), own),
			"company_amount": Money(home.round(share.amount * rate), own),
			"reason": reason if not share.rate else None,
		},
	)
