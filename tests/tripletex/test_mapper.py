"""Requests to Tripletex, held against recorded files and against the contract made from its official description."""

import json
import os
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_ext.core.money import Currency
from billing_ext.integrations.tripletex import canonical, decimal_json, mapper, refusals
from billing_ext.integrations.tripletex.accrual import AccrualAccounts, accrual_request
from billing_ext.integrations.tripletex.documents import (
	Address,
	CustomerData,
	Document,
	DocumentLine,
	PostingClass,
	RemoteIds,
	Sender,
	Strategy,
	VatTotal,
)

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parents[2]
ORE = Currency("NOK", 2)
MASTER = mapper.MasterIds(countries={"NO": 161, "SE": 204}, currencies={"NOK": 1, "EUR": 5})
RATES = {"3": Decimal(25), "31": Decimal(15), "33": Decimal(12), "52": Decimal(0)}
VAT_IDS = {"3": 3, "31": 31, "33": 32, "52": 52}
INCOME = {"3": 3000, "31": 3001, "33": 3002, "52": 3107}
CLASSES = {code: PostingClass(INCOME[code], code) for code in RATES}
SECOND_CLASS = PostingClass(3600, "3")
RULES = refusals.Rules(
	Strategy.OWN_NUMBERS,
	vat_rates=RATES,
	currencies=frozenset({"NOK", "EUR"}),
	first_number=500001,
	last_number=599999,
	go_live=date(2026, 1, 1),
	closed_until=date(2026, 8, 31),
)


def remote_ids(department: int | None = None) -> RemoteIds:
	"""Ids of everything that a document of these tests refers to."""
	classes = (*CLASSES.values(), SECOND_CLASS)
	return RemoteIds(
		customer=81,
		currency=1,
		products={entry.key: 900 + index for index, entry in enumerate(classes)},
		vat_types=VAT_IDS,
		accounts={1500: 15, **{entry.account_number: entry.account_number * 10 for entry in classes}},
		department=department,
	)


def line(
	description: str, quantity: str, rate: str, net: str | None = None, code: str = "3", **more
) -> DocumentLine:
	"""A row; its net amount is quantity times rate unless it is given."""
	amount = ORE.round(Decimal(quantity) * Decimal(rate)) if net is None else Decimal(net)
	return DocumentLine(
		description,
		Decimal(quantity),
		Decimal(rate),
		amount,
		more.pop("posting_class", CLASSES[code]),
		RATES[code],
		**more,
	)


def invoice(*lines: DocumentLine, **values) -> Document:
	"""An invoice of these lines with the totals that ERPNext would make: VAT rounded per rate."""
	bases: dict[str, Decimal] = {}
	for row in lines:
		code = row.posting_class.vat_code
		bases[code] = bases.get(code, Decimal(0)) + row.net_amount
	vat = tuple(
		VatTotal(code, RATES[code], base, ORE.round(base * RATES[code] / 100))
		for code, base in sorted(bases.items())
	)
	net = sum(bases.values(), Decimal(0))
	document = Document(
		name="SINV-2026-00123",
		company="Eksempel AS",
		customer="Kunde AS",
		date=date(2026, 11, 21),
		due_date=date(2026, 12, 5),
		currency="NOK",
		conversion_rate=Decimal(1),
		lines=lines,
		vat=vat,
		net=net,
		gross=net + sum((total.amount for total in vat), Decimal(0)),
		number=500123,
		kid="0005001235",
		reference="PO 7781",
	)
	return replace(document, **values)


def as_credit_note(document: Document, **values) -> Document:
	"""The credit note of a whole document."""
	credit = {
		"name": "SINV-RET-2026-00007",
		"number": 500130,
		"kid": "",
		"is_credit_note": True,
		"credited": document.name,
		"credited_number": document.number,
		"credited_date": document.date,
	}
	return replace(document, **(credit | values))


def simple() -> Document:
	"""Two rates, a deduction, and a line whose rate hides a discount on the document."""
	return invoice(
		line("Abonnement nov. 2026", "1", "1990"),
		line("Brukere", "3", "33.33", "100.00", unit="Nos"),
		line("Lærebok", "2.5", "79.90", code="31", unit="Box"),
		line("Rabatt", "1", "-100"),
	)


