"""Price indices: the published values by month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import frappe

from billing_ext.repositories.money import to_decimal


def values_of(index: str) -> dict[date, Decimal]:
	"""The values of an index, by the first day of their month."""
	rows = frappe.get_all(
		"Billing Price Index Value", filters={"parent": index}, fields=["month", "value"], order_by="month"
	)
	return {row["month"].replace(day=1): to_decimal(row["value"]) for row in rows}
