"""Contracts from another system: the import, the audit, the parallel run, the first runs, and the way back."""

import csv
import io
import json
import re
from datetime import date, timedelta
from pathlib import Path

import frappe
import pytest
from frappe.core.doctype.data_import.data_import import start_import
from site_builders import COMPANY, amendment, bill, change, contract, customer, item, line, unique

from billing_ext.api import migration as api
from billing_ext.billing_ext.report.billing_data_audit import billing_data_audit
from billing_ext.repositories import clock
from billing_ext.services import contract_billing, parallel_run, preview
from billing_ext.services.data_audit import Kind, Severity, normalised

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "migration.md").read_text()
CUSTOMERS = ("Fjordbank AS", "Nordlys Energi AS", "Havbruk Nord AS", "Vestby kommune", "Bergen Media AS")
ITEMS = ("Hosting", "User licence", "Support", "Service desk", "Onboarding")


class Samples:
	"""The sample files with customers, items and contract numbers of this test alone."""

	def __init__(self):
		prefix = unique("N").replace(" ", "-")
		numbers = ("A-1001", "A-1002", "A-1003", "A-1004", "A-2001", "A-2002", "A-2003", "A-2004", "A-9999")
		self.names = {name: f"{prefix}-{name}" for name in numbers}
		self.names |= {name: customer() for name in CUSTOMERS} | {name: item() for name in ITEMS}

	def text(self, name):
		content = (ROOT / "fixtures" / "migration" / name).read_text()
		delimiter = ";" if ";" in content else ","
		rows = csv.reader(io.StringIO(content), delimiter=delimiter)
		file = io.StringIO()
		csv.writer(file, delimiter=delimiter).writerows(
			[self.names.get(cell, cell) for cell in row] for row in rows
		)
		return file.getvalue()

	def imported(self, name="contracts.csv", **values):
		return data_import(self.text(name), **values)

	def contract(self, number):
		name = frappe.db.get_value(
			"Billing Contract", {"external_id": self.names[number], "docstatus": ("!=", 2)}
		)
		return frappe.get_doc("Billing Contract", name)

	def number(self, name):
		"""What the page calls a customer, item or contract of this test."""
		return {value: key for key, value in self.names.items()}.get(name, name)


def attached(text, **values):
	file = frappe.get_doc(
		{"doctype": "File", "file_name": f"{unique('file')}.csv", "content": text, "is_private": 1, **values}
	)
	return file.insert().file_url


def data_import(text, submit=False):
	doc = frappe.get_doc(
		{
			"doctype": "Data Import",
			"reference_doctype": "Billing Contract",
			"import_type": "Insert New Records",
			"import_file": attached(text),
			"submit_after_import": int(submit),
		}
	).insert()
	frappe.db.commit()
	start_import(doc.name)
	return doc.reload()


def log(doc, success):
	return frappe.get_all(
		"Data Import Log",
		filters={"data_import": doc.name, "success": success},
		fields=["*"],
		order_by="log_index",
	)


def failures(doc):
	"""What each row that was not imported was told, by the first number of its rows."""
	told = {}
	for row in log(doc, 0):
		messages = [
			json.loads(entry) if isinstance(entry, str) else entry for entry in json.loads(row.messages)
		]
		text = " ".join(message["message"] for message in messages)
		told[str(json.loads(row.row_indexes)[0])] = frappe.utils.strip_html(text)
	return told


def table(heading, first_column):
	"""The rows of the page's table with that first column, below a heading, as lists of cells."""
	section = PAGE.split(f"# {heading}\n", 1)[1]
	body = re.search(rf"^\| {first_column} \|.*\n\| ---.*\n((?:\|.*\n)+)", section, flags=re.MULTILINE)[1]
	return [[cell.strip() for cell in row.strip("|").split("|")] for row in body.splitlines()]


def user(*roles):
	doc = frappe.get_doc(
		{
			"doctype": "User",
			"email": f"{frappe.generate_hash(length=8)}@example.com",
			"first_name": unique("User"),
			"send_welcome_email": 0,
			"roles": [{"role": role} for role in roles],
		}
	).insert()
	frappe.db.commit()
	return doc.name


