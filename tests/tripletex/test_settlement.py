"""What a customer's postings in Tripletex mean for an invoice in ERPNext."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_ext.integrations.tripletex import settlement
from billing_ext.integrations.tripletex.read_back import IncompleteAnswer
from billing_ext.integrations.tripletex.settlement import (
	BookDeduction,
	Booked,
	BookPayment,
	CreditMatch,
	ExchangeMatch,
	Kind,
	Known,
	OwnPayment,
	PaymentState,
	PostingException,
	Reappeared,
	Refund,
	Reverse,
	Sides,
	Vanished,
	allocate,
	classify,
	payment_state,
	split_payment,
)

OWN = {
	"id": 1,
	"date": "2026-11-21",
	"amount": Decimal(1250),
	"amountCurrency": Decimal(1250),
	"type": settlement.INVOICE_POSTING,
	"account": {"number": 1500},
	"voucher": {"id": 50},
}
TELLS_NOTHING = Sides(Decimal(0), {})
KNOWN = Known(
	bank_accounts=frozenset({1920, 1940}),
	deductions={7740: Kind.ROUNDING, 7830: Kind.WRITE_OFF},
	sides={100 + key: TELLS_NOTHING for key in range(2, 10)},
)


def posting(key: int, amount: str, kind: str = "Betaling", currency: str | None = None, **more) -> dict:
	"""A posting on 1500 as an invoice's answer shows it; its voucher is 100 above its id."""
	return {
		"id": key,
		"date": "2026-12-01",
		"amount": Decimal(amount),
		"amountCurrency": Decimal(amount if currency is None else currency),
		"type": None,
		"account": {"id": 4, "number": 1500},
		"externalRef": "",
		"voucher": {"id": 100 + key, "number": key, "voucherType": {"name": kind}},
		"closeGroup": None,
		**more,
	}


def remote(*postings: dict) -> dict:
	"""An invoice of 1250 kroner with these postings besides its own."""
	return {"id": 5, "voucher": {"id": 50}, "postings": [OWN, *postings]}


def sides(receivable: str, **others: str) -> Sides:
	return Sides(Decimal(receivable), {int(name[1:]): Decimal(amount) for name, amount in others.items()})


def one(*postings: dict, known: Known = KNOWN):
	"""The only action."""
	(action,) = classify(remote(*postings), known)
	return action


def test_an_invoice_without_payments_needs_nothing():
	assert classify(remote(), KNOWN) == []


@pytest.mark.parametrize("kind", sorted(settlement.PAYMENT_TYPES))
def test_a_payment_is_booked_with_its_source(kind):
	known = replace(KNOWN, sides={102: sides("-1250", a1920="1250")})
	action = one(posting(2, "-1250", kind, externalRef="0005001235"), known=known)
	assert action == BookPayment(
		posting_id=2,
		date=date(2026, 12, 1),
		amount_nok=Decimal(1250),
		amount_currency=Decimal(1250),
		voucher_id=102,
		voucher_number=2,
		voucher_type=kind,
		external_ref="0005001235",
		bank_account=1920,
	)


def test_nothing_is_decided_before_the_other_side_was_read():
	unread = replace(KNOWN, sides={})
	assert settlement.unread_vouchers(remote(posting(2, "-1250")), unread) == {102}
	with pytest.raises(IncompleteAnswer):
		classify(remote(posting(2, "-1250")), unread)


def test_a_payment_from_an_unknown_account_has_no_bank_account():
	known = replace(KNOWN, sides={102: sides("-1250", a1960="1250")})
	assert one(posting(2, "-1250"), known=known).bank_account is None


@pytest.mark.parametrize(
	"known",
	[
		replace(KNOWN, sides={102: sides("-1250", a1920="1250")}),
		Known(own_vouchers=frozenset({102})),
		Known(sales_vouchers=frozenset({102})),
		Known(booked={2: Booked(2, Kind.PAYMENT)}),
		Known(booked_elsewhere=frozenset({2})),
	],
)
def test_a_voucher_that_is_known_is_not_read_again(known):
	assert settlement.unread_vouchers(remote(posting(2, "-1250")), known) == frozenset()


