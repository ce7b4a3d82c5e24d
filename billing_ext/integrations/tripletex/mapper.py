"""From ERPNext's documents to Tripletex's requests.

Pure: no clock, no database, no network. A request holds Decimals, which ``decimal_json`` writes as JSON numbers. Bodies
hold no read-only and no deprecated field, and references by id only (one by number fails: Tripletex/tripletex-api2
#112). Lengths are those of the official Swagger 2.0.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from stdnum.no import orgnr

from billing_ext.core.money import Currency
from billing_ext.integrations.tripletex.documents import (
	Address,
	CustomerData,
	Document,
	DocumentLine,
	PostingClass,
	RemoteIds,
	Sender,
	VatTotal,
)

Json = dict[str, Any]

HOME_CURRENCY = "NOK"
RECEIVABLE = 1500
"""Kundefordringer, the customer ledger's account in every Tripletex chart."""
CENT = Decimal("0.01")
# Tripletex keeps two decimals of every amount, whatever the currency, and ten of a unit price.
AMOUNT = Currency(HOME_CURRENCY, 2)
PRICE = Currency(HOME_CURRENCY, 10)

# What identifies or reaches someone is refused when too long; a cut e-mail address is another address, a cut order
# number finds another order. What only describes is cut.
TEXT_LIMITS = {"name": 255, "email": 254, "invoice_email": 254, "phone": 100}
ORDER_NUMBER, REFERENCE, EXTERNAL_VOUCHER_NUMBER = 100, 255, 70
PRODUCT_NAME, ADDRESS_LINE, POSTAL_CODE, CITY = 255, 255, 100, 100
MAX_DUE_DAYS = 10_000

SEND_METHODS = {
	# Tripletex must not offer to send what ERPNext sends.
	Sender.ERPNEXT: "MANUAL",
	Sender.EMAIL: "EMAIL",
	Sender.EHF: "EHF",
	Sender.EFAKTURA: "EFAKTURA",
	Sender.AVTALEGIRO: "AVTALEGIRO",
	Sender.VIPPS: "VIPPS",
	Sender.PAPER: "PAPER",
}


@dataclass(frozen=True, slots=True)
class MasterIds:
	"""Tripletex's ids of what a customer refers to: by ISO 3166 alpha-2 code and by ISO 4217 code."""

	countries: Mapping[str, int]
	currencies: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Expected:
	"""What Tripletex must have booked, with its signs: amounts of a credit note are negative.

	``net``, ``gross`` and ``vat`` are in ``currency``, ``gross_nok`` in NOK. ``number`` is None where Tripletex numbers.
	"""

	customer: int
	date: datetime.date
	due_date: datetime.date
	currency: str
	net: Decimal
	gross: Decimal
	gross_nok: Decimal
	vat: tuple[VatTotal, ...]
	number: int | None = None
	kid: str = ""
	external_number: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceRequest:
	"""A body, the query that goes with it, and what must come of it."""

	body: Json
	query: Json
	expected: Expected


# Customers


def customer_request(data: CustomerData, ids: MasterIds) -> Json:
	"""The body of ``POST /customer``: what is known, and nothing that is empty. Raises KeyError for an unmapped country."""
	return {name: value for name, value in customer_fields(data, ids).items() if value not in ("", None)}


def customer_changes(data: CustomerData, remote: Mapping[str, Any], ids: MasterIds) -> Json | None:
	"""The body of ``PUT /customer/{id}``: the fields that differ, with the version read; None when nothing does.

	The number is never changed, it is what we find the customer by. An organisation number is not cleared either: only a
	person takes one away. An address goes whole, with the id of the one it replaces.
	"""
	changes: Json = {}
	for name, ours in customer_fields(data, ids).items():
		theirs = remote.get(name)
		if ours is None or name == "customerNumber" or (name == "organizationNumber" and not ours):
			continue
		if not same_value(ours, theirs):
			changes[name] = _replacing(theirs, ours) if name.endswith("Address") else ours
	return {"version": remote["version"], **changes} if changes else None


