"""Contracts of one customer on shared invoices: docs/consolidated-invoices.md as it comes out of the site, and what goes wrong."""

import re
from datetime import date
from html import unescape
from pathlib import Path

import frappe
import pytest
import site_workers
from site_builders import (
	COMPANY,
	amendment,
	change,
	charges_of,
	contract,
	customer,
	gl_of,
	item,
	line,
	termination,
	unique,
)

from billing_ext.api import contracts as contract_api
from billing_ext.api import printing
from billing_ext.repositories import invoices, runs
from billing_ext.repositories.templates import AUTOMATIC
from billing_ext.services import billing_run, contract_billing

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]
PAGE = Path(__file__).parents[2] / "docs" / "consolidated-invoices.md"
APRIL, MID_APRIL, MAY = date(2026, 4, 1), date(2026, 4, 16), date(2026, 5, 1)
PER_CUSTOMER = "One per Customer"


def table(*columns):
	"""The rows of the page's table with those columns, as tuples of their cells."""
	head = "| " + " | ".join(columns) + " |"
	lines = PAGE.read_text(encoding="utf-8").split("\n")
	start = lines.index(head) + 2
	found = []
	for row in lines[start:]:
		if not row.startswith("|"):
			break
		found.append(tuple(cell.strip() for cell in row.strip("|").split("|")))
	return found


AGREED = table("contract", "purchase order", "line", "cost centre", "price")
INVOICED = table("*Invoices*", "*Split by*", "invoice", "subtotals", "net", "VAT", "total")


def cost_center(name):
	full = f"{name} - FS"
	if not frappe.db.exists("Cost Center", full):
		parent = frappe.db.get_value("Cost Center", {"company": COMPANY, "is_group": 1})
		frappe.get_doc(
			{
				"doctype": "Cost Center",
				"cost_center_name": name,
				"parent_cost_center": parent,
				"company": COMPANY,
			}
		).insert()
	return full


def agreements_of_the_page(**settings):
	"""The example's contracts, by the name that the page gives them."""
	buyer = settings.pop("customer", None) or customer()
	made = {}
	for title in dict.fromkeys(row[0] for row in AGREED):
		rows = [row for row in AGREED if row[0] == title]
		lines = [line(float(row[4]), description=row[2], cost_center=cost_center(row[3])) for row in rows]
		made[title] = contract(*lines, customer=buyer, po_no=rows[0][1], start_date=APRIL, **settings)
	return made


def pair(*prices, **settings):
	"""Contracts of one new customer that share invoices, with a line each."""
	settings.setdefault("customer", customer())
	settings.setdefault("invoice_grouping", PER_CUSTOMER)
	return [contract(line(price), start_date=APRIL, **settings) for price in prices]


def run_for(agreement, as_of=APRIL):
	"""A finished run over the contracts of one customer."""
	name = runs.create(as_of, "User", customer=agreement.customer)
	frappe.db.commit()
	billing_run.run_now(name)
	frappe.set_user("Administrator")  # a run works as the service user
	return frappe.get_doc("Billing Run", name)


def documents_of(agreement):
	"""The customer's documents in the order in which they were made."""
	names = frappe.get_all(
		"Sales Invoice", filters={"customer": agreement.customer}, pluck="name", order_by="creation, name"
	)
	return [frappe.get_doc("Sales Invoice", name) for name in names]


def parts(document):
	"""Net amount by contract."""
	found = {}
	for row in document.items:
		found[row.billing_ext_contract] = round(found.get(row.billing_ext_contract, 0) + row.net_amount, 2)
	return found


def words_of(html):
	body = re.sub(r"<(style|script|head).*?</\1>", " ", html, flags=re.S)
	return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body))).replace("\xa0", " ")


def printed(document):
	frappe.db.rollback()
	html = frappe.get_print(document.doctype, document.name, AUTOMATIC["Sales Invoice"])
	printing.close_printer()
	return words_of(html)


