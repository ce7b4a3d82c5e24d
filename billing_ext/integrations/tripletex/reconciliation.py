"""A month of a company in ERPNext and in Tripletex, compared to the øre.

Both sides come as plain rows. What differs has an id that names the thing and a fingerprint of both values: a person's
explanation is stored under that id and holds for as long as neither value changes. Of the ledger, whose balances move
every month, the fingerprint is of the difference. A month is green if nothing differs
without an explanation. Outbox leftovers and hand postings are listed, not judged: where they matter, they make the
numbers, the sums or the ledger differ.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from billing_ext.integrations.tripletex.accrual import DEFERRED_REVENUE
from billing_ext.integrations.tripletex.canonical import content_hash
from billing_ext.integrations.tripletex.mapper import RECEIVABLE
from billing_ext.integrations.tripletex.numbering import series_doubles, series_gaps
from billing_ext.integrations.tripletex.read_back import (
	OUTPUT_VAT,
	IncompleteAnswer,
	Remote,
	decimal,
	needed,
	vat_totals,
)

VatSums = Mapping[str, tuple[Decimal, Decimal]]
"""SAF-T code -> base and VAT."""

SALES = range(3000, 4000)
LEDGER_GROUPS: Mapping[str, range] = {
	"receivable": range(RECEIVABLE, RECEIVABLE + 1),
	"vat": OUTPUT_VAT,
	# 3090, accrued income, is among them: with the accrual voucher they make ERPNext's income.
	"income": SALES,
	"deferred": range(DEFERRED_REVENUE, DEFERRED_REVENUE + 1),
}
"""Accounts of the standard chart (NS 4102) that stand against one balance of ERPNext each."""
BANK = range(1900, 2000)
VAT_RETURN = "Mva-melding"
"""The type of the voucher that a filed VAT return makes (observed)."""
MONTH_FIELDS = (
	"id,invoiceNumber,invoiceDate,amountCurrency,amountExcludingVatCurrency,amountOutstanding,amountCurrencyOutstanding,"
	"currency(code),orders(number),"
	"voucher(id,postings(amountCurrency,amountGrossCurrency,account(number),vatType(number)))"
)
"""``fields`` of ``GET /invoice``: as little as a comparison needs, since a page holds a thousand."""
POSTINGS_FIELDS = "id,date,description,amount,account(number),voucher(id,reverseVoucher(id))"
_FINGERPRINT = 12
_NO_AMOUNTS = ("gap ", "double ")
_Amount = int | Decimal
_SHOWN = {"counts", "sums", "ledger", "payments"}


@dataclass(frozen=True, slots=True)
class DocumentRow:
	"""An invoice or, with negative amounts, a credit note. Amounts are in ``currency``.

	``name`` is ERPNext's, empty where Tripletex does not hold it. ``number`` is None where neither side has one (vouchers):
	then rows are matched by name. ``outstanding`` is in the currency of the customer's account, None where nobody knows.
	"""

	name: str
	number: int | None
	date: datetime.date
	currency: str
	net: Decimal
	gross: Decimal
	vat: VatSums
	outstanding: Decimal | None

	@property
	def key(self) -> str:
		"""What both sides know it by."""
		return self.name if self.number is None else str(self.number)


@dataclass(frozen=True, slots=True)
class Books:
	"""One side's month. ``balances``: by group of LEDGER_GROUPS at the month's end, debit positive, NOK.

	``payments``: number of a bank account in Tripletex -> what came in during the month, NOK.
	"""

	documents: tuple[DocumentRow, ...] = ()
	balances: Mapping[str, Decimal] = field(default_factory=dict)
	payments: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listed:
	"""Something to know that is not judged: an unfinished message, a posting made by hand."""

	subject: str
	note: str
	amount: Decimal | None = None
	date: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Mismatch:
	"""Something that differs; None stands for what a side does not have. ``explanation`` is empty until a person gives one."""

	section: str
	subject: str
	ours: object
	theirs: object
	explanation: str = ""

	@property
	def key(self) -> str:
		"""The same for the same thing and the same values, so that an explanation dies with what it explained."""
		values = [self.difference] if self.section == "ledger" else [self.ours, self.theirs]
		return f"{self.section}:{self.subject}#{content_hash(values)[:_FINGERPRINT]}"

	@property
	def difference(self) -> Decimal | int | None:
		"""Ours less theirs; None if they are neither amounts nor counts, or numbers of documents."""
		ours, theirs = (0 if side is None else side for side in (self.ours, self.theirs))
		if self.subject.startswith(_NO_AMOUNTS):
			return None
		return ours - theirs if isinstance(ours, _Amount) and isinstance(theirs, _Amount) else None


@dataclass(frozen=True, slots=True)
class Section:
	"""One comparison: how many things were compared, and which of them differ."""

	name: str
	compared: int
	mismatches: tuple[Mismatch, ...] = ()
	values: Mapping[str, tuple[object, object]] = field(default_factory=dict)
	"""Subject -> ours and theirs, equal ones too, where they are few enough to show."""
	fingerprint: str = ""
	"""SHA-256 of all that was compared."""

	@property
	def is_green(self) -> bool:
		"""Is everything equal or explained?"""
		return all(mismatch.explanation for mismatch in self.mismatches)


@dataclass(frozen=True, slots=True)
class Report:
	"""A month's comparison."""

	company: str
	month: str
	"""``YYYY-MM``."""
	sections: tuple[Section, ...]
	outbox: tuple[Listed, ...] = ()
	hand_postings: tuple[Listed, ...] = ()

	@property
	def is_green(self) -> bool:
		"""Do the books agree to the øre, or is every difference explained?"""
		return all(section.is_green for section in self.sections)

	@property
	def unexplained(self) -> tuple[Mismatch, ...]:
		"""What a person has to look at."""
		return tuple(row for section in self.sections for row in section.mismatches if not row.explanation)

	def content(self) -> dict[str, Any]:
		"""The report as values that JSON knows, once canonical: to store, to show and to hash.

		Without explanations: they come later, and the hash must outlive them.
		"""
		return {
			"company": self.company,
			"month": self.month,
			"sections": [_section_content(section) for section in self.sections],
			"outbox": [_listed_content(row) for row in self.outbox],
			"hand_postings": [_listed_content(row) for row in self.hand_postings],
		}

	def digest(self) -> str:
		"""SHA-256 of the content, in hex: the same for the same books, in whatever order their rows came."""
		return content_hash(self.content())