def customer_fields(data: CustomerData, ids: MasterIds) -> Json:
	"""All fields of a customer that we own, empty ones as ``""`` and unknown ones as None."""
	return {
		"name": data.name,
		"customerNumber": data.number,
		"organizationNumber": sendable_organization_number(data),
		"isPrivateIndividual": data.is_private,
		"email": data.email,
		"invoiceEmail": data.invoice_email,
		"overdueNoticeEmail": data.invoice_email or data.email,
		"phoneNumber": data.phone,
		"language": data.language,
		"invoiceSendMethod": SEND_METHODS[data.sender],
		"invoicesDueIn": data.due_days,
		"invoicesDueInType": None if data.due_days is None else "DAYS",
		"currency": {"id": ids.currencies[data.currency]},
		"postalAddress": _address(data.postal_address, ids),
		"physicalAddress": _address(_physical_address(data), ids),
		"isInactive": data.is_inactive,
		# Two dunning engines at once chase a customer twice.
		"isAutomaticSoftReminderEnabled": data.tripletex_duns,
		"isAutomaticReminderEnabled": data.tripletex_duns,
		"isAutomaticNoticeOfDebtCollectionEnabled": data.tripletex_duns,
	}


def same_value(ours: object, theirs: object) -> bool:
	"""Does Tripletex hold our value? Unset is ``""``, null or absent there; of an object only our fields count."""
	if isinstance(ours, dict):
		others = theirs if isinstance(theirs, Mapping) else {}
		return all(same_value(value, others.get(name)) for name, value in ours.items())
	return (ours or None) == (theirs or None)


def organization_number_is_valid(number: str, country: str) -> bool:
	"""Is it nine digits with the right check digit, or from abroad, where Tripletex takes any? No country is Norway."""
	return country not in ("", "NO") or (len(number) == 9 and number.isascii() and orgnr.is_valid(number))


def sendable_organization_number(data: CustomerData) -> str:
	"""The number without spaces; none of a private person, whose number is nobody's business, and none that is wrong."""
	compact = "".join(data.organization_number.split())
	valid = organization_number_is_valid(compact, data.postal_address.country)
	return compact if valid and not data.is_private else ""


def _physical_address(data: CustomerData) -> Address:
	# By this address's country Tripletex decides whether an organisation number needs nine digits: a firm abroad with a
	# delivery address in Norway must stay abroad.
	delivery = data.delivery_address
	same_country = delivery.country == data.postal_address.country
	return delivery if delivery != Address() and same_country else data.postal_address


def _address(address: Address, ids: MasterIds) -> Json | None:
	if address == Address():
		return None
	body: Json = {
		"addressLine1": address.line1[:ADDRESS_LINE],
		"addressLine2": address.line2[:ADDRESS_LINE],
		"postalCode": address.postal_code[:POSTAL_CODE],
		"city": address.city[:CITY],
	}
	return {**body, "country": {"id": ids.countries[address.country]}} if address.country else body


def _replacing(theirs: object, ours: Json) -> Json:
	known = isinstance(theirs, Mapping) and theirs.get("id") is not None
	return {"id": theirs["id"], **ours} if isinstance(theirs, Mapping) and known else ours


# Products


def product_request(posting_class: PostingClass, vat_type_id: int, account_id: int, name: str) -> Json:
	"""The body of ``POST /product`` for a posting class: it books a line to its account if the VAT types agree."""
	return {
		"name": name[:PRODUCT_NAME],
		"number": posting_class.key,
		"vatType": {"id": vat_type_id},
		"account": {"id": account_id},
	}


# Invoices


def invoice_request(document: Document, ids: RemoteIds) -> InvoiceRequest:
	"""``POST /invoice`` for OWN_NUMBERS: one order, our number and KID; a credit note has negative counts.

	``sendToCustomer`` defaults to true there, so it is always sent. Raises KeyError for an unmapped product or VAT code.
	"""
	body: Json = {
		"invoiceNumber": document.number,
		"invoiceDate": document.date.isoformat(),
		"invoiceDueDate": document.due_date.isoformat(),
		"customer": {"id": ids.customer},
		"currency": {"id": ids.currency},
		"orders": [_order(document, ids)],
	}
	if document.kid and not document.is_credit_note:
		body["kid"] = document.kid
	if document.is_credit_note:
		body["comment"] = credit_note_text(document)
	return InvoiceRequest(body, {"sendToCustomer": False}, expected(document, ids))