@pytest.mark.parametrize(("grouping", "split"), sorted({row[:2] for row in INVOICED}))
def test_the_pages_invoices_are_the_sites(grouping, split):
	agreements = agreements_of_the_page(invoice_grouping=grouping, invoice_split=split)
	run = run_for(agreements["Booking"])
	titles = {agreement.name: title for title, agreement in agreements.items()}
	made = [
		(
			", ".join(f"{titles[name]} {net:.2f}" for name, net in parts(document).items()),
			f"{document.net_total:.2f}",
			f"{document.total_taxes_and_charges:.2f}",
			f"{document.grand_total:.2f}",
		)
		for document in documents_of(agreements["Booking"])
	]
	expected = [row[3:] for row in INVOICED if row[:2] == (grouping, split)]
	assert sorted(made) == sorted(expected)
	assert (run.status, run.invoices) == ("Completed", len(expected))


def test_the_header_says_what_all_rows_have_in_common():
	agreements = agreements_of_the_page(invoice_grouping="One per PO", invoice_split="Cost Center")
	run_for(agreements["Booking"])
	headers = {(row.po_no, row.cost_center): parts(row) for row in documents_of(agreements["Booking"])}
	assert headers == {
		("4711", "Oslo - FS"): {agreements["Booking"].name: 1200, agreements["Backup"].name: 250},
		("4711", "Bergen - FS"): {agreements["Booking"].name: 300},
		("4712", "Oslo - FS"): {agreements["Sensors"].name: 495},
	}


def test_a_shared_invoice_prints_each_contract_with_its_order_number_and_subtotal():
	agreements = agreements_of_the_page(invoice_grouping=PER_CUSTOMER)
	run_for(agreements["Booking"])
	(document,) = documents_of(agreements["Booking"])
	assert (document.po_no or "", document.cost_center) == ("", None)
	words = printed(document)
	for title, order, subtotal in (
		("Booking", "4711", "1,500.00"),
		("Sensors", "4712", "495.00"),
		("Backup", "4711", "250.00"),
	):
		number = agreements[title].name
		assert f"Contract {number} Your order number {order} Subtotal {subtotal}" in words
		assert words.count(number) == 1, "the rows do not repeat what their heading says"
	# ERPNext's own print formats have no headings
	assert all(row.billing_ext_contract in row.description for row in document.items)


def test_an_invoice_of_one_contract_prints_no_subtotal():
	(agreement,) = pair(500)
	run_for(agreement)
	(document,) = documents_of(agreement)
	assert "Subtotal" not in printed(document)
	assert agreement.name not in document.items[0].description


def test_equal_rows_of_two_contracts_are_no_duplicates_to_erpnext():
	same, buyer = item(), customer()
	frappe.db.set_single_value("Selling Settings", "allow_multiple_items", 0)
	frappe.db.commit()
	try:
		agreements = [
			contract(
				line(100, item_code=same), customer=buyer, start_date=APRIL, invoice_grouping=PER_CUSTOMER
			)
			for _ in range(2)
		]
		assert run_for(agreements[0]).errors == 0
	finally:
		frappe.db.set_single_value("Selling Settings", "allow_multiple_items", 1)
		frappe.db.commit()
	assert [row.net_amount for row in documents_of(agreements[0])[0].items] == [100, 100]


@pytest.mark.parametrize(
	"different",
	[
		{"invoice_grouping": "One per Contract"},
		{"invoice_action": "Left as Draft"},
		{"language": "nb"},
		{"invoice_split": "Cost Center"},
		{"send_invoice": 1, "contact_email": "faktura@kunde.example"},
	],
	ids=lambda values: next(iter(values)),
)
def test_a_contract_that_differs_in_what_an_invoice_says_once_has_its_own(different):
	buyer = customer()
	first, second = pair(100, 200, customer=buyer)
	(other,) = pair(400, customer=buyer, **different)
	run_for(first)
	made = sorted((parts(document) for document in documents_of(first)), key=len)
	assert made == [{other.name: 400}, {first.name: 100, second.name: 200}]


def test_billing_addresses_differ_and_so_do_the_invoices():
	buyer = customer()
	for town in ("Bergen", "Oslo"):
		pair(100, customer=buyer, customer_address=address(buyer, town, "Billing"))
	(last,) = pair(300, customer=buyer)
	run_for(last)
	assert sorted(document.net_total for document in documents_of(last)) == [100, 100, 300]


