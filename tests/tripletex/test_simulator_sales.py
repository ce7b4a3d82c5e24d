"""The simulator's orders, invoices, credit notes, vouchers and locks."""

from datetime import datetime, timezone
from decimal import Decimal

import pytest
from tripletex_simulator import Simulator
from tripletex_simulator.caller import Caller

TODAY = "2026-11-22"


@pytest.fixture
def company():
	sim = Simulator(clock=lambda: datetime(2026, 11, 22, 10, tzinfo=timezone.utc), rate_limit=None)
	yield sim
	for voucher in sim.vouchers():
		assert sum(Decimal(p["amount"]) for p in voucher["postings"]) == 0, voucher


@pytest.fixture
def caller(company):
	return Caller(company)


@pytest.fixture
def customer(caller):
	return caller.customer()["id"]


def text_of(answer):
	assert answer.status_code == 422, answer.text
	return answer.json()["validationMessages"][0]["message"]


def credit(caller, invoice, **query):
	query = {"date": TODAY, "sendToCustomer": False, **query}
	return caller.call("PUT", f"/invoice/{invoice['id']}/:createCreditNote", **query)


class TestInvoices:
	def test_amounts_are_rounded_half_up(self, caller, customer, company):
		invoice = caller.invoice(500001, customer, (118312.50, 3), kid="0005000013")
		assert invoice["amount"] == invoice["amountOutstanding"] == 147890.63
		assert company.balance(1500) == Decimal("147890.63")
		assert (company.balance(3000), company.balance(2700)) == (Decimal("-118312.50"), Decimal("-29578.13"))
		assert [i["kid"] for i in _invoices(caller, kid="0005000013")] == ["0005000013"]

	@pytest.mark.parametrize(("rounding", "vat"), [("rate", "0.08"), ("line", "0.09")])
	def test_vat_is_rounded_per_rate_or_per_line(self, rounding, vat):
		sim = Simulator(vat_rounding=rounding)
		caller = Caller(sim)
		caller.invoice(500001, caller.customer()["id"], *[(0.10, 3)] * 3)
		assert sim.balance(2700) == -Decimal(vat)

	def test_vat_and_income_by_code(self, caller, customer, company):
		lines = [(100, 3), (100, 31), (100, 32), (100, 5), (100, 6)]
		caller.invoice(500001, customer, *lines)
		vat = [company.balance(number) for number in (2700, 2701, 2702)]
		assert vat == [Decimal(-25), Decimal(-15), Decimal(-12)]
		assert [company.balance(n) for n in (3000, 3001, 3002, 3100, 3200)] == [Decimal(-100)] * 5

	def test_the_order_stays_open(self, caller, customer):
		invoice = caller.invoice(500001, customer, (100, 3))
		order = caller.value("GET", f"/order/{invoice['orders'][0]['id']}")
		assert order["isClosed"] is False
		body = {"version": order["version"], "isClosed": True}
		assert caller.value("PUT", f"/order/{order['id']}", body)["isClosed"] is True

	def test_a_closed_order_cannot_be_billed_again(self, caller, customer):
		invoice = caller.invoice(500001, customer, (100, 3))
		key = invoice["orders"][0]["id"]
		caller.value("PUT", f"/order/{key}", {"isClosed": True})
		answer = caller.call("PUT", f"/order/{key}/:invoice", invoiceDate=TODAY, sendToCustomer=False)
		assert answer.status_code == 422

	def test_an_open_order_can_be_billed_again(self, caller, customer, company):
		key = caller.invoice(500001, customer, (100, 3))["orders"][0]["id"]
		again = caller.value("PUT", f"/order/{key}/:invoice", invoiceDate=TODAY, sendToCustomer=False)
		assert again["invoiceNumber"] == 1
		assert len(company.invoices()) == 2

	def test_two_sources_of_numbers(self, caller, customer, company):
		caller.invoice(2, customer, (100, 3))
		assert company.gui.make_invoice(customer, 100)["invoiceNumber"] == 1
		answer = caller.call(
			"POST", "/invoice", caller.invoice_body(None, customer, (100, 3)), sendToCustomer=False
		)
		assert answer.status_code == 422  # the counter does not see the imported 2
		assert len(company.invoices()) == 2
		assert len(company.orders()) == 2  # nothing of a refused call stays

	def test_a_number_is_taken_once(self, caller, customer, company):
		caller.invoice(500001, customer, (100, 3))
		body = caller.invoice_body(500001, customer, (200, 3))
		body["orders"][0]["number"] = "another"
		answer = caller.call("POST", "/invoice", body, sendToCustomer=False)
		assert answer.json()["validationMessages"][0]["field"] == "invoiceNumber"
		company.gui.answer_duplicates_with(409, 14000)
		answer = caller.call("POST", "/invoice", body, sendToCustomer=False)
		assert (answer.status_code, answer.json()["code"]) == (409, 14000)

	def test_an_order_without_lines_makes_an_empty_invoice(self, caller, customer):
		assert caller.invoice(500001, customer)["amount"] == 0
		body = {"customer": {"id": customer}, "orderDate": TODAY, "deliveryDate": TODAY}
		key = caller.value("POST", "/order", body)["id"]
		answer = caller.call("PUT", f"/order/{key}/:invoice", invoiceDate=TODAY)
		assert text_of(answer) == "Fakturaen inneholder ingen ordrelinjer."

	def test_sending_is_the_default(self, caller, customer, company):
		caller.value("POST", "/invoice", caller.invoice_body(500001, customer, (100, 3)))
		assert [mail["invoiceNumber"] for mail in company.sent_box] == [500001]

	def test_nothing_is_sent_when_told_so(self, caller, customer, company):
		caller.invoice(500001, customer, (100, 3))
		assert company.sent_box == []

	def test_without_bank_account(self, caller, customer, company):
		company.gui.remove_bank_account()
		answer = caller.call("POST", "/invoice", caller.invoice_body(500001, customer, (100, 3)))
		assert (
			text_of(answer) == "Faktura kan ikke opprettes før selskapet har registrert et bankkontonummer."
		)
		bank = caller.account(1920)
		body = {"version": bank["version"], "bankAccountNumber": "15032080119"}
		caller.value("PUT", f"/ledger/account/{bank['id']}", body)
		caller.invoice(500001, customer, (100, 3))

	@pytest.mark.parametrize(
		("change", "text"),
		[
			({"orders": []}, "Listen kan ikke være tom."),
			({"invoiceDate": None}, "Kan ikke være null."),
			({"kid": "1" * 26}, "Teksten kan ikke være lengre enn 25 tegn."),
		],
	)
	def test_refusals(self, caller, customer, change, text):
		body = caller.invoice_body(500001, customer, (100, 3)) | change
		assert text_of(caller.call("POST", "/invoice", body)) == text

	def test_prepaid_needs_both(self, caller, customer):
		answer = caller.call(
			"POST", "/invoice", caller.invoice_body(500001, customer, (100, 3)), paidAmount=5
		)
		assert text_of(answer).startswith("Både paidAmount og paymentTypeId må oppgis")

	def test_a_required_department(self, caller, customer, company):
		company.gui.require_department()
		body = caller.invoice_body(500001, customer, (100, 3))
		assert caller.call("POST", "/invoice", body).status_code == 422
		body["orders"][0]["department"] = {"id": caller.values("/department")[0]["id"]}
		caller.value("POST", "/invoice", body, sendToCustomer=False)

	def test_foreign_currency(self, caller, customer, company):
		invoice = caller.invoice(500001, customer, (100, 52), currency={"id": 5})
		rate = Decimal(str(caller.value("GET", "/currency/5/rate", date=TODAY)["rate"]))
		assert invoice["amountCurrency"] == 100
		assert company.balance(1500) == (100 * rate).quantize(Decimal("0.01"))

	def test_a_list_shows_charged_invoices_only(self, caller, customer):
		body = caller.invoice_body(500001, customer, (100, 3))["orders"][0]
		order = caller.value("POST", "/order", body)
		preliminary = caller.value("GET", f"/invoice/{order['preliminaryInvoice']['id']}")
		assert (preliminary["invoiceNumber"], preliminary["isCharged"], preliminary["voucher"]) == (
			0,
			False,
			None,
		)
		assert _invoices(caller) == []

	def test_a_thousand_in_one_list(self, caller, customer, company):
		company.lock.acquire()
		for number in range(1000):
			company.gui.make_invoice(customer, 100 + number)
		company.lock.release()
		begin = datetime.now(timezone.utc)
		fields = "id,version,invoiceNumber,amountOutstanding,customer(id),postings(id,amount,account(number),voucher(id))"
		assert len(_invoices(caller, fields=fields)) == 1000
		assert (datetime.now(timezone.utc) - begin).total_seconds() < 2


