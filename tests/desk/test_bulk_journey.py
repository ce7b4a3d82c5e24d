"""What an administrator does at the desk to have a night's invoices posted in bulk."""

from __future__ import annotations

import frappe
import pytest
from desk_forms import WORKER_TIMEOUT, Form
from test_journeys import contract, month, support  # noqa: F401 - month is a fixture

from billing_ext.repositories import clock, runs, settings


@pytest.fixture
def form(desk):
	yield Form(desk)
	frappe.db.rollback()
	settings.save_bulk_check("", "", clock.now())
	frappe.db.commit()


def test_compare_both_ways_and_post_a_run_in_bulk(form, month, screenshot):  # noqa: F811
	names = [contract(support(), start_date=month) for _ in range(4)]
	form.page.goto("/app/billing-settings")
	form.field("post_in_bulk").scroll_into_view_if_needed()
	form.press("Compare Both Ways")
	form.page.locator("#freeze").wait_for(state="hidden", timeout=4 * WORKER_TIMEOUT)
	form.shows("Passed", "0 different.")
	form.field("bulk_check_report").scroll_into_view_if_needed()
	screenshot("posting-in-bulk")

	customers = {frappe.db.get_value("Billing Contract", name, "customer") for name in names}
	run = runs.create(month, "User", customer=customers.pop())
	frappe.db.commit()
	form.open("Billing Run", run)
	form.press("Start")
	form.shows_status("Completed", timeout=WORKER_TIMEOUT)
	form.unfold("How the Documents Were Posted")
	form.shows("Bulk", "the first of its kind: the others follow its pattern")
	form.field("lanes").scroll_into_view_if_needed()
	screenshot("posting-lanes-of-a-run")
