"""What happens to a contract: terms, amendments, cancellation, and what each puts on documents and into the ledger."""

from datetime import date, timedelta

import frappe
import pytest
from site_builders import (
	COMPANY,
	amendment,
	change,
	charges_of,
	contract,
	customer,
	gl_of,
	invoices_of,
	item,
	line,
	termination,
)

from billing_ext.api import contracts as contract_api
from billing_ext.services import contract_billing, contract_state

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]


def bill(agreement, *days):
	for day in days:
		contract_billing.bill(agreement.name, day)
	return invoices_of(agreement)


def rows(invoice):
	return [(row.net_amount, str(row.service_start_date), str(row.service_end_date)) for row in invoice.items]


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


def test_invoices_can_be_left_as_drafts_and_take_effect_when_somebody_submits_them():
	agreement = contract(line(500), start_date=date(2026, 4, 1), invoice_action="Left as Draft")
	(draft,) = bill(agreement, date(2026, 4, 1), date(2026, 4, 2))
	assert (draft.docstatus, charges_of(agreement)[0].status) == (0, "Draft")
	draft.submit()
	assert charges_of(agreement)[0].status == "Invoiced"
	frappe.db.commit()


def test_a_deleted_draft_is_billed_again():
	agreement = contract(line(500), start_date=date(2026, 4, 1), invoice_action="Left as Draft")
	(draft,) = bill(agreement, date(2026, 4, 1))
	draft.delete()
	frappe.db.commit()
	(again,) = bill(agreement, date(2026, 4, 2))
	assert again.net_total == 500.00
	assert [charge.status for charge in charges_of(agreement)] == ["Released", "Draft"]


def test_a_row_of_a_draft_may_be_removed_but_not_repriced():
	agreement = contract(line(500), line(80), start_date=date(2026, 4, 1), invoice_action="Left as Draft")
	(draft,) = bill(agreement, date(2026, 4, 1))
	draft.items[0].rate = 400
	with pytest.raises(frappe.ValidationError, match="the contract bills 500"):
		draft.submit()
	frappe.db.rollback()
	draft = invoices_of(agreement)[0]
	draft.remove(draft.items[0])
	draft.submit()
	frappe.db.commit()
	again = bill(agreement, date(2026, 4, 2))[-1]
	assert [row.net_amount for row in again.items] == [500.00]


def test_a_cancelled_invoice_is_not_billed_again_until_somebody_says_so():
	from billing_ext.api.contracts import release_charges

	agreement = contract(line(500), start_date=date(2026, 4, 1))
	(invoice,) = bill(agreement, date(2026, 4, 1))
	invoice.cancel()
	frappe.db.commit()
	assert contract_billing.bill(agreement.name, date(2026, 4, 2)) == ()
	assert release_charges(invoice.name) == 1
	frappe.db.commit()
	assert bill(agreement, date(2026, 4, 3))[-1].net_total == 500.00


def test_an_amended_invoice_takes_the_charges_of_the_cancelled_one_over():
	agreement = contract(line(500), start_date=date(2026, 4, 1))
	(invoice,) = bill(agreement, date(2026, 4, 1))
	invoice.cancel()
	again = frappe.copy_doc(invoice, ignore_no_copy=False)
	again.amended_from = invoice.name
	# the desk's Amend keeps what is marked no_copy
	again.billing_ext_contract = invoice.billing_ext_contract
	again.items[0].billing_ext_charge = invoice.items[0].billing_ext_charge
	again.po_no = "4711"
	again.submit()
	frappe.db.commit()
	assert [(charge.status, charge.sales_invoice) for charge in charges_of(agreement)] == [
		("Invoiced", again.name)
	]
	assert contract_billing.bill(agreement.name, date(2026, 4, 2)) == ()