def customer() -> CustomerData:
	"""A Norwegian firm that gets EHF from Tripletex."""
	return CustomerData(
		name="Kunde AS",
		number=200001,
		organization_number="923 609 016",
		email="post@kunde.example",
		invoice_email="faktura@kunde.example",
		phone="22 22 22 22",
		sender=Sender.EHF,
		postal_address=Address("Storgata 1", "", "0155", "Oslo", "NO"),
		due_days=14,
	)


GOLDENS = {
	"customer": ("CustomerCreate", lambda: mapper.customer_request(customer(), MASTER)),
	"customer_abroad": (
		"CustomerCreate",
		lambda: mapper.customer_request(
			CustomerData(
				"Kund AB",
				200002,
				organization_number="556036-0793",
				language="EN",
				currency="EUR",
				postal_address=Address("Kungsgatan 1", "", "111 43", "Stockholm", "SE"),
				delivery_address=Address("Karl Johans gate 1", "", "0154", "Oslo", "NO"),
			),
			MASTER,
		),
	),
	"customer_changes": (
		"CustomerUpdate",
		lambda: mapper.customer_changes(
			customer(),
			{
				**mapper.customer_request(replace(customer(), phone="", due_days=30), MASTER),
				"id": 81,
				"version": 3,
				"postalAddress": {
					"id": 7,
					"addressLine1": "Lillegata 1",
					"addressLine2": "",
					"country": None,
				},
			},
			MASTER,
		),
	),
	"product": (
		"ProductCreate",
		lambda: mapper.product_request(CLASSES["3"], 3, 30000, "Salg 3000, mva 25 %"),
	),
	"invoice": ("InvoiceCreate", lambda: mapper.invoice_request(simple(), remote_ids(department=7)).body),
	"credit_note": (
		"InvoiceCreate",
		lambda: mapper.invoice_request(as_credit_note(simple()), remote_ids()).body,
	),
	"order": ("OrderCreate", lambda: mapper.order_request(replace(simple(), number=None), remote_ids()).body),
	"order_credit_note": (
		"OrderCreate",
		lambda: mapper.order_request(as_credit_note(simple(), number=None), remote_ids()).body,
	),
	"voucher": ("VoucherCreate", lambda: mapper.voucher_request(simple(), remote_ids(department=7)).body),
	"voucher_credit_note": (
		"VoucherCreate",
		lambda: mapper.voucher_request(as_credit_note(simple()), remote_ids()).body,
	),
	"voucher_euro": (
		"VoucherCreate",
		lambda: (
			mapper.voucher_request(
				invoice(
					line("Licences", "3", "33.33"),
					line("Support", "1", "10.01", posting_class=SECOND_CLASS),
					line("Export", "1", "99.99", code="52"),
					currency="EUR",
					conversion_rate=Decimal("11.6543"),
				),
				replace(remote_ids(), currency=5),
			).body
		),
	),
	"accrual": (
		"VoucherCreate",
		lambda: accrual_request("EX", date(2026, 11, 1), 2, Decimal("1250.50"), AccrualAccounts(3090, 2970)),
	),
}


@pytest.mark.parametrize("name", GOLDENS)
def test_a_request_is_as_recorded(name):
	body, path = GOLDENS[name][1](), GOLDEN / f"{name}.json"
	if os.environ.get("UPDATE_GOLDEN"):
		pretty = json.dumps(json.loads(canonical.canonical_json(body)), indent=1, ensure_ascii=False)
		path.write_text(pretty + "\n")
	assert decimal_json.loads(path.read_text()) == decimal_json.loads(canonical.canonical_json(body))


def described() -> dict:
	"""The contract made from Tripletex's official description; skips the test where it is not at hand."""
	folder = Path(os.environ.get("BILLING_EXT_TRIPLETEX_DESCRIPTION") or ROOT.parent / "shared" / "tripletex")
	path = folder / "contract-3.1.json"
	if not path.exists():
		pytest.skip(f"{path} is not here; it is made from https://tripletex.no/v2/openapi.json")
	return json.loads(path.read_text())


@pytest.fixture(scope="module")
def contract():
	return described()