def test_a_vouchers_sides():
	voucher = {
		"postings": [
			{"account": {"number": 1500}, "amount": Decimal(-1000)},
			{"account": {"number": 1500}, "amount": Decimal(-250)},
			{"account": {"number": 1920}, "amount": Decimal(1250)},
		]
	}
	assert settlement.sides(voucher) == sides("-1250", a1920="1250")


def test_two_bank_accounts_in_a_voucher_are_not_guessed_between():
	known = replace(KNOWN, sides={102: sides("-1250", a1920="1000", a1940="250")})
	assert one(posting(2, "-1250"), known=known).bank_account is None


def test_of_a_voucher_with_many_payments_each_has_its_own():
	known = replace(KNOWN, sides={102: sides("-2500", a1920="2500")})
	action = one(posting(2, "-1250", "Betaling med KID-nummer"), known=known)
	assert (action.amount_nok, action.bank_account) == (Decimal(1250), 1920)


def test_several_payments_are_booked_each():
	actions = classify(remote(posting(3, "-250"), posting(2, "-1000")), KNOWN)
	assert [(action.posting_id, action.amount_nok) for action in actions] == [(2, 1000), (3, 250)]


def test_our_own_payment_is_linked():
	assert one(posting(2, "-1250"), known=replace(KNOWN, own_vouchers=frozenset({102}))) == OwnPayment(2, 102)


def test_a_credit_note_of_ours_is_matched_and_another_is_an_exception():
	credit = posting(2, "-1250", "Utgående faktura", type=settlement.INVOICE_POSTING)
	assert one(credit, known=replace(KNOWN, sales_vouchers=frozenset({102}))) == CreditMatch(2, 102)
	assert one(credit).reason == "tripletex_foreign_credit_note"


def test_a_payment_of_the_matched_document_is_not_booked_twice():
	assert classify(remote(posting(2, "-1250")), replace(KNOWN, booked_elsewhere=frozenset({2}))) == []


def test_a_rounding_is_a_deduction_if_its_account_is_known():
	rounding = posting(2, "-0.40", "Øreavrunding")
	action = one(rounding)
	assert isinstance(action, BookDeduction)
	assert (action.kind, action.amount_nok) == (Kind.ROUNDING, Decimal("0.40"))
	assert one(rounding, known=replace(KNOWN, deductions={})).reason == "tripletex_deduction_unmapped"
	assert one(posting(2, "0.40", "Øreavrunding")).amount_nok == Decimal("-0.40")


def test_a_loss_is_told_by_the_account_on_the_other_side():
	known = replace(KNOWN, sides={102: sides("-1250", a7830="1250")})
	assert one(posting(2, "-1250", ""), known=known).kind is Kind.WRITE_OFF


def test_money_and_a_deduction_in_one_voucher():
	known = replace(KNOWN, sides={102: sides("-1250", a1920="1249.60", a7740="0.40")})
	action = one(posting(2, "-1250"), known=known)
	assert (action.amount_nok, action.amount_currency) == (Decimal("1249.60"), Decimal(1250))
	assert action.deductions == ((Kind.ROUNDING, Decimal("0.40")),)
	assert split_payment(action, Decimal(1250), Decimal(1)).exchange_difference == 0


def test_a_deduction_shared_by_several_postings_is_for_a_person():
	known = replace(KNOWN, sides={102: sides("-2500", a1920="2499.60", a7740="0.40")})
	assert one(posting(2, "-1250"), known=known).reason == "tripletex_mixed_voucher"


def test_a_reminder_fee_is_an_exception():
	action = one(posting(2, "70", "Purring"))
	assert action == PostingException(2, "tripletex_reminder", 102, "Purring", Decimal(70))


def test_a_positive_payment_is_a_refund():
	action = one(posting(2, "250"))
	assert isinstance(action, Refund)
	assert action.amount_nok == 250


