"""Payment Entries and Journal Entries that book in ERPNext what Tripletex's customer ledger tells.

Three currencies meet: the invoice's, that of ERPNext's receivable account (the invoice's or the company's), and that of
the money account. What a payment settles is counted in the invoice's currency and turned into the receivable's. In the
company's currency the allocated part stands at the invoice's rate and the money at what came in; ERPNext, or a deduction
where the receivable is in the company's currency, takes the difference to the company's exchange account.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import frappe
from erpnext.accounts.utils import create_gain_loss_journal
from frappe.utils import getdate

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex import settlement
from billing_ext.integrations.tripletex.settlement import Kind
from billing_ext.repositories import money as site_money
from billing_ext.repositories import posting
from billing_ext.repositories.money import to_decimal, to_float
from billing_ext.repositories.tripletex.settings import Settings

PAYMENT_ENTRY, JOURNAL_ENTRY, SALES_INVOICE = "Payment Entry", "Journal Entry", "Sales Invoice"
NOTHING, ØRE = Decimal(0), Decimal("0.01")
MOST_PERIODS = 100
"""Closed periods in a row that are stepped over in search of an open day."""


@dataclass(frozen=True, slots=True)
class Invoice:
	"""A submitted Sales Invoice or credit note. ``outstanding`` is in the currency of its receivable account."""

	name: str
	company: str
	customer: str
	currency: str
	rate: Decimal
	"""Company currency for one unit of the invoice's."""
	receivable: str
	receivable_currency: str
	company_currency: str
	outstanding: Decimal

	@property
	def is_domestic(self) -> bool:
		"""Is it in the company's currency?"""
		return self.currency == self.company_currency

	@property
	def units(self) -> Decimal:
		"""What is open, in the invoice's currency; negative for a credit that is owed to the customer."""
		if self.receivable_currency == self.currency:
			return self.outstanding
		return rounded(self.outstanding / self.rate, self.currency)

	def in_ledger(self, units: Decimal) -> Decimal:
		"""An amount of the invoice's currency as the receivable account counts it; all that is open to the last øre."""
		if self.receivable_currency == self.currency:
			return units
		return self.outstanding if units == self.units else rounded(units * self.rate, self.company_currency)

	def in_company_currency(self, units: Decimal) -> Decimal:
		"""An amount of the invoice's currency at the invoice's rate."""
		if self.receivable_currency == self.company_currency:
			return self.in_ledger(units)
		return rounded(units * self.rate, self.company_currency)


@dataclass(frozen=True, slots=True)
class Money:
	"""What moved: ``units`` in the invoice's currency and ``nok`` in the company's, both positive, on a money account."""

	account: str
	units: Decimal
	nok: Decimal
	day: date
	reference: str
	remark: str


def rounded(amount: Decimal, currency: str) -> Decimal:
	"""An amount with the decimals of its currency."""
	return site_money.currency(currency).round(amount)


def lock_invoices(names: Collection[str]) -> dict[str, Invoice]:
	"""The submitted ones among these, locked until the transaction ends: what is open of them stays so."""
	found = (_lock_invoice(name) for name in sorted(names))
	return {invoice.name: invoice for invoice in found if invoice}


def _lock_invoice(name: str) -> Invoice | None:
	fields = [
		"name", "company", "customer", "currency", "conversion_rate", "debit_to", "party_account_currency",
		"outstanding_amount", "docstatus",
	]  # fmt: skip
	row = frappe.db.get_value(SALES_INVOICE, name, fields, as_dict=True, for_update=True)
	if not row or row.docstatus != 1:
		return None
	return Invoice(
		name=row.name,
		company=row.company,
		customer=row.customer,
		currency=row.currency,
		rate=to_decimal(row.conversion_rate),
		receivable=row.debit_to,
		receivable_currency=row.party_account_currency,
		company_currency=frappe.get_cached_value("Company", row.company, "default_currency"),
		outstanding=to_decimal(row.outstanding_amount),
	)


# Accounts


def account_of(company: str, number: int | None) -> str:
	"""The money account of ERPNext for an account of Tripletex. Raises DomainError ``tripletex_no_money_account``."""
	found = money_accounts(company).get(number or 0)
	if not found:
		raise DomainError("tripletex_no_money_account", number=number or "-")
	return found


def money_accounts(company: str) -> dict[int, str]:
	"""Number in Tripletex -> account of type Bank or Cash, as the maps have them."""
	rows = frappe.get_cached_doc("Tripletex Settings", company).accounts
	kinds = {row.account: frappe.get_cached_value("Account", row.account, "account_type") for row in rows}
	return {row.number: row.account for row in rows if kinds[row.account] in ("Bank", "Cash")}