def address(buyer, town, kind="Shipping"):
	doc = frappe.get_doc(
		{
			"doctype": "Address",
			"address_title": unique(town),
			"address_type": kind,
			"address_line1": "Storgata 1",
			"city": town,
			"country": "Norway",
			"links": [{"link_doctype": "Customer", "link_name": buyer}],
		}
	)
	return doc.insert().name


def test_each_delivery_address_has_an_invoice_that_names_it():
	buyer = customer()
	bergen, oslo = address(buyer, "Bergen"), address(buyer, "Oslo")
	split = {"customer": buyer, "invoice_grouping": PER_CUSTOMER, "invoice_split": "Delivery Address"}
	lines = [line(100), line(50, shipping_address=oslo)]
	first = contract(*lines, shipping_address=bergen, start_date=APRIL, **split)
	second = contract(line(30), shipping_address=oslo, start_date=APRIL, **split)
	run_for(first)
	assert {row.shipping_address_name: parts(row) for row in documents_of(first)} == {
		bergen: {first.name: 100},
		oslo: {first.name: 50, second.name: 30},
	}


def test_a_broken_contract_of_the_customer_is_left_out_and_billed_later():
	agreements = pair(100, 200, 400)
	broken = agreements[1].lines[0].item_code
	frappe.db.set_value("Item", broken, "disabled", 1)
	frappe.db.commit()
	run = run_for(agreements[0])
	(document,) = documents_of(agreements[0])
	assert parts(document) == {agreements[0].name: 100, agreements[2].name: 400}
	assert (run.status, run.invoices, run.errors, run.contracts_done) == ("Completed With Errors", 1, 1, 3)
	assert error_codes(run) == {agreements[1].name: "item_disabled"}
	assert [agreement.reload().status for agreement in agreements] == ["Active", "Needs Attention", "Active"]

	frappe.db.set_value("Item", broken, "disabled", 0)
	frappe.db.commit()
	assert billing_run.retry(run.name) == 1
	frappe.db.commit()
	site_workers.start(site_workers.work_off, "long").join(120)
	frappe.db.rollback()
	assert parts(documents_of(agreements[0])[-1]) == {agreements[1].name: 200}
	assert frappe.db.get_value("Billing Run", run.name, "status") == "Completed"


def error_codes(run):
	found = frappe.get_all(
		"Billing Run Error",
		filters={"billing_run": run.name, "status": "Open"},
		fields=["contract", "code"],
	)
	return {row.contract: row.code for row in found}


def test_a_row_that_only_erpnext_refuses_costs_its_own_contract_the_invoice():
	agreements = pair(100, 200, 400)
	group = frappe.db.get_value("Account", {"company": COMPANY, "is_group": 1, "root_type": "Income"})
	frappe.db.set_value("Billing Contract Line", agreements[1].lines[0].name, "income_account", group)
	frappe.db.commit()
	run = run_for(agreements[0])
	(document,) = documents_of(agreements[0])
	assert parts(document) == {agreements[0].name: 100, agreements[2].name: 400}
	assert error_codes(run) == {agreements[1].name: "ValidationError"}
	assert charges_of(agreements[1]) == []


def test_an_invoice_that_nobody_can_be_blamed_for_is_an_error_of_all(monkeypatch):
	agreements = pair(100, 200)
	create = invoices.create

	def refuse_shared(header, rows):
		if len(rows) > 1:
			raise frappe.ValidationError("too long")
		return create(header, rows)

	monkeypatch.setattr(invoices, "create", refuse_shared)
	run = run_for(agreements[0])
	assert error_codes(run) == dict.fromkeys((agreement.name for agreement in agreements), "ValidationError")
	assert documents_of(agreements[0]) == []
	assert [charges_of(agreement) for agreement in agreements] == [[], []]


def test_a_second_run_makes_nothing():
	agreements = pair(100, 200)
	assert run_for(agreements[0]).invoices == 1
	assert (run_for(agreements[0]).invoices, len(documents_of(agreements[0]))) == (0, 1)


