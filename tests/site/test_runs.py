"""Billing nights as they go wrong: nothing doubled, lost or half written, and each error named with its remedy."""

import signal
import time
from datetime import date, timedelta

import frappe
import pytest
import site_workers
from site_builders import COMPANY, amendment, change, charges_of, contract, customer, invoices_of, item, line

from billing_ext.repositories import charges, clock, invoice_values, invoices, runs
from billing_ext.services import billing_run, contract_billing

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]
APRIL = date(2026, 4, 1)


def run_for(agreement, as_of=APRIL):
	"""A finished run over the contracts of one customer."""
	name = runs.create(as_of, "User", customer=agreement.customer)
	frappe.db.commit()
	billing_run.run_now(name)
	return frappe.get_doc("Billing Run", name)


def error_of(run, agreement):
	(found,) = frappe.get_all(
		"Billing Run Error", filters={"billing_run": run.name, "contract": agreement.name}, fields=["*"]
	)
	return found


def test_a_run_bills_counts_and_adds_up_by_currency():
	buyer = customer()
	for price in (500, 700):
		contract(line(price), customer=buyer, start_date=APRIL)
	credited = contract(line(300), customer=buyer, start_date=APRIL, correction_billing="Immediately")
	run_for(credited)
	amendment(credited, date(2026, 4, 16), change(credited, new_price=100))
	run = run_for(credited, date(2026, 4, 16))
	first = frappe.get_doc("Billing Run", {"customer": buyer, "as_of": APRIL})
	assert (first.status, first.contracts_total, first.contracts_done, first.invoices) == (
		"Completed",
		3,
		3,
		3,
	)
	(total,) = first.totals
	assert (total.currency, total.net, total.tax, total.gross) == ("NOK", 1500.00, 375.00, 1875.00)
	assert (run.invoices, run.credit_notes, run.totals[0].net) == (0, 1, -100.00)


def test_a_second_run_finds_nothing_to_do():
	agreement = contract(line(500), start_date=APRIL)
	assert run_for(agreement).invoices == 1
	again = run_for(agreement)
	assert (again.invoices, again.contracts_total, again.status) == (0, 0, "Completed")


def test_two_workers_on_the_same_contract_bill_it_once():
	agreements = [contract(line(500), start_date=APRIL) for _ in range(3)]
	workers = [
		site_workers.start(site_workers.bill, agreement.name, APRIL)
		for agreement in agreements
		for _ in range(2)
	]
	for worker in workers:
		worker.join(60)
	assert [worker.exitcode for worker in workers] == [0] * 6
	frappe.db.rollback()
	assert [len(invoices_of(agreement)) for agreement in agreements] == [1, 1, 1]
	assert [len(charges_of(agreement)) for agreement in agreements] == [1, 1, 1]


def test_the_ledgers_unique_key_stops_a_worker_that_forgot_the_lock(monkeypatch):
	from billing_ext.core.simulation import Books

	agreement = contract(line(500), start_date=APRIL)
	contract_billing.bill(agreement.name, APRIL)
	monkeypatch.setattr(charges, "books_of", lambda names: {name: Books() for name in names})
	with pytest.raises(frappe.UniqueValidationError):
		contract_billing.bill(agreement.name, APRIL)
	assert len(invoices_of(agreement)) == 1


def test_a_worker_killed_between_charge_and_invoice_leaves_nothing_and_the_next_run_bills():
	agreement = contract(line(500), start_date=APRIL)
	worker = site_workers.start(site_workers.die_between_charge_and_invoice, agreement.name, APRIL)
	worker.join(60)
	assert worker.exitcode == -signal.SIGKILL
	frappe.db.rollback()
	assert charges_of(agreement) == []
	assert run_for(agreement).invoices == 1


