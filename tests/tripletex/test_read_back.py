"""What Tripletex answers about a booked document, against what was sent."""

import copy
import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from test_mapper import MASTER, VAT_IDS, as_credit_note, customer, described, documents, remote_ids, simple

from billing_ext.integrations.tripletex import mapper, read_back, settlement
from billing_ext.integrations.tripletex.read_back import Difference, IncompleteAnswer

VAT_ACCOUNT = {code: number for number, code in read_back.VAT_ACCOUNTS.items()}
CODES = {number: code for code, number in VAT_IDS.items()}


def posting(account: int, amount, gross=None, code: str = "0", **more) -> dict:
	"""A posting as recorded answers show it; NOK only."""
	gross = amount if gross is None else gross
	amounts = {"amount": amount, "amountCurrency": amount, "amountGross": gross, "amountGrossCurrency": gross}
	return {
		"account": {"id": 1, "number": account},
		"vatType": {"id": 1, "number": code},
		"currency": {"id": 1, "code": "NOK"},
		**amounts,
		**more,
	}


def ledger(expected: mapper.Expected) -> list[dict]:
	"""The voucher's postings: receivable, income by code, VAT by code on row 0 and without a code."""
	rows = [
		posting(
			1500,
			expected.gross,
			customer={"id": expected.customer},
			termOfPayment=expected.due_date.isoformat(),
		)
	]
	for total in expected.vat:
		rows.append(posting(3000, -total.base, -total.base - total.amount, total.code))
		if total.amount:
			rows.append(posting(VAT_ACCOUNT[total.code], -total.amount, row=0, systemGenerated=True))
	return rows


def remote_invoice(expected: mapper.Expected) -> dict:
	"""The answer of Tripletex when it booked exactly what was expected."""
	return {
		"id": 5,
		"version": 2,
		"invoiceNumber": expected.number,
		"invoiceDate": expected.date.isoformat(),
		"invoiceDueDate": expected.due_date.isoformat(),
		"kid": expected.kid,
		"customer": {"id": expected.customer},
		"currency": {"id": 1, "code": expected.currency},
		"amount": expected.gross_nok,
		"amountCurrency": expected.gross,
		"amountExcludingVatCurrency": expected.net,
		"voucher": {"id": 9, "postings": ledger(expected)},
		"unknown": "fields of later versions are ignored",
	}


def remote_voucher(expected: mapper.Expected) -> dict:
	return {
		"id": 9,
		"date": expected.date.isoformat(),
		"externalVoucherNumber": expected.external_number,
		"postings": ledger(expected),
	}


def expected() -> mapper.Expected:
	return mapper.expected(simple(), remote_ids())


def changed(remote: dict, path: str, value: object) -> dict:
	"""A copy of an answer with another value at a path of names and indexes."""
	remote = copy.deepcopy(remote)
	*way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
	place = remote
	for part in way:
		place = place[part]
	place[last] = value
	return remote


@given(documents.filter(lambda document: all(total.code in {*VAT_ACCOUNT, "52"} for total in document.vat)))
def test_what_was_booked_exactly_has_no_differences(document):
	for made in (document, as_credit_note(document)):
		wanted = mapper.expected(made, remote_ids())
		assert read_back.compare_invoice(wanted, remote_invoice(wanted)) == []
		assert read_back.compare_voucher(wanted, remote_voucher(wanted)) == []
		assert read_back.same_document(wanted, remote_invoice(wanted))
		assert read_back.same_voucher(wanted, remote_voucher(wanted))


@pytest.mark.parametrize(
	("path", "value", "field"),
	[
		("invoiceNumber", 7, "number"),
		("customer.id", 82, "customer"),
		("invoiceDate", "2026-11-22", "date"),
		("invoiceDueDate", None, "due_date"),
		("currency.code", "EUR", "currency"),
		("kid", "", "kid"),
		("amount", Decimal("1.00"), "gross_nok"),
		("amountCurrency", Decimal("1.00"), "gross"),
		("amountExcludingVatCurrency", 1, "net"),
		("voucher.postings.1.amountCurrency", Decimal(-1), "vat 3 base"),
		("voucher.postings.2.amountCurrency", Decimal(-1), "vat 3 amount"),
	],
)
def test_each_difference_is_found(path, value, field):
	found = read_back.compare_invoice(expected(), changed(remote_invoice(expected()), path, value))
	assert [difference.field for difference in found] == [field]
	assert not found[0].rounding


def test_an_ore_of_vat_is_rounding_and_two_are_not():
	right = remote_invoice(expected())
	booked = right["voucher"]["postings"][2]["amountCurrency"]
	one = changed(right, "voucher.postings.2.amountCurrency", booked - Decimal("0.01"))
	two = changed(right, "voucher.postings.2.amountCurrency", booked - Decimal("0.02"))
	amount = expected().vat[0].amount
	assert read_back.compare_invoice(expected(), one) == [
		Difference("vat 3 amount", amount, amount + Decimal("0.01"), rounding=True)
	]
	assert not read_back.compare_invoice(expected(), two)[0].rounding


