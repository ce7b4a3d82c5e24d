"""What ERPNext does once the rows of an invoice are there, for many invoices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import frappe
from erpnext.accounts.doctype.sales_invoice.sales_invoice import SalesInvoice
from erpnext.controllers.selling_controller import set_default_income_account_for_item
from erpnext.setup.doctype.company.company import update_company_current_month_sales
from frappe.utils.global_search import get_formatted_value, sync_value_in_queue

from billing_ext.repositories.posting_lanes.facts import CHILDREN, INVOICE, remembered


def settle(invoices: Sequence[tuple[dict[str, Any], Sequence[dict[str, Any]]]]) -> None:
	"""What ERPNext does for each invoice, done once for all where that comes to the same. Headers with their item rows.

	Default income accounts of items, of which the first counts; the month's sales of companies; what projects billed.
	"""
	accounts: dict[str, dict[tuple[str, str], Any]] = {}
	for header, items in invoices:
		of_company = accounts.setdefault(header["company"], {})
		for row in items:
			of_company.setdefault((row["item_code"], row["income_account"]), dict(row))
	for company, rows in accounts.items():
		bearer = SalesInvoice({"doctype": INVOICE, "company": company, "items": list(rows.values())})
		set_default_income_account_for_item(bearer)
	if frappe.db.get_single_value("Selling Settings", "sales_update_frequency") != "Each Transaction":
		return
	for company in sorted(accounts):
		update_company_current_month_sales(company)
	for name in sorted(
		{row["project"] for header, items in invoices for row in (header, *items) if row["project"]}
	):
		project = frappe.get_doc("Project", name)
		project.update_billed_amount()
		project.calculate_gross_margin()
		project.db_update()


def announce(doctype: str, row: dict[str, Any]) -> None:
	"""Tell browsers of a new document after the commit, as Document.notify_update does."""
	message = {"modified": row["modified"], "doctype": doctype, "name": row["name"]}
	frappe.publish_realtime("doc_update", message, doctype=doctype, docname=row["name"], after_commit=True)
	listed = {"doctype": doctype, "name": row["name"], "user": frappe.session.user}
	frappe.publish_realtime("list_update", listed, after_commit=True)


def index(header: dict[str, Any], children: Mapping[str, Sequence[dict[str, Any]]]) -> None:
	"""Queue an invoice for the global search: frappe.utils.global_search.update_global_search on rows."""
	if frappe.local.conf.get("disable_global_search"):
		return
	content = _searchable(INVOICE, header)
	for doctype in CHILDREN.values():
		for row in children[doctype]:
			content += _searchable(doctype, row)
	if content:
		title = str(header.get(frappe.get_meta(INVOICE).get_title_field()) or header["name"] or "")
		sync_value_in_queue(
			{
				"doctype": INVOICE,
				"name": header["name"],
				"content": " ||| ".join(content),
				"published": 0,
				"title": title[: int(frappe.db.VARCHAR_LEN)],
				"route": None,
			}
		)


def _searchable(doctype: str, row: dict[str, Any]) -> list[str]:
	return [
		get_formatted_value(row[each.fieldname], each)
		for each in _search_fields(doctype)
		if row.get(each.fieldname)
	]


@remembered
def _search_fields(doctype: str) -> list[Any]:
	return list(frappe.get_meta(doctype).get_global_search_fields())
