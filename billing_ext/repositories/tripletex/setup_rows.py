"""What of ERPNext the maps of Tripletex Settings are made from, and what the set-up itself writes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import frappe

from billing_ext.integrations.tripletex.delivery import Operation, State
from billing_ext.repositories import clock
from billing_ext.repositories.money import to_decimal
from billing_ext.repositories.tripletex import outbox, settings
from billing_ext.repositories.tripletex.mappings import DOCTYPE as MAPPING
from billing_ext.repositories.tripletex.mappings import Kind
from billing_ext.repositories.tripletex.settings import DOCTYPE

INCOME, VAT, RECEIVABLE, BANK, CASH, DEFERRED = "income", "vat", "receivable", "bank", "cash", "deferred"
"""What an account of ERPNext is to Tripletex."""
_TOKENS = ("consumer_token", "employee_token")


@dataclass(frozen=True, slots=True)
class TaxTemplate:
	"""A template by which ERPNext charges VAT; ``rate`` is percent."""

	name: str
	title: str
	rate: Decimal
	is_item: bool = False


@dataclass(frozen=True, slots=True)
class LocalAccount:
	"""An account of ERPNext that Tripletex must know; ``number`` 0 where the chart has none. ``rate``: of a VAT account."""

	name: str
	title: str
	number: int
	kind: str
	rate: Decimal = Decimal(0)


def tax_templates(company: str) -> list[TaxTemplate]:
	"""The company's templates for sales, those of items last."""
	sales = frappe.db.sql(
		"""select template.name, template.title, coalesce(sum(tax.rate), 0) as rate
		from `tabSales Taxes and Charges Template` template
		join `tabSales Taxes and Charges` tax on tax.parent = template.name
			and tax.parenttype = 'Sales Taxes and Charges Template' and tax.charge_type = 'On Net Total'
		where template.company = %s and template.disabled = 0
		group by template.name order by rate desc, template.title""",
		company,
		as_dict=True,
	)
	items = frappe.db.sql(
		"""select template.name, template.title, coalesce(sum(tax.tax_rate), 0) as rate
		from `tabItem Tax Template` template
		join `tabItem Tax Template Detail` tax on tax.parent = template.name
		where template.company = %s and template.disabled = 0
		group by template.name order by rate desc, template.title""",
		company,
		as_dict=True,
	)
	found = [TaxTemplate(row.name, row.title, to_decimal(row.rate).normalize()) for row in sales]
	return found + [TaxTemplate(row.name, row.title, to_decimal(row.rate).normalize(), True) for row in items]


def accounts(company: str) -> list[LocalAccount]:
	"""Income accounts, accounts of output VAT, receivables, money and deferred revenue, in the chart's order."""
	vat = _vat_accounts(company)
	deferred = frappe.get_cached_value("Company", company, "default_deferred_revenue_account")
	rows = frappe.get_all(
		"Account",
		filters={"company": company, "is_group": 0, "disabled": 0},
		fields=["name", "account_name", "account_number", "root_type", "account_type"],
		order_by="lft",
	)
	found = []
	for row in rows:
		kind = DEFERRED if row.name == deferred else VAT if row.name in vat else _kind(row)
		if kind:
			number = int(row.account_number) if (row.account_number or "").isdigit() else 0
			found.append(
				LocalAccount(row.name, row.account_name, number, kind, vat.get(row.name, Decimal(0)))
			)
	return found


def _kind(row: Any) -> str:
	if row.root_type == "Income":
		return INCOME
	return {"Receivable": RECEIVABLE, "Bank": BANK, "Cash": CASH}.get(row.account_type, "")


def _vat_accounts(company: str) -> dict[str, Decimal]:
	"""Account -> the highest rate at which a template charges with it."""
	rows = frappe.db.sql(
		"""select tax.account_head as account, tax.rate
		from `tabSales Taxes and Charges` tax
		join `tabSales Taxes and Charges Template` template on template.name = tax.parent
		where template.company = %(company)s and tax.charge_type = 'On Net Total'
		union all
		select tax.tax_type, tax.tax_rate from `tabItem Tax Template Detail` tax
		join `tabItem Tax Template` template on template.name = tax.parent
		where template.company = %(company)s""",
		{"company": company},
		as_dict=True,
	)
	rates: dict[str, Decimal] = {}
	for row in rows:
		rates[row.account] = max(rates.get(row.account, Decimal(0)), to_decimal(row.rate))
	return rates


def cost_centers(company: str) -> list[tuple[str, str]]:
	"""Name and title of each cost center that is no group."""
	rows = frappe.get_all(
		"Cost Center",
		filters={"company": company, "is_group": 0, "disabled": 0},
		fields=["name", "cost_center_name"],
		order_by="lft",
	)
	return [(row.name, row.cost_center_name) for row in rows]


