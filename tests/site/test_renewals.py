"""Terms as they end: renewed in time and at the agreed price, declined, reminded of, and found on the work-lists."""

from datetime import date, timedelta

import frappe
import pytest
from site_builders import (
	amendment,
	change,
	contract,
	customer,
	invoices_of,
	item,
	line,
	rows,
	termination,
	unique,
)

from billing_ext import tasks
from billing_ext.api import contracts as contract_api
from billing_ext.api import renewals as api
from billing_ext.billing_ext.report.contract_renewals import contract_renewals
from billing_ext.billing_ext.report.expiring_contracts import expiring_contracts
from billing_ext.repositories import clock, settings
from billing_ext.services import contract_billing, renewal_reminders, renewals, sending

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db", "nothing_else_due")]

START, LAST_DAY, NEXT_TERM = date(2026, 4, 1), date(2027, 3, 31), date(2027, 4, 1)
CANCEL_BY = date(2026, 12, 31)
RENEWS = {
	"start_date": START,
	"term_months": 12,
	"renewal": "Renews for a Term",
	"notice_count": 3,
	"notice_unit": "Month",
}


@pytest.fixture
def nothing_else_due(site):
	"""Contracts of other tests rest, so that the nightly job of this one is about its own."""
	frappe.db.sql("update `tabBilling Contract` set last_cancellation_day = null, term_end = null")
	frappe.db.commit()


@pytest.fixture
def on(monkeypatch):
	"""Let it be another day."""

	def set_day(day):
		monkeypatch.setattr(clock, "today", lambda: day)

	set_day(START)
	return set_day


@pytest.fixture
def owner():
	doc = frappe.get_doc(
		{
			"doctype": "User",
			"email": f"{frappe.generate_hash(length=8)}@example.com",
			"first_name": unique("Kundeansvarlig"),
			"send_welcome_email": 0,
			"roles": [{"role": "Billing User"}],
		}
	).insert()
	frappe.db.commit()
	return doc.name


def renewing(*lines, **values):
	"""A contract of a year from 1 April 2026 with three months' notice, entered on its first day."""
	agreement = contract(*lines, **{**RENEWS, **values})
	frappe.db.set_value("Billing Contract", agreement.name, "creation", START, update_modified=False)
	frappe.db.commit()
	return agreement


def index(values):
	doc = frappe.get_doc(
		{
			"doctype": "Billing Price Index",
			"index_name": unique("KPI"),
			"values": [{"month": month, "value": value} for month, value in values.items()],
		}
	).insert()
	frappe.db.commit()
	return doc


def night(on, day):
	on(day)
	tasks.renewal_reminders.remind_due()
	return renewals.renew_due()


def state(agreement, *fields):
	return frappe.db.get_value(
		"Billing Contract", agreement.name, list(fields or ("term_end", "last_cancellation_day"))
	)


def renewals_of(agreement):
	return frappe.get_all(
		"Billing Amendment",
		filters={"contract": agreement.name, "amendment_type": "Renew", "docstatus": 1},
		fields=["name", "effective_date", "renewal_months"],
		order_by="effective_date",
	)


def price_on(agreement, day):
	(terms,) = [
		found["price"]
		for found in frappe.call("billing_ext.api.contracts.contract_lines", contract=agreement.name, on=day)
	]
	return float(terms)


def todos(agreement):
	return frappe.get_all(
		"ToDo",
		filters={"reference_type": "Billing Contract", "reference_name": agreement.name},
		fields=["allocated_to", "description", "date"],
		order_by="creation",
	)


def test_the_last_day_to_cancel_is_shown_and_follows_the_notice(on):
	agreement = renewing(line(500))
	assert state(agreement) == (LAST_DAY, CANCEL_BY)
	agreement.reload()
	agreement.update({"notice_count": 30, "notice_unit": "Day"})
	agreement.save()
	assert state(agreement) == (LAST_DAY, date(2027, 3, 1))


def test_a_contract_renews_the_day_after_its_last_day_to_cancel_and_once(on):
	agreement = renewing(line(500))
	assert night(on, CANCEL_BY) == 0
	assert night(on, CANCEL_BY + timedelta(days=1)) == 1
	assert night(on, CANCEL_BY + timedelta(days=1)) == 0
	assert [(row.effective_date, row.renewal_months) for row in renewals_of(agreement)] == [(NEXT_TERM, 12)]
	assert state(agreement) == (date(2028, 3, 31), date(2027, 12, 31))