@pytest.mark.parametrize("name", GOLDENS)
def test_a_request_fits_the_contract_and_has_no_deprecated_field(contract, name):
	jsonschema = pytest.importorskip("jsonschema")
	model, build = GOLDENS[name]
	schema = {"$ref": f"#/components/schemas/{model}", "components": contract["components"]}
	jsonschema.Draft202012Validator(schema).validate(build())
	assert not list(deprecated_fields(build(), schema, contract["components"]["schemas"]))


def deprecated_fields(value, schema, schemas):
	"""Names of fields in use whose description says that they are not for use."""
	schema = next((option for option in schema.get("anyOf", ()) if "$ref" in option), schema)
	while "$ref" in schema:
		schema = schemas[schema["$ref"].rpartition("/")[2]]
	for item in value if isinstance(value, list) else ():
		yield from deprecated_fields(item, schema.get("items", {}), schemas)
	for name, item in value.items() if isinstance(value, dict) else ():
		field = schema["properties"][name]
		if (
			"deprecated"
			in f"{field.get('description', '')} {'deprecated' if field.get('deprecated') else ''}".lower()
		):
			yield name
		yield from deprecated_fields(item, field, schemas)


def test_what_the_contract_check_would_catch(contract):
	schemas = contract["components"]["schemas"]
	schema = {"$ref": "#/components/schemas/InvoiceCreate"}
	assert list(deprecated_fields({"invoiceRemarks": "x"}, schema, schemas)) == ["invoiceRemarks"]


# Customers


def test_a_customer_that_is_equal_there_needs_no_request():
	remote = {**mapper.customer_request(customer(), MASTER), "id": 81, "version": 3}
	remote["postalAddress"] = {"id": 7, "url": "…", **remote["postalAddress"]}
	remote["currency"] = {"id": 1, "url": "…"}
	assert mapper.customer_changes(customer(), remote, MASTER) is None


@pytest.mark.parametrize("unset", ["", None])
def test_what_is_unset_on_both_sides_is_equal(unset):
	data = replace(customer(), phone="", email="", invoice_email="")
	remote = {**mapper.customer_request(data, MASTER), "version": 1, "phoneNumber": unset, "email": unset}
	assert mapper.customer_changes(data, remote, MASTER) is None


def test_what_was_taken_away_is_cleared_but_never_an_organisation_number():
	remote = {**mapper.customer_request(customer(), MASTER), "version": 4}
	changes = mapper.customer_changes(replace(customer(), phone="", organization_number=""), remote, MASTER)
	assert changes == {"version": 4, "phoneNumber": ""}


def test_the_number_that_finds_a_customer_is_never_changed():
	remote = {**mapper.customer_request(customer(), MASTER), "version": 4, "customerNumber": 10007}
	assert mapper.customer_changes(customer(), remote, MASTER) is None


def test_a_private_persons_number_does_not_travel():
	data = replace(customer(), is_private=True, sender=Sender.ERPNEXT)
	assert "organizationNumber" not in mapper.customer_request(data, MASTER)
	assert refusals.check_customer(data, MASTER) == ()


def test_a_long_address_is_cut_and_a_long_name_refused():
	data = replace(customer(), name="N" * 256, postal_address=Address("A" * 300, "", "0155", "Oslo", "NO"))
	assert len(mapper.customer_request(data, MASTER)["postalAddress"]["addressLine1"]) == 255
	assert refusals.check_customer(data, MASTER) == (
		refusals.Refusal("tripletex_text_too_long", {"field": "name", "length": 256, "limit": 255}),
	)


@pytest.mark.parametrize(
	("changes", "code"),
	[
		({"name": " "}, "tripletex_customer_name"),
		({"email": "e" * 255}, "tripletex_text_too_long"),
		({"number": 2**31}, "tripletex_customer_number"),
		({"organization_number": "923609017", "sender": Sender.ERPNEXT}, "tripletex_organization_number"),
		({"organization_number": "٩23609016", "sender": Sender.ERPNEXT}, "tripletex_organization_number"),
		({"postal_address": Address("Storgata 1", country="XX")}, "tripletex_country_unknown"),
		({"currency": "USD"}, "tripletex_currency_unknown"),
		({"due_days": 10_001}, "tripletex_due_days"),
		({"postal_address": Address()}, "tripletex_ehf_address"),
		({"sender": Sender.EMAIL, "email": "", "invoice_email": ""}, "tripletex_email_missing"),
	],
)
def test_a_customer_is_refused_for(changes, code):
	assert [refusal.code for refusal in refusals.check_customer(replace(customer(), **changes), MASTER)] == [
		code
	]