def organization_number(company: str) -> str:
	"""The company's organisation number as ERPNext has it, digits only."""
	return "".join(filter(str.isdigit, frappe.get_cached_value("Company", company, "tax_id") or ""))


def currency(company: str) -> str:
	"""The currency of the company's books."""
	return frappe.get_cached_value("Company", company, "default_currency") or ""


# What the settings hold


def stored_maps(company: str) -> dict[str, list[dict[str, Any]]]:
	"""The maps as saved, by table."""
	doc = frappe.get_cached_doc(DOCTYPE, company)
	return {table: [row.as_dict() for row in doc.get(table)] for table in TABLES}


TABLES: Mapping[str, Sequence[str]] = {
	"vat_rules": (
		"sales_taxes_template", "item_tax_template", "income_account", "rate", "vat_code", "valid_from",
		"vat_type_id", "vat_type_name",
	),
	"accounts": ("account", "vat_code", "number", "account_name", "tripletex_id", "locked_to"),
	"payment_types": ("account", "payment_type_id", "description"),
	"departments": ("cost_center", "department_number", "department_name", "tripletex_id"),
}  # fmt: skip
"""Tables of the settings, each with the fields that a map has."""


def save_maps(company: str, maps: Mapping[str, list[dict[str, Any]]]) -> None:
	"""Replace the maps, ids included, through the checks of the form and with the user's rights."""
	doc = frappe.get_doc(DOCTYPE, company)
	for table, fields in TABLES.items():
		doc.set(table, [{name: row.get(name) for name in fields} for row in maps.get(table, [])])
	doc.flags.maps_resolved = True
	doc.save()


def forget_ids(row: Any, *fields: str) -> None:
	"""Empty what Tripletex has told of a row whose key was changed since."""
	for field in fields:
		row.set(field, None)


def store_facts(company: str, facts: Mapping[str, Any]) -> None:
	"""Keep what the last check of the connection has shown: language and warnings."""
	settings.store(company, setup_json=json.dumps(facts))


def store_dry_run(company: str, result: Mapping[str, Any]) -> None:
	"""Keep the result of a dry run."""
	settings.store(company, dry_run_json=json.dumps(result), dry_run_at=clock.now())


def stored_json(company: str, field: str) -> dict[str, Any]:
	"""``setup_json``, ``dry_run_json`` or ``alerts_json``; empty where nothing is kept."""
	text = frappe.db.get_value(DOCTYPE, company, field)
	return json.loads(text) if text else {}


def has_tokens(company: str) -> bool:
	"""Are both tokens entered?"""
	return all(settings.secret(company, field) for field in _TOKENS)


def new_token(doc: Any, field: str) -> str | None:
	"""A token as somebody has just typed it, empty if it was removed; None where it is as before."""
	typed = doc.get(field) or ""
	if typed and doc.is_dummy_password(typed):
		return None
	return None if typed == settings.secret(doc.company, field) else typed


# What has happened so far


def is_anything_booked(company: str) -> bool:
	"""Has Tripletex any invoice of ours?"""
	return bool(frappe.db.exists(MAPPING, {"company": company, "kind": Kind.INVOICE.value}))


def invoices_under_way(company: str) -> int:
	"""How many invoices and credit notes are not done."""
	return frappe.db.count(
		outbox.DOCTYPE,
		{
			"company": company,
			"operation": ("in", [Operation.INVOICE.value, Operation.CREDIT_NOTE.value]),
			"status": ("in", [state.value for state in State if state.is_unfinished]),
		},
	)


def documents_since(company: str, day: date) -> list[str]:
	"""Submitted invoices and credit notes from a day on, oldest first; opening entries are none of Tripletex's."""
	return frappe.get_all(
		"Sales Invoice",
		filters={
			"company": company,
			"docstatus": 1,
			"posting_date": (">=", day),
			"is_opening": ("!=", "Yes"),
		},
		order_by="posting_date, creation",
		pluck="name",
	)


def revive_dry_run(company: str) -> int:
	"""Have messages sent that were only checked while the company was in dry run; how many."""
	names = frappe.get_all(
		outbox.DOCTYPE,
		filters={"company": company, "status": State.SKIPPED.value, "error_code": "dry_run"},
		pluck="name",
	)
	if names:
		values = {
			"status": State.PENDING.value,
			"retry_at": clock.now(),
			"done_at": None,
			"error_code": None,
			"error_text": None,
			"request_json": None,
		}
		frappe.db.set_value(outbox.DOCTYPE, {"name": ("in", names)}, values)
	return len(names)
