"""The simulator's payments: from a client, from the bank, taken back; and what closes what."""

from datetime import datetime, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tripletex_simulator import Simulator
from tripletex_simulator.caller import Caller

TODAY = "2026-11-22"
FIELDS = (
	"amountOutstanding,amountCurrencyOutstanding,postings(id,amount,amountCurrency,type,description,externalRef,"
	"closeGroup(id),voucher(id,voucherType(name)))"
)


def new_company():
	return Simulator(clock=lambda: datetime(2026, 11, 22, 10, tzinfo=timezone.utc), rate_limit=None)


@pytest.fixture
def company():
	return new_company()


@pytest.fixture
def caller(company):
	return Caller(company)


@pytest.fixture
def invoice(caller):
	return caller.invoice(500001, caller.customer()["id"], (1000, 3), kid="0005000013")


def pay(caller, invoice, amount, **query):
	kind = caller.values("/invoice/paymentType", description="Betalingsformidler")[0]["id"]
	query = {"paymentDate": TODAY, "paymentTypeId": kind, "paidAmount": amount, **query}
	return caller.call("PUT", f"/invoice/{invoice['id']}/:payment", **query)


def test_a_payment_by_a_client(caller, invoice, company):
	assert pay(caller, invoice, 1250).json()["value"]["amountOutstanding"] == 0
	posting = caller.read(invoice, FIELDS)["postings"][1]
	assert (posting["amount"], posting["type"]) == (-1250, None)
	assert posting["description"] == "Betaling: Faktura nummer 500001"
	assert posting["voucher"]["voucherType"]["name"] == "Betaling"
	assert company.balance(1915) == 1250


def test_a_repeated_payment_is_booked_twice(caller, invoice):
	pay(caller, invoice, 1250)
	assert pay(caller, invoice, 1250).json()["value"]["amountOutstanding"] == -1250


def test_nothing_is_no_payment(caller, invoice):
	message = pay(caller, invoice, "0.00").json()["validationMessages"][0]
	assert (message["field"], message["message"]) == (
		"Internt felt (amountBasisCurrency)",
		"Feltet må fylles ut.",
	)


def test_a_negative_payment_takes_back(caller, invoice):
	pay(caller, invoice, 1250)
	assert pay(caller, invoice, -1250).json()["value"]["amountOutstanding"] == 1250


def test_part_by_part_and_the_close_group(caller, invoice, company):
	company.bank.pay(500001, 250, TODAY)
	read = caller.read(invoice, FIELDS)
	assert (read["amountOutstanding"], read["postings"][0]["closeGroup"]) == (1000, None)
	company.bank.ocr("0005000013", 1000, TODAY)
	read = caller.read(invoice, FIELDS)
	assert read["amountOutstanding"] == 0
	assert len({p["closeGroup"]["id"] for p in read["postings"]}) == 1
	ocr = read["postings"][2]
	assert (ocr["externalRef"], ocr["voucher"]["voucherType"]["name"]) == (
		"0005000013",
		"Betaling med KID-nummer",
	)
	groups = caller.values("/ledger/closeGroup", dateFrom=TODAY, dateTo="2026-11-23")
	assert len(groups[0]["postings"]) == 3


def test_a_reversed_payment_leaves_the_invoice(caller, invoice, company):
	voucher = company.bank.pay(500001, 1250, TODAY)
	company.bank.reverse(voucher["id"], TODAY)
	read = caller.read(invoice, FIELDS)
	assert (read["amountOutstanding"], len(read["postings"])) == (1250, 1)
	assert read["postings"][0]["closeGroup"] is None
	assert company.balance(1920) == 0


def test_a_deleted_payment(caller, invoice, company):
	voucher = company.bank.pay(500001, 1250, TODAY)
	company.gui.delete_payment(voucher["id"])
	assert len(caller.read(invoice, FIELDS)["postings"]) == 1
	assert [e["event"] for e in company.webhooks.queued if e["event"].startswith("closeGroup")] == [
		"closeGroup.create",
		"closeGroup.delete",
	]


def test_overpaid(caller, invoice, company):
	company.bank.pay(500001, 1300, TODAY)
	assert caller.read(invoice, FIELDS)["amountOutstanding"] == -50


def test_rounding_and_losses(caller, invoice, company):
	company.bank.pay(500001, "1000.40", TODAY)
	company.bank.round_off(500001, "0.40", TODAY)
	company.bank.write_off(500001, "249.20", TODAY)
	read = caller.read(invoice, FIELDS)
	assert read["amountOutstanding"] == 0
	assert [p["voucher"]["voucherType"]["name"] for p in read["postings"]][2:] == [
		"Øreavrunding",
		"Bankavstemming",
	]
	assert company.balance(7830) == Decimal("249.20")