def test_two_workers_on_the_same_unit_bill_it_once():
	agreements = pair(100, 200, 400)
	names = [agreement.name for agreement in agreements]
	workers = [site_workers.start(site_workers.bill_unit, names, APRIL) for _ in range(2)]
	workers.append(site_workers.start(site_workers.bill_unit, names[::-1], APRIL))
	for worker in workers:
		worker.join(90)
	assert [worker.exitcode for worker in workers] == [0, 0, 0]
	frappe.db.rollback()
	(document,) = documents_of(agreements[0])
	assert document.net_total == 700
	assert [len(charges_of(agreement)) for agreement in agreements] == [1, 1, 1]


def test_a_run_keeps_a_unit_in_one_job_however_small_the_chunks(monkeypatch):
	buyer = customer()
	alone = contract(line(10), customer=buyer, start_date=APRIL)
	sharing = pair(100, 200, 400, customer=buyer)
	queued = []
	monkeypatch.setattr(billing_run.jobs, "enqueue", lambda _method, **named: queued.append(named["units"]))
	frappe.db.set_single_value("Billing Settings", "chunk_size", 2)
	frappe.clear_document_cache("Billing Settings", "Billing Settings")
	try:
		run = runs.create(APRIL, "User", customer=buyer)
		frappe.db.commit()
		billing_run.dispatch(run)
	finally:
		frappe.db.set_single_value("Billing Settings", "chunk_size", 100)
		frappe.clear_document_cache("Billing Settings", "Billing Settings")
		frappe.db.commit()
	assert queued == [[(alone.name,)], [tuple(agreement.name for agreement in sharing)]]


def test_bill_now_makes_what_the_contracts_preview_shows_and_says_who_else_is_on_the_invoice():
	first, second = pair(100, 200)
	preview = contract_api.preview(first.name, APRIL)
	assert (preview["shares_with"], preview["runs"][0]["total"]) == (1, "100.00")
	single = runs.create(APRIL, "User", contract=first.name)
	frappe.db.commit()
	billing_run.run_now(single)
	run_for(second)
	assert [parts(document) for document in documents_of(first)] == [{first.name: 100}, {second.name: 200}]


def test_the_preview_of_a_split_contract_shows_the_invoices_that_come():
	agreement = contract(
		line(100, cost_center=cost_center("Oslo")),
		line(50, cost_center=cost_center("Bergen")),
		line(30, cost_center=cost_center("Oslo")),
		start_date=APRIL,
		invoice_split="Cost Center",
	)
	shown = contract_api.preview(agreement.name, APRIL)["runs"][0]["documents"]
	assert [document["amount"] for document in shown] == ["130.00", "50.00"]
	created = contract_billing.bill(agreement.name, APRIL)
	nets = [frappe.db.get_value("Sales Invoice", document.name, "net_total") for document in created]
	assert nets == [130, 50]


def test_the_pages_credit_note_corrects_rows_of_two_contracts():
	agreements = agreements_of_the_page(invoice_grouping=PER_CUSTOMER, correction_billing="Immediately")
	booking, sensors = agreements["Booking"], agreements["Sensors"]
	run_for(booking)
	amendment(sensors, MID_APRIL, change(sensors, new_price=297))
	end = {
		"change": "End Line",
		"contract_line": booking.lines[1].name,
		"last_service_day": date(2026, 4, 15),
	}
	amendment(booking, MID_APRIL, end)
	run = run_for(booking, MID_APRIL)
	invoice, note = documents_of(booking)
	shown = {row[0]: -float(row[2].rsplit("=", 1)[1]) for row in table("contract", "line", "credited")}
	assert parts(note) == {agreements[title].name: amount for title, amount in shown.items()}
	assert (note.is_return, note.return_against, run.credit_notes) == (1, invoice.name, 1)
	(totals,) = re.findall(
		r"^Net (\d+\.\d\d), VAT (\d+\.\d\d), total (\d+\.\d\d)\.$", PAGE.read_text(encoding="utf-8"), re.M
	)
	assert (note.net_total, note.total_taxes_and_charges, note.grand_total) == tuple(
		-float(amount) for amount in totals
	)
	assert gl_of(note)["Debtors - FS"] == note.grand_total
	assert invoice.reload().outstanding_amount == round(invoice.grand_total + note.grand_total, 2)
	words = printed(note)
	assert all(f"Contract {agreements[title].name}" in words for title in shown)


