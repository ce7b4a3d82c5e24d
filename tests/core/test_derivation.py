"""The arithmetic that is printed with a charge, and its form as data."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from builders import (
	JPY,
	MONTH,
	QUARTER,
	YEAR,
	amended,
	amendment,
	billed,
	change,
	contract,
	d,
	end,
	ledger,
	line,
)
from found import SPREAD_CREDIT
from histories import histories
from hypothesis import example, given

from billing_ext.core.billing import ChargeKind, plan_charges
from billing_ext.core.contract import CreditHandling
from billing_ext.core.derivation import derivation, formula, plain, segment_from_json, segment_to_json
from billing_ext.core.period import Grid
from billing_ext.core.proration import Proration
from billing_ext.core.simulation import Books

JUNE = contract(line("2024-06-01", "500"))


def evaluate(text: str) -> Fraction:
	"""The left side of a formula, as a pupil would work it out."""
	number = re.compile(r"(\d+(?:\.\d+)?)( %)?")
	python = number.sub(lambda found: f"Fraction('{found[1]}')" + ("/100" if found[2] else ""), text)
	return eval(python.replace("×", "*"), {"Fraction": Fraction})  # noqa: S307 - our own output


def sides(text: str) -> tuple[list[Fraction], str]:
	"""The values between a formula's signs, and the amount that it names for the charge."""
	pieces = re.split(" [=≈] ", text)
	return [evaluate(piece) for piece in pieces], pieces[-1].partition(" - ")[0]


def correction(changed, through="2024-06-30"):
	(charge,) = plan_charges(changed, ledger(billed(JUNE, "2024-06-01")), d(through))
	return charge


@pytest.mark.parametrize(
	("agreed", "text"),
	[
		(JUNE, "500.00"),
		(contract(line("2024-06-01", "500", quantity="3")), "3 × 500.00 = 1500.00"),
		(contract(line("2024-06-01", "19.95", quantity="3", discount="10")), "3 × 19.95 × 90 % = 53.87"),
		(contract(line("2024-06-01", "12000", price_period=YEAR)), "12000.00 × 1/12 = 1000.00"),
		(
			contract(line("2024-06-20", "500", grid=Grid.on_calendar(d("2024-06-20"), MONTH))),
			"500.00 × 11/30 = 183.33",
		),
		(contract(line("2024-06-01", "0.0125", quantity="1000")), "1000 × 0.0125 = 12.50"),
		(contract(line("2024-06-01", "499.5"), currency=JPY), "499.50 = 500"),
		(
			contract(
				line("2024-06-16", "900", grid=Grid.on_calendar(d("2024-06-16"), QUARTER)),
				proration=Proration.MONTHS_FIRST,
			),
			"900.00 × 1/6 = 150.00",  # half of one of three months
		),
	],
)
def test_formula_of_a_period(agreed, text):
	"""A customer can type it into a calculator."""
	assert formula(billed(agreed, "2024-06-20")[0]) == text


def test_formula_of_a_raise():
	"""One change of price is one difference times its days."""
	raised = amended(JUNE, amendment("2024-06-16", change(price="750")))
	assert formula(correction(raised)) == "(750.00 - 500.00) × 15/30 = 125.00"


def test_formula_of_a_change_of_the_whole_period():
	"""A backdated discount from the first day needs no days."""
	assert formula(correction(amended(JUNE, amendment("2024-06-01", change(discount="10"))))) == (
		"500.00 × 90 % - 500.00 = -50.00"
	)


def test_formula_of_several_changes():
	"""Where one difference does not tell it, the period is worked out anew and what was billed is subtracted."""
	changed = amended(
		JUNE,
		amendment("2024-06-11", change(price="600"), id="A"),
		amendment("2024-06-21", change(price="750"), id="B"),
	)
	assert (
		formula(correction(changed)) == "500.00 × 10/30 + 600.00 × 10/30 + 750.00 × 10/30 - 500.00 = 116.67"
	)


