"""What happened to an invoice in Tripletex's customer ledger, and what ERPNext does about it.

An invoice's answer carries its postings on 1500: its own, and one for each payment, credit note, rounding or write-off.
Every posting is booked once: by its id, which the caller stores with what became of it. A posting that is gone was
reversed there (recorded: reversing a payment voucher takes its posting off the invoice); one answer without it proves
nothing, the second in a row does.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any

from billing_ext.integrations.tripletex.mapper import AMOUNT, RECEIVABLE
from billing_ext.integrations.tripletex.read_back import IncompleteAnswer, decimal, needed

Remote = Mapping[str, Any]

POLL_FIELDS = (
	"id,invoiceNumber,amount,amountCurrency,amountOutstanding,amountCurrencyOutstanding,isCreditNote,isCredited,"
	"creditedInvoice,currency(id,code),voucher(id),"
	"postings(id,date,amount,amountCurrency,type,description,externalRef,account(id,number),"
	"voucher(id,number,date,voucherType(name)),closeGroup(id))"
)
"""``fields`` of ``GET /invoice`` for the poll. A payment's other side is not in it: a voucher of an OCR file holds every
payment of the day and would come once for each. It is read once for each new voucher, see ``unread_vouchers``."""

INVOICE_POSTING = "OUTGOING_INVOICE_CUSTOMER_POSTING"
PAYMENT_TYPES = frozenset({"Betaling", "Betaling med KID-nummer", "Bankavstemming"})
ROUNDING_TYPE, REMINDER_TYPE = "Øreavrunding", "Purring"
SECOND_READ = 2


class Kind(str, Enum):
	"""What a posting was taken for. Values are what the site stores with its id."""

	PAYMENT = "Payment"
	REFUND = "Refund"
	ROUNDING = "Rounding"
	WRITE_OFF = "Write-Off"
	CREDIT = "Credit Note"
	OWN_PAYMENT = "Own Payment"
	EXCHANGE = "Exchange Difference"
	EXCEPTION = "Exception"


@dataclass(frozen=True, slots=True)
class Booked:
	"""A posting that was acted on before. ``missing_reads``: answers in a row that did not hold it any more."""

	posting_id: int
	kind: Kind
	missing_reads: int = 0


@dataclass(frozen=True, slots=True)
class Sides:
	"""A voucher by its accounts, in NOK as posted (debit positive): 1500, and the others by number."""

	receivable: Decimal
	others: Mapping[int, Decimal]


@dataclass(frozen=True, slots=True)
class Known:
	"""What the site knows when it reads an answer.

	``own_vouchers``: payments that we registered. ``sales_vouchers``: vouchers of our invoices and credit notes.
	``bank_accounts``: numbers of accounts that a payment may come to. ``deductions``: account number -> ROUNDING or
	WRITE_OFF. ``sides``: voucher id -> its other side, as far as read. ``booked``: posting id -> what was booked for it on
	this invoice; ``booked_elsewhere``: on another one, because postings matched with each other show on both.
	"""

	booked: Mapping[int, Booked] = field(default_factory=dict)
	booked_elsewhere: frozenset[int] = frozenset()
	own_vouchers: frozenset[int] = frozenset()
	sales_vouchers: frozenset[int] = frozenset()
	bank_accounts: frozenset[int] = frozenset()
	deductions: Mapping[int, Kind] = field(default_factory=dict)
	sides: Mapping[int, Sides] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Action:
	"""Something to do about one posting, and its id to store."""

	posting_id: int


@dataclass(frozen=True, slots=True)
class Movement(Action):
	"""Money or a deduction that settles. Amounts are positive; ``amount_currency``, the invoice's, is what it settles.

	``amount_nok`` is what came in or went out where the voucher tells it, else what was posted on 1500: an exchange
	difference, or what a payment's voucher took off besides the money, lies between the two. ``bank_account`` is the number of the account in Tripletex, None while it is not known. ``external_ref`` of an OCR
	payment is its KID.
	"""

	date: datetime.date
	amount_nok: Decimal
	amount_currency: Decimal
	voucher_id: int
	voucher_number: int | None = None
	voucher_type: str = ""
	external_ref: str = ""
	bank_account: int | None = None


@dataclass(frozen=True, slots=True)
class BookPayment(Movement):
	"""The customer paid: a Payment Entry of type Receive, with ``deductions`` in NOK by kind."""

	deductions: tuple[tuple[Kind, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Refund(Movement):
	"""Money went back to the customer, or a payment was undone by a negative one: a Payment Entry of type Pay."""


@dataclass(frozen=True, slots=True)
class BookDeduction(Movement):
	"""Settled without money: øreavrunding or a loss. Amounts are negative if it adds to what is owed."""

	kind: Kind = Kind.ROUNDING


@dataclass(frozen=True, slots=True)
class CreditMatch(Action):
	"""Matched with one of our documents, of this voucher: nothing to book, the allocation is to be checked."""

	voucher_id: int


@dataclass(frozen=True, slots=True)
class OwnPayment(Action):
	"""What we registered ourselves: to be linked."""

	voucher_id: int


@dataclass(frozen=True, slots=True)
class ExchangeMatch(Action):
	"""A posting in NOK alone, by which Tripletex closes a foreign invoice: ERPNext computes its own difference."""

	amount_nok: Decimal


@dataclass(frozen=True, slots=True)
class PostingException(Action):
	"""Nothing is booked, a person decides. ``reason`` is a code:

	``tripletex_foreign_credit_note``: a credit note that ERPNext does not know; ``tripletex_reminder``: a fee or interest
	of Tripletex's dunning; ``tripletex_deduction_unmapped``: a deduction without an account in the settings;
	``tripletex_posting_type``: neither a kind of voucher nor an account that we know; ``tripletex_mixed_voucher``: money
	and a deduction for several postings in one voucher, so that nobody can tell which is whose.
	"""

	reason: str
	voucher_id: int
	voucher_type: str
	amount_nok: Decimal


@dataclass(frozen=True, slots=True)
class Vanished(Action):
	"""A booked posting is not in the answer, for the first time: to be counted."""

	missing_reads: int


@dataclass(frozen=True, slots=True)
class Reverse(Action):
	"""A booked posting is not in the second answer in a row either: what was booked for it is undone."""

	kind: Kind


@dataclass(frozen=True, slots=True)
class Reappeared(Action):
	"""A posting missed once is there again: the count starts anew."""


@dataclass(frozen=True, slots=True)
class Split:
	"""A payment in parts: what settles the invoice, what remains as an advance, and the gain (+) or loss (-) in NOK."""

	allocated: Decimal
	advance: Decimal
	exchange_difference: Decimal


class PaymentState(str, Enum):
	"""Where an invoice stands with its payment."""

	PAID = "Paid"
	PARTLY_PAID = "Partly Paid"
	PENDING = "Pending"
	OVERDUE = "Overdue"
	CREDITED = "Credited"


def classify(remote: Remote, known: Known) -> list[Action]:
	"""What is to be done about an invoice's postings, read with POLL_FIELDS or INVOICE_FIELDS; empty when all is known.

	Once every action is stored with its posting's id, the same answer gives no action. Raises IncompleteAnswer for an
	answer without postings or a posting without id, amount, date or voucher, because it says nothing about what vanished;
	and for a voucher of ``unread_vouchers``, because a loss looks like a payment from this side alone.
	"""
	postings = {needed(posting, "id"): posting for posting in _ledger_postings(remote)}
	actions = [
		_classified(posting_id, posting, known)
		for posting_id, posting in sorted(postings.items())
		if not _is_settled(posting, remote, known)
	]
	return [*actions, *_presence(known.booked, postings)]


def unread_vouchers(remote: Remote, known: Known) -> frozenset[int]:
	"""Vouchers whose other side ``classify`` needs in ``Known.sides``: read them with VOUCHER_FIELDS, see ``sides``."""
	return frozenset(
		needed(posting, "voucher", "id")
		for posting in _ledger_postings(remote)
		if not _is_settled(posting, remote, known)
	) - {*known.sides, *known.own_vouchers, *known.sales_vouchers}


def sides(voucher: Remote) -> Sides:
	"""A voucher, read with VOUCHER_FIELDS, by its accounts. Raises IncompleteAnswer if accounts or amounts are missing."""
	sums: dict[int, Decimal] = {}
	for posting in needed(voucher, "postings"):
		number = int(needed(posting, "account", "number"))
		sums[number] = sums.get(number, Decimal(0)) + decimal(posting, "amount")
	return Sides(sums.pop(RECEIVABLE, Decimal(0)), sums)


def allocate(outstanding: Decimal, amount: Decimal) -> tuple[Decimal, Decimal]:
	"""How much of ``amount`` settles what is open, and how much is an advance. Both are 0 or more and add up to it.

	Raises ValueError for a negative amount: a refund is not allocated.
	"""
	if amount < 0:
		raise ValueError("a payment is not negative")
	allocated = min(amount, max(outstanding, Decimal(0)))
	return allocated, amount - allocated


def split_payment(payment: BookPayment, outstanding: Decimal, conversion_rate: Decimal) -> Split:
	"""A payment divided as ``allocate`` does, in the invoice's currency.

	``conversion_rate`` is the invoice's, NOK for one unit. The exchange difference is that of the allocated part: what
	came in for it and was deducted, less what it stood at. It is 0 in NOK.
	"""
	allocated, advance = allocate(outstanding, payment.amount_currency)
	if not payment.amount_currency:
		return Split(allocated, advance, Decimal(0))
	settled = payment.amount_nok + sum((amount for _, amount in payment.deductions), Decimal(0))
	received = settled * allocated / payment.amount_currency
	return Split(allocated, advance, AMOUNT.round(received) - AMOUNT.round(allocated * conversion_rate))


def payment_state(
	outstanding: Decimal,
	due_date: datetime.date,
	today: datetime.date,
	gross: Decimal,
	credited: Decimal = Decimal(0),
) -> PaymentState:
	"""An invoice's state from what is open of it; ``credited`` is what credit notes took off, as a positive amount.

	Overdue is said before partly paid: it asks for something. On its due date an invoice is not overdue.
	"""
	if outstanding <= 0:
		return PaymentState.CREDITED if credited >= gross > 0 else PaymentState.PAID
	if today > due_date:
		return PaymentState.OVERDUE
	return PaymentState.PARTLY_PAID if outstanding < gross - credited else PaymentState.PENDING


def _ledger_postings(remote: Remote) -> Iterator[Remote]:
	for posting in needed(remote, "postings"):
		# Recorded answers show the account's number only where it was asked for.
		number = (posting.get("account") or {}).get("number")
		if number in (None, RECEIVABLE):
			yield posting


def _is_own(posting: Remote, remote: Remote) -> bool:
	"""Is it the invoice's own posting? By its voucher; the type alone would hide a credit note matched with it."""
	voucher = (remote.get("voucher") or {}).get("id")
	if voucher is None:
		return posting.get("type") == INVOICE_POSTING
	return bool((posting.get("voucher") or {}).get("id") == voucher)


