"""Documents print through Liquid templates wherever Frappe prints: preview, PDF, e-mail, bulk, portal."""

import io
import re
import subprocess
from datetime import date
from html import unescape

import frappe
import pytest
from pypdf import PdfReader, PdfWriter
from site_builders import COMPANY, amendment, bill, change, contract, customer, item, line, unique

from billing_ext.api import printing, templates
from billing_ext.repositories.templates import AUTOMATIC, DEFAULTS

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]
APRIL, MAY, JUNE = date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)


@pytest.fixture(autouse=True)
def printer():
	yield
	printing.close_printer()


@pytest.fixture
def nordlys():
	"""A Norwegian customer with an address and an organisation number."""
	name = customer(tax_id="923609016", language="nb")
	address = frappe.get_doc(
		{
			"doctype": "Address",
			"address_title": name,
			"address_type": "Billing",
			"address_line1": "Storgata 1",
			"pincode": "9008",
			"city": "Tromsø",
			"country": "Norway",
			"links": [{"link_doctype": "Customer", "link_name": name}],
		}
	).insert()
	return name, address.name


@pytest.fixture
def agreement(nordlys):
	name, address = nordlys
	return contract(
		line(500, description="Hotellsystem"),
		customer=name,
		customer_address=address,
		language="nb",
		po_no="PO-77",
	)


@pytest.fixture
def branding():
	doc = frappe.get_doc(
		{
			"doctype": "Billing Branding",
			"company": COMPANY,
			"primary_color": "#114477",
			"accent_color": "#cc5500",
			"kid_length": 12,
			"late_interest_rate": 12.25,
		}
	).insert()
	frappe.db.commit()
	yield doc
	frappe.db.rollback()
	frappe.delete_doc("Billing Branding", doc.name)
	frappe.db.commit()


def html_of(doc, print_format):
	return frappe.get_print(doc.doctype, doc.name, print_format)


def words_of(html):
	body = re.sub(r"<(style|script|head).*?</\1>", " ", html, flags=re.S)
	return (
		re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))
		.replace("\xa0", " ")
		.replace("\u202f", " ")
	)


def pdf_of(doc, print_format):
	content = frappe.get_print(doc.doctype, doc.name, print_format, as_pdf=True)
	frappe.local.form_dict.pop("pdf_generator", None)
	return content


def text_of(content):
	done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True)
	return re.sub(r"[ \xa0\u202f]+", " ", done.stdout.decode())


@pytest.mark.parametrize(
	"print_format", ["Classic Invoice", "Modern Invoice", "Minimal Invoice", "Billing Invoice"]
)
def test_an_invoice_prints_what_the_law_wants(agreement, branding, print_format):
	(invoice,) = bill(agreement, APRIL)
	text = text_of(pdf_of(invoice, print_format))
	for wanted in (
		invoice.name, "NO 995 525 828 MVA", "Foretaksregisteret", COMPANY, "Storgata 1", "9008 Tromsø", "923 609 016",
		"500,00", "625,00", "125,00", "25", "8601 11 17947", "NO93 8601 1117 947", "PO-77", "Hotellsystem",
	):  # fmt: skip
		assert wanted in text, (wanted, text)
	assert "Forfall" in text
	assert "Due date" not in text


def test_the_pdf_is_chromium_s_where_there_is_one(agreement):
	(invoice,) = bill(agreement, APRIL)
	made = PdfReader(io.BytesIO(pdf_of(invoice, "Classic Invoice"))).metadata
	assert "Skia" in made.producer
	assert made.title == invoice.name


def test_an_archive_s_pdf_holds_all_it_needs(agreement):
	(invoice,) = bill(agreement, APRIL)
	frappe.db.set_single_value("Billing Settings", "archival_pdf", 1)
	frappe.clear_document_cache("Billing Settings", "Billing Settings")
	content = pdf_of(invoice, "Classic Invoice")
	frappe.db.rollback()
	frappe.clear_document_cache("Billing Settings", "Billing Settings")
	assert b"pdfaid" in PdfReader(io.BytesIO(content)).trailer["/Root"]["/Metadata"].get_data()
	assert invoice.name in text_of(content)