def deduction_numbers(own: Settings) -> dict[int, Kind]:
	"""Accounts of Tripletex that tell a rounding or a write-off, as far as the settings say where ERPNext books it.

	Those of NS 4102, and those that the maps tie to the account of the settings.
	"""
	numbers: dict[int, Kind] = {}
	for kind, account, standard in (
		(Kind.ROUNDING, own.rounding_account, 7740),
		(Kind.WRITE_OFF, own.write_off_account, 7830),
	):
		if account:
			rows = frappe.get_cached_doc("Tripletex Settings", own.company).accounts
			numbers |= {standard: kind} | {row.number: kind for row in rows if row.account == account}
	return numbers


# Days


def first_open_day(company: str, day: date, doctype: str) -> date:
	"""The first day from ``day`` on whose books this user may post to."""
	for _ in range(MOST_PERIODS):
		closed_until = _closed_until(company, day, doctype)
		if closed_until is None:
			return day
		day = closed_until + timedelta(days=1)
	return day


def _closed_until(company: str, day: date, doctype: str) -> date | None:
	frozen = posting.frozen_until(company)
	if frozen and day <= frozen and not posting.may_post_to_frozen(company):
		return frozen
	period = frappe.db.sql(
		"""select max(period.end_date) from `tabAccounting Period` period
		join `tabClosed Document` closed on closed.parent = period.name
		where period.company = %s and %s between period.start_date and period.end_date
			and closed.document_type = %s and closed.closed = 1""",
		(company, day, doctype),
	)[0][0]
	year = frappe.db.get_value(
		"Period Closing Voucher",
		{"company": company, "docstatus": 1, "period_end_date": (">=", day)},
		"max(period_end_date)",
	)
	return max((getdate(end) for end in (period, year) if end), default=None)


# Booking


def receive(invoices: Sequence[Invoice], money: Money, day: date) -> tuple[str, Decimal]:
	"""A Payment Entry for money from the customer, allocated to the invoices in their order.

	Its name, and what is left as an advance in the invoice's currency. Raises DomainError
	``tripletex_deduction_unmapped`` if money and what it settles differ in the company's own currency, and
	``tripletex_money_currency``.
	"""
	return _pay("Receive", invoices, money, day)


def pay_back(invoices: Sequence[Invoice], money: Money, day: date) -> tuple[str, Decimal]:
	"""A Payment Entry for money to the customer, allocated to what the invoices show as owed to the customer."""
	return _pay("Pay", invoices, money, day)


def _pay(kind: str, invoices: Sequence[Invoice], money: Money, day: date) -> tuple[str, Decimal]:
	first = invoices[0]
	if first.is_domestic and money.units != money.nok:
		raise DomainError("tripletex_deduction_unmapped")
	sign = 1 if kind == "Receive" else -1
	parts, advance = _allocated(invoices, money.units, sign)
	entry = frappe.new_doc(PAYMENT_ENTRY)
	entry.update(
		{
			"payment_type": kind,
			"company": first.company,
			"posting_date": day,
			"party_type": "Customer",
			"party": first.customer,
			"reference_no": money.reference,
			"reference_date": money.day,
			"custom_remarks": 1,
			"remarks": money.remark,
			**_sides(kind, first, money),
		}
	)
	for invoice, units in parts:
		entry.append("references", _reference(invoice, sign * abs(invoice.in_ledger(units))))
	difference = _difference(parts, advance, money)
	if first.receivable_currency == first.company_currency and difference:
		entry.append("deductions", _deduction(first.company, -sign * difference))
	_insert(entry)
	_balance(entry, len(parts))
	entry.submit()
	_clear_rest(parts, entry, day)
	return entry.name, advance


def _allocated(
	invoices: Sequence[Invoice], units: Decimal, sign: int
) -> tuple[list[tuple[Invoice, Decimal]], Decimal]:
	"""Each invoice with its share, in its currency, and what is left; ``sign`` -1: what is owed to the customer."""
	parts = []
	for invoice in invoices:
		share, units = settlement.allocate(sign * invoice.units, units)
		if share:
			parts.append((invoice, sign * share))
	return parts, units


def _difference(parts: Sequence[tuple[Invoice, Decimal]], advance: Decimal, money: Money) -> Decimal:
	"""What came in for the allocated part beyond what it stood at, in the company's currency; the advance stands at its own rate."""
	stood_at = sum((abs(invoice.in_company_currency(units)) for invoice, units in parts), NOTHING)
	return money.nok - (money.nok * advance / money.units).quantize(ØRE) - stood_at


def _sides(kind: str, invoice: Invoice, money: Money) -> dict[str, Any]:
	party = _side(invoice.receivable, invoice.receivable_currency, invoice, money)
	bank = _side(money.account, _currency_of(money.account, invoice), invoice, money)
	paid, received = (party, bank) if kind == "Receive" else (bank, party)
	return {
		**{f"paid_from{field}": value for field, value in paid["account"].items()},
		**{f"paid_to{field}": value for field, value in received["account"].items()},
		"paid_amount": paid["amount"],
		"received_amount": received["amount"],
		"source_exchange_rate": paid["rate"],
		"target_exchange_rate": received["rate"],
	}


