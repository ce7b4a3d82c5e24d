"""A month in ERPNext and in Tripletex, compared to the øre on the real ledgers of both."""

import hashlib
import json
from datetime import date, datetime, timezone

import frappe
import pytest
from site_builders import COMPANY, customer
from tripletex_books import differences, empty_ledgers, pay, reconcile

from billing_ext.api import tripletex_reconciliation as api
from billing_ext.services.tripletex import comparison, reconciliation

pytestmark = pytest.mark.commits
PAID = date(2026, 10, 12)


@pytest.fixture
def books(tripletex):
	"""The company in Tripletex, its ledgers empty on both sides."""
	with empty_ledgers():
		yield tripletex


def number(invoice):
	return int(invoice.billing_ext_number)


def sold(books, *amounts, **values):
	"""An invoice that Tripletex has."""
	invoice = books.invoice(*amounts, **values)
	books.deliver()
	return invoice


def reference(doc, label):
	row = next(row for row in doc.differences if row.label == label)
	return row.reference_doctype, row.reference_name


def test_equal_books_are_green_with_few_calls(books):
	first = sold(books, 1000, 99.99)
	sold(books, 500)
	books.credit(first, 200)
	books.deliver()
	pay(first, 300)
	books.sim.bank.pay(number(first), 300, PAID)
	books.sim.requests.clear()
	doc = reconcile()
	assert (doc.status, differences(doc), doc.error) == ("Green", {}, None)
	assert len(books.sim.requests) <= 10
	sections = {section["name"]: section for section in json.loads(doc.report_json)["sections"]}
	assert sections["counts"]["values"] == {"invoices": [2, 2], "credit notes": [1, 1]}
	assert sections["payments"]["values"] == {"1920": [300, 300]}
	ours, theirs = sections["ledger"]["values"]["receivable"]
	assert ours == theirs != 0
	assert sections["ledger"]["values"]["vat"][0] == sections["ledger"]["values"]["vat"][1] != 0
	assert books.sim.violations == []


def test_the_stored_digest_is_that_of_the_stored_report(books):
	sold(books, 1000)
	doc = reconcile()
	stored = frappe.db.get_value("Tripletex Reconciliation", doc.name, "report_json")
	assert doc.digest == hashlib.sha256(stored.encode()).hexdigest()
	assert doc.run_by == "Administrator"
	sold(books, 1)
	assert reconcile().digest != doc.digest


def test_several_vat_codes_and_a_foreign_currency_are_green_to_the_øre(books):
	frappe.db.set_single_value(
		"Accounts Settings", "allow_multi_currency_invoices_against_single_party_account", 1
	)
	sold(books, 33.33, 66.67, 0.01)
	sold(books, 1234.56, taxes_and_charges="Utførsel 0% - FS")
	rate = float(books.client().get("/currency/{id}/rate", {"id": 5}, date="2026-10-05")["rate"])
	sold(
		books,
		777.77,
		party=customer(default_currency="EUR"),
		currency="EUR",
		conversion_rate=rate,
		taxes_and_charges="Utførsel 0% - FS",
	)
	doc = reconcile()
	assert (differences(doc), doc.status) == ({}, "Green")
	sums = next(s for s in json.loads(doc.report_json)["sections"] if s["name"] == "sums")["values"]
	assert sums["EUR net"] == [777.77, 777.77]
	assert sums["NOK vat 52 base"][0] == 1234.56
	assert sums["NOK vat 3 amount"][0] == 25.0


def test_an_amount_that_was_changed_there_names_the_invoice(books):
	invoice = sold(books, 1000)
	sold(books, 500)
	books.sim.gui.edit_invoice_amount(number(invoice), "0.01")
	doc = reconcile()
	found = differences(doc)
	label = f"{number(invoice)}: gross"
	assert doc.status == "Red"
	assert found[label] == ("1250.00", "1250.01")
	assert reference(doc, label) == ("Sales Invoice", invoice.name)
	assert found["Receivables"] == ("1875.00", "1875.01")
	assert reference(doc, "Receivables") == ("Account", "Debtors - FS")
	assert not any(text.startswith(f"{number(invoice) + 1}:") for text in found)