# Import


def test_contracts_come_in_as_drafts_with_lines_steps_and_milestones():
	samples = Samples()
	done = samples.imported()
	assert (done.status, done.payload_count, failures(done)) == ("Success", 4, {})
	bank = samples.contract("A-1001")
	assert bank.docstatus == 0
	assert [(row.item_code, row.line_type, row.price, str(row.billed_through)) for row in bank.lines] == [
		(samples.names["Hosting"], "Recurring", 500, "2026-06-30"),
		(samples.names["User licence"], "Recurring", 99, "2026-06-30"),
		(samples.names["Hosting"], "Credit", 300, "None"),
	]
	(step,) = bank.ramp_steps
	assert (step.line_no, str(step.effective_date), step.price, step.line_title) == (
		2,
		"2026-10-01",
		109,
		samples.names["User licence"],
	)
	assert str(bank.end_date) == "2027-10-31"
	parts = samples.contract("A-1004").milestones
	assert [(row.title, row.percent, str(row.completed_on)) for row in parts] == [
		("Kick-off", 40, "2026-05-12"),
		("Delivery", 60, "None"),
	]


def test_submitted_at_once_they_are_billed_what_the_page_says_and_nothing_before():
	samples = Samples()
	samples.imported(submit=True)
	for number, first, amount, _why in table("Moving from another system", "contract \\| first invoice"):
		agreed = samples.contract(number)
		assert agreed.docstatus == 1
		if not first:
			assert bill(agreed, date(2026, 6, 30), date(2026, 12, 31)) == []
			continue
		assert str(agreed.next_billing_date) == first
		day = date.fromisoformat(first)
		assert bill(agreed, date(2026, 6, 30), day - timedelta(days=1)) == []
		(invoice,) = bill(agreed, day)
		assert f"{invoice.net_total:.2f}" == amount
	later = bill(samples.contract("A-1001"), date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1))
	assert [invoice.net_total for invoice in later] == [2675, 2975, 2975, 3225]


def test_over_a_year_of_dates_the_first_run_proposes_nothing_that_was_billed():
	samples = Samples()
	samples.imported(submit=True)
	names = [samples.contract(number).name for number in ("A-1001", "A-1002", "A-1003", "A-1004")]
	for step in range(0, 365, 4):
		day = date(2025, 7, 1) + timedelta(days=step)
		for name in names:
			assert preview.of_contract(name, day)["runs"][0]["documents"] == [], (name, day)


def test_a_row_that_cannot_be_imported_is_told_why_and_the_others_are_imported():
	samples = Samples()
	done = samples.imported("contracts_with_errors.csv")
	assert done.status == "Partial Success"
	told = failures(done)
	expected = table("Moving from another system", "row")
	assert set(told) == {row for row, _number, _message in expected}
	for row, number, message in expected:
		assert message.replace(number, samples.names[number]) in told[row]
	assert [
		samples.number(frappe.db.get_value("Billing Contract", row.docname, "external_id"))
		for row in log(done, 1)
	] == ["A-2004"]


def test_a_number_of_the_former_system_is_free_again_when_its_contract_is_cancelled():
	number = unique("A")
	first = contract(line(500), external_id=number)
	with pytest.raises(frappe.ValidationError, match=first.name):
		contract(line(500), external_id=f" {number} ")
	frappe.db.rollback()
	first.reload().cancel()
	frappe.db.commit()
	assert contract(line(500), external_id=number).external_id == number


# Audit


def findings(**filters):
	columns, rows, _message, _chart, summary = billing_data_audit.execute({"company": COMPANY, **filters})
	return rows, summary, columns


def kinds_of(agreed, **filters):
	return {row["kind"] for row in findings(**filters)[0] if row["contract"] == agreed.name}