def test_an_amendment_is_explained_on_the_next_invoice(agreement, branding):
	(first,) = bill(agreement, APRIL)
	amendment(agreement, date(2026, 4, 16), change(agreement, new_price=750, sets_price=1))
	invoices = bill(agreement, MAY)
	(second,) = [invoice for invoice in invoices if invoice.name != first.name]
	words = words_of(html_of(second, "Classic Invoice"))
	assert "(750,00 - 500,00) × 15/30 = 125,00" in words
	assert "875,00" in words
	assert words.count("15/30") == 1


def test_what_is_due_in_another_currency_is_in_that_currency(branding):
	frappe.db.set_single_value(
		"Accounts Settings", "allow_multi_currency_invoices_against_single_party_account", 1
	)
	rate = {"date": "2026-04-01", "from_currency": "EUR", "to_currency": "NOK"}
	if not frappe.db.exists("Currency Exchange", rate):
		frappe.get_doc(
			{"doctype": "Currency Exchange", "exchange_rate": 11.5, "for_selling": 1, "for_buying": 1, **rate}
		).insert()
	frappe.db.commit()
	(invoice,) = bill(contract(line(400), currency="EUR"), APRIL)
	values = {row["path"]: row["value"] for row in templates.fields("Sales Invoice", invoice.name)}
	assert values["invoice.total"] == values["invoice.amount_due"] == "500.00 EUR"
	assert values["payment.amount"] == "500.00 EUR"
	assert values["taxes"] == "1 entries"
	company_vat = float(invoice.base_total_taxes_and_charges)
	assert values["taxes[].company_amount"] == f"{company_vat:.2f} NOK"
	payment = frappe.get_doc("Sales Invoice", invoice.name)
	payment.db_set("outstanding_amount", payment.base_grand_total / 2)
	values = {row["path"]: row["value"] for row in templates.fields("Sales Invoice", invoice.name)}
	assert values["invoice.amount_due"] == "250.00 EUR"
	assert values["invoice.paid"] == "250.00 EUR"


def test_a_credit_note_names_its_invoice_and_asks_for_no_money(agreement, branding):
	(invoice,) = bill(agreement, APRIL)
	amendment(agreement, None, amendment_type="Terminate Contract", last_service_day=date(2026, 4, 15))
	(credit,) = [doc for doc in bill(agreement, MAY) if doc.is_return]
	words = words_of(html_of(credit, "Modern Invoice"))
	assert "Kreditnota" in words
	assert invoice.name in words
	assert "KID" not in words


def test_a_draft_is_a_pro_forma(agreement):
	frappe.db.set_single_value("Print Settings", "allow_print_for_draft", 1)
	doc = frappe.get_doc(
		{
			"doctype": "Sales Invoice",
			"company": COMPANY,
			"customer": agreement.customer,
			"items": [{"item_code": item(), "qty": 1, "rate": 100}],
		}
	).insert()
	words = words_of(html_of(doc, "Minimal Invoice"))
	assert "proforma" in words.lower()
	assert doc.name not in words


def test_each_document_type_prints(agreement, branding):
	bill(agreement, APRIL)
	statement = words_of(html_of(frappe.get_doc("Customer", agreement.customer), AUTOMATIC["Customer"]))
	assert "625,00" in statement
	printed = words_of(html_of(agreement.reload(), AUTOMATIC["Billing Contract"]))
	assert agreement.name in printed
	assert "500,00" in printed


def test_a_reminder_prints_fee_and_interest_apart(agreement, branding):
	(invoice,) = bill(agreement, APRIL)
	reminder = frappe.get_doc(
		{
			"doctype": "Dunning",
			"company": COMPANY,
			"customer": agreement.customer,
			"language": "nb",
			"currency": "NOK",
			"posting_date": "2026-06-15",
			"conversion_rate": 1,
			"rate_of_interest": 12,
			"dunning_fee": 38,
			"overdue_payments": [
				{
					"sales_invoice": invoice.name,
					"due_date": invoice.due_date,
					"outstanding": 625,
					"payment_amount": 625,
					"dunning_level": 1,
				}
			],
		}
	).insert()
	frappe.db.set_single_value("Print Settings", "allow_print_for_draft", 1)
	words = words_of(html_of(reminder, AUTOMATIC["Dunning"]))
	for wanted in (invoice.name, "38,00", "625,00"):
		assert wanted in words