def test_an_invoice_that_never_arrived_and_one_made_there_by_hand(books):
	sold(books, 1000)
	lost = books.invoice(700)
	made = books.sim.gui.make_invoice(books.sim.customers()[0]["id"], 50, "2026-10-06")
	doc = reconcile()
	found = differences(doc)
	label = f"{number(lost)} is missing in Tripletex"
	assert found[label] == ("875.00", "")
	assert reference(doc, label) == ("Sales Invoice", lost.name)
	assert found[f"{made['invoiceNumber']} is unknown to ERPNext"] == ("", "62.50")
	(waiting,) = json.loads(doc.report_json)["outbox"]
	assert lost.name in waiting["note"]


def test_a_number_that_two_invoices_have(books):
	sold(books, 1000)
	second = books.invoice(100)
	frappe.db.set_value("Sales Invoice", second.name, "billing_ext_number", "500001")
	found = differences(reconcile())
	assert "500001 occurs twice in ERPNext" in found


def test_a_gap_is_named_in_its_month_and_cancelled_or_empty_documents_are_none(books):
	sold(books, 1000, posting_date=date(2026, 9, 5), due_date=date(2026, 9, 19))
	gone = books.invoice(100)
	gone.cancel()
	frappe.db.delete("Sales Invoice", {"name": gone.name})
	cancelled = books.invoice(100)
	cancelled.cancel()
	sold(books, 0)
	sold(books, 500)
	assert differences(reconcile()) == {f"No document has the numbers {number(gone)}": ("", "1")}
	assert reconcile(date(2026, 9, 1)).status == "Green"


def test_a_deleted_last_document_is_a_gap_too(books):
	sold(books, 1000)
	last = books.invoice(100)
	last.cancel()
	frappe.db.delete("Sales Invoice", {"name": last.name})
	frappe.db.commit()
	assert list(differences(reconcile())) == [f"No document has the numbers {number(last)}"]


def test_a_payment_that_erpnext_does_not_have(books):
	invoice = sold(books, 1000)
	books.sim.bank.pay(number(invoice), 1250, PAID)
	doc = reconcile()
	found = differences(doc)
	assert found["Money from customers on 1920"] == ("0.00", "1250.00")
	assert reference(doc, "Money from customers on 1920") == ("Account", "Operating Account - FS")
	assert found[f"{number(invoice)}: outstanding"] == ("1250.00", "0.00")
	assert reference(doc, f"{number(invoice)}: outstanding") == ("Sales Invoice", invoice.name)
	pay(invoice)
	assert reconcile().status == "Green"


def test_a_payment_that_was_taken_back_has_not_come_in(books):
	invoice = sold(books, 1000)
	voucher = books.sim.bank.pay(number(invoice), 1250, date(2026, 9, 30))
	books.sim.bank.reverse(voucher["id"], PAID)
	assert differences(reconcile()) == {}
	assert differences(reconcile(date(2026, 9, 1))).keys() == {"Receivables"}


def test_what_suppliers_were_paid_is_nobody_s_business(books):
	sold(books, 1000)
	books.sim.gui.hand_voucher((1920, -400), (6800, 400), date="2026-10-07")
	assert reconcile().status == "Green"


def test_a_hand_voucher_is_listed_and_shows_in_the_ledger(books):
	sold(books, 1000)
	books.sim.gui.hand_voucher((3000, -80), (1530, 80), date="2026-10-07", description="Korreksjon")
	doc = reconcile()
	assert differences(doc) == {"Income and deferred revenue": ("-1000.00", "-1080.00")}
	(posting,) = json.loads(doc.report_json)["hand_postings"]
	assert (posting["note"], posting["amount"], posting["date"]) == ("3000 Korreksjon", -80, "2026-10-07")


