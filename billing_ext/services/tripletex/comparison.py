"""The comparison of a month: reads both books, compares them to the øre, stores what it has found. A job.

Balances are compared as movements since the go-live date, without opening entries: what stood in the books before is
the accountant's opening balance on either side. Two things move Tripletex's ledger and never ERPNext's, and are left out
there: a filed VAT return, which empties the VAT accounts, and payments taken back. Deferred revenue reaches Tripletex by
the voucher of the finished month; until then, and in companies that do not accrue, it is compared together with income.

Costs about five calls and, for every 1,000 invoices, four more.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import chain
from typing import Any

from frappe import _
from rq.timeouts import JobTimeoutException

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex import canonical, reconciliation
from billing_ext.integrations.tripletex.client import TripletexClient
from billing_ext.integrations.tripletex.errors import Refused
from billing_ext.integrations.tripletex.read_back import OUTPUT_VAT, VOUCHER_FIELDS, decimal, needed
from billing_ext.integrations.tripletex.reconciliation import (
	BANK,
	MONTH_FIELDS,
	POSTINGS_FIELDS,
	SALES,
	VAT_RETURN,
	Books,
	DocumentRow,
	Listed,
	Mismatch,
	Report,
)
from billing_ext.repositories import clock
from billing_ext.repositories.tripletex import alerts, books, reconciliations
from billing_ext.repositories.tripletex.reconciliations import NewRow
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services import messages
from billing_ext.services.tripletex import connection
from billing_ext.services.tripletex.comparison_words import label
from billing_ext.services.tripletex.connection import Link

TOO_MANY = 23000
"""Tripletex's code for more than 10,000 rows."""
DAY = timedelta(days=1)


def compare(name: str) -> None:
	"""Compare the month of a reconciliation and store the result, or why there is none. A job."""
	stored = in_transaction(lambda: reconciliations.get(name))
	try:
		month = _Month(connection.of(stored.company), stored.month)
		report = month.report()
		rows = month.rows(report)
	except JobTimeoutException:
		in_transaction(lambda: reconciliations.fail(name, _("The comparison took too long.")))
		raise
	except Exception as error:  # noqa: BLE001 - whatever stops a comparison is told on it
		text = _words(error)
		in_transaction(lambda: reconciliations.fail(name, text))
		return
	content = canonical.canonical_json(report.content())
	in_transaction(lambda: reconciliations.finish(name, report.digest(), content, rows))


def _words(error: Exception) -> str:
	return str(messages.message_of(error)) if isinstance(error, DomainError) else alerts.words(error)


