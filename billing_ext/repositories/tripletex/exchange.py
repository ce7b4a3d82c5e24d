"""Exchange rates of the day, as Tripletex has them, among ERPNext's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

import frappe

from billing_ext.repositories import clock
from billing_ext.repositories.money import to_float


def currencies_in_use(company: str, home: str) -> list[str]:
	"""Foreign currencies of the company's contracts that still run, and of what it invoiced in the last year."""
	found = frappe.db.sql_list(
		"""select currency from `tabBilling Contract` where company = %(company)s and docstatus = 1
		union select currency from `tabSales Invoice` where company = %(company)s and docstatus = 1
			and posting_date > %(since)s""",
		{"company": company, "since": clock.today() - timedelta(days=366)},
	)
	return sorted({currency for currency in found if currency and currency != home})


def home_currency(company: str) -> str:
	"""The company's currency."""
	return frappe.get_cached_value("Company", company, "default_currency")


def is_stored(currency: str, home: str, day: date) -> bool:
	"""Is there a rate of that very day for selling? One entered by hand stands."""
	filters = {"from_currency": currency, "to_currency": home, "date": day, "for_selling": 1}
	return bool(frappe.db.exists("Currency Exchange", filters))


def store(home: str, day: date, rates: Mapping[str, Decimal]) -> None:
	"""Keep rates by currency: units of home currency for one of it."""
	for currency, rate in rates.items():
		frappe.get_doc(
			{
				"doctype": "Currency Exchange",
				"date": day,
				"from_currency": currency,
				"to_currency": home,
				"exchange_rate": to_float(rate),
				"for_selling": 1,
				"for_buying": 1,
			}
		).insert(ignore_permissions=True)