def test_a_deadlock_is_done_again_from_the_start(monkeypatch):
	agreement = contract(line(500), start_date=APRIL)
	create, failures = invoices.create, [frappe.QueryDeadlockError("Deadlock found when trying to get lock")]

	def deadlocked_once(*arguments):
		created = create(*arguments)
		if failures:
			raise failures.pop()
		return created

	monkeypatch.setattr(invoices, "create", deadlocked_once)
	run = run_for(agreement)
	assert (run.status, run.invoices, len(charges_of(agreement)), len(invoices_of(agreement))) == (
		"Completed",
		1,
		1,
		1,
	)


def test_a_real_deadlock_costs_the_worker_a_second_attempt_and_nothing_else():
	agreement = contract(line(500), start_date=APRIL)
	before = counter("Innodb_deadlocks")
	# InnoDB gives up the transaction that has changed less, so this one changes a lot.
	frappe.db.bulk_insert("ToDo", ["name", "description"], [[f"deadlock-{n}", "x"] for n in range(500)])
	frappe.db.sql("select name from `tabSeries` for update")
	worker = site_workers.start(site_workers.bill, agreement.name, APRIL)
	wait_until(lambda: counter("Innodb_row_lock_current_waits"))
	frappe.db.sql("select name from `tabBilling Contract` where name = %s for update", agreement.name)
	frappe.db.rollback()
	worker.join(60)
	assert counter("Innodb_deadlocks") == before + 1
	assert (worker.exitcode, len(invoices_of(agreement)), len(charges_of(agreement))) == (0, 1, 1)


def test_a_script_that_hides_a_deadlock_does_not_leave_an_invoice_without_its_charge(monkeypatch):
	agreement = contract(line(500), start_date=APRIL)
	create, hidden = invoices.create, [1]

	def deadlocked_on_the_way(*arguments):
		created = create(*arguments)
		if hidden:
			hidden.pop()
			frappe.db._cursor.execute("rollback")  # as the database does it, past Frappe
		return created

	monkeypatch.setattr(invoices, "create", deadlocked_on_the_way)
	run = run_for(agreement)
	assert (run.status, run.invoices, len(invoices_of(agreement))) == ("Completed", 1, 1)
	(charge,) = charges_of(agreement)
	assert charge.sales_invoice == invoices_of(agreement)[0].name


def counter(name):
	"""A counter of the database server."""
	return int(frappe.db.sql("show global status like %s", name)[0][1])


def wait_until(condition, seconds=30):
	deadline = time.monotonic() + seconds
	while not condition():
		assert time.monotonic() < deadline, "waited in vain"
		time.sleep(0.1)


def test_a_scheduler_that_was_down_for_a_week_catches_up_with_the_right_amounts():
	agreement = contract(line(310), start_date=date(2026, 5, 1))
	run_for(agreement, date(2026, 5, 1))
	amendment(agreement, date(2026, 5, 22), change(agreement, new_price=620))
	late = run_for(agreement, date(2026, 6, 8))
	# (620 - 310) x 10/31 = 100 and June; the invoice is dated when it is made
	june = invoices_of(agreement)[-1]
	assert (late.invoices, [row.net_amount for row in june.items]) == (1, [100.00, 620.00])
	assert str(june.posting_date) == "2026-06-08"


def test_the_scheduler_starts_one_run_a_day_however_often_it_is_called(monkeypatch):
	monkeypatch.setattr(billing_run.jobs, "enqueue", lambda *arguments, **named: None)
	day = date(2031, 1, 1) + timedelta(days=int(time.time()) % 20_000)
	monkeypatch.setattr(clock, "today", lambda: day)
	first, second = billing_run.start_nightly(), billing_run.start_nightly()
	assert (first is not None, second) == (True, None)
	frappe.db.rollback()


def test_paused_billing_starts_no_nightly_run(monkeypatch):
	frappe.db.set_single_value("Billing Settings", "paused", 1)
	frappe.clear_document_cache("Billing Settings", "Billing Settings")
	try:
		assert billing_run.start_nightly() is None
	finally:
		frappe.db.rollback()
		frappe.clear_document_cache("Billing Settings", "Billing Settings")


