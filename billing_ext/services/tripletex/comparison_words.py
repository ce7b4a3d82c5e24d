"""What was compared, in an accountant's words: the pure comparison knows only names."""

from __future__ import annotations

from collections.abc import Callable

from frappe import _

_NUMBERS: dict[str, Callable[[str], str]] = {
	"missing": lambda rest: _("{0} is missing in Tripletex").format(rest),
	"unknown": lambda rest: _("{0} is unknown to ERPNext").format(rest),
	"gap": lambda rest: _("No document has the numbers {0}").format(_span(rest)),
	"double": lambda rest: _double(*rest.split(" ")),
}
_SIMPLE: dict[str, Callable[[], str]] = {
	"invoices": lambda: _("Invoices"),
	"credit notes": lambda: _("Credit notes"),
	"receivable": lambda: _("Receivables"),
	"vat": lambda: _("Outgoing VAT"),
	"income": lambda: _("Income"),
	"deferred": lambda: _("Deferred revenue"),
	"income_and_deferred": lambda: _("Income and deferred revenue"),
}
_FIELDS: dict[str, Callable[[], str]] = {
	"net": lambda: _("net"),
	"gross": lambda: _("gross"),
	"date": lambda: _("date"),
	"currency": lambda: _("currency"),
	"name": lambda: _("order number"),
}


def label(section: str, subject: str) -> str:
	"""A difference's name for its row, such as ``500001: VAT, code 3`` or ``Receivables``."""
	if section == "numbers":
		kind, _blank, rest = subject.partition(" ")
		return _NUMBERS[kind](rest)
	if section in ("documents", "sums"):
		owner, _blank, field = subject.partition(" ")
		return f"{owner}: {_field(field)}"
	if section == "outstanding":
		return _("{0}: outstanding").format(subject)
	if section == "payments":
		return _("Money from customers on {0}").format(subject)
	return _SIMPLE[subject]()


def _field(name: str) -> str:
	if name.startswith("vat "):
		code, part = name.split(" ")[1:]
		return _("base of VAT code {0}").format(code) if part == "base" else _("VAT of code {0}").format(code)
	return _FIELDS[name]()


def _span(text: str) -> str:
	first, last = text.split("-")
	return first if first == last else f"{first}\u2013{last}"


def _double(number: str, side: str) -> str:
	text = _("{0} occurs twice in ERPNext") if side == "ours" else _("{0} occurs twice in Tripletex")
	return text.format(number)
