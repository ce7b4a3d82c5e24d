"""Billable hours of submitted Timesheets: rows of one-off lines for planning, and what ERPNext knows of their billing.

ERPNext bills a row of a Timesheet on one Sales Invoice, which the row then names. A contract bills the rows of its
project that no invoice names, and goes on to count those that an invoice of its own names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import frappe
from frappe.utils import getdate

from billing_ext.repositories import expense_claims, project_work
from billing_ext.repositories.contract_rows import DRAFT, SUBMITTED, LineType, Row

ORIGIN = "Timesheet"


def line_rows(contract_header: Row) -> list[Row]:
	"""Hours and expenses as rows of one-off lines, under the names of the rows of their Timesheets and Expense Claims."""
	return [*_hours(contract_header), *expense_claims.line_rows(contract_header)]


def _hours(contract: Row) -> list[Row]:
	"""The contract's hours as rows of one-off lines; none without ``bill_time``.

	They are hours of the contract's project and company from its start to its end, at the rate for their activity. What
	another Sales Invoice or another contract bills is left out, and what has no rate. Hours that the contract has billed
	and whose Timesheet was since cancelled or billed by another are rows of no hours, so that they are credited.
	"""
	if not contract.get("bill_time"):
		return []
	rates = rates_of(contract["name"])
	rated = ((entry, rate_for(entry["activity_type"], rates)) for entry in _entries(contract))
	return [_line_row(entry, rate) for entry, rate in rated if rate]


def without_rate(contract_header: Row) -> list[Row]:
	"""Hours that the contract would bill if it had a rate for their activity: ``activity_type`` and ``hours``."""
	if not contract_header.get("bill_time"):
		return []
	rates = rates_of(contract_header["name"])
	return [
		entry
		for entry in _entries(contract_header)
		if entry["hours"] and not rate_for(entry["activity_type"], rates)
	]


def rates_of(contract: str) -> list[dict[str, Any]]:
	"""The contract's hourly rates."""
	return frappe.get_all(
		"Billing Time Rate",
		filters={"parent": contract, "parenttype": "Billing Contract"},
		fields=["activity_type", "item_code", "rate"],
		order_by="idx",
	)


def rate_for(activity_type: str | None, rates: Iterable[Row]) -> Row | None:
	"""The rate of an activity, else the one without an activity."""
	by_activity = {rate.get("activity_type") or "": rate for rate in rates}
	return by_activity.get(activity_type or "") or by_activity.get("")


def counts_whole(item_code: str) -> bool:
	"""Is the item counted in a unit that has no fractions?"""
	unit = frappe.get_cached_value("Item", item_code, "stock_uom")
	return bool(frappe.get_cached_value("UOM", unit, "must_be_whole_number"))


def _line_row(entry: Row, rate: Row) -> Row:
	who = ", ".join(part for part in (entry["activity_type"], entry["employee_name"]) if part)
	return {
		"name": entry["name"],
		"origin": ORIGIN,
		"item_code": rate["item_code"],
		"item_name": None,
		"description": "\n".join(part for part in (who, entry["description"]) if part),
		"line_type": LineType.ONE_OFF.value,
		"price": rate["rate"],
		"quantity": entry["hours"],
		"start_date": getdate(entry["from_time"]),
		"project": entry["project"],
	}


def _entries(contract: Row) -> list[dict[str, Any]]:
	"""Rows of Timesheets that the contract is to bill or has billed, by the time of the work.

	``hours`` is how many of them it is to bill, 0 where it has billed some and is to bill them no more.
	"""
	start, end = project_work.days(contract)
	return frappe.db.sql(
		"""
		select log.name, log.from_time, log.activity_type, log.description, log.project,
			sheet.employee_name,
			if(log.docstatus = 1 and log.is_billable = 1 and (
				coalesce(log.sales_invoice, '') = '' or log.sales_invoice in (
					select own.sales_invoice from `tabBilling Charge` own
					where own.contract_line = log.name and own.contract = %(contract)s
				)
			), log.billing_hours, 0) as hours
		from `tabTimesheet Detail` log join `tabTimesheet` sheet on sheet.name = log.parent
		where exists (
			select 1 from `tabBilling Charge` own
			where own.contract_line = log.name and own.contract = %(contract)s
		) or (
			log.project = %(project)s and log.docstatus = 1
			and log.is_billable = 1 and log.billing_hours > 0
			and coalesce(nullif(sheet.company, ''), %(company)s) = %(company)s
			and log.from_time >= %(start)s and log.from_time < %(end)s
			and coalesce(log.sales_invoice, '') = ''
			and not exists (
				select 1 from `tabBilling Charge` other
				where other.contract_line = log.name and other.contract != %(contract)s
			)
		)
		order by log.from_time, log.name
		""",
		{
			"contract": contract["name"],
			"project": contract.get("project"),
			"company": contract["company"],
			"start": start,
			"end": end,
		},
		as_dict=True,
	)


