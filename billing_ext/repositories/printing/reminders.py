"""Dunnings: reminders of overdue invoices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import frappe

from billing_ext.rendering import drops
from billing_ext.rendering.drops import Drop
from billing_ext.rendering.numbers import Number
from billing_ext.rendering.presentation import Presentation
from billing_ext.repositories import money as site_money
from billing_ext.repositories.money import to_decimal
from billing_ext.repositories.printing import custom, invoices, parties, payments
from billing_ext.repositories.printing.plain import day, money, number, text

DEADLINE_DAYS = 14
"""Inkassoforskriften: a reminder gives at least 14 days."""


def values(doc: Any, shown: Presentation) -> dict[str, object]:
	"""What a template for Dunning sees."""
	addresses = {"billing": doc.customer_address, "shipping": None, "company": doc.get("company_address")}
	contact = {"name": doc.contact_display, "email": doc.contact_email, "phone": doc.contact_mobile}
	reminded = [_invoice(row, doc) for row in doc.overdue_payments]
	due = frappe.utils.add_days(day(doc.posting_date), DEADLINE_DAYS)
	principal = money(invoices.sum_of(reminded, "outstanding"), doc.currency)
	interest = money(invoices.sum_of(reminded, "interest"), doc.currency)
	everything = money(principal + interest + to_decimal(doc.dunning_fee), doc.currency)
	only = reminded[0] if len(reminded) == 1 else None
	reference = str(only["number"]) if only else doc.name
	kid = text(only["kid"]) if only else None
	return {
		**parties.everywhere(
			doc.company, frappe.get_doc("Customer", doc.customer), shown, addresses=addresses, contact=contact
		),
		"reminder": Drop(
			drops.REMINDER,
			{
				"number": doc.name,
				"title": text(doc.dunning_type),
				"level": Number(max((row.dunning_level or 1 for row in doc.overdue_payments), default=1)),
				"date": day(doc.posting_date),
				"due_date": due,
				"text": text(doc.body_text),
				"closing_text": text(doc.closing_text),
				"invoices": reminded,
				"principal": principal,
				"interest_rate": number(doc.rate_of_interest),
				"interest": interest,
				"fee": money(doc.dunning_fee, doc.currency),
				"total": everything,
				"currency": doc.currency,
				"custom": custom.values(doc, doc.currency),
			},
		),
		"payment": payments.of(doc.company, everything, due, reference, kid=kid, payable=doc.docstatus == 1),
	}


_INVOICE_FIELDS = ["posting_date", "grand_total", "rounded_total", "billing_ext_number", "billing_ext_kid"]


def _invoice(row: Any, doc: Any) -> Drop:
	outstanding, interest = _in_its_currency(row, doc.currency)
	invoice = frappe.db.get_value("Sales Invoice", row.sales_invoice, _INVOICE_FIELDS, as_dict=True)
	return Drop(
		drops.REMINDED,
		{
			"number": invoice.billing_ext_number or row.sales_invoice,
			"date": day(invoice.posting_date),
			"due_date": day(row.due_date),
			"days_overdue": number(row.overdue_days),
			"total": money(invoice.rounded_total or invoice.grand_total, doc.currency),
			"outstanding": money(outstanding, doc.currency),
			"interest": money(interest, doc.currency),
			"kid": invoice.billing_ext_kid
			or payments.kid_of(doc.company, invoice.billing_ext_number or row.sales_invoice),
		},
	)


def _in_its_currency(row: Any, currency: str) -> tuple[Decimal, Decimal]:
	"""What is outstanding and the interest on it. ERPNext's Dunning takes the outstanding sum in the currency of the
	customer's account for one in its own, and computes interest on it.
	"""
	stated, interest = to_decimal(row.outstanding), to_decimal(row.interest)
	account = frappe.db.get_value("Sales Invoice", row.sales_invoice, "party_account_currency")
	if account in (None, currency) or not stated:
		return stated, interest
	actual = min(stated, invoices.left_to_pay(row.sales_invoice))
	return actual, site_money.currency(currency).round(interest * actual / stated)
