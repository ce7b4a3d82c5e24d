"""What an accountant does at the desk with the sync to Tripletex, from the tokens to an invoice that is stopped and sent on."""

from __future__ import annotations

import re

import frappe
import pytest
import site_builders as make
from desk_forms import WORKER_TIMEOUT, Dialog, Form, written
from frappe.installer import update_site_config
from playwright.sync_api import expect
from tripletex_books import empty_ledgers
from tripletex_simulator import Simulator
from tripletex_site import TOKENS, Books, clear, make_settings

from billing_ext.services.tripletex import drift

SETTINGS = "Tripletex Settings"
MESSAGE = "Tripletex Outbox Message"
ADDRESS = "billing_ext_tripletex_simulator"
CUSTOMER, OTHER = "Fjellheim Kraft AS", "Nordlys Bakeri AS"


@pytest.fixture
def form(desk):
	return Form(desk)


@pytest.fixture
def tripletex(site):
	"""A Tripletex that server and worker of the desk reach, for a company without settings."""
	sim = Simulator(tokens=TOKENS)
	clear()
	with sim.serve() as server:
		update_site_config(ADDRESS, server.base_url)
		frappe.conf[ADDRESS] = server.base_url
		yield sim
		clear()
	update_site_config(ADDRESS, "None")


def month_begin():
	return frappe.utils.getdate().replace(day=1)


def live(sim):
	"""Settings as after the set-up."""
	books = Books(sim.now())
	books.sim = sim
	make_settings(books, environment="Simulator", go_live_date=month_begin())


def invoice(amount, customer=CUSTOMER):
	if not frappe.db.exists("Customer", customer):
		make.customer(customer_name=customer)
	doc = frappe.new_doc("Sales Invoice")
	doc.update(
		{
			"company": make.COMPANY,
			"customer": customer,
			"taxes_and_charges": "MVA 25% - FS",
			"due_date": frappe.utils.add_days(frappe.utils.nowdate(), 14),
		}
	)
	doc.append("items", {"item_code": make.item(), "qty": 1, "rate": amount})
	doc.set_taxes()
	doc.insert()
	doc.submit()
	frappe.db.commit()
	return doc