def _invoices(caller, **query):
	return caller.values("/invoice", invoiceDateFrom="2026-01-01", invoiceDateTo="2027-01-01", **query)


class TestOrders:
	def order(self, customer, *lines, **fields):
		body = {"customer": {"id": customer}, "orderDate": TODAY, "deliveryDate": TODAY}
		return {**body, "orderLines": list(lines), **fields}

	def test_the_answer_hides_the_lines(self, caller, customer):
		order = caller.value("POST", "/order", self.order(customer, {"description": "A", "count": 2}))
		assert order["orderLines"] == []
		assert len(caller.value("GET", f"/order/{order['id']}")["orderLines"]) == 1

	def test_numbers_are_unique(self, caller, customer):
		caller.value("POST", "/order", self.order(customer, number="SO-1"))
		assert caller.call("POST", "/order", self.order(customer, number="SO-1")).status_code == 422
		found = caller.values("/order", number="SO-1", orderDateFrom=TODAY, orderDateTo="2026-11-23")
		assert len(found) == 1

	@pytest.mark.parametrize(
		("line", "text"),
		[
			({"count": 1}, "Det må registreres en beskrivelse eller et produkt."),
			({"description": "A", "vatType": {"id": 1}}, "Ugyldig mva-kode."),
			(
				{"description": "A", "unitPriceIncludingVatCurrency": 125},
				"Enhetspris må være uten mva siden enhetspris på ordre er uten mva.",
			),
		],
	)
	def test_refusals(self, caller, customer, line, text):
		assert text_of(caller.call("POST", "/order", self.order(customer, line))) == text

	def test_prices_with_vat(self, caller, customer):
		line = {"description": "A", "unitPriceIncludingVatCurrency": 125, "vatType": {"id": 3}}
		body = self.order(customer, line, isPrioritizeAmountsIncludingVat=True)
		key = caller.value("POST", "/order", body)["id"]
		found = caller.value("GET", f"/order/{key}", fields="orderLines(amountExcludingVatCurrency)")
		assert found["orderLines"][0]["amountExcludingVatCurrency"] == 100


