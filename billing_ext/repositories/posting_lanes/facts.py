"""What of a site decides whether the bulk lane may be used, and a stamp that changes when what it has learnt is stale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import erpnext
import frappe
from erpnext.accounts.doctype.sales_invoice.sales_invoice import SalesInvoice
from frappe.model.base_document import get_controller

from billing_ext.core.lanes import SiteFacts
from billing_ext.repositories import clock

T = TypeVar("T")
INVOICE = "Sales Invoice"
ITEM = "Sales Invoice Item"
TAX = "Sales Taxes and Charges"
SCHEDULE = "Payment Schedule"
GL = "GL Entry"
PLE = "Payment Ledger Entry"
CHILDREN = {"items": ITEM, "taxes": TAX, "payment_schedule": SCHEDULE}

HARMLESS_FOR_ENTRIES = frozenset(
	(
		"erpnext.setup.doctype.transaction_deletion_record.transaction_deletion_record.check_for_running_deletion_job",
		"erpnext.support.doctype.service_level_agreement.service_level_agreement.apply",
		"frappe.automation.doctype.assignment_rule.assignment_rule.apply",
		"frappe.automation.doctype.assignment_rule.assignment_rule.update_due_date",
		"frappe.automation.doctype.milestone_tracker.milestone_tracker.evaluate_milestone",
		"frappe.core.doctype.file.utils.attach_files_to_document",
		"frappe.core.doctype.user_type.user_type.apply_permissions_for_non_standard_user_type",
		"frappe.desk.notifications.clear_doctype_notifications",
		"frappe.search.sqlite_search.update_doc_index",
		"frappe.social.doctype.energy_point_rule.energy_point_rule.process_energy_points",
		"frappe.workflow.doctype.workflow_action.workflow_action.process_workflow_actions",
	)
)
"""Hooks on every DocType that do nothing to an entry of a ledger, unless a rule of ``_RULES`` names its DocType."""

HARMLESS_EARLY = frozenset(("billing_ext.overrides.sales_invoice.before_validate",))
"""Hooks before validation that do nothing to an invoice of the bulk lane; they run all the same."""

_EVENTS = (
	"before_naming", "autoname", "before_insert", "before_validate", "validate", "before_submit", "after_insert",
	"on_update", "on_submit", "on_change", "before_change",
)  # fmt: skip
_RULES = {
	"Notification": "document_type",
	"Webhook": "webhook_doctype",
	"Assignment Rule": "document_type",
	"Milestone Tracker": "document_type",
	"Energy Point Rule": "reference_doctype",
	"Service Level Agreement": "document_type",
	"Server Script": "reference_doctype",
}
_MASTERS = (
	"Account", "Accounting Dimension", "Accounting Dimension Filter", "Accounting Period", "Address",
	"Address Template", "Authorization Rule", "Budget", "Company", "Cost Center", "Cost Center Allocation", "Currency",
	"Currency Exchange", "Custom Field", "Customer Group", "DocType", "Document Naming Rule", "Fiscal Year", "Item",
	"Item Group", "Item Tax Template", "Letter Head", "Payment Term", "Payment Terms Template",
	"Period Closing Voucher", "Price List", "Project", "Property Setter", "Sales Taxes and Charges Template", "Tax Rule",
	"Tax Category", "Territory", "UOM", "Workflow",
)  # fmt: skip
_SETTINGS = (
	"Accounts Settings", "Selling Settings", "Stock Settings", "Global Defaults", "System Settings",
	"Projects Settings", "Currency Exchange Settings", "Energy Point Settings",
)  # fmt: skip


def remembered(read: Callable[[str], T]) -> Callable[[str], T]:
	"""Read of a DocType once for each job, and once more after it is changed: Frappe then makes its meta anew."""

	def remembering(doctype: str) -> T:
		store = frappe.local.cache.setdefault(f"billing_ext_{read.__name__}", {})
		meta = frappe.get_meta(doctype)
		if store.get(doctype, (None,))[0] is not meta:
			store[doctype] = (meta, read(doctype))
		return store[doctype][1]

	return remembering


def site_facts(company: str) -> SiteFacts:
	"""What of the site bars the bulk lane for a company; a fact that cannot be read is None."""
	return SiteFacts(
		erpnext=_or_none(lambda: erpnext.__version__),
		frappe=_or_none(lambda: frappe.__version__),
		mariadb=_or_none(lambda: frappe.db.db_type == "mariadb"),
		workflow=_or_none(lambda: bool(frappe.get_meta(INVOICE).get_workflow())),
		replaced_class=_or_none(_replaced_class),
		early_hooks=_or_none(_early_hooks),
		ledger_hooks=_or_none(_ledger_hooks),
		ledger_automation=_or_none(_ledger_automation),
		regional_overrides=_or_none(lambda: _regional_overrides(company)),
		naming_by_series=_or_none(_named_by_series),
		authorization_rules=_or_none(lambda: bool(frappe.db.count("Authorization Rule"))),
		budgets=_or_none(lambda: _exists("Budget", company)),
		cost_center_allocations=_or_none(lambda: _exists("Cost Center Allocation", company)),
		balancing_dimensions=_or_none(lambda: _balancing_dimensions(company)),
		common_party=_or_none(
			lambda: bool(frappe.db.get_single_value("Accounts Settings", "enable_common_party_accounting"))
		),
		followed_documents=_or_none(
			lambda: bool(frappe.db.get_value("User", frappe.session.user, "follow_created_documents"))
		),
		credit_limit=_or_none(lambda: bool(frappe.db.get_value("Company", company, "credit_limit"))),
		writes_prices=_or_none(_writes_prices),
		fields_of_the_moment=_or_none(_fields_of_the_moment),
	)


def _or_none(read: Any) -> Any:
	"""What ``read`` returns; None if it raises, for a version of ERPNext that has the fact elsewhere."""
	try:
		return read()
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		raise
	except Exception:  # noqa: BLE001 - whatever it is, the fact is unknown and bars the lane
		return None


def _exists(doctype: str, company: str) -> bool:
	return bool(frappe.db.exists(doctype, {"company": company, "docstatus": 1}))


def _replaced_class() -> bool:
	own_entries = all(get_controller(name).__module__.startswith("erpnext.") for name in (GL, PLE))
	return get_controller(INVOICE) is not SalesInvoice or not own_entries


def has_tax_rules() -> bool:
	"""May a customer's tax template come from a rule?"""
	return bool(frappe.db.exists("Tax Rule", {"tax_type": "Sales"}))