def wait_until(page, look):
	"""What a look into the database shows, once it shows something: the worker has done its part."""
	for _look in range(3 * WORKER_TIMEOUT // 500):
		frappe.db.rollback()
		if found := look():
			return found
		page.wait_for_timeout(500)
	raise AssertionError("The worker does not come so far")


def wait_for(page, document, status):
	"""The document's message once it has that status."""
	filters = {"reference_name": document.name, "status": status}
	return wait_until(page, lambda: frappe.db.get_value(MESSAGE, filters))


def invoice_in_tripletex(page, amount, customer=CUSTOMER):
	"""An invoice that Tripletex has, and its number there."""
	doc = invoice(amount, customer)
	wait_for(page, doc, "Synced")
	doc.reload()
	return doc, int(doc.billing_ext_number)


def edit_in_tripletex(sim, customer, **values):
	"""Somebody changes a customer in Tripletex."""
	remote = next(row for row in sim.customers() if row["name"] == customer)
	sim.gui.edit_customer(remote["id"], **values)


def listed(form, *texts):
	"""The row of a list with these texts."""
	row = form.root.locator(".list-row")
	for text in texts:
		row = row.filter(has_text=text)
	expect(row).to_have_count(1)
	return row


def mark_first_explained(form, rows):
	rows.first.get_by_role("button").click()
	dialog = Dialog(form.page, "Mark Explained")
	dialog.fill("reason", "Rounded off in Tripletex.")
	dialog.press("Save")


def test_setting_the_sync_up_until_it_is_live(form, tripletex, screenshot):
	frappe.get_doc(
		{
			"doctype": SETTINGS,
			"company": make.COMPANY,
			"environment": "Simulator",
			"consumer_token": TOKENS[0],
			"employee_token": TOKENS[1],
		}
	).insert()
	frappe.db.commit()
	form.open(SETTINGS, make.COMPANY)
	form.shows("See which company the tokens reach, and what it lacks.")
	form.press("Check Connection")
	form.shows("Which VAT code and which account in Tripletex stand for those of ERPNext?")
	expect(form.field("tripletex_company")).to_contain_text("Simulert Selskap AS")
	form.close_alert()
	screenshot("tripletex-setup")

	form.press("Propose Maps")
	dialog = Dialog(form.page, "Propose Maps")
	dialog.shows("Any template", "Sales - FS", "Salgsinntekt, avgiftspliktig")
	screenshot("tripletex-maps")
	dialog.press("Save Maps")
	form.shows("Choose Go-live Date, the number range and who sends invoices, and save.")
	form.page.keyboard.press("Escape")

	frappe.db.set_value(SETTINGS, make.COMPANY, "go_live_date", month_begin())
	frappe.db.commit()
	form.open(SETTINGS, make.COMPANY)
	form.press("Start Dry Run")
	form.close_alert()
	expect(form.root.get_by_text(re.compile("Dry run on"))).to_be_visible(timeout=WORKER_TIMEOUT)
	screenshot("tripletex-dry-run")
	assert {each.method for each in tripletex.requests if "session" not in each.path_template} == {"GET"}


def test_a_stopped_invoice_is_mended_and_sent_on(form, tripletex, screenshot):
	live(tripletex)
	tripletex.gui.remove_bank_account()
	stopped = invoice(12_000)
	message = wait_for(form.page, stopped, "Blocked")
	form.open(SETTINGS, make.COMPANY)
	form.shows("The company has no bank account number in Tripletex, so it makes no invoices.")
	screenshot("tripletex-panel")
	form.open(MESSAGE, message)
	form.shows_status("Blocked")
	form.shows("The company has no bank account number in Tripletex, so it makes no invoices.")
	screenshot("tripletex-blocked")

	with tripletex.change() as state:
		account = next(row for row in state.table("Account").values() if row["number"] == 1920)
		state.change("Account", account, {"bankAccountNumber": "15032080119"})
	form.press("Release")
	wait_for(form.page, stopped, "Synced")
	form.page.reload()
	form.shows_status("Synced")
	booked = tripletex.invoice_by_number(int(stopped.billing_ext_number))
	assert booked["amount"] == 15_000


def test_the_workspace_shows_what_needs_attention(form, tripletex, screenshot):
	live(tripletex)
	tripletex.gui.remove_bank_account()
	stopped = invoice(500)
	wait_for(form.page, stopped, "Blocked")
	form.page.goto("/app/tripletex")
	cards = form.page.locator(".number-widget-box:visible")
	expect(cards.filter(has_text="Blocked").locator(".number")).to_have_text("1")
	expect(cards.filter(has_text="Last Green Month").locator(".number")).to_have_text("–")
	expect(cards).to_have_count(6)
	screenshot("tripletex-workspace")


def test_what_was_changed_in_tripletex_is_pushed_back_or_explained(form, tripletex, screenshot):
	live(tripletex)
	for customer in (CUSTOMER, OTHER):
		invoice_in_tripletex(form.page, 4_000, customer)
	edit_in_tripletex(tripletex, CUSTOMER, name="Fjellheim Energi AS")
	edit_in_tripletex(tripletex, OTHER, email="regnskap@nordlys.example")
	drift.detect(make.COMPANY)
	frappe.set_user("Administrator")
	frappe.db.commit()

	form.page.goto("/app/tripletex-drift?status=Open")
	listed(form, CUSTOMER, "Open").get_by_role("link", name=CUSTOMER).click()
	form.shows_status("Open")
	expect(form.field("ours")).to_contain_text(CUSTOMER)
	expect(form.field("theirs")).to_contain_text("Fjellheim Energi AS")
	screenshot("tripletex-drift")
	form.press("Push Ours")
	Dialog(form.page, "Confirm").press("Yes")
	form.shows_status("Ours Pushed", timeout=3 * WORKER_TIMEOUT)
	assert CUSTOMER in [row["name"] for row in tripletex.customers()]

	form.page.goto("/app/tripletex-drift?status=Open")
	listed(form, OTHER, "Open").get_by_role("link", name=OTHER).click()
	form.press("Explain")
	dialog = Dialog(form.page, "Explain")
	dialog.fill("reason", "The accountant of the customer asked for it.")
	dialog.press("Save")
	form.shows_status("Explained")
	form.shows("The accountant of the customer asked for it.")
	assert "regnskap@nordlys.example" in [row["email"] for row in tripletex.customers()]

	form.page.goto(f"/app/tripletex-drift?company={make.COMPANY}")
	listed(form, CUSTOMER, "Ours Pushed")
	listed(form, OTHER, "Explained")


def test_a_month_is_compared_and_its_difference_explained(form, tripletex, screenshot):
	"""A customer has paid 40 øre too little, which was rounded off in Tripletex; ERPNext has no account for that."""
	live(tripletex)
	with empty_ledgers():
		_paid, paid_number = invoice_in_tripletex(form.page, 12_000)
		short, short_number = invoice_in_tripletex(form.page, 9_600.40, OTHER)
		invoice_in_tripletex(form.page, 25_000)
		tripletex.bank.pay(paid_number, 15_000, tripletex.today())
		tripletex.bank.pay(short_number, "12000.10", tripletex.today())
		tripletex.bank.round_off(short_number, "0.40", tripletex.today())
		form.open(SETTINGS, make.COMPANY)
		form.press("Queue")
		form.root.get_by_role("link", name="Poll Payments Now").click()
		wait_until(form.page, lambda: frappe.db.count("Tripletex Payment") == 3)
		form.page.set_viewport_size({"width": 1440, "height": 500})
		form.page.goto("/app/tripletex-payment")
		listed(form, short.name, "Exception")
		screenshot("tripletex-payments")
		form.page.set_viewport_size({"width": 1280, "height": 900})

		form.open("Tripletex Reconciliation")
		form.choose("company", make.COMPANY)
		form.fill("month", written(frappe.utils.getdate()))
		form.press("Save")
		form.shows_status("Red", timeout=WORKER_TIMEOUT)
		form.shows("The books differ.")
		form.close_alert()
		rows = form.root.locator("tr").filter(has=form.page.get_by_role("button", name="Mark Explained"))
		expect(rows).to_have_count(2)
		outstanding = rows.filter(has_text=f"{short_number}: outstanding")
		expect(outstanding.get_by_role("cell").nth(4)).to_have_text("0,40")
		expect(outstanding.get_by_role("link", name=short.name)).to_be_visible()
		mark_first_explained(form, rows)
		expect(rows).to_have_count(1)
		screenshot("tripletex-reconciliation")
		mark_first_explained(form, rows)
		form.shows_status("Explained")
		form.shows("Every difference is explained.")
		day = written(frappe.utils.getdate())
		expect(form.root.get_by_text(re.compile(f"Administrator, {day} "))).to_have_count(2)