def test_foreign_currency(caller, company):
	invoice = caller.invoice(500001, caller.customer()["id"], (100, 52), currency={"id": 5})
	missing = pay(caller, invoice, 1200).json()["validationMessages"][0]["message"]
	assert missing == "Feltet må fylles ut."
	company.bank.pay(500001, 100, TODAY, amount_nok="1180.00")
	read = caller.read(invoice, FIELDS)
	assert (read["amountOutstanding"], read["amountCurrencyOutstanding"]) == (0, 0)
	assert company.balance(1920) == 1180
	assert company.balance(8060) + company.balance(8160) == Decimal(str(invoice["amount"])) - 1180


def test_a_partly_paid_invoice_that_is_credited(caller, invoice, company):
	company.bank.pay(500001, 1000, TODAY)
	note = caller.value(
		"PUT", f"/invoice/{invoice['id']}/:createCreditNote", date=TODAY, sendToCustomer=False
	)
	assert caller.read(invoice, FIELDS)["amountOutstanding"] == 0
	assert note["amountOutstanding"] == -1000


def test_a_reminder_and_its_fee(caller, invoice, company):
	query = {"type": "REMINDER", "date": TODAY, "includeCharge": True, "dispatchType": "EMAIL"}
	key = caller.value("PUT", f"/invoice/{invoice['id']}/:createReminder", **query)
	read = caller.read(invoice)
	assert (read["amountOutstanding"], read["amountOutstandingTotal"]) == (1250, 1285)
	assert [r["id"] for r in read["reminders"]] == [key]
	assert [v["voucherType"]["name"] for v in company.vouchers()][-1] == "Purring"
	company.bank.pay_reminder_fee(key, TODAY)
	assert caller.read(invoice)["amountOutstandingTotal"] == 1250
	assert company.sent_box[0]["kind"] == "reminder"


def test_prepaid(caller, company):
	kind = caller.values("/invoice/paymentType")[0]["id"]
	body = caller.invoice_body(500001, caller.customer()["id"], (100, 3))
	query = {"sendToCustomer": False, "paymentTypeId": kind, "paidAmount": 125}
	assert caller.value("POST", "/invoice", body, **query)["amountOutstanding"] == 0


def test_a_reconciled_bank(caller, company):
	query = {"accountId": caller.account(1920)["id"]}
	assert caller.value("GET", "/bank/reconciliation/>lastClosed", **query) is None
	company.gui.reconcile_bank("2026-10-31")
	found = caller.value("GET", "/bank/reconciliation/>lastClosed", **query)
	assert (found["isClosed"], found["closedDate"]) == (True, "2026-10-31")


AMOUNT = st.decimals("0.01", "500000", places=2)
STEP = st.tuples(st.sampled_from(["sell", "pay", "credit", "reverse", "round"]), AMOUNT, st.integers(0, 5))
CODES = (3, 31, 32, 311, 5, 6)


def _act(company, customer, kind, amount, index):
	numbers = sorted(company.state.numbers)
	if kind == "sell" or not numbers:
		company.gui.make_invoice(customer, amount, vat_type=CODES[index])
		return
	number = numbers[index % len(numbers)]
	if kind == "pay":
		company.bank.pay(number, amount, TODAY)
	elif kind == "round":
		company.bank.round_off(number, amount, TODAY)
	elif kind == "credit":
		invoice = company.invoice_by_number(number)
		path = f"/invoice/{invoice['id']}/:createCreditNote"
		Caller(company).call("PUT", path, date=TODAY, sendToCustomer=False)
	else:
		paid = [
			v
			for v in company.vouchers()
			if v["voucherType"]["name"] == "Betaling" and not v["reverseVoucher"]
		]
		if paid:
			company.bank.reverse(paid[index % len(paid)]["id"], TODAY)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, max_size=12))
def test_every_voucher_sums_to_nothing_and_the_receivables_are_what_is_open(steps):
	company = new_company()
	customer = company.gui.add_customer("Kunde AS")["id"]
	for step in steps:
		_act(company, customer, *step)
	for voucher in company.vouchers():
		assert sum(p["amount"] for p in voucher["postings"]) == 0
	assert company.balance(1500) == sum(i["amountOutstanding"] for i in company.invoices())
