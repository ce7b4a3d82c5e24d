"""The legal number of an invoice: an unbroken series, drawn in the transaction that submits it.

Source: bokføringsforskriften § 5-1-3, numbers assigned by machine in a controllable unbroken series. A rolled-back
submission gives its number back, because Frappe's series row is locked until the transaction ends.
"""

from __future__ import annotations

import frappe
from frappe.model.naming import getseries

from billing_ext.core.errors import DomainError
from billing_ext.repositories.tripletex.settings import Settings

PREFIX = "billing-ext-number|"
FIELD = "billing_ext_number"


def draw(settings: Settings) -> int:
	"""The next number of the company's range. Raises DomainError ``tripletex_range_used_up``."""
	drawn = int(getseries(f"{PREFIX}{settings.company}|{settings.first_number}", 1))
	number = settings.first_number - 1 + drawn
	if number > settings.last_number:
		raise DomainError(
			"tripletex_range_used_up", company=settings.company, last_number=settings.last_number
		)
	return number


def drawn_so_far(company: str, first_number: int) -> int:
	"""How many numbers of the range have been drawn."""
	series = f"{PREFIX}{company}|{first_number}"
	return frappe.db.sql("select coalesce(max(current), 0) from tabSeries where name = %s", series)[0][0]


def forget_series() -> None:
	"""Remove the counters; for the app's removal."""
	frappe.db.delete("Series", {"name": ("like", f"{PREFIX}%")})