def order_request(document: Document, ids: RemoteIds) -> InvoiceRequest:
	"""``POST /order`` for TRIPLETEX_NUMBERS, step one of two; the due date goes as days, ``:invoice`` takes none."""
	body = {
		**_order(document, ids),
		"invoicesDueIn": max((document.due_date - document.date).days, 0),
		"invoicesDueInType": "DAYS",
	}
	if document.is_credit_note:
		body["invoiceComment"] = credit_note_text(document)
	return InvoiceRequest(body, {}, expected(document, ids))


def order_invoice_query(document: Document, credited_invoice: int | None = None) -> Json:
	"""The query of ``PUT /order/{id}/:invoice``, step two. ``credited_invoice``: Tripletex's id of a credit note's original.

	Raises ValueError for a credit note without it: it would become an invoice of its own.
	"""
	query: Json = {"invoiceDate": document.date.isoformat(), "sendToCustomer": False}
	if not document.is_credit_note:
		return query
	if credited_invoice is None:
		raise ValueError(f"the invoice that {document.name} credits is not known in Tripletex")
	return {**query, "invoiceIdIfIsCreditNote": credited_invoice}


def credit_note_text(document: Document) -> str:
	"""What a credit note says of its original, in Norwegian as the law allows for every buyer (§ 5-2-7, § 5-1-1a)."""
	return f"Kreditnota {_original(document)}"


def _original(document: Document) -> str:
	dated = f" av {document.credited_date:%d.%m.%Y}" if document.credited_date else ""
	return f"til faktura {document.credited_number or document.credited}{dated}"


def expected(document: Document, ids: RemoteIds) -> Expected:
	"""What must be read back after the document was booked."""
	sign = -1 if document.is_credit_note else 1
	return Expected(
		customer=ids.customer,
		date=document.date,
		due_date=document.due_date,
		currency=document.currency,
		net=sign * document.net,
		gross=sign * document.gross,
		gross_nok=sign * in_nok(document.gross, document),
		vat=tuple(
			VatTotal(total.code, total.rate, sign * total.base, sign * total.amount) for total in document.vat
		),
		number=document.number,
		kid="" if document.is_credit_note else document.kid,
		external_number=document.name,
	)


def in_nok(amount: Decimal, document: Document) -> Decimal:
	"""An amount of the document in NOK at the document's rate, half up to the øre."""
	return AMOUNT.round(amount * document.conversion_rate)


def _order(document: Document, ids: RemoteIds) -> Json:
	order: Json = {
		"customer": {"id": ids.customer},
		"number": document.name,
		"orderDate": document.date.isoformat(),
		"deliveryDate": (document.delivery_date or document.date).isoformat(),
		"currency": {"id": ids.currency},
		"isPrioritizeAmountsIncludingVat": False,
		"orderLines": [_order_line(line, document.is_credit_note, ids) for line in document.lines],
	}
	if document.reference:
		order["reference"] = document.reference
	if ids.department is not None:
		order["department"] = {"id": ids.department}
	return order


def _order_line(line: DocumentLine, credit: bool, ids: RemoteIds) -> Json:
	count, price, description = line_values(line)
	return {
		"product": {"id": ids.products[line.posting_class.key]},
		"description": description,
		"count": -count if credit else count,
		"unitPriceExcludingVatCurrency": price,
		"vatType": {"id": ids.vat_types[line.posting_class.vat_code]},
		# The customer's default discount would apply otherwise; ours is in the price already.
		"discount": Decimal(0),
	}


def line_values(line: DocumentLine) -> tuple[Decimal, Decimal, str]:
	"""Count, unit price and description that make ``net_amount`` to the øre; a deduction's sign is in the count.

	ERPNext rounds a line from parts that its rate no longer shows. If count times price would round to another amount,
	the line goes as one of ``net_amount``, with quantity and rate in words.
	"""
	sign = -1 if line.net_amount < 0 else 1
	price = PRICE.round(abs(line.net_rate))
	count = sign * abs(line.quantity)
	if count and AMOUNT.round(count * price) == line.net_amount:
		return count, price, line.description
	text = " ".join(
		part for part in (_number_text(line.quantity), line.unit, "à", _rate_text(line.net_rate)) if part
	)
	return Decimal(sign), abs(line.net_amount), f"{text} – {line.description}" if line.description else text


def _number_text(value: Decimal) -> str:
	text = f"{value:f}"
	return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")


