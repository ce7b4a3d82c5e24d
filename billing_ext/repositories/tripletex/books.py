"""A month of ERPNext's books as the reconciliation compares it: documents, ledger, money, and the series of numbers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import frappe
from frappe import _
from frappe.utils import get_first_day, get_last_day, getdate

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex.delivery import Operation, State
from billing_ext.integrations.tripletex.documents import Document, Strategy
from billing_ext.integrations.tripletex.reconciliation import DocumentRow, Listed
from billing_ext.repositories.money import to_decimal
from billing_ext.repositories.tripletex import documents as sales
from billing_ext.repositories.tripletex import numbers, outbox
from billing_ext.repositories.tripletex.settings import Settings


@dataclass(frozen=True, slots=True)
class OwnDocument:
	"""A sales document: its row, ``in_nok`` if its outstanding is in NOK and its amounts are not, ``is_voucher`` if it was
	booked as a ledger voucher.
	"""

	name: str
	row: DocumentRow
	in_nok: bool
	is_voucher: bool


def month_of(day: date) -> tuple[date, date]:
	"""First and last day of a date's month."""
	return getdate(get_first_day(day)), getdate(get_last_day(day))


def documents(settings: Settings, first: date, last: date) -> list[OwnDocument]:
	"""Submitted invoices and credit notes of those days that Tripletex is to have: not those without any amount."""
	headers = frappe.db.sql(
		"""select name, posting_date, currency, party_account_currency, net_total, grand_total, outstanding_amount,
			billing_ext_number
		from `tabSales Invoice`
		where company = %s and docstatus = 1 and posting_date between %s and %s and is_opening != 'Yes'""",
		(settings.company, first, last),
		as_dict=True,
	)
	vouchers = _booked_as_vouchers(settings)
	found = (_own_document(header, settings, header.name in vouchers) for header in headers)
	return [document for document in found if document]


def _booked_as_vouchers(settings: Settings) -> set[str]:
	filters = {"company": settings.company, "kind": "Invoice", "strategy": Strategy.VOUCHER.value}
	return set(frappe.get_all("Tripletex Mapping", filters=filters, pluck="local_key"))


def _own_document(header: Any, settings: Settings, is_voucher: bool) -> OwnDocument | None:
	try:
		document = sales.document(header.name, settings)
	except DomainError:
		# Not in the maps, so not in Tripletex either; its own message says what to do.
		document = None
	if document and not document.gross and not any(line.net_amount for line in document.lines):
		return None
	numbered = header.billing_ext_number and not is_voucher
	row = DocumentRow(
		name=header.name,
		number=int(header.billing_ext_number) if numbered else None,
		date=getdate(header.posting_date),
		currency=header.currency,
		net=_signed(document, document.net) if document else to_decimal(header.net_total),
		gross=to_decimal(header.grand_total),
		vat=_vat(document) if document else {},
		outstanding=to_decimal(header.outstanding_amount),
	)
	in_nok = header.currency != header.party_account_currency
	return OwnDocument(header.name, row, in_nok, is_voucher)


def _vat(document: Document) -> dict[str, tuple[Decimal, Decimal]]:
	"""By code, which several rates may share."""
	totals: dict[str, tuple[Decimal, Decimal]] = {}
	for total in document.vat:
		base, amount = totals.get(total.code, (Decimal(0), Decimal(0)))
		totals[total.code] = (
			base + _signed(document, total.base),
			amount + _signed(document, total.amount),
		)
	return totals


def _signed(document: Document, amount: Decimal) -> Decimal:
	return -amount if document.is_credit_note else amount


def movements(company: str, accounts: Collection[str], first: date, last: date) -> dict[str, Decimal]:
	"""Debit less credit by account over those days, in the company's currency. Opening entries do not count, nor does the
	closing of a year, which Tripletex does not post.
	"""
	if not accounts:
		return {}
	rows = frappe.db.sql(
		"""select account, sum(debit - credit) from `tabGL Entry`
		where company = %(company)s and account in %(accounts)s and posting_date between %(first)s and %(last)s
			and is_cancelled = 0 and coalesce(is_opening, 'No') != 'Yes' and voucher_type != 'Period Closing Voucher'
		group by account""",
		{"company": company, "accounts": tuple(accounts), "first": first, "last": last},
	)
	return {account: to_decimal(amount) for account, amount in rows}