def test_the_most_specific_rule_chooses_the_template(agreement):
	(invoice,) = bill(agreement, APRIL)

	def design():
		return frappe.get_doc("Sales Invoice", invoice.name), html_of(invoice, AUTOMATIC["Sales Invoice"])

	def rule(template, **facts):
		return frappe.get_doc({"doctype": "Liquid Template Rule", "template": template, **facts}).insert()

	plain = own_template("Sales Invoice", "PLAIN {{ invoice.number }}")
	for_customer = own_template("Sales Invoice", "CUSTOMER {{ invoice.number }}")
	for_contract = own_template("Sales Invoice", "CONTRACT {{ invoice.number }}")
	norwegian = own_template("Sales Invoice", "NORSK {{ invoice.number }}")
	assert DEFAULTS["Sales Invoice"] == "Classic Invoice"
	assert "PLAIN" not in design()[1]
	rules = [rule(plain, company=COMPANY)]
	assert f"PLAIN {invoice.name}" in design()[1]
	rules.append(rule(norwegian, company=COMPANY, print_language="nb"))
	assert f"NORSK {invoice.name}" in design()[1]
	rules.append(rule(for_customer, customer=agreement.customer))
	assert f"CUSTOMER {invoice.name}" in design()[1]
	rules.append(rule(for_contract, contract=agreement.name))
	assert f"CONTRACT {invoice.name}" in design()[1]
	for made in rules:
		made.delete()
	frappe.db.commit()


def own_template(document_type, source, **values):
	return (
		frappe.get_doc(
			{
				"doctype": "Liquid Template",
				"template_name": unique("Design"),
				"document_type": document_type,
				"source": source,
				**values,
			}
		)
		.insert()
		.name
	)


def test_a_template_with_a_slip_is_not_saved_and_says_where(db):
	with pytest.raises(frappe.ValidationError) as refused:
		own_template("Sales Invoice", "<p>\n{{ customer.orgnumber }}</p>")
	message = str(refused.value)
	assert "line 2" in message
	assert "customer.org_number" in message


def test_bulk_print_is_one_pdf_with_every_document(agreement, branding):
	(first,) = bill(agreement, APRIL)
	second = next(doc for doc in bill(agreement, MAY) if doc.name != first.name)
	output = PdfWriter()
	for doc in (first, second):
		output = frappe.get_print(doc.doctype, doc.name, "Classic Invoice", as_pdf=True, output=output)
	frappe.local.form_dict.pop("pdf_generator", None)
	out = io.BytesIO()
	output.write(out)
	text = text_of(out.getvalue())
	assert first.name in text
	assert second.name in text


def test_a_pdf_can_have_a_password(agreement):
	(invoice,) = bill(agreement, APRIL)
	content = frappe.get_print(
		invoice.doctype,
		invoice.name,
		"Classic Invoice",
		as_pdf=True,
		password="hemmelig",  # noqa: S106
	)
	frappe.local.form_dict.pop("pdf_generator", None)
	reader = PdfReader(io.BytesIO(content))
	assert reader.is_encrypted
	assert reader.decrypt("hemmelig")


def test_preview_shows_the_form_as_it_stands_and_names_the_slip(agreement):
	(invoice,) = bill(agreement, APRIL)
	values = {"template_name": "X", "document_type": "Sales Invoice", "source": "Til {{ customer.name }}"}
	assert f"Til {agreement.customer}" in templates.preview(values, invoice.name)["html"]
	error = templates.preview({**values, "source": "a\n{{ customr.name }}"}, invoice.name)["error"]
	assert (error["line"], error["column"], error["suggestion"]) == (2, 4, "customer")


def test_fields_have_live_values(agreement):
	(invoice,) = bill(agreement, APRIL)
	fields = {row["path"]: row["value"] for row in templates.fields("Sales Invoice", invoice.name)}
	assert fields["invoice.number"] == invoice.name
	assert fields["customer.name"] == agreement.customer
	assert fields["invoice.lines[].net"] == "500.00 NOK"


