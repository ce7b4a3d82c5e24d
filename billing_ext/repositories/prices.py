"""Item prices from ERPNext's price lists."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import frappe
from frappe.query_builder import DocType, Order

from billing_ext.repositories.money import to_decimal


def currency_of(price_list: str) -> str:
	"""The currency of a price list's prices."""
	return frappe.get_cached_value("Price List", price_list, "currency")


def list_price(
	item: str, price_list: str, uom: str | None, customer: str | None, day: date
) -> Decimal | None:
	"""The price in force on ``day``, the customer's own before the general one, the newest first; None if there is none.

	Read here because ERPNext's ``get_price`` asks neither for validity nor for an order.
	"""
	price = DocType("Item Price")
	query = (
		frappe.qb.from_(price)
		.select(price.price_list_rate, price.customer)
		.where((price.item_code == item) & (price.price_list == price_list) & (price.selling == 1))
		.where(price.valid_from.isnull() | (price.valid_from <= day))
		.where(price.valid_upto.isnull() | (price.valid_upto >= day))
		.orderby(price.valid_from, order=Order.desc)
	)
	if uom:
		query = query.where((price.uom == uom) | price.uom.isnull() | (price.uom == ""))
	rows = query.run(as_dict=True)
	own = [row for row in rows if customer and row.customer == customer]
	general = [row for row in rows if not row.customer]
	found = own or general
	return to_decimal(found[0].price_list_rate) if found else None
