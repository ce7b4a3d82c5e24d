"""A month's books on both sides."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_ext.integrations.tripletex import reconciliation
from billing_ext.integrations.tripletex.read_back import IncompleteAnswer
from billing_ext.integrations.tripletex.reconciliation import Books, DocumentRow, Listed, Report, reconcile

MONTH = date(2026, 11, 1)


def row(number: int, net: str = "100", vat: str = "25", **values) -> DocumentRow:
	"""An invoice at 25 %, nothing paid."""
	gross = Decimal(net) + Decimal(vat)
	made = DocumentRow(
		name=f"SINV-{number}",
		number=number,
		date=date(2026, 11, 15),
		currency="NOK",
		net=Decimal(net),
		gross=gross,
		vat={"3": (Decimal(net), Decimal(vat))},
		outstanding=gross,
	)
	return replace(made, **values)


def books(*rows: DocumentRow) -> Books:
	return Books(
		documents=rows or (row(500001), row(500002), row(500003, "-100", "-25")),
		balances={
			"receivable": Decimal(125),
			"vat": Decimal(-25),
			"income": Decimal(-100),
			"deferred": Decimal(0),
		},
		payments={"1920": Decimal("999.50"), "1915": Decimal(3)},
	)


def compare(ours: Books, theirs: Books, **more) -> Report:
	return reconcile("Eksempel AS", MONTH, ours, theirs, **more)


def subjects(report: Report, section: str) -> list[str]:
	(found,) = (entry for entry in report.sections if entry.name == section)
	return [mismatch.subject for mismatch in found.mismatches]


def test_equal_books_are_green_and_say_what_was_compared():
	report = compare(books(), books())
	assert report.is_green
	assert report.unexplained == ()
	assert [(section.name, section.compared) for section in report.sections] == [
		("counts", 2),
		("sums", 4),
		("numbers", 3),
		("documents", 21),
		("ledger", 4),
		("outstanding", 3),
		("payments", 2),
	]


def test_a_document_that_is_missing_there_and_one_that_is_unknown_here():
	report = compare(books(row(500001), row(500002)), books(row(500001), row(7)))
	assert subjects(report, "numbers") == ["missing 500002", "unknown 7"]


def test_gaps_are_looked_for_in_the_whole_series():
	ours = books(row(500001), row(500004))
	assert subjects(compare(ours, ours), "numbers") == ["gap 500002-500003"]
	assert subjects(compare(ours, ours, series=range(500001, 500005)), "numbers") == []
	assert subjects(compare(ours, ours, series=[500001, 500002, 500004, 500004]), "numbers") == [
		"double 500004 ours",
		"gap 500003-500003",
	]


def test_doubles_on_either_side():
	ours = books(row(500001), row(500002))
	assert subjects(compare(ours, books(row(500001), row(500002), row(500002))), "numbers") == [
		"double 500002 theirs"
	]
	assert subjects(compare(books(row(500001), row(500001)), books(row(500001))), "numbers") == [
		"double 500001 ours"
	]


def test_currencies_are_not_added_up():
	ours = books(row(500001, currency="EUR"), row(500002))
	theirs = books(row(500001), row(500002, currency="EUR"))
	report = compare(ours, theirs)
	assert subjects(report, "sums") == []
	assert subjects(report, "documents") == ["500001 currency", "500002 currency"]


def test_the_same_amounts_under_another_vat_code_are_red():
	theirs = books(row(500001, vat="0"), replace(row(500002, vat="0"), vat={"6": (Decimal(100), Decimal(0))}))
	ours = books(row(500001, vat="0"), row(500002, vat="0"))
	assert subjects(compare(ours, theirs), "sums") == ["NOK vat 3 base", "NOK vat 6 base"]


def test_documents_without_numbers_are_matched_by_name():
	ours = books(replace(row(1), number=None))
	assert compare(ours, ours).is_green
	assert subjects(compare(ours, books(replace(row(2), number=None))), "numbers") == [
		"missing SINV-1",
		"unknown SINV-2",
	]


def test_what_only_one_side_names_is_nothing_on_the_other():
	theirs = replace(books(), payments={"1920": Decimal("999.50"), "1915": Decimal(3), "1950": Decimal(0)})
	assert compare(books(), theirs).is_green
	assert subjects(compare(books(), replace(theirs, payments={"1920": Decimal("999.50")})), "payments") == [
		"1915"
	]


def test_an_explanation_holds_for_as_long_as_the_values_do():
	theirs = replace(books(), payments={"1920": Decimal(999), "1915": Decimal(3)})
	(mismatch,) = compare(books(), theirs).unexplained
	known = {mismatch.key: "Gebyr trukket av banken"}
	explained = compare(books(), theirs, explanations=known)
	assert explained.is_green
	assert explained.unexplained == ()
	worse = replace(theirs, payments={"1920": Decimal(998), "1915": Decimal(3)})
	assert not compare(books(), worse, explanations=known).is_green
	assert not compare(books(), theirs, explanations={mismatch.key: "  "}).is_green


def test_a_key_is_of_the_value_not_of_how_it_is_written():
	keys = {
		compare(books(), replace(books(), payments={"1920": Decimal(text), "1915": 3})).unexplained[0].key
		for text in ("999", "999.00", "9.99E+2")
	}
	assert len(keys) == 1


def test_the_outbox_and_hand_postings_are_listed_not_judged():
	report = compare(
		books(),
		books(),
		outbox=[Listed("b", "Blocked"), Listed("a", "Unknown")],
		hand_postings=[Listed("9", "3000 Korreksjon", Decimal(5), MONTH)],
	)
	assert report.is_green
	assert [entry.subject for entry in report.outbox] == ["a", "b"]
	assert report.content()["hand_postings"][0]["note"] == "3000 Korreksjon"


def test_the_digest_is_of_the_content():
	first = compare(books(), books(), outbox=[Listed("a", ""), Listed("b", "")])
	shuffled = replace(books(), documents=tuple(reversed(books().documents)))
	assert compare(shuffled, books(), outbox=[Listed("b", ""), Listed("a", "")]).digest() == first.digest()
	more = books(*books().documents[:2], row(500003, "-200", "-50"))
	assert compare(more, more).digest() != compare(books(), books()).digest()
	assert compare(books(), books()).digest() != first.digest()


def test_hand_postings_are_those_of_vouchers_nobody_knows():
	def posting(key: int, account: int, voucher: int) -> dict:
		return {
			"id": key,
			"date": "2026-11-03",
			"amount": Decimal(5),
			"description": "Korreksjon",
			"account": {"number": account},
			"voucher": {"id": voucher},
		}

	postings = [posting(1, 1500, 70), posting(2, 3000, 71), posting(3, 7830, 71), posting(4, 1500, 71)]
	found = reconciliation.hand_postings(postings, {70})
	assert [(entry.subject, entry.note) for entry in found] == [
		("2", "3000 Korreksjon"),
		("4", "1500 Korreksjon"),
	]


def test_a_row_of_an_answer():
	remote = {
		"invoiceNumber": 500001,
		"invoiceDate": "2026-11-15",
		"currency": {"code": "NOK"},
		"amountExcludingVatCurrency": Decimal(100),
		"amountCurrency": Decimal(125),
		"amountCurrencyOutstanding": Decimal(125),
		"orders": [{"number": "SINV-500001"}],
		"voucher": {
			"postings": [
				{
					"account": {"number": 3000},
					"vatType": {"number": "3"},
					"amountCurrency": Decimal(-100),
					"amountGrossCurrency": Decimal(-125),
				}
			]
		},
	}
	assert reconciliation.row_of_invoice(remote) == row(500001)
	with pytest.raises(IncompleteAnswer):
		reconciliation.row_of_invoice({**remote, "invoiceDate": "x"})


def test_a_document_in_a_foreign_currency_whose_customer_account_is_in_kroner():
	remote = {
		"invoiceNumber": 500001,
		"invoiceDate": "2026-11-15",
		"currency": {"code": "EUR"},
		"amountExcludingVatCurrency": Decimal(100),
		"amountCurrency": Decimal(100),
		"amountCurrencyOutstanding": Decimal(40),
		"amountOutstanding": Decimal(440),
		"voucher": {"postings": []},
	}
	assert reconciliation.row_of_invoice(remote).outstanding == 40
	assert reconciliation.row_of_invoice(remote, "amountOutstanding").outstanding == 440


def test_a_row_of_a_voucher():
	def posting(account: int, code: str, net: int, gross: int) -> dict:
		return {
			"account": {"number": account},
			"vatType": {"number": code},
			"amountCurrency": Decimal(net),
			"amountGrossCurrency": Decimal(gross),
			"currency": {"code": "NOK"},
		}

	voucher = {
		"date": "2026-11-15",
		"externalVoucherNumber": "SINV-500001",
		"postings": [
			posting(1500, "0", 125, 125),
			posting(3000, "3", -100, -125),
			posting(2700, "0", -25, -25),
		],
	}
	made = reconciliation.row_of_voucher(voucher)
	assert made == replace(row(500001), number=None, outstanding=None)
	assert compare(books(made), books(replace(made, outstanding=Decimal(1)))).is_green
	with pytest.raises(IncompleteAnswer):
		reconciliation.row_of_voucher({**voucher, "postings": []})


def test_money_counts_if_a_customer_paid_it_and_has_not_got_it_back():
	def posting(voucher: int, amount: int, reverse: int | None = None) -> dict:
		return {
			"account": {"number": 1920},
			"amount": Decimal(amount),
			"voucher": {"id": voucher, "reverseVoucher": {"id": reverse} if reverse else None},
		}

	postings = [posting(1, 100), posting(2, 30), posting(3, 50, 4), posting(4, -50, 3), posting(9, -7)]
	assert reconciliation.received(postings, {1, 2, 3, 4}) == {"1920": Decimal(130)}


def test_a_filed_vat_return_does_not_count():
	filed = [
		{
			"postings": [
				{"account": {"number": 2700}, "amount": Decimal(25)},
				{"account": {"number": 2740}, "amount": Decimal(-25)},
			]
		}
	]
	balances = {2700: Decimal(-5), 2701: Decimal(-3)}
	assert reconciliation.without_vouchers(balances, filed) == {2700: Decimal(-30), 2701: Decimal(-3)}


def test_an_explained_difference_of_the_ledger_stays_explained_while_both_balances_grow():
	def with_income(amount: int) -> Books:
		return replace(books(), balances={"income": Decimal(amount)})

	(mismatch,) = compare(with_income(-100), with_income(-150)).unexplained
	assert mismatch.difference == 50
	known = {mismatch.key: "Manuelt bilag 12"}
	assert compare(with_income(-900), with_income(-950), explanations=known).is_green
	assert not compare(with_income(-900), with_income(-951), explanations=known).is_green


def test_the_digest_outlives_an_explanation():
	theirs = replace(books(), payments={})
	report = compare(books(), theirs)
	known = {mismatch.key: "Sett på" for mismatch in report.unexplained}
	assert compare(books(), theirs, explanations=known).digest() == report.digest()


def test_balances_by_group():
	balances = {
		number: Decimal(1) for number in (1500, 1501, 2700, 2701, 2710, 2740, 2970, 3000, 3090, 3999, 4000)
	}
	assert reconciliation.balances_by_group(balances) == {
		"receivable": 1,
		"vat": 2,
		"income": 3,
		"deferred": 1,
	}


amounts = st.decimals("-5000", "5000", places=2)
rows = st.builds(
	DocumentRow,
	name=st.just(""),
	number=st.integers(1, 30),
	date=st.dates(date(2026, 11, 1), date(2026, 11, 30)),
	currency=st.sampled_from(["NOK", "EUR"]),
	net=amounts,
	gross=amounts,
	vat=st.dictionaries(st.sampled_from(["3", "31", "6"]), st.tuples(amounts, amounts), min_size=1),
	outstanding=amounts,
)
any_books = st.builds(
	Books,
	documents=st.lists(rows, min_size=1, max_size=5, unique_by=lambda one: one.number).map(tuple),
	balances=st.dictionaries(st.sampled_from(["receivable", "vat"]), amounts, min_size=1),
	payments=st.dictionaries(st.sampled_from(["1920", "1915"]), amounts, min_size=1),
)
CENT = Decimal("0.01")


def series_of(ours: Books) -> range:
	return range(1, max(one.number for one in ours.documents) + 1)


@given(any_books, st.randoms())
def test_equal_books_are_green_in_any_order(ours, chance):
	shuffled = list(ours.documents)
	chance.shuffle(shuffled)
	report = compare(ours, replace(ours, documents=tuple(shuffled)), series=series_of(ours))
	assert report.is_green
	assert report.digest() == compare(ours, ours, series=series_of(ours)).digest()


def document_changes(one: DocumentRow) -> list[DocumentRow | None]:
	"""Each way in which one fact of a document may be another; None takes it away."""
	code, (base, amount) = next(iter(one.vat.items()))
	return [
		None,
		replace(one, number=one.number + 100),
		replace(one, date=date(2026, 10, 31)),
		replace(one, currency="USD"),
		replace(one, net=one.net + CENT),
		replace(one, gross=one.gross - CENT),
		replace(one, outstanding=one.outstanding + CENT),
		replace(one, vat={**one.vat, code: (base + CENT, amount)}),
		replace(one, vat={**one.vat, code: (base, amount - CENT)}),
		replace(one, vat={**one.vat, "52": (CENT, Decimal(0))}),
	]


@given(any_books, st.data())
def test_any_single_change_is_red_on_whichever_side(ours, data):
	place = data.draw(st.integers(0, len(ours.documents) - 1))
	changes = [
		replace(
			ours,
			documents=tuple(filter(None, (*ours.documents[:place], change, *ours.documents[place + 1 :]))),
		)
		for change in document_changes(ours.documents[place])
	]
	changes.append(replace(ours, documents=(*ours.documents, ours.documents[place])))
	for name in ("balances", "payments"):
		values = getattr(ours, name)
		key = next(iter(values))
		changes.append(replace(ours, **{name: {**values, key: values[key] + CENT}}))
	theirs = data.draw(st.sampled_from(changes))
	series = series_of(ours)
	assert not compare(ours, theirs, series=series).is_green
	assert not compare(theirs, ours, series=series).is_green
	report = compare(ours, theirs, series=series)
	explained = {mismatch.key: "Sett på" for mismatch in report.unexplained}
	assert compare(ours, theirs, series=series, explanations=explained).is_green