def test_a_stalled_run_is_queued_anew(monkeypatch):
	agreement = contract(line(500), start_date=APRIL)
	name = runs.create(APRIL, "User", customer=agreement.customer)
	runs.start(name, 1, 1, clock.minutes_ago(60))
	queued = []
	monkeypatch.setattr(billing_run.jobs, "enqueue", lambda method, **named: queued.append(named["run"]))
	assert name in billing_run.restart_stalled()
	assert name in queued
	frappe.db.commit()
	billing_run.run_now(name)
	assert frappe.db.get_value("Billing Run", name, "status") == "Completed"


def test_the_third_of_five_contracts_fails_and_the_others_are_billed():
	buyer = customer()
	agreements = [contract(line(100 * n), customer=buyer, start_date=APRIL) for n in range(1, 6)]
	broken = agreements[2].lines[0].item_code
	frappe.db.set_value("Item", broken, "disabled", 1)
	frappe.db.commit()
	run = run_for(agreements[0])
	assert (run.status, run.invoices, run.errors, run.contracts_done) == ("Completed With Errors", 4, 1, 5)
	error = error_of(run, agreements[2])
	assert (error.code, error.status) == ("item_disabled", "Open")
	assert broken in error.message
	assert "Enable" in error.remedy
	assert agreements[2].reload().status == "Needs Attention"

	frappe.db.set_value("Item", broken, "disabled", 0)
	frappe.db.commit()
	again = run_for(agreements[2])
	assert (again.invoices, error_of(run, agreements[2]).status) == (1, "Resolved")
	assert (run.reload().status, run.errors) == ("Completed", 0)
	assert agreements[2].reload().status == "Active"


def test_a_retry_counts_on_where_the_run_had_stopped():
	buyer = customer()
	agreements = [contract(line(100), customer=buyer, start_date=APRIL) for _ in range(3)]
	broken = agreements[0].lines[0].item_code
	frappe.db.set_value("Item", broken, "disabled", 1)
	frappe.db.commit()
	run = run_for(agreements[0])
	frappe.db.set_value("Item", broken, "disabled", 0)
	frappe.db.commit()
	assert billing_run.retry(run.name) == 1
	frappe.db.commit()
	site_workers.start(site_workers.work_off, "long").join(120)
	frappe.db.rollback()
	run.reload()
	assert (run.status, run.contracts_total, run.contracts_done, run.invoices) == ("Completed", 3, 3, 3)


def test_a_night_bills_every_company_whatever_the_default_is():
	other = make_company()
	agreement = contract(line(500), company=other, start_date=APRIL)
	name = runs.create(APRIL, "Scheduler")
	assert frappe.db.get_value("Billing Run", name, ["company", "customer"]) == (None, None)
	frappe.db.commit()
	billing_run.dispatch(name)
	site_workers.start(site_workers.work_off, "long").join(120)
	frappe.db.rollback()
	assert [invoice.company for invoice in invoices_of(agreement)] == [other]
	single = billing_run.start(APRIL, contract=agreement.name)
	assert frappe.db.get_value("Billing Run", single, "company") == other


def make_company():
	"""A second company with its own chart; the defaults of user and site stay with the first."""
	name = "Annen Fjord AS"
	if not frappe.db.exists("Company", name):
		frappe.get_doc(
			{
				"doctype": "Company",
				"company_name": name,
				"abbr": "AF",
				"default_currency": "NOK",
				"country": "Norway",
				"chart_of_accounts": "Standard",
			}
		).insert()
		frappe.db.commit()
	return name


