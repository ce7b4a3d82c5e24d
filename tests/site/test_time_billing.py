"""Hours of Timesheets on the invoices of contracts: at the contract's rates, once, and known to ERPNext."""

import re
from datetime import date, datetime, time, timedelta
from pathlib import Path

import frappe
import pytest
from erpnext.projects.doctype.timesheet.timesheet import make_sales_invoice
from site_builders import (
	COMPANY,
	amendment,
	bill,
	charges_of,
	contract,
	customer,
	item,
	line,
	unique,
)

from billing_ext.api import contracts as contract_api

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]

PAGE = (Path(__file__).parents[2] / "docs" / "time-and-expenses.md").read_text()
START = date(2026, 4, 1)
WORKED = date(2026, 4, 7)
RUN = date(2026, 5, 1)


def activity(name=None):
	name = name or unique("Aktivitet")
	if not frappe.db.exists("Activity Type", name):
		frappe.get_doc({"doctype": "Activity Type", "activity_type": name}).insert()
	return name


def project():
	return (
		frappe.get_doc({"doctype": "Project", "project_name": unique("Prosjekt"), "company": COMPANY})
		.insert()
		.name
	)


def hours(count, of_project, day=WORKED, **values):
	"""A row of a Timesheet: ``count`` billable hours from eight o'clock."""
	start = datetime.combine(day, time(8))
	return {
		"activity_type": values.pop("activity_type", None) or activity("Arbeid"),
		"from_time": start,
		"to_time": start + timedelta(hours=count),
		"hours": count,
		"is_billable": 1,
		"project": of_project,
		**values,
	}


def timesheet(*rows, submit=True, **values):
	doc = frappe.get_doc(
		{
			"doctype": "Timesheet",
			"company": COMPANY,
			"currency": "NOK",
			"exchange_rate": 1,
			"time_logs": list(rows),
			**values,
		}
	).insert()
	if submit:
		doc.submit()
	frappe.db.commit()
	return doc


def rate(amount, activity_type=None):
	return {"activity_type": activity_type, "item_code": item(stock_uom="Hour"), "rate": amount}


def by_the_hour(of_project, *rates, lines=(), **values):
	"""A contract without lines of its own that bills the hours of a project, for 1,000 by default."""
	return contract(
		**{
			"lines": list(lines),
			"bill_time": 1,
			"project": of_project,
			"time_rates": list(rates) or [rate(1000)],
			"start_date": START,
			**values,
		},
	)


def nets(documents):
	return [[row.net_amount for row in document.items] for document in documents]


def status(sheet):
	return frappe.db.get_value("Timesheet", sheet.name, "status")


def billed_on(sheet):
	return [row.sales_invoice for row in frappe.get_doc("Timesheet", sheet.name).time_logs]


def due(agreement):
	return frappe.db.get_value("Billing Contract", agreement.name, "next_billing_date")


def test_the_page_s_example():
	consulting, others = re.search(
		r"^Rates: Consulting ([\d.]+), others ([\d.]+)\.$", PAGE, flags=re.MULTILINE
	).groups()
	table = re.findall(r"^\| (2026-\S+) \| (\w+) \| ([\d.]+) \| ([\d.]+) \|$", PAGE, flags=re.MULTILINE)
	assert len(table) == 3
	names = {"Consulting": activity(), "Travel": activity()}
	of_project = project()
	agreement = by_the_hour(of_project, rate(float(consulting), names["Consulting"]), rate(float(others)))
	timesheet(
		*(
			hours(
				8, of_project, date.fromisoformat(day), activity_type=names[kind], billing_hours=float(count)
			)
			for day, kind, count, _amount in table
		)
	)
	(invoice,) = bill(agreement, RUN)
	assert [(str(row.service_start_date), f"{row.net_amount:.2f}") for row in invoice.items] == [
		(day, amount) for day, _kind, _count, amount in table
	]


def test_hours_are_billed_once_and_the_timesheet_is_billed_in_erpnext():
	of_project = project()
	agreement = by_the_hour(of_project)
	assert due(agreement) is None
	sheet = timesheet(hours(3, of_project), hours(2, of_project, WORKED + timedelta(days=1)))
	assert due(agreement) == WORKED
	(invoice,) = bill(agreement, RUN, RUN, date(2026, 6, 1))
	assert [(row.qty, row.rate, row.net_amount) for row in invoice.items] == [
		(3, 1000, 3000),
		(2, 1000, 2000),
	]
	assert status(sheet) == "Billed"
	assert billed_on(sheet) == [invoice.name, invoice.name]
	assert (invoice.total_billing_hours, invoice.total_billing_amount) == (5, 5000)
	assert due(agreement) is None
	with pytest.raises(frappe.ValidationError, match="already created"):
		make_sales_invoice(sheet.name, item(), agreement.customer, "NOK")


