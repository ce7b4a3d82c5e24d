"""What happens to a contract: terms, amendments, termination, and what each puts on documents and into the ledger."""

from datetime import date, timedelta

import frappe
import pytest
from site_builders import (
	COMPANY,
	amendment,
	bill,
	change,
	charges_of,
	contract,
	gl_of,
	item,
	line,
	rows,
	termination,
)

from billing_ext.api import contracts as contract_api
from billing_ext.services import contract_billing

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]


def test_a_yearly_price_billed_monthly_side_by_side_with_a_yearly_line_and_a_setup_fee():
	agreement = contract(
		line(12000, price_period="Year", price_period_count=1),
		line(
			2400, billing_interval="Year", billing_interval_count=1, price_period="Year", price_period_count=1
		),
		line(1500, line_type="One-off"),
		start_date=date(2026, 1, 1),
	)
	january, february = bill(agreement, date(2026, 1, 1), date(2026, 2, 1))
	assert rows(january) == [
		(1000.00, "2026-01-01", "2026-01-31"),
		(2400.00, "2026-01-01", "2026-12-31"),
		(1500.00, "2026-01-01", "2026-01-01"),
	]
	assert rows(february) == [(1000.00, "2026-02-01", "2026-02-28")]
	agreement.reload()
	assert agreement.mrr == 1200.00  # 12,000 / 12 + 2,400 / 12, the fee is not recurring


def test_quantity_and_price_show_on_a_full_period_and_discount_with_it():
	agreement = contract(line(100, quantity=3, discount_percentage=10), start_date=date(2026, 4, 1))
	(invoice,) = bill(agreement, date(2026, 4, 1))
	row = invoice.items[0]
	assert (row.qty, row.price_list_rate, row.rate, row.net_amount) == (3, 100, 90, 270.00)


def test_a_share_of_seats_that_no_unit_price_divides_is_one_unit_and_explained():
	agreement = contract(
		line(99, quantity=7), start_date=date(2026, 4, 1), alignment="Billing Day", billing_day=20
	)
	(invoice,) = bill(agreement, date(2026, 4, 1))
	# 7 x 99 x 19/31 = 424.7419...
	assert (invoice.items[0].qty, invoice.items[0].net_amount) == (1, 424.74)
	assert "7 × 99,00 × 19/31 = 424,74" in invoice.items[0].description


def test_termination_credits_the_unserved_days_against_the_invoice_that_billed_them():
	agreement = contract(line(310), start_date=date(2026, 5, 1))
	bill(agreement, date(2026, 5, 1))
	termination(agreement, date(2026, 5, 10))
	invoice, credit_note = bill(agreement, date(2026, 5, 11))
	# 310 x 21/31 = 210 for 11-31 May
	assert (credit_note.is_return, credit_note.return_against, credit_note.net_total) == (
		1,
		invoice.name,
		-210.00,
	)
	assert rows(credit_note) == [(-210.00, "2026-05-11", "2026-05-31")]
	assert gl_of(credit_note) == {"Debtors - FS": -262.50, "Sales - FS": 210.00, "Output VAT 25% - FS": 52.50}
	assert invoice.reload().outstanding_amount == 387.50 - 262.50
	agreement.reload()
	assert (agreement.status, str(agreement.service_end), agreement.next_billing_date) == (
		"Ended",
		"2026-05-10",
		None,
	)
	assert contract_billing.bill(agreement.name, date(2026, 8, 1)) == ()


def test_a_termination_in_the_future_credits_what_is_billed_beyond_it_in_the_next_run():
	today = frappe.utils.getdate()
	agreement = contract(line(310), start_date=today, billing_interval_count=3)
	bill(agreement, today)
	termination(agreement, today + timedelta(days=9))
	assert agreement.reload().next_billing_date == today
	shown = contract_api.contract_overview(agreement.name)["coming"]
	assert [(run["date"], len(run["documents"])) for run in shown] == [(today.isoformat(), 1)]
	_invoice, credit_note = bill(agreement, today)
	assert credit_note.is_return


