"""Hours and expenses: contracts bill them at their own rates, and ERPNext's Timesheets know that they did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import frappe

from billing_ext.core.errors import DomainError
from billing_ext.core.money import Currency
from billing_ext.repositories import contracts, expense_claims, project_work, provenance, time_entries
from billing_ext.repositories.charges import Billed
from billing_ext.repositories.contract_rows import Row, terms_of
from billing_ext.repositories.money import currency, to_decimal
from billing_ext.services import contract_state
from billing_ext.services.messages import message_of


def check(doc: Any) -> None:
	"""Check that a draft which bills time or expenses says of which project and at which rates, and that it alone does.

	Raises DomainError ``lines_missing``, ``time_project``, ``time_rates``, ``time_rate_twice``, ``time_rate_whole``,
	``expense_currency`` and ``time_billed_twice``.
	"""
	if not (doc.bill_time or doc.expense_item):
		if not doc.lines:
			raise DomainError("lines_missing")
		return
	if not doc.project:
		raise DomainError("time_project")
	if doc.bill_time:
		_check_rates(doc.time_rates)
	if doc.expense_item and doc.currency != frappe.get_cached_value(
		"Company", doc.company, "default_currency"
	):
		raise DomainError("expense_currency", currency=doc.currency)
	check_project(doc)


def _check_rates(rates: Sequence[Any]) -> None:
	if not rates:
		raise DomainError("time_rates")
	seen: set[str] = set()
	for row in rates:
		if (row.activity_type or "") in seen:
			raise DomainError("time_rate_twice", row=row.idx, activity=row.activity_type or "–")
		seen.add(row.activity_type or "")
		if time_entries.counts_whole(row.item_code):
			raise DomainError("time_rate_whole", row=row.idx, item=row.item_code)


def check_project(doc: Any) -> None:
	"""Raise DomainError ``time_billed_twice`` where another contract bills the same work on the project."""
	if doc.project and (other := project_work.other_contract(doc.as_dict())):
		raise DomainError("time_billed_twice", project=doc.project, contract=other)


def timesheet_changed(timesheet: Any) -> None:
	"""A Timesheet was submitted, changed or cancelled: let the next run see the contracts of its projects."""
	projects = {row.project for row in timesheet.time_logs if row.project}
	_refresh(projects, timesheet.company, "bill_time", [row.name for row in timesheet.time_logs])


def claim_changed(claim: Any) -> None:
	"""An Expense Claim was submitted, changed or cancelled: let the next run see the contracts of its projects."""
	projects = {row.project or claim.project for row in claim.expenses}
	_refresh(projects, claim.company, "expense_item", [row.name for row in claim.expenses])


def _refresh(projects: Iterable[str], company: str | None, kind: str, rows: Sequence[str]) -> None:
	"""Nobody's work is refused because of a contract: what is wrong with that is shown on the contract."""
	names = sorted({*project_work.billed_by(projects, company, kind), *project_work.charged_by(rows)})
	if names:
		contracts.lock(names)
	for name in names:
		try:
			contract_state.refresh(name)
		except DomainError as error:
			contracts.save_error(name, str(message_of(error)))


def before_cancel(timesheet: Any) -> None:
	"""Let a Timesheet be cancelled whose hours only contracts have billed: the next run credits them.

	Hours on any other Sales Invoice keep ERPNext's own refusal.
	"""
	on_invoices = time_entries.on_submitted_invoices(timesheet.name)
	if on_invoices and on_invoices <= time_entries.charged([row.name for row in timesheet.time_logs]):
		timesheet.ignore_linked_doctypes = ("Sales Invoice",)


def cancelled(timesheet: Any) -> None:
	"""A cancelled Timesheet lets go of our invoices, or an amended copy would count as billed."""
	time_entries.unlink(timesheet, time_entries.charged([row.name for row in timesheet.time_logs]))
	timesheet_changed(timesheet)


def clear_timesheets(invoice: Any) -> None:
	"""Before ERPNext looks at the Timesheets of an invoice with charges: ``fill_timesheets`` writes them anew."""
	if any(row.billing_ext_charge for row in invoice.items):
		invoice.set("timesheets", [])


def fill_timesheets(invoice: Any) -> None:
	"""Have an invoice with charges name the Timesheets whose hours it carries, and no others.

	ERPNext can add all hours of the project by itself (Projects Settings); they would count as billed without an
	amount. Raises DomainError ``time_billed_elsewhere`` for a row whose hours another invoice has billed meanwhile.
	"""
	carrying = [row for row in invoice.items if row.billing_ext_charge]
	if not carrying or invoice.is_return:
		return
	known = provenance.of(invoice)
	lines = [] if known and not known.carries_hours else [row.billing_ext_contract_line for row in carrying]
	logs = time_entries.logs(lines)
	ours = time_entries.charged(list(logs))
	for row in carrying:
		log = logs.get(row.billing_ext_contract_line)
		if log and log["sales_invoice"] and (log["name"], log["sales_invoice"]) not in ours:
			raise DomainError(
				"time_billed_elsewhere", row=row.idx, timesheet=log["parent"], invoice=log["sales_invoice"]
			)
	unbilled = {name: log for name, log in logs.items() if not log["sales_invoice"]}
	invoice.set("timesheets", time_entries.timesheet_rows(carrying, unbilled))
	invoice.calculate_billing_amount_for_timesheet()


def mark_billed(invoice: Any) -> None:
	"""After ERPNext's own marking: an invoice without a project would mark all rows of its Timesheets."""
	if invoice.timesheets and not invoice.project and any(row.billing_ext_charge for row in invoice.items):
		time_entries.mark_only(invoice.name, [row.timesheet_detail for row in invoice.timesheets])


def overview(contract: Row, rows: Sequence[Row], billed: Mapping[str, Billed]) -> dict[str, Any] | None:
	"""What is left to bill of hours and expenses, and hours without a rate; None for a contract without either.

	``rows`` are the contract's own lines, hours and expenses. Amounts and hours are strings.
	"""
	if not (contract.get("bill_time") or contract.get("expense_item")):
		return None
	unit = currency(contract["currency"])
	hours = [row for row in rows if row.get("origin") == time_entries.ORIGIN]
	expenses = [row for row in rows if row.get("origin") == expense_claims.ORIGIN]
	unrated = time_entries.without_rate(contract)
	return {
		"hours": _hours(row["quantity"] for row in hours if row["name"] not in billed),
		"amount": str(_left(hours, billed, unit)),
		"expenses": str(_left(expenses, billed, unit)),
		"without_rate": _hours(row["hours"] for row in unrated),
		"activities": sorted({row["activity_type"] or "–" for row in unrated}),
	}


def _left(rows: Sequence[Row], billed: Mapping[str, Billed], unit: Currency) -> Decimal:
	total = sum((unit.round(terms_of(row).amount) for row in rows), unit.zero)
	return total - sum((billed[row["name"]].amount for row in rows if row["name"] in billed), unit.zero)


def _hours(values: Iterable[Any]) -> str:
	return str(sum(map(to_decimal, values), Decimal(0)))
