"""Billable expenses of approved Expense Claims, where Frappe's HR app is installed: rows of one-off lines for planning."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import frappe

from billing_ext.repositories import contract_rows, project_work
from billing_ext.repositories.contract_rows import LineType, Row
from billing_ext.repositories.money import currency

APP = "hrms"
ORIGIN = "Expense Claim"


def available() -> bool:
	"""Is the app installed that has Expense Claims?"""
	return APP in frappe.get_installed_apps()


def line_rows(contract_header: Row) -> list[Row]:
	"""Expenses as rows of one-off lines under the names of the claims' rows; none without ``expense_item``.

	They are the sanctioned amounts, with the contract's markup, of rows marked billable on its project and company, from
	its start to its end. What another contract bills is left out. Expenses that the contract has billed and whose claim
	was since cancelled or that were unmarked are rows of quantity 0, so that they are credited.
	"""
	if not contract_header.get("expense_item") or not available():
		return []
	return [_line_row(contract_header, expense) for expense in _expenses(contract_header)]


def _line_row(contract: Row, expense: Row) -> Row:
	unit = currency(contract["currency"])
	factor = 1 + contract_rows.number(contract, "expense_markup") / 100
	texts = (expense["expense_type"], expense["employee_name"])
	return {
		"name": expense["name"],
		"origin": ORIGIN,
		"item_code": contract["expense_item"],
		"item_name": None,
		"description": ", ".join(text for text in texts if text),
		"line_type": LineType.ONE_OFF.value,
		"price": unit.round(contract_rows.number(expense, "sanctioned_amount") * factor),
		"quantity": Decimal(expense["billable"]),
		"start_date": expense["day"],
		"project": contract["project"],
	}


def _expenses(contract: Row) -> list[dict[str, Any]]:
	"""Rows of claims that the contract is to bill (``billable`` 1) or has billed and is to bill no more (0), by day."""
	start, end = project_work.days(contract)
	return frappe.db.sql(
		"""
		select expense.name, expense.expense_type, expense.sanctioned_amount, claim.employee_name,
			coalesce(expense.expense_date, claim.posting_date) as day,
			expense.docstatus = 1 and expense.billing_ext_billable = 1 as billable
		from `tabExpense Claim Detail` expense join `tabExpense Claim` claim on claim.name = expense.parent
		where exists (
			select 1 from `tabBilling Charge` own
			where own.contract_line = expense.name and own.contract = %(contract)s
		) or (
			coalesce(nullif(expense.project, ''), claim.project) = %(project)s and claim.company = %(company)s
			and expense.docstatus = 1 and claim.approval_status = 'Approved'
			and expense.billing_ext_billable = 1 and expense.sanctioned_amount > 0
			and coalesce(expense.expense_date, claim.posting_date) >= %(start)s
			and coalesce(expense.expense_date, claim.posting_date) < %(end)s
			and not exists (
				select 1 from `tabBilling Charge` other
				where other.contract_line = expense.name and other.contract != %(contract)s
			)
		)
		order by day, expense.name
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
