"""What Tripletex has booked against what it should have: field by field after a write, and to recognise a document.

Answers are read leniently, because unset values come as null, ``""`` or not at all; but what a comparison rests on must
be there: without it nothing was proved, and the comparison raises IncompleteAnswer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing_ext.integrations.tripletex.documents import CustomerData, VatTotal
from billing_ext.integrations.tripletex.mapper import (
	CENT,
	RECEIVABLE,
	Expected,
	Json,
	MasterIds,
	customer_fields,
	same_value,
)

Remote = Mapping[str, Any]

POSTING_FIELDS = (
	"id,date,row,description,amount,amountCurrency,amountGross,amountGrossCurrency,systemGenerated,type,externalRef,"
	"account(id,number),customer(id),currency(id,code),vatType(id,number),invoiceNumber,termOfPayment,closeGroup(id)"
)
INVOICE_FIELDS = (
	"id,version,invoiceNumber,invoiceDate,invoiceDueDate,kid,amount,amountCurrency,amountExcludingVat,"
	"amountExcludingVatCurrency,amountOutstanding,amountCurrencyOutstanding,isCreditNote,isCredited,creditedInvoice,"
	"customer(id),currency(id,code),orders(id,version,number,isClosed),"
	f"voucher(id,number,date,postings({POSTING_FIELDS})),"
	"postings(id,date,amount,amountCurrency,type,description,externalRef,account(id,number),"
	"voucher(id,number,date,voucherType(name)),closeGroup(id))"
)
"""``fields`` of ``GET /invoice`` for a read-back: the document, its voucher and the customer's postings on it."""
VOUCHER_FIELDS = f"id,version,number,date,description,externalVoucherNumber,voucherType(name),reverseVoucher(id),postings({POSTING_FIELDS})"
"""``fields`` of a voucher, for the strategy VOUCHER and to see which account a payment came to."""
CUSTOMER_FIELDS = (
	"id,version,name,customerNumber,organizationNumber,isPrivateIndividual,email,invoiceEmail,overdueNoticeEmail,"
	"phoneNumber,language,invoiceSendMethod,invoicesDueIn,invoicesDueInType,currency(id),isInactive,"
	"isAutomaticSoftReminderEnabled,isAutomaticReminderEnabled,isAutomaticNoticeOfDebtCollectionEnabled,"
	"postalAddress(id,addressLine1,addressLine2,postalCode,city,country(id)),"
	"physicalAddress(id,addressLine1,addressLine2,postalCode,city,country(id))"
)

OUTPUT_VAT = range(2700, 2710)
"""Outgoing VAT, NS 4102. Each rate has its account, 2710 on is VAT to be deducted."""

VAT_ACCOUNTS = {2700: "3", 2701: "31", 2702: "33"}
"""Account of the standard chart -> the SAF-T code whose VAT it takes."""
NO_VAT = "0"

_IDENTITY = {"customer", "date", "currency", "net", "gross"}


class IncompleteAnswer(LookupError):
	"""An answer lacks what a comparison rests on. ``field`` is its path; what was written counts as unknown."""

	def __init__(self, field: str) -> None:
		super().__init__(field)
		self.field = field


@dataclass(frozen=True, slots=True)
class Difference:
	"""A field that is not as expected. ``rounding``: at most one øre for each VAT code, explained by how VAT is rounded."""

	field: str
	ours: object
	theirs: object
	rounding: bool = False


def compare_invoice(expected: Expected, remote: Remote) -> list[Difference]:
	"""How an invoice, read with INVOICE_FIELDS, differs from what was sent; empty when it is equal.

	Raises IncompleteAnswer if amounts, customer or the voucher's postings are missing.
	"""
	found = list(_differing(_invoice_facts(expected), _invoice_answers(remote), _tolerance(expected)))
	if expected.kid and expected.kid != (remote.get("kid") or ""):
		found.append(Difference("kid", expected.kid, remote.get("kid") or ""))
	return found + _vat_differences(expected.vat, needed(remote, "voucher", "postings"))