def test_the_row_names_activity_employee_and_what_was_done():
	employee = frappe.get_doc(
		{
			"doctype": "Employee",
			"first_name": "Kari",
			"last_name": "Nordmann",
			"company": COMPANY,
			"gender": "Female",
			"date_of_birth": date(1990, 1, 1),
			"date_of_joining": date(2020, 1, 1),
		}
	).insert()
	of_project, kind = project(), activity()
	agreement = by_the_hour(of_project)
	timesheet(hours(3, of_project, activity_type=kind, description="Workshop"), employee=employee.name)
	(invoice,) = bill(agreement, RUN)
	text = f"{kind}, Kari Nordmann<br>Workshop<br>{frappe.utils.formatdate(WORKED)}"
	assert invoice.items[0].description == text
	assert invoice.items[0].project == of_project


def test_hours_come_with_the_contract_s_other_lines():
	of_project = project()
	agreement = by_the_hour(of_project, lines=[line(500)])
	timesheet(hours(1, of_project))
	april, may = bill(agreement, START, RUN)
	assert nets([april]) == [[500]]
	assert sorted(row.net_amount for row in may.items) == [500, 1000]


def test_what_is_not_the_contract_s_to_bill_is_left_out_and_stays_unbilled():
	of_project, other = project(), project()
	agreement = by_the_hour(of_project, end_date=date(2026, 4, 30))
	sheet = timesheet(
		hours(1, of_project, date(2026, 3, 31)),
		hours(2, of_project, date(2026, 4, 1)),
		hours(3, of_project, date(2026, 4, 30)),
		hours(4, of_project, date(2026, 5, 1)),
		hours(5, other, date(2026, 4, 2)),
		hours(6, of_project, date(2026, 4, 3), is_billable=0),
	)
	timesheet(hours(7, of_project, date(2026, 4, 4)), submit=False)
	(invoice,) = bill(agreement, RUN)
	assert nets([invoice]) == [[2000, 3000]]
	assert billed_on(sheet) == [None, invoice.name, invoice.name, None, None, None]
	assert status(sheet) == "Submitted"


def test_hours_without_a_rate_are_shown_and_not_billed():
	of_project, known, unknown = project(), activity(), activity()
	agreement = by_the_hour(of_project, rate(800, known))
	timesheet(hours(2, of_project, activity_type=known), hours(1.5, of_project, RUN, activity_type=unknown))
	shown = contract_api.contract_overview(agreement.name)["time"]
	assert float(shown["hours"]) == 2
	assert (shown["amount"], float(shown["without_rate"])) == ("1600.00", 1.5)
	assert shown["activities"] == [unknown]
	assert nets(bill(agreement, RUN)) == [[1600]]
	assert float(contract_api.contract_overview(agreement.name)["time"]["hours"]) == 0


def test_a_cancelled_invoice_opens_the_timesheet_and_bills_again_when_released_only():
	of_project = project()
	agreement = by_the_hour(of_project)
	sheet = timesheet(hours(3, of_project))
	(invoice,) = bill(agreement, RUN)
	invoice.cancel()
	frappe.db.commit()
	assert (status(sheet), billed_on(sheet)) == ("Submitted", [None])
	assert len(bill(agreement, RUN)) == 1
	contract_api.release_charges(invoice.name)
	frappe.db.commit()
	_cancelled, again = bill(agreement, date(2026, 5, 2), date(2026, 5, 3))
	assert nets([again]) == [[3000]]
	assert (status(sheet), billed_on(sheet)) == ("Billed", [again.name])


def test_an_amended_invoice_takes_the_hours_over():
	of_project = project()
	agreement = by_the_hour(of_project)
	sheet = timesheet(hours(3, of_project))
	(invoice,) = bill(agreement, RUN)
	invoice.cancel()
	amended = frappe.copy_doc(invoice, ignore_no_copy=False)
	for row, old in zip(amended.items, invoice.items, strict=True):  # the desk keeps what code does not copy
		for field in ("billing_ext_charge", "billing_ext_contract_line", "billing_ext_contract"):
			row.set(field, old.get(field))
	amended.update({"amended_from": invoice.name, "billing_ext_contract": agreement.name})
	amended.submit()
	frappe.db.commit()
	assert (status(sheet), billed_on(sheet)) == ("Billed", [amended.name])
	assert len(bill(agreement, date(2026, 5, 2))) == 2