@pytest.mark.parametrize("bill_again", [False, True])
def test_a_credit_note_made_by_hand_is_forgiven_or_billed_again_as_the_user_decides(bill_again):
	from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_sales_return

	from billing_ext.api.contracts import decide_manual_credit

	agreement = contract(line(500), start_date=date(2026, 4, 1), correction_billing="Immediately")
	(invoice,) = bill(agreement, date(2026, 4, 1))
	note = make_sales_return(invoice.name)
	note.submit()
	frappe.db.commit()
	assert contract_billing.bill(agreement.name, date(2026, 4, 2)) == ()
	(credit,) = charges_of(agreement, kind="Manual Credit")
	assert (credit.amount, credit.status) == (-500.00, "Forgiven")
	decide_manual_credit(credit.name, bill_again)
	frappe.db.commit()
	after = bill(agreement, date(2026, 4, 3))[1:]
	assert [document.net_total for document in after] == ([500.00] if bill_again else [])


def test_a_contract_in_euro_uses_the_stored_rate_of_the_day():
	frappe.get_doc(
		{
			"doctype": "Currency Exchange",
			"date": "2026-03-31",
			"from_currency": "EUR",
			"to_currency": "NOK",
			"exchange_rate": 11.5,
			"for_selling": 1,
			"for_buying": 1,
		}
	).insert(ignore_if_duplicate=True)
	frappe.db.set_single_value(
		"Accounts Settings", "allow_multi_currency_invoices_against_single_party_account", 1
	)
	agreement = contract(line(100), start_date=date(2026, 4, 1), currency="EUR")
	(invoice,) = bill(agreement, date(2026, 4, 1))
	assert (invoice.conversion_rate, invoice.net_total, invoice.base_net_total) == (11.5, 100.00, 1150.00)
	assert gl_of(invoice)["Sales - FS"] == -1150.00


def test_payment_terms_make_the_payment_schedule():
	terms = frappe.get_doc(
		{
			"doctype": "Payment Terms Template",
			"template_name": f"Half {frappe.generate_hash(length=6)}",
			"terms": [
				{"invoice_portion": 50, "due_date_based_on": "Day(s) after invoice date", "credit_days": days}
				for days in (14, 30)
			],
		}
	).insert()
	agreement = contract(line(500), start_date=date(2026, 4, 1), payment_terms_template=terms.name)
	(invoice,) = bill(agreement, date(2026, 4, 1))
	assert [(str(row.due_date), row.payment_amount) for row in invoice.payment_schedule] == [
		("2026-04-15", 312.50),
		("2026-05-01", 312.50),
	]
	assert str(invoice.due_date) == "2026-05-01"


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


def test_an_item_that_defers_its_revenue_waits_in_the_liability():
	deferring = item(enable_deferred_revenue=1, no_of_months=1)
	agreement = contract(line(1200, item_code=deferring), start_date=date(2026, 4, 1))
	(invoice,) = bill(agreement, date(2026, 4, 1))
	assert gl_of(invoice)["Deferred Revenue - FS"] == -1200.00


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
	from billing_ext.services import billing_run

	agreement = contract(
		line(500, start_date=date(2028, 3, 1)), start_date=date(2028, 1, 1), end_date=date(2028, 3, 31)
	)
	assert agreement.reload().status == "Upcoming"
	for today, status in ((date(2028, 2, 1), "Upcoming"), (date(2028, 3, 1), "Active")):
		with pytest.MonkeyPatch.context() as patch:
			patch.setattr(clock, "today", lambda today=today: today)
			billing_run.advance_statuses()
		assert agreement.reload().status == status
	contract_billing.bill(agreement.name, date(2028, 3, 1))
	with pytest.MonkeyPatch.context() as patch:
		patch.setattr(clock, "today", lambda: date(2028, 4, 1))
		billing_run.advance_statuses()
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


def test_a_wrong_hint_is_repaired_by_the_sweep():
	from billing_ext.services import billing_run

	agreement = contract(line(500), start_date=date(2026, 4, 1))
	frappe.db.set_value("Billing Contract", agreement.name, "next_billing_date", None)
	frappe.db.commit()
	billing_run.sweep()
	assert str(frappe.db.get_value("Billing Contract", agreement.name, "next_billing_date")) == "2026-04-01"


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