def test_a_frozen_accounting_period_is_named_with_its_remedy():
	agreement = contract(line(500), start_date=APRIL)
	frappe.db.set_single_value("Accounts Settings", "acc_frozen_upto", "2026-04-30")
	frappe.db.commit()
	try:
		run = run_for(agreement)
		error = error_of(run, agreement)
		assert (run.errors, error.code) == (1, "books_frozen")
		assert "30.04.2026" in error.message
		assert "later date" in error.remedy
		assert (charges_of(agreement), invoices_of(agreement)) == ([], [])
		assert run_for(agreement, date(2026, 5, 1)).invoices == 1
	finally:
		frappe.db.set_single_value("Accounts Settings", "acc_frozen_upto", None)
		frappe.db.commit()


def test_a_closed_accounting_period_is_named_with_its_remedy():
	period = frappe.get_doc(
		{
			"doctype": "Accounting Period",
			"period_name": "February 2024",
			"company": COMPANY,
			"start_date": "2024-02-01",
			"end_date": "2024-02-29",
			"closed_documents": [{"document_type": "Sales Invoice", "closed": 1}],
		}
	).insert()
	agreement = contract(line(500), start_date=date(2024, 2, 1), end_date=date(2024, 2, 29))
	try:
		run = run_for(agreement, date(2024, 2, 10))
		assert error_of(run, agreement).code == "period_closed"
	finally:
		period.delete()
		frappe.db.commit()


def test_a_missing_exchange_rate_stops_that_contract_with_its_remedy():
	agreement = contract(line(500), start_date=APRIL, currency="DKK")
	run = run_for(agreement)
	error = error_of(run, agreement)
	assert (error.code, charges_of(agreement)) == ("exchange_rate", [])
	assert "DKK" in error.message
	assert "Currency Exchange" in error.remedy


def test_a_deleted_item_is_named_with_its_remedy():
	gone = item()
	agreement = contract(line(500, item_code=gone), start_date=APRIL)
	frappe.db.delete("Item", {"name": gone})
	frappe.db.commit()
	run = run_for(agreement)
	error = error_of(run, agreement)
	assert (error.code, invoices_of(agreement)) == ("items_missing", [])
	assert gone in error.message


def test_an_error_that_nobody_foresaw_keeps_its_traceback(monkeypatch):
	agreement = contract(line(500), start_date=APRIL)

	def explode(*arguments):
		raise ZeroDivisionError("of a script on the site")

	monkeypatch.setattr(invoices, "create", explode)
	run = run_for(agreement)
	error = error_of(run, agreement)
	assert error.code == "ZeroDivisionError"
	assert "of a script on the site" in error.traceback
	assert (charges_of(agreement), agreement.reload().status) == ([], "Needs Attention")


def test_an_invoice_that_another_app_changes_is_not_made(monkeypatch):
	agreement = contract(line(500), start_date=APRIL)
	values = invoice_values.row_values
	monkeypatch.setattr(invoice_values, "row_values", lambda *arguments: values(*arguments) | {"rate": 499})
	error = error_of(run_for(agreement), agreement)
	assert error.code == "totals_differ"
	assert invoices_of(agreement) == []


def test_a_run_for_one_contract_looks_at_it_whatever_its_next_billing_date_says():
	agreement = contract(line(500), start_date=APRIL)
	frappe.db.set_value("Billing Contract", agreement.name, "next_billing_date", None)
	name = runs.create(APRIL, "User", contract=agreement.name)
	frappe.db.commit()
	billing_run.run_now(name)
	assert len(invoices_of(agreement)) == 1


def test_a_run_far_in_the_future_is_a_slip_of_the_pen():
	with pytest.raises(frappe.ValidationError, match="31 days ahead"):
		frappe.get_doc({"doctype": "Billing Run", "as_of": "2062-01-01"}).insert()


def test_runs_work_through_the_queue():
	agreement = contract(line(500), start_date=APRIL)
	name = billing_run.start(APRIL, customer=agreement.customer)
	frappe.db.commit()
	worker = site_workers.start(site_workers.work_off, "long")
	worker.join(120)
	frappe.db.rollback()
	assert (worker.exitcode, frappe.db.get_value("Billing Run", name, "status")) == (0, "Completed")
	assert len(invoices_of(agreement)) == 1