@dataclass
class _Month:
	"""A company's month on both sides."""

	link: Link
	first_of_month: date

	@cached_property
	def last(self) -> date:
		"""Its last day."""
		return books.month_of(self.first_of_month)[1]

	@cached_property
	def go_live(self) -> date:
		"""From when on balances are compared."""
		return self.link.settings.go_live_date or self.first_of_month

	@property
	def first(self) -> date:
		"""Its first day that both sides have."""
		return max(self.first_of_month, self.go_live)

	@cached_property
	def documents(self) -> list[books.OwnDocument]:
		"""ERPNext's documents of the month."""
		return books.documents(self.link.settings, self.first, self.last)

	def report(self) -> Report:
		"""Both sides, compared."""
		own, theirs = self.link.settings, _Theirs(self)
		their_books, hand_postings = theirs.books(), theirs.hand_postings()
		return reconciliation.reconcile(
			own.company,
			self.first_of_month,
			self._our_books(),
			their_books,
			series=books.numbers_of_month(own, self.first, self.last, clock.today()),
			outbox=books.unfinished_messages(own.company, self.last),
			hand_postings=hand_postings,
		)

	def _our_books(self) -> Books:
		company = self.link.settings.company
		moved = books.movements(company, [*self._numbers], self.go_live, self.last)
		return Books(
			documents=tuple(document.row for document in self.documents),
			balances={
				group: sum(
					(moved.get(account, Decimal(0)) for account in self._accounts(numbers)), Decimal(0)
				)
				for group, numbers in self.groups.items()
			},
			payments=self._our_payments(),
		)

	@cached_property
	def _numbers(self) -> dict[str, set[int]]:
		"""ERPNext's account -> its accounts in Tripletex: an income account may have one for each VAT code."""
		numbers = {account: {number} for account, number in self.payment_accounts.items()}
		for (account, _code), number in self.link.maps.account_numbers.items():
			numbers.setdefault(account, set()).add(number)
		return numbers

	def _accounts(self, numbers: Container[int]) -> list[str]:
		"""ERPNext's accounts that stand against any of these of Tripletex."""
		return [account for account, own in self._numbers.items() if any(each in numbers for each in own)]

	def _our_payments(self) -> dict[str, Decimal]:
		"""By number of the account there; money on an account that is in no map is under the account's own name."""
		sums: dict[str, Decimal] = {}
		for account, amount in books.money_in(self.link.settings.company, self.first, self.last).items():
			key = str(min(self._numbers[account])) if account in self._numbers else account
			sums[key] = sums.get(key, Decimal(0)) + amount
		return sums

	@cached_property
	def payment_accounts(self) -> dict[str, int]:
		"""ERPNext's account -> number of the account that its payment type books on."""
		types = books.payment_types(self.link.settings.company)
		if not types:
			return {}
		found = self.link.client.search("/invoice/paymentType", fields="id,debitAccount(number)")
		numbers = {
			row["id"]: needed(row, "debitAccount", "number") for row in found if row.get("debitAccount")
		}
		return {account: numbers[kind] for account, kind in types.items() if kind in numbers}

	@cached_property
	def groups(self) -> Mapping[str, Container[int]]:
		"""Which accounts of Tripletex are compared, and which of them together."""
		own = self.link.settings
		income = {*SALES, own.income_accrual_number}
		groups: dict[str, Container[int]] = {"receivable": {own.receivable_number}, "vat": OUTPUT_VAT}
		if own.accrue_deferred and self.last < clock.today().replace(day=1):
			return {**groups, "income": income, "deferred": {own.deferred_number}}
		return {**groups, "income_and_deferred": {*income, own.deferred_number}}

	def rows(self, report: Report) -> list[NewRow]:
		"""The differences as they are stored, with what was written earlier about the same ones."""
		known = reconciliations.explanations(report.company, self.first_of_month)
		return [
			NewRow(
				section=section.name,
				label=label(section.name, mismatch.subject),
				ours=_text(mismatch.ours),
				theirs=_text(mismatch.theirs),
				difference=_text(mismatch.difference),
				key=mismatch.key,
				reference_doctype=reference[0] if reference else None,
				reference_name=reference[1] if reference else None,
				explanation=known.get(mismatch.key),
			)
			for section in report.sections
			for mismatch in section.mismatches
			for reference in [self._reference(section.name, mismatch)]
		]

	def _reference(self, section: str, mismatch: Mismatch) -> tuple[str, str] | None:
		"""Where to look in ERPNext: the document, or the account if there is but one."""
		if section in ("numbers", "documents", "outstanding"):
			found = self._names.get(self._key_in(section, mismatch.subject))
			return ("Sales Invoice", found) if found else None
		numbers: Container[int] = ()
		if section == "ledger":
			numbers = self.groups[mismatch.subject]
		elif section == "payments" and mismatch.subject.isdigit():
			numbers = {int(mismatch.subject)}
		accounts = self._accounts(numbers)
		return ("Account", accounts[0]) if len(accounts) == 1 else None

	@cached_property
	def _names(self) -> dict[str, str]:
		return {document.row.key: document.name for document in self.documents}

	@staticmethod
	def _key_in(section: str, subject: str) -> str:
		"""The document's key in a subject: ``missing 500001``, ``500001 gross``, ``500001``."""
		words = subject.split(" ")
		return words[1] if section == "numbers" else words[0]