def reconcile(
	company: str,
	month: datetime.date,
	ours: Books,
	theirs: Books,
	*,
	series: Collection[int] | None = None,
	explanations: Mapping[str, str] | None = None,
	outbox: Iterable[Listed] = (),
	hand_postings: Iterable[Listed] = (),
) -> Report:
	"""Compares a month. ``explanations``: a mismatch's key -> what a person wrote about it.

	``series``: all numbers that ERPNext has given up to the month's end; gaps are looked for in it, because a number may
	belong to a document dated in another month. Without it the month's own numbers are taken.
	"""
	known = explanations or {}
	compared = (
		_counts(ours, theirs),
		_sums(ours, theirs),
		_numbers(ours, theirs, series),
		_documents(ours, theirs),
		_amounts("ledger", ours.balances, theirs.balances),
		_outstanding(ours, theirs),
		_amounts("payments", ours.payments, theirs.payments),
	)
	return Report(
		company=company,
		month=f"{month:%Y-%m}",
		sections=tuple(_explained(section, known) for section in compared),
		outbox=_sorted(outbox),
		hand_postings=_sorted(hand_postings),
	)


def row_of_invoice(remote: Remote, outstanding: str = "amountCurrencyOutstanding") -> DocumentRow:
	"""Tripletex's side of a document, from an invoice read with MONTH_FIELDS. Raises IncompleteAnswer.

	``outstanding``: ``amountOutstanding`` if the customer's account in ERPNext is in NOK and the document is not.
	"""
	orders = remote.get("orders") or [{}]
	return DocumentRow(
		name=orders[0].get("number") or "",
		number=int(needed(remote, "invoiceNumber")),
		date=_date(needed(remote, "invoiceDate")),
		currency=needed(remote, "currency", "code"),
		net=decimal(remote, "amountExcludingVatCurrency"),
		gross=decimal(remote, "amountCurrency"),
		vat=vat_totals(needed(remote, "voucher", "postings")),
		outstanding=decimal(remote, outstanding),
	)