def test_a_firm_abroad_keeps_its_number_and_its_country_with_a_delivery_address_in_norway():
	data = replace(
		customer(),
		organization_number="556036-0793",
		postal_address=Address("Kungsgatan 1", country="SE"),
		delivery_address=Address("Karl Johans gate 1", country="NO"),
	)
	body = mapper.customer_request(data, MASTER)
	assert body["organizationNumber"] == "556036-0793"
	assert body["physicalAddress"]["country"] == {"id": 204}


# Lines


def test_a_line_whose_rate_does_not_make_its_amount_goes_as_one_with_the_quantity_in_words():
	row = line("Brukere", "12", "99.9", "1199.00", unit="Nos")
	assert mapper.line_values(row) == (Decimal(1), Decimal("1199.00"), "12 Nos à 99,90 – Brukere")


@pytest.mark.parametrize(
	("quantity", "rate", "net", "text"),
	[
		("2.50", "33.3333", "83.00", "2,5 Nos à 33,3333 – x"),
		("100", "0.005", "1.00", "100 Nos à 0,005 – x"),
		("0", "10", "5.00", "0 Nos à 10,00 – x"),
	],
)
def test_quantities_in_words(quantity, rate, net, text):
	count, price, description = mapper.line_values(line("x", quantity, rate, net, unit="Nos"))
	assert (count, price, description) == (Decimal(1), Decimal(net), text)


def test_a_deduction_keeps_its_sign_in_the_count():
	assert mapper.line_values(line("Rabatt", "1", "-100"))[:2] == (Decimal(-1), Decimal(100))
	assert mapper.line_values(line("Retur", "-2", "50"))[:2] == (Decimal(-2), Decimal(50))


def test_nothing_of_something_goes_as_one_that_costs_nothing():
	assert mapper.line_values(line("x", "0", "10", unit="Nos")) == (
		Decimal(1),
		Decimal(0),
		"0 Nos à 10,00 – x",
	)


codes = st.sampled_from(sorted(RATES))


@st.composite
def lines(draw):
	"""Rows as ERPNext has them: sometimes with an amount that the rate does not make, sometimes deductions."""
	quantity = draw(st.decimals("-100", "1000", places=draw(st.integers(0, 3))))
	rate = draw(st.decimals("-50", "9999", places=draw(st.integers(0, 9))))
	off = draw(st.sampled_from(["0", "0", "0.01", "-0.37"]))
	code = draw(codes)
	entry = draw(st.sampled_from([CLASSES[code], SECOND_CLASS])) if code == "3" else CLASSES[code]
	net = ORE.round(quantity * rate) + Decimal(off)
	return line("Rad", str(quantity), str(rate), str(net), code, posting_class=entry)


documents = (
	st.lists(lines(), min_size=1, max_size=6)
	.map(lambda rows: invoice(*rows))
	.filter(lambda made: made.gross > 0)
)


def booked_line(row: dict) -> Decimal:
	"""What Tripletex makes of an order line."""
	return ORE.round(row["count"] * row["unitPriceExcludingVatCurrency"])


@given(documents)
def test_totals_survive_to_the_ore_as_an_order(document):
	body = mapper.invoice_request(document, remote_ids()).body
	rows = body["orders"][0]["orderLines"]
	assert [booked_line(row) for row in rows] == [row.net_amount for row in document.lines]
	assert sum(map(booked_line, rows)) == document.net
	assert all(row["unitPriceExcludingVatCurrency"] >= 0 for row in rows)


