"""Which way an invoice is posted: by ERPNext's document path, or in bulk with many others.

The bulk lane may only do what it does exactly as ERPNext would. So the rule names what bars it, and whatever is not
known bars it: a fact that could not be found out is ``None``, and None is never a yes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

SERVED = {"erpnext": ((15, 99), (15, 100)), "frappe": ((15, 101), (15, 102))}
"""Versions that the proof of equality has been run on: from the first up to, not including, the second."""


class Lane(Enum):
	"""The way an invoice is posted."""

	STANDARD = "Standard"
	BULK = "Bulk"


class Reason(Enum):
	"""Why an invoice goes by the standard lane."""

	SWITCHED_OFF = "switched_off"
	NOT_COMPARED = "not_compared"
	NOT_EQUAL = "not_equal"
	VERSION = "version"
	DATABASE = "database"
	WORKFLOW = "workflow"
	REPLACED_CLASS = "replaced_class"
	EARLY_HOOK = "early_hook"
	LEDGER_HOOK = "ledger_hook"
	LEDGER_AUTOMATION = "ledger_automation"
	REGION = "region"
	NAMING = "naming"
	AUTHORIZATION = "authorization"
	BUDGET = "budget"
	COST_CENTER_ALLOCATION = "cost_center_allocation"
	BALANCING_DIMENSION = "balancing_dimension"
	COMMON_PARTY = "common_party"
	FOLLOWED = "followed"
	COMPANY_CREDIT_LIMIT = "company_credit_limit"
	PRICE_LIST = "price_list"
	FIELD_OF_THE_MOMENT = "field_of_the_moment"
	DRAFT = "draft"
	CORRECTION = "correction"
	NOTHING_TO_PAY = "nothing_to_pay"
	TIMESHEET = "timesheet"
	STOCK_ITEM = "stock_item"
	TAX_RULE = "tax_rule"
	CUSTOMER_BARRED = "customer_barred"
	INTERNAL_CUSTOMER = "internal_customer"
	LOYALTY = "loyalty"
	TAX_WITHHOLDING = "tax_withholding"
	CREDIT_LIMIT = "credit_limit"
	SALES_TEAM = "sales_team"
	PARTY_CURRENCY = "party_currency"
	FIRST_OF_ITS_KIND = "first_of_its_kind"
	NOT_REPRODUCED = "not_reproduced"
	ROUND_OFF = "round_off"
	BALANCE_OF_ACCOUNT = "balance_of_account"
	OTHER_WRITES = "other_writes"
	CHANGED_BY_HOOK = "changed_by_hook"
	TOGETHER = "together"
	FAILED = "failed"
	UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SiteFacts:
	"""What of a site, and of one company on it, bars every invoice. None: could not be found out.

	Versions are "major.minor.patch". The other facts are of what would have to be done for an invoice or its entries
	in the ledgers that the bulk lane does not do: hooks that run before ERPNext has filled the invoice in; hooks of
	other apps on GL Entry, Payment Ledger Entry or every DocType; notifications, webhooks, scripts and rules on the
	entries; overrides for the company's country.
	"""

	erpnext: str | None
	frappe: str | None
	mariadb: bool | None
	workflow: bool | None
	replaced_class: bool | None
	early_hooks: tuple[str, ...] | None
	ledger_hooks: tuple[str, ...] | None
	ledger_automation: bool | None
	regional_overrides: tuple[str, ...] | None
	naming_by_series: bool | None
	authorization_rules: bool | None
	budgets: bool | None
	cost_center_allocations: bool | None
	balancing_dimensions: bool | None
	common_party: bool | None
	followed_documents: bool | None
	credit_limit: bool | None
	writes_prices: bool | None
	fields_of_the_moment: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
	"""What of an invoice and its customer bars it. None: could not be found out."""

	submitted: bool | None
	correction: bool | None
	nothing_to_pay: bool | None
	timesheets: bool | None
	stock_items: bool | None
	tax_rule: bool | None
	customer_barred: bool | None
	internal_customer: bool | None
	loyalty: bool | None
	tax_withholding: bool | None
	credit_limit: bool | None
	sales_team: bool | None
	other_currencies: bool | None


@dataclass(frozen=True, slots=True)
class Choice:
	"""A lane and, for the standard one, everything that bars the other, in the order of the facts."""

	lane: Lane
	reasons: tuple[Reason, ...] = ()


def barred_by_site(site: SiteFacts) -> tuple[Reason, ...]:
	"""What of the site bars the bulk lane for all invoices of the company."""
	bars = {
		Reason.VERSION: not (_served("erpnext", site.erpnext) and _served("frappe", site.frappe)),
		Reason.DATABASE: _not_known_to_be(site.mariadb),
		Reason.WORKFLOW: _possibly(site.workflow),
		Reason.REPLACED_CLASS: _possibly(site.replaced_class),
		Reason.EARLY_HOOK: _possibly(site.early_hooks),
		Reason.LEDGER_HOOK: _possibly(site.ledger_hooks),
		Reason.LEDGER_AUTOMATION: _possibly(site.ledger_automation),
		Reason.REGION: _possibly(site.regional_overrides),
		Reason.NAMING: _not_known_to_be(site.naming_by_series),
		Reason.AUTHORIZATION: _possibly(site.authorization_rules),
		Reason.BUDGET: _possibly(site.budgets),
		Reason.COST_CENTER_ALLOCATION: _possibly(site.cost_center_allocations),
		Reason.BALANCING_DIMENSION: _possibly(site.balancing_dimensions),
		Reason.COMMON_PARTY: _possibly(site.common_party),
		Reason.FOLLOWED: _possibly(site.followed_documents),
		Reason.COMPANY_CREDIT_LIMIT: _possibly(site.credit_limit),
		Reason.PRICE_LIST: _possibly(site.writes_prices),
		Reason.FIELD_OF_THE_MOMENT: _possibly(site.fields_of_the_moment),
	}
	return tuple(reason for reason, bar in bars.items() if bar)


def barred_by_invoice(invoice: InvoiceFacts) -> tuple[Reason, ...]:
	"""What of the invoice itself bars the bulk lane."""
	bars = {
		Reason.DRAFT: _not_known_to_be(invoice.submitted),
		Reason.CORRECTION: _possibly(invoice.correction),
		Reason.NOTHING_TO_PAY: _possibly(invoice.nothing_to_pay),
		Reason.TIMESHEET: _possibly(invoice.timesheets),
		Reason.STOCK_ITEM: _possibly(invoice.stock_items),
		Reason.TAX_RULE: _possibly(invoice.tax_rule),
		Reason.CUSTOMER_BARRED: _possibly(invoice.customer_barred),
		Reason.INTERNAL_CUSTOMER: _possibly(invoice.internal_customer),
		Reason.LOYALTY: _possibly(invoice.loyalty),
		Reason.TAX_WITHHOLDING: _possibly(invoice.tax_withholding),
		Reason.CREDIT_LIMIT: _possibly(invoice.credit_limit),
		Reason.SALES_TEAM: _possibly(invoice.sales_team),
		Reason.PARTY_CURRENCY: _possibly(invoice.other_currencies),
	}
	return tuple(reason for reason, bar in bars.items() if bar)


def choose(site: SiteFacts, invoice: InvoiceFacts) -> Choice:
	"""The lane of an invoice on a site."""
	reasons = barred_by_site(site) + barred_by_invoice(invoice)
	return Choice(Lane.STANDARD, reasons) if reasons else Choice(Lane.BULK)


def _possibly(fact: object) -> bool:
	"""Is it so, or unknown?"""
	return fact is None or bool(fact)


def _not_known_to_be(fact: object) -> bool:
	return not fact


def _served(product: str, version: str | None) -> bool:
	"""Is the version in the tested range? One that cannot be read, a development version for example, is not."""
	parts = (version or "").split(".")[:2]
	if len(parts) < 2 or not all(part.isdigit() for part in parts):
		return False
	first, end = SERVED[product]
	return first <= (int(parts[0]), int(parts[1])) < end
