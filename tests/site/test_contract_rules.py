"""What a contract refuses, what it fills in by itself, and the state that follows from its terms and ledger."""

from datetime import date

import frappe
import pytest
from site_builders import (
	amendment,
	bill,
	contract,
	customer,
	invoices_of,
	item,
	line,
	termination,
)

from billing_ext.repositories import jobs, runs
from billing_ext.services import billing_run, contract_billing, contract_state, state_sweep

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]


def test_prices_come_from_the_price_list_the_customers_own_first():
	buyer, service = customer(), item()
	for price, values in ((100, {}), (80, {"customer": buyer})):
		frappe.get_doc(
			{
				"doctype": "Item Price",
				"item_code": service,
				"price_list": "Standard Selling",
				"price_list_rate": price,
				"selling": 1,
				"valid_from": "2026-01-01",
				**values,
			}
		).insert()
	lines = {"item_code": service, "quantity": 1}
	own = contract(lines, customer=buyer, price_list="Standard Selling", submit=False)
	general = contract(lines, price_list="Standard Selling", submit=False)
	assert (own.lines[0].price, general.lines[0].price) == (80, 100)


def test_a_billed_contract_cannot_be_cancelled_only_terminated():
	agreement = contract(line(500), start_date=date(2026, 4, 1))
	bill(agreement, date(2026, 4, 1))
	with pytest.raises(frappe.ValidationError, match="Terminate it with an amendment"):
		agreement.reload().cancel()
	frappe.db.rollback()


@pytest.mark.parametrize(
	("values", "message"),
	[
		({"alignment": "Billing Day", "billing_day": 32}, "1 to 31"),
		({"end_date": "2026-03-01"}, "Correct Start Date or Last Service Day"),
		({"billing_interval": "Week", "price_period": "Month"}, "of the same kind"),
		({"send_invoice": 1}, "Billing E-mail"),
	],
)
def test_bad_input_is_refused_with_the_field_and_the_remedy(values, message):
	with pytest.raises(frappe.ValidationError, match=message):
		contract(line(500), submit=False, **values)
	frappe.db.rollback()


def test_an_address_cannot_be_taken_from_a_contract_that_e_mails_its_invoices():
	agreement = contract(line(500), send_invoice=1, contact_email="kunde@example.com")
	agreement.reload().contact_email = None
	with pytest.raises(frappe.ValidationError, match="Billing E-mail is empty"):
		agreement.save()
	frappe.db.rollback()


def test_a_contract_begins_with_its_first_line_and_ends_with_its_last():
	from billing_ext.repositories import clock

	agreement = contract(
		line(500, start_date=date(2028, 3, 1)), start_date=date(2028, 1, 1), end_date=date(2028, 3, 31)
	)
	assert agreement.reload().status == "Upcoming"
	for today, status in ((date(2028, 2, 1), "Upcoming"), (date(2028, 3, 1), "Active")):
		with pytest.MonkeyPatch.context() as patch:
			patch.setattr(clock, "today", lambda today=today: today)
			state_sweep.advance_statuses()
		assert agreement.reload().status == status
	contract_billing.bill(agreement.name, date(2028, 3, 1))
	with pytest.MonkeyPatch.context() as patch:
		patch.setattr(clock, "today", lambda: date(2028, 4, 1))
		state_sweep.advance_statuses()
	assert agreement.reload().status == "Ended"


def test_a_last_service_day_long_before_the_service_began_is_refused():
	agreement = contract(line(500), start_date=date(2026, 4, 1))
	bill(agreement, date(2026, 4, 1))
	with pytest.raises(frappe.ValidationError, match=r"before it starts on 01\.04\.2026"):
		termination(agreement, date(2025, 4, 30))
	frappe.db.rollback()
	ending = {
		"change": "End Line",
		"contract_line": agreement.lines[0].name,
		"last_service_day": "2025-04-30",
	}
	with pytest.raises(frappe.ValidationError, match=r"before it starts on 01\.04\.2026"):
		amendment(agreement, date(2026, 4, 30), ending)
	frappe.db.rollback()