def test_a_credit_is_not_taken_from_the_rows_of_another_contract():
	"""140 too much for April: 60 less for May, 60 less for June, and 20 less for July, all of its own line."""
	first, second = pair(200, 200, credit_handling="Next Invoice")
	run_for(first)
	amendment(first, APRIL, change(first, new_price=60))
	for day in (MAY, date(2026, 6, 1), date(2026, 7, 1)):
		run_for(first, day)
	assert [parts(document) for document in documents_of(first)] == [
		{first.name: 200, second.name: 200},
		{first.name: 0, second.name: 200},
		{first.name: 0, second.name: 200},
		{first.name: 40, second.name: 200},
	]


def test_a_cancelled_shared_invoice_is_released_from_one_contract_and_billed_again_for_all():
	first, second = pair(100, 200)
	run_for(first)
	(invoice,) = documents_of(first)
	invoice.cancel()
	frappe.db.commit()
	assert run_for(first).invoices == 0
	assert [charges_of(agreement)[0].status for agreement in (first, second)] == ["Held", "Held"]
	assert [row["sales_invoice"] for row in contract_api.contract_overview(second.name)["undecided"]] == [
		invoice.name
	]
	assert contract_api.release_charges(invoice.name) == 2
	frappe.db.commit()
	assert run_for(first).invoices == 1
	again = documents_of(first)[-1]
	assert parts(again) == {first.name: 100, second.name: 200}
	assert run_for(first).invoices == 0


def test_an_amended_shared_invoice_takes_over_the_charges_of_all():
	first, second = pair(100, 200)
	run_for(first)
	(invoice,) = documents_of(first)
	invoice.cancel()
	again = frappe.copy_doc(invoice, ignore_no_copy=False)
	again.amended_from = invoice.name
	# the desk's Amend keeps what is marked no_copy
	again.billing_ext_contract = invoice.billing_ext_contract
	for row, old in zip(again.items, invoice.items, strict=True):
		row.billing_ext_charge, row.billing_ext_contract = old.billing_ext_charge, old.billing_ext_contract
	again.submit()
	frappe.db.commit()
	for agreement in (first, second):
		assert [(row.status, row.sales_invoice) for row in charges_of(agreement)] == [
			("Invoiced", again.name)
		]
	assert run_for(second).invoices == 0


def test_what_is_removed_from_a_shared_draft_is_billed_by_the_next_run():
	first, second = pair(100, 200, invoice_action="Left as Draft")
	run_for(first)
	(draft,) = documents_of(first)
	draft.remove(draft.items[1])
	draft.submit()
	frappe.db.commit()
	assert second.reload().next_billing_date is not None
	run_for(first)
	assert [parts(document) for document in documents_of(first)] == [{first.name: 100}, {second.name: 200}]


def test_a_deleted_shared_draft_gives_the_charges_of_all_back():
	first, second = pair(100, 200, invoice_action="Left as Draft")
	run_for(first)
	documents_of(first)[0].delete()
	frappe.db.commit()
	assert [charges_of(agreement)[0].status for agreement in (first, second)] == ["Released", "Released"]
	assert run_for(second).invoices == 1


def test_a_credit_note_by_hand_is_forgiven_on_the_contract_whose_row_it_credits():
	from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_sales_return

	first, second = pair(100, 200)
	run_for(first)
	note = make_sales_return(documents_of(first)[0].name)
	note.remove(note.items[0])
	note.submit()
	frappe.db.commit()
	assert charges_of(first, kind="Manual Credit") == []
	(credit,) = charges_of(second, kind="Manual Credit")
	assert (credit.amount, credit.status) == (-200, "Forgiven")
	assert run_for(first).invoices == 0


def test_each_contracts_overview_lists_the_shared_invoice_with_its_own_part():
	first, second = pair(100, 200)
	run_for(first)
	for agreement, own in ((first, 100), (second, 200)):
		(shown,) = contract_api.contract_overview(agreement.name)["invoices"]
		assert (shown["contract_net"], shown["net_total"]) == (own, 300)


def test_a_shared_invoice_is_mailed_once():
	first, _second = pair(100, 200, send_invoice=1, contact_email="faktura@kunde.example")
	run_for(first)
	(document,) = documents_of(first)
	assert frappe.db.count("Billing Outbox Message", {"reference_name": document.name}) == 1