def good_customer(**values):
	name = customer(tax_id=unique("NO"), email_id=f"{frappe.generate_hash(length=8)}@example.com", **values)
	frappe.get_doc(
		{
			"doctype": "Address",
			"address_title": name,
			"address_type": "Billing",
			"address_line1": "Storgata 1",
			"city": "Oslo",
			"country": "Norway",
			"links": [{"link_doctype": "Customer", "link_name": name}],
		}
	).insert()
	return name


def terms():
	if not frappe.db.exists("Payment Terms Template", "Audit 14"):
		portion = {
			"invoice_portion": 100,
			"credit_days": 14,
			"due_date_based_on": "Day(s) after invoice date",
		}
		frappe.get_doc(
			{"doctype": "Payment Terms Template", "template_name": "Audit 14", "terms": [portion]}
		).insert()
	return "Audit 14"


def sound(*lines, **values):
	"""A contract that the audit has nothing against."""
	start = clock.today() + timedelta(days=10)
	fields = {"customer": good_customer(), "payment_terms_template": terms(), "start_date": start, **values}
	return contract(*lines, submit=False, **fields)


def test_a_sound_contract_has_no_finding():
	agreed = sound()
	rows = findings()[0]
	assert [row for row in rows if agreed.customer == row["customer"]] == []


def test_what_an_invoice_would_lack_is_found():
	agreed = sound(payment_terms_template=None, currency="USD")
	frappe.db.set_value("Billing Contract", agreed.name, {"send_invoice": 1, "contact_email": None})
	frappe.db.delete("Currency Exchange", {"from_currency": "USD"})
	frappe.db.set_value("Sales Taxes and Charges Template", {"company": COMPANY}, "is_default", 0)
	assert kinds_of(agreed) == {
		"Missing E-mail",
		"Missing Payment Terms",
		"Missing Tax Template",
		"Missing Exchange Rate",
	}


def test_customers_without_tax_id_or_address_and_disabled_ones_are_found_private_persons_need_no_tax_id():
	company, person = (customer(customer_type=kind) for kind in ("Company", "Individual"))
	contract(line(500), customer=company, submit=False)
	contract(line(500), customer=person, submit=False)
	frappe.db.set_value("Customer", company, "disabled", 1)
	found = {(row["kind"], row["document"]) for row in findings()[0]}
	assert {("Missing Tax ID", company), ("Missing Address", company), ("Missing Address", person)} <= found
	assert ("Disabled Customer or Item", company) in found
	assert ("Missing Tax ID", person) not in found


def test_probable_duplicates_are_found_by_tax_id_name_and_e_mail():
	base = unique("Åsgård Regnskap")
	first = good_customer(customer_name=f"{base} AS")
	same_name = good_customer(customer_name=base.upper())
	same_id = customer(tax_id=frappe.db.get_value("Customer", first, "tax_id").replace("-", " "))
	same_mail = customer(email_id=frappe.db.get_value("Customer", first, "email_id"))
	contract(line(500), customer=first, submit=False)
	rows = [row for row in findings(kind="Duplicate Customer")[0] if first in row["finding"]]
	assert {(row["document"], row["field"]) for row in rows} == {
		(same_name, "Customer Name"),
		(same_id, "Tax ID"),
		(same_mail, "E-mail"),
	}


def test_names_are_compared_without_what_does_not_matter():
	assert normalised("Ångström & Sønn A.S.") != ""
	assert normalised("FJORDBANK") == normalised("Fjordbank  AS.") == "fjordbank"
	assert normalised("AS") == "as"
	assert normalised(None) == ""


def test_overlapping_contracts_are_found_and_consecutive_ones_are_not():
	today, sold = clock.today(), item()
	buyer = good_customer()
	ends = today + timedelta(days=30)
	first = sound(
		line(500, item_code=sold), customer=buyer, start_date=today + timedelta(days=1), end_date=ends
	)
	after = sound(line(500, item_code=sold), customer=buyer, start_date=ends + timedelta(days=1))
	assert "Overlapping Contracts" not in kinds_of(first) | kinds_of(after)
	both = sound(line(500, item_code=sold), customer=buyer, start_date=ends)
	rows = [row for row in findings(kind="Overlapping Contracts")[0] if row["contract"] == both.name]
	assert [first.name in row["finding"] or after.name in row["finding"] for row in rows] == [True, True]


