"""Names of many invoices from their naming series, drawn as a block late in the transaction.

The row of a series is locked from here to the commit, so what takes time comes before. A rollback gives all back.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any

import frappe
from frappe.model.naming import NamingSeries, parse_naming_series, validate_name

from billing_ext.repositories.posting_lanes.facts import INVOICE


def draw(headers: Sequence[dict[str, Any]]) -> list[str]:
	"""A name for each header, in order: what Frappe would name them one after the other.

	As in Frappe, year and month in a series are today's. Raises frappe.ValidationError for a series that is none.
	"""
	wanted: dict[str, int] = defaultdict(int)
	for header in headers:
		_name(header, lambda prefix, digits: _count(wanted, prefix, digits))
	drawn = {prefix: _block(prefix, wanted[prefix]) for prefix in sorted(wanted)}
	return [
		validate_name(INVOICE, _name(header, lambda prefix, digits: f"{drawn[prefix].popleft():0{digits}d}"))
		for header in headers
	]


def _name(header: dict[str, Any], number: Any) -> str:
	series = NamingSeries(f"{header['naming_series']}.#####")
	series.validate()
	return parse_naming_series(series.series.split("."), doc=frappe._dict(header), number_generator=number)


def _count(wanted: dict[str, int], prefix: str, digits: int) -> str:
	wanted[prefix] += 1
	return "0" * digits


def _block(prefix: str, count: int) -> deque[int]:
	"""The next ``count`` numbers of the series, which is made if it does not exist, as by frappe.model.naming.getseries."""
	# Two workers that make the same series wait for each other here, and neither fails.
	locked = frappe.db.sql("select current from `tabSeries` where name = %s for update", prefix)
	if not locked:
		frappe.db.sql("insert ignore into `tabSeries` (name, current) values (%s, 0)", prefix)
		locked = frappe.db.sql("select current from `tabSeries` where name = %s for update", prefix)
	last = int(locked[0][0] or 0)
	frappe.db.sql("update `tabSeries` set current = %s where name = %s", (last + count, prefix))
	return deque(range(last + 1, last + count + 1))
