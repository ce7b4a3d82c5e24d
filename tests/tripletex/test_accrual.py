"""The monthly voucher of deferred revenue."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_ext.integrations.tripletex.accrual import (
	AccrualAccounts,
	BookAccrual,
	BookedAccrual,
	ReverseAccrual,
	accrual_request,
	booked_movement,
	due,
	external_number,
	last_day,
)
from billing_ext.integrations.tripletex.read_back import IncompleteAnswer

ACCOUNTS = AccrualAccounts(income_id=31, deferred_id=29)
amounts = st.decimals("-100000", "100000", places=2)


def test_deferring_debits_income_and_credits_deferred_revenue():
	body = accrual_request("EX", date(2026, 2, 3), 1, Decimal("900.00"), ACCOUNTS)
	rows = [(row["account"]["id"], row["amountGross"]) for row in body["postings"]]
	assert rows == [(31, Decimal("900.00")), (29, Decimal("-900.00"))]
	assert (body["date"], body["externalVoucherNumber"]) == ("2026-02-28", "ERPN-DEF-EX-2026-02-r1")


@given(amounts.filter(bool))
def test_a_voucher_adds_up_and_reads_back_as_its_movement(movement):
	body = accrual_request("EX", date(2026, 11, 1), 1, movement, ACCOUNTS)
	assert sum(row["amountGross"] for row in body["postings"]) == 0
	numbers = {31: 3090, 29: 2970}
	remote = [
		{"account": {"number": numbers[row["account"]["id"]]}, "amount": row["amountGross"]}
		for row in body["postings"]
	]
	assert booked_movement({"postings": remote}) == movement


def test_a_voucher_without_amounts_proves_nothing():
	with pytest.raises(IncompleteAnswer):
		booked_movement({"postings": [{"account": {"number": 2970}}]})


@pytest.mark.parametrize("movement", ["0", "1.005"])
def test_what_is_no_movement(movement):
	with pytest.raises(ValueError, match="no voucher"):
		accrual_request("EX", date(2026, 11, 1), 1, Decimal(movement), ACCOUNTS)


def test_a_key_is_never_cut():
	assert len(external_number("E" * 49, date(2026, 11, 1), 1)) == 69
	with pytest.raises(ValueError, match="longer"):
		external_number("E" * 51, date(2026, 11, 1), 1)


def test_a_month_ends_on_its_last_day():
	assert last_day(date(2028, 2, 1)) == date(2028, 2, 29)


def test_the_first_revision_and_nothing_after_it():
	assert due(Decimal(5), []) == (BookAccrual(1, Decimal(5)),)
	assert due(Decimal(5), [BookedAccrual(1, Decimal("5.00"), 70)]) == ()
	assert due(Decimal(0), []) == ()


def test_a_correction_reverses_and_books_the_month_anew():
	assert due(Decimal(7), [BookedAccrual(1, Decimal(5), 70)]) == (
		ReverseAccrual(1, 70),
		BookAccrual(2, Decimal(7)),
	)
	assert due(Decimal(0), [BookedAccrual(1, Decimal(5), 70)]) == (ReverseAccrual(1, 70),)
	assert due(Decimal(7), [BookedAccrual(1, Decimal(5), 70, is_reversed=True)]) == (
		BookAccrual(2, Decimal(7)),
	)


def done(step, booked: list[BookedAccrual]) -> list[BookedAccrual]:
	"""What stands after a step."""
	if isinstance(step, BookAccrual):
		return [*booked, BookedAccrual(step.revision, step.amount, 100 + step.revision)]
	return [
		BookedAccrual(
			one.revision, one.amount, one.voucher_id, one.is_reversed or one.revision == step.revision
		)
		for one in booked
	]


@given(st.lists(st.tuples(amounts, st.integers(0, 3)), min_size=1, max_size=6), amounts)
def test_after_any_interruption_the_month_ends_right(history, movement):
	booked: list[BookedAccrual] = []
	for earlier, finished in history:
		for step in due(earlier, booked)[:finished]:
			booked = done(step, booked)
	for step in due(movement, booked):
		booked = done(step, booked)
	assert due(movement, booked) == ()
	assert sum((one.amount for one in booked if not one.is_reversed), Decimal(0)) == movement
	assert len({one.revision for one in booked}) == len(booked)
