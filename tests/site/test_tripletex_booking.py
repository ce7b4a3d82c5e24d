"""An invoice submitted in ERPNext is booked in Tripletex once, to the øre, whatever the network and the workers do."""

from datetime import date
from decimal import Decimal

import frappe
import pytest
from site_builders import COMPANY, bill, contract, customer
from tripletex_site import EXPORT

from billing_ext.services.tripletex import worker

pytestmark = pytest.mark.commits


class Killed(BaseException):
	"""The worker's process dies here."""


def kill_at(monkeypatch, place: str) -> None:
	def die(name: str) -> None:
		if name == place:
			raise Killed

	monkeypatch.setattr(worker, "crash_point", die)


def revive(monkeypatch) -> None:
	monkeypatch.setattr(worker, "crash_point", lambda name: None)


def numbers(books) -> list[int]:
	return sorted(row["invoiceNumber"] for row in books.sim.invoices())


def test_an_invoice_is_booked_with_its_customer(tripletex):
	invoice = tripletex.invoice(1990, 10.05)
	tripletex.deliver()
	booked = tripletex.booked(invoice)
	assert booked["amount"] == Decimal("2500.06")
	assert booked["kid"] == invoice.billing_ext_kid
	assert len(invoice.billing_ext_kid) == 10
	assert tripletex.message(invoice, "Invoice").status == "Synced"
	assert invoice.billing_ext_tripletex_status == "Booked"
	assert [row["name"] for row in tripletex.sim.customers()] == [invoice.customer]
	assert tripletex.sim.sent_box == []
	assert tripletex.sim.violations == []


def test_numbers_run_without_gaps_and_a_failed_submission_gives_its_number_back(tripletex):
	first = tripletex.invoice()
	broken = tripletex.invoice(submit=False)
	broken.items[0].income_account = "Debtors - FS"
	with pytest.raises(frappe.ValidationError):
		broken.submit()
	frappe.db.rollback()
	second = tripletex.invoice()
	assert int(second.billing_ext_number) == int(first.billing_ext_number) + 1


@pytest.mark.parametrize(
	"fault", ["timeout_after_commit", "500_after_commit", "reset_mid_body", "truncated_json"]
)
def test_an_answer_that_is_lost_is_looked_up_and_adopted(tripletex, fault):
	tripletex.sim.faults.plan("POST", "/invoice", fault)
	invoice = tripletex.invoice()
	tripletex.deliver()
	assert tripletex.message(invoice, "Invoice").status == "Unknown"
	tripletex.deliver(rounds=3)
	assert tripletex.message(invoice, "Invoice").status == "Synced"
	assert numbers(tripletex) == [int(invoice.billing_ext_number)]


@pytest.mark.parametrize("fault", ["timeout_before", "500_json", "500_html"])
def test_what_was_not_booked_is_sent_again_after_two_looks(tripletex, fault):
	tripletex.sim.faults.plan("POST", "/invoice", fault)
	invoice = tripletex.invoice()
	tripletex.deliver()
	tripletex.wait(seconds=70)
	tripletex.deliver()
	assert tripletex.message(invoice, "Invoice").status == "Unknown"
	assert numbers(tripletex) == []
	tripletex.wait(minutes=6)
	tripletex.deliver()
	assert tripletex.message(invoice, "Invoice").status == "Synced"
	assert numbers(tripletex) == [int(invoice.billing_ext_number)]


@pytest.mark.parametrize("place", ["before send", "after send", "before verified"])
def test_a_killed_worker_leaves_nothing_doubled_and_nothing_lost(tripletex, monkeypatch, place):
	invoice = tripletex.invoice()
	kill_at(monkeypatch, place)
	with pytest.raises(Killed):
		tripletex.deliver()
	revive(monkeypatch)
	tripletex.deliver(rounds=4)
	assert tripletex.message(invoice, "Invoice").status == "Synced"
	assert numbers(tripletex) == [int(invoice.billing_ext_number)]
	assert len(tripletex.sim.customers()) == 1


def test_a_number_taken_by_something_else_is_left_to_a_person(tripletex):
	other = tripletex.invoice(100)
	tripletex.deliver()
	invoice = tripletex.invoice(200, submit=False)
	invoice.billing_ext_number = other.billing_ext_number
	invoice.submit()
	frappe.db.commit()
	tripletex.deliver(rounds=2)
	message = tripletex.message(invoice, "Invoice")
	assert (message.status, message.error_code) == ("Blocked", "number_taken")
	assert (
		frappe.db.get_value("Sales Invoice", invoice.name, "billing_ext_tripletex_status")
		== "Needs Attention"
	)


