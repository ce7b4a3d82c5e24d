"""The log of every call and every attempt at one: when, by whom, path template, status, time. Never a body or a token."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import frappe

from billing_ext.repositories import clock
from billing_ext.repositories.unit_of_work import in_transaction

DOCTYPE = "Tripletex Call"
KEPT = timedelta(days=30)


class CallLog:
	"""The client's journal for a company. Calls are made outside transactions, so each row is committed at once."""

	def __init__(self, company: str) -> None:
		self._company = company

	def record(self, call: Any) -> None:
		"""Write one row of the log; ``call`` is a journal.Call of the client."""
		in_transaction(lambda: self._insert(call))

	def _insert(self, call: Any) -> None:
		frappe.get_doc(
			{
				"doctype": DOCTYPE,
				"name": frappe.generate_hash(length=12),
				"company": self._company,
				"called_at": clock.now(),
				"user": frappe.session.user,
				"method": call.method,
				"path_template": call.template,
				"http_status": call.status,
				"code": call.code,
				"outcome": call.outcome,
				"milliseconds": call.milliseconds,
				"request_id": call.request_id,
				"remaining": call.remaining,
			}
		).db_insert()


def clear_old() -> None:
	"""Forget what is older than thirty days."""
	frappe.db.delete(DOCTYPE, {"called_at": ("<", clock.now() - KEPT)})


def failing(company: str, start: datetime) -> tuple[int, int]:
	"""Calls since ``start`` whose outcome is unknown or that were not even sent, and all calls."""
	row = frappe.db.sql(
		"""select coalesce(sum(outcome in ('unknown', 'not sent')), 0), count(*)
		from `tabTripletex Call` where company = %s and called_at >= %s""",
		(company, start),
	)[0]
	return int(row[0]), int(row[1])


def since(company: str, start: datetime) -> list[dict[str, Any]]:
	"""Outcomes of the calls since ``start``, oldest first."""
	return frappe.get_all(
		DOCTYPE,
		filters={"company": company, "called_at": (">=", start)},
		fields=[
			"called_at",
			"method",
			"path_template",
			"http_status",
			"outcome",
			"milliseconds",
			"remaining",
		],
		order_by="called_at",
	)