def _side(account: str, currency: str, invoice: Invoice, money: Money) -> dict[str, Any]:
	domestic = currency == invoice.company_currency
	amount = money.nok if domestic else money.units
	return {
		"account": {"": account, "_account_currency": currency},
		"amount": to_float(amount),
		"rate": 1.0 if domestic else to_float(money.nok / amount),
	}


def _currency_of(account: str, invoice: Invoice) -> str:
	currency = frappe.get_cached_value("Account", account, "account_currency") or invoice.company_currency
	if currency not in (invoice.company_currency, invoice.currency):
		raise DomainError("tripletex_money_currency", account=account, currency=currency)
	return currency


def _reference(invoice: Invoice, amount: Decimal) -> dict[str, Any]:
	return {
		"reference_doctype": SALES_INVOICE,
		"reference_name": invoice.name,
		"allocated_amount": to_float(amount),
	}


def _deduction(company: str, amount: Decimal) -> dict[str, Any]:
	return {
		"account": exchange_account(company),
		"cost_center": _cost_center(company),
		"amount": to_float(amount),
	}


def exchange_account(company: str) -> str:
	"""Where exchange differences go. Raises DomainError ``tripletex_no_exchange_account``."""
	account = frappe.get_cached_value("Company", company, "exchange_gain_loss_account")
	if not account:
		raise DomainError("tripletex_no_exchange_account", company=company)
	return account


def _cost_center(company: str) -> str:
	return frappe.get_cached_value("Company", company, "cost_center")


def settle_by_journal(
	invoice: Invoice, units: Decimal, rows: Sequence[tuple[str, Decimal]], money: Money, day: date
) -> str:
	"""A Journal Entry that takes ``units`` off an invoice, or puts them on it again if negative; its name.

	``rows``: accounts with what is debited to them in the company's currency (negative: credited). What they lack to the
	invoice's own value is an exchange difference. ``money`` gives day, reference and remark. Raises DomainError
	``tripletex_deduction_unmapped`` if they lack something in the company's own currency.
	"""
	value = invoice.in_company_currency(units)
	ledger = invoice.in_ledger(units)
	entry = _journal(invoice.company, day, money.remark, money.reference, money.day)
	party = {"party_type": "Customer", "party": invoice.customer}
	link = {"reference_type": SALES_INVOICE, "reference_name": invoice.name}
	rate = Decimal(1) if invoice.receivable_currency == invoice.company_currency else value / ledger
	entry.append("accounts", _journal_row(invoice.receivable, -ledger, rate) | party | link)
	difference = value - sum((amount for _, amount in rows), NOTHING)
	if difference and invoice.is_domestic:
		raise DomainError("tripletex_deduction_unmapped")
	extra = [(exchange_account(invoice.company), difference)] if difference else []
	for account, amount in [*rows, *extra]:
		cost_center = {"cost_center": _cost_center(invoice.company)}
		entry.append("accounts", _journal_row(account, amount, Decimal(1)) | cost_center)
	entry.multi_currency = int(invoice.receivable_currency != invoice.company_currency)
	_insert(entry)
	entry.submit()
	_clear_rest([(invoice, units)], entry, day)
	return entry.name


def _journal(company: str, day: date, remark: str, reference: str, reference_day: date) -> Any:
	entry = frappe.new_doc(JOURNAL_ENTRY)
	entry.update(
		{
			"voucher_type": "Journal Entry",
			"company": company,
			"posting_date": day,
			"user_remark": remark,
			"cheque_no": reference,
			"cheque_date": reference_day,
		}
	)
	return entry


def _journal_row(account: str, amount: Decimal, rate: Decimal) -> dict[str, Any]:
	side = "debit" if amount > 0 else "credit"
	return {
		"account": account,
		"exchange_rate": to_float(rate),
		f"{side}_in_account_currency": to_float(abs(amount)),
	}


def _insert(entry: Any) -> None:
	entry.flags.from_tripletex = True
	entry.flags.ignore_permissions = True
	entry.insert()


def _balance(entry: Any, parts: int) -> None:
	"""ERPNext rounds each allocated part in the company's currency; an øre of that goes with the exchange differences."""
	rest = to_decimal(entry.difference_amount)
	if rest and abs(rest) <= ØRE * parts:
		entry.append("deductions", _deduction(entry.company, rest))
		entry.save()