def test_a_filed_vat_return_does_not_make_it_red(books):
	sold(books, 1000)
	posting = {"vatType": {"id": 0}, "date": "2026-10-31"}
	client = books.client()
	kind = client.find_one("/ledger/voucherType", "name", "Mva-melding", fields="id,name")["id"]
	accounts = {row["number"]: row["id"] for row in client.search("/ledger/account", fields="id,number")}
	rows = [
		{**posting, "row": row, "account": {"id": accounts[number]}, "amountGross": amount}
		for row, (number, amount) in enumerate(((2700, 250), (2740, -250)), start=1)
	]
	body = {
		"date": "2026-10-31",
		"description": "Mva-melding 5. termin",
		"voucherType": {"id": kind},
		"postings": [{**row, "amountGrossCurrency": row["amountGross"]} for row in rows],
	}
	client.post("/ledger/voucher", body=body, query={"sendToLedger": True})
	assert books.sim.balance(2700) == 0
	assert differences(reconcile()) == {}


def test_what_stood_in_the_books_before_go_live_does_not_count(books):
	books.settings(go_live_date=date(2026, 10, 1))
	books.invoice(4000, posting_date=date(2026, 9, 20), due_date=date(2026, 9, 30))
	books.sim.gui.hand_voucher((1920, 9), (2050, -9), date="2026-09-30")
	sold(books, 1000)
	assert differences(reconcile()) == {}
	with pytest.raises(frappe.ValidationError):
		reconcile(date(2026, 9, 1))
	with pytest.raises(frappe.ValidationError):
		reconcile(date(2026, 11, 1))


def explained(doc, label, reason):
	row = next(row for row in doc.differences if row.label == label)
	api.explain(doc.name, row.name, reason)
	frappe.db.commit()
	doc.reload()
	return doc


def test_an_explanation_survives_a_new_run_but_not_a_changed_amount(books):
	sold(books, 1000)
	books.sim.gui.hand_voucher((3000, -80), (1530, 80), date="2026-10-07")
	label = "Income and deferred revenue"
	doc = explained(reconcile(), label, "Korreksjon fra revisor")
	assert doc.status == "Explained"
	again = frappe.get_doc("Tripletex Reconciliation", api.compare_again(doc.name))
	frappe.db.commit()
	assert again.status == "Running"
	comparison.compare(again.name)
	again.reload()
	(row,) = again.differences
	assert (again.status, row.explanation, row.explained_by) == (
		"Explained",
		"Korreksjon fra revisor",
		"Administrator",
	)
	books.sim.gui.hand_voucher((3000, -1), (1530, 1), date="2026-10-08")
	changed = reconcile()
	assert (changed.status, changed.differences[0].explanation) == ("Red", None)


def test_an_explained_difference_of_the_ledger_does_not_return_next_month(books):
	sold(books, 1000)
	books.sim.gui.hand_voucher((3000, -80), (1530, 80), date="2026-10-07")
	explained(reconcile(), "Income and deferred revenue", "Korreksjon fra revisor")
	books.now = datetime(2026, 11, 15, 10, 0, tzinfo=timezone.utc)
	sold(books, 300, posting_date=date(2026, 11, 3), due_date=date(2026, 11, 17))
	assert reconcile(date(2026, 11, 1)).status == "Explained"
	extra = sold(books, 300, posting_date=date(2026, 11, 4), due_date=date(2026, 11, 18))
	books.sim.gui.edit_invoice_amount(number(extra), 5)
	assert reconcile(date(2026, 11, 1)).status == "Red"


def test_an_explanation_needs_words_and_is_given_once(books):
	invoice = sold(books, 1000)
	books.sim.bank.pay(number(invoice), 1250, PAID)
	doc = reconcile()
	with pytest.raises(frappe.ValidationError):
		explained(doc, "Receivables", "   ")
	assert explained(doc, "Receivables", "Kommer i morgen").status == "Red"
	with pytest.raises(frappe.ValidationError):
		explained(doc, "Receivables", "Noe annet")
	other = reconcile()
	with pytest.raises(frappe.ValidationError):
		api.explain(doc.name, other.differences[0].name, "Feil dokument")


