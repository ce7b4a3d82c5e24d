"""What the synchronisation relies on in Tripletex, asked of the simulator and, with tokens, of the test environment.

The number in a test's name is that of docs/tripletex-sandbox.md, which says what each answer decides.
"""

import ast
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import behaviours
import pytest
import requests
import sandbox
from behaviours import LARGE, MIDDLE, RENT, pdf, refusal, told
from sandbox import CONSUMER, EMPLOYEE, RECORDINGS, Scrubber, Secret

from billing_ext.integrations.tripletex import mapper, numbering, settlement
from billing_ext.integrations.tripletex.client import ADDRESSES
from billing_ext.integrations.tripletex.documents import Sender, Strategy
from billing_ext.integrations.tripletex.errors import Kind, Refused, TripletexError
from billing_ext.integrations.tripletex.limiter import PERIOD, RESERVE
from billing_ext.integrations.tripletex.mapper import AMOUNT
from billing_ext.integrations.tripletex.read_back import (
	INVOICE_FIELDS,
	VOUCHER_FIELDS,
	compare_voucher,
	decimal,
	needed,
	same_document,
	same_voucher,
)

ROOT = Path(__file__).parents[2]


WITHOUT_TOKENS = [pytest.mark.skip(reason=sandbox.missing())] if sandbox.missing() else []
KINDS = ["simulator", pytest.param("sandbox", marks=[pytest.mark.sandbox, *WITHOUT_TOKENS])]


@pytest.fixture(scope="session")
def real_company():
	company = behaviours.real(sandbox.tokens())
	company.prepare()
	yield company
	company.client.logout()
	company.client.close()


@pytest.fixture
def simulated_company(sim, clock):
	return behaviours.simulated(sim, clock)


@pytest.fixture(params=KINDS)
def company(request):
	"""The company under test; what it answered is recorded if the environment names a folder."""
	name = "real_company" if request.param == "sandbox" else "simulated_company"
	company = request.getfixturevalue(name)
	check = re.match(r"test_check_(\d\d)_(\w+)", request.node.originalname)
	variant = request.node.callspec.id.replace(request.param, "").strip("-")
	parts = ("check", check[1], check[2].replace("_", "-"), variant)
	company.begin(int(check[1]), "-".join(filter(None, parts)))
	yield company
	company.end()


def significant(differences):
	"""Without those that the synchronisation explains by rounding."""
	return [each for each in differences if not each.rounding]


# 1 Our own number


def test_check_01_our_number_stays(company):
	customer = company.customer()
	document = company.invoice()
	invoice = company.book(document, customer)
	assert company.differences(document, customer, company.read(invoice)) == []
	assert company.look_up(document)["id"] == invoice


def test_check_01_tripletex_numbers_do_not_follow_ours(company):
	"""Then the largest number: were Tripletex to go on from ours, it would have none left."""
	customer = company.customer()
	company.book(company.invoice(), customer)
	theirs = replace(company.invoice(), number=None, kid="")
	remote = company.read(company.book_by_order(theirs, customer))
	company.observe(their_number=remote["invoiceNumber"])
	assert company.differences(theirs, customer, remote) == []
	assert remote["invoiceNumber"] < sandbox.FIRST_NUMBER

	distance = (company.first - sandbox.FIRST_NUMBER) // sandbox.NUMBERS_OF_A_RUN
	largest = LARGE - distance
	company.aliases[largest] = "<largest>"
	document = company.invoice(number=largest)
	invoice = company.book(document, customer)
	assert company.differences(document, customer, company.read(invoice)) == []
	assert company.look_up(document)["id"] == invoice


def test_check_01_a_number_is_taken_once(company):
	customer = company.customer()
	first = company.invoice()
	invoice = company.book(first, customer)
	again = refusal(company.book, first, customer)
	other = company.invoice(("2", "350"), number=first.number, name=f"{first.name}-B", date=first.date)
	refused = refusal(company.book, other, customer)
	left_behind = company.orders(other)
	company.observe(same_again=told(again), another=told(refused), orders_left_behind=len(left_behind))

	assert isinstance(refused, Refused)
	assert isinstance(again, Refused)
	# Looked up and adopted, instead of blocked.
	assert (again.kind, refused.kind) == (Kind.DUPLICATE, Kind.DUPLICATE)
	found = company.look_up(other)
	assert found["id"] == invoice
	assert same_document(company.expected(first, customer), found)
	assert not same_document(company.expected(other, customer), found)
	# It would bar the next attempt, whose order has the same number.
	assert left_behind == []


