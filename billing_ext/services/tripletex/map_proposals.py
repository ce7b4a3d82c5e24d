"""Which VAT code and which account of Tripletex fit what ERPNext has: proposals, and what contradicts. Pure.

Tripletex locks accounts to VAT codes, and books a line whose code the product's account does not take elsewhere or not
at all. So pairs are checked when the maps are made, not when the first invoice is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing_ext.integrations.tripletex.mapper import RECEIVABLE as RECEIVABLE_NUMBER
from billing_ext.integrations.tripletex.read_back import NO_VAT, VAT_ACCOUNTS
from billing_ext.repositories.tripletex.setup_rows import (
	BANK,
	CASH,
	DEFERRED,
	INCOME,
	RECEIVABLE,
	VAT,
	LocalAccount,
	TaxTemplate,
)

SALES_CODES = ("3", "31", "32", "33", "5", "51", "52", "6", "7")
"""SAF-T codes of outgoing VAT that a sale may have."""
STANDARD = "3"
NO_TREATMENT = "7"
_INCOME = range(3000, 4000)
_BANK_NUMBER, _CASH_NUMBER, _DEFERRED_NUMBER = 1920, 1900, 2970

# 0 % says nothing of why. What is proposed from a title is to be confirmed by a person.
_ZERO_RATED = (
	("52", re.compile(r"eksport|export|utførsel|utland|abroad|6-2[12]\b", re.I)),
	("51", re.compile(r"omvendt|reverse|klimakvote|emission", re.I)),
	("6", re.compile(r"utenfor|unntatt|unntak|outside|exempt", re.I)),
	("5", re.compile(r"fritatt|avgiftsfri|zero.rated|innenfor|bøker|aviser|books|newspaper", re.I)),
	("7", re.compile(r"uten mva|ingen avgift|no vat|not subject", re.I)),
)


@dataclass(frozen=True, slots=True)
class RemoteVat:
	"""A VAT type of Tripletex; ``rate`` is percent."""

	id: int
	code: str
	name: str
	rate: Decimal


@dataclass(frozen=True, slots=True)
class RemoteAccount:
	"""An account of Tripletex. ``locked_to``: the only SAF-T code it takes, ``0`` for none at all, empty if it is open."""

	id: int
	number: int
	name: str
	locked_to: str = ""
	is_inactive: bool = False

	def takes(self, code: str) -> bool:
		"""May a sale with that code be booked on it?"""
		# Code 7 is no treatment at all, which is what an account without VAT means.
		return self.locked_to in ("", code) or (self.locked_to == NO_VAT and code == NO_TREATMENT)


@dataclass(frozen=True, slots=True)
class Remote:
	"""What of Tripletex the maps point to."""

	vat: Mapping[str, RemoteVat]
	"""By SAF-T code."""
	accounts: Mapping[int, RemoteAccount]
	"""By number."""
	payment_types: Mapping[int, tuple[str, int]]
	"""By id: description, and the number of the account that it books to (0 if unknown)."""
	departments: Mapping[str, tuple[int, str]]
	"""By number: id and name."""


@dataclass(frozen=True, slots=True)
class Problem:
	"""What is wrong with the maps: a code of the words, and their values."""

	code: str
	context: Mapping[str, object]


Row = dict[str, Any]


# VAT


def vat_rules(templates: Iterable[TaxTemplate], remote: Remote) -> list[Row]:
	"""A rule for each rate above zero, whatever the template, and one for each template of 0 %.

	Rows have ``certain``: False where a person must confirm or choose the code.
	"""
	templates = list(templates)
	rates = sorted({template.rate for template in templates if template.rate}, reverse=True)
	rows = [_rate_rule(rate, remote) for rate in rates]
	return rows + [_zero_rule(template) for template in templates if not template.rate]


def _rate_rule(rate: Decimal, remote: Remote) -> Row:
	code = next((code for code in SALES_CODES if code in remote.vat and remote.vat[code].rate == rate), "")
	return {"rate": float(rate), "vat_code": code, "certain": bool(code)}


def _zero_rule(template: TaxTemplate) -> Row:
	code = next((code for code, words in _ZERO_RATED if words.search(template.title)), "")
	field = "item_tax_template" if template.is_item else "sales_taxes_template"
	return {field: template.name, "rate": 0.0, "vat_code": code, "certain": False}


# Accounts


def account_rows(accounts: Iterable[LocalAccount], rules: Iterable[Row], remote: Remote) -> list[Row]:
	"""A row for each account, by its number if Tripletex has it, else by what it is for; ``number`` 0: to be chosen.

	An income account gets one more for each code of the rules that its Tripletex account does not take.
	"""
	codes = list(dict.fromkeys(rule["vat_code"] for rule in rules if rule["vat_code"]))
	rows: list[Row] = []
	for account in accounts:
		known = account.number in remote.accounts
		number = account.number if known else _by_kind(account, remote)
		if account.kind in (BANK, CASH) and not known and number in {row["number"] for row in rows}:
			# Money that came to one account there must lead to one account here.
			number = 0
		row = {
			"account": account.name,
			"vat_code": "",
			"number": number,
			"kind": account.kind,
			"certain": known or account.kind in (RECEIVABLE, VAT),
		}
		rows.append(row)
		if account.kind == INCOME and number:
			rows += _rows_by_code(row, codes, remote)
	return rows


def _rows_by_code(row: Row, codes: Iterable[str], remote: Remote) -> Iterator[Row]:
	for code in codes:
		number = account_for(code, remote)
		if number and not remote.accounts[row["number"]].takes(code):
			yield {**row, "vat_code": code, "number": number, "certain": False}


def _by_kind(account: LocalAccount, remote: Remote) -> int:
	if account.kind == INCOME:
		return _income_number(account, remote)
	if account.kind == VAT:
		codes = {number: remote.vat.get(code) for number, code in VAT_ACCOUNTS.items()}
		fitting = [number for number, vat in codes.items() if vat and vat.rate == account.rate]
		return _known(fitting, remote)
	numbers = {
		RECEIVABLE: RECEIVABLE_NUMBER,
		BANK: _BANK_NUMBER,
		CASH: _CASH_NUMBER,
		DEFERRED: _DEFERRED_NUMBER,
	}
	return _known([numbers[account.kind]], remote)


def _known(numbers: Sequence[int], remote: Remote) -> int:
	return next((number for number in numbers if number in remote.accounts), 0)


def _income_number(account: LocalAccount, remote: Remote) -> int:
	code = next((code for code, words in _ZERO_RATED if words.search(account.title)), STANDARD)
	return account_for(code, remote) or account_for(STANDARD, remote)


def account_for(code: str, remote: Remote) -> int:
	"""The first income account that is locked to a code, an active one if there is any; 0 without one."""
	fitting = [row for number, row in remote.accounts.items() if number in _INCOME and row.locked_to == code]
	return min(fitting, key=lambda row: (row.is_inactive, row.number)).number if fitting else 0


# Payment types and departments


def payment_type_rows(accounts: Iterable[Row], remote: Remote) -> list[Row]:
	"""For each money account that has an account in Tripletex, the payment type that books to it."""
	by_number = {number: key for key, (_, number) in remote.payment_types.items() if number}
	return [
		{"account": row["account"], "payment_type_id": str(by_number[row["number"]]), "certain": True}
		for row in accounts
		if row["kind"] in (BANK, CASH) and row["number"] in by_number
	]


def department_rows(centers: Iterable[tuple[str, str]], remote: Remote) -> list[Row]:
	"""Cost centers whose title is the name of a department."""
	by_name = {name.casefold(): number for number, (_, name) in remote.departments.items()}
	return [
		{"cost_center": name, "department_number": by_name[title.casefold()], "certain": True}
		for name, title in centers
		if title.casefold() in by_name
	]


# What contradicts


def problems(
	rules: Sequence[Row], accounts: Sequence[Row], remote: Remote, income: Iterable[str]
) -> list[Problem]:
	"""What of the maps Tripletex would refuse or book elsewhere. ``income``: our income accounts."""
	names = set(income)
	mapped = {(row["account"], row.get("vat_code") or ""): int(row["number"] or 0) for row in accounts}
	found = {key: remote.accounts[number] for key, number in mapped.items() if number in remote.accounts}
	ours = {key: row for key, row in found.items() if key[0] in names}
	return [*_vat_problems(rules, remote), *_account_problems(accounts, remote), *_pairs(rules, ours, remote)]


def _vat_problems(rules: Sequence[Row], remote: Remote) -> Iterator[Problem]:
	for rule in rules:
		code, rate = rule["vat_code"], Decimal(str(rule.get("rate") or 0))
		if code not in remote.vat:
			yield Problem("tripletex_map_code", {"code": code, "rate": _number(rate)})
		elif remote.vat[code].rate != rate:
			context = {"code": code, "rate": _number(rate), "theirs": _number(remote.vat[code].rate)}
			yield Problem("tripletex_map_rate", context)


def _account_problems(accounts: Sequence[Row], remote: Remote) -> Iterator[Problem]:
	for row in accounts:
		found = remote.accounts.get(int(row["number"] or 0))
		context = {"account": row["account"], "number": row["number"]}
		if found is None:
			yield Problem("tripletex_map_account", context)
		elif found.is_inactive:
			yield Problem("tripletex_map_inactive", context)


def _pairs(
	rules: Sequence[Row], ours: Mapping[tuple[str, str], RemoteAccount], remote: Remote
) -> Iterator[Problem]:
	"""A rule that names an account must fit its lock; one that names none must have an account that takes its code.

	``ours``: income accounts there by the account here and the VAT code that they are for, empty for any.
	"""
	for rule in rules:
		code, account = rule["vat_code"], rule.get("income_account")
		if account:
			row = ours.get((account, code)) or ours.get((account, ""))
			if row and not row.takes(code):
				yield _lock(account, row, code)
		elif code in remote.vat and not any(_serves(key, row, code) for key, row in ours.items()):
			context = {"code": code, "number": account_for(code, remote) or "-"}
			yield Problem("tripletex_map_no_account", context)
	codes = {rule["vat_code"] for rule in rules}
	for (account, only), row in ours.items():
		if only and not row.takes(only):
			yield _lock(account, row, only)
		elif not only and codes and not any(row.takes(code) for code in codes):
			context = {"account": account, "number": row.number, "locked_to": row.locked_to}
			yield Problem("tripletex_map_no_rule", context)


def _serves(key: tuple[str, str], row: RemoteAccount, code: str) -> bool:
	return key[1] in ("", code) and row.takes(code)


def _lock(account: str, row: RemoteAccount, code: str) -> Problem:
	context = {"account": account, "number": row.number, "locked_to": row.locked_to, "code": code}
	return Problem("tripletex_map_lock", context)


def _number(rate: Decimal) -> str:
	return f"{rate.normalize():f}"