class TestIncomeAccounts:
	def test_the_product_decides_if_its_vat_type_is_the_lines(self, caller, customer, company):
		product = caller.product(3700, 3)["id"]
		line = {"product": {"id": product}, "unitPriceExcludingVatCurrency": 100, "vatType": {"id": 3}}
		caller.invoice(500001, customer, line)
		caller.invoice(500002, customer, line | {"vatType": {"id": 5}})
		assert (company.balance(3700), company.balance(3100)) == (Decimal(-100), Decimal(-100))

	def test_an_account_that_is_locked_to_another_code(self, caller, customer):
		product = caller.product(2970, 3)["id"]
		line = {"product": {"id": product}, "unitPriceExcludingVatCurrency": 100, "vatType": {"id": 3}}
		answer = caller.call("POST", "/invoice", caller.invoice_body(500001, customer, line))
		assert text_of(answer).startswith(
			"Finner ikke en gyldig regnskapskonto for produktet E-2970-3 og mva-koden 3:"
		)

	def test_a_line_without_vat_type_is_booked_without_vat(self, caller, customer, company):
		caller.invoice(500001, customer, {"description": "A", "unitPriceExcludingVatCurrency": 100})
		assert (company.balance(2700), company.balance(3900)) == (Decimal(0), Decimal(-100))


