"""What renewals and reminders read and write: due contracts and their amendments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import frappe
from frappe.query_builder import DocType

from billing_ext.repositories.contract_rows import SUBMITTED, AmendmentType, Renewal

WORK_LIST_FIELDS = (
	"name", "customer", "customer_name", "company", "currency", "account_owner", "renewal", "renewal_price_rule",
	"term_end", "last_cancellation_day", "renewal_declined", "reminded_for", "notice_count", "notice_unit",
	"service_end",
)  # fmt: skip
"""Fields of a contract that the work-lists show."""

_LONGEST_NOTICE = timedelta(days=36_500)
"""Beyond a century it is a slip of the pen, which must not reach beyond the calendar."""


def names_due(today: date) -> list[str]:
	"""Contracts whose renewal is certain and not made: their last day to cancel is past, and they were not terminated.

	Not by ``get_all``, whose ``<`` takes an empty date for the earliest one and passes over the field's index.
	"""
	table = DocType("Billing Contract")
	return (
		frappe.qb.from_(table)
		.select(table.name)
		.where((table.docstatus == SUBMITTED) & (table.last_cancellation_day < today))
		.where((table.renewal != Renewal.ENDS.value) & (table.renewal_declined == 0))
		.where(table.service_end.isnull() | (table.service_end >= table.term_end))
		.orderby(table.name)
		.run(pluck=True)
	)


def names_to_remind(today: date) -> list[str]:
	"""Contracts whose reminder for the current term is due and not given.

	One that was entered after its day had passed is left out: whoever entered it knew. One that is terminated before the
	end of its term needs no reminder either. Only contracts whose day is within the longest notice that any contract asks
	for are looked at, by the indexes of both dates.
	"""
	longest = frappe.db.sql("select max(reminder_days) from `tabBilling Contract`")[0][0] or 0
	return frappe.db.sql(
		"""select name from (
			select name, reminder_days, creation,
				if(renewal = %(ends)s or renewal_declined, term_end, last_cancellation_day) as deadline
			from `tabBilling Contract`
			where docstatus = 1 and (last_cancellation_day <= %(horizon)s or term_end <= %(horizon)s)
				and (reminded_for is null or reminded_for != term_end)
				and (service_end is null or service_end >= term_end)
		) as contract
		where date_sub(deadline, interval reminder_days day) <= %(today)s and date(creation) <= deadline
		order by deadline, name""",
		{
			"ends": Renewal.ENDS.value,
			"today": today,
			"horizon": today + min(timedelta(days=longest), _LONGEST_NOTICE),
		},
		pluck=True,
	)


def set_reminded(contract: str, term_end: date) -> None:
	"""The reminder for the term that ends on that day is given. Not a user's change: no version, no timestamp."""
	frappe.db.set_value("Billing Contract", contract, "reminded_for", term_end, update_modified=False)


def state_of(contract: str) -> dict[str, Any]:
	"""What is stored of a contract's term; all of it is derived, and nothing a user's."""
	fields = ["term_end", "last_cancellation_day", "renewal_declined", "reminded_for"]
	return frappe.db.get_value("Billing Contract", contract, fields, as_dict=True)


def draft(values: Mapping[str, Any]) -> Any:
	"""An amendment that is not saved."""
	amendment = frappe.new_doc("Billing Amendment")
	amendment.update(values)
	return amendment


def make(values: Mapping[str, Any], *, as_job: bool) -> str:
	"""Submit an amendment; ``as_job`` without asking what the session's user may do. Raises what its controller raises."""
	amendment = draft(values)
	amendment.insert(ignore_permissions=as_job)
	amendment.submit()
	return amendment.name


def cancel_decline(contract: str) -> None:
	"""Cancel the newest Do Not Renew of a contract, as the session's user. Raises frappe.DoesNotExistError."""
	newest = frappe.get_last_doc(
		"Billing Amendment",
		filters={
			"contract": contract,
			"amendment_type": AmendmentType.DECLINE.value,
			"docstatus": SUBMITTED,
		},
		order_by="sequence desc",
	)
	newest.cancel()


def at_term_end(filters: Mapping[str, Any], order_by: str) -> list[dict[str, Any]]:
	"""Contracts of the work-list that run until the end of their term: not those that are terminated before."""
	rows = work_list(filters, order_by)
	return [row for row in rows if row["service_end"] is None or row["service_end"] >= row["term_end"]]


def work_list(filters: Mapping[str, Any], order_by: str) -> list[dict[str, Any]]:
	"""Submitted contracts that the user may read, for a report."""
	return frappe.get_list(
		"Billing Contract",
		filters={**filters, "docstatus": SUBMITTED},
		fields=list(WORK_LIST_FIELDS),
		order_by=order_by,
	)


def renewed_since(day: date, filters: Mapping[str, Any]) -> list[tuple[dict[str, Any], date]]:
	"""Contracts of the work-list with the first day of each term that a renewal began on ``day`` or later."""
	renewals = frappe.get_all(
		"Billing Amendment",
		filters={
			"amendment_type": AmendmentType.RENEW.value,
			"docstatus": SUBMITTED,
			"effective_date": (">=", day),
		},
		fields=["contract", "effective_date"],
		order_by="effective_date, contract",
	)
	names = list({renewal.contract for renewal in renewals})
	headers = {row["name"]: row for row in work_list({**filters, "name": ("in", names)}, "name")}
	return [
		(headers[renewal.contract], renewal.effective_date)
		for renewal in renewals
		if renewal.contract in headers
	]
