"""Statements of ERPNext's Process Statement of Accounts through a Liquid template, where a rule asks for one."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.utils import getdate

from billing_ext.rendering import drops
from billing_ext.rendering.pdf import PrintPage
from billing_ext.repositories import templates
from billing_ext.repositories.printing import statements
from billing_ext.services import document_print


def page_of(filters: Any) -> PrintPage | None:
	"""The statement that ERPNext's filters describe; None where no rule names a template for Customer."""
	customer = frappe.get_doc("Customer", filters.party[0])
	language = customer.language or frappe.local.lang
	name = document_print.ruled(customer, language, filters.company)
	if name is None:
		return None
	shown = document_print.presentation(language, filters.company)
	end = getdate(filters.to_date or filters.report_date)
	start = (
		getdate(filters.from_date) if filters.from_date else frappe.utils.add_months(end, -statements.MONTHS)
	)
	values = statements.of_period(customer, filters.company, start, end, shown)
	return document_print.page(templates.load(name), drops.scope("Customer", values), shown)
