"""Deferred revenue of ERPNext by month, and the vouchers that carried it to Tripletex."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import frappe
from frappe.utils import get_first_day, getdate

from billing_ext.integrations.tripletex import decimal_json
from billing_ext.integrations.tripletex.accrual import BookedAccrual, last_day
from billing_ext.integrations.tripletex.canonical import canonical_json
from billing_ext.integrations.tripletex.delivery import NEVER_SENT, Operation, State
from billing_ext.repositories.contract_rows import Row
from billing_ext.repositories.money import to_decimal
from billing_ext.repositories.tripletex import documents, outbox
from billing_ext.repositories.tripletex.outbox import NewMessage
from billing_ext.repositories.tripletex.settings import Settings

_DONE = (State.SYNCED, State.DRIFTED)


@dataclass(frozen=True, slots=True)
class Voucher:
	"""A voucher to be made; ``amount`` in NOK, positive if more was deferred than earned."""

	month: date
	revision: int
	amount: Decimal


@dataclass(frozen=True, slots=True)
class Reversal:
	"""A voucher to be taken back, on its own day. ``amount`` is the voucher's, ``external_number`` its key."""

	month: date
	external_number: str
	voucher_id: int
	amount: Decimal


def abbreviation(company: str) -> str:
	"""The company's short name, part of its vouchers' keys."""
	return frappe.get_cached_value("Company", company, "abbr")


def deferred_by_month(settings: Settings, first: date, last: date) -> dict[date, Decimal]:
	"""First day of a month -> by how much deferred revenue grew in it, for each month that moved it.

	Credit less debit of the accounts that the maps tie to Tripletex's account of deferred revenue, without opening entries.
	"""
	numbers = documents.maps(settings.company).account_numbers
	accounts = [account for (account, _), number in numbers.items() if number == settings.deferred_number]
	if not accounts:
		return {}
	rows = frappe.db.sql(
		"""select min(posting_date), sum(credit - debit) from `tabGL Entry`
		where company = %(company)s and account in %(accounts)s and posting_date between %(first)s and %(last)s
			and is_cancelled = 0 and coalesce(is_opening, 'No') != 'Yes'
		group by year(posting_date), month(posting_date)""",
		{"company": settings.company, "accounts": tuple(accounts), "first": first, "last": last},
	)
	return {getdate(get_first_day(day)): to_decimal(amount) for day, amount in rows}


@dataclass(frozen=True, slots=True)
class History:
	"""What was sent about a month. ``unfinished``: name of a message that is not done -> the amount it books, None if it
	takes a voucher back.
	"""

	booked: tuple[BookedAccrual, ...]
	unfinished: dict[str, Decimal | None]


def months_with_vouchers(company: str) -> set[date]:
	"""Months for which a voucher was ever written."""
	rows = frappe.get_all(
		outbox.DOCTYPE,
		filters={"company": company, "operation": Operation.ACCRUAL.value},
		pluck="sort_date",
	)
	return {day.replace(day=1) for day in rows}


def history(company: str, month: date) -> History:
	"""All revisions of a month. One that was never sent keeps its revision number, so that no key is used twice."""
	vouchers = _messages(company, month, Operation.ACCRUAL)
	reversals = _messages(company, month, Operation.REVERSE_VOUCHER)
	taken_back = {row.local_key for row in reversals if State(row.status) in _DONE}
	amounts = {row.name: voucher_of(row).amount for row in vouchers}
	return History(
		booked=tuple(_booked(row, taken_back) for row in vouchers),
		unfinished={
			row.name: amounts.get(row.name)
			for row in (*vouchers, *reversals)
			if State(row.status).is_unfinished
		},
	)


def _messages(company: str, month: date, operation: Operation) -> list[Any]:
	return frappe.get_all(
		outbox.DOCTYPE,
		filters={"company": company, "operation": operation.value, "sort_date": last_day(month)},
		fields=["name", "status", "local_key", "note", "tripletex_id"],
	)


def _booked(row: Row, taken_back: set[str]) -> BookedAccrual:
	wanted = voucher_of(row)
	stands = State(row["status"]) in _DONE and row["local_key"] not in taken_back
	return BookedAccrual(
		revision=wanted.revision,
		amount=wanted.amount,
		voucher_id=int(row["tripletex_id"] or 0),
		is_reversed=not stands,
	)


def take_back(name: str) -> bool:
	"""Cancel a message of which nothing has been sent; False if it may have been."""
	return outbox.act(name, NEVER_SENT, State.CANCELLED)


def voucher_message(company: str, key: str, wanted: Voucher) -> NewMessage:
	"""The message that makes a voucher; ``key`` is its external number."""
	content = {"month": wanted.month, "revision": wanted.revision, "amount": wanted.amount}
	return _message(company, Operation.ACCRUAL, key, wanted.month, content)


def reversal_message(company: str, wanted: Reversal) -> NewMessage:
	"""The message that takes a voucher back."""
	content = {
		"month": wanted.month,
		"external_number": wanted.external_number,
		"voucher": wanted.voucher_id,
		"amount": wanted.amount,
	}
	return _message(company, Operation.REVERSE_VOUCHER, wanted.external_number, wanted.month, content)


def _message(
	company: str, operation: Operation, key: str, month: date, content: dict[str, object]
) -> NewMessage:
	return NewMessage(
		company, operation, key, local_key=key, sort_date=last_day(month), note=canonical_json(content)
	)


def voucher_of(row: Row) -> Voucher:
	"""What a message of ``voucher_message`` asks for."""
	content = decimal_json.loads(row["note"])
	return Voucher(date.fromisoformat(content["month"]), content["revision"], Decimal(content["amount"]))


def reversal_of(row: Row) -> Reversal:
	"""What a message of ``reversal_message`` asks for."""
	content = decimal_json.loads(row["note"])
	return Reversal(
		date.fromisoformat(content["month"]),
		content["external_number"],
		content["voucher"],
		Decimal(content["amount"]),
	)
