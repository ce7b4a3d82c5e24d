"""Why a charge has its amount: as data for the ledger, and as arithmetic that a customer can repeat by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from billing_ext.core.billing import Charge, ChargeKind, Segment
from billing_ext.core.contract import Terms
from billing_ext.core.period import ONE_DAY, Period


def segment_to_json(segment: Segment) -> dict[str, Any]:
	"""A segment as plain data: dates ISO with the last day included, numbers as strings, fractions as ``"15/30"``."""
	return {
		"from": segment.service.start.isoformat(),
		"to": segment.service.last_day.isoformat(),
		"price": plain(segment.terms.price),
		"quantity": plain(segment.terms.quantity),
		"discount": plain(segment.terms.discount),
		"price_factor": str(segment.price_factor),
		"factor": str(segment.factor),
		"days": f"{segment.days}/{segment.of_days}" if segment.of_days else "",
		"amount": str(segment.amount),
		"amendment": segment.amendment,
	}


def segment_from_json(data: Mapping[str, Any]) -> Segment:
	"""The inverse of ``segment_to_json``."""
	days, of_days = (int(part) for part in data["days"].split("/")) if data["days"] else (None, None)
	return Segment(
		service=Period(date.fromisoformat(data["from"]), date.fromisoformat(data["to"]) + ONE_DAY),
		terms=Terms(Decimal(data["price"]), Decimal(data["quantity"]), Decimal(data["discount"])),
		price_factor=Fraction(data["price_factor"]),
		factor=Fraction(data["factor"]),
		amount=Decimal(data["amount"]),
		amendment=data["amendment"],
		days=days,
		of_days=of_days,
	)


def derivation(charge: Charge) -> dict[str, Any]:
	"""All that is needed to recompute ``charge``: what the period costs, what was billed for it, and the difference."""
	return {
		"expected": [segment_to_json(segment) for segment in charge.expected],
		"previous": [segment_to_json(segment) for segment in charge.previous],
		"billed": str(charge.billed),
		"amount": str(charge.amount),
		"formula": formula(charge),
	}


def formula(charge: Charge) -> str:
	"""The arithmetic of ``charge`` on one line, such as ``(750.00 - 500.00) × 15/30 = 125.00``.

	Stretches under the same terms are rounded together; the formula of a part of them may differ from the part's
	amount by one smallest unit, and says so with an approximate sign. A credit that is spread over several rows gives
	its whole and this row's part of it: ``100.00 - 500.00 = -400.00 = -150.00 - 250.00``. A credit balance gives what was
	left before, what is deducted and what is left: ``700.00 - 300.00 = 400.00``.
	"""
	if charge.kind is ChargeKind.CREDIT and charge.amount < 0:
		left = credit_left(charge)
		return f"{left - charge.amount} - {-charge.amount} = {left}"
	if charge.segment is not None:
		return _equation(charge.segment, charge.amount)
	total = sum((segment.amount for segment in charge.expected), -charge.billed)
	parts = " + ".join(_term(segment) for segment in charge.expected) or "0"
	billed = f"- {charge.billed}" if charge.billed >= 0 else f"+ {-charge.billed}"
	whole = _single_difference(charge, total) or f"{parts} {billed} = {total}"
	return whole if total == charge.amount else f"{whole} = {charge.amount} - {charge.amount - total}"


def credit_left(charge: Charge) -> Decimal:
	"""What is left of a credit balance, positive, once ``charge`` is deducted."""
	return charge.billed + charge.amount - sum((segment.amount for segment in charge.expected), Decimal(0))


def _single_difference(charge: Charge, total: Decimal) -> str:
	"""``(new - old) × days/days`` where one change of terms is the whole reason and the arithmetic says so exactly."""
	changed = [segment for segment in charge.expected if segment.service.intersect(charge.service)]
	if len(changed) != 1 or changed[0].service != charge.service:
		return ""
	old = [
		segment for segment in charge.previous if segment.service.intersect(charge.service) == charge.service
	]
	if len(old) != 1:
		return ""
	new = changed[0]
	exact = (_full_price(new) - _full_price(old[0])) * new.factor
	if not _rounds_to(exact, total):
		return ""
	share, difference = _share(new), f"{_product(new)} - {_product(old[0])}"
	return f"({difference}) × {share} = {total}" if share else f"{difference} = {total}"


def _term(segment: Segment) -> str:
	share = _share(segment)
	return f"{_product(segment)} × {share}" if share else _product(segment)


def _equation(segment: Segment, amount: Decimal) -> str:
	left = _term(segment)
	if left == str(amount):
		return left
	exact = _rounds_to(_full_price(segment) * segment.factor, amount)
	return f"{left} {'=' if exact else '≈'} {amount}"


def _rounds_to(exact: Fraction, amount: Decimal) -> bool:
	"""Is ``amount`` the exact value, rounded to its decimals?"""
	unit = Fraction(10) ** int(amount.as_tuple().exponent)
	return abs(exact - Fraction(amount)) * 2 <= unit


def _full_price(segment: Segment) -> Fraction:
	return segment.terms.amount * segment.price_factor


def _product(segment: Segment) -> str:
	"""Quantity × price × price periods × discount, without what is one."""
	terms = segment.terms
	factors = [] if terms.quantity == 1 else [plain(terms.quantity)]
	factors.append(_price(terms.price))
	if segment.price_factor != 1:
		factors.append(str(segment.price_factor))
	if terms.discount:
		factors.append(f"{plain(100 - terms.discount)} %")
	return " × ".join(factors)


def _share(segment: Segment) -> str:
	if segment.factor == 1:
		return ""
	return f"{segment.days}/{segment.of_days}" if segment.of_days else str(segment.factor)


def _price(price: Decimal) -> str:
	"""At least two decimals, as prices are written."""
	text = plain(price)
	whole, _, decimals = text.partition(".")
	return f"{whole}.{decimals:0<2}"


def plain(value: Decimal) -> str:
	"""Without exponent and without trailing zeros: ``1E+3`` is 1000, ``2.500`` is 2.5."""
	text = format(value, "f")
	return text.rstrip("0").rstrip(".") if "." in text else text