def _is_settled(posting: Remote, remote: Remote, known: Known) -> bool:
	posting_id = needed(posting, "id")
	return posting_id in known.booked or posting_id in known.booked_elsewhere or _is_own(posting, remote)


def _presence(booked: Mapping[int, Booked], postings: Collection[int]) -> Iterator[Action]:
	for posting_id, record in sorted(booked.items()):
		if posting_id in postings:
			if record.missing_reads:
				yield Reappeared(posting_id)
		elif record.missing_reads + 1 >= SECOND_READ:
			yield Reverse(posting_id, record.kind)
		else:
			yield Vanished(posting_id, record.missing_reads + 1)


def _classified(posting_id: int, posting: Remote, known: Known) -> Action:
	voucher = int(needed(posting, "voucher", "id"))
	if voucher in known.own_vouchers:
		return OwnPayment(posting_id, voucher)
	if voucher in known.sales_vouchers:
		return CreditMatch(posting_id, voucher)
	if voucher not in known.sides:
		raise IncompleteAnswer(f"voucher {voucher}")
	reason = _reason(posting, known)
	if reason is not None:
		return PostingException(
			posting_id, reason, voucher, _voucher_type(posting), decimal(posting, "amount")
		)
	if not decimal(posting, "amountCurrency"):
		return ExchangeMatch(posting_id, decimal(posting, "amount"))
	return _booking(posting, known)