def test_a_row_without_a_vat_rule_is_blocked_before_any_call(tripletex):
	frappe.db.delete("Tripletex VAT Rule")
	frappe.clear_document_cache("Tripletex Settings", COMPANY)
	invoice = tripletex.invoice()
	tripletex.deliver()
	message = tripletex.message(invoice, "Invoice")
	assert message.status == "Blocked"
	assert "Row 1" in message.error_text
	assert "25 %" in message.error_text
	assert numbers(tripletex) == []


def test_too_many_requests_wait_without_counting_as_attempts(tripletex):
	tripletex.sim.faults.plan("POST", "/invoice", "429", nth=1)
	invoice = tripletex.invoice()
	tripletex.deliver(rounds=2)
	message = tripletex.message(invoice, "Invoice")
	assert (message.status, message.attempts) == ("Synced", 0)


def test_a_credit_note_waits_for_its_invoice_and_settles_it(tripletex):
	invoice = tripletex.invoice(1000)
	credit = tripletex.credit(invoice)
	tripletex.deliver(rounds=2)
	booked = tripletex.booked(credit)
	assert booked["amount"] == Decimal("-1250.00")
	assert booked["isCreditNote"]
	assert tripletex.message(credit, "Match Credit").status == "Synced"
	assert tripletex.booked(invoice)["amountOutstanding"] == 0
	assert booked["amountOutstanding"] == 0


def test_a_partial_credit_note_leaves_the_rest_open(tripletex):
	invoice = tripletex.invoice(1000)
	tripletex.deliver()
	tripletex.credit(invoice, 400)
	tripletex.deliver(rounds=2)
	assert tripletex.booked(invoice)["amountOutstanding"] == Decimal("750.00")


def test_the_order_is_closed_so_that_nobody_invoices_it_again(tripletex):
	invoice = tripletex.invoice()
	tripletex.deliver(rounds=2)
	assert tripletex.message(invoice, "Close Order").status == "Synced"


def test_a_booked_invoice_cannot_be_cancelled_one_not_sent_can(tripletex):
	booked = tripletex.invoice()
	tripletex.deliver()
	booked.reload()
	with pytest.raises(frappe.ValidationError, match="credit note"):
		booked.cancel()
	frappe.db.rollback()
	waiting = tripletex.invoice()
	waiting.reload()
	waiting.cancel()
	frappe.db.commit()
	tripletex.deliver(rounds=2)
	assert tripletex.message(waiting, "Invoice").status == "Cancelled"
	assert numbers(tripletex) == [int(booked.billing_ext_number)]


def test_tripletex_numbers_by_itself_where_the_company_wants_that(tripletex):
	tripletex.settings(strategy="Invoice, numbered by Tripletex")
	invoice = tripletex.invoice(640)
	assert not invoice.billing_ext_number
	tripletex.sim.faults.plan("PUT", "/order/{id}/:invoice", "timeout_after_commit")
	tripletex.deliver(rounds=3)
	assert tripletex.booked(invoice)["amount"] == Decimal("800.00")
	assert len(tripletex.sim.invoices()) == 1


def test_a_ledger_voucher_books_the_same_amounts(tripletex):
	tripletex.settings(strategy="Ledger voucher")
	tripletex.sim.faults.plan("POST", "/ledger/voucher", "timeout_after_commit")
	invoice = tripletex.invoice(1000)
	tripletex.deliver(rounds=3)
	assert tripletex.message(invoice, "Invoice").status == "Synced"
	assert tripletex.sim.balance(1500) == Decimal("1250.00")
	assert tripletex.sim.balance(3000) == Decimal("-1000.00")


def test_a_customer_is_found_by_its_organisation_number(tripletex):
	client = tripletex.client()
	known = client.post("/customer", body={"name": "Nordlys", "organizationNumber": "995525828"}).value["id"]
	party = customer(tax_id="995525828")
	tripletex.invoice(party=party)
	tripletex.deliver()
	assert [row["id"] for row in tripletex.sim.customers()] == [known]


def test_a_changed_address_travels(tripletex):
	party = customer()
	tripletex.invoice(party=party)
	tripletex.deliver()
	frappe.get_doc(
		{
			"doctype": "Address",
			"address_title": party,
			"address_type": "Billing",
			"address_line1": "Storgata 1",
			"pincode": "0155",
			"city": "Oslo",
			"country": "Norway",
			"links": [{"link_doctype": "Customer", "link_name": party}],
		}
	).insert()
	frappe.db.commit()
	tripletex.deliver()
	remote = tripletex.client().get(
		"/customer/{id}",
		{"id": tripletex.sim.customers()[0]["id"]},
		fields="postalAddress(addressLine1,city)",
	)
	assert remote["postalAddress"] == {"addressLine1": "Storgata 1", "city": "Oslo"}