def test_a_cancelled_timesheet_is_credited_and_its_amended_copy_billed():
	of_project = project()
	agreement = by_the_hour(of_project)
	sheet = timesheet(hours(3, of_project))
	(invoice,) = bill(agreement, RUN)
	sheet.reload()
	sheet.cancel()
	frappe.db.commit()
	_invoice, credit_note = bill(agreement, date(2026, 5, 2), date(2026, 5, 3))
	assert (credit_note.is_return, credit_note.return_against) == (1, invoice.name)
	assert nets([credit_note]) == [[-3000]]
	amended = frappe.copy_doc(sheet, ignore_no_copy=True)
	amended.update({"amended_from": sheet.name, "docstatus": 0})
	amended.time_logs[0].hours = 2
	amended.time_logs[0].billing_hours = 2
	amended.submit()
	frappe.db.commit()
	documents = bill(agreement, date(2026, 5, 4))
	assert nets(documents) == [[3000], [-3000], [2000]]
	assert status(amended) == "Billed"


def test_a_timesheet_on_an_invoice_made_by_hand_keeps_erpnext_s_refusal_to_be_cancelled():
	of_project = project()
	by_the_hour(of_project)
	sheet = timesheet(hours(3, of_project, billing_rate=700))
	by_hand(sheet).submit()
	sheet.reload()
	with pytest.raises(frappe.LinkExistsError):
		sheet.cancel()


def by_hand(sheet):
	"""ERPNext's own invoice over a Timesheet, not submitted yet."""
	invoice = make_sales_invoice(sheet.name, item(), customer(), "NOK")
	invoice.project = sheet.time_logs[0].project
	return invoice.insert()


def test_hours_that_somebody_billed_by_hand_are_not_billed_by_the_contract():
	of_project = project()
	agreement = by_the_hour(of_project)
	sheet = timesheet(hours(3, of_project, billing_rate=700))
	by_hand(sheet).submit()
	frappe.db.commit()
	assert bill(agreement, RUN) == []
	timesheet(hours(1, of_project, date(2026, 4, 20)))
	assert nets(bill(agreement, RUN)) == [[1000]]


def test_a_draft_whose_hours_were_billed_by_hand_meanwhile_is_refused():
	of_project = project()
	agreement = by_the_hour(of_project, invoice_action="Left as Draft")
	sheet = timesheet(
		hours(3, of_project, billing_rate=700), hours(1, of_project, date(2026, 4, 8), is_billable=0)
	)
	(draft,) = bill(agreement, RUN)
	assert (draft.docstatus, status(sheet)) == (0, "Submitted")
	made = by_hand(sheet)
	made.submit()
	frappe.db.commit()
	with pytest.raises(
		frappe.ValidationError, match=f"Row 1: the hours of {sheet.name} are already billed on {made.name}"
	):
		draft.submit()


def test_a_draft_is_submitted_although_its_timesheet_is_cancelled_and_the_hours_are_credited():
	of_project = project()
	agreement = by_the_hour(of_project, invoice_action="Left as Draft")
	sheet = timesheet(hours(3, of_project))
	(draft,) = bill(agreement, RUN)
	sheet.reload()
	sheet.cancel()
	draft.reload()
	draft.submit()
	frappe.db.commit()
	assert nets(bill(agreement, date(2026, 5, 2))) == [[3000], [-3000]]


def test_a_submitted_draft_marks_the_timesheet_and_a_row_removed_from_it_is_billed_later():
	of_project = project()
	agreement = by_the_hour(of_project, invoice_action="Left as Draft")
	sheet = timesheet(hours(3, of_project), hours(2, of_project, date(2026, 4, 8)))
	(draft,) = bill(agreement, RUN)
	draft.items = draft.items[:1]
	draft.submit()
	frappe.db.commit()
	assert billed_on(sheet) == [draft.name, None]
	_first, second = bill(agreement, date(2026, 5, 2))
	assert nets([second]) == [[2000]]


def test_erpnext_s_own_fetching_does_not_mark_hours_that_the_invoice_does_not_charge():
	frappe.db.set_single_value("Projects Settings", "fetch_timesheet_in_sales_invoice", 1)
	frappe.db.commit()
	try:
		of_project = project()
		agreement = contract(line(500), project=of_project, start_date=START)
		sheet = timesheet(hours(3, of_project))
		(invoice,) = bill(agreement, START)
	finally:
		frappe.db.set_single_value("Projects Settings", "fetch_timesheet_in_sales_invoice", 0)
		frappe.db.commit()
	assert (invoice.timesheets, billed_on(sheet), status(sheet)) == ([], [None], "Submitted")


