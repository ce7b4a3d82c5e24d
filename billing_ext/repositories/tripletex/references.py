"""What changes seldom in Tripletex, so that it is asked for once in a while: ids of countries and currencies, closed periods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frappe

A_DAY = 24 * 60 * 60
AN_HOUR = 60 * 60
"""Seconds."""


def cached(
	company: str, name: str, read: Callable[[], dict[str, Any]], seconds: int = A_DAY
) -> dict[str, Any]:
	"""A table from the cache, or else read and kept for so many seconds."""
	key = f"billing_ext:tripletex:{name}:{company}"
	found = frappe.cache.get_value(key, expires=True)
	if not found:
		found = read()
		frappe.cache.set_value(key, found, expires_in_sec=seconds)
	return found


def forget(company: str) -> None:
	"""Ask anew: another environment has other ids."""
	for name in ("countries", "currencies", "closed"):
		frappe.cache.delete_value(f"billing_ext:tripletex:{name}:{company}")
