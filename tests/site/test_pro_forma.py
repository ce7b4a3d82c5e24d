"""The next invoice as a pro forma: what it says, and that nothing of it stays behind."""

import base64
import io
import re
from datetime import date
from pathlib import Path

import frappe
import pytest
from pypdf import PdfReader
from site_builders import COMPANY, amendment, bill, change, contract, customer, item, line

from billing_ext.api import contracts as contract_api
from billing_ext.api import printing
from billing_ext.repositories import clock

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]

PAGE = (Path(__file__).parents[2] / "docs" / "invoices.md").read_text(encoding="utf-8")
TODAY = date(2026, 3, 20)
COUNTED = (
	"Sales Invoice",
	"Sales Invoice Item",
	"Billing Charge",
	"GL Entry",
	"Billing Outbox Message",
	"Version",
)


@pytest.fixture(autouse=True)
def today(monkeypatch):
	monkeypatch.setattr(clock, "today", lambda: TODAY)


@pytest.fixture(autouse=True, scope="module")
def printer():
	"""As after a request: an engine that nobody closes keeps a core busy."""
	yield
	printing.close_printer()


def text_of(agreement, as_of=None):
	pdf = base64.b64decode(contract_api.pro_forma(agreement.name, as_of))
	text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
	return " ".join(text.split()).replace("\u00a0", " ")


def state_of_the_site():
	"""Whatever a document would change that is kept: rows, counters of series, the contract's own state."""
	rows = {doctype: frappe.db.count(doctype) for doctype in COUNTED}
	contracts = frappe.get_all(
		"Billing Contract", fields=["name", "status", "next_billing_date", "modified"], order_by="name"
	)
	return rows, frappe.db.sql("select name, current from tabSeries order by name"), contracts


@pytest.mark.parametrize("submitted", [True, False])
def test_the_example_of_the_page_for_a_contract_and_for_its_draft(submitted):
	example = re.search(
		r"^Example: (\d+) a month .* dated 1 April: (.*) net, (.*) tax, (.*) in all", PAGE, re.M
	)
	price, *amounts = example.groups()
	agreement = contract(
		line(float(price)), start_date=date(2026, 4, 1), customer=customer(language="en"), submit=submitted
	)
	text = text_of(agreement)
	assert "Pro forma invoice This pro forma is not a VAT invoice" in text
	assert "Date 1 Apr 2026" in text
	assert "Net amount {} VAT {} Total NOK {}".format(*amounts) in text


@pytest.mark.parametrize(
	("language", "title"),
	[
		("nb", "Proformafaktura"),
		("nn", "Proformafaktura"),
		("da", "Proformafaktura"),
		("sv", "Proformafaktura"),
	],
)
def test_it_is_titled_in_the_customers_language(language, title):
	agreement = contract(line(500), start_date=date(2026, 4, 1), language=language)
	assert title in text_of(agreement)


def test_nothing_is_left_behind():
	agreement = contract(line(500), line(1200, line_type="One-off"), start_date=date(2026, 4, 1))
	before = state_of_the_site()
	text_of(agreement)
	assert state_of_the_site() == before
	invoices = bill(agreement, date(2026, 4, 1))
	assert [invoice.net_total for invoice in invoices] == [1700.00]


def test_it_shows_the_rows_of_the_invoice_with_their_reasons_and_no_number():
	agreement = contract(line(500), start_date=date(2026, 4, 1), language="en")
	(april,) = bill(agreement, date(2026, 4, 1))
	amendment(agreement, date(2026, 4, 16), change(agreement, new_price=750))
	text = text_of(agreement)
	# 750 for May and (750 - 500) x 15/30 = 125 for April, with 25 % tax
	for words in ("15/30", "875.00", "218.75", "1,093.75"):
		assert words in text, text
	assert "KID" not in text
	assert april.name not in text
	assert f"{agreement.name}-pro-forma" not in text


def test_a_chosen_day_shows_what_a_run_on_it_would_invoice():
	agreement = contract(line(500), start_date=date(2026, 4, 1), language="en")
	assert "1,000.00" in text_of(agreement, "2026-05-01")


def test_a_day_on_which_nothing_is_due_is_refused_in_words():
	agreement = contract(line(500), start_date=date(2026, 4, 1))
	with pytest.raises(frappe.ValidationError, match="Choose a later date"):
		contract_api.pro_forma(agreement.name, "2026-03-31")
	free = contract(line(500, discount_percentage=100), start_date=date(2026, 4, 1))
	with pytest.raises(frappe.ValidationError, match="Nothing of"):
		contract_api.pro_forma(free.name)


def test_split_invoices_are_pro_formas_one_after_the_other():
	centers = frappe.get_all("Cost Center", {"company": COMPANY, "is_group": 0}, pluck="name")
	other = frappe.get_doc(
		{
			"doctype": "Cost Center",
			"cost_center_name": f"Nord {frappe.generate_hash(length=6)}",
			"company": COMPANY,
			"parent_cost_center": frappe.db.get_value("Cost Center", centers[0], "parent_cost_center"),
		}
	).insert()
	agreement = contract(
		line(500, cost_center=centers[0]),
		line(300, cost_center=other.name),
		start_date=date(2026, 4, 1),
		invoice_split="Cost Center",
		language="en",
	)
	text = text_of(agreement)
	assert text.count("This pro forma is not a VAT invoice") == 2
	assert "625.00" in text
	assert "375.00" in text


def test_who_may_not_print_invoices_gets_none():
	agreement = contract(line(500, item_code=item()), start_date=date(2026, 4, 1))
	reader = f"{frappe.generate_hash(length=8)}@example.com"
	frappe.get_doc(
		{"doctype": "User", "email": reader, "first_name": "Reader", "send_welcome_email": 0}
	).insert(ignore_permissions=True)
	frappe.set_user(reader)
	with pytest.raises(frappe.PermissionError):
		contract_api.pro_forma(agreement.name)
