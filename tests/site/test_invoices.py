"""The documents that carry a contract: drafts, cancellations, credit notes by hand, terms, currencies and deferral."""

from datetime import date

import frappe
import pytest
from site_builders import (
	bill,
	charges_of,
	contract,
	gl_of,
	invoices_of,
	item,
	line,
)

from billing_ext.services import contract_billing

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]


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


def test_an_item_that_defers_its_revenue_waits_in_the_liability():
	deferring = item(enable_deferred_revenue=1, no_of_months=1)
	agreement = contract(line(1200, item_code=deferring), start_date=date(2026, 4, 1))
	(invoice,) = bill(agreement, date(2026, 4, 1))
	assert gl_of(invoice)["Deferred Revenue - FS"] == -1200.00