def test_two_decreases_of_one_invoice_are_two_credit_notes_within_what_is_left():
	agreement = contract(line(300), start_date=date(2026, 4, 1), correction_billing="Immediately")
	bill(agreement, date(2026, 4, 1))
	amendment(agreement, date(2026, 4, 11), change(agreement, new_price=150))
	bill(agreement, date(2026, 4, 11))
	amendment(agreement, date(2026, 4, 21), change(agreement, new_price=0))
	invoice, first, second = bill(agreement, date(2026, 4, 21))
	# (150 - 300) x 20/30 = -100; (0 - 150) x 10/30 = -50
	assert [note.net_total for note in (first, second)] == [-100.00, -50.00]
	assert {note.return_against for note in (first, second)} == {invoice.name}
	assert invoice.reload().outstanding_amount == (300 - 150) * 1.25


def test_a_credit_can_be_deducted_from_the_next_invoice_instead():
	agreement = contract(line(300), start_date=date(2026, 4, 1), credit_handling="Next Invoice")
	bill(agreement, date(2026, 4, 1))
	amendment(agreement, date(2026, 4, 16), change(agreement, new_price=100))
	_april, may = bill(agreement, date(2026, 4, 16), date(2026, 5, 1))
	# 100 for May less (300 - 100) x 15/30 = 100: an invoice over nothing that shows both
	assert (may.net_total, may.docstatus, may.status) == (0.00, 1, "Paid")
	assert sum(charge.amount for charge in charges_of(agreement)) == 300.00
	assert "Less credit for" in may.items[0].description


def test_a_replaced_line_is_credited_and_its_successor_billed():
	agreement = contract(line(300), start_date=date(2026, 4, 1))
	bill(agreement, date(2026, 4, 1))
	bigger = item()
	amendment(
		agreement,
		date(2026, 4, 16),
		{
			"change": "Replace Line",
			"contract_line": agreement.lines[0].name,
			"item_code": bigger,
			"new_price": 600,
		},
	)
	_april, new, credit_note = bill(agreement, date(2026, 4, 16))
	assert [(row.item_code, row.net_amount) for row in new.items] == [(bigger, 300.00)]  # 600 x 15/30
	assert credit_note.net_total == -150.00  # 300 x 15/30
	may = bill(agreement, date(2026, 5, 1))[-1]
	assert [(row.item_code, row.net_amount) for row in may.items] == [(bigger, 600.00)]


@pytest.mark.parametrize("policy", ["Prorate", "Prorate, With Next Period", "Full Price", "Free"])
def test_a_successor_is_prorated_whatever_a_first_period_costs(policy):
	agreement = contract(line(300), start_date=date(2026, 4, 1), first_period=policy)
	bill(agreement, date(2026, 4, 1))
	amendment(
		agreement,
		date(2026, 4, 16),
		{"change": "Replace Line", "contract_line": agreement.lines[0].name, "new_price": 600},
	)
	_april, new, credit_note = bill(agreement, date(2026, 4, 16))
	assert (new.net_total, credit_note.net_total) == (300.00, -150.00)


def test_another_item_brings_its_own_description_and_accounts():
	account = frappe.db.get_value(
		"Account", {"company": COMPANY, "root_type": "Income", "is_group": 0, "name": ("!=", "Sales - FS")}
	)
	agreement = contract(
		line(300, description="The old service", income_account=account), start_date=date(2026, 4, 1)
	)
	bill(agreement, date(2026, 4, 1))
	other = item(description="The new service")
	amendment(
		agreement,
		date(2026, 4, 16),
		{
			"change": "Replace Line",
			"contract_line": agreement.lines[0].name,
			"item_code": other,
			"new_price": 600,
		},
	)
	_april, new, _credit_note = bill(agreement, date(2026, 4, 16))
	row = new.items[0]
	assert (row.description.split("<br>")[0], row.income_account) == ("The new service", "Sales - FS")


def test_a_change_from_monthly_to_yearly_keeps_the_contracts_day():
	agreement = contract(line(100), start_date=date(2026, 1, 1))
	bill(agreement, date(2026, 1, 1))
	amendment(
		agreement,
		date(2026, 2, 1),
		{
			"change": "Change Cadence",
			"contract_line": agreement.lines[0].name,
			"billing_interval": "Year",
			"billing_interval_count": 1,
			"price_period": "Year",
			"price_period_count": 1,
			"new_price": 1095,
		},
	)
	_january, february = bill(agreement, date(2026, 2, 1))
	# the year of the contract runs from 1 January: 1,095 x 334/365
	assert rows(february) == [(1002.00, "2026-02-01", "2026-12-31")]


