"""Which contracts bill the work on a project, its hours or its expenses, and on which days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import frappe

from billing_ext.core.period import ONE_DAY
from billing_ext.repositories import contract_rows
from billing_ext.repositories.contract_rows import SUBMITTED, Renewal, Row

KINDS = ("bill_time", "expense_item")
"""Fields of a contract that have it bill hours, and expenses."""


def days(contract: Row) -> tuple[date, date]:
	"""The first day whose work the contract bills, and the first day whose work it does not bill any more.

	A contract that renews ends only when that is declined.
	"""
	start = contract_rows.required_day(contract, "start_date")
	ends = contract_rows.option(Renewal, contract, "renewal", Renewal.ENDS) is Renewal.ENDS
	last_day = None
	if ends or contract.get("renewal_declined"):
		last_day = contract_rows.day(contract, "term_end") or contract_rows.day(contract, "end_date")
	return start, date.max if last_day is None else last_day + ONE_DAY


def billed_by(projects: Iterable[str], company: str | None, kind: str) -> list[str]:
	"""Submitted contracts that bill work of a ``kind`` on any of ``projects``."""
	filters: dict[str, Any] = {"docstatus": SUBMITTED, kind: ("is", "set"), "project": ("in", list(projects))}
	if kind == "bill_time":
		filters[kind] = 1
	if company:
		filters["company"] = company
	return frappe.get_all("Billing Contract", filters=filters, pluck="name")


def charged_by(rows: Iterable[str]) -> list[str]:
	"""Contracts that have billed any of those rows of Timesheets or Expense Claims."""
	filters = {"contract_line": ("in", list(rows))}
	return frappe.get_all("Billing Charge", filters=filters, pluck="contract", distinct=True)


def other_contract(contract: Row) -> str | None:
	"""Another submitted contract that bills the same work: of the project and company, of a kind, in the same time."""
	start, end = days(contract)
	for kind in KINDS:
		others = billed_by([contract["project"]], contract["company"], kind) if contract.get(kind) else []
		for name in others:
			other_start, other_end = days(frappe.db.get_value("Billing Contract", name, "*", as_dict=True))
			if name != contract.get("name") and other_start < end and start < other_end:
				return name
	return None