def test_check_01_a_number_taken_on_another_day(company):
	customer = company.customer()
	first = company.invoice(date=company.today - timedelta(days=1))
	invoice = company.book(first, customer)
	other = company.invoice(number=first.number, name=f"{first.name}-B")
	refused = refusal(company.book, other, customer)
	company.observe(refused=told(refused), found_by_day=bool(company.look_up(other)))
	assert refused.kind is Kind.DUPLICATE
	found = company.client.find_one(
		"/invoice",
		"invoiceNumber",
		other.number,
		fields=INVOICE_FIELDS,
		invoiceDateFrom=date(2000, 1, 1),
		invoiceDateTo=date(2100, 1, 1),
	)
	assert found["id"] == invoice


# 2 Credit notes


def test_check_02_credit_note_with_our_number(company):
	customer = company.customer()
	original = company.invoice(("2", "495.50"), ("1", "-91"))
	invoice = company.book(original, customer)
	credit = company.credit_note(original)
	note = company.book(credit, customer)
	remote = company.read(note)
	company.observe(
		isCreditNote=remote["isCreditNote"],
		is_linked=bool(remote.get("creditedInvoice")),
		original_isCredited=company.read(invoice)["isCredited"],
		kid=remote.get("kid"),
	)
	assert company.differences(credit, customer, remote) == []
	assert remote["isCreditNote"]
	assert decimal(remote, "amountCurrency") == -original.gross
	assert company.look_up(credit)["id"] == note

	postings = [company.receivable_posting(company.read(each)) for each in (invoice, note)]
	answer = company.client.put(
		"/ledger/posting/:closePostings", body=[posting["id"] for posting in postings]
	)
	company.observe(complaints=answer.values)
	assert answer.values == []
	groups = [
		company.client.get("/ledger/posting/{id}", {"id": each["id"]}, fields="id,closeGroup(id)")
		for each in postings
	]
	assert len({needed(each, "closeGroup", "id") for each in groups}) == 1
	both = [company.read(invoice), company.read(note)]
	assert [decimal(each, "amountCurrencyOutstanding") for each in both] == [0, 0]
	# The poll must know the match for what it is.
	known = settlement.Known(sales_vouchers=frozenset(needed(each, "voucher", "id") for each in both))
	assert all(
		isinstance(action, settlement.CreditMatch)
		for each in both
		for action in settlement.classify(each, known)
	)


def test_check_02_part_of_an_invoice_credited(company):
	"""What stays open must add up, on whichever of the two Tripletex shows it."""
	customer = company.customer()
	original = company.invoice(("1", "1000"))
	invoice = company.book(original, customer)
	credit = company.credit_note(original, ("1", "400"))
	note = company.book(credit, customer)
	assert company.differences(credit, customer, company.read(note)) == []
	postings = [company.receivable_posting(company.read(each))["id"] for each in (invoice, note)]
	answer = company.client.put("/ledger/posting/:closePostings", body=postings)
	rest = [decimal(company.read(each), "amountCurrencyOutstanding") for each in (invoice, note)]
	company.observe(complaints=answer.values, outstanding_of_invoice=rest[0], outstanding_of_credit=rest[1])
	assert sum(rest) == Decimal("750.00")


def test_check_02_credit_note_numbered_by_tripletex(company):
	"""The way out if ours is refused with negative lines."""
	customer = company.customer()
	original = company.invoice(("1", "800"))
	invoice = company.book(original, customer)
	credit = replace(company.credit_note(original), number=None)
	remote = company.read(company.book_by_order(credit, customer, credited=invoice))
	company.observe(
		their_number=remote["invoiceNumber"],
		outstanding=[remote["amountCurrencyOutstanding"]],
		original=company.read(invoice)["isCredited"],
	)
	assert company.differences(credit, customer, remote) == []
	assert remote["isCreditNote"]
	assert remote["creditedInvoice"] in (invoice, {"id": invoice})
	assert remote["invoiceNumber"] < sandbox.FIRST_NUMBER


# 3 KID


def test_check_03_our_kid_stays(company):
	customer = company.customer()
	document = company.invoice()
	invoice = company.book(document, customer)
	assert company.read(invoice)["kid"] == document.kid
	found = company.client.find(
		"/invoice", "kid", document.kid, fields="id,kid", **company.days(document.date)
	)
	assert [row["id"] for row in found] == [invoice]

	without = replace(company.invoice(), kid="")
	remote = company.read(company.book(without, customer))
	company.observe(kid_without_ours=remote.get("kid"))
	assert company.differences(without, customer, remote) == []


