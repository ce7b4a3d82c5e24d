"""What people do at the desk in a contract's life: pausing, renewing, ramps, credits."""

from __future__ import annotations

import frappe
import pytest
from desk_forms import WORKER_TIMEOUT, Form, written
from erpnext.controllers.sales_and_purchase_return import make_return_doc
from playwright.sync_api import expect
from test_journeys import SUPPORT, bill_now, contract, item, month, support  # noqa: F401 - month is a fixture

from billing_ext.core.period import ONE_DAY, add_months
from billing_ext.services import contract_billing


@pytest.fixture
def form(desk):
	return Form(desk)


def test_pause_and_resume(form, month, screenshot):  # noqa: F811
	name = contract(support(), start_date=month)
	contract_billing.bill(name, month)

	form.open("Billing Contract", name)
	form.menu("Change", "Pause")
	form.fill("effective_date", written(month.replace(day=16)))
	form.shows("Credit Note for", "kr -250,00")
	form.field("reason").click()  # closes the calendar
	screenshot("pause")
	form.save()
	form.submit()

	bill_now(form, name, month.replace(day=17))
	form.shows_status("Completed", timeout=WORKER_TIMEOUT)
	form.open("Billing Contract", name)
	form.shows(f"Paused {written(month.replace(day=16))}", "Nothing more will be invoiced.")
	screenshot("paused")

	form.menu("Change", "Resume")
	form.fill("effective_date", written(month.replace(day=21)))
	form.shows("kr 166,67")  # 500 x 10/30, with the next invoice
	form.save()
	form.submit()
	form.press("Contract")
	form.shows("kr 666,67")


def test_prices_agreed_for_later(form, month, screenshot):  # noqa: F811
	later = add_months(month, 1)
	name = contract(
		support(), start_date=month, ramp_steps=[{"line_no": 1, "effective_date": later, "price": 600}]
	)
	form.open("Billing Contract", name)
	form.shows("1 × kr 500,00", "1 × kr 600,00")
	screenshot("ramp")


def test_renew_at_another_price(form, month, screenshot):  # noqa: F811
	end = add_months(month, 1) - ONE_DAY
	name = contract(
		support(),
		start_date=add_months(month, -11),
		end_date=end,
		renewal="Renews for a Term",
		notice_count=1,
		renewal_price_rule="Percent",
		renewal_percent=4,
	)
	form.open("Billing Contract", name)
	form.shows("Last Day to Cancel")
	form.menu("Renewal", "Renew…")
	form.shows("kr 520,00")
	screenshot("renewal")
	form.save()
	form.submit()
	form.press("Contract")
	form.shows("1 × kr 520,00")
	assert (
		frappe.db.get_value("Billing Contract", name, "term_end") == add_months(end + ONE_DAY, 12) - ONE_DAY
	)


def test_forgive_a_credit_note_made_by_hand_or_bill_it_again(form, month, screenshot):  # noqa: F811
	name = contract(support(), start_date=month)
	(invoice,) = contract_billing.bill(name, month)
	credit_note = make_return_doc("Sales Invoice", invoice.name)
	credit_note.insert().submit()
	frappe.db.commit()

	form.open("Billing Contract", name)
	form.shows("To Decide", "Forgiven")
	screenshot("credit-to-decide")
	form.press("Bill Again")
	expect(form.root.get_by_text("Re-bill").first).to_be_visible()
