"""What an accountant does at the desk with the sync to Tripletex, from the tokens to an invoice that is stopped and sent on."""

from __future__ import annotations

import re

import frappe
import pytest
import site_builders as make
from desk_forms import WORKER_TIMEOUT, Dialog, Form
from frappe.installer import update_site_config
from playwright.sync_api import expect
from tripletex_simulator import Simulator
from tripletex_site import TOKENS, Books, clear, make_settings

SETTINGS = "Tripletex Settings"
MESSAGE = "Tripletex Outbox Message"
ADDRESS = "billing_ext_tripletex_simulator"
CUSTOMER = "Fjellheim Kraft AS"


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


def invoice(amount):
	if not frappe.db.exists("Customer", CUSTOMER):
		make.customer(customer_name=CUSTOMER)
	doc = frappe.new_doc("Sales Invoice")
	doc.update(
		{
			"company": make.COMPANY,
			"customer": CUSTOMER,
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


def wait_for(page, document, status):
	"""The document's message once the worker has brought it to that status."""
	for _look in range(3 * WORKER_TIMEOUT // 500):
		frappe.db.rollback()
		message = frappe.db.get_value(MESSAGE, {"reference_name": document.name, "status": status})
		if message:
			return message
		page.wait_for_timeout(500)
	raise AssertionError(f"{document.name} does not become {status}")


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
	screenshot("tripletex_setup")

	form.press("Propose Maps")
	dialog = Dialog(form.page, "Propose Maps")
	dialog.shows("Any template", "Sales - FS", "Salgsinntekt, avgiftspliktig")
	screenshot("tripletex_maps")
	dialog.press("Save Maps")
	form.shows("Choose Go-live Date, the number range and who sends invoices, and save.")
	form.page.keyboard.press("Escape")

	frappe.db.set_value(SETTINGS, make.COMPANY, "go_live_date", month_begin())
	frappe.db.commit()
	form.open(SETTINGS, make.COMPANY)
	form.press("Start Dry Run")
	form.close_alert()
	expect(form.root.get_by_text(re.compile("Dry run on"))).to_be_visible(timeout=WORKER_TIMEOUT)
	screenshot("tripletex_dry_run")
	assert {each.method for each in tripletex.requests if "session" not in each.path_template} == {"GET"}


def test_a_stopped_invoice_is_mended_and_sent_on(form, tripletex, screenshot):
	live(tripletex)
	tripletex.gui.remove_bank_account()
	stopped = invoice(12_000)
	message = wait_for(form.page, stopped, "Blocked")
	form.open(SETTINGS, make.COMPANY)
	form.shows("The company has no bank account number in Tripletex, so it makes no invoices.")
	screenshot("tripletex_panel")
	form.open(MESSAGE, message)
	form.shows_status("Blocked")
	form.shows("The company has no bank account number in Tripletex, so it makes no invoices.")
	screenshot("tripletex_blocked")

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
	screenshot("tripletex_workspace")