def test_an_unknown_kind_of_voucher_is_a_payment_only_against_a_bank_account():
	assert one(posting(2, "-1250", "Lønnsbilag")).reason == "tripletex_posting_type"
	known = replace(KNOWN, sides={102: sides("-1250", a1920="1250")})
	assert isinstance(one(posting(2, "-1250", "Lønnsbilag"), known=known), BookPayment)


def test_other_accounts_than_the_customer_ledger_do_not_count():
	assert classify(remote(posting(2, "-5", account={"number": 8060})), KNOWN) == []


def test_a_posting_whose_account_was_not_expanded_counts():
	assert len(classify(remote(posting(2, "-5", account=None)), KNOWN)) == 1


def test_an_answer_without_the_vouchers_id_knows_its_posting_by_type():
	assert classify({"postings": [OWN]}, KNOWN) == []


@pytest.mark.parametrize(
	"broken",
	[
		{"voucher": {"id": 50}},
		remote({**posting(2, "-1"), "id": None}),
		remote({**posting(2, "-1"), "amountCurrency": None}),
		remote({**posting(2, "-1"), "voucher": None}),
		remote({**posting(2, "-1"), "date": "soon"}),
	],
)
def test_an_incomplete_answer_decides_nothing(broken):
	with pytest.raises(IncompleteAnswer):
		classify(broken, KNOWN)


# What vanished


def test_one_answer_without_a_posting_proves_nothing_and_the_second_reverses():
	known = replace(KNOWN, booked={2: Booked(2, Kind.PAYMENT)})
	assert one(known=known) == Vanished(2, 1)
	assert one(known=replace(KNOWN, booked={2: Booked(2, Kind.PAYMENT, 1)})) == Reverse(2, Kind.PAYMENT)


def test_a_posting_that_comes_back_starts_the_count_anew():
	known = replace(KNOWN, booked={2: Booked(2, Kind.PAYMENT, 1)})
	assert one(posting(2, "-1250"), known=known) == Reappeared(2)


# Foreign currency


def euro(received: str) -> BookPayment:
	"""100 EUR that came in as so many kroner, of an invoice booked at 11.50."""
	known = replace(
		KNOWN, sides={102: sides("-1150", a1920=received, a8060=str(Decimal(1150) - Decimal(received)))}
	)
	return one(posting(2, "-1150", currency="-100"), known=known)


@pytest.mark.parametrize(("received", "difference"), [("1170.25", "20.25"), ("1140", "-10"), ("1150", "0")])
def test_what_came_in_is_in_kroner_and_the_rest_is_exchange(received, difference):
	payment = euro(received)
	assert (payment.amount_nok, payment.amount_currency) == (Decimal(received), Decimal(100))
	split = split_payment(payment, Decimal(100), Decimal("11.5"))
	assert split == settlement.Split(Decimal(100), Decimal(0), Decimal(difference))


def test_an_advance_has_no_exchange_difference_yet():
	split = split_payment(euro("1170"), Decimal(50), Decimal("11.5"))
	assert split == settlement.Split(Decimal(50), Decimal(50), Decimal("10.00"))


def test_a_posting_in_kroner_alone_closes_a_foreign_invoice():
	assert one(posting(2, "-20.25", "", currency="0")) == ExchangeMatch(2, Decimal("-20.25"))


# Allocation and state

money = st.decimals("-1000", "100000", places=2)


@given(money, st.decimals("0", "100000", places=2))
def test_no_more_is_allocated_than_is_open(outstanding, amount):
	allocated, advance = allocate(outstanding, amount)
	assert 0 <= allocated <= max(outstanding, 0)
	assert advance >= 0
	assert allocated + advance == amount


def test_a_negative_payment_is_not_allocated():
	with pytest.raises(ValueError, match="negative"):
		allocate(Decimal(5), Decimal(-1))