class TestCreditNotes:
	def test_the_full_one(self, caller, customer, company):
		original = caller.invoice(500001, customer, (100, 3))
		note = credit(caller, original).json()["value"]
		assert (note["invoiceNumber"], note["amount"], note["isCreditNote"]) == (1, -125, True)
		assert (note["creditedInvoice"], note["invoiceDueDate"]) == (original["id"], TODAY)
		original = caller.read(original)
		assert (original["isCredited"], original["amountOutstanding"]) == (True, 0)
		assert len({p["closeGroup"]["id"] for p in original["postings"]}) == 1
		assert company.balance(1500) == 0

	def test_only_once(self, caller, customer):
		original = caller.invoice(500001, customer, (100, 3))
		credit(caller, original)
		assert text_of(credit(caller, original)).startswith("Hele eller deler av fakturaen er kreditert.")

	def test_sending_is_the_default_here_too(self, caller, customer, company):
		original = caller.invoice(500001, customer, (100, 3))
		credit(caller, original, sendToCustomer=True)
		assert [mail["kind"] for mail in company.sent_box] == ["credit note"]

	def test_negative_lines_with_a_number_of_ours_are_not_linked(self, caller, customer, company):
		original = caller.invoice(500001, customer, (100, 3))
		line = {
			"description": "Kredit",
			"count": -1,
			"unitPriceExcludingVatCurrency": 40,
			"vatType": {"id": 3},
		}
		note = caller.invoice(500002, customer, line)
		assert (note["isCreditNote"], note["creditedInvoice"], note["amount"]) == (True, None, -50)
		assert (caller.read(original)["amountOutstanding"], note["amountOutstanding"]) == (125, -50)
		postings = [caller.read(i)["postings"][0]["id"] for i in (original, note)]
		answer = caller.call("PUT", "/ledger/posting/:closePostings", postings)
		assert answer.json()["values"] == []
		assert (caller.read(original)["amountOutstanding"], caller.read(note)["amountOutstanding"]) == (75, 0)

	def test_partial_by_an_order(self, caller, customer):
		original = caller.invoice(500001, customer, (100, 3))
		body = caller.invoice_body(None, customer)["orders"][0]
		body["orderLines"] = [
			{"description": "K", "count": -1, "unitPriceExcludingVatCurrency": 40, "vatType": {"id": 3}}
		]
		key = caller.value("POST", "/order", body)["id"]
		query = {"invoiceDate": TODAY, "sendToCustomer": False, "invoiceIdIfIsCreditNote": original["id"]}
		note = caller.value("PUT", f"/order/{key}/:invoice", **query)
		assert note["creditedInvoice"] == original["id"]
		assert caller.read(original)["amountOutstanding"] == 75


class TestLocks:
	def test_a_filed_vat_term(self, caller, customer, company):
		company.gui.close_vat_term("2026-10-31")
		answer = caller.call(
			"POST", "/invoice", caller.invoice_body(500001, customer, (100, 3), day="2026-10-31")
		)
		assert text_of(answer) == "Regnskapet er låst for mva-posteringer på følgende dato."
		caller.invoice(500001, customer, (100, 3), day="2026-11-01")

	def test_a_closed_period(self, caller, customer, company):
		company.gui.close_period("2026-09-30")
		body = caller.invoice_body(500001, customer, (100, 6), day="2026-09-30")
		assert caller.call("POST", "/invoice", body).status_code == 422
		query = {"startFrom": "2026-09-01", "startTo": "2026-11-01"}
		assert [p["isClosed"] for p in caller.values("/ledger/accountingPeriod", **query)] == [True, False]


class TestSending:
	def send(self, caller, invoice, kind):
		return caller.call("PUT", f"/invoice/{invoice['id']}/:send", sendType=kind)

	def test_success_has_no_body(self, caller, customer, company):
		answer = self.send(caller, caller.invoice(500001, customer, (100, 3)), "EMAIL")
		assert (answer.status_code, answer.content) == (204, b"")
		assert company.sent_box[0]["method"] == "EMAIL"

	def test_ehf_needs_an_address(self, caller, company):
		customer = caller.customer(organizationNumber="987654325")["id"]
		company.gui.delete_customer_address(customer)
		invoice = caller.invoice(500001, customer, (100, 3))
		assert text_of(self.send(caller, invoice, "EHF")) == "Faktura kan ikke sendes via EHF"
		assert company.sent_box == []

	def test_pdf(self, caller, customer):
		invoice = caller.invoice(500001, customer, (100, 3))
		assert caller.call("GET", f"/invoice/{invoice['id']}/pdf").content.startswith(b"%PDF")

	def test_attachments(self, caller, customer):
		invoice = caller.invoice(500001, customer, (100, 3))
		files = {"file": ("faktura.pdf", b"%PDF-1.4", "application/pdf")}
		path = f"{caller.base}/ledger/voucher/{invoice['voucher']['id']}/attachment"
		assert caller.http.post(path, files=files).json()["value"]["attachment"]["id"]
		path = f"{caller.base}/order/{invoice['orders'][0]['id']}/:attach"
		assert caller.http.put(path, files=files).json()["value"]["fileName"] == "faktura.pdf"


