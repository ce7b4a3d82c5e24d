"""What people do at the desk with documents' designs: from the first look at a standard one to the e-mail."""

from __future__ import annotations

import base64
import json
import subprocess
from datetime import date
from email import message_from_bytes

import frappe
import pytest
import site_builders as make
from desk_forms import Dialog, Form
from frappe.email.doctype.email_queue.email_queue import EmailQueue, SendMailContext
from playwright.sync_api import Page, expect

CUSTOMER = "Nordlys Regnskap AS"
STANDARD = "Modern Invoice"
APRIL = date(2026, 4, 1)
PREVIEW_TIMEOUT = 15_000
"""Milliseconds in which a preview, even of a PDF, is there."""


class Studio:
	"""The editor of a Liquid Template and its preview."""

	def __init__(self, form: Form):
		self.form = form
		self.page = form.page
		self.root = form.root.locator(".billing-studio")
		self.error = self.root.locator(".billing-error")

	def open(self, template: str) -> None:
		self.form.open("Liquid Template", template)
		self.shows("Fjord Software")

	def shows(self, *texts: str) -> None:
		page = self.root.locator(".billing-page").last.content_frame
		for text in texts:
			expect(page.get_by_text(text).first).to_be_visible(timeout=PREVIEW_TIMEOUT)

	def part(self, label: str) -> None:
		self.root.locator(".billing-code-tabs").get_by_role("tab", name=label).click()

	def type_first(self, text: str) -> None:
		"""Type at the start of the part that is shown."""
		self.root.locator(".billing-code textarea").focus()
		self.page.keyboard.press("Control+Home")
		self.page.keyboard.insert_text(text)

	def choose_document(self, name: str) -> None:
		picker = self.root.locator("[data-preview-of=document]")
		picker.fill(name)
		self.root.locator("[role=listbox] > *:visible", has_text=name).first.click()

	def show_pdf(self) -> str:
		"""Switch to the PDF; what is written in it."""
		with self.page.expect_response("**/billing_ext.api.templates.preview_pdf") as answered:
			self.root.get_by_role("button", name="PDF", exact=True).click()
		expect(self.root.locator(".billing-pdf")).to_be_visible(timeout=PREVIEW_TIMEOUT)
		return text_of(base64.b64decode(answered.value.json()["message"]["pdf"]))

	def save(self) -> None:
		self.form.press("Save")
		self.form.shows_status("Custom")
		self.form.close_alert()


@pytest.fixture
def screenshot(screenshot, desk, monkeypatch):
	"""As elsewhere, but for Playwright the network is never idle beside a frame that may not run scripts."""
	monkeypatch.setattr(desk, "wait_for_load_state", lambda _state: desk.wait_for_timeout(700))
	return screenshot


@pytest.fixture
def form(desk):
	return Form(desk)


@pytest.fixture
def studio(form):
	return Studio(form)


@pytest.fixture(scope="module")
def invoice(site):
	"""A submitted invoice of a contract."""
	if not frappe.db.exists("Customer", CUSTOMER):
		make.customer(customer_name=CUSTOMER)
	agreement = make.contract(
		make.line(500), make.line(149, quantity=12), customer=CUSTOMER, start_date=APRIL
	)
	(document,) = make.bill(agreement, APRIL)
	frappe.db.commit()
	return document.name


@pytest.fixture
def template(site):
	"""The name of a template that a test makes, and that is gone after it."""
	name = make.unique("Our Invoice")
	yield name
	frappe.db.rollback()
	for rule in frappe.get_all("Liquid Template Rule", {"template": name}, pluck="name"):
		frappe.delete_doc("Liquid Template Rule", rule, force=True)
	frappe.delete_doc("Liquid Template", name, force=True, ignore_missing=True)
	frappe.db.commit()


@pytest.fixture
def outgoing_mail(site):
	account = frappe.get_doc(
		{
			"doctype": "Email Account",
			"email_account_name": "Outgoing",
			"email_id": "billing@fjord.example",
			"enable_outgoing": 1,
			"default_outgoing": 1,
			"smtp_server": "localhost",
			"no_smtp_authentication": 1,
		}
	)
	account.flags.ignore_validate = True  # no SMTP server answers here
	frappe.delete_doc("Email Account", account.email_account_name, force=True, ignore_missing=True)
	account.insert()
	frappe.db.commit()
	yield account
	frappe.db.rollback()
	account.delete(force=True)
	frappe.db.commit()