@given(st.decimals("0.01", "9999", places=2), st.decimals("0", "9999", places=2))
def test_in_kroner_there_is_no_exchange_difference(amount, outstanding):
	payment = BookPayment(2, date(2026, 12, 1), amount, amount, 102)
	assert split_payment(payment, outstanding, Decimal(1)).exchange_difference == 0


DUE = date(2026, 12, 5)


@pytest.mark.parametrize(
	("outstanding", "today", "credited", "state"),
	[
		("1250", DUE, "0", PaymentState.PENDING),
		("1250", date(2026, 12, 6), "0", PaymentState.OVERDUE),
		("250", DUE, "0", PaymentState.PARTLY_PAID),
		("250", date(2026, 12, 6), "0", PaymentState.OVERDUE),
		("1000", DUE, "250", PaymentState.PENDING),
		("0", DUE, "0", PaymentState.PAID),
		("0", date(2027, 1, 1), "250", PaymentState.PAID),
		("-10", DUE, "0", PaymentState.PAID),
		("0", DUE, "1250", PaymentState.CREDITED),
		("-100", DUE, "1250", PaymentState.CREDITED),
	],
)
def test_where_an_invoice_stands(outstanding, today, credited, state):
	found = payment_state(Decimal(outstanding), DUE, today, Decimal(1250), Decimal(credited))
	assert found is state


# Idempotence

KINDS = {
	BookPayment: Kind.PAYMENT,
	Refund: Kind.REFUND,
	CreditMatch: Kind.CREDIT,
	OwnPayment: Kind.OWN_PAYMENT,
	ExchangeMatch: Kind.EXCHANGE,
	PostingException: Kind.EXCEPTION,
}


def stored(booked: dict[int, Booked], actions: list[settlement.Action]) -> dict[int, Booked]:
	"""What the site has stored once it has done all actions."""
	booked = dict(booked)
	for action in actions:
		key = action.posting_id
		if isinstance(action, Reverse):
			del booked[key]
		elif isinstance(action, Vanished):
			booked[key] = replace(booked[key], missing_reads=action.missing_reads)
		elif isinstance(action, Reappeared):
			booked[key] = replace(booked[key], missing_reads=0)
		else:
			booked[key] = Booked(key, KINDS.get(type(action)) or action.kind)
	return booked


postings = st.builds(
	posting,
	st.integers(2, 9),
	st.sampled_from(["-1250", "-0.40", "250", "-20.25"]),
	st.sampled_from(["Betaling", "Øreavrunding", "Purring", "Utgående faktura", "Lønnsbilag", ""]),
	st.sampled_from([None, "0", "-100", "30"]),
	type=st.sampled_from([None, settlement.INVOICE_POSTING]),
)
answers = st.lists(postings, max_size=6, unique_by=lambda row: row["id"]).map(lambda rows: remote(*rows))
knowns = st.builds(
	Known,
	own_vouchers=st.frozensets(st.integers(102, 109), max_size=2),
	sales_vouchers=st.frozensets(st.integers(102, 109), max_size=2),
	bank_accounts=st.just(KNOWN.bank_accounts),
	deductions=st.sampled_from([{}, KNOWN.deductions]),
	sides=st.fixed_dictionaries(
		{
			key: st.sampled_from(
				[
					TELLS_NOTHING,
					sides("-1250", a1920="1250"),
					sides("-2500", a1920="2499", a7740="1"),
					sides("-5", a7830="5"),
				]
			)
			for key in KNOWN.sides
		}
	),
)


@given(st.lists(answers, min_size=1, max_size=5), knowns)
def test_what_was_done_is_not_done_again(reads, known):
	booked: dict[int, Booked] = {}
	for read in reads:
		booked = stored(booked, classify(read, replace(known, booked=booked)))
	last = reads[-1]
	for _ in range(2):
		booked = stored(booked, classify(last, replace(known, booked=booked)))
	assert classify(last, replace(known, booked=booked)) == []
	assert set(booked) == {row["id"] for row in last["postings"]} - {1}