def test_a_price_under_the_list_price_of_the_day_is_a_note():
	sold = item()
	frappe.get_doc(
		{
			"doctype": "Item Price",
			"item_code": sold,
			"price_list": "Standard Selling",
			"price_list_rate": 600,
			"valid_from": "2026-01-01",
		}
	).insert()
	cheap = sound(line(600, item_code=sold, discount_percentage=10), price_list="Standard Selling")
	full = sound(line(600, item_code=sold), price_list="Standard Selling")
	assert kinds_of(cheap, severity="Note") == {"Price under List Price"}
	assert kinds_of(full) == set()
	(row,) = [row for row in findings(kind="Price under List Price")[0] if row["contract"] == cheap.name]
	assert "540" in row["finding"]
	assert "600" in row["finding"]


def test_history_that_would_be_billed_is_an_error_for_an_imported_contract_until_it_is_billed_through():
	start = clock.today() - timedelta(days=90)
	late = sound(line(500), start_date=start, external_id=unique("A"))
	through = clock.today() + timedelta(days=60)
	opened = sound(line(500, billed_through=through), start_date=start, external_id=unique("A"))
	mine = sound(line(500), start_date=start)
	assert kinds_of(late, severity="Error") == {"Would Bill History"}
	assert kinds_of(opened) == set()
	assert kinds_of(mine, severity="Warning") == {"Would Bill History"}


def test_ended_contracts_and_those_whose_first_run_would_fail_are_found():
	ended = sound(line(500), start_date=date(2026, 1, 1), end_date=date(2026, 2, 28))
	assert "Contract Has Ended" in kinds_of(ended)
	far = sound(line(500), start_date=date(2099, 1, 1))
	rows = [row for row in findings(kind="First Run Would Fail")[0] if row["contract"] == far.name]
	assert "2099" in rows[0]["finding"]
	sold = item()
	stale = sound(line(500, item_code=sold))
	frappe.db.set_value("Item", sold, "disabled", 1)
	assert kinds_of(stale) == {"Disabled Customer or Item"}


def test_the_summary_counts_the_findings_and_what_is_billed_is_no_history():
	agreed = contract(
		line(500), customer=good_customer(), payment_terms_template=terms(), start_date=date(2026, 4, 1)
	)
	contract_billing.bill(agreed.name, clock.today())
	assert kinds_of(agreed) == set()
	rows, summary, columns = findings()
	counts = {entry["label"]: entry["value"] for entry in summary}
	assert counts["Contracts"] == frappe.db.count(
		"Billing Contract", {"company": COMPANY, "docstatus": ("!=", 2)}
	)
	for severity in Severity:
		assert counts[severity.value] == sum(row["level"] == severity.value for row in rows)
	assert {column["fieldname"] for column in columns} | {"level"} == set(rows[0])


def test_the_page_and_the_filter_list_the_kinds_that_there_are():
	kinds = [kind.value for kind in Kind]
	assert [row[0] for row in table("3. Audit", "kind")] == kinds
	source = (Path(billing_data_audit.__file__).with_suffix(".js")).read_text()
	assert re.findall(r'value: "(.*?)"', source) == [*kinds, *(severity.value for severity in Severity)]


def test_the_audit_shows_a_user_only_contracts_that_they_may_read():
	ours, theirs = (contract(line(500), customer=customer(), submit=False) for _ in range(2))
	clerk = user("Billing User", "Sales User")
	frappe.get_doc(
		{"doctype": "User Permission", "user": clerk, "allow": "Customer", "for_value": ours.customer}
	).insert()
	frappe.db.commit()
	frappe.set_user(clerk)
	rows = findings()[0]
	assert {row["contract"] for row in rows if row["contract"]} == {ours.name}
	assert theirs.customer not in {row["customer"] for row in rows}