def money_in(company: str, first: date, last: date) -> dict[str, Decimal]:
	"""What customers paid, less what they got back, by account, in the company's currency."""
	rows = frappe.db.sql(
		"""select if(payment_type = 'Receive', paid_to, paid_from),
			sum(if(payment_type = 'Receive', base_received_amount, -base_paid_amount))
		from `tabPayment Entry`
		where company = %s and docstatus = 1 and party_type = 'Customer' and payment_type in ('Receive', 'Pay')
			and posting_date between %s and %s
		group by 1""",
		(company, first, last),
	)
	return {account: to_decimal(amount) for account, amount in rows}


def payment_types(company: str) -> dict[str, int]:
	"""Money account -> id of the payment type by which its payments are registered in Tripletex."""
	rows = frappe.get_cached_doc("Tripletex Settings", company).payment_types
	return {row.account: int(row.payment_type_id) for row in rows if row.payment_type_id}


def numbers_of_month(settings: Settings, first: date, last: date, today: date) -> list[int]:
	"""The part of the legal series that a month has to answer for, so that a gap is named in one month and no other.

	It begins with the highest number dated before the month and ends with the highest one dated in it. While the month is
	not over it ends with the next number to be drawn, since the last document may have been deleted. Cancelled documents
	and those without an amount have their numbers in it. Empty where Tripletex numbers: its series is its own affair.
	"""
	if settings.strategy is Strategy.TRIPLETEX_NUMBERS:
		return []
	low = _highest_number(settings, first - timedelta(days=1))
	if last < today:
		return [low, *_numbers_between(settings, low, _highest_number(settings, last))]
	following = settings.first_number + numbers.drawn_so_far(settings.company, settings.first_number)
	return [low, *_numbers_between(settings, low, settings.last_number), following]


def _highest_number(settings: Settings, until: date) -> int:
	"""The highest number of a document dated no later; the one before the series where there is none."""
	found = frappe.db.sql(
		"""select max(cast(billing_ext_number as unsigned)) from `tabSales Invoice`
		where company = %(company)s and docstatus > 0 and posting_date <= %(until)s
			and cast(billing_ext_number as unsigned) between %(first_number)s and %(last_number)s""",
		{**_range(settings), "until": until},
	)
	return found[0][0] or settings.first_number - 1


def _numbers_between(settings: Settings, low: int, high: int) -> list[int]:
	"""Numbers above ``low`` up to ``high`` as often as documents have them."""
	return frappe.db.sql_list(
		"""select cast(billing_ext_number as unsigned) from `tabSales Invoice`
		where company = %(company)s and docstatus > 0 and coalesce(billing_ext_number, '') != ''
			and cast(billing_ext_number as unsigned) > %(low)s and cast(billing_ext_number as unsigned) <= %(high)s""",
		{**_range(settings), "low": low, "high": high},
	)


def _range(settings: Settings) -> dict[str, object]:
	return {
		"company": settings.company,
		"first_number": settings.first_number,
		"last_number": settings.last_number,
	}


def unfinished_messages(company: str, last: date) -> list[Listed]:
	"""Messages about documents up to a day that are not done, each by its name."""
	rows = frappe.get_all(
		outbox.DOCTYPE,
		filters={
			"company": company,
			"status": ("in", [state.value for state in State if state.is_unfinished]),
			"sort_date": ("<=", last),
		},
		fields=["name", "operation", "local_key", "status", "error_text", "sort_date"],
	)
	return [Listed(row.name, _leftover(row), date=row.sort_date) for row in rows]


def _leftover(row: Any) -> str:
	operation, status = map(_, (row.operation, row.status))
	return " \u2013 ".join(filter(None, (f"{operation} {row.local_key}", status, row.error_text)))


def our_vouchers(company: str) -> set[int]:
	"""Tripletex's ids of the vouchers that we made, that payments known to us came with, or that take back one of ours."""
	rows = frappe.db.sql_list(
		"""select voucher_id from `tabTripletex Mapping` where company = %(company)s
		union select voucher_id from `tabTripletex Payment` where company = %(company)s
		union select tripletex_id from `tabTripletex Outbox Message` where company = %(company)s and operation = %(reversal)s""",
		{"company": company, "reversal": Operation.REVERSE_VOUCHER.value},
	)
	return {int(voucher) for voucher in rows if voucher}