def test_check_03_a_payment_finds_our_kid(company):
	company.by_hand(
		"import an OCR file with the KID of an invoice of this run into the test company (Bank > OCR), and see that it"
		" is matched."
	)
	customer = company.customer()
	document = company.invoice()
	invoice = company.book(document, customer)
	company.sim.bank.ocr(document.kid, document.gross, company.today)
	(payment,) = polled(company, invoice, {1920})
	assert payment.external_ref == document.kid
	assert payment.amount_currency == document.gross


def polled(company, invoice, bank_accounts):
	"""What the poll makes of an invoice's postings, with the other side of each new voucher read."""
	remote = company.client.get("/invoice/{id}", {"id": invoice}, fields=settlement.POLL_FIELDS)
	known = settlement.Known(bank_accounts=frozenset(bank_accounts))
	sides = {
		each: settlement.sides(company.voucher(each)) for each in settlement.unread_vouchers(remote, known)
	}
	return settlement.classify(remote, replace(known, sides=sides))


# 4 Sending


def test_check_04_refusal_of_ehf(company):
	"""To somebody who cannot receive it, so that nothing is sent. A refusal must not look like a lost answer."""
	customer = company.customer(is_private=True, postal_address=behaviours.Address())
	document = company.invoice()
	invoice = company.book(document, customer)
	query = {"sendType": mapper.SEND_METHODS[Sender.EHF]}
	refused = refusal(company.client.put, "/invoice/{id}/:send", {"id": invoice}, query=query)
	company.observe(refused=told(refused))
	assert isinstance(refused, Refused)
	assert refused.kind is Kind.INVALID
	# The words by which the hint is found.
	assert re.search(r"sendes via (ehf|paper)|cannot be sent", str(refused), re.IGNORECASE)
	assert company.differences(document, customer, company.read(invoice)) == []


def test_check_04_our_number_in_the_ehf(company):
	company.by_hand(
		"give a customer of this run an organisation number that may receive EHF, send its invoice as EHF from Tripletex,"
		" and compare cbc:ID and cbc:PaymentID of the XML with our number and KID."
	)
	customer = company.customer(organization_number=behaviours.ORGANIZATION, sender=Sender.EHF)
	document = company.invoice()
	invoice = company.book(document, customer)
	company.sent = 1
	company.client.put("/invoice/{id}/:send", {"id": invoice}, query={"sendType": "EHF"})
	assert [each["invoiceNumber"] for each in company.sim.sent_box] == [document.number]


# 5 Rounding of VAT

HALVES = {
	"three lines of 0.005 øre more": [("1", "10.02")] * 3,
	"three lines of 0.005 øre less": [("1", "10.01")] * 3,
	"two rates": [
		("1", "10.02"),
		("1", "0.10", MIDDLE),
		("1", "10.02"),
		("1", "0.10", MIDDLE),
		("1", "10.02"),
	],
	"a deduction": [("1", "10.02"), ("1", "10.02"), ("1", "10.02"), ("1", "-10.02"), ("1", "0.02")],
	"one line, half up": [("1", "10.02")],
}


def test_check_05_vat_per_rate_or_per_line(company):
	agreeing = {way: agreement(company, way) for way in ("rate", "line")}
	company.observe(agreeing=agreeing)
	# As ERPNext rounds unless told otherwise: no more than an øre for each code, which is explained by itself.
	assert None not in agreeing["rate"].values()
	# And one of ERPNext's two settings agrees to the øre.
	assert any(all(each.values()) for each in agreeing.values())


def agreement(company, way):
	"""Case -> does the booked invoice equal ERPNext's, rounded this way? None if by more than rounding it does not."""
	customer = company.customer()
	return {name: _agrees(company, customer, lines, way) for name, lines in HALVES.items()}


def _agrees(company, customer, lines, way):
	document = company.invoice(*lines, vat_by=way)
	differences = company.differences(document, customer, company.read(company.book(document, customer)))
	return None if significant(differences) else not differences


@pytest.mark.parametrize("way", ["rate", "line"])
def test_both_ways_of_rounding_are_told_apart(simulated_company, sim, way):
	sim.vat_rounding = way
	other = {"rate": "line", "line": "rate"}[way]
	assert all(agreement(simulated_company, way).values())
	assert False in agreement(simulated_company, other).values()


