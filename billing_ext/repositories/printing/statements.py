"""Statements of account, of a customer and of ERPNext's Process Statement of Accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import frappe
from frappe.query_builder import DocType
from frappe.query_builder.functions import Sum

from billing_ext.rendering import drops
from billing_ext.rendering.drops import Drop
from billing_ext.rendering.numbers import Money
from billing_ext.rendering.presentation import Presentation
from billing_ext.repositories.money import to_decimal
from billing_ext.repositories.printing import numbers, parties, payments
from billing_ext.repositories.printing.plain import day, money, text, total

AGES = ((0, 30), (31, 60), (61, 90), (91, None))
"""Days overdue of the ageing's columns after the first, which is not overdue."""

MONTHS = 3
"""Months a statement goes back when it is printed from the customer."""


def values(doc: Any, shown: Presentation, company: str) -> dict[str, object]:
	"""What a template for Customer sees: the last three months of the customer's account with ``company``."""
	start = frappe.utils.add_months(shown.today, -MONTHS).replace(day=1)
	return of_period(doc, company, start, shown.today, shown)


def of_period(customer: Any, company: str, start: date, end: date, shown: Presentation) -> dict[str, object]:
	"""The account of ``customer`` with ``company`` from ``start`` to ``end``, both included."""
	currency = _currency(customer, company)
	opening = _balance(customer.name, company, start - timedelta(days=1))
	rows = _rows(customer.name, company, start, end)
	entries, closing = _entries(rows, opening, currency, shown)
	ageing, overdue = _ageing(customer.name, company, end, currency, shown)
	addresses = {"billing": customer.customer_primary_address, "shipping": None, "company": None}
	return {
		**parties.everywhere(company, customer, shown, addresses=addresses),
		"statement": Drop(
			drops.STATEMENT,
			{
				"from": start,
				"to": end,
				"currency": currency,
				"opening": Money(opening, currency),
				"debit": total([entry["debit"] for entry in entries if entry["debit"]], currency),  # type: ignore[misc]
				"credit": total([entry["credit"] for entry in entries if entry["credit"]], currency),  # type: ignore[misc]
				"closing": Money(closing, currency),
				"overdue": overdue,
				"entries": entries,
				"ageing": ageing,
			},
		),
		"payment": payments.of(company, Money(max(closing, Decimal(0)), currency), None, None),
	}


def company_of(customer: str) -> str:
	"""The company that a statement printed from the customer is about: the one that billed the customer last."""
	return (
		frappe.db.get_value(
			"GL Entry", {"party_type": "Customer", "party": customer}, "company", order_by="posting_date desc"
		)
		or frappe.defaults.get_user_default("Company")
		or frappe.db.get_value("Company", {})
	)


def _currency(customer: Any, company: str) -> str:
	account = frappe.db.get_value(
		"GL Entry",
		{"party_type": "Customer", "party": customer.name, "company": company, "is_cancelled": 0},
		"account_currency",
	)
	return account or frappe.get_cached_value("Company", company, "default_currency")


def _ledger(customer: str, company: str) -> Any:
	entry = DocType("GL Entry")
	return entry, (
		frappe.qb.from_(entry)
		.where(entry.party_type == "Customer")
		.where(entry.party == customer)
		.where(entry.company == company)
		.where(entry.is_cancelled == 0)
	)


def _balance(customer: str, company: str, until: date) -> Decimal:
	entry, query = _ledger(customer, company)
	columns = Sum(entry.debit_in_account_currency - entry.credit_in_account_currency)
	return to_decimal(query.where(entry.posting_date <= until).select(columns).run()[0][0])


def _rows(customer: str, company: str, start: date, end: date) -> list[dict[str, Any]]:
	entry, query = _ledger(customer, company)
	return (
		query.where(entry.posting_date[start:end])
		.groupby(entry.voucher_type, entry.voucher_no)
		.select(
			entry.voucher_type,
			entry.voucher_no,
			entry.posting_date,
			entry.due_date,
			entry.remarks,
			Sum(entry.debit_in_account_currency - entry.credit_in_account_currency).as_("amount"),
		)
		.orderby(entry.posting_date, entry.creation)
		.run(as_dict=True)
	)


def _entries(
	rows: Sequence[dict[str, Any]], opening: Decimal, currency: str, shown: Presentation
) -> tuple[list[Drop], Decimal]:
	balance, entries = opening, []
	shown_as = numbers.of_all(row["voucher_no"] for row in rows if row["voucher_type"] == "Sales Invoice")
	for row in rows:
		amount = to_decimal(row["amount"])
		balance += amount
		credited = row["voucher_type"] == "Sales Invoice" and amount < 0
		kind = (
			"Credit Note"
			if credited
			else {"Payment Entry": "Payment"}.get(row["voucher_type"], row["voucher_type"])
		)
		entries.append(
			Drop(
				drops.ENTRY,
				{
					"date": day(row["posting_date"]),
					"kind": shown.translate("Invoice" if kind == "Sales Invoice" else kind),
					"number": shown_as.get(row["voucher_no"], row["voucher_no"]),
					"text": text(row["remarks"]) if row["voucher_type"] == "Journal Entry" else None,
					"due_date": day(row["due_date"])
					if row["voucher_type"] == "Sales Invoice" and amount > 0
					else None,
					"debit": Money(amount, currency) if amount > 0 else None,
					"credit": Money(-amount, currency) if amount < 0 else None,
					"balance": Money(balance, currency),
				},
			)
		)
	return entries, balance


def _ageing(
	customer: str, company: str, today: date, currency: str, shown: Presentation
) -> tuple[list[Drop], Money]:
	"""What is outstanding by days overdue, and the overdue sum. Credit notes stand in the first column."""
	rows = frappe.get_all(
		"Sales Invoice",
		filters={"customer": customer, "company": company, "docstatus": 1, "outstanding_amount": ("!=", 0)},
		fields=["due_date", "outstanding_amount"],
	)
	sums = [Decimal(0)] * (len(AGES) + 1)
	for row in rows:
		late = (today - row.due_date).days if row.due_date and row.outstanding_amount > 0 else 0
		sums[_column(late)] += to_decimal(row.outstanding_amount)
	labels = [shown.translate("Not due")] + [
		f"{first or 1}–{last}" if last else f"{first}+" for first, last in AGES
	]
	ageing = [
		Drop(drops.AGEING, {"label": label, "amount": Money(amount, currency)})
		for label, amount in zip(labels, sums, strict=True)
	]
	return ageing, money(sum(sums[1:], Decimal(0)), currency)


def _column(late: int) -> int:
	if late <= 0:
		return 0
	return next(index for index, (_first, last) in enumerate(AGES, 1) if last is None or late <= last)