class TestVouchers:
	def voucher(self, caller, *postings, **fields):
		rows = [
			{
				"row": i,
				"account": {"id": caller.account(n)["id"]},
				"amountGross": a,
				"amountGrossCurrency": a,
				**more,
			}
			for i, (n, a, more) in enumerate(postings, 1)
		]
		body = {"date": "2026-11-30", "description": "Periodisering", "postings": rows, **fields}
		return caller.call("POST", "/ledger/voucher", body)

	def test_an_accrual(self, caller, company):
		number = "ERPN-DEF-1-2026-11-r1"
		answer = self.voucher(caller, (3090, 500, {}), (2970, -500, {}), externalVoucherNumber=number)
		assert answer.status_code == 201
		assert answer.json()["value"]["version"] == 5
		found = caller.values("/ledger/voucher/>externalVoucherNumber", externalVoucherNumber=number)
		assert len(found) == 1
		back = caller.value("PUT", f"/ledger/voucher/{found[0]['id']}/:reverse", date="2026-12-01")
		assert back["reverseVoucher"]["id"] == found[0]["id"]
		assert (company.balance(2970), company.balance(2970, "2026-11-30")) == (0, -500)

	def test_vat_rows_are_made_from_gross_amounts(self, caller, company):
		self.voucher(caller, (3000, -125, {"vatType": {"id": 3}}), (1920, 125, {}))
		assert (company.balance(3000), company.balance(2700)) == (Decimal(-100), Decimal(-25))

	@pytest.mark.parametrize(
		("postings", "text"),
		[
			([], "Et bilag kan ikke registreres uten posteringer."),
			([(3090, 1, {"row": 0}), (2970, -1, {})], "Posteringene på rad 0 (guiRow 0) er systemgenererte"),
			([(3090, 1, {}), (2970, -2, {})], "Summen av posteringene for 2026-11-30 er ikke lik 0."),
			([(1500, 1, {}), (2970, -1, {})], "Kunde mangler."),
			([(3090, 1, {"amountGross": 2}), (2970, -1, {})], "Beløp (amountGross) må være det samme som"),
			(
				[(3000, -1, {}), (1920, 1, {})],
				"Kontoen 3000 Salgsinntekt, avgiftspliktig er låst til mva-kode 3: Utgående avgift, høy sats.",
			),
		],
	)
	def test_refusals(self, caller, postings, text):
		assert text_of(self.voucher(caller, *postings)).startswith(text)

	def test_accounts_go_by_id(self, caller):
		body = {"date": TODAY, "description": "A", "postings": [{"row": 1, "account": {"number": 3000}}]}
		message = caller.call("POST", "/ledger/voucher", body).json()["validationMessages"][0]
		assert (message["field"], message["path"]) == ("postings.account.name", "postings[0].account.name")
		assert message["message"] == "Kan ikke være null."

	def test_fields_that_cannot_be_changed(self, caller):
		voucher = self.voucher(caller, (3090, 1, {}), (2970, -1, {})).json()["value"]
		body = {"version": voucher["version"], "description": "B"}
		answer = caller.call("PUT", f"/ledger/voucher/{voucher['id']}", body)
		assert (
			text_of(answer)
			== "Det er foreløpig ikke mulig å endre dette feltet for denne bilagstypen via API-et."
		)

	def test_balances(self, caller, company, customer):
		caller.invoice(500001, customer, (100, 3))
		query = {"dateFrom": "2026-11-01", "dateTo": "2026-12-01", "fields": "account(number),balanceOut"}
		rows = caller.values("/balanceSheet", accountNumberFrom=1500, accountNumberTo=2999, **query)
		assert {r["account"]["number"]: r["balanceOut"] for r in rows} == {1500: 125, 2700: -25}
		query = {"date": "2026-11-23", "accountNumberFrom": 1500, "accountNumberTo": 1500}
		assert len(caller.values("/ledger/posting/openPost", **query)) == 1
		assert caller.values("/ledger/posting/openPost", **query | {"date": TODAY}) == []


class TestPeople:
	def test_a_voucher_by_hand(self, company, customer):
		company.gui.hand_voucher((1500, 100, customer), (3900, -100))
		assert company.balance(1500) == 100

	def test_an_invoice_that_somebody_corrected(self, caller, customer, company):
		caller.invoice(500001, customer, (100, 3))
		company.gui.edit_invoice_amount(500001, 10)
		assert company.invoice_by_number(500001)["amount"] == 135

	def test_customers(self, caller, customer, company):
		company.gui.edit_customer(customer, name="Nytt navn", postalAddress={"city": "Bergen"})
		changed = company.customers()[0]
		assert (changed["name"], changed["postalAddress"]["city"], changed["version"]) == (
			"Nytt navn",
			"Bergen",
			2,
		)
		company.gui.deactivate_customer(customer)
		assert caller.values("/customer", customerAccountNumber=200001) == []
		assert len(caller.values("/customer", customerAccountNumber=200001, isInactive=True)) == 1