# 6 Closed books


def refused_by_date(company, day):
	"""A document of that day, refused: it stays whole and can be booked on another day by a person's decision."""
	customer = company.customer()
	document = company.invoice(date=day)
	refused = refusal(company.book, document, customer)
	company.observe(refused=told(refused), day=day.isoformat())
	assert isinstance(refused, Refused)
	assert refused.kind is Kind.INVALID
	assert company.look_up(document) is None
	assert company.orders(document) == []
	moved = replace(document, date=company.today, due_date=company.today)
	assert company.differences(moved, customer, company.read(company.book(moved, customer))) == []
	return refused


def test_check_06_a_filed_vat_term(company):
	day = company.today.replace(day=1) - timedelta(days=1)
	if company.sim:
		company.sim.gui.close_vat_term(day)
	else:
		company.client.search("/vatTermSizeSettings")
		day = behaviours.filed_day() or company.by_hand(
			"file a VAT return of the test company (Accounting > VAT return), name a day of its term in"
			f" {sandbox.FILED_DAY}, and run again."
		)
	refused = refused_by_date(company, day)
	# The words by which the hint is found.
	assert re.search(r"låst for mva|locked for vat", str(refused), re.IGNORECASE)


def test_check_06_a_closed_period(company):
	day = company.today.replace(day=1) - timedelta(days=1)
	if company.sim:
		company.sim.gui.close_period(day)
	periods = company.client.search("/ledger/accountingPeriod", fields="id,start,end,isClosed")
	closed = [row["start"] for row in periods if row["isClosed"]]
	company.observe(closed_periods=len(closed))
	if not closed:
		company.by_hand("close a period of the test company (Accounting > Period closing), and run again.")
	refused_by_date(company, date.fromisoformat(max(closed)))


def test_check_06_before_the_books_begin(company):
	refused_by_date(company, date(2001, 1, 31))


# 7 Vouchers


def test_check_07_an_external_number_twice(company):
	customer = company.customer()
	document = replace(company.invoice(("1", "600")), kid="")
	company.check_locally(document, Strategy.VOUCHER)
	request = mapper.voucher_request(document, company.ids(customer, document))
	voucher = company.client.post("/ledger/voucher", body=request.body, query=request.query).value["id"]
	remote = company.voucher(voucher)
	assert compare_voucher(request.expected, remote) == []

	key = {"key": "externalVoucherNumber", "value": document.name, "fields": VOUCHER_FIELDS}
	search = "/ledger/voucher/>externalVoucherNumber"
	found = company.client.find_one(search, **key)
	assert found["id"] == voucher
	assert same_voucher(request.expected, found)

	try:
		second = company.client.post("/ledger/voucher", body=request.body, query=request.query).value["id"]
	except Refused as refused:
		company.observe(second=told(refused))
		assert company.client.find_one(search, **key)["id"] == voucher
		return
	company.observe(second="accepted")
	try:
		# Two are seen as two: nothing is adopted by chance.
		assert {row["id"] for row in company.client.find(search, **key)} == {voucher, second}
		assert refusal(company.client.find_one, search, **key).kind is Kind.CONFLICT
	finally:
		query = {"date": company.today}
		company.client.put("/ledger/voucher/{id}/:reverse", {"id": second}, query=query)
	assert company.voucher(second).get("reverseVoucher")


# 8 The rate limit


def test_check_08_what_answers_say_of_the_limit(company):
	for _ in range(5):
		company.client.get("/token/session/>whoAmI")
	names = ("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset")
	seen = [[each.headers.get(name) for name in names] for each in company.tap.exchanges]
	company.observe(limit=seen[-1][0], windows=len({row[2] for row in seen}))
	assert all((text or "").isdigit() for row in seen for text in row)
	limits = {int(row[0]) for row in seen}
	assert len(limits) == 1
	assert min(limits) > 2 * RESERVE
	assert all(0 <= int(row[2]) <= PERIOD for row in seen)
	assert company.journal.calls[-1].remaining == int(seen[-1][1])
	assert {each.status for each in company.tap.exchanges} == {200}


# 9 Events


def test_check_09_events_that_wake_the_poll(company):
	events = company.client.get("/event")
	company.observe(events=sorted(events))
	assert subscribed() <= set(events)