def test_an_invoice_without_a_project_marks_the_hours_that_it_carries_only():
	"""Contracts of several projects can share an invoice; ERPNext marks whole Timesheets on one without a project."""
	of_project, other = project(), project()
	agreement = by_the_hour(of_project, invoice_action="Left as Draft")
	sheet = timesheet(hours(3, of_project), hours(2, other, date(2026, 4, 8)))
	(draft,) = bill(agreement, RUN)
	draft.project = None
	draft.submit()
	assert billed_on(sheet) == [draft.name, None]
	assert status(sheet) == "Submitted"


def test_changed_billing_hours_are_billed_or_credited_as_a_difference():
	of_project = project()
	agreement = by_the_hour(of_project)
	sheet = timesheet(hours(3, of_project))
	bill(agreement, RUN)
	sheet.reload()
	sheet.time_logs[0].billing_hours = 2.5
	sheet.save()
	frappe.db.commit()
	assert nets(bill(agreement, date(2026, 5, 2), date(2026, 5, 3))) == [[3000], [-500]]


def test_hours_that_are_billed_stay_billed_when_the_contract_moves_to_another_project():
	of_project = project()
	agreement = by_the_hour(of_project)
	timesheet(hours(3, of_project))
	bill(agreement, RUN)
	agreement.reload()
	agreement.project = project()
	agreement.save()
	timesheet(hours(1, agreement.project))
	assert nets(bill(agreement, date(2026, 5, 2))) == [[3000], [1000]]


def test_a_timesheet_is_submitted_although_a_contract_of_its_project_cannot_be_read():
	of_project = project()
	agreement = by_the_hour(of_project, lines=[line(500)])
	broken = ("Billing Contract Line", agreement.lines[0].name, "billing_interval")
	frappe.db.set_value(*broken, "Fortnight")
	frappe.db.commit()
	try:
		sheet = timesheet(hours(3, of_project))
		agreement.reload()
		assert (sheet.docstatus, agreement.status) == (1, "Needs Attention")
		assert "Fortnight" in agreement.billing_error
	finally:
		frappe.db.set_value(*broken, None)
		frappe.db.commit()


@pytest.mark.parametrize(
	("values", "words"),
	[
		({"project": None}, "Choose the Project"),
		({"time_rates": []}, "Add a row under Rates"),
		({"time_rates": [{"item_code": "", "rate": 1}, {"item_code": "", "rate": 2}]}, "has a rate already"),
		({"time_rates": [{"item_code": "Whole", "rate": 1}]}, "whole numbers only"),
		({"bill_time": 0}, "has no lines"),
	],
)
def test_a_contract_that_could_not_bill_time_is_refused(values, words):
	for row in values.get("time_rates", []):
		row["item_code"] = item(stock_uom="Nos" if row["item_code"] else "Hour")
	with pytest.raises(frappe.ValidationError, match=words):
		by_the_hour(project(), **{**values})


def test_two_contracts_cannot_bill_the_same_hours_and_one_after_the_other_can():
	of_project = project()
	first = by_the_hour(of_project, end_date=date(2026, 4, 30))
	with pytest.raises(frappe.ValidationError, match=first.name):
		by_the_hour(of_project, start_date=date(2026, 4, 30))
	second = by_the_hour(of_project, start_date=RUN)
	timesheet(hours(1, of_project, date(2026, 4, 30)), hours(2, of_project, RUN))
	assert nets(bill(first, RUN)) == [[1000]]
	assert nets(bill(second, RUN)) == [[2000]]


def test_hours_are_no_lines_that_an_amendment_could_change():
	of_project = project()
	agreement = by_the_hour(of_project, lines=[line(500)])
	timesheet(hours(3, of_project))
	assert [entry["value"] for entry in contract_api.contract_lines(agreement.name)] == [
		agreement.lines[0].name
	]
	assert [entry["line"] for entry in contract_api.contract_overview(agreement.name)["lines"]] == [
		agreement.lines[0].name
	]
	assert len(charges_of(agreement)) == 0


def test_work_is_not_taken_over_by_another_customer():
	of_project, taken_over = project(), date(2026, 4, 16)
	agreement = by_the_hour(of_project, lines=[line(300)])
	timesheet(hours(2, of_project, WORKED), hours(3, of_project, taken_over))
	transfer = amendment(agreement, taken_over, amendment_type="Transfer", new_customer=customer())
	heir = frappe.get_doc("Billing Contract", transfer.new_contract)
	assert nets(bill(agreement, taken_over)) == [[150, 2000]]  # 300 x 15/30
	assert nets(bill(heir, taken_over)) == [[150]]
