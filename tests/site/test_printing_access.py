"""What printing must not do: show what a user may not read, run what a customer typed, reach what is secret."""

import json
from datetime import date

import frappe
import pytest
from frappe.utils.print_format import download_pdf
from frappe.www.printview import get_html_and_style
from site_builders import COMPANY, bill, contract, customer, line, unique
from test_printing import own_template, text_of, words_of

from billing_ext.api import printing, templates
from billing_ext.repositories import print_documents
from billing_ext.repositories.templates import AUTOMATIC

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]
APRIL = date(2026, 4, 1)


@pytest.fixture(autouse=True)
def printer():
	yield
	printing.close_printer()
	frappe.local.form_dict = frappe._dict()


@pytest.fixture
def invoice():
	(made,) = bill(contract(line(500)), APRIL)
	return made


def user(*roles):
	email = f"{frappe.generate_hash(length=8)}@example.com"
	doc = frappe.get_doc({"doctype": "User", "email": email, "first_name": "P", "send_welcome_email": 0})
	doc.insert().add_roles(*roles)
	frappe.db.commit()
	return email


def test_the_portal_prints_with_a_link_and_not_without(invoice):
	key = invoice.get_document_share_key()
	frappe.db.commit()
	frappe.set_user("Guest")
	frappe.local.form_dict = frappe._dict(key=key)
	download_pdf("Sales Invoice", invoice.name, AUTOMATIC["Sales Invoice"])
	assert invoice.name in text_of(frappe.local.response.filecontent)
	frappe.local.form_dict = frappe._dict(key="guessed")
	with pytest.raises(frappe.PermissionError):
		download_pdf("Sales Invoice", invoice.name, AUTOMATIC["Sales Invoice"])


def test_the_language_that_is_asked_for_is_printed(invoice):
	def words(language):
		frappe.local.form_dict = frappe._dict(_lang=language)
		doc = json.dumps(invoice.as_dict(), default=str)
		return words_of(get_html_and_style(doc, print_format="Classic Invoice")["html"])

	assert "Fakturadato" in words("nb")
	assert "Invoice date" in words("en")
	assert "Förfallodatum" in words("sv")


def test_a_changed_copy_of_a_document_shows_the_stored_customer(invoice):
	other = customer(tax_id="923609016")
	frappe.db.commit()
	sent = json.loads(json.dumps(invoice.as_dict(), default=str)) | {"customer": other}
	html = get_html_and_style(json.dumps(sent), print_format="Classic Invoice")["html"]
	assert invoice.customer_name in html
	assert "923 609 016" not in html


def test_an_invented_document_shows_no_customer_that_its_user_may_not_read():
	secret = customer(tax_id="923609016")
	email = user("Billing Template Designer")
	frappe.db.commit()
	frappe.set_user(email)
	invented = {
		"doctype": "Sales Invoice",
		"customer": secret,
		"company": COMPANY,
		"items": [],
		"docstatus": 0,
	}
	with pytest.raises(frappe.PermissionError):
		get_html_and_style(json.dumps(invented), print_format="Classic Invoice")
	values = {"template_name": "X", "document_type": "Customer", "source": "{{ customer.org_number }}"}
	with pytest.raises(frappe.PermissionError):
		templates.preview(values, secret)


def test_a_designer_may_write_templates_and_nothing_else():
	email = user("Billing Template Designer")
	frappe.set_user(email)
	name = own_template("Sales Invoice", "{{ invoice.number }}")
	assert (
		templates.preview({"document_type": "Sales Invoice", "source": "{{ invoice.number }}"})["error"]
		is None
	)
	assert frappe.has_permission("Liquid Template", "write", name)
	for doctype in ("Sales Invoice", "Billing Contract", "Customer", "Print Format", "Billing Settings"):
		assert not frappe.has_permission(doctype, "write"), doctype