def text_of(pdf: bytes) -> str:
	assert pdf.startswith(b"%PDF")
	done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
	return done.stdout.decode()


def customise(form: Form, standard: str, name: str) -> None:
	form.open("Liquid Template", standard)
	form.press("Customise")
	dialog = Dialog(form.page, "Customise")
	dialog.fill("new_name", name)
	dialog.press("Make a Copy")
	expect(form.page.locator(".page-head:visible .title-text")).to_have_text(name)


def copied(name: str, **values) -> str:
	standard = frappe.get_doc("Liquid Template", STANDARD)
	doc = frappe.copy_doc(standard, ignore_no_copy=False)
	copy = {"template_name": name, "based_on": STANDARD, "based_on_digest": standard.digest}
	doc.update({**copy, **values})
	doc.insert()
	frappe.db.commit()
	return doc.name


def test_customise_a_standard_design(form, studio, template, invoice, screenshot):
	form.open("Liquid Template", STANDARD)
	form.shows_status("Standard")
	form.shows("This template comes with the app")
	studio.shows("Fjord Software")
	screenshot("template-standard")

	customise(form, STANDARD, template)
	form.shows_status("Custom")
	studio.choose_document(invoice)
	studio.shows(CUSTOMER, invoice)
	studio.type_first("<p>Our number: {{ company.org_nr }}</p>\n")
	expect(studio.error).to_contain_text("company.org_nr", timeout=PREVIEW_TIMEOUT)
	expect(studio.error).to_contain_text("line 1, column 19")
	expect(studio.root.locator(".billing-error-line")).to_be_visible()
	studio.shows(CUSTOMER)  # the last good preview
	screenshot("template-error")

	studio.error.get_by_role("button", name="Replace by company.org_number").click()
	expect(studio.error).to_be_hidden(timeout=PREVIEW_TIMEOUT)
	studio.shows("Our number:", CUSTOMER)
	screenshot("template-editor")
	studio.save()
	assert "{{ company.org_number }}" in frappe.db.get_value("Liquid Template", template, "source")


def test_the_style_sheet_is_checked_and_previewed_too(studio, template):
	studio.open(copied(template))
	studio.part("Footer")
	studio.type_first("<p>{{ compny.name }}</p>\n")
	expect(studio.error).to_contain_text("compny", timeout=PREVIEW_TIMEOUT)
	studio.part("Style Sheet")
	studio.error.locator("button[data-error=jump]").click()
	expect(studio.root.get_by_role("tab", name="Footer")).to_have_attribute("aria-selected", "true")
	studio.page.keyboard.press("Control+z")
	expect(studio.error).to_be_hidden(timeout=PREVIEW_TIMEOUT)


def test_insert_a_field_and_see_the_pdf(studio, template, invoice, screenshot):
	studio.open(copied(template))
	studio.choose_document(invoice)
	studio.shows(CUSTOMER)
	studio.type_first("\n")
	studio.page.keyboard.press("Control+Home")
	studio.root.get_by_role("button", name="Insert Field").click()
	dialog = Dialog(studio.page, "Insert Field")
	dialog.root.locator("input").fill("customer name")
	dialog.shows(CUSTOMER)
	screenshot("template-insert-field")
	dialog.root.locator("[data-path='customer.name']").click()
	expect(studio.root.locator(".ace_line").first).to_have_text("{{ customer.name }}")
	assert CUSTOMER in studio.show_pdf()
	studio.page.wait_for_timeout(2_500)  # the browser's own viewer shows the PDF, and says nothing
	screenshot("template-pdf")