def test_a_user_who_may_not_read_customers_is_told_so():
	contract(line(500), submit=False)
	frappe.set_user(user("Billing Auditor"))
	_columns, rows, message, _chart, _summary = billing_data_audit.execute({"company": COMPANY})
	assert "customers" in message
	assert "Missing Tax ID" not in {row["kind"] for row in rows}


# Parallel run


def run_of(text, first="2026-01-01", last="2026-06-30", **values):
	doc = frappe.get_doc(
		{
			"doctype": "Billing Parallel Run",
			"company": COMPANY,
			"from_date": first,
			"to_date": last,
			"invoices_file": attached(text),
			**values,
		}
	).insert()
	frappe.db.commit()
	return compared(doc)


def compared(doc):
	parallel_run.compare(doc.name)
	return doc.reload()


def of_samples(doc, samples):
	"""The rows about the contracts of this test: others of the site are in the comparison, too."""
	known = set(samples.names.values())
	return [row for row in doc.rows if row.external_id in known]


def shown(row, samples):
	return [
		samples.number(row.external_id),
		samples.number(row.line),
		f"{row.service_from} – {row.service_to}",
		*(f"{row.get(field):.2f}" for field in ("ours", "theirs", "difference")),
		row.verdict,
	]


def test_the_example_of_the_page():
	samples = Samples()
	samples.imported()
	doc = run_of(samples.text("invoices_there.csv"))
	rows = of_samples(doc, samples)
	assert [row for row in (shown(row, samples) for row in rows) if row[-1] != "Same"] == sorted(
		(row for row in table("4. Parallel run", "contract") if row[-1] != "Same"),
		key=lambda row: (row[-1] != "Contract Unknown", row[2]),
	)
	same = [shown(row, samples) for row in rows if row.verdict == "Same"]
	assert next(row for row in table("4. Parallel run", "contract") if row[-1] == "Same") in same
	assert len(same) == 13
	assert "Thirteen comparisons are the same" in PAGE
	ours, theirs = (sum(row.get(side) for row in rows) for side in ("ours", "theirs"))
	assert f"ours is {ours:.2f}, theirs\n{theirs:.2f}, the difference {ours - theirs:.2f}" in PAGE


def test_counts_and_totals_are_those_of_the_rows():
	samples = Samples()
	samples.imported(submit=True)
	doc = run_of(samples.text("invoices_there.csv"))
	assert doc.status == "Differences"
	counts = {row.verdict: 0 for row in doc.rows}
	for row in doc.rows:
		counts[row.verdict] += 1
	fields = ("same", "amount_differs", "only_there", "only_here", "contract_unknown")
	assert [doc.get(field) for field in fields] == [
		counts.get(verdict, 0)
		for verdict in ("Same", "Amount Differs", "Only There", "Only Here", "Contract Unknown")
	]
	assert doc.differences == len(doc.rows) - doc.same
	for total in doc.totals:
		rows = [row for row in doc.rows if row.currency == total.currency]
		assert total.difference == pytest.approx(sum(row.difference for row in rows))
		assert total.difference == pytest.approx(total.ours - total.theirs)


def test_our_amount_is_explained_and_their_row_can_be_found():
	samples = Samples()
	samples.imported()
	rows = of_samples(run_of(samples.text("invoices_there.csv")), samples)
	(row,) = [row for row in rows if row.verdict == "Amount Differs"]
	assert "25 × 99.00 = 2475.00" in row.explanation
	assert (row.invoices, row.contract) == ("5004", samples.contract("A-1001").name)
	lines = samples.text("invoices_there.csv").splitlines()
	assert "2 400,00" in lines[int(row.file_rows) - 1]
	reasons = {row.verdict: row.explanation for row in rows}
	assert "no such line" in reasons["Only There"]
	assert "No contract" in reasons["Contract Unknown"]


def test_comparing_again_replaces_and_another_question_drops_the_old_answer():
	samples = Samples()
	samples.imported()
	doc = run_of(samples.text("invoices_there.csv"))
	before = sorted(map(str, (shown(row, samples) for row in of_samples(doc, samples))))
	again = compared(doc)
	assert sorted(map(str, (shown(row, samples) for row in of_samples(again, samples)))) == before
	again.to_date = "2026-03-31"
	again.save()
	assert (again.status, again.rows, again.totals, again.same) == ("Draft", [], [], 0)