def _booking(posting: Remote, known: Known) -> Action:
	deductions = _deductions(posting, known)
	if _is_deduction(posting, known):
		kind = deductions[0][0] if deductions else Kind.ROUNDING
		return BookDeduction(**_movement(posting, known, sign=-1), kind=kind)
	if decimal(posting, "amountCurrency") < 0:
		return BookPayment(**_movement(posting, known, sign=-1), deductions=deductions)
	return Refund(**_movement(posting, known, sign=1))


def _reason(posting: Remote, known: Known) -> str | None:
	"""Why a person must look at a posting; None when it is money, a deduction or an exchange difference."""
	kind, deductions = _voucher_type(posting), _deductions(posting, known)
	if posting.get("type") == INVOICE_POSTING:
		return "tripletex_foreign_credit_note"
	if kind == REMINDER_TYPE:
		return "tripletex_reminder"
	if len(deductions) and _bank_account(posting, known) and not _is_alone(posting, known):
		return "tripletex_mixed_voucher"
	if kind == ROUNDING_TYPE:
		return None if Kind.ROUNDING in known.deductions.values() else "tripletex_deduction_unmapped"
	if kind in PAYMENT_TYPES or not decimal(posting, "amountCurrency"):
		return None
	return None if deductions or _bank_account(posting, known) is not None else "tripletex_posting_type"


