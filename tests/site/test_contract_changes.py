"""Pauses, trials, ramps, terminations, transfers, credits and tax changes, as an accountant sees them on the invoices."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import frappe
import pytest
from frappe.utils import formatdate
from site_builders import COMPANY, amendment, bill, change, contract, customer, line, rows, unique

from billing_ext.services import contract_billing, renewals

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]

APRIL, MAY, JUNE, JULY = (date(2026, month, 1) for month in (4, 5, 6, 7))


def net(documents):
	return [document.net_total for document in documents]


def test_a_pause_credits_the_days_that_were_billed_and_resuming_bills_again():
	agreement = contract(line(300), start_date=APRIL)
	bill(agreement, APRIL)
	amendment(agreement, date(2026, 4, 16), amendment_type="Pause")
	# 300 x 15/30, against the invoice of April; nothing follows while the pause is open.
	assert net(bill(agreement, MAY)) == [300, -150]
	assert net(bill(agreement, JUNE)) == [300, -150]
	amendment(agreement, date(2026, 6, 11), amendment_type="Resume")
	documents = bill(agreement, date(2026, 6, 11))
	assert rows(documents[-1]) == [(200, "2026-06-11", "2026-06-30")]  # 300 x 20/30


def test_a_pause_that_extends_the_term_moves_its_end_by_the_days_that_were_paused():
	agreement = contract(line(300), start_date=APRIL, end_date=date(2026, 6, 30))
	amendment(
		agreement, date(2026, 5, 11), amendment_type="Pause", resume_date=date(2026, 5, 21), extends_term=1
	)
	agreement.reload()
	assert agreement.term_end == agreement.service_end == date(2026, 7, 10)
	documents = bill(agreement, APRIL, MAY, JUNE, JULY)
	# May: 300 x 10/31 and 300 x 11/31, rounded together 203.23; July: 300 x 10/31.
	assert net(documents) == [300, 203.23, 300, 96.77]


def test_a_trial_is_not_charged_and_billing_periods_count_from_its_end():
	agreement = contract(
		line(300), line(99, line_type="One-off"), start_date=APRIL, trial_end=date(2026, 4, 14)
	)
	assert net(bill(agreement, APRIL)) == [99]
	documents = bill(agreement, date(2026, 4, 15))
	assert rows(documents[-1]) == [(300, "2026-04-15", "2026-05-14")]


def test_free_months_of_a_line_leave_its_periods_alone():
	agreement = contract(
		line(1200, billing_interval="Year", price_period="Year", free_until=date(2026, 6, 30)),
		start_date=APRIL,
	)
	assert bill(agreement, APRIL) == []
	documents = bill(agreement, JULY)
	assert rows(documents[-1]) == [(900.82, "2026-07-01", "2027-03-31")]  # 1200 x 274/365


def test_what_another_system_has_billed_is_not_billed_again():
	agreement = contract(line(300, billed_through=date(2026, 5, 15)), start_date=APRIL)
	documents = bill(agreement, APRIL, MAY, date(2026, 5, 16), JUNE)
	assert [rows(document) for document in documents] == [
		[(154.84, "2026-05-16", "2026-05-31")],  # 300 x 16/31
		[(300, "2026-06-01", "2026-06-30")],
	]


def test_steps_agreed_at_signature_bill_by_themselves_and_an_amendment_changes_only_what_it_names():
	agreement = contract(
		line(100, quantity=10),
		start_date=APRIL,
		ramp_steps=[
			{"line_no": 1, "effective_date": JUNE, "price": 120},
			{
				"line_no": 1,
				"effective_date": JULY,
				"price": 130,
				"discount_percentage": 10,
				"keeps_discount": 0,
			},
		],
	)
	assert agreement.ramp_steps[0].line_title
	amendment(agreement, MAY, change(agreement, new_quantity=20))
	assert net(bill(agreement, APRIL, MAY, JUNE, JULY)) == [1000, 2000, 2400, 2340]


def test_an_amendment_can_drop_the_steps_that_were_agreed_for_later():
	agreement = contract(
		line(100), start_date=APRIL, ramp_steps=[{"line_no": 1, "effective_date": JUNE, "price": 120}]
	)
	amendment(agreement, MAY, change(agreement, new_price=90, drop_later_steps=1))
	assert net(bill(agreement, APRIL, MAY, JUNE)) == [100, 90, 90]


def test_a_decrease_waits_for_the_next_period_and_an_increase_does_not_unless_the_contract_says_otherwise():
	agreement = contract(line(300), line(300), start_date=APRIL)
	bill(agreement, APRIL)
	cheaper, dearer = change(agreement, 0, new_price=150), change(agreement, 1, new_price=450)
	made = amendment(
		agreement,
		date(2026, 4, 16),
		*({**row, "applies": "As the Contract Says"} for row in (cheaper, dearer)),
	)
	assert [row.applies for row in made.lines] == ["At Next Billing Period", "On Effective Date"]
	documents = bill(agreement, MAY)
	assert [row[0] for row in rows(documents[-1])] == [150, 75, 450]


@pytest.mark.parametrize(
	("unused_time", "expected"), [("Credit", [300, -150]), ("Refund", [300, -150]), ("No Credit", [300])]
)
def test_unused_time_is_credited_refunded_or_paid_as_the_termination_says(unused_time, expected):
	agreement = contract(line(300), start_date=APRIL, credit_handling="Next Invoice")
	bill(agreement, APRIL)
	amendment(
		agreement,
		None,
		amendment_type="Terminate Contract",
		last_service_day=date(2026, 4, 15),
		unused_time=unused_time,
	)
	assert net(bill(agreement, date(2026, 4, 16), MAY)) == expected


def test_a_termination_that_is_undone_leaves_nothing_behind():
	agreement = contract(line(300), start_date=APRIL)
	bill(agreement, APRIL)
	end = amendment(agreement, None, amendment_type="Terminate Contract", last_service_day=date(2026, 4, 15))
	end.cancel()
	frappe.db.commit()
	assert net(bill(agreement, MAY)) == [300, 300]


def test_one_amendment_is_billed_at_once_though_the_contract_lets_differences_wait():
	agreement = contract(line(300), start_date=APRIL)
	bill(agreement, APRIL)
	change_now = change(agreement, new_price=600)
	amendment(agreement, date(2026, 4, 16), change_now, correction_billing="Immediately")
	assert net(bill(agreement, date(2026, 4, 16))) == [300, 150]


def test_a_credit_is_deducted_from_the_invoices_that_follow_until_it_is_used_up():
	agreement = contract(line(300), line(700, line_type="Credit"), start_date=APRIL)
	documents = bill(agreement, APRIL, MAY, JUNE)
	assert net(documents) == [0, 0, 200]


def test_a_credit_can_be_made_smaller_by_an_amendment():
	agreement = contract(line(300), line(700, line_type="Credit"), start_date=APRIL)
	made = amendment(agreement, APRIL, change(agreement, 1, new_price=400))
	assert made.lines[0].old_price == 700
	assert net(bill(agreement, APRIL, MAY)) == [0, 200]


def test_a_credit_alone_makes_no_document_and_no_work():
	agreement = contract(line(300, start_date=JULY), line(100, line_type="Credit"), start_date=APRIL)
	assert bill(agreement, APRIL, MAY) == []
	agreement.reload()
	assert agreement.next_billing_date == JULY


def test_another_customer_takes_the_contract_over_on_the_same_days_and_terms():
	agreement = contract(line(310), start_date=date(2026, 3, 31), end_date=date(2027, 3, 30))
	bill(agreement, date(2026, 3, 31), date(2026, 4, 30))
	buyer = customer()
	transfer = amendment(agreement, date(2026, 5, 15), amendment_type="Transfer", new_customer=buyer)
	documents = bill(agreement, date(2026, 5, 31))
	assert net(documents) == [310, 310, -160]  # 310 x 16/31
	heir = frappe.get_doc("Billing Contract", transfer.new_contract)
	assert (heir.customer, heir.transferred_from, heir.end_date) == (buyer, agreement.name, date(2027, 3, 30))
	contract_billing.bill(heir.name, date(2026, 5, 31))
	bills = bill(heir)
	assert rows(bills[0]) == [(160, "2026-05-15", "2026-05-30"), (310, "2026-05-31", "2026-06-29")]


def test_a_transfer_can_be_undone_until_the_new_customer_was_billed():
	agreement = contract(line(310), start_date=APRIL)
	transfer = amendment(agreement, MAY, amendment_type="Transfer", new_customer=customer())
	transfer.cancel()
	frappe.db.commit()
	assert frappe.db.get_value("Billing Contract", transfer.new_contract, "status") == "Cancelled"
	assert net(bill(agreement, APRIL, MAY)) == [310, 310]


@pytest.mark.parametrize(
	("begins", "resumes", "paused"),
	[
		(date(2026, 4, 16), None, MAY),
		(date(2026, 4, 16), JUNE, MAY),
		(JUNE, JULY, JUNE),
	],
)
def test_a_pause_must_be_over_before_another_customer_takes_the_contract_over(begins, resumes, paused):
	transfer = {"amendment_type": "Transfer", "new_customer": customer()}
	agreement = contract(line(300), start_date=APRIL)
	amendment(agreement, begins, amendment_type="Pause", resume_date=resumes)
	with pytest.raises(frappe.ValidationError, match=f"paused on {formatdate(paused)}.*Resume it on that"):
		amendment(agreement, MAY, **transfer)
	frappe.db.rollback()
	amendment(agreement, max(MAY, begins), amendment_type="Resume")
	heir = frappe.get_doc("Billing Contract", amendment(agreement, MAY, **transfer).new_contract)
	assert net(bill(heir, MAY, JUNE)) == [300, 300]


@pytest.mark.parametrize(("agreed", "months"), [(0, 12), (6, 6)])
def test_further_terms_of_a_contract_that_was_taken_over_are_as_long_as_they_were(agreed, months):
	agreement = contract(
		line(300), start_date=APRIL, term_months=12, renewal="Renews for a Term", renewal_months=agreed
	)
	transfer = amendment(agreement, date(2026, 5, 15), amendment_type="Transfer", new_customer=customer())
	renewal = renewals.proposal(transfer.new_contract)
	assert (renewal.effective_date, renewal.renewal_months) == (date(2027, 4, 1), months)


def test_the_index_is_not_counted_twice_when_a_renewed_contract_is_taken_over():
	values = {"2026-02-01": 140, "2027-02-01": 147, "2028-02-01": 161.7}
	index = frappe.get_doc(
		{
			"doctype": "Billing Price Index",
			"index_name": unique("KPI"),
			"values": [{"month": month, "value": value} for month, value in values.items()],
		}
	).insert()
	agreement = contract(
		line(100),
		start_date=APRIL,
		term_months=12,
		renewal="Renews for a Term",
		renewal_price_rule="Price Index",
		price_index=index.name,
		index_base_month="2026-02-01",
		index_lag_months=2,
	)
	renewals.proposal(agreement.name).insert().submit()
	transfer = amendment(agreement, date(2027, 6, 15), amendment_type="Transfer", new_customer=customer())
	heir = frappe.get_doc("Billing Contract", transfer.new_contract)
	assert heir.lines[0].price == 105  # 100 x 147 / 140
	(price,) = renewals.proposal(heir.name).lines
	assert price.new_price == 115.5  # 105 x 161.7 / 147


def test_a_contract_that_went_on_without_end_is_taken_over_without_end():
	agreement = contract(line(300), start_date=APRIL, term_months=1, renewal="Continues without End")
	renewals.proposal(agreement.name).insert().submit()
	frappe.db.commit()
	transfer = amendment(agreement, JUNE, amendment_type="Transfer", new_customer=customer())
	heir = frappe.get_doc("Billing Contract", transfer.new_contract)
	assert (heir.end_date, heir.renewal) == (None, "Ends")
	assert net(bill(heir, JUNE, JULY)) == [300, 300]


def test_a_contract_that_was_not_to_renew_ends_with_its_term_for_the_new_customer_too():
	agreement = contract(line(300), start_date=APRIL, term_months=2, renewal="Renews for a Term")
	amendment(agreement, None, amendment_type="Do Not Renew")
	transfer = amendment(agreement, MAY, amendment_type="Transfer", new_customer=customer())
	heir = frappe.get_doc("Billing Contract", transfer.new_contract)
	assert (heir.end_date, heir.renewal) == (date(2026, 5, 31), "Ends")


def test_a_new_billing_day_makes_one_short_period_and_then_whole_ones():
	agreement = contract(line(300), start_date=APRIL)
	bill(agreement, APRIL)
	moved = amendment(agreement, MAY, amendment_type="Change Billing Day", new_billing_day=15)
	assert moved.lines[0].change == "Change Cadence"
	documents = bill(agreement, MAY, date(2026, 5, 15))
	assert [rows(document) for document in documents[1:]] == [
		[(140, "2026-05-01", "2026-05-14")],  # 300 x 14/30, of the period from 15 April to 14 May
		[(300, "2026-05-15", "2026-06-14")],
	]


def test_a_tax_rate_that_changes_inside_a_period_splits_the_row_at_the_date(tax_change):
	agreement = contract(
		line(365, billing_interval="Year", price_period="Year", item_tax_template=tax_change.before),
		start_date=APRIL,
	)
	invoice = bill(agreement, APRIL)[0]
	page = (Path(__file__).parents[2] / "docs" / "tax-changes.md").read_text()
	shown = re.findall(r"^\| (\S+) – (\S+) \| .* = (\S+) \| (\w+) \|$", page, flags=re.MULTILINE)
	assert [(start, end, float(amount)) for start, end, amount, _rate in shown] == [
		("2026-04-01", "2026-06-30", 91),
		("2026-07-01", "2027-03-31", 274),
	]
	assert rows(invoice) == [(float(amount), start, end) for start, end, amount, _rate in shown]
	assert [row.item_tax_template for row in invoice.items] == [tax_change.before, tax_change.after]
	amendment(agreement, MAY, change(agreement, new_price=730), correction_billing="Immediately")
	correction = bill(agreement, MAY)[-1]
	assert [(row.item_tax_template, row.net_amount) for row in correction.items] == [
		(tax_change.before, 61),
		(tax_change.after, 274),
	]


def test_reverse_charge_comes_from_the_customers_tax_category(only_here):
	rate = only_here(_sales_taxes("Reverse charge", 0))
	category = only_here({"doctype": "Tax Category", "title": unique("Reverse charge")})
	abroad = customer(tax_category=category)
	rule = {"doctype": "Tax Rule", "tax_type": "Sales", "tax_category": category, "sales_tax_template": rate}
	only_here({**rule, "company": COMPANY, "use_for_shopping_cart": 0})
	invoice = bill(contract(line(100), customer=abroad, start_date=APRIL), APRIL)[0]
	assert (invoice.tax_category, invoice.taxes_and_charges) == (category, rate)
	assert (invoice.net_total, invoice.grand_total) == (100, 100)
	assert bill(contract(line(100), start_date=APRIL), APRIL)[0].grand_total == 125


def test_a_second_debit_note_corrects_the_invoice_and_not_the_first_debit_note():
	agreement = contract(
		line(300), start_date=APRIL, undercharge_handling="Debit Note", correction_billing="Immediately"
	)
	bill(agreement, APRIL)
	for day, price in ((11, 600), (21, 900)):
		amendment(agreement, date(2026, 4, day), change(agreement, new_price=price))
		documents = bill(agreement, date(2026, 4, day))
	assert net(documents) == [300, 200, 100]
	assert [document.return_against for document in documents[1:]] == [documents[0].name] * 2
	assert [document.is_debit_note for document in documents] == [0, 1, 1]


def test_a_contract_with_open_milestones_has_not_ended():
	parts = [{"line_no": 1, "title": title, "percent": 50} for title in ("Start", "Go-live")]
	agreement = contract(line(1000, line_type="Milestones"), start_date=APRIL, milestones=parts)
	agreement.reload()
	assert (agreement.status, agreement.service_end) == ("Active", None)
	amendment(agreement, None, amendment_type="Terminate Contract", last_service_day=date(2026, 4, 15))
	agreement.reload()
	assert agreement.status == "Ended"


@pytest.fixture
def only_here(db):
	"""Insert a document that is gone after the test: taxes of the company would be seen by other tests."""
	made = []

	def insert(values):
		made.append(frappe.get_doc(values).insert())
		return made[-1].name

	yield insert
	frappe.db.rollback()
	for doc in reversed(made):
		frappe.delete_doc(doc.doctype, doc.name, force=True)
	frappe.db.commit()


@pytest.fixture
def tax_change(only_here):
	before, after = (
		only_here(_item_taxes(title, rate)) for title, rate in (("Old rate", 25), ("New rate", 15))
	)
	settings = frappe.get_doc("Billing Settings")
	change = {"company": COMPANY, "from_template": before, "to_template": after, "effective_date": JULY}
	settings.append("tax_changes", change)
	settings.save()
	yield frappe._dict(before=before, after=after)
	frappe.db.rollback()
	settings.reload()
	settings.tax_changes = []
	settings.save()
	frappe.db.commit()


def _tax_account():
	return frappe.get_all(
		"Account", {"company": COMPANY, "account_type": "Tax", "is_group": 0}, pluck="name"
	)[0]


def _item_taxes(title, rate):
	taxes = [{"tax_type": _tax_account(), "tax_rate": rate}]
	return {"doctype": "Item Tax Template", "title": unique(title), "company": COMPANY, "taxes": taxes}


def _sales_taxes(title, rate):
	row = {
		"charge_type": "On Net Total",
		"account_head": _tax_account(),
		"description": title,
		"rate": rate,
	}
	name = "Sales Taxes and Charges Template"
	return {"doctype": name, "title": unique(title), "company": COMPANY, "taxes": [row]}