def _early_hooks() -> tuple[str, ...]:
	"""What runs before ERPNext has filled an invoice in, and could change what it makes of it."""
	events = frappe.get_doc_hooks()
	early = ("before_insert", "before_validate")
	found = [
		handler
		for event in early
		for handler in events.get(INVOICE, {}).get(event, [])
		if handler not in HARMLESS_EARLY
	]
	scripts = {
		"reference_doctype": INVOICE,
		"doctype_event": ("in", ("Before Insert", "Before Validate")),
		"disabled": 0,
	}
	notifications = {"document_type": INVOICE, "event": "Method", "method": ("in", early), "enabled": 1}
	found += frappe.get_all("Server Script", filters=scripts, pluck="name")
	found += frappe.get_all("Notification", filters=notifications, pluck="name")
	return tuple(found)


def _ledger_hooks() -> tuple[str, ...]:
	"""Hooks that the document path would call for the entries and child rows, and that the bulk lane does not call."""
	events = frappe.get_doc_hooks()
	found = [
		handler
		for doctype in (GL, PLE, *CHILDREN.values())
		for event in _EVENTS
		for handler in events.get(doctype, {}).get(event, [])
	]
	found += [
		handler
		for event in _EVENTS
		for handler in events.get("*", {}).get(event, [])
		if handler not in HARMLESS_FOR_ENTRIES
	]
	found += [
		*frappe.get_hooks("update_gl_dict_with_app_based_fields"),
		*frappe.get_hooks("voucher_subtypes"),
	]
	return tuple(found)


def _ledger_automation() -> bool:
	doctypes = (GL, PLE, *CHILDREN.values())
	return any(
		frappe.db.exists(rule, {field: ("in", doctypes)})
		for rule, field in _RULES.items()
		if frappe.db.table_exists(rule)
	)


def _regional_overrides(company: str) -> tuple[str, ...]:
	"""Overrides for the company's country, those of ERPNext's own tests excepted."""
	overrides = frappe.get_hooks("regional_overrides", {})
	countries = {erpnext.get_region(company), frappe.get_system_settings("country")}
	paths = {path for country in countries for path in overrides.get(country, {})}
	return tuple(sorted(path for path in paths if not path.startswith("erpnext.tests.")))


def _named_by_series() -> bool:
	hooks = frappe.get_doc_hooks()
	named_by_hook = any(
		hooks.get(doctype, {}).get(event)
		for doctype in (INVOICE, "*")
		for event in ("autoname", "before_naming")
	)
	rules = frappe.db.exists("Document Naming Rule", {"document_type": INVOICE, "disabled": 0})
	children_by_hash = all((frappe.get_meta(name).autoname or "hash") == "hash" for name in CHILDREN.values())
	by_series = frappe.get_meta(INVOICE).autoname == "naming_series:"
	return by_series and children_by_hash and not rules and not named_by_hook


def _balancing_dimensions(company: str) -> bool:
	return bool(
		frappe.db.exists(
			"Accounting Dimension Detail",
			{"company": company, "automatically_post_balancing_accounting_entry": 1},
		)
	)


def _writes_prices() -> bool:
	"""Does each invoice bring its item's price up to date? (stock/get_item_details.py, insert_item_price)"""
	stock = frappe.get_cached_doc("Stock Settings")
	return bool(stock.auto_insert_price_list_rate_if_missing and stock.update_existing_price_list_rate)


def _fields_of_the_moment() -> tuple[str, ...]:
	"""Fields whose default is the moment of creation; of ERPNext's own there is the posting time only, which is done."""
	return tuple(
		f"{doctype}.{field.fieldname}"
		for doctype in (INVOICE, *CHILDREN.values(), GL, PLE)
		for field in frappe.get_meta(doctype).fields
		if str(field.default or "").lower() == "now"
		and (doctype, field.fieldname) != (INVOICE, "posting_time")
	)


def stamp() -> tuple[Any, ...]:
	"""Equal as long as what was learnt from recorded invoices still holds: masters, settings, day, user and language."""
	return (
		frappe.session.user,
		frappe.local.lang,
		clock.today(),
		tuple(sorted(frappe.get_roles())),
		frappe.db.sql(_STAMP, {"settings": _SETTINGS}),
	)


_NEWEST = ", ".join(f"(select max(modified) from `tab{doctype}`)" for doctype in _MASTERS)  # noqa: S608
_CHECKSUM = "select sum(crc32(concat(doctype, field, ifnull(value, '')))) from `tabSingles` where doctype in %(settings)s"
_STAMP = f"select {_NEWEST}, ({_CHECKSUM})"
