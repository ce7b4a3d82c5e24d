"""Organisation, VAT and account numbers and KID, written as each country writes them. The rules are python-stdnum's."""

from __future__ import annotations

import re

from stdnum import get_cc_module, iban, luhn
from stdnum.exceptions import ValidationError
from stdnum.no import kontonr, mva, orgnr

MOD10, MOD11 = "MOD10", "MOD11"
MAX_KID = 25


def org_number(number: str | None, country_code: str | None) -> str | None:
	"""An organisation number in its country's form, ``999 999 999`` in Norway; unknown forms as they were entered."""
	if not number:
		return None
	digits = re.sub(r"\D", "", number)
	if (country_code or "").upper() == "NO" and orgnr.is_valid(digits):
		return str(orgnr.format(digits))
	return number


def vat_number(number: str | None, country_code: str | None) -> str | None:
	"""A VAT number as an invoice shows it: ``NO 999 999 999 MVA`` (bokføringsforskriften § 5-1-2)."""
	if not number:
		return None
	if (country_code or "").upper() == "NO":
		compact = re.sub(r"\D", "", number)
		return str(mva.format(f"{compact}MVA")) if orgnr.is_valid(compact) else number
	module = get_cc_module((country_code or "").lower(), "vat") if country_code else None
	try:
		compact = module.validate(number) if module else number
	except ValidationError:
		return number
	prefix = (country_code or "").upper()
	return compact if not module or compact.startswith(prefix) else prefix + compact


def account_number(number: str | None, country_code: str | None) -> str | None:
	"""A bank account number in its country's form, ``1234 56 78903`` in Norway."""
	if not number:
		return None
	digits = re.sub(r"[\s.]", "", number)
	if (country_code or "").upper() == "NO" and len(digits) == 11 and digits.isdigit():
		return (
			f"{digits[:4]} {digits[4:6]} {digits[6:]}" if not kontonr.is_valid(digits) else _grouped(digits)
		)
	return number


def _grouped(digits: str) -> str:
	return str(kontonr.format(digits)).replace(".", " ")


def iban_in_groups(number: str | None) -> str | None:
	"""An IBAN in groups of four."""
	return str(iban.format(iban.compact(number))) if number else None


def kid(number: str, length: int, algorithm: str = MOD10) -> str | None:
	"""The KID of a document: its digits, padded with zeros to ``length`` with the check digit at the end.

	``algorithm`` is MOD10 or MOD11, as the agreement with the bank (OCR giro) says; MOD11's remainder of 10 is ``-``.
	None when the digits do not fit or there are none. Source: Nets, OCR giro systemspesifikasjon (2-25 digits).
	"""
	digits = re.sub(r"\D", "", number)
	if not digits or not 2 <= length <= MAX_KID or len(digits) >= length:
		return None
	payload = digits.zfill(length - 1)
	return payload + (luhn.calc_check_digit(payload) if algorithm == MOD10 else _mod11(payload))


def _mod11(payload: str) -> str:
	weighted = sum(int(digit) * (2 + index % 6) for index, digit in enumerate(reversed(payload)))
	check = -weighted % 11
	return "-" if check == 10 else str(check)