def row_of_voucher(voucher: Remote) -> DocumentRow:
	"""As ``row_of_invoice``, of a sale booked as a voucher and read with VOUCHER_FIELDS. Raises IncompleteAnswer."""
	postings = needed(voucher, "postings")
	customer = [row for row in postings if needed(row, "account", "number") == RECEIVABLE]
	if not customer:
		raise IncompleteAnswer(f"postings[{RECEIVABLE}]")
	vat = vat_totals(postings)
	return DocumentRow(
		name=needed(voucher, "externalVoucherNumber"),
		number=None,
		date=_date(needed(voucher, "date")),
		currency=needed(customer[0], "currency", "code"),
		net=sum((base for base, _ in vat.values()), Decimal(0)),
		gross=sum((decimal(row, "amountCurrency") for row in customer), Decimal(0)),
		vat=vat,
		outstanding=None,
	)


def received(postings: Iterable[Remote], customer_vouchers: Collection[int]) -> dict[str, Decimal]:
	"""Money by number of a bank account in NOK, from postings on bank accounts read with POSTINGS_FIELDS.

	Only vouchers that touch the customer ledger count, not what suppliers were paid. A payment that was taken back has not
	come in, whenever that was. Raises IncompleteAnswer.
	"""
	sums: dict[str, Decimal] = {}
	for posting in postings:
		is_reversed = (posting.get("voucher") or {}).get("reverseVoucher")
		if needed(posting, "voucher", "id") in customer_vouchers and not is_reversed:
			number = str(needed(posting, "account", "number"))
			sums[number] = sums.get(number, Decimal(0)) + decimal(posting, "amount")
	return sums


def without_vouchers(balances: Mapping[int, Decimal], vouchers: Iterable[Remote]) -> dict[int, Decimal]:
	"""Balances by account number as they were before ``vouchers``, read with VOUCHER_FIELDS, moved them.

	Filing a VAT return empties the VAT accounts in Tripletex and nothing in ERPNext. Raises IncompleteAnswer.
	"""
	result = dict(balances)
	for voucher in vouchers:
		for posting in needed(voucher, "postings"):
			number = needed(posting, "account", "number")
			if number in result:
				result[number] -= decimal(posting, "amount")
	return result


def balances_by_group(
	balances: Mapping[int, Decimal], groups: Mapping[str, Container[int]] = LEDGER_GROUPS
) -> dict[str, Decimal]:
	"""Balances by account number, added up by group. Accounts of no group are left out."""
	return {
		name: sum((amount for number, amount in balances.items() if number in numbers), Decimal(0))
		for name, numbers in groups.items()
	}


def hand_postings(postings: Iterable[Remote], our_vouchers: Collection[int]) -> tuple[Listed, ...]:
	"""Postings on 1500 and 3xxx whose voucher neither we made nor a payment that we know. Raises IncompleteAnswer."""
	return _sorted(
		Listed(
			subject=str(needed(posting, "id")),
			note=f"{number} {posting.get('description') or ''}".strip(),
			amount=decimal(posting, "amount"),
			date=_date(needed(posting, "date")),
		)
		for posting in postings
		if ((number := needed(posting, "account", "number")) == RECEIVABLE or number in SALES)
		and needed(posting, "voucher", "id") not in our_vouchers
	)


def _counts(ours: Books, theirs: Books) -> Section:
	kinds: dict[str, Callable[[DocumentRow], bool]] = {
		"invoices": lambda row: row.gross >= 0,
		"credit notes": lambda row: row.gross < 0,
	}
	pairs = {
		name: (sum(map(is_kind, ours.documents)), sum(map(is_kind, theirs.documents)))
		for name, is_kind in kinds.items()
	}
	return _section("counts", pairs)


def _sums(ours: Books, theirs: Books) -> Section:
	return _amounts("sums", _document_sums(ours.documents), _document_sums(theirs.documents))


def _document_sums(documents: Iterable[DocumentRow]) -> dict[str, Decimal]:
	"""Net and gross by currency, base and VAT by currency and code."""
	sums: dict[str, Decimal] = {}
	for row in documents:
		for name, amount in _row_amounts(row):
			key = f"{row.currency} {name}"
			sums[key] = sums.get(key, Decimal(0)) + amount
	return sums


def _row_amounts(row: DocumentRow) -> Iterator[tuple[str, Decimal]]:
	yield from (("net", row.net), ("gross", row.gross))
	for code, (base, amount) in row.vat.items():
		yield from ((f"vat {code} base", base), (f"vat {code} amount", amount))