def subscribed():
	"""The events that production subscribes to, read from its source: it needs a site to be imported."""
	source = (ROOT / "billing_ext/services/tripletex/webhook_subscription.py").read_text()
	(events,) = (
		ast.literal_eval(node.value)
		for node in ast.parse(source).body
		if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EVENTS"
	)
	assert "closeGroup.create" in events
	return set(events)


# 10 The order behind an invoice


def test_check_10_the_order_can_be_closed(company):
	customer = company.customer()
	document = company.invoice(("2", "100"), ("1", "50"))
	invoice = company.book(document, customer)
	path = {"id": needed(company.read(invoice), "orders")[0]["id"]}
	order = company.client.get("/order/{id}", path, fields="id,version,isClosed")
	company.observe(closed_by_the_invoice=order["isClosed"])
	if not order["isClosed"]:
		body = {"version": order["version"], "isClosed": True}
		company.client.put("/order/{id}", path, body=body)
	after = company.client.get("/order/{id}", path, fields="id,number,isClosed,orderLines(id)")
	assert after["isClosed"]
	assert after["number"] == document.name
	assert len(after["orderLines"]) == len(document.lines)
	assert company.differences(document, customer, company.read(invoice)) == []

	# What it is closed for: nobody can invoice it a second time.
	query = mapper.order_invoice_query(document)
	refused = refusal(company.client.put, "/order/{id}/:invoice", path, query=query)
	company.observe(refused=told(refused))
	assert isinstance(refused, Refused)


# 11 Our PDF


def test_check_11_our_pdf_on_the_voucher(company):
	customer = company.customer()
	document = company.invoice()
	remote = company.read(company.book(document, customer))
	voucher = needed(remote, "voucher", "id")
	path, fields = {"id": voucher}, "id,attachment(id,fileName)"
	assert not company.client.get("/ledger/voucher/{id}", path, fields=fields).get("attachment")
	content = pdf(f"{document.name}, billing_ext")
	company.client.upload(
		"/ledger/voucher/{voucherId}/attachment", {"voucherId": voucher}, f"{document.name}.pdf", content
	)
	attached = company.client.get("/ledger/voucher/{id}", path, fields=fields).get("attachment")
	company.observe(attachment=bool(attached))
	assert attached
	assert company.differences(document, customer, company.read(needed(remote, "id"))) == []


# 12 Foreign currency


def in_euro(company, *lines):
	"""An invoice in euro at Tripletex's rate of the day, as ERPNext's hook fetches it."""
	path = {"id": company.master.currencies["EUR"]}
	fields = "rate,sourceCurrency(id,factor)"
	rate = company.client.get("/currency/{id}/rate", path, date=company.today, fields=fields)
	factor = (rate.get("sourceCurrency") or {}).get("factor") or 1
	conversion_rate = Decimal(rate["rate"]) / Decimal(factor)
	return company.invoice(*lines, currency="EUR", conversion_rate=conversion_rate)


def test_check_12_kroner_of_a_foreign_invoice(company):
	customer = company.customer(currency="EUR")
	document = in_euro(company, ("3", "123.45"), ("1", "9.99"))
	differences = company.differences(document, customer, company.read(company.book(document, customer)))
	company.observe(differences=[each.field for each in differences])
	assert significant(differences) == []


def test_check_12_payment_of_a_foreign_invoice(company):
	"""Paid with ten kroner more than it stood at: the rest must be seen as gain on exchange."""
	customer = company.customer(currency="EUR")
	document = in_euro(company, ("1", "100"))
	invoice = company.book(document, customer)
	before = {posting["id"] for posting in needed(company.read(invoice), "postings")}
	kroner = AMOUNT.round(document.gross * document.conversion_rate) + 10
	account = company.pay(invoice, kroner, document.gross)

	remote = company.read(invoice)
	new = [posting for posting in needed(remote, "postings") if posting["id"] not in before]
	ours = [row for row in new if decimal(row, "amountCurrency") == -document.gross]
	voucher = company.voucher(needed(ours[0], "voucher", "id")) if ours else {}
	company.observe(
		open_in_kroner=remote["amountOutstanding"],
		open_in_euro=remote["amountCurrencyOutstanding"],
		postings=[
			{"number": needed(row, "account", "number"), "amount": row["amount"]}
			for row in voucher.get("postings", [])
		],
	)
	# The registration knows its payment by day and amount.
	assert len(ours) == 1
	assert ours[0]["date"] == company.today.isoformat()
	assert decimal(remote, "amountCurrencyOutstanding") == 0
	# And the poll, were it somebody else's, would book money and difference right.
	actions = polled(company, invoice, {account})
	payments = [each for each in actions if isinstance(each, settlement.BookPayment)]
	others = [each for each in actions if each not in payments]
	assert [(each.amount_nok, each.amount_currency) for each in payments] == [(kroner, document.gross)]
	assert all(isinstance(each, settlement.ExchangeMatch) for each in others)
	split = settlement.split_payment(payments[0], document.gross, document.conversion_rate)
	assert (split.allocated, split.advance, split.exchange_difference) == (document.gross, 0, 10)


