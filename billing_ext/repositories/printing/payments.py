"""How a document is to be paid: reference, KID, QR code, payment page."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from billing_ext.rendering import drops, identifiers
from billing_ext.rendering.drops import Drop
from billing_ext.rendering.numbers import Money
from billing_ext.repositories.printing import parties
from billing_ext.repositories.printing.plain import number, text

EPC_MOST = Decimal("999999999.99")


def of(
	company: str,
	amount: Money,
	due: date | None,
	reference: str | None,
	*,
	kid: str | None = None,
	terms: str | None = None,
	instalments: list[Drop] | None = None,
	payable: bool = True,
) -> Drop:
	"""The payment block of a document. Nothing to pay with where it is not ``payable``: credit notes, pro formas.

	``kid``: one that the document carries itself; else it is made of ``reference`` by the company's agreement.
	"""
	brand = parties.brand_of(company)
	payable = payable and amount > 0
	kid = (kid or kid_of(company, reference or "")) if payable else None
	link = _link(brand, reference, amount, kid) if payable else None
	return Drop(
		drops.PAYMENT,
		{
			"amount": amount if payable else Money(0, amount.currency),
			"due_date": due,
			"terms": terms,
			"kid": kid,
			"reference": kid or reference,
			"qr": _qr(company, brand, amount, due, kid or reference or "", link) if payable else None,
			"link": link,
			"instalments": instalments or [],
			"interest_rate": number(brand.late_interest_rate) if brand.late_interest_rate else None,
		},
	)


def kid_of(company: str, reference: str) -> str | None:
	"""The KID of an invoice number, by the company's agreement."""
	brand = parties.brand_of(company)
	return identifiers.kid(reference, brand.kid_length or 0, brand.kid_algorithm or identifiers.MOD10)


def _link(brand: Any, invoice: str | None, amount: Money, kid: str | None) -> str | None:
	pattern = text(brand.payment_link)
	if not pattern:
		return None
	values = {
		"invoice": invoice or "",
		"amount": str(amount),
		"currency": amount.currency,
		"reference": kid or invoice,
	}
	for name, value in values.items():
		pattern = pattern.replace("{" + name + "}", quote(str(value), safe=""))
	return pattern


def _qr(
	company: str, brand: Any, amount: Money, due: date | None, reference: str, link: str | None
) -> str | None:
	kind = brand.payment_qr or "Automatic"
	account = parties.bank_account(company, brand)
	if kind == "None" or (kind == "Payment Link" and not link):
		return None
	if kind == "Payment Link" or (kind == "Automatic" and link):
		return link
	if not account:
		return None
	if kind == "EPC" or (kind == "Automatic" and amount.currency == "EUR" and account.iban):
		return _epc(company, account, amount, reference)
	return _using_qr(company, account, amount, due, reference)


def _epc(company: str, account: Any, amount: Money, reference: str) -> str | None:
	"""SEPA credit transfer: European Payments Council, EPC069-12 version 2; euro only."""
	if amount.currency != "EUR" or not account.iban or amount > EPC_MOST:
		return None
	iban = account.iban.replace(" ", "")
	bic = parties.bic_of(account) or ""
	return "\n".join(
		(
			"BCD",
			"002",
			"1",
			"SCT",
			bic,
			parties.legal_name(company)[:70],
			iban,
			f"EUR{amount:.2f}",
			"",
			"",
			reference[:140],
		)
	)


def _using_qr(company: str, account: Any, amount: Money, due: date | None, reference: str) -> str | None:
	"""The Nordic invoice code, UsingQR specification 1.4 (usingqr.com)."""
	number_, kind = (account.iban, "IBAN") if account.iban else (account.bank_account_no, "BBAN")
	if not number_:
		return None
	fields = {
		"uqr": 1,
		"tp": 1,
		"nme": parties.legal_name(company),
		"cid": parties.registration(company),
		"iref": reference,
		"ddt": due.strftime("%Y%m%d") if due else "",
		"due": float(amount),
		"cur": amount.currency,
		"pt": kind,
		"acc": number_.replace(" ", ""),
		"bc": parties.bic_of(account) or "",
	}
	return json.dumps({key: value for key, value in fields.items() if value != ""}, ensure_ascii=False)
