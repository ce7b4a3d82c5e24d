"""What Tripletex's customer ledger says of our invoices: each with the postings that settle it, read in date windows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from billing_ext.integrations.tripletex.documents import Strategy
from billing_ext.integrations.tripletex.read_back import decimal, needed
from billing_ext.integrations.tripletex.settlement import POLL_FIELDS
from billing_ext.repositories import clock
from billing_ext.repositories.tripletex import payment_rows
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services.tripletex.connection import Link

Remote = dict[str, Any]
SEEN_AGAIN = timedelta(days=90)
"""Settled invoices are read so long after their last change, to see payments that are taken back."""
PER_WINDOW = 1_000
"""Our invoices in one window, which is a page."""
LONGEST_GAP = timedelta(days=31)
"""Between two dates of interest; a longer one is not read."""
LONGEST_SPAN = timedelta(days=31)
"""Of postings that one search reads: 10,000 rows at most may match."""
ONE_DAY = timedelta(days=1)

_POSTING_FIELDS = (
	"id,date,amount,amountCurrency,type,description,externalRef,account(id,number),currency(id,code),"
	"voucher(id,number,date,voucherType(name)),closeGroup(id)"
)


def read(link: Link, hint: int | None = None) -> list[Remote]:
	"""The invoices that are open or were settled lately; with ``hint`` only the one of that id, unless they are vouchers.

	Raises TripletexError.
	"""
	company, since = link.settings.company, clock.today() - SEEN_AGAIN
	if link.settings.strategy is Strategy.VOUCHER:
		days = in_transaction(lambda: payment_rows.open_days(company, since))
		vouchers = in_transaction(lambda: payment_rows.vouchers_of(company, since))
		return list(_of_vouchers(link, [day for day, _ in days], vouchers))
	if hint:
		return [link.client.get("/invoice/{id}", {"id": hint}, fields=POLL_FIELDS)]
	days = in_transaction(lambda: payment_rows.open_days(company, since))
	return [
		remote
		for first, end in windows(days)
		for remote in link.client.search(
			"/invoice", invoiceDateFrom=first, invoiceDateTo=end, sorting="id", fields=POLL_FIELDS
		)
	]


def windows(days: Sequence[tuple[date, int]]) -> Iterator[tuple[date, date]]:
	"""First days and excluded ends that hold all ``days``, given in order with the number of invoices of each."""
	first = last = None
	count = 0
	for day, invoices in days:
		full = count and count + invoices > PER_WINDOW
		if first and last and (full or day - last > LONGEST_GAP):
			yield first, last + ONE_DAY
			first, count = None, 0
		first, last, count = first or day, day, count + invoices
	if first and last:
		yield first, last + ONE_DAY


def _of_vouchers(link: Link, days: Sequence[date], vouchers: Iterable[int]) -> Iterator[Remote]:
	"""Invoices booked as vouchers: what closes one shares a close group with its posting on the receivable account."""
	if not days:
		return
	own: dict[int, Remote] = {}
	groups: dict[int, list[Remote]] = defaultdict(list)
	for posting in _receivables(link, days[0]):
		voucher = int(needed(posting, "voucher", "id"))
		if voucher in vouchers:
			own[voucher] = posting
		group = (posting.get("closeGroup") or {}).get("id")
		if group:
			groups[group].append(posting)
	for voucher, posting in own.items():
		members = groups.get((posting.get("closeGroup") or {}).get("id") or 0, [posting])
		yield _as_invoice(voucher, posting, members)


def _receivables(link: Link, first: date) -> Iterator[Remote]:
	number, end = link.settings.receivable_number, clock.today() + ONE_DAY
	while first < end:
		until = min(first + LONGEST_SPAN, end)
		yield from link.client.search(
			"/ledger/posting",
			dateFrom=first,
			dateTo=until,
			accountNumberFrom=number,
			accountNumberTo=number,
			sorting="id",
			fields=_POSTING_FIELDS,
		)
		first = until


def _as_invoice(voucher: int, posting: Remote, members: Sequence[Remote]) -> Remote:
	"""A voucher in the shape of an invoice; its id is its voucher's, as in the mappings."""
	closed = len(members) > 1
	return {
		"id": voucher,
		"voucher": {"id": voucher},
		"currency": posting.get("currency") or {},
		"isCreditNote": decimal(posting, "amount") < 0,
		"amountCurrencyOutstanding": Decimal(0) if closed else decimal(posting, "amountCurrency"),
		"postings": list(members),
	}