def test_a_tolerance_makes_small_differences_the_same():
	samples = Samples()
	samples.imported()
	doc = run_of(samples.text("invoices_there.csv"), tolerance=75)
	assert "Amount Differs" not in {row.verdict for row in of_samples(doc, samples)}


def test_a_file_that_cannot_be_read_is_explained_row_by_row_and_leaves_no_result():
	text = (
		"contract;service_from;service_to;amount\nA;01/02/2026;2026-02-28;1\nA;2026-02-01;2026-02-28;5 kr\n"
	)
	doc = run_of(text)
	assert (doc.status, doc.rows) == ("File Not Readable", [])
	problems = json.loads(doc.problems)
	assert [problem["text"] for problem in problems] == [
		"Row 2 of the file: service_from is 01/02/2026, which is not a date.",
		"Row 3 of the file: amount is 5 kr, which is not an amount.",
	]
	assert all(problem["remedy"] for problem in problems)


def test_the_template_is_a_file_that_can_be_read_and_has_no_rows_yet():
	api.parallel_run_template()
	text = frappe.response.filecontent.decode("utf-8-sig")
	assert frappe.response.type == "download"
	assert text.strip().split(";") == list(parallel_run.COLUMNS)
	doc = run_of(text)
	assert [problem["text"] for problem in json.loads(doc.problems)] == ["The file has no rows."]


def test_a_comparison_needs_dates_in_order_and_a_file():
	values = {"doctype": "Billing Parallel Run", "company": COMPANY}
	with pytest.raises(frappe.ValidationError, match="Billed to is before"):
		frappe.get_doc({**values, "from_date": "2026-02-01", "to_date": "2026-01-31"}).insert()
	doc = frappe.get_doc({**values, "from_date": "2026-01-01", "to_date": "2026-01-31"}).insert()
	with pytest.raises(frappe.ValidationError, match="Attach one"):
		api.compare(doc.name)


def test_compare_is_queued_for_the_user_who_asked(monkeypatch):
	doc = run_of("contract;service_from;service_to;amount\nX;2026-01-01;2026-01-31;1\n")
	clerk, auditor = user("Billing User"), user("Billing Auditor")
	queued = []
	monkeypatch.setattr(frappe, "enqueue", lambda method, **given: queued.append((method, given["name"])))
	frappe.set_user(clerk)
	api.compare(doc.name)
	assert queued == [(parallel_run.COMPARE, doc.name)]
	assert frappe.db.get_value(doc.doctype, doc.name, ["status", "compared_by"]) == ("Queued", clerk)
	frappe.set_user(auditor)
	with pytest.raises(frappe.PermissionError):
		api.compare(doc.name)


def test_a_private_file_of_somebody_else_is_not_read():
	clerk = user("Billing User")
	secret = attached("contract;service_from;service_to;amount\nX;2026-01-01;2026-01-31;987\n")
	doc = run_of("contract;service_from;service_to;amount\nX;2026-01-01;2026-01-31;1\n")
	frappe.db.delete("File", {"attached_to_doctype": doc.doctype, "attached_to_name": doc.name})
	frappe.db.set_value(doc.doctype, doc.name, {"invoices_file": secret, "compared_by": clerk})
	frappe.db.commit()
	compared(doc)
	assert (doc.status, doc.rows) == ("File Not Readable", [])
	assert "no file" in json.loads(doc.problems)[0]["text"]


def test_amendments_are_part_of_what_would_have_been_billed():
	agreed = contract(line(500, billed_through=date(2026, 6, 30)), external_id=unique("A"))
	amendment(agreed, date(2026, 5, 16), change(agreed, new_price=750))
	text = f"contract,service_from,service_to,amount\n{agreed.external_id},2026-05-01,2026-05-31,629.04\n"
	rows = [row for row in run_of(text).rows if row.contract == agreed.name]
	(may,) = [row for row in rows if str(row.service_from) == "2026-05-01"]
	assert (may.ours, may.verdict) == (629.04, "Same")
	assert "500.00 × 15/31" in may.explanation
	assert "750.00 × 16/31" in may.explanation
	assert [row.verdict for row in rows if row is not may] == ["Only Here"] * 2


