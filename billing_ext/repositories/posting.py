"""May this contract be posted on this day? Asked before anything is written, so that the answer can name the remedy."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import frappe
from erpnext.accounts.party import get_party_account, get_party_gle_currency
from frappe.utils import getdate

from billing_ext.core.errors import DomainError
from billing_ext.repositories.contract_rows import Row


class ExchangeRates:
	"""Stored exchange rates into a company's currency on a day; never fetched over the network inside a transaction."""

	def __init__(self, company: str, day: date) -> None:
		self.company_currency = frappe.get_cached_value("Company", company, "default_currency")
		self.day = day

	def to_company_currency(self, currency: str) -> float:
		"""Units of company currency for one of ``currency``: the newest stored rate on or before the day.

		Raises DomainError ``exchange_rate`` if there is none, or none as fresh as Accounts Settings demand.
		"""
		if currency == self.company_currency:
			return 1.0
		found = frappe.get_all(
			"Currency Exchange",
			filters={
				"from_currency": currency,
				"to_currency": self.company_currency,
				"for_selling": 1,
				"date": ("<=", self.day),
			},
			fields=["exchange_rate", "date"],
			order_by="date desc",
			limit=1,
		)
		if not found or not found[0].exchange_rate or self._stale(found[0].date):
			raise DomainError(
				"exchange_rate", currency=currency, company_currency=self.company_currency, date=self.day
			)
		return found[0].exchange_rate

	def _stale(self, rate_date: date) -> bool:
		settings = frappe.get_cached_doc("Accounts Settings")
		return not settings.allow_stale and (self.day - rate_date).days > (settings.stale_days or 0)


def check(header: Row, lines: Iterable[Row], day: date) -> None:
	"""Raise the DomainError that says why a contract cannot be invoiced on ``day``, if something is known to bar it.

	``items_missing``, ``item_disabled``, ``customer_disabled``, ``books_frozen``, ``period_closed``, ``fiscal_year``,
	``exchange_rate``, ``receivable_currency``.
	"""
	_check_customer(header["customer"])
	_check_items({line["item_code"] for line in lines})
	_check_books(header["company"], day)
	rates = ExchangeRates(header["company"], day)
	if header["currency"] != rates.company_currency:
		rates.to_company_currency(header["currency"])
		_check_receivable(header)


def _check_customer(customer: str) -> None:
	state = frappe.db.get_value("Customer", customer, ["disabled", "is_frozen"], as_dict=True)
	if not state:
		raise DomainError("customer_missing", customer=customer)
	if state.disabled or state.is_frozen:
		raise DomainError("customer_disabled", customer=customer)


def _check_receivable(header: Row) -> None:
	"""ERPNext wants a receivable account in the invoice's currency, unless the customer has been invoiced in another."""
	customer, company, currency = header["customer"], header["company"], header["currency"]
	account = get_party_account("Customer", customer, company)
	if frappe.get_cached_value("Account", account, "account_currency") == currency:
		return
	relaxed = frappe.db.get_single_value(
		"Accounts Settings", "allow_multi_currency_invoices_against_single_party_account"
	)
	if not relaxed and not get_party_gle_currency("Customer", customer, company):
		raise DomainError("receivable_currency", customer=customer, account=account, currency=currency)


def _check_items(codes: set[str]) -> None:
	found = frappe.get_all(
		"Item", filters={"name": ("in", codes)}, fields=["name", "disabled", "end_of_life"]
	)
	missing = sorted(codes - {item.name for item in found})
	if missing:
		raise DomainError("items_missing", items=", ".join(missing))
	disabled = sorted(item.name for item in found if item.disabled)
	if disabled:
		raise DomainError("item_disabled", items=", ".join(disabled))


def _check_books(company: str, day: date) -> None:
	if not _fiscal_year(company, day):
		raise DomainError("fiscal_year", date=day, company=company)
	frozen = frozen_until(company)
	if frozen and day <= frozen and not may_post_to_frozen(company):
		raise DomainError("books_frozen", date=day, until=frozen, user=frappe.session.user)
	closed = _closed_period(company, day)
	if closed:
		raise DomainError("period_closed", date=day, period=closed)


def _fiscal_year(company: str, day: date) -> str | None:
	"""A fiscal year that holds the day and is meant for all companies or for this one."""
	years = frappe.get_all(
		"Fiscal Year",
		filters={"year_start_date": ("<=", day), "year_end_date": (">=", day), "disabled": 0},
		pluck="name",
	)
	for year in years:
		companies = frappe.get_all("Fiscal Year Company", filters={"parent": year}, pluck="company")
		if not companies or company in companies:
			return year
	return None


def frozen_until(company: str) -> date | None:
	"""The last frozen day, if there is one. ERPNext 16 keeps the date on the Company, ERPNext 15 in Accounts Settings."""
	if frappe.get_meta("Company").has_field("accounts_frozen_till_date"):
		frozen = frappe.get_cached_value("Company", company, "accounts_frozen_till_date")
	else:
		frozen = frappe.db.get_single_value("Accounts Settings", "acc_frozen_upto")
	return getdate(frozen) if frozen else None


def may_post_to_frozen(company: str) -> bool:
	"""May this user post there all the same? ERPNext bars the Administrator even though that user has every role."""
	if frappe.get_meta("Company").has_field("role_allowed_for_frozen_entries"):
		role = frappe.get_cached_value("Company", company, "role_allowed_for_frozen_entries")
	else:
		role = frappe.db.get_single_value("Accounts Settings", "frozen_accounts_modifier")
	return frappe.session.user != "Administrator" and role in frappe.get_roles()


def _closed_period(company: str, day: date) -> str | None:
	"""An Accounting Period that is closed for Sales Invoices, or a Period Closing Voucher, over the day."""
	period = frappe.qb.DocType("Accounting Period")
	closed = frappe.qb.DocType("Closed Document")
	found = (
		frappe.qb.from_(period)
		.join(closed)
		.on(closed.parent == period.name)
		.select(period.name)
		.where((period.company == company) & (period.start_date <= day) & (period.end_date >= day))
		.where((closed.document_type == "Sales Invoice") & (closed.closed == 1))
		.run()
	)
	if found:
		return found[0][0]
	return frappe.db.get_value(
		"Period Closing Voucher", {"company": company, "docstatus": 1, "period_end_date": (">=", day)}
	)


def deferred_revenue_account(item: str, company: str) -> str:
	"""The liability that an item's advance revenue waits in. Raises DomainError ``deferred_account``."""
	account = frappe.db.get_value(
		"Item Default", {"parent": item, "company": company}, "deferred_revenue_account"
	) or frappe.get_cached_value("Company", company, "default_deferred_revenue_account")
	if not account:
		raise DomainError("deferred_account", item=item, company=company)
	return account