def compare_voucher(expected: Expected, remote: Remote) -> list[Difference]:
	"""How a voucher, read with VOUCHER_FIELDS, differs from what was sent. Raises IncompleteAnswer as for an invoice."""
	found = list(_differing(_voucher_facts(expected), _voucher_answers(remote), _tolerance(expected)))
	return found + _vat_differences(expected.vat, needed(remote, "postings"))


def same_document(expected: Expected, remote: Remote) -> bool:
	"""Is the invoice that a look-up found the one that was sent: same customer, date, currency, net and gross?

	Differences of rounding do not make it another document; they are reported once it is adopted.
	"""
	facts, answers = _invoice_facts(expected), _invoice_answers(remote)
	return _is_same(facts, answers, _tolerance(expected))


def same_voucher(expected: Expected, remote: Remote) -> bool:
	"""Is the voucher that a look-up found the one that was sent, as ``same_document``?"""
	return _is_same(_voucher_facts(expected), _voucher_answers(remote), _tolerance(expected))


def compare_customer(data: CustomerData, remote: Remote, ids: MasterIds) -> list[Difference]:
	"""Which of our fields of a customer, read with CUSTOMER_FIELDS, Tripletex holds otherwise; addresses by part."""
	found: list[Difference] = []
	for name, ours in customer_fields(data, ids).items():
		theirs = remote.get(name)
		if ours is not None and not same_value(ours, theirs):
			found += _parts(name, ours, theirs)
	return found


def vat_totals(postings: Sequence[Remote]) -> dict[str, tuple[Decimal, Decimal]]:
	"""Base and VAT by SAF-T code of a sales voucher's postings, in its currency, with the sign of the sale.

	The rows that Tripletex makes for VAT carry no code (recorded: ``vatType`` 0 on row 0), but each code has its account.
	In a chart where an account does not tell the code, VAT is what the rows with a code have more in gross than in net,
	which is rounded for each row. Rows of the customer ledger count for neither.
	"""
	totals: dict[str, tuple[Decimal, Decimal]] = {}
	for posting in postings:
		account, code = needed(posting, "account", "number"), _vat_code(posting)
		if account == RECEIVABLE or account in OUTPUT_VAT or not code:
			continue
		net, gross = decimal(posting, "amountCurrency"), decimal(posting, "amountGrossCurrency")
		base, amount = totals.get(code, (Decimal(0), Decimal(0)))
		totals[code] = (base - net, amount - (gross - net))
	charged = _charged(postings)
	if charged is None:
		return totals
	codes = {*totals, *charged}
	return {code: (totals.get(code, (Decimal(0),))[0], charged.get(code, Decimal(0))) for code in codes}


def _charged(postings: Sequence[Remote]) -> dict[str, Decimal] | None:
	"""VAT by code as it stands on the VAT accounts; None if there are no such rows or one does not tell its code."""
	charged: dict[str, Decimal] = {}
	for posting in postings:
		account = needed(posting, "account", "number")
		if account in OUTPUT_VAT:
			own = _vat_code(posting)
			code = VAT_ACCOUNTS.get(account, "") if own in ("", NO_VAT) else own
			charged[code] = charged.get(code, Decimal(0)) - decimal(posting, "amountCurrency")
	return charged if charged and "" not in charged else None


def _vat_code(posting: Remote) -> str:
	return str((posting.get("vatType") or {}).get("number") or "")


def needed(remote: Remote, *path: str) -> Any:
	"""The value at ``path`` of an answer. Raises IncompleteAnswer if any part of the way is missing or null."""
	value: Any = remote
	for index, name in enumerate(path):
		value = value.get(name) if isinstance(value, Mapping) else None
		if value is None:
			raise IncompleteAnswer(".".join(path[: index + 1]))
	return value


