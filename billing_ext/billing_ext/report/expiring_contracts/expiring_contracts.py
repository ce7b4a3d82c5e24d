"""Contracts that end in a window of days without being renewed."""

from __future__ import annotations

from typing import Any

from frappe import _

from billing_ext.billing_ext.report.contract_renewals.contract_renewals import column
from billing_ext.services import renewal_worklist


def execute(filters: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
	"""Columns and rows of the report."""
	return columns(), renewal_worklist.ending(filters)


def columns() -> list[dict[str, Any]]:
	"""What is shown."""
	return [
		column("contract", _("Contract"), "Link", "Billing Contract", 160),
		column("customer_name", _("Customer"), "Data", width=200),
		column("account_owner", _("Account Owner"), "Link", "User", 160),
		column("term_end", _("End of Current Term"), "Date", width=110),
		column("days_left", _("Days Left"), "Int", width=80),
		column("status", _("Status"), "Data", width=100),
		column("mrr", _("MRR"), "Currency", "currency", 120),
		column("currency", _("Currency"), "Link", "Currency", 80),
	]
