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


class Checks:
	"""May these contracts be posted on a day? What is read of company, customers and items is read once for all."""

	def __init__(self, day: date, customers: Iterable[str] = ()) -> None:
		self.day = day
		self._customers = _customers(customers)
		self._items: dict[str, Row] = {}
		self._books: dict[str, DomainError | None] = {}

	def check(self, header: Row, lines: Iterable[Row]) -> None:
		"""Raise the DomainError that says why a contract cannot be invoiced, if something is known to bar it.

		``customer_missing``, ``customer_disabled``, ``items_missing``, ``item_disabled``, ``books_frozen``,
		``period_closed``, ``fiscal_year``, ``exchange_rate``, ``receivable_currency``.
		"""
		self._check_customer(header["customer"])
		self._check_items({line["item_code"] for line in lines})
		self._check_books(header["company"])
		rates = ExchangeRates(header["company"], self.day)
		if header["currency"] != rates.company_currency:
			rates.to_company_currency(header["currency"])
			_check_receivable(header)

	def _check_customer(self, customer: str) -> None:
		if customer not in self._customers:
			self._customers |= _customers([customer])
		state = self._customers.get(customer)
		if not state:
			raise DomainError("customer_missing", customer=customer)
		if state["disabled"] or state["is_frozen"]:
			raise DomainError("customer_disabled", customer=customer)

	def _check_items(self, codes: set[str]) -> None:
		unknown = codes - self._items.keys()
		if unknown:
			found = frappe.get_all("Item", filters={"name": ("in", unknown)}, fields=["name", "disabled"])
			self._items |= {item["name"]: item for item in found}
		missing = sorted(codes - self._items.keys())
		if missing:
			raise DomainError("items_missing", items=", ".join(missing))
		disabled = sorted(code for code in codes if self._items[code]["disabled"])
		if disabled:
			raise DomainError("item_disabled", items=", ".join(disabled))

	def _check_books(self, company: str) -> None:
		if company not in self._books:
			self._books[company] = _barred_by_books(company, self.day)
		barred = self._books[company]
		if barred:
			raise DomainError(barred.code, **barred.context)


def check(header: Row, lines: Iterable[Row], day: date) -> None:
	"""Raise the DomainError that bars one contract, as ``Checks.check``."""
	Checks(day).check(header, lines)


def _customers(names: Iterable[str]) -> dict[str, Row]:
	wanted = list(names)
	if not wanted:
		return {}
	fields = ["name", "disabled", "is_frozen"]
	found = frappe.get_all("Customer", filters={"name": ("in", wanted)}, fields=fields)
	return {row["name"]: row for row in found}


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


def _barred_by_books(company: str, day: date) -> DomainError | None:
	if not _fiscal_year(company, day):
		return DomainError("fiscal_year", date=day, company=company)
	frozen = frozen_until(company)
	if frozen and day <= frozen and not may_post_to_frozen(company):
		return DomainError("books_frozen", date=day, until=frozen, user=frappe.session.user)
	closed = _closed_period(company, day)
	return DomainError("period_closed", date=day, period=closed) if closed else None


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