def _rate_text(rate: Decimal) -> str:
	"""Two to four decimals: the amount beside it is the exact one."""
	whole, _, decimals = f"{Currency(HOME_CURRENCY, 4).round(rate):f}".partition(".")
	return f"{whole},{decimals.rstrip('0').ljust(2, '0')}"


# Vouchers


def voucher_request(document: Document, ids: RemoteIds) -> InvoiceRequest:
	"""``POST /ledger/voucher`` for VOUCHER: gross postings from which Tripletex makes the VAT rows; they add up to 0.

	Row 1 is the customer's; then one row for each account and VAT code. ``externalVoucherNumber`` finds it again.
	Raises KeyError for an unmapped account or VAT code.
	"""
	sign = -1 if document.is_credit_note else 1
	rows = [_customer_posting(document, ids, sign)]
	for index, (key, amount, nok) in enumerate(_income_amounts(document), start=2):
		rows.append(_income_posting(key, document, ids, index) | _amounts(-sign * amount, -sign * nok))
	body = {
		"date": document.date.isoformat(),
		"description": voucher_text(document),
		"externalVoucherNumber": document.name,
		"postings": rows,
	}
	return InvoiceRequest(body, {"sendToLedger": True}, expected(document, ids))


def voucher_text(document: Document) -> str:
	"""How a voucher names its document: legal number, ERPNext's name and, of a credit note, the original."""
	named = document.name if document.number is None else f"{document.number} ({document.name})"
	return f"Kreditnota {named} {_original(document)}" if document.is_credit_note else f"Faktura {named}"


def _customer_posting(document: Document, ids: RemoteIds, sign: int) -> Json:
	return {
		"row": 1,
		"date": document.date.isoformat(),
		"description": voucher_text(document),
		"account": {"id": ids.accounts[RECEIVABLE]},
		"customer": {"id": ids.customer},
		"currency": {"id": ids.currency},
		"invoiceNumber": document.name if document.number is None else str(document.number),
		"termOfPayment": document.due_date.isoformat(),
		**_amounts(sign * document.gross, sign * in_nok(document.gross, document)),
	}


def _income_posting(key: PostingClass, document: Document, ids: RemoteIds, row: int) -> Json:
	posting: Json = {
		"row": row,
		"date": document.date.isoformat(),
		"description": voucher_text(document),
		"account": {"id": ids.accounts[key.account_number]},
		"vatType": {"id": ids.vat_types[key.vat_code]},
		"currency": {"id": ids.currency},
	}
	return posting if ids.department is None else {**posting, "department": {"id": ids.department}}


def _amounts(amount: Decimal, nok: Decimal) -> Json:
	return {"amountGross": nok, "amountGrossCurrency": amount}


def _income_amounts(document: Document) -> list[tuple[PostingClass, Decimal, Decimal]]:
	"""Gross by posting class, in the currency and in NOK; both columns add up to the document's gross exactly."""
	rows = [row for row in _gross_by_class(document) if row[1]]
	nok = [in_nok(amount, document) for _, amount in rows]
	# Rates round each row; the largest one takes the øre that are left.
	largest = max(range(len(rows)), key=lambda index: abs(rows[index][1]))
	nok[largest] += in_nok(document.gross, document) - sum(nok)
	return [(key, amount, kroner) for (key, amount), kroner in zip(rows, nok, strict=True)]


def _gross_by_class(document: Document) -> list[tuple[PostingClass, Decimal]]:
	"""Gross of each posting class: its net and its part of the code's VAT; the last class of a code takes the rest."""
	rows = []
	charged = {total.code: total for total in document.vat}
	for code, classes in groupby(_net_by_class(document), key=lambda row: row[0].vat_code):
		total, members = charged.get(code, VatTotal(code, Decimal(0), Decimal(0), Decimal(0))), list(classes)
		parts = [AMOUNT.round(net * total.rate / 100) for _, net in members[:-1]]
		parts.append(total.amount - sum(parts, Decimal(0)))
		rows += [(key, net + part) for (key, net), part in zip(members, parts, strict=True)]
	return rows


def _net_by_class(document: Document) -> list[tuple[PostingClass, Decimal]]:
	sums: dict[PostingClass, Decimal] = {}
	for line in document.lines:
		sums[line.posting_class] = sums.get(line.posting_class, Decimal(0)) + line.net_amount
	return sorted(sums.items(), key=lambda item: (item[0].vat_code, item[0].account_number))
