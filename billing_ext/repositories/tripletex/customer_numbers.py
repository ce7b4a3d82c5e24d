"""Our customers' numbers in Tripletex, from a range that its own counter does not reach."""

from __future__ import annotations

from frappe.model.naming import getseries

from billing_ext.repositories.tripletex.numbers import PREFIX
from billing_ext.repositories.tripletex.settings import Settings
from billing_ext.repositories.unit_of_work import in_transaction


def draw(settings: Settings) -> int:
	"""The next customer number; committed at once, so that no two workers send the same. Gaps do no harm."""
	start = settings.customer_number_start
	series = f"{PREFIX}customers|{settings.company}|{start}"
	return start - 1 + int(in_transaction(lambda: getseries(series, 1)))