def test_an_amendment_that_is_cancelled_leaves_no_trace_on_what_is_billed():
	agreement = contract(line(500), start_date=date(2026, 4, 1), correction_billing="Immediately")
	bill(agreement, date(2026, 4, 1))
	raised = amendment(agreement, date(2026, 4, 16), change(agreement, new_price=750))
	bill(agreement, date(2026, 4, 16))
	raised.cancel()
	frappe.db.commit()
	_april, more, less = bill(agreement, date(2026, 4, 17))
	assert (more.net_total, less.net_total, less.return_against) == (125.00, -125.00, more.name)
	assert bill(agreement, date(2026, 5, 1))[-1].net_total == 500.00


def test_a_line_that_a_cancelled_amendment_had_added_is_credited_whole():
	agreement = contract(line(500), start_date=date(2026, 4, 1), correction_billing="Immediately")
	added = amendment(
		agreement,
		date(2026, 4, 1),
		{"change": "Add Line", "item_code": item(), "new_price": 80, "new_quantity": 1},
	)
	bill(agreement, date(2026, 4, 1))
	added.cancel()
	frappe.db.commit()
	invoice, credit_note = bill(agreement, date(2026, 4, 2))
	assert (invoice.net_total, credit_note.net_total, credit_note.return_against) == (
		580.00,
		-80.00,
		invoice.name,
	)


def test_a_backdated_change_bills_the_difference_of_every_period_since():
	agreement = contract(line(300), start_date=date(2026, 1, 1))
	bill(agreement, date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1))
	amendment(agreement, date(2026, 1, 16), change(agreement, new_quantity=2))
	april = bill(agreement, date(2026, 4, 1))[-1]
	# 300 x 16/31 = 154.84; February 300; March 300; April 2 x 300
	assert sorted(row.net_amount for row in april.items) == [154.84, 300.00, 300.00, 600.00]


def test_several_changes_on_one_day_make_one_difference():
	agreement = contract(line(300), start_date=date(2026, 4, 1))
	bill(agreement, date(2026, 4, 1))
	amendment(agreement, date(2026, 4, 16), change(agreement, new_price=900))
	amendment(agreement, date(2026, 4, 16), change(agreement, new_price=600))
	may = bill(agreement, date(2026, 5, 1))[-1]
	assert [row.net_amount for row in may.items] == [150.00, 600.00]  # (600 - 300) x 15/30


def test_arrears_are_billed_after_the_period_in_stretches_of_their_terms():
	agreement = contract(line(300, timing="In Arrears"), start_date=date(2026, 4, 1))
	amendment(agreement, date(2026, 4, 11), change(agreement, new_price=600))
	assert bill(agreement, date(2026, 4, 30)) == []
	(invoice,) = bill(agreement, date(2026, 5, 1))
	assert rows(invoice) == [(100.00, "2026-04-01", "2026-04-10"), (400.00, "2026-04-11", "2026-04-30")]


def test_the_first_short_period_follows_the_contract():
	def first_amounts(policy):
		agreement = contract(
			line(300),
			start_date=date(2026, 4, 16),
			alignment="Billing Day",
			billing_day=1,
			first_period=policy,
		)
		return [
			[row.net_amount for row in document.items]
			for document in bill(agreement, date(2026, 4, 16), date(2026, 5, 1))
		]

	assert first_amounts("Prorate") == [[150.00], [300.00]]
	assert first_amounts("Prorate, With Next Period") == [[150.00, 300.00]]
	assert first_amounts("Full Price") == [[300.00], [300.00]]
	assert first_amounts("Free") == [[300.00]]


def test_lead_days_move_the_invoice_and_not_the_amount():
	agreement = contract(line(300), start_date=date(2026, 5, 1), lead_days=14)
	assert bill(agreement, date(2026, 4, 16)) == []
	(invoice,) = bill(agreement, date(2026, 4, 17))
	assert (str(invoice.posting_date), rows(invoice)) == (
		"2026-04-17",
		[(300.00, "2026-05-01", "2026-05-31")],
	)