def _numbers(ours: Books, theirs: Books, series: Collection[int] | None) -> Section:
	"""Missing there, unknown here, gaps and doubles."""
	mine, others = _by_key(ours.documents), _by_key(theirs.documents)
	pairs: dict[str, tuple[object, object]] = {}
	for key in sorted(mine.keys() - others.keys()):
		pairs[f"missing {key}"] = (mine[key].gross, None)
	for key in sorted(others.keys() - mine.keys()):
		pairs[f"unknown {key}"] = (None, others[key].gross)
	given = _row_numbers(ours.documents) if series is None else [*series]
	for gap in series_gaps(given):
		pairs[f"gap {gap.first}-{gap.last}"] = (None, gap.last - gap.first + 1)
	for number in {*series_doubles(given), *series_doubles(_row_numbers(ours.documents))}:
		pairs[f"double {number} ours"] = (number, None)
	for number in series_doubles(_row_numbers(theirs.documents)):
		pairs[f"double {number} theirs"] = (None, number)
	mismatches = tuple(Mismatch("numbers", subject, *values) for subject, values in sorted(pairs.items()))
	compared = sorted(mine.keys() | others.keys())
	return Section("numbers", len(compared), mismatches, fingerprint=content_hash(compared))


def _row_numbers(documents: Iterable[DocumentRow]) -> list[int]:
	return [row.number for row in documents if row.number is not None]


def _documents(ours: Books, theirs: Books) -> Section:
	"""What is on both sides, field by field."""
	mine, others = _by_key(ours.documents), _by_key(theirs.documents)
	pairs: dict[str, tuple[object, object]] = {}
	for key in sorted(mine.keys() & others.keys()):
		row, other = mine[key], others[key]
		pairs[f"{key} date"] = (row.date, other.date)
		pairs[f"{key} currency"] = (row.currency, other.currency)
		if row.name and other.name:
			pairs[f"{key} name"] = (row.name, other.name)
		pairs |= _paired(dict(_row_amounts(row)), dict(_row_amounts(other)), prefix=f"{key} ")
	return _section("documents", pairs)


def _outstanding(ours: Books, theirs: Books) -> Section:
	mine, others = _by_key(ours.documents), _by_key(theirs.documents)
	both = sorted(mine.keys() & others.keys())
	pairs = {key: (mine[key].outstanding, others[key].outstanding) for key in both}
	return _section("outstanding", {key: pair for key, pair in pairs.items() if None not in pair})


def _amounts(name: str, ours: Mapping[str, Decimal], theirs: Mapping[str, Decimal]) -> Section:
	return _section(name, _paired(ours, theirs))


def _paired(
	ours: Mapping[str, Decimal], theirs: Mapping[str, Decimal], prefix: str = ""
) -> dict[str, tuple[object, object]]:
	"""Both sides' amounts by name; what a side does not have is 0."""
	names = sorted({*ours, *theirs})
	return {prefix + name: (ours.get(name, Decimal(0)), theirs.get(name, Decimal(0))) for name in names}


def _section(name: str, pairs: Mapping[str, tuple[object, object]]) -> Section:
	differing = (
		Mismatch(name, subject, *values) for subject, values in pairs.items() if values[0] != values[1]
	)
	shown = pairs if name in _SHOWN else {}
	return Section(name, len(pairs), tuple(differing), shown, content_hash(pairs))


def _by_key(documents: Sequence[DocumentRow]) -> dict[str, DocumentRow]:
	# Of doubles the first by name is compared; that there are two is reported by itself.
	return {
		row.key: row
		for row in sorted(documents, key=lambda row: (row.name, row.date, row.gross), reverse=True)
	}


def _explained(section: Section, explanations: Mapping[str, str]) -> Section:
	mismatches = tuple(
		replace(row, explanation=explanations.get(row.key, "").strip()) for row in section.mismatches
	)
	return replace(section, mismatches=mismatches)


def _sorted(rows: Iterable[Listed]) -> tuple[Listed, ...]:
	return tuple(sorted(rows, key=lambda row: (row.subject, row.note)))


def _section_content(section: Section) -> dict[str, Any]:
	return {
		"name": section.name,
		"compared": section.compared,
		"values": section.values,
		"fingerprint": section.fingerprint,
		"mismatches": [
			{
				"key": row.key,
				"subject": row.subject,
				"ours": row.ours,
				"theirs": row.theirs,
				"difference": row.difference,
			}
			for row in section.mismatches
		],
	}


def _listed_content(row: Listed) -> dict[str, Any]:
	return {"subject": row.subject, "note": row.note, "amount": row.amount, "date": row.date}


def _date(text: str) -> datetime.date:
	try:
		return datetime.date.fromisoformat(text)
	except ValueError as error:
		raise IncompleteAnswer("date") from error
