"""What the form of a run shows while it goes on and afterwards."""

from datetime import date, timedelta

import frappe
import pytest
from site_builders import contract, customer, line

from billing_ext.api import runs as api
from billing_ext.repositories import clock, runs
from billing_ext.services import billing_run, sending

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]
APRIL = date(2026, 4, 1)


def run_of_two(**values):
	"""A finished run that has billed one of two contracts, since an item of the other was disabled."""
	buyer = customer()
	contract(line(500), customer=buyer, start_date=APRIL, invoice_grouping="One per Contract", **values)
	barred = contract(
		line(700), customer=buyer, start_date=APRIL, invoice_grouping="One per Contract", **values
	)
	frappe.db.set_value("Item", barred.lines[0].item_code, "disabled", 1)
	frappe.clear_document_cache("Item", barred.lines[0].item_code)
	run = runs.create(APRIL, "User", customer=buyer)
	frappe.db.commit()
	billing_run.run_now(run)
	frappe.set_user("Administrator")
	return run


def test_the_form_shows_contracts_documents_errors_and_time():
	run = run_of_two()
	shown = api.progress(run)
	assert (shown["contracts_total"], shown["contracts_done"]) == (2, 2)
	assert (shown["documents"], shown["errors"]) == (1, 1)
	assert shown["seconds"] >= 0
	assert shown["seconds_left"] is None, "it has ended"


def test_the_time_left_is_at_the_pace_so_far():
	run = runs.create(APRIL, "User")
	now = clock.now()
	runs.start(run, 400, 4, now - timedelta(seconds=60))
	assert api.progress(run)["seconds_left"] is None, "nothing to tell from"
	runs.beat(run, 1, 100, 1, now)
	shown = api.progress(run)
	assert shown["seconds"] == pytest.approx(60, abs=5)
	assert shown["seconds_left"] == pytest.approx(180, abs=15)


def test_what_is_to_be_sent_is_counted_by_status_and_found_by_the_run(monkeypatch):
	monkeypatch.setattr(sending.jobs, "enqueue_side_by_side", lambda *arguments: None)
	run = run_of_two(send_invoice=1, contact_email="kunde@example.com")
	assert api.messages(run) == {"Billing Outbox Message": {"Waiting": 1}, "Tripletex Outbox Message": {}}
	(message,) = frappe.get_all("Billing Outbox Message", {"billing_run": run}, pluck="name")
	monkeypatch.setattr(sending.mail, "send_invoice", lambda *arguments: None)
	sending.deliver(message)
	assert api.messages(run)["Billing Outbox Message"] == {"Sent": 1}


def test_the_progress_of_a_run_needs_read_permission():
	run = runs.create(APRIL, "User")
	frappe.set_user("Guest")
	for method in (api.progress, api.messages):
		with pytest.raises(frappe.PermissionError):
			method(run)