def test_what_is_older_than_go_live_is_never_sent(tripletex):
	tripletex.settings(go_live_date=date(2026, 10, 10))
	invoice = tripletex.invoice(posting_date=date(2026, 10, 9))
	tripletex.deliver()
	assert not invoice.billing_ext_number
	assert tripletex.sim.invoices() == []


def test_tripletex_sends_only_where_the_customer_wants_it_and_never_twice(tripletex):
	party = customer(billing_ext_sender="Tripletex: e-mail", email_id="kunde@example.com")
	frappe.db.set_value("Customer", party, "email_id", "kunde@example.com")
	invoice = tripletex.invoice(party=party)
	tripletex.sim.faults.plan("PUT", "/invoice/{id}/:send", "timeout_after_commit")
	tripletex.deliver(rounds=4)
	assert len(tripletex.sim.sent_box) == 1
	message = tripletex.message(invoice, "Send")
	assert (message.status, message.error_code) == ("Blocked", "sent_or_not")


def test_refused_tokens_pause_the_company_once(tripletex):
	tripletex.forget_session()
	for nth in range(1, 9):
		tripletex.sim.faults.plan("POST", "/token/session/:create", "401", nth=nth)
	tripletex.invoice()
	tripletex.deliver(rounds=2)
	paused, reason = frappe.db.get_value("Tripletex Settings", COMPANY, ["paused", "pause_reason"])
	assert paused
	assert reason


def test_the_printed_invoice_shows_the_legal_number_and_its_kid(tripletex):
	invoice = tripletex.invoice()
	html = frappe.get_print("Sales Invoice", invoice.name, print_format="Billing Invoice")
	assert invoice.billing_ext_number in html
	assert invoice.billing_ext_kid in html.replace(" ", "")
	credit = tripletex.credit(invoice)
	html = frappe.get_print("Sales Invoice", credit.name, print_format="Billing Invoice")
	assert credit.billing_ext_number in html
	assert invoice.billing_ext_number in html
	assert not credit.billing_ext_kid


def test_a_sale_abroad_goes_to_the_account_of_its_vat_code(tripletex):
	invoice = tripletex.invoice(700, taxes_and_charges=EXPORT)
	tripletex.deliver()
	assert tripletex.booked(invoice)["amount"] == Decimal("700.00")
	assert tripletex.sim.balance(3107) == Decimal("-700.00")
	assert tripletex.sim.balance(3000) == 0


def test_a_number_taken_on_another_day_is_found_and_left_to_a_person(tripletex):
	other = tripletex.invoice(100, posting_date=date(2026, 9, 1), due_date=date(2026, 9, 15))
	tripletex.deliver()
	invoice = tripletex.invoice(200, submit=False)
	invoice.billing_ext_number = other.billing_ext_number
	invoice.submit()
	frappe.db.commit()
	tripletex.deliver(rounds=3)
	message = tripletex.message(invoice, "Invoice")
	assert (message.status, message.error_code) == ("Blocked", "number_taken")


def test_a_match_that_tripletex_refuses_is_not_called_done(tripletex):
	invoice = tripletex.invoice(1000)
	tripletex.deliver()
	number = int(invoice.billing_ext_number)
	tripletex.sim.bank.pay(number, 1250, "2026-10-10")
	credit = tripletex.credit(invoice)
	tripletex.deliver(rounds=2)
	message = tripletex.message(credit, "Match Credit")
	assert message.status == "Blocked"
	assert message.error_text


def test_a_document_in_a_closed_period_is_refused_before_it_is_sent(tripletex):
	tripletex.sim.gui.close_period("2026-09-30")
	invoice = tripletex.invoice(posting_date=date(2026, 9, 10), due_date=date(2026, 9, 24))
	tripletex.deliver()
	message = tripletex.message(invoice, "Invoice")
	assert (message.status, message.error_code) == ("Blocked", "tripletex_period_closed")
	assert tripletex.sim.invoices() == []


@pytest.mark.parametrize(("sender", "mails"), [("ERPNext", 1), ("Tripletex: EHF", 0)])
def test_one_of_the_two_sends_a_contract_s_invoice_never_both(tripletex, sender, mails):
	agreement = contract(
		customer=customer(billing_ext_sender=sender),
		start_date=date(2026, 10, 1),
		send_invoice=1,
		contact_email="kunde@example.com",
	)
	(invoice,) = bill(agreement, date(2026, 10, 1))
	assert invoice.billing_ext_number
	assert frappe.db.count("Billing Outbox Message", {"reference_name": invoice.name}) == mails