@given(documents)
def test_a_credit_note_mirrors_its_invoice(document):
	ids = remote_ids()
	original, credit = (
		mapper.invoice_request(document, ids),
		mapper.invoice_request(as_credit_note(document), ids),
	)
	pairs = zip(original.body["orders"][0]["orderLines"], credit.body["orders"][0]["orderLines"], strict=True)
	assert all(booked_line(row) + booked_line(other) == 0 for row, other in pairs)
	assert original.expected.gross + credit.expected.gross == 0
	assert original.expected.gross_nok + credit.expected.gross_nok == 0
	assert [total.amount for total in original.expected.vat] == [
		-total.amount for total in credit.expected.vat
	]


@given(documents, st.decimals("0.01", "20", places=6), st.booleans())
def test_a_voucher_adds_up_in_both_currencies(document, rate, credit):
	document = replace(document, currency="EUR", conversion_rate=rate)
	request = mapper.voucher_request(as_credit_note(document) if credit else document, remote_ids())
	postings = request.body["postings"]
	assert sum(row["amountGross"] for row in postings) == 0
	assert sum(row["amountGrossCurrency"] for row in postings) == 0
	assert postings[0]["amountGrossCurrency"] == request.expected.gross
	assert [row["row"] for row in postings] == [*range(1, len(postings) + 1)]
	assert all(row["amountGross"] == ORE.round(row["amountGross"]) for row in postings)


@given(documents)
def test_a_vouchers_rows_have_each_codes_gross(document):
	postings = mapper.voucher_request(document, remote_ids()).body["postings"]
	for total in document.vat:
		rows = [row for row in postings if row.get("vatType") == {"id": VAT_IDS[total.code]}]
		assert -sum(row["amountGross"] for row in rows) == total.base + total.amount


# Requests


def test_nothing_is_sent_to_the_customer_by_booking():
	assert mapper.invoice_request(simple(), remote_ids()).query == {"sendToCustomer": False}
	assert mapper.order_invoice_query(simple()) == {"invoiceDate": "2026-11-21", "sendToCustomer": False}


def test_a_credit_note_names_its_original_and_carries_no_kid():
	body = mapper.invoice_request(as_credit_note(simple(), kid="0005001235"), remote_ids()).body
	assert body["comment"] == "Kreditnota til faktura 500123 av 21.11.2026"
	assert "kid" not in body


def test_a_credit_note_by_tripletex_is_linked_or_not_made():
	credit = as_credit_note(simple())
	assert mapper.order_invoice_query(credit, 4711)["invoiceIdIfIsCreditNote"] == 4711
	with pytest.raises(ValueError, match="not known"):
		mapper.order_invoice_query(credit)


def test_a_product_or_vat_code_without_an_id_is_an_error():
	with pytest.raises(KeyError):
		mapper.invoice_request(simple(), replace(remote_ids(), products={}))


@pytest.mark.parametrize("build", [mapper.invoice_request, mapper.order_request])
def test_prices_are_without_vat_and_every_line_has_a_vat_type(build):
	body = build(simple(), remote_ids()).body
	order = body["orders"][0] if "orders" in body else body
	assert order["isPrioritizeAmountsIncludingVat"] is False
	for row in order["orderLines"]:
		assert row["vatType"]
		assert "unitPriceIncludingVatCurrency" not in row


# Refusals


def codes_of(document: Document, rules: refusals.Rules = RULES) -> list[str]:
	return [refusal.code for refusal in refusals.check(document, rules)]


def test_a_right_document_is_not_refused():
	assert codes_of(simple()) == []
	assert codes_of(as_credit_note(simple())) == []
	assert (
		codes_of(replace(simple(), number=None, kid=""), replace(RULES, strategy=Strategy.TRIPLETEX_NUMBERS))
		== []
	)


@given(documents)
def test_no_document_with_erpnexts_totals_is_refused(document):
	assert codes_of(document) == []