def test_look_at_the_history_and_go_back(form, studio, template, screenshot):
	studio.open(copied(template))
	studio.type_first('<p class="thanks">Thank you!</p>\n')
	form.tab("History")
	form.fill("change_note", "Thank the customer")
	studio.save()
	form.shows("Thank the customer")
	screenshot("template-history")

	form.root.locator(".billing-table").get_by_role("button", name="Diff").click()
	dialog = Dialog(form.page, "Changes since Version 1")
	expect(dialog.root.locator(".billing-added").first).to_have_text('<p class="thanks">Thank you!</p>')
	screenshot("template-diff")
	form.page.keyboard.press("Escape")
	expect(form.page.locator(".modal:visible")).to_have_count(0)

	form.root.locator(".billing-table").get_by_role("button", name="Restore").click()
	form.page.locator(".modal:visible").get_by_role("button", name="Yes").click()
	form.shows("Restored version 1")
	assert "Thank you" not in frappe.get_doc("Liquid Template", template).source


def test_make_a_design_the_default(form, template, screenshot):
	form.open("Liquid Template", copied(template))
	form.press("Set as Default…")
	form.shows("printed with", template, "Rules for the contract or the customer come before it.")
	screenshot("template-rule")


def test_choose_how_the_company_looks(form, screenshot):
	frappe.delete_doc("Billing Branding", make.COMPANY, force=True, ignore_missing=True)
	frappe.db.commit()
	form.open("Billing Branding")
	form.fill("primary_color", "#7a1f4e")
	swatch = form.root.locator(".billing-brand")
	expect(swatch.locator(".billing-brand-head")).to_have_css("background-color", "rgb(122, 31, 78)")
	screenshot("branding")


def test_print_an_invoice(form, template, invoice, screenshot):
	copied(template, footer="<p>Printed as we like it.</p>")
	page = open_print_view(form, invoice, template)
	expect(page.locator("iframe.print-format-container").content_frame.locator("body")).to_contain_text(
		CUSTOMER, timeout=PREVIEW_TIMEOUT
	)
	screenshot("print-view")

	page.evaluate("window.open = (url) => (window.opened = url)")
	page.get_by_role("button", name="PDF", exact=True).click()
	page.wait_for_function("window.opened")
	answer = page.request.get(page.evaluate("window.opened"), timeout=60_000)
	written = text_of(answer.body())
	assert CUSTOMER in written
	assert "Printed as we like it." in written


def open_print_view(form: Form, invoice: str, template: str) -> Page:
	"""Choose the template among the formats of the print view."""
	page = form.page
	page.goto(f"/app/print/Sales%20Invoice/{invoice}")
	chooser = page.locator(".print-preview-sidebar [data-fieldname=print_format] input")
	chooser.fill(template)
	chooser.blur()
	return page


def test_e_mail_an_invoice_with_its_pdf(form, template, invoice, outgoing_mail):
	copied(template)
	form.open("Sales Invoice", invoice)
	form.shows(CUSTOMER)
	form.page.keyboard.press("Control+e")
	dialog = Dialog(form.page, invoice)
	address(dialog, "kunde@example.com")
	dialog.root.get_by_label("Attach Document Print").check()
	chooser = dialog.root.locator(".frappe-control[data-fieldname=select_print_format]")
	chooser.locator("select").select_option(template)
	with form.page.expect_response("**/frappe.core.doctype.communication.email.make", timeout=60_000):
		dialog.press("Send")

	frappe.db.rollback()
	(queued,) = frappe.get_all("Email Queue", {"reference_name": invoice}, pluck="name")
	(attached,) = json.loads(frappe.db.get_value("Email Queue", queued, "attachments"))
	assert attached["print_format"] == template
	assert CUSTOMER in text_of(attachment(queued))


def address(dialog: Dialog, recipient: str) -> None:
	field = dialog.root.locator(".frappe-control[data-fieldname=recipients] input").first
	field.fill(recipient)
	field.press("Tab")


def attachment(queue: str) -> bytes:
	"""The attached file of the e-mail, as it would be sent."""
	mail: EmailQueue = frappe.get_doc("Email Queue", queue)
	message = SendMailContext(mail).build_message("kunde@example.com")
	parsed = message_from_bytes(message if isinstance(message, bytes) else message.encode())
	(pdf,) = [part for part in parsed.walk() if part.get_content_type() == "application/pdf"]
	return pdf.get_payload(decode=True)