def test_the_last_green_month_follows_the_latest_comparison(books):
	def last_green():
		return str(frappe.db.get_value("Tripletex Settings", COMPANY, "last_green_month") or "")

	invoice = sold(books, 1000, posting_date=date(2026, 9, 5), due_date=date(2026, 9, 19))
	assert reconcile().status == "Green"
	assert last_green() == "", "October is not over"
	assert reconcile(date(2026, 9, 1)).status == "Green"
	assert last_green() == "2026-09-01"
	books.sim.gui.edit_invoice_amount(number(invoice), 5)
	assert reconcile(date(2026, 9, 1)).status == "Red"
	assert last_green() == ""


def test_a_comparison_that_cannot_be_made_says_why(books):
	sold(books, 1000)
	books.sim.faults.plan("GET", "/balanceSheet", "403")
	doc = reconcile()
	assert doc.status == "Failed"
	assert doc.error
	assert not doc.digest
	assert not doc.differences


def test_what_is_stored_stays(books):
	sold(books, 1000)
	doc = reconcile()
	doc.status = "Red"
	with pytest.raises(frappe.ValidationError):
		doc.save()
	with pytest.raises(frappe.ValidationError):
		doc.delete()
	sold(books, 500)
	comparison.compare(doc.name)
	assert frappe.get_doc("Tripletex Reconciliation", doc.name).digest == doc.digest


def test_a_result_that_is_sent_along_is_not_believed(books):
	doc = frappe.get_doc(
		{
			"doctype": "Tripletex Reconciliation",
			"company": COMPANY,
			"month": date(2026, 10, 20),
			"status": "Green",
			"digest": "abc",
			"differences": [{"label": "x"}],
		}
	).insert()
	assert (doc.status, doc.digest, doc.differences, str(doc.month)) == ("Running", None, [], "2026-10-01")


def test_nightly_compares_this_month_and_the_last_one(books):
	reconciliation.nightly()
	frappe.set_user("Administrator")
	months = frappe.get_all("Tripletex Reconciliation", {"company": COMPANY}, pluck="month", order_by="month")
	assert [str(month) for month in months] == ["2026-09-01", "2026-10-01"]


def test_a_comparison_whose_worker_was_killed_is_failed_by_the_next_night(books):
	reconciliation.nightly()
	books.wait(hours=2)
	reconciliation.nightly()
	frappe.set_user("Administrator")
	states = frappe.get_all("Tripletex Reconciliation", {"company": COMPANY}, pluck="status")
	assert sorted(states) == ["Failed", "Failed", "Running", "Running"]


def test_who_may_only_read_neither_explains_nor_compares(books):
	invoice = sold(books, 1000)
	books.sim.bank.pay(number(invoice), 1250, PAID)
	doc = reconcile()
	user = frappe.get_doc(
		{
			"doctype": "User",
			"email": f"{frappe.generate_hash(length=8)}@example.com",
			"first_name": "Leser",
			"send_welcome_email": 0,
			"roles": [{"role": "Billing Auditor"}],
		}
	).insert()
	frappe.set_user(user.name)
	for action in (
		lambda: api.explain(doc.name, doc.differences[0].name, "x"),
		lambda: api.compare_again(doc.name),
	):
		with pytest.raises(frappe.PermissionError):
			action()
	frappe.set_user("Administrator")


def test_sales_booked_as_vouchers_are_compared_too(books):
	books.settings(strategy="Ledger voucher")
	invoice = sold(books, 1000)
	assert differences(reconcile()) == {}
	books.invoice(10)
	assert f"{invoice.name} is missing in Tripletex" not in differences(reconcile())