def test_terms_that_were_missed_are_made_up_for_and_billed_without_a_gap(on):
	agreement = renewing(
		line(1000), billing_interval="Year", renewal_price_rule="Percent", renewal_percent=10
	)
	contract_billing.bill(agreement.name, START)
	assert night(on, date(2028, 5, 1)) == 2
	contract_billing.bill(agreement.name, date(2028, 5, 1))
	billed = [row for invoice in invoices_of(agreement) for row in rows(invoice)]
	assert billed == [
		(12000.00, "2026-04-01", "2027-03-31"),
		(13200.00, "2027-04-01", "2028-03-31"),
		(14520.00, "2028-04-01", "2029-03-31"),
	]


def test_the_nightly_job_renews_before_it_bills(on, monkeypatch):
	agreement = renewing(line(500), notice_count=0)
	contract_billing.bill(agreement.name, LAST_DAY)
	on(NEXT_TERM)
	seen = []
	monkeypatch.setattr(
		tasks.billing_run,
		"start_nightly",
		lambda: seen.append(state(agreement, "next_billing_date", "term_end")),
	)
	tasks.billing_ext_nightly()
	assert seen == [(NEXT_TERM, date(2028, 3, 31))]


def test_a_contract_that_goes_on_without_end_keeps_its_price_rule_and_loses_its_term(on):
	agreement = renewing(
		line(100),
		renewal="Continues without End",
		renewal_price_rule="Percent",
		renewal_percent=3.5,
	)
	night(on, date(2027, 1, 1))
	assert state(agreement) == (None, None)
	assert [price_on(agreement, day) for day in (LAST_DAY, NEXT_TERM)] == [100.00, 103.50]
	assert night(on, date(2030, 1, 1)) == 0


def test_no_renewal_is_made_while_billing_is_paused(on, monkeypatch):
	agreement = renewing(line(500))
	paused = settings.load()
	monkeypatch.setattr(settings, "load", lambda: type(paused)(**{**_fields(paused), "paused": True}))
	assert night(on, NEXT_TERM) == 0
	assert not renewals_of(agreement)


def _fields(value):
	return {name: getattr(value, name) for name in value.__slots__}


def test_a_terminated_contract_does_not_renew(on):
	agreement = renewing(line(500))
	termination(agreement, date(2026, 10, 31))
	assert night(on, NEXT_TERM) == 0


def test_a_line_with_an_end_of_its_own_is_not_carried_on(on):
	agreement = renewing(line(500), line(300, end_date=LAST_DAY))
	night(on, date(2027, 1, 1))
	contract_billing.bill(agreement.name, NEXT_TERM)
	assert [row for row in rows(invoices_of(agreement)[-1]) if row[1] == "2027-04-01"] == [
		(500.00, "2027-04-01", "2027-04-30")
	]


def test_the_index_of_each_renewal_is_compared_with_the_one_before_within_its_cap(on):
	kpi = index({"2026-02-11": 140.0, "2027-02-01": 144.2, "2028-02-01": 158.62})
	agreement = renewing(
		line(99.99),
		notice_count=1,
		renewal_price_rule="Price Index",
		price_index=kpi.name,
		index_base_month=date(2026, 2, 28),
		index_lag_months=2,
		index_cap=5,
	)
	assert night(on, date(2028, 3, 15)) == 2
	# 99.99 x 144.2 / 140 = 102.9897; then 158.62 / 144.2 would be 10 %, of which the cap leaves 5.
	assert [price_on(agreement, day) for day in (LAST_DAY, NEXT_TERM, date(2028, 4, 1))] == [
		99.99,
		102.99,
		108.14,
	]


def test_a_renewal_waits_for_its_index_and_says_so_once_the_new_term_is_due(on, owner):
	kpi = index({"2026-02-01": 140.0})
	agreement = renewing(
		line(500),
		renewal_price_rule="Price Index",
		price_index=kpi.name,
		index_base_month=date(2026, 2, 1),
		index_lag_months=2,
		account_owner=owner,
		lead_days=14,
		reminder_days=0,
	)
	contract_billing.bill(agreement.name, LAST_DAY - timedelta(days=20))
	night(on, date(2027, 1, 1))
	assert state(agreement, "status") == "Active"
	waiting = todos(agreement)
	for day in (date(2027, 3, 18), date(2027, 3, 19)):
		night(on, day)
	said = f"The price index {kpi.name} has no value for 2027-02."
	status, error = state(agreement, "status", "billing_error")
	assert status == "Needs Attention"
	assert said in error
	(task,) = [task for task in todos(agreement) if task not in waiting]
	assert said in task.description
	assert task.allocated_to == owner
	kpi.append("values", {"month": "2027-02-01", "value": 147})
	kpi.save()
	frappe.db.commit()
	assert night(on, date(2027, 3, 20)) == 1
	assert (price_on(agreement, NEXT_TERM), state(agreement, "billing_error")) == (525.00, None)


