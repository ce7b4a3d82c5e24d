"""What a stopped message means and what to do about it, as one accountant would tell another.

Tripletex's texts follow the language of the token's user, so kinds and codes come first; a text is looked at only where
Tripletex gives nothing else (Norwegian and English wordings as observed).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from frappe import _

from billing_ext.integrations.tripletex.delivery import State
from billing_ext.integrations.tripletex.errors import Kind
from billing_ext.services.tripletex.words import WORDS

Words = Callable[[], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Hint:
	"""``cause`` names it, the same text for the same cause; ``advice`` is what to do."""

	key: str
	cause: str
	advice: str


@dataclass(slots=True)
class Group:
	"""Blocked messages with one cause."""

	hint: Hint
	messages: list[Mapping[str, Any]] = field(default_factory=list)


_TEXTS: tuple[tuple[str, str, Words], ...] = (
	(
		"bank_account",
		r"bankkontonummer|bank account number",
		lambda: (
			_("The company has no bank account number in Tripletex, so it makes no invoices."),
			_(
				"Enter it in Tripletex under Company > Settings > Bank accounts, as the account for invoices; then release."
			),
		),
	),
	(
		"vat_period",
		r"låst for mva|locked for vat",
		lambda: (
			_("The VAT return of that period is filed: Tripletex takes no more VAT postings on that date."),
			_(
				"Reopen the VAT term in Tripletex and release. Or credit the invoice and make a new one with today's date. "
				"The date is never moved by itself."
			),
		),
	),
	(
		"period",
		r"perioden er avsluttet|period is closed|regnskapet er låst|låst periode",
		lambda: (
			_("The accounting period is closed in Tripletex."),
			_(
				"Open the period in Tripletex and release, or credit the invoice and make a new one with today's date."
			),
		),
	),
	(
		"account_lock",
		r"gyldig regnskapskonto|er låst til mva|valid account for the product",
		lambda: (
			_("The income account is locked to another VAT code in Tripletex."),
			_(
				"Map the income account to one that takes the VAT code, under Maps in Tripletex Settings, or unlock it in "
				"Tripletex; then release."
			),
		),
	),
	(
		"vat_code",
		r"ugyldig mva|invalid vat",
		lambda: (
			_("The company does not use this VAT code in Tripletex."),
			_(
				"Is it registered for VAT there? See Company > Settings > VAT in Tripletex, or correct the VAT rule under "
				"Maps in Tripletex Settings; then release."
			),
		),
	),
	(
		"number_taken",
		r"\bi bruk\b|\bin use\b",
		lambda: (
			_("The number is taken in Tripletex."),
			_(
				"Look at what has it there. If it is the same document, adopt its id; if somebody made it by hand, give that "
				"one another number and release."
			),
		),
	),
	(
		"department",
		r"avdeling|department",
		lambda: (
			_("Tripletex wants a department on every document."),
			_("Map the cost center to a department under Maps in Tripletex Settings, then release."),
		),
	),
	(
		"organization_number",
		r"organization number|organisasjonsnummer",
		lambda: (
			_("Tripletex does not take the customer's organisation number."),
			_("Correct Tax ID of the customer: nine digits with the right check digit. Then release."),
		),
	),
	(
		"ehf",
		r"sendes via (ehf|paper|efaktura|avtalegiro|vipps)|cannot be sent",
		lambda: (
			_("Tripletex cannot send the invoice this way to this customer."),
			_(
				"Choose another sender on the customer, or complete its address and organisation number in Tripletex."
			),
		),
	),
	(
		"credited",
		r"er kreditert|been credited",
		lambda: (
			_("The invoice is credited in Tripletex already, in whole or in part."),
			_("Compare the credit notes on both sides. If the one there is this one, adopt its id."),
		),
	),
	(
		"customer_missing",
		r"kunde mangler|customer is missing",
		lambda: (
			_("The customer is gone from Tripletex."),
			_(
				"Look for it there; if it was merged with another, adopt that one's id on the customer's message."
			),
		),
	),
	(
		"payment_type",
		r"betalingstype|payment type",
		lambda: (
			_("Tripletex does not know the payment type."),
			_("Correct Payment Types under Maps in Tripletex Settings, then release."),
		),
	),
)

_KINDS: Mapping[str, Words] = {
	Kind.RIGHTS.value: lambda: (
		_("The user of the token may not do this, or the company lacks a module in Tripletex."),
		_(
			"Have a Tripletex administrator give the right or order the module; Check Connection shows what is missing."
		),
	),
	Kind.MISSING.value: lambda: (
		_("Something that the document refers to is gone from Tripletex."),
		_(
			"Press Propose Maps in Tripletex Settings, and see whether the customer is still there. Then release."
		),
	),
	Kind.STALE.value: lambda: (
		_("Somebody changed it in Tripletex at the same time, twice."),
		_("Release it."),
	),
	Kind.CONFLICT.value: lambda: (
		_("It is locked in Tripletex."),
		_("See in Tripletex what holds it: a closed period, an approval, a filed return. Then release."),
	),
}

_STATES: Mapping[str, Words] = {
	State.UNKNOWN.value: lambda: (
		_("Nobody knows whether it has arrived: the answer was lost."),
		_("Nothing to do: it is looked up by itself, and sent again only when it is proved not to be there."),
	),
	State.DRIFTED.value: lambda: (
		_("It is booked, but Tripletex holds something else than ERPNext."),
		_("See the open differences. Correct them where they are wrong, or mark them as explained."),
	),
	State.WAITING.value: lambda: (
		_("It waits for others, named under Waits for."),
		_("Nothing to do, unless one of those is blocked."),
	),
}


def of(message: Mapping[str, Any]) -> Hint | None:
	"""What a message's state asks of a person; None where it asks nothing."""
	status = message["status"]
	if status == State.BLOCKED.value:
		return of_error(message)
	words = _STATES.get(status)
	return Hint(status, *words()) if words else None


def of_error(message: Mapping[str, Any]) -> Hint:
	"""What stopped a blocked message."""
	code, kind, text = (message.get(name) or "" for name in ("error_code", "error_kind", "error_text"))
	ours = WORDS.get(code) or WORDS.get(f"tripletex_{code}")
	if ours:
		# The text names document and row; the remedy is the same for all, and only some have values in it.
		remedy = ours()[1]
		cause = text.removesuffix(remedy).strip() if "{" not in remedy else text
		return Hint(code, cause, remedy if "{" not in remedy else "")
	for key, pattern, words in _TEXTS:
		if re.search(pattern, text, re.IGNORECASE):
			return Hint(key, *words())
	if kind in _KINDS:
		return Hint(kind, *_KINDS[kind]())
	return Hint(
		f"{kind}|{code}",
		_("Tripletex does not take it."),
		_("Correct what its text says, then release. Tripletex's support finds the call by the request id."),
	)


def by_cause(messages: Iterable[Mapping[str, Any]]) -> list[Group]:
	"""Blocked messages by cause, the most frequent first."""
	groups: dict[str, Group] = {}
	for message in messages:
		hint = of_error(message)
		groups.setdefault(hint.key, Group(hint)).messages.append(message)
	return sorted(groups.values(), key=lambda group: -len(group.messages))