def decimal(remote: Remote, *path: str) -> Decimal:
	"""The amount at ``path``. Raises IncompleteAnswer if it is missing, TypeError if the client read it as a float."""
	value = needed(remote, *path)
	if isinstance(value, float | bool):
		raise TypeError(f"{'.'.join(path)} is {type(value).__name__}, amounts are read as Decimal")
	return Decimal(value)


def _invoice_facts(expected: Expected) -> Json:
	facts = _facts(expected)
	return facts if expected.number is None else {"number": expected.number, **facts}


def _voucher_facts(expected: Expected) -> Json:
	return {"external_number": expected.external_number, **_facts(expected)}


def _facts(expected: Expected) -> Json:
	return {
		"customer": expected.customer,
		"date": expected.date.isoformat(),
		"due_date": expected.due_date.isoformat(),
		"currency": expected.currency,
		"net": expected.net,
		"gross": expected.gross,
		"gross_nok": expected.gross_nok,
	}


def _invoice_answers(remote: Remote) -> Json:
	return {
		"number": needed(remote, "invoiceNumber"),
		"customer": needed(remote, "customer", "id"),
		"date": needed(remote, "invoiceDate"),
		"due_date": remote.get("invoiceDueDate"),
		"currency": needed(remote, "currency", "code"),
		"net": decimal(remote, "amountExcludingVatCurrency"),
		"gross": decimal(remote, "amountCurrency"),
		"gross_nok": decimal(remote, "amount"),
	}


def _voucher_answers(remote: Remote) -> Json:
	rows = [row for row in needed(remote, "postings") if needed(row, "account", "number") == RECEIVABLE]
	if not rows:
		raise IncompleteAnswer(f"postings[{RECEIVABLE}]")
	gross = sum((decimal(row, "amountCurrency") for row in rows), Decimal(0))
	totals = vat_totals(needed(remote, "postings"))
	return {
		"external_number": remote.get("externalVoucherNumber"),
		"customer": needed(rows[0], "customer", "id"),
		"date": needed(remote, "date"),
		"due_date": rows[0].get("termOfPayment"),
		"currency": needed(rows[0], "currency", "code"),
		"net": sum((base for base, _ in totals.values()), Decimal(0)),
		"gross": gross,
		"gross_nok": sum((decimal(row, "amount") for row in rows), Decimal(0)),
	}


def _tolerance(expected: Expected) -> Decimal:
	return CENT * max(len(expected.vat), 1)


def _differing(facts: Json, answers: Json, tolerance: Decimal) -> Iterator[Difference]:
	for name, ours in facts.items():
		theirs = answers[name]
		if ours != theirs:
			amounts = isinstance(ours, Decimal) and isinstance(theirs, Decimal)
			yield Difference(name, ours, theirs, rounding=amounts and abs(ours - theirs) <= tolerance)


def _is_same(facts: Json, answers: Json, tolerance: Decimal) -> bool:
	differences = _differing({name: facts[name] for name in _IDENTITY}, answers, tolerance)
	return all(difference.rounding for difference in differences)


def _vat_differences(expected: Sequence[VatTotal], postings: Sequence[Remote]) -> list[Difference]:
	theirs = vat_totals(postings)
	ours = {total.code: (total.base, total.amount) for total in expected}
	nothing = (Decimal(0), Decimal(0))
	found: list[Difference] = []
	for code in sorted({*ours, *theirs}):
		names = (f"vat {code} base", f"vat {code} amount")
		facts = dict(zip(names, ours.get(code, nothing), strict=True))
		found += _differing(facts, dict(zip(names, theirs.get(code, nothing), strict=True)), CENT)
	return found


def _parts(name: str, ours: object, theirs: object) -> Iterator[Difference]:
	if not isinstance(ours, Mapping):
		yield Difference(name, ours, theirs)
		return
	others = theirs if isinstance(theirs, Mapping) else {}
	for part, value in ours.items():
		if not same_value(value, others.get(part)):
			yield from _parts(f"{name}.{part}", value, others.get(part))