def test_one_contract_that_cannot_be_renewed_does_not_stop_the_others(on):
	broken = renewing(
		line(500),
		notice_count=0,
		renewal_price_rule="List Price",
		price_list="Standard Selling",
	)
	sound = renewing(line(500))
	assert night(on, NEXT_TERM) == 1
	assert len(renewals_of(sound)) == 1
	assert "Standard Selling has no price for" in state(broken, "billing_error")


def test_a_new_list_price_is_the_customers_own_before_the_general_one(on):
	service, buyer = item(), customer()
	for values in (
		{"price_list_rate": 600},
		{"price_list_rate": 550, "customer": buyer, "valid_from": "2027-01-01"},
	):
		frappe.get_doc(
			{"doctype": "Item Price", "item_code": service, "price_list": "Standard Selling", **values}
		).insert()
	agreement = renewing(
		line(500, item_code=service),
		customer=buyer,
		renewal_price_rule="List Price",
		price_list="Standard Selling",
	)
	night(on, date(2027, 1, 1))
	assert price_on(agreement, NEXT_TERM) == 550.00


def test_the_button_proposes_a_renewal_that_can_be_edited_and_submitted_before_its_time(on):
	agreement = renewing(line(1000), renewal_price_rule="Percent", renewal_percent=10)
	proposed = api.proposal(agreement.name)
	assert (proposed["effective_date"], proposed["renewal_months"]) == (NEXT_TERM, 12)
	assert [(row["old_price"], row["new_price"]) for row in proposed["lines"]] == [(1000.00, 1100.00)]
	proposed["lines"][0]["new_price"] = 1050
	proposed["renewal_months"] = 24
	frappe.get_doc(proposed).insert().submit()
	frappe.db.commit()
	assert price_on(agreement, NEXT_TERM) == 1050.00
	assert night(on, NEXT_TERM) == 0
	assert state(agreement) == (date(2029, 3, 31), date(2028, 12, 31))


def test_the_preview_shows_the_first_invoices_of_the_new_term(on):
	agreement = renewing(line(1000), renewal_price_rule="Percent", renewal_percent=10)
	shown = contract_api.preview_amendment(frappe.as_json(api.proposal(agreement.name)))
	assert [(run["run_date"], run["total"]) for run in shown["with_amendment"]["runs"]] == [
		("2027-04-01", "1100.00"),
		("2027-05-01", "1100.00"),
		("2027-06-01", "1100.00"),
	]
	assert shown["without_amendment"]["runs"] == []


def test_a_contract_that_ends_can_be_renewed_by_hand_for_as_long_as_its_first_term(on):
	agreement = contract(line(500), start_date=START, term_months=12)
	frappe.get_doc(api.proposal(agreement.name)).insert().submit()
	assert state(agreement) == (date(2028, 3, 31), None)


def test_a_declined_contract_ends_and_can_be_taken_back(on):
	agreement = renewing(line(500))
	api.decline(agreement.name)
	frappe.db.commit()
	assert state(agreement, "renewal_declined") == 1
	with pytest.raises(frappe.ValidationError, match="already marked"):
		api.decline(agreement.name)
	frappe.db.rollback()
	assert night(on, date(2027, 1, 1)) == 0
	api.undo_decline(agreement.name)
	frappe.db.commit()
	assert state(agreement, "renewal_declined") == 0
	assert night(on, date(2027, 1, 1)) == 1


def test_after_the_last_day_to_cancel_only_a_manager_lets_a_customer_go(on, owner):
	agreement = renewing(line(500))
	on(CANCEL_BY + timedelta(days=1))
	frappe.set_user(owner)
	with pytest.raises(frappe.ValidationError, match="The last day to cancel was"):
		api.decline(agreement.name)
	frappe.db.rollback()
	frappe.set_user("Administrator")
	frappe.get_doc("User", owner).add_roles("Billing Manager")
	frappe.set_user(owner)
	api.decline(agreement.name)
	assert state(agreement, "renewal_declined") == 1


def test_an_auditor_can_neither_renew_nor_decline(on, owner):
	agreement = renewing(line(500))
	user = frappe.get_doc("User", owner)
	user.roles = []
	user.append("roles", {"role": "Billing Auditor"})
	user.save()
	frappe.set_user(owner)
	for call in (api.proposal, api.decline, api.undo_decline):
		with pytest.raises(frappe.PermissionError):
			call(agreement.name)


