"""What people do at the desk with contracts, from the first form to the credit note."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import frappe
import pytest
import site_builders as make
from desk_forms import WORKER_TIMEOUT, Dialog, Form, written
from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry
from playwright.sync_api import expect

from billing_ext.core.period import add_months
from billing_ext.services import contract_billing
from billing_ext.services.billing_run import MAX_DAYS_AHEAD

CUSTOMER = "Nordlys Regnskap AS"
SUPPORT = ("SUPPORT", "Support, Standard")
USERS = ("LEDGER-PRO", "Ledgerline Pro, per User")
SETUP = ("SETUP", "Set-up and Training")
HOSTING = ("HOSTING", "Hosting")
PRICE_LIST = "Standard Selling"


@pytest.fixture
def form(desk):
	return Form(desk)


@pytest.fixture(scope="module")
def month():
	"""The first day of the latest month of thirty days after which the next may be billed already."""
	first = frappe.utils.getdate().replace(day=1)
	latest = frappe.utils.getdate() + timedelta(days=MAX_DAYS_AHEAD)
	months = (add_months(first, -back) for back in range(12))
	return next(
		day for day in months if monthrange(day.year, day.month)[1] == 30 and add_months(day, 1) <= latest
	)


def customer() -> str:
	if not frappe.db.exists("Customer", CUSTOMER):
		make.customer(customer_name=CUSTOMER)
	return CUSTOMER


def item(code: str, name: str) -> str:
	if not frappe.db.exists("Item", code):
		make.item(item_code=code, item_name=name)
	return code


def listed(code: str, price: float) -> None:
	"""Have the item in the price list, at that price."""
	key = {"item_code": code, "price_list": PRICE_LIST, "valid_from": date(2024, 1, 1)}
	if not frappe.db.exists("Item Price", key):
		frappe.get_doc({"doctype": "Item Price", "price_list_rate": price, **key}).insert()


def support() -> dict:
	return make.line(500, item_code=item(*SUPPORT))


def users() -> dict:
	return make.line(149, item_code=item(*USERS), quantity=12)


def setup() -> dict:
	return make.line(4000, item_code=item(*SETUP), line_type="One-off")


def contract(*lines: dict, **values) -> str:
	return make.contract(*lines, customer=customer(), **values).name


def pay(invoice: str) -> None:
	payment = get_payment_entry("Sales Invoice", invoice)
	payment.reference_no = invoice
	payment.reference_date = payment.posting_date
	payment.submit()
	frappe.db.commit()


def bill_now(form: Form, contract: str, day: date) -> None:
	form.open("Billing Contract", contract)
	form.press("Bill Now")
	dialog = Dialog(form.page, "Bill Now")
	dialog.fill("as_of", written(day))
	dialog.shows("Net")
	dialog.press("Bill Now")
	form.page.wait_for_url("**/billing-run/**")


def open_newest_document(form: Form, contract: str) -> None:
	form.open("Billing Contract", contract)
	form.root.locator(".billing-overview a[href*='/sales-invoice/']").first.click()
	form.page.wait_for_url("**/sales-invoice/**")


def test_make_a_contract(form, month, screenshot):
	name = customer()
	codes = [item(*SUPPORT), item(*USERS), item(*SETUP)]
	listed(codes[1], 149)
	frappe.db.commit()

	form.open("Billing Contract")
	form.choose("customer", name)
	form.fill("start_date", written(month))
	form.choose("price_list", PRICE_LIST)
	for row, code in enumerate(codes, start=1):
		if row > 1:
			form.add_row("lines")
		form.choose_cell("lines", row, "item_code", code)
	form.fill_cell("lines", 1, "price", "500")
	form.fill_cell("lines", 2, "quantity", "12")
	form.fill_cell("lines", 3, "price", "4000")
	form.select_cell("lines", 3, "line_type", "One-off")
	form.save()
	expect(form.cell("lines", 2, "period_amount")).to_have_text(
		"kr 1 788,00"
	)  # 12 x 149, from the price list
	screenshot("contract-draft")

	form.submit()
	form.shows_status("Active")
	form.tab("Overview")
	form.shows("kr 2 288,00", "Set-up and Training", "not billed yet")


def test_preview_what_will_be_billed(form, month, screenshot):
	name = contract(support(), users(), setup(), start_date=month)

	form.open("Billing Contract", name)
	form.press("Preview")
	dialog = Dialog(form.page, "Preview")
	dialog.fill("as_of", written(month))
	dialog.shows("12 × 149,00 = 1788,00", "kr 6 288,00")
	screenshot("preview")

	dialog.fill("as_of", written(month - timedelta(days=1)))
	dialog.shows("Nothing is due by then.")
	assert not frappe.db.exists("Billing Charge", {"contract": name})


def test_bill_now_and_open_the_invoice(form, month, screenshot):
	name = contract(support(), users(), setup(), start_date=month)

	bill_now(form, name, month)
	form.shows_status("Completed", timeout=WORKER_TIMEOUT)
	expect(form.cell("totals", 1, "gross")).to_have_text("kr 7 860,00")
	screenshot("run")

	open_newest_document(form, name)
	for row, amount in enumerate(("kr 500,00", "kr 1 788,00", "kr 4 000,00"), start=1):
		expect(form.cell("items", row, "amount")).to_have_text(amount)


def test_raise_a_price_in_mid_cycle(form, month, screenshot):
	months = [add_months(month, -2), add_months(month, -1), month]
	name = contract(support(), users(), setup(), start_date=months[0])
	invoices = [contract_billing.bill(name, day)[0].name for day in months]
	for invoice in invoices[:2]:
		pay(invoice)

	form.open("Billing Contract", name)
	form.menu("Change", "Lines and Prices")
	form.fill("effective_date", written(month.replace(day=16)))
	form.choose_cell("lines", 1, "contract_line", "Support, Standard")
	form.fill_cell("lines", 1, "new_price", "750")
	form.shows("(750,00 - 500,00) × 15/30 = 125,00", "kr 2 663,00")
	form.save()
	screenshot("amendment")
	form.submit()

	following = add_months(month, 1)
	form.press("Contract")
	form.shows("1 × kr 750,00")
	form.root.locator("details", has_text=written(following)).locator("summary").click()
	form.shows("(750,00 - 500,00) × 15/30 = 125,00")
	screenshot("contract")

	bill_now(form, name, following)
	form.shows_status("Completed", timeout=WORKER_TIMEOUT)
	open_newest_document(form, name)
	for row, amount in enumerate(("kr 125,00", "kr 750,00", "kr 1 788,00"), start=1):
		expect(form.cell("items", row, "amount")).to_have_text(amount)
	screenshot("invoice")
	form.open_row("items", 1)
	form.unfold("Description")
	form.shows("(750,00 - 500,00) × 15/30 = 125,00")


def test_terminate_with_a_credit_note(form, month, screenshot):
	name = contract(support(), start_date=month)
	contract_billing.bill(name, month)

	form.open("Billing Contract", name)
	form.menu("Change", "Terminate")
	form.fill("last_service_day", written(month.replace(day=15)))
	form.shows("Credit Note for", "kr -250,00")
	screenshot("termination")
	form.save()
	form.submit()

	bill_now(form, name, month.replace(day=16))
	form.shows_status("Completed", timeout=WORKER_TIMEOUT)
	form.open("Billing Contract", name)
	form.shows_status("Ended")
	form.shows("kr -312,50", "Return", "Nothing more will be invoiced.")


def test_mend_what_failed_and_retry(form, month, screenshot):
	withdrawn = item(*HOSTING)
	frappe.db.set_value("Item", withdrawn, "disabled", 0)
	name = contract(make.line(900, item_code=withdrawn), start_date=month)
	frappe.db.set_value("Item", withdrawn, "disabled", 1)
	frappe.db.commit()

	bill_now(form, name, month)
	form.shows_status("Completed With Errors", timeout=WORKER_TIMEOUT)
	run = form.page.url
	form.shows(f"These items are disabled: {withdrawn}.", "Enable them, or replace the contract lines")
	screenshot("run-errors")
	form.root.get_by_role("link", name=name).first.click()
	form.shows_status("Needs Attention")
	form.shows(f"These items are disabled: {withdrawn}.")

	form.open("Item", withdrawn)
	form.field("disabled").get_by_role("checkbox").uncheck()
	form.press("Save")
	form.shows_status("Enabled")

	form.page.goto(run)
	form.press("Retry Errors")
	form.shows_status("Completed", timeout=WORKER_TIMEOUT)
	expect(form.cell("totals", 1, "gross")).to_have_text("kr 1 125,00")


def test_release_the_charges_of_a_cancelled_invoice(form, month):
	name = contract(support(), start_date=month)
	(invoice,) = contract_billing.bill(name, month)
	frappe.get_doc("Sales Invoice", invoice.name).cancel()
	frappe.db.commit()

	form.open("Billing Contract", name)
	form.shows("To Decide", "Held")
	form.press("Release for Re-billing")
	expect(form.root.get_by_text("To Decide")).to_have_count(0)
	form.root.locator("details", has_text=written(month)).locator("summary").click()
	form.shows("kr 500,00")