def test_rows_that_were_made_before_rows_named_their_contract_get_it_from_their_charge():
	from billing_ext.patches import contracts_on_invoice_rows

	first, second = pair(100, 200)
	run_for(first)
	(document,) = documents_of(first)
	frappe.db.set_value("Sales Invoice Item", {"parent": document.name}, "billing_ext_contract", None)
	frappe.db.commit()
	contracts_on_invoice_rows.execute()
	frappe.db.commit()
	assert parts(document.reload()) == {first.name: 100, second.name: 200}


def test_an_additional_charge_is_a_debit_note_against_its_invoice():
	agreements = pair(500, 200, undercharge_handling="Debit Note", correction_billing="Immediately")
	run_for(agreements[0])
	for agreement, price in zip(agreements, (560, 320), strict=True):
		amendment(agreement, MID_APRIL, change(agreement, new_price=price))
	run = run_for(agreements[0], MID_APRIL)
	invoice, note = documents_of(agreements[0])
	# 15/30 of 60 and of 120
	assert parts(note) == {agreements[0].name: 30, agreements[1].name: 60}
	assert (note.is_debit_note, note.is_return, note.return_against) == (1, 0, invoice.name)
	assert (note.net_total, note.grand_total, note.outstanding_amount) == (90, 112.50, 112.50)
	assert gl_of(note)["Debtors - FS"] == 112.50
	assert invoice.reload().outstanding_amount == 875
	assert (run.invoices, run.errors) == (1, 0)
	words = printed(note)
	assert "Debit note" in words
	assert f"Charges more for invoice {invoice.name}" in words
	assert run_for(agreements[0], MID_APRIL).invoices == 0


def test_a_debit_note_can_be_credited_in_its_turn():
	(agreement,) = pair(500, undercharge_handling="Debit Note", correction_billing="Immediately")
	run_for(agreement)
	raised = amendment(agreement, MID_APRIL, change(agreement, new_price=560))
	run_for(agreement, MID_APRIL)
	raised.reload().cancel()
	frappe.db.commit()
	run_for(agreement, MID_APRIL)
	invoice, debit, credit = documents_of(agreement)
	assert (credit.net_total, credit.return_against) == (-30, debit.name)
	assert (debit.reload().outstanding_amount, invoice.reload().outstanding_amount) == (0, 625)


@pytest.mark.parametrize(("paid", "asked"), [(True, ["312,50"]), (False, [])])
def test_a_refund_is_asked_for_where_the_customer_has_paid(paid, asked):
	agreement = contract(
		line(500), start_date=APRIL, correction_billing="Immediately", account_owner="Administrator"
	)
	contract_billing.bill(agreement.name, APRIL)
	(invoice,) = documents_of(agreement)
	if paid:
		pay(invoice)
	amendment(
		agreement,
		None,
		amendment_type="Terminate Contract",
		last_service_day=date(2026, 4, 15),
		unused_time="Refund",
	)
	contract_billing.bill(agreement.name, MID_APRIL)
	note = documents_of(agreement)[-1]
	assert (note.is_return, note.grand_total) == (1, -312.50)
	tasks = frappe.get_all(
		"ToDo",
		filters={"reference_name": agreement.name, "description": ("like", "Refund %")},
		fields=["allocated_to", "description"],
	)
	assert [re.search(r"\d[\d.,]*", task.description).group() for task in tasks] == asked
	assert all(note.name in task.description for task in tasks)


def pay(invoice):
	from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

	payment = get_payment_entry("Sales Invoice", invoice.name)
	payment.update({"reference_no": "1", "reference_date": invoice.posting_date})
	payment.posting_date = invoice.posting_date
	payment.paid_to = frappe.db.get_value(
		"Account",
		{"company": COMPANY, "is_group": 0, "account_type": ("in", ("Bank", "Cash"))},
	)
	payment.insert().submit()
	frappe.db.commit()


def test_a_terminated_contract_leaves_the_others_of_its_customer_alone():
	first, second = pair(100, 200, correction_billing="Immediately")
	run_for(first)
	termination(first, date(2026, 4, 30))
	run_for(first, MAY)
	assert [parts(document) for document in documents_of(first)] == [
		{first.name: 100, second.name: 200},
		{second.name: 200},
	]
