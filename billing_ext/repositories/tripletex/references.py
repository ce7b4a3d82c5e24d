"""Ids that Tripletex gives to countries and currencies: the same for a day, so asked for once."""

from __future__ import annotations

from collections.abc import Callable

import frappe

KEPT = 24 * 60 * 60
"""Seconds."""


def cached(company: str, name: str, read: Callable[[], dict[str, int]]) -> dict[str, int]:
	"""A table of ids by code, from the cache or else read and kept for a day."""
	key = f"billing_ext:tripletex:{name}:{company}"
	found = frappe.cache.get_value(key, expires=True)
	if not found:
		found = read()
		frappe.cache.set_value(key, found, expires_in_sec=KEPT)
	return found


def forget(company: str) -> None:
	"""Ask anew: another environment has other ids."""
	for name in ("countries", "currencies"):
		frappe.cache.delete_value(f"billing_ext:tripletex:{name}:{company}")