def test_check_12_payment_without_its_currency(company):
	"""Never sent; what it does tells how much hangs on the amount in the invoice's currency."""
	customer = company.customer(currency="EUR")
	document = in_euro(company, ("1", "2"))
	invoice = company.book(document, customer)
	try:
		company.pay(invoice, AMOUNT.round(document.gross * document.conversion_rate))
	except Refused as refused:
		company.observe(refused=told(refused))
		assert decimal(company.read(invoice), "amountCurrencyOutstanding") == document.gross
		return
	company.observe(outstanding=company.read(invoice)["amountCurrencyOutstanding"])


# 13 Departments


def test_check_13_a_required_department(company):
	departments = company.client.search("/department", fields="id,departmentNumber,name")
	numbered = [row["id"] for row in departments if row.get("departmentNumber")]
	company.observe(departments=len(departments), with_number=len(numbered))
	if not departments:
		company.by_hand("make a department in the test company (Company > Departments), and run again.")
	department = (numbered or [departments[0]["id"]])[0]
	customer = company.customer()
	line = ("1", "300", RENT)
	with company.department_required():
		without = company.invoice(line)
		refused = refusal(company.book, without, customer)
		company.observe(refused=told(refused))
		given = company.invoice(line)
		remote = company.read(company.book(given, customer, department=department))
	assert isinstance(refused, Refused)
	assert refused.kind is Kind.INVALID
	# The words by which the hint is found.
	assert re.search(r"avdeling|department", str(refused), re.IGNORECASE)
	assert company.look_up(without) is None
	assert company.orders(without) == []
	assert company.differences(given, customer, remote) == []


# 14 Cookies


def test_check_14_without_cookies(company):
	"""Our calls send none, as `end` checks for every test. And a cookie alone must open nothing."""
	who = company.client.get("/token/session/>whoAmI")
	company.observe(sets_cookie=any("set-cookie" in each.headers for each in company.tap.exchanges))
	again = company.another_client().get("/token/session/>whoAmI")
	assert again["companyId"] == who["companyId"]

	status = with_cookie_alone(company)
	company.observe(status_with_cookie_alone=status)
	assert status in (None, 401)


def with_cookie_alone(company):
	"""Status of a call with the cookie of another one and no token; None if Tripletex sets none."""
	http = requests.Session()
	http.trust_env = False
	http.mount(ADDRESSES["test"], company.tap.inner)
	address = f"{ADDRESSES['test']}/token/session/%3EwhoAmI"
	session = company.sessions.kept()
	http.get(address, auth=("0", session.token.reveal()), timeout=30)
	if not http.cookies:
		return None
	status = http.get(address, timeout=30).status_code
	if company.sim:
		# This once it was meant.
		assert company.sim.violations == ["cookie sent to GET /token/session/>whoAmI"]
		company.sim.violations.clear()
	return status


# 15 Two at once


@pytest.mark.parametrize("customers", [1, 2])
def test_check_15_two_invoices_at_once(company, customers):
	"""The higher number is given to the first: numbers need not arrive in order."""
	owners = [company.customer() for _ in range(customers)] * (3 - customers)
	documents = [company.invoice(("1", "210")), company.invoice(("1", "120"))][::-1]
	start = Barrier(2)

	def book(document, owner):
		client = company.another_client()
		start.wait(timeout=30)
		try:
			return company.book(document, owner, client=client)
		except TripletexError as error:
			return error

	with ThreadPoolExecutor(2) as pool:
		results = list(pool.map(book, documents, owners))
	company.observe(errors=[told(each) for each in results if isinstance(each, TripletexError)])
	assert not [each for each in results if isinstance(each, TripletexError)]
	assert len(set(results)) == 2
	for document, owner, invoice in zip(documents, owners, results, strict=True):
		assert company.differences(document, owner, company.read(invoice)) == []


