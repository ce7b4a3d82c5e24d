"""What is refused before anything is sent: customers and documents that Tripletex would book wrongly, or late.

Pure. A Refusal names the rule and the values that its message needs; the words are in services/tripletex/words.py.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from billing_ext.integrations.tripletex import numbering
from billing_ext.integrations.tripletex.documents import CustomerData, Document, Sender, Strategy
from billing_ext.integrations.tripletex.mapper import (
	AMOUNT,
	CENT,
	EXTERNAL_VOUCHER_NUMBER,
	HOME_CURRENCY,
	MAX_DUE_DAYS,
	ORDER_NUMBER,
	REFERENCE,
	TEXT_LIMITS,
	MasterIds,
	sendable_organization_number,
)


@dataclass(frozen=True, slots=True)
class Refusal:
	"""Why something is not sent. ``code`` names the rule, ``context`` the values that its message needs."""

	code: str
	context: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
	"""What a company's settings allow. ``vat_rates``: SAF-T code -> percent, as Tripletex charges on the document's date.

	``closed_until``: the last day of the latest closed period or filed VAT term. ``currencies``: ISO 4217 codes whose
	ids are known. ``vat_tolerance``: kroner that each line may add to the difference of VAT from rate times base.
	"""

	strategy: Strategy
	vat_rates: Mapping[str, Decimal]
	currencies: frozenset[str] = frozenset({HOME_CURRENCY})
	first_number: int = 1
	last_number: int = numbering.MAX_NUMBER
	go_live: datetime.date | None = None
	closed_until: datetime.date | None = None
	vat_tolerance: Decimal = CENT


# Customers


def check_customer(data: CustomerData, ids: MasterIds) -> tuple[Refusal, ...]:
	"""Why a customer is not sent; empty when it is. Tripletex's POST takes what its PUT refuses later (#51)."""
	return tuple(_customer_refusals(data, ids))


def _customer_refusals(data: CustomerData, ids: MasterIds) -> Iterator[Refusal]:
	if not data.name.strip():
		yield Refusal("tripletex_customer_name", {"customer": data.number})
	for name, limit in TEXT_LIMITS.items():
		yield from _too_long(name, getattr(data, name), limit)
	if not 1 <= data.number <= numbering.MAX_NUMBER:
		yield Refusal("tripletex_customer_number", {"number": data.number, "last": numbering.MAX_NUMBER})
	if data.organization_number and not data.is_private and not sendable_organization_number(data):
		yield Refusal(
			"tripletex_organization_number", {"customer": data.name, "number": data.organization_number}
		)
	for country in sorted(
		{data.postal_address.country, data.delivery_address.country} - {"", *ids.countries}
	):
		yield Refusal("tripletex_country_unknown", {"customer": data.name, "country": country})
	if data.currency not in ids.currencies:
		yield Refusal("tripletex_currency_unknown", {"currency": data.currency})
	if data.due_days is not None and not 0 <= data.due_days <= MAX_DUE_DAYS:
		yield Refusal(
			"tripletex_due_days", {"customer": data.name, "days": data.due_days, "limit": MAX_DUE_DAYS}
		)
	yield from _unreachable(data)


def _unreachable(data: CustomerData) -> Iterator[Refusal]:
	if data.sender is Sender.EHF and not (data.postal_address.line1 and sendable_organization_number(data)):
		yield Refusal("tripletex_ehf_address", {"customer": data.name})
	if data.sender is Sender.EMAIL and not (data.invoice_email or data.email):
		yield Refusal("tripletex_email_missing", {"customer": data.name})


# Documents


def check(document: Document, rules: Rules) -> tuple[Refusal, ...]:
	"""Why a document is not sent; empty when it is. Tripletex would book some of these without a word.

	An empty or zero invoice uses up a number there, a line without a VAT type is booked free of VAT.
	"""
	return (
		*_amount_refusals(document),
		*_total_refusals(document),
		*_vat_refusals(document, rules),
		*_number_refusals(document, rules),
		*_date_refusals(document, rules),
		*_currency_refusals(document, rules),
		*_text_refusals(document, rules),
	)


def _amount_refusals(document: Document) -> Iterator[Refusal]:
	if not document.lines:
		yield Refusal("tripletex_no_lines", {"document": document.name})
	if document.gross == 0:
		yield Refusal("tripletex_zero_amount", {"document": document.name})
	if document.gross < 0:
		yield Refusal("tripletex_negative_amount", {"document": document.name, "gross": document.gross})
	if document.rounding_adjustment:
		yield Refusal(
			"tripletex_rounding_adjustment",
			{"document": document.name, "amount": document.rounding_adjustment},
		)
	if document.taxes_not_vat:
		yield Refusal("tripletex_taxes_not_vat", {"document": document.name, "taxes": document.taxes_not_vat})
	for name, amount in _all_amounts(document):
		if amount != AMOUNT.round(amount):
			yield Refusal(
				"tripletex_amount_precision", {"document": document.name, "field": name, "amount": amount}
			)