def test_a_line_booked_free_of_vat_is_found():
	remote = changed(remote_invoice(expected()), "voucher.postings.1.vatType", {"id": 6, "number": "6"})
	fields = {difference.field for difference in read_back.compare_invoice(expected(), remote)}
	assert {"vat 3 base", "vat 6 base"} <= fields


def test_vat_is_told_by_gross_where_accounts_do_not_tell_it():
	rows = [
		posting(1500, Decimal(125)),
		posting(3000, Decimal(-100), Decimal(-125), "3"),
		posting(2709, Decimal(-25)),
	]
	assert read_back.vat_totals(rows) == {"3": (Decimal(100), Decimal(25))}
	assert read_back.vat_totals(rows[:2]) == {"3": (Decimal(100), Decimal(25))}


@pytest.mark.parametrize(
	"path",
	[
		"amount",
		"amountCurrency",
		"amountExcludingVatCurrency",
		"customer",
		"currency",
		"voucher",
		"invoiceNumber",
	],
)
def test_an_answer_without_what_is_relied_on_proves_nothing(path):
	with pytest.raises(IncompleteAnswer):
		read_back.compare_invoice(expected(), changed(remote_invoice(expected()), path, None))


def test_an_amount_read_as_a_float_is_an_error():
	with pytest.raises(TypeError):
		read_back.compare_invoice(expected(), changed(remote_invoice(expected()), "amount", 1.5))


@pytest.mark.parametrize(
	("path", "value"),
	[
		("customer.id", 82),
		("invoiceDate", "2026-11-20"),
		("currency.code", "EUR"),
		("amountExcludingVatCurrency", Decimal("2189.70")),
		("amountCurrency", Decimal("-2717.22")),
	],
)
def test_another_document_with_our_number_is_not_adopted(path, value):
	assert not read_back.same_document(expected(), changed(remote_invoice(expected()), path, value))


def test_a_document_that_differs_by_rounding_is_adopted():
	remote = changed(remote_invoice(expected()), "amountCurrency", expected().gross + Decimal("0.01"))
	assert read_back.same_document(expected(), remote)


def test_a_look_up_needs_no_voucher():
	remote = remote_invoice(expected())
	del remote["voucher"]
	assert read_back.same_document(expected(), remote)


def test_tripletexs_number_is_not_compared():
	wanted = replace(expected(), number=None)
	assert read_back.compare_invoice(wanted, changed(remote_invoice(wanted), "invoiceNumber", 42)) == []


def test_a_vouchers_key_and_customer_are_compared():
	remote = changed(remote_voucher(expected()), "externalVoucherNumber", "SINV-OTHER")
	assert [difference.field for difference in read_back.compare_voucher(expected(), remote)] == [
		"external_number"
	]
	remote = changed(remote_voucher(expected()), "postings.0.customer.id", 82)
	assert not read_back.same_voucher(expected(), remote)


def test_a_customer_edited_there_is_reported_by_part():
	remote = {**mapper.customer_request(customer(), MASTER), "id": 81, "version": 3}
	remote = changed(changed(remote, "postalAddress.city", "Bergen"), "invoiceEmail", None)
	assert read_back.compare_customer(customer(), remote, MASTER) == [
		Difference("invoiceEmail", "faktura@kunde.example", None),
		Difference("postalAddress.city", "Oslo", "Bergen"),
	]


def test_a_customer_as_sent_is_equal():
	assert read_back.compare_customer(customer(), mapper.customer_request(customer(), MASTER), MASTER) == []


ASKED = {
	"INVOICE_FIELDS": ("Invoice", read_back.INVOICE_FIELDS),
	"POLL_FIELDS": ("Invoice", settlement.POLL_FIELDS),
	"VOUCHER_FIELDS": ("Voucher", read_back.VOUCHER_FIELDS),
	"CUSTOMER_FIELDS": ("Customer", read_back.CUSTOMER_FIELDS),
}


@pytest.mark.parametrize("name", ASKED)
def test_every_field_that_is_asked_for_exists(name):
	"""An unknown one is answered with 400, code 11000."""
	model, fields = ASKED[name]
	schemas = described()["components"]["schemas"]
	way, last = [model], ""
	for part in re.findall(r"\w+|[()]", fields):
		if part == "(":
			way.append(target(schemas[way[-1]]["properties"][last]))
		elif part == ")":
			way.pop()
		else:
			assert part in schemas[way[-1]]["properties"], f"{way[-1]}.{part}"
			last = part
	assert way == [model]


def target(schema: dict) -> str:
	"""The model that a field refers to, one or many."""
	schema = schema.get("items", schema)
	options = [schema, *schema.get("anyOf", ())]
	return next(option["$ref"].rpartition("/")[2] for option in options if "$ref" in option)