# What the suite itself is made of


def test_a_new_company_is_prepared(clock):
	simulator = pytest.importorskip("tripletex_simulator", reason="werkzeug is not installed")
	sim = simulator.Simulator(clock=clock, fresh=True)
	company = behaviours.simulated(sim, clock)
	with pytest.raises(pytest.fail.Exception, match="not registered for VAT"):
		company.prepare()
	sim.gui.set_vat_registered(True)
	company = behaviours.simulated(sim, clock)
	company.prepare()
	document, customer = company.invoice(), company.customer()
	assert company.differences(document, customer, company.read(company.book(document, customer))) == []


def test_tokens_come_in_pairs():
	assert sandbox.tokens({CONSUMER: "c", EMPLOYEE: "e"}).employee == Secret("e")
	assert sandbox.tokens({CONSUMER: "c"}) is None
	assert EMPLOYEE in sandbox.missing({CONSUMER: "c"})
	assert CONSUMER not in sandbox.missing({CONSUMER: "c"})
	assert all(name in sandbox.missing({}) for name in (CONSUMER, EMPLOYEE))


def test_runs_do_not_share_numbers():
	start = datetime(2026, 11, 22, 9, tzinfo=timezone.utc)
	runs = [sandbox.numbers_of_a_run(start + timedelta(minutes=each)) for each in (0, 1, 5_000)]
	assert len({number for run in runs for number in run}) == 3 * sandbox.NUMBERS_OF_A_RUN
	latest = sandbox.FIRST_NUMBER + sandbox.RUNS * sandbox.NUMBERS_OF_A_RUN
	assert numbering.range_problem(sandbox.FIRST_NUMBER, latest, behaviours.KID_LENGTH) is None


def test_recordings_hold_nothing_personal():
	scrubber = Scrubber(date(2026, 11, 22), 500_000_200, (Secret("s3cret"),), {LARGE: "<largest>"})
	answer = {
		"id": 81_000_100,
		"name": "Kari Nordmann",
		"email": "kari@example.com",
		"message": 'Opptatt: <a href="/x?customerId=12345678">Kari</a> av kari@example.com, s3cret, 500000203',
		"invoiceNumber": 500_000_201,
		"kid": numbering.kid_for(500_000_201, 10),
		"invoiceDate": "2026-12-06",
		"timestamp": "2026-11-22T09:00:00",
		"amount": Decimal("12.50"),
		"largest": LARGE,
		"phoneNumber": "99887766",
		"vatType": {"id": 3, "name": "Utgående avgift, høy sats"},
		"isClosed": False,
	}
	assert scrubber.theirs(answer) == {
		"id": "<id>",
		"name": "<text>",
		"email": "<text>",
		"message": "Opptatt: <a>…</a> av <e-mail>, ***, <number 3>",
		"invoiceNumber": "<number 1>",
		"kid": "<kid 1>",
		"invoiceDate": "<today+14>",
		"timestamp": "<time>",
		"amount": "12.50",
		"largest": "<largest>",
		"phoneNumber": "<text>",
		"vatType": {"id": "<id>", "name": "Utgående avgift, høy sats"},
		"isClosed": False,
	}
	assert scrubber.ours({"name": "BXT-500000201 99887766"}) == {"name": "BXT-<number 1> <digits>"}


def test_recordings_of_two_runs_are_equal(sim, clock, tmp_path, monkeypatch):
	"""So that a recording of the test environment can be compared with the simulator's."""
	monkeypatch.setenv(RECORDINGS, str(tmp_path))
	texts = []
	for each in (sim, type(sim)(clock=clock)):
		company = behaviours.simulated(each, clock)
		company.begin(1, "check-01-twice")
		document, customer = company.invoice(), company.customer()
		company.read(company.book(document, customer))
		company.observe(refused=told(refusal(company.book, document, customer)))
		company.end()
		texts.append((tmp_path / "simulator" / "check-01-twice.json").read_text())
		assert not [token for token in (*each.tokens, *each.state.sessions) if f'"{token}"' in texts[-1]]
		clock.advance(90_000)
	assert texts[0] == texts[1]
	recorded = json.loads(texts[0])
	assert recorded["observed"]["refused"]["status"] == 422
	assert [call["method"] for call in recorded["calls"]].count("POST") == 3