@pytest.mark.parametrize(
	("values", "message"),
	[
		({"term_months": 0}, "has no end"),
		({"term_months": 0, "end_date": "2026-05-10"}, "not a number of whole months"),
		({"renewal_price_rule": "Percent"}, "needs Increase"),
		({"renewal_price_rule": "Price Index"}, "needs Price Index"),
		({"renewal_price_rule": "List Price"}, "needs Price List"),
		(
			{"renewal_price_rule": "List Price", "price_list": "Standard Selling", "currency": "EUR"},
			"not in EUR",
		),
		({"remind_customer": 1}, "Billing E-mail is empty"),
		({"index_cap": 2, "index_floor": 3}, "at least 3 % and at most 2 %"),
	],
)
def test_what_a_contract_could_not_be_renewed_by_is_refused_at_once(values, message):
	with pytest.raises(frappe.ValidationError, match=message):
		renewing(line(500), **values)


def test_an_index_has_each_month_once_with_a_value():
	assert [str(row.month) for row in index({"2026-03-15": 2, "2026-02-10": 1}).get("values")] == [
		"2026-02-01",
		"2026-03-01",
	]
	for values in ({"2026-03-01": 0}, {"2026-03-01": 1, "2026-03-02": 2}):
		with pytest.raises(frappe.ValidationError, match="2026-03"):
			index(values)


def test_the_owner_is_reminded_once_before_the_last_day_to_cancel(on, owner):
	agreement = renewing(line(500), account_owner=owner, reminder_days=30)
	night(on, date(2026, 11, 30))
	assert todos(agreement) == []
	for day in (date(2026, 12, 1), date(2026, 12, 2), CANCEL_BY):
		night(on, day)
	(task,) = todos(agreement)
	assert (task.allocated_to, task.date) == (owner, CANCEL_BY)
	assert "It renews unless it is cancelled by" in task.description
	night(on, date(2027, 1, 1))
	night(on, date(2027, 12, 1))
	assert len(todos(agreement)) == 2


def test_after_a_standstill_the_owner_reads_that_the_day_has_passed(on, owner):
	agreement = renewing(
		line(500),
		account_owner=owner,
		remind_customer=1,
		contact_email="kunde@example.com",
	)
	assert night(on, date(2027, 1, 5)) == 1
	(task,) = todos(agreement)
	assert "the last day to cancel was" in task.description
	assert not frappe.db.exists("Billing Outbox Message", {"contract": agreement.name})


def test_who_enters_a_contract_after_its_day_has_passed_is_not_reminded_of_it(on):
	agreement = contract(line(500), **{**RENEWS, "start_date": date(2020, 4, 1)})
	night(on, date(2021, 1, 1))
	assert (len(renewals_of(agreement)), todos(agreement)) == (1, [])


def test_an_account_owner_who_has_left_gives_his_task_to_who_entered_the_contract(on, owner):
	agreement = renewing(line(500), account_owner=owner)
	frappe.db.set_value("User", owner, "enabled", 0)
	frappe.db.commit()
	night(on, date(2026, 12, 1))
	assert [task.allocated_to for task in todos(agreement)] == [agreement.owner]


def test_a_contract_without_renewal_is_remembered_before_its_end(on):
	agreement = contract(line(500), start_date=START, term_months=12, reminder_days=60)
	night(on, date(2027, 1, 29))
	assert todos(agreement) == []
	night(on, date(2027, 1, 30))
	(task,) = todos(agreement)
	assert "the contract ends on" in task.description
	assert task.allocated_to == agreement.owner


def test_the_customer_is_told_once_in_his_language(on, monkeypatch):
	frappe.clear_cache()
	agreement = renewing(
		line(500),
		remind_customer=1,
		contact_email="kunde@example.com",
		language="nb",
	)
	night(on, date(2026, 12, 1))
	night(on, date(2026, 12, 2))
	(message,) = frappe.get_all("Billing Outbox Message", filters={"contract": agreement.name}, pluck="name")
	sent = []
	monkeypatch.setattr(renewal_reminders.mail, "send_renewal_reminder", lambda *mail: sent.append(mail))
	sending.deliver(message)
	sending.deliver(message)
	((row, subject, text),) = sent
	assert row["recipient"] == "kunde@example.com"
	assert f"Avtalen {agreement.name}" in subject
	assert "sier den opp" in text
	assert frappe.db.get_value("Billing Outbox Message", message, "status") == "Sent"