@pytest.fixture
def at_once(monkeypatch):
	"""The queue as a worker would empty it, without the wait."""

	def run(method, queue="long", job_id=None, **arguments):
		frappe.get_attr(method)(**arguments)

	monkeypatch.setattr(jobs, "enqueue", run)


@pytest.mark.parametrize("wrong", [None, date(2031, 1, 1)], ids=["none", "late"])
def test_a_wrong_hint_delays_a_charge_until_the_sweep_and_changes_no_amount(wrong, at_once):
	agreement = contract(line(500), start_date=date(2026, 4, 1))
	frappe.db.set_value("Billing Contract", agreement.name, "next_billing_date", wrong)
	frappe.db.commit()
	assert billed_by_run(agreement, date(2026, 5, 1)) == []
	state_sweep.sweep()
	assert agreement.reload().next_billing_date == date(2026, 4, 1)
	assert billed_by_run(agreement, date(2026, 5, 1)) == [1000]


def test_a_hint_that_is_too_early_bills_nothing_early():
	agreement = contract(line(500), start_date=date(2026, 4, 1))
	frappe.db.set_value("Billing Contract", agreement.name, "next_billing_date", date(2020, 1, 1))
	frappe.db.commit()
	assert billed_by_run(agreement, date(2026, 3, 31)) == []
	assert agreement.reload().next_billing_date == date(2026, 4, 1)


def billed_by_run(agreement, as_of):
	"""The net totals of a customer's invoices after a run over those of its contracts that have something due."""
	run = runs.create(as_of, "User", customer=agreement.customer)
	frappe.db.commit()
	billing_run.run_now(run)
	frappe.set_user("Administrator")
	return [invoice.net_total for invoice in invoices_of(agreement)]


def test_the_sweep_leaves_a_contract_alone_that_was_cancelled_meanwhile():
	agreement = contract(line(500))
	agreement.cancel()
	frappe.db.commit()
	state_sweep.refresh([agreement.name])
	assert (agreement.reload().status, agreement.next_billing_date) == ("Cancelled", None)


def test_a_contract_that_cannot_be_derived_stops_no_other_of_the_sweep(at_once):
	broken, sound = contract(line(500)), contract(line(500))
	frappe.db.set_value("Billing Contract Line", broken.lines[0].name, "start_date", None)
	frappe.db.set_value("Billing Contract", broken.name, "start_date", None)
	frappe.db.set_value("Billing Contract", sound.name, "next_billing_date", None)
	frappe.db.commit()
	state_sweep.sweep()
	frappe.db.set_value("Billing Contract", broken.name, "start_date", date(2026, 4, 1))
	frappe.db.commit()
	assert sound.reload().next_billing_date == sound.start_date
	log = {"reference_doctype": "Billing Contract", "reference_name": broken.name}
	assert "date_missing" in frappe.get_last_doc("Error Log", log).error


def test_state_follows_from_terms_and_ledger():
	agreement = contract(line(500), start_date=date(2026, 4, 1), term_months=12)
	agreement.reload()
	assert (str(agreement.end_date), str(agreement.next_billing_date), agreement.mrr) == (
		"2027-03-31",
		"2026-04-01",
		500,
	)
	contract_state.refresh(agreement.name)
	assert agreement.reload().status == "Active"


def test_a_contract_speaks_the_customers_language_unless_it_names_another():
	norwegian = customer(language="nb")
	agreement = contract(line(500), customer=norwegian, start_date=date(2026, 4, 1))
	assert not agreement.language
	assert bill(agreement, date(2026, 4, 1))[0].language == "nb"
	with pytest.raises(frappe.ValidationError, match="klingon is not a language"):
		contract(line(500), language="klingon")