@dataclass
class _Theirs:
	"""Tripletex's side of a month."""

	month: _Month

	@property
	def _client(self) -> TripletexClient:
		return self.month.link.client

	def books(self) -> Books:
		"""Documents, movements, money."""
		return Books(
			documents=tuple(chain(self._invoices(), self._vouchers())),
			balances=reconciliation.balances_by_group(self._movements(), self.month.groups),
			payments=self._payments(),
		)

	def _invoices(self) -> list[DocumentRow]:
		in_nok = {str(each.row.number) for each in self.month.documents if each.in_nok}
		rows = self._rows("/invoice", self.month.first, "invoiceDate", fields=MONTH_FIELDS)
		fields = {True: "amountOutstanding", False: "amountCurrencyOutstanding"}
		return [
			reconciliation.row_of_invoice(row, fields[str(row.get("invoiceNumber")) in in_nok])
			for row in rows
		]

	def _vouchers(self) -> list[DocumentRow]:
		"""Sales that were booked as vouchers; no call without any."""
		names = {each.name for each in self.month.documents if each.is_voucher}
		if not names:
			return []
		rows = self._rows("/ledger/voucher", self.month.first, fields=VOUCHER_FIELDS)
		return [
			reconciliation.row_of_voucher(row) for row in rows if row.get("externalVoucherNumber") in names
		]

	def _movements(self) -> dict[int, Decimal]:
		own = self.month
		rows = self._client.search(
			"/balanceSheet",
			dateFrom=own.go_live,
			dateTo=own.last + DAY,
			fields="account(number),balanceChange",
		)
		balances = {needed(row, "account", "number"): decimal(row, "balanceChange") for row in rows}
		return reconciliation.without_vouchers(balances, self._vat_returns())

	def _vat_returns(self) -> list[dict[str, Any]]:
		kind = self._client.find_one("/ledger/voucherType", "name", VAT_RETURN, fields="id,name")
		if not kind:
			return []
		return self._rows("/ledger/voucher", self.month.go_live, typeId=kind["id"], fields=VOUCHER_FIELDS)

	@cached_property
	def _receivable(self) -> list[dict[str, Any]]:
		number = self.month.link.settings.receivable_number
		return self._postings(number, number)

	def _payments(self) -> dict[str, Decimal]:
		customers = {needed(posting, "voucher", "id") for posting in self._receivable}
		accounts = {*BANK, *self.month.payment_accounts.values()}
		postings = self._postings(min(accounts), max(accounts))
		return reconciliation.received(
			[posting for posting in postings if needed(posting, "account", "number") in accounts], customers
		)

	def hand_postings(self) -> tuple[Listed, ...]:
		"""What somebody has booked by hand on customers and income: listed, not judged."""
		ours = books.our_vouchers(self.month.link.settings.company)
		postings = [*self._receivable, *self._postings(SALES.start, SALES.stop - 1)]
		return reconciliation.hand_postings(postings, ours)

	def _postings(self, first_number: int, last_number: int) -> list[dict[str, Any]]:
		return self._rows(
			"/ledger/posting",
			self.month.first,
			accountNumberFrom=first_number,
			accountNumberTo=last_number,
			fields=POSTINGS_FIELDS,
		)

	def _rows(
		self, template: str, first: date, name: str = "date", last: date | None = None, **query: Any
	) -> list[dict[str, Any]]:
		"""All rows from ``first`` to the month's end; cut in halves as often as there are too many for one list."""
		last = last or self.month.last
		days = {f"{name}From": first, f"{name}To": last + DAY}
		try:
			return self._client.search(template, **days, sorting="id", **query)
		except Refused as error:
			if error.code != TOO_MANY or first == last:
				raise
		middle = first + (last - first) // 2
		return [
			*self._rows(template, first, name, middle, **query),
			*self._rows(template, middle + DAY, name, last, **query),
		]


def _text(value: object) -> str:
	"""A value as its row shows it: amounts with two decimals, counts and dates as they are."""
	if value is None:
		return ""
	return f"{value:.2f}" if isinstance(value, Decimal) else str(value)