def _clear_rest(parts: Sequence[tuple[Invoice, Decimal]], entry: Any, day: date) -> None:
	"""Parts of a foreign invoice, each rounded, may leave an øre on a receivable on which no unit is open any more."""
	for invoice, units in parts:
		if invoice.receivable_currency == invoice.company_currency or units != invoice.units:
			continue
		rest = _value_left(invoice)
		if rest:
			side, other = ("credit", "debit") if rest > 0 else ("debit", "credit")
			create_gain_loss_journal(
				invoice.company, day, "Customer", invoice.customer, invoice.receivable,
				exchange_account(invoice.company), to_float(rest), side, other,
				SALES_INVOICE, invoice.name, None, entry.doctype, entry.name, None,
				_cost_center(invoice.company), None,
			)  # fmt: skip


def _value_left(invoice: Invoice) -> Decimal:
	left = frappe.db.sql(
		"""select sum(debit - credit) from `tabGL Entry` where account = %s and party_type = 'Customer'
		and party = %s and against_voucher_type = 'Sales Invoice' and against_voucher = %s and is_cancelled = 0""",
		(invoice.receivable, invoice.customer, invoice.name),
	)[0][0]
	return rounded(to_decimal(left), invoice.company_currency)


def advances(invoice: Invoice) -> Decimal:
	"""What Tripletex's payments on an invoice left as advances and was not paid back, in the invoice's currency."""
	left = frappe.db.sql(
		"""select sum(if(entry.payment_type = 'Receive', entry.unallocated_amount, -entry.unallocated_amount))
		from `tabTripletex Payment` row join `tabPayment Entry` entry on entry.name = row.payment_entry
		where row.sales_invoice = %s and row.status = 'Booked' and row.kind in ('Payment', 'Refund')
			and entry.docstatus = 1""",
		invoice.name,
	)[0][0]
	foreign = invoice.receivable_currency != invoice.currency
	amount = to_decimal(left) / invoice.rate if foreign else to_decimal(left)
	return max(rounded(amount, invoice.currency), NOTHING)


# Undoing


def undo(doctype: str, name: str, remark: str) -> str | None:
	"""Cancel an entry; where its day's books are closed, the Journal Entry that reverses it on the first open day.

	Nothing is done to one that somebody has cancelled or deleted already.
	"""
	row = frappe.db.get_value(doctype, name, ["company", "posting_date", "docstatus"], as_dict=True)
	if not row or row.docstatus != 1:
		return None
	day = first_open_day(row.company, getdate(row.posting_date), doctype)
	if day == getdate(row.posting_date):
		entry = frappe.get_doc(doctype, name)
		entry.flags.from_tripletex = True
		entry.flags.ignore_permissions = True
		entry.cancel()
		return None
	return _reverse(row.company, doctype, name, day, remark)


def _reverse(company: str, doctype: str, name: str, day: date, remark: str) -> str:
	entry = _journal(company, first_open_day(company, day, JOURNAL_ENTRY), remark, name, day)
	domestic = frappe.get_cached_value("Company", company, "default_currency")
	for row in _ledger_of(doctype, name):
		# An exchange difference has an amount in the company's currency only.
		own = to_decimal(row.value if row.account_currency == domestic else row.own)
		if not own:
			continue
		rate = to_decimal(row.value) / own
		line = _journal_row(row.account, -own, rate)
		line |= {"party_type": row.party_type, "party": row.party, "cost_center": row.cost_center}
		if row.against_voucher_type == SALES_INVOICE:
			line |= {"reference_type": SALES_INVOICE, "reference_name": row.against_voucher}
		entry.append("accounts", line)
		entry.multi_currency = entry.multi_currency or int(row.account_currency != domestic)
	_insert(entry)
	entry.submit()
	return entry.name


def _ledger_of(doctype: str, name: str) -> Iterator[Any]:
	"""What an entry, with its exchange differences, has left on each account; debit positive."""
	return frappe.db.sql(
		"""select account, account_currency, party_type, party, against_voucher_type, against_voucher, cost_center,
			round(sum(debit - credit), 2) value,
			round(sum(debit_in_account_currency - credit_in_account_currency), 2) own
		from `tabGL Entry` where is_cancelled = 0 and (
			(voucher_type = %(doctype)s and voucher_no = %(name)s)
			or (voucher_type = 'Journal Entry' and voucher_no in (
				select line.parent from `tabJournal Entry Account` line
				join `tabJournal Entry` journal on journal.name = line.parent
				where line.reference_type = %(doctype)s and line.reference_name = %(name)s
					and journal.voucher_type = 'Exchange Gain Or Loss' and journal.docstatus = 1)))
		group by account, account_currency, party_type, party, against_voucher_type, against_voucher""",
		{"doctype": doctype, "name": name},
		as_dict=True,
	)


def is_cancelled(payment_entry: str) -> bool:
	"""Is it cancelled, or gone?"""
	return frappe.db.get_value(PAYMENT_ENTRY, payment_entry, "docstatus") != 1