@pytest.mark.parametrize(
	("changes", "expected"),
	[
		({"rounding_adjustment": Decimal("0.50")}, ["tripletex_rounding_adjustment"]),
		({"taxes_not_vat": ("Frakt",)}, ["tripletex_taxes_not_vat"]),
		({"gross": Decimal("1.00")}, ["tripletex_totals_differ"]),
		({"net": Decimal("2189.76")}, ["tripletex_totals_differ"] * 2),
		({"number": 499999}, ["tripletex_number_outside_range"]),
		({"number": None}, ["tripletex_number_missing"]),
		({"kid": "0005001234"}, ["tripletex_kid_wrong"]),
		({"kid": "500123" + "0" * 20}, ["tripletex_kid_wrong"]),
		({"date": date(2025, 12, 31)}, ["tripletex_before_go_live", "tripletex_period_closed"]),
		({"date": date(2026, 8, 31)}, ["tripletex_period_closed"]),
		({"due_date": date(2026, 11, 20)}, ["tripletex_due_before_date"]),
		({"currency": "USD"}, ["tripletex_currency_unknown"]),
		({"conversion_rate": Decimal("1.01")}, ["tripletex_conversion_rate"]),
		({"name": "N" * 101}, ["tripletex_text_too_long"]),
		({"reference": "R" * 256}, ["tripletex_text_too_long"]),
		({"is_credit_note": True, "kid": ""}, ["tripletex_credited_unknown"]),
	],
)
def test_a_document_is_refused_for(changes, expected):
	assert codes_of(replace(simple(), **changes)) == expected


def test_a_document_without_lines_or_amount_is_refused():
	assert codes_of(invoice()) == ["tripletex_no_lines", "tripletex_zero_amount"]
	assert codes_of(invoice(line("Gratis", "1", "0"))) == ["tripletex_zero_amount"]
	assert codes_of(invoice(line("Rabatt", "1", "-5"))) == ["tripletex_negative_amount"]


def test_the_day_of_going_live_is_the_first_to_be_sent():
	assert codes_of(simple(), replace(RULES, go_live=simple().date)) == []


def with_vat(amount: str, rate: str = "25", code: str = "3") -> Document:
	document = invoice(line("En", "1", "50"), line("To", "1", "50"))
	total = VatTotal(code, Decimal(rate), Decimal(100), Decimal(amount))
	return replace(document, vat=(total,), gross=Decimal(100) + total.amount)


def test_vat_may_differ_by_an_ore_for_each_line_and_no_more():
	assert codes_of(with_vat("25.02")) == []
	assert codes_of(with_vat("25.03")) == ["tripletex_vat_differs"]
	refusal = refusals.check(with_vat("24.00"), RULES)[0]
	assert refusal.context["expected"] == Decimal(25)
	assert refusal.context["amount"] == Decimal(24)


def test_a_rate_that_tripletex_does_not_have_is_refused():
	assert codes_of(with_vat("24", rate="24")) == ["tripletex_vat_rate"]
	rules = replace(RULES, vat_rates={"31": Decimal(15)})
	assert codes_of(with_vat("25"), rules) == ["tripletex_vat_code_unknown"]


def test_a_line_whose_code_is_not_in_the_totals_is_refused():
	document = invoice(line("En", "1", "50"), line("Bok", "1", "50", code="31"))
	only = (VatTotal("3", Decimal(25), Decimal(100), Decimal("25.00")),)
	reasons = refusals.check(replace(document, vat=only, gross=Decimal(125)), RULES)
	assert {refusal.context["field"] for refusal in reasons} == {"base 3", "base 31"}


def test_more_than_two_decimals_are_refused():
	document = invoice(line("Dinar", "1", "1.005", "1.005", code="52"))
	assert set(codes_of(document)) == {"tripletex_amount_precision"}


def test_a_vouchers_name_is_shorter_than_an_orders():
	document = replace(simple(), name="N" * 71)
	assert codes_of(document) == []
	assert codes_of(document, replace(RULES, strategy=Strategy.VOUCHER)) == ["tripletex_text_too_long"]


# Canonical form


def test_the_hash_is_of_the_content_not_of_its_form():
	one = {"b": Decimal("1990.00"), "a": [Decimal("-0.00"), "æ"], "c": Decimal("1E+3")}
	other = {"a": (0, "æ"), "c": 1000, "b": 1990}
	assert canonical.content_hash(one) == canonical.content_hash(other)
	assert canonical.content_hash(one) != canonical.content_hash({**one, "b": Decimal("1990.01")})


def test_a_float_has_no_canonical_form():
	with pytest.raises(TypeError):
		canonical.canonical_json({"amount": 1.5})