def test_formula_of_an_end_that_is_taken_back():
	"""Days that were not served before have no old price: the month is worked out anew."""
	charges = billed(amended(JUNE, amendment("2024-06-10", end("2024-06-10"))), "2024-06-01")
	raised = amended(JUNE, amendment("2024-06-11", change(price="750")))
	(charge,) = plan_charges(raised, ledger(charges), d("2024-06-20"))
	assert formula(charge) == "500.00 × 10/30 + 750.00 × 20/30 - 166.67 = 500.00"


def test_formula_of_a_credit_for_nothing():
	"""A month that is cancelled whole is nothing less what was billed."""
	assert (
		formula(correction(amended(JUNE, amendment("2024-06-01", end("2024-05-31")))))
		== "0 - 500.00 = -500.00"
	)


def test_formula_of_a_credit_in_parts():
	"""What of a credit fits on the next invoice is shown as a part of it."""
	agreed = contract(line("2024-06-01", "500"), credit_handling=CreditHandling.NEXT_INVOICE)
	books = Books()
	books.run(agreed, d("2024-06-01"))
	lower = amended(agreed, amendment("2024-06-01", change(price="200")))
	(july,), (august,) = (books.run(lower, d(day)) for day in ("2024-07-01", "2024-08-01"))
	assert formula(july.rows[0].charges[1]) == "200.00 - 500.00 = -300.00 = -200.00 - 100.00"
	assert formula(august.rows[0].charges[1]) == "200.00 - 300.00 = -100.00"


def test_a_part_that_was_rounded_with_others_says_so():
	"""The third third of 100 yen is 34, for the first two were 33: the formula does not claim otherwise."""
	agreed = amended(
		contract(line("2024-06-01", "100"), currency=JPY),
		amendment("2024-06-11", change(quantity="2"), id="A"),
		amendment("2024-06-21", change(quantity="1"), id="B"),
	)
	assert [formula(charge) for charge in billed(agreed, "2024-06-01")] == [
		"100.00 × 10/30 = 33",
		"2 × 100.00 × 10/30 = 67",
		"100.00 × 10/30 ≈ 34",
	]


def test_derivation_is_plain_data():
	"""The ledger keeps what is needed to recompute a charge, readable without this program."""
	raised = amended(JUNE, amendment("2024-06-16", change(price="750"), id="AMD-7"))
	data = json.loads(json.dumps(derivation(correction(raised))))
	assert data["expected"][1] == {
		"from": "2024-06-16",
		"to": "2024-06-30",
		"price": "750",
		"quantity": "1",
		"discount": "0",
		"price_factor": "1",
		"factor": "1/2",
		"days": "15/30",
		"amount": "375.00",
		"amendment": "AMD-7",
	}
	assert [part["amount"] for part in data["previous"]] == ["500.00"]
	assert (data["billed"], data["amount"]) == ("500.00", "125.00")
	assert data["formula"] == "(750.00 - 500.00) × 15/30 = 125.00"


@pytest.mark.parametrize(
	("value", "text"),
	[("1E+3", "1000"), ("2.500", "2.5"), ("100", "100"), ("0.000001", "0.000001"), ("0.00", "0")],
)
def test_plain_numbers(value, text):
	"""No exponents and no trailing zeros in front of people."""
	assert plain(Decimal(value)) == text


@example(SPREAD_CREDIT)
@given(histories())
def test_every_formula_holds_and_every_segment_survives_the_ledger(history):
	"""Worked out by hand, a formula gives the charge's amount, to half a smallest unit for each of its terms."""
	_, drafts = history.settle()
	unit = Fraction(history.base.currency.smallest_unit)
	for charge in (charge for draft in drafts for row in draft.rows for charge in row.charges):
		assert [segment_from_json(segment_to_json(part)) for part in charge.expected] == [*charge.expected]
		text = formula(charge)
		(left, *right), amount = sides(text)
		assert len({*right}) <= 1
		if charge.kind is ChargeKind.CREDIT and charge.amount < 0:
			assert left == right[0] >= 0
			assert text.split(" = ")[0].endswith(f" - {-charge.amount}")
			continue
		assert amount == str(charge.amount) or text == amount
		terms = 1 if charge.segment and "≈" not in text else len(charge.expected) + 1
		assert abs(left - (right or [Fraction(charge.amount)])[0]) <= terms * unit / 2