def test_a_reminder_that_could_not_be_sent_in_time_is_dropped(on):
	agreement = renewing(line(500), remind_customer=1, contact_email="kunde@example.com")
	night(on, date(2026, 12, 1))
	message = frappe.db.get_value("Billing Outbox Message", {"contract": agreement.name})
	on(date(2027, 1, 1))
	sending.deliver(message)
	assert frappe.db.get_value("Billing Outbox Message", message, "status") == "Dropped"


def test_an_e_mail_template_knows_the_day_of_the_renewal(on, monkeypatch):
	template = frappe.get_doc(
		{
			"doctype": "Email Template",
			"name": unique("Renewal"),
			"subject": "{{ name }}",
			"response": "From {{ renewal_date }}, cancel by {{ last_cancellation_day }}",
		}
	).insert()
	agreement = renewing(
		line(500),
		remind_customer=1,
		contact_email="kunde@example.com",
		renewal_email_template=template.name,
	)
	night(on, date(2026, 12, 1))
	sent = []
	monkeypatch.setattr(renewal_reminders.mail, "send_renewal_reminder", lambda *mail: sent.append(mail))
	sending.deliver(frappe.db.get_value("Billing Outbox Message", {"contract": agreement.name}))
	assert [mail[1:] for mail in sent] == [(agreement.name, "From 2027-04-01, cancel by 2026-12-31")]


def test_a_form_that_was_open_overnight_does_not_undo_what_the_night_has_done(on):
	agreement = renewing(line(500))
	stale = frappe.get_doc("Billing Contract", agreement.name)
	night(on, date(2027, 1, 1))
	stale.reminder_days = 14
	stale.save()
	assert state(agreement) == (date(2028, 3, 31), date(2027, 12, 31))


def test_the_work_lists_show_what_is_to_be_decided_and_what_a_renewal_brings(on, owner):
	buyer = customer()
	common = {"customer": buyer, "account_owner": owner}
	undecided = renewing(line(1000), **common, renewal_price_rule="Percent", renewal_percent=10)
	declined = renewing(line(300), **common)
	api.decline(declined.name)
	fixed = contract(line(700), start_date=START, term_months=12, **common)
	done = renewing(line(200), **common)
	frappe.get_doc(api.proposal(done.name)).insert().submit()
	termination(renewing(line(900), **common), date(2026, 12, 31))
	termination(contract(line(900), start_date=START, term_months=12, **common), date(2026, 12, 31))
	on(date(2026, 12, 1))
	window = {"customer": buyer, "from_date": "2026-12-01", "to_date": "2027-03-31"}
	_columns, found = contract_renewals.execute(window)
	shown = {row["contract"]: row for row in found}
	assert {name: row["status"] for name, row in shown.items()} == {
		undecided.name: "To Be Decided",
		declined.name: "Declined",
		done.name: "Renewed",
	}
	row = shown[undecided.name]
	assert (row["last_cancellation_day"], row["days_left"], row["mrr"], row["mrr_after"], row["change"]) == (
		CANCEL_BY,
		30,
		1000.00,
		1100.00,
		100.00,
	)
	_columns, ends = expiring_contracts.execute(window)
	assert {row["contract"]: (row["days_left"], row["mrr"]) for row in ends} == {
		declined.name: (120, 300.00),
		fixed.name: (120, 700.00),
	}
	assert contract_renewals.execute({**window, "to_date": "2026-12-30"})[1] == []


def test_the_work_list_says_why_a_renewal_cannot_be_made(on):
	kpi = index({"2026-02-01": 140.0})
	agreement = renewing(
		line(500),
		renewal_price_rule="Price Index",
		price_index=kpi.name,
		index_base_month=date(2026, 2, 1),
	)
	on(date(2027, 1, 10))
	window = {"customer": agreement.customer, "from_date": "2026-12-01", "to_date": "2027-03-31"}
	(row,) = contract_renewals.execute(window)[1]
	assert (row["status"], row["days_left"], row["mrr"]) == ("Overdue", -10, 500.00)
	assert row["note"].startswith(f"The price index {kpi.name} has no value for 2027-02.")


def test_a_line_that_an_amendment_ended_is_not_renewed_and_a_changed_price_is_the_one_that_rises(on):
	agreement = renewing(line(500), line(300), renewal_price_rule="Percent", renewal_percent=10)
	ended = {"change": "End Line", "contract_line": agreement.lines[1].name, "last_service_day": "2026-08-31"}
	amendment(agreement, date(2026, 7, 1), change(agreement, new_price=600), ended)
	(row,) = api.proposal(agreement.name)["lines"]
	assert (row["contract_line"], row["new_price"]) == (agreement.lines[0].name, 660.00)