# The way back


def test_an_undo_that_is_rolled_back_can_be_done_again():
	"""The log of Data Import is outside of transactions."""
	samples = Samples()
	done = samples.imported()
	assert api.undo_import(done.name)["deleted"] == 4
	frappe.db.rollback()
	assert api.undo_import(done.name)["deleted"] == 4


def test_an_import_can_be_undone_and_done_again():
	samples = Samples()
	done = samples.imported(submit=True)
	doc = run_of(samples.text("invoices_there.csv"))
	agreed = samples.contract("A-1001")
	amendment(agreed, date(2026, 8, 1), change(agreed, new_price=600))
	assert api.undo_import(done.name) == {"deleted": 4, "kept": [], "more": True}
	frappe.db.commit()
	assert api.undo_import(done.name) == {"deleted": 0, "kept": [], "more": False}
	frappe.db.commit()
	assert frappe.get_all("Billing Contract", {"external_id": ("in", list(samples.names.values()))}) == []
	assert frappe.get_all("Billing Amendment", {"contract": agreed.name}) == []
	assert frappe.db.exists("Billing Parallel Run", doc.name)
	start_import(done.name)
	assert (done.reload().status, samples.contract("A-1001").docstatus) == ("Success", 1)


def test_what_was_billed_stays_and_is_named_and_only_the_rest_is_imported_again(monkeypatch):
	samples = Samples()
	done = samples.imported(submit=True)
	billed = samples.contract("A-1001")
	bill(billed, date(2026, 7, 1))
	monkeypatch.setattr("billing_ext.services.contract_import.AT_ONCE", 2)
	first = api.undo_import(done.name)
	assert (first["deleted"], first["more"]) == (1, True)
	((name, reason),) = [tuple(entry.values()) for entry in first["kept"]]
	assert name == billed.name
	assert "has been billed here" in reason
	assert api.undo_import(done.name, start=1) == {"deleted": 2, "kept": [], "more": True}
	frappe.db.commit()
	assert api.undo_import(done.name, start=1) == {"deleted": 0, "kept": [], "more": False}
	frappe.db.commit()
	start_import(done.name)
	assert done.reload().status == "Success"
	assert samples.contract("A-1001").name == billed.name
	assert len(log(done, 1)) == 4


def test_undoing_needs_the_right_to_cancel_and_delete_and_an_import_of_contracts():
	samples = Samples()
	done = samples.imported()
	frappe.set_user(user("Billing User"))
	with pytest.raises(frappe.PermissionError):
		api.undo_import(done.name)
	frappe.set_user("Administrator")
	assert samples.contract("A-1001").docstatus == 0
	done.db_set("import_type", "Update Existing Records")
	with pytest.raises(frappe.ValidationError, match="has not inserted any contracts"):
		api.undo_import(done.name)


def test_a_contract_that_a_failed_run_names_can_be_deleted():
	samples = Samples()
	done = samples.imported(submit=True)
	name = samples.contract("A-1001").name
	run = frappe.get_doc({"doctype": "Billing Run", "as_of": clock.today(), "trigger": "User"}).insert()
	frappe.get_doc(
		{
			"doctype": "Billing Run Error",
			"billing_run": run.name,
			"contract": name,
			"code": "x",
			"message": "x",
		}
	).insert(ignore_permissions=True)
	run.db_set({"status": "Completed With Errors", "errors": 1})
	assert api.undo_import(done.name)["kept"] == []
	assert (run.reload().errors, run.status) == (0, "Completed")


def test_managers_may_import_contracts_and_users_may_not():
	assert frappe.has_permission("Billing Contract", "import", user=user("Billing Manager"))
	assert not frappe.has_permission("Billing Contract", "import", user=user("Billing User"))