def _is_deduction(posting: Remote, known: Known) -> bool:
	"""Did no money move? The account on the other side tells, or the type of an øreavrunding."""
	no_money = _bank_account(posting, known) is None
	return no_money and (bool(_deductions(posting, known)) or _voucher_type(posting) == ROUNDING_TYPE)


def _deductions(posting: Remote, known: Known) -> tuple[tuple[Kind, Decimal], ...]:
	"""What the posting's voucher has on accounts of deductions, in NOK, debit positive."""
	others = _others(posting, known)
	return tuple(
		(known.deductions[number], others[number]) for number in sorted(others) if number in known.deductions
	)


def _others(posting: Remote, known: Known) -> Mapping[int, Decimal]:
	return known.sides[needed(posting, "voucher", "id")].others


def _is_alone(posting: Remote, known: Known) -> bool:
	"""Is the posting the only one on 1500 in its voucher, so that the whole other side is its own?"""
	return known.sides[needed(posting, "voucher", "id")].receivable == decimal(posting, "amount")


def _voucher_type(posting: Remote) -> str:
	voucher = posting.get("voucher") or {}
	return str((voucher.get("voucherType") or {}).get("name") or "")


def _bank_account(posting: Remote, known: Known) -> int | None:
	banks = [number for number in _others(posting, known) if number in known.bank_accounts]
	return banks[0] if len(banks) == 1 else None


def _moved_nok(posting: Remote, known: Known) -> Decimal:
	"""The money that moved, with the sign of the posting."""
	bank = _bank_account(posting, known)
	if bank is None or not _is_alone(posting, known):
		return decimal(posting, "amount")
	return -_others(posting, known)[bank]


def _movement(posting: Remote, known: Known, *, sign: int) -> dict[str, Any]:
	voucher = needed(posting, "voucher")
	try:
		date = datetime.date.fromisoformat(needed(posting, "date"))
	except ValueError as error:
		raise IncompleteAnswer("date") from error
	return {
		"posting_id": needed(posting, "id"),
		"date": date,
		"amount_nok": sign * _moved_nok(posting, known),
		"amount_currency": sign * decimal(posting, "amountCurrency"),
		"voucher_id": int(needed(posting, "voucher", "id")),
		"voucher_number": voucher.get("number"),
		"voucher_type": _voucher_type(posting),
		"external_ref": posting.get("externalRef") or "",
		"bank_account": _bank_account(posting, known),
	}