def test_standard_templates_are_copied_not_changed(db):
	with pytest.raises(frappe.ValidationError, match="Customise"):
		frappe.get_doc("Liquid Template", "Classic Invoice").update({"source": "x"}).save()
	name = templates.copy("Classic Invoice", unique("Vår faktura"))
	mine = frappe.get_doc("Liquid Template", name)
	assert (mine.based_on, mine.is_standard) == ("Classic Invoice", 0)
	assert frappe.db.exists("Print Format", name)
	mine.update({"css": mine.css + "\np { color: red; }", "change_note": "Rødt"}).save()
	newest, oldest = templates.versions(name)
	assert newest["change_note"] == "Rødt"
	(changed,) = templates.diff(name, oldest["name"])
	assert "p { color: red; }" in [row["text"] for row in changed["rows"] if row["op"] == "+"]
	templates.restore(name, oldest["name"])
	assert "color: red" not in frappe.get_doc("Liquid Template", name).css
	mine = frappe.get_doc("Liquid Template", name)
	mine.run_method("onload")
	assert not mine.get_onload("standard_changed")
	mine.based_on_digest = "of an older version of the app"
	mine.run_method("onload")
	assert mine.get_onload("standard_changed")


def test_margins_that_leave_no_room_are_refused(db):
	with pytest.raises(frappe.ValidationError, match="between the margins"):
		own_template("Sales Invoice", "x", margin_left=150, margin_right=80)
	with pytest.raises(frappe.ValidationError):
		templates.fields("User")


def test_a_part_in_use_is_neither_broken_nor_lost(db):
	part = own_template("", "{{ invoice.number }}")
	user = own_template("Sales Invoice", "{% render '" + part + "' %}")
	doc = frappe.get_doc("Liquid Template", part)
	with pytest.raises(frappe.ValidationError, match=r"invoice\.number"):
		doc.update({"source": "{{ invoice.nummber }}"}).save()
	for attempt in (lambda: doc.reload().update({"disabled": 1}).save(), lambda: doc.reload().delete()):
		with pytest.raises(frappe.ValidationError, match=user):
			attempt()
	frappe.get_doc("Liquid Template", user).update({"source": "{{ invoice.number }}"}).save()
	doc.reload().delete()


def by_hand(*items, **values):
	return frappe.get_doc(
		{
			"doctype": "Sales Invoice",
			"company": COMPANY,
			"customer": customer(),
			"items": list(items),
			**values,
		}
	)


def fields_of(doc):
	return {row["path"]: row["value"] for row in templates.fields("Sales Invoice", doc.name)}


def test_prices_with_vat_print_without_it(db):
	account = frappe.db.get_value("Account", {"company": COMPANY, "account_name": "Output VAT 25%"})
	tax = {
		"charge_type": "On Net Total", "account_head": account, "description": "MVA", "rate": 25,
		"included_in_print_rate": 1,
	}  # fmt: skip
	doc = by_hand({"item_code": item(), "qty": 2, "rate": 125}, taxes=[tax]).insert()
	values = fields_of(doc)
	assert values["lines[].price"] == "100.00 NOK"
	assert values["lines[].net"] == values["invoice.net"] == "200.00 NOK"


def test_a_discount_on_the_whole_is_not_hidden_in_the_rows(db):
	doc = by_hand(
		{"item_code": item(), "qty": 3, "rate": 1000},
		apply_discount_on="Net Total",
		additional_discount_percentage=5,
	).insert()
	values = fields_of(doc)
	assert values["lines[].net"] == "3000.00 NOK"
	assert values["invoice.discount"] == "150.00 NOK"
	assert values["invoice.net"] == "2850.00 NOK"


def test_the_next_instalment_is_what_is_to_be_paid(db):
	doc = by_hand({"item_code": item(), "qty": 1, "rate": 1000})
	for portion, due in ((40, "2099-01-10"), (60, "2099-02-10")):
		doc.append("payment_schedule", {"due_date": due, "invoice_portion": portion})
	doc.insert().submit()
	values = fields_of(doc)
	assert (values["payment.amount"], values["payment.due_date"]) == ("400.00 NOK", "2099-01-10")
	doc.db_set("outstanding_amount", 500)
	values = fields_of(doc)
	assert (values["payment.amount"], values["payment.due_date"]) == ("500.00 NOK", "2099-02-10")