def _all_amounts(document: Document) -> Iterator[tuple[str, Decimal]]:
	yield from (("net", document.net), ("gross", document.gross))
	yield from ((f"line {index}", line.net_amount) for index, line in enumerate(document.lines, start=1))
	for total in document.vat:
		yield from ((f"base {total.code}", total.base), (f"vat {total.code}", total.amount))


def _total_refusals(document: Document) -> Iterator[Refusal]:
	lines = sum((line.net_amount for line in document.lines), Decimal(0))
	sums = [
		("net", lines, document.net),
		("gross", document.net + sum((total.amount for total in document.vat), Decimal(0)), document.gross),
	]
	by_code: dict[str, Decimal] = {}
	for line in document.lines:
		code = line.posting_class.vat_code
		by_code[code] = by_code.get(code, Decimal(0)) + line.net_amount
	bases = {total.code: total.base for total in document.vat}
	for code in sorted({*by_code, *bases}):
		sums.append((f"base {code}", by_code.get(code, Decimal(0)), bases.get(code, Decimal(0))))
	for name, actual, stated in sums:
		if actual != stated:
			context = {"document": document.name, "field": name, "sum": actual, "stated": stated}
			yield Refusal("tripletex_totals_differ", context)


def _vat_refusals(document: Document, rules: Rules) -> Iterator[Refusal]:
	rates = {(line.posting_class.vat_code, line.vat_rate) for line in document.lines}
	rates |= {(total.code, total.rate) for total in document.vat}
	for code, rate in sorted(rates):
		if code not in rules.vat_rates:
			yield Refusal("tripletex_vat_code_unknown", {"document": document.name, "code": code})
		elif rules.vat_rates[code] != rate:
			context = {"document": document.name, "code": code, "rate": rate, "theirs": rules.vat_rates[code]}
			yield Refusal("tripletex_vat_rate", context)
	for total in document.vat:
		lines = sum(line.posting_class.vat_code == total.code for line in document.lines)
		computed = total.base * total.rate / 100
		if abs(total.amount - computed) > rules.vat_tolerance * lines:
			yield Refusal(
				"tripletex_vat_differs",
				{
					"document": document.name,
					"code": total.code,
					"rate": total.rate,
					"base": total.base,
					"amount": total.amount,
					"expected": AMOUNT.round(computed),
				},
			)


def _number_refusals(document: Document, rules: Rules) -> Iterator[Refusal]:
	if rules.strategy is not Strategy.TRIPLETEX_NUMBERS:
		if document.number is None:
			yield Refusal("tripletex_number_missing", {"document": document.name})
		elif not numbering.in_range(document.number, rules.first_number, rules.last_number):
			context = {"number": document.number, "first": rules.first_number, "last": rules.last_number}
			yield Refusal("tripletex_number_outside_range", {"document": document.name, **context})
	if document.kid and not document.is_credit_note and not numbering.check_kid(document.kid):
		yield Refusal("tripletex_kid_wrong", {"document": document.name, "kid": document.kid})
	# An invoice from before go-live has no number of ours: the credit note names it as ERPNext does.
	if document.is_credit_note and not document.credited:
		yield Refusal(
			"tripletex_credited_unknown", {"document": document.name, "credited": document.credited}
		)


def _date_refusals(document: Document, rules: Rules) -> Iterator[Refusal]:
	named = {"document": document.name, "date": document.date}
	if rules.go_live is not None and document.date < rules.go_live:
		yield Refusal("tripletex_before_go_live", {**named, "go_live": rules.go_live})
	# The sync never moves a date: a person opens the period, or credits and invoices anew.
	if rules.closed_until is not None and document.date <= rules.closed_until:
		yield Refusal("tripletex_period_closed", {**named, "closed_until": rules.closed_until})
	if document.due_date < document.date:
		yield Refusal("tripletex_due_before_date", {**named, "due_date": document.due_date})


def _currency_refusals(document: Document, rules: Rules) -> Iterator[Refusal]:
	named = {"document": document.name, "currency": document.currency}
	if document.currency not in rules.currencies:
		yield Refusal("tripletex_currency_unknown", named)
	home = document.currency == HOME_CURRENCY
	if document.conversion_rate <= 0 or (home and document.conversion_rate != 1):
		yield Refusal("tripletex_conversion_rate", {**named, "rate": document.conversion_rate})


def _text_refusals(document: Document, rules: Rules) -> Iterator[Refusal]:
	voucher = rules.strategy is Strategy.VOUCHER
	yield from _too_long("name", document.name, EXTERNAL_VOUCHER_NUMBER if voucher else ORDER_NUMBER)
	yield from _too_long("reference", document.reference, REFERENCE)


def _too_long(name: str, text: str, limit: int) -> Iterator[Refusal]:
	if len(text) > limit:
		yield Refusal("tripletex_text_too_long", {"field": name, "length": len(text), "limit": limit})