def test_what_customers_type_is_text():
	name = customer(customer_name=f"{unique('K')} {{{{ 7 | times: 7 }}}}")
	text = "<script>alert(1)</script><img src=x onerror=alert(2)> A &lt;b&gt; {{ 6 | times: 6 }}"
	(invoice,) = bill(
		contract(line(500, description=text), customer=name, po_no="<svg/onload=alert(3)>"), APRIL
	)
	html = frappe.get_print("Sales Invoice", invoice.name, "Modern Invoice")
	body = html[html.index("billing-document") : html.index("<!--billing-ext:")]
	assert "<script" not in body
	assert "onerror" not in body
	assert "<svg/" not in body
	assert "{{ 7 | times: 7 }}" in words_of(body)
	assert "{{ 6 | times: 6 }}" in words_of(body)


def test_a_site_s_own_fields_print_and_its_passwords_do_not(invoice):
	fields = {"tone": "Data", "secret_code": "Password", "hidden_note": "Data"}
	for fieldname, fieldtype in fields.items():
		frappe.get_doc(
			{
				"doctype": "Custom Field",
				"dt": "Customer",
				"fieldname": fieldname,
				"label": fieldname,
				"fieldtype": fieldtype,
				"print_hide": fieldname == "hidden_note",
			}
		).insert()
	try:
		frappe.db.set_value("Customer", invoice.customer, {"tone": "Hjertelig hilsen", "hidden_note": "mørk"})
		frappe.clear_document_cache("Customer", invoice.customer)
		values = {"document_type": "Sales Invoice", "source": "{{ customer.custom.tone }}"}
		assert "Hjertelig hilsen" in templates.preview(values, invoice.name)["html"]
		for fieldname in ("secret_code", "hidden_note"):
			values["source"] = "{{ customer.custom." + fieldname + " }}"
			error = templates.preview(values, invoice.name)["error"]
			assert error["message"] == f"There is no customer.custom.{fieldname}."
		paths = [row["path"] for row in templates.fields("Sales Invoice", invoice.name)]
		assert "customer.custom.tone" in paths
		assert "customer.custom.secret_code" not in paths
	finally:
		for fieldname in fields:
			frappe.delete_doc("Custom Field", f"Customer-{fieldname}")
		frappe.db.commit()


def test_the_network_and_the_server_s_files_stay_out_of_the_pdf(invoice):
	source = """<p>before</p><img src="http://127.0.0.1:1/a.png"><iframe src="file:///etc/passwd"></iframe>
	<object data="file:///etc/passwd"></object><img src="/private/files/secret.png"><p>{{ invoice.number }}</p>"""
	name = own_template("Sales Invoice", source, css="@import 'http://127.0.0.1:1/x.css'; p { color: red; }")
	html = frappe.get_print("Sales Invoice", invoice.name, name)
	fragment = html[html.index("billing-document") :]
	assert "127.0.0.1" not in fragment
	assert "/etc/passwd" not in fragment
	content = frappe.get_print("Sales Invoice", invoice.name, name, as_pdf=True)
	assert invoice.name in text_of(content)
	assert "root:" not in text_of(content)


def test_an_invented_document_names_no_address_or_invoice_that_its_user_may_not_read(invoice):
	address = frappe.get_doc(
		{
			"doctype": "Address", "address_title": unique("Hemmelig"), "address_line1": "Skjult vei 1",
			"city": "Oslo", "country": "Norway", "address_type": "Billing",
		}
	).insert()  # fmt: skip
	frappe.db.commit()
	dunning = frappe.get_doc({"doctype": "Dunning", "overdue_payments": [{"sales_invoice": invoice.name}]})
	named = frappe.get_doc({"doctype": "Sales Invoice", "customer_address": address.name})
	dunning.company = named.company = None
	assert print_documents.trusted(dunning) is dunning
	frappe.set_user(user("Billing Template Designer"))
	for doc in (dunning, named):
		with pytest.raises(frappe.PermissionError):
			print_documents.trusted(doc)


def test_a_statement_is_for_those_who_may_read_invoices(invoice):
	frappe.set_user(user("Stock User"))
	customer_doc = frappe.get_doc("Customer", invoice.customer)
	with pytest.raises(frappe.PermissionError):
		print_documents.values(customer_doc, None)


def test_a_standard_template_cannot_be_declared_one_s_own(db):
	doc = frappe.get_doc("Liquid Template", "Classic Invoice")
	with pytest.raises(frappe.ValidationError, match="Customise"):
		doc.update({"is_standard": 0, "source": "{{ invoice.number }}"}).save()