def logs(names: Sequence[str]) -> dict[str, dict[str, Any]]:
	"""Rows of submitted Timesheets by name, as Sales Invoices refer to them; what is no such row is not in it."""
	fields = [
		"name", "parent", "from_time", "to_time", "activity_type", "description", "billing_hours", "project_name",
		"sales_invoice",
	]  # fmt: skip
	if not names:
		return {}
	found = frappe.get_all(
		"Timesheet Detail", filters={"name": ("in", list(names)), "docstatus": SUBMITTED}, fields=fields
	)
	return {log.name: log for log in found}


def timesheet_rows(items: Sequence[Any], known: dict[str, dict[str, Any]]) -> list[Row]:
	"""Rows of a Sales Invoice's table of Timesheets for those of its ``items`` that carry one of the ``known`` hours.

	With them ERPNext marks the hours as billed when the invoice is submitted, and as not billed when it is cancelled.
	"""
	copied = ("activity_type", "description", "from_time", "to_time", "project_name", "billing_hours")
	return [
		{field: log[field] for field in copied}
		| {"time_sheet": log["parent"], "timesheet_detail": log["name"], "billing_amount": item.amount}
		for item in items
		if (log := known.get(item.billing_ext_contract_line))
	]


def on_submitted_invoices(timesheet: str) -> set[tuple[str, str]]:
	"""Pairs of a row of the Timesheet and the submitted Sales Invoice that it is on."""
	rows = frappe.get_all(
		"Sales Invoice Timesheet",
		filters={"time_sheet": timesheet, "docstatus": SUBMITTED},
		fields=["timesheet_detail", "parent"],
	)
	return {(row.timesheet_detail, row.parent) for row in rows}


def charged(names: Sequence[str]) -> set[tuple[str, str]]:
	"""Pairs of a row of a Timesheet and a document of a contract that carries it; of ``names`` only."""
	if not names:
		return set()
	rows = frappe.get_all(
		"Billing Charge",
		filters={"contract_line": ("in", list(names)), "sales_invoice": ("is", "set")},
		fields=["contract_line", "sales_invoice"],
	)
	return {(row.contract_line, row.sales_invoice) for row in rows}


def unlink(timesheet: Any, pairs: set[tuple[str, str]]) -> None:
	"""Have rows of a Timesheet name no invoice any more, where they name one that they are paired with.

	Drafts of those invoices let go of the Timesheet: Frappe saves none that names a cancelled one.
	"""
	drafts = {
		"time_sheet": timesheet.name,
		"docstatus": DRAFT,
		"parent": ("in", [invoice for _, invoice in pairs]),
	}
	frappe.db.delete("Sales Invoice Timesheet", drafts)
	for row in timesheet.time_logs:
		if (row.name, row.sales_invoice) in pairs:
			row.db_set("sales_invoice", None, update_modified=False)


def mark_only(invoice: str, names: Sequence[str]) -> None:
	"""Have no other rows of Timesheets name ``invoice`` than those, and the Timesheets' totals and status follow."""
	others = {"sales_invoice": invoice, "name": ("not in", list(names))}
	for timesheet in set(frappe.get_all("Timesheet Detail", filters=others, pluck="parent")):
		doc = frappe.get_doc("Timesheet", timesheet)
		for row in doc.time_logs:
			if row.sales_invoice == invoice and row.name not in names:
				row.sales_invoice = None
		# As ERPNext does it in SalesInvoice.update_time_sheet.
		doc.calculate_total_amounts()
		doc.calculate_percentage_billed()
		doc.set_status()
		doc.db_update_all()
