"""The number under which a Sales Invoice is known to its customer: the legal one of its series, else its name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import frappe


def shown(doc: Any) -> str:
	"""A document's number."""
	return doc.get("billing_ext_number") or doc.name


def of(name: str) -> str:
	"""The number of the Sales Invoice of that name."""
	return of_all([name])[name]


def of_all(names: Iterable[str]) -> dict[str, str]:
	"""Numbers by name; a name that is no Sales Invoice's stands for itself."""
	names = list(names)
	rows = frappe.get_all(
		"Sales Invoice",
		filters={"name": ("in", names), "billing_ext_number": ("is", "set")},
		fields=["name", "billing_ext_number"],
	)
	return {name: name for name in names} | {row.name: row.billing_ext_number for row in rows}
