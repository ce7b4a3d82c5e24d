"""Contracts whose last day to cancel lies in a window of days, with what their renewal brings."""

from __future__ import annotations

from typing import Any

from frappe import _

from billing_ext.services import renewal_worklist


def execute(filters: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
	"""Columns and rows of the report."""
	return columns(), renewal_worklist.renewing(filters)


def columns() -> list[dict[str, Any]]:
	"""What is shown."""
	return [
		column("contract", _("Contract"), "Link", "Billing Contract", 160),
		column("customer_name", _("Customer"), "Data", width=200),
		column("account_owner", _("Account Owner"), "Link", "User", 160),
		column("term_end", _("End of Current Term"), "Date", width=110),
		column("last_cancellation_day", _("Last Day to Cancel"), "Date", width=110),
		column("days_left", _("Days Left"), "Int", width=80),
		column("status", _("Status"), "Data", width=100),
		column("rule", _("Price at Renewal"), "Data", width=110),
		column("mrr", _("MRR"), "Currency", "currency", 120),
		column("mrr_after", _("MRR after Renewal"), "Currency", "currency", 120),
		column("change", _("Change"), "Currency", "currency", 100),
		column("note", _("Note"), "Data", width=300),
		column("currency", _("Currency"), "Link", "Currency", 80),
	]


def column(name: str, label: str, fieldtype: str, options: str = "", width: int = 100) -> dict[str, Any]:
	"""A column; ``width`` in pixels."""
	return {"fieldname": name, "label": label, "fieldtype": fieldtype, "options": options, "width": width}
