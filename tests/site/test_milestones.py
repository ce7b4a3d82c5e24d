"""Milestones on the site: billed when they are completed, by hand or by a Task, once, and credited when reopened."""

from datetime import date, timedelta

import frappe
import pytest
from site_builders import COMPANY, bill, contract, line, termination, unique

from billing_ext.api import contracts as contract_api
from billing_ext.api import milestones as api
from billing_ext.repositories import contracts as contract_rows

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]

START = date(2026, 4, 1)
DONE = date(2026, 5, 11)
THIRTY_FORTY_THIRTY = [
	{"line_no": 1, "title": "Design", "percent": 30, "planned_date": date(2026, 5, 1)},
	{"line_no": 1, "title": "Delivery", "percent": 40},
	{"line_no": 1, "title": "Acceptance", "percent": 30},
]


def works(*rows, price=100000.01, lines=(), submit=True, **values):
	"""A contract over one line of type Milestones, and ``lines`` after it."""
	return contract(
		line(price, line_type="Milestones", description="New warehouse system"),
		*lines,
		milestones=[dict(row) for row in rows or THIRTY_FORTY_THIRTY],
		start_date=START,
		submit=submit,
		**values,
	)


def milestone(agreement, index=0):
	return agreement.milestones[index].name


def complete(agreement, index=0, on=DONE):
	api.complete(agreement.name, milestone(agreement, index), on)
	frappe.db.commit()


def reopen(agreement, index=0):
	api.reopen(agreement.name, milestone(agreement, index))
	frappe.db.commit()


def nets(documents):
	return [[row.net_amount for row in document.items] for document in documents]


def due(agreement):
	return frappe.db.get_value("Billing Contract", agreement.name, "next_billing_date")


def project():
	return (
		frappe.get_doc({"doctype": "Project", "project_name": unique("Prosjekt"), "company": COMPANY})
		.insert()
		.name
	)


def task(of_project, **values):
	doc = {"doctype": "Task", "subject": unique("Oppgave"), "project": of_project, **values}
	return frappe.get_doc(doc).insert()


def comments(agreement):
	filters = {
		"reference_doctype": "Billing Contract",
		"reference_name": agreement.name,
		"comment_type": "Info",
	}
	return frappe.get_all(
		"Comment", filters=filters, fields=["content", "comment_email"], order_by="creation"
	)


def test_nothing_is_billed_before_a_milestone_is_completed_not_even_on_its_planned_day():
	agreement = works()
	assert bill(agreement, date(2026, 5, 1), date(2026, 12, 31)) == []
	assert due(agreement) is None


def test_each_completed_milestone_is_on_the_next_invoice_once_and_together_they_are_the_price():
	agreement = works()
	complete(agreement, 0)
	assert due(agreement) == DONE
	assert contract_rows.names_due(DONE, None, agreement.customer, None) == [agreement.name]
	assert nets(bill(agreement, DONE, DONE, date(2026, 5, 12))) == [[30000.00]]
	complete(agreement, 2, date(2026, 6, 1))
	complete(agreement, 1, date(2026, 6, 2))
	first, both = bill(agreement, date(2026, 6, 30))
	assert sorted(row.net_amount for row in both.items) == [30000.00, 40000.01]
	assert first.net_total + both.net_total == 100000.01
	assert due(agreement) is None


def test_the_row_says_what_was_done_when_and_for_what():
	agreement = works()
	complete(agreement)
	(invoice,) = bill(agreement, date(2026, 5, 31))
	row = invoice.items[0]
	assert row.item_code == agreement.lines[0].item_code
	assert (str(row.service_start_date), str(row.service_end_date)) == ("2026-05-11", "2026-05-11")
	assert row.description.startswith("Design<br>New warehouse system<br>")


def test_milestones_come_with_what_else_is_due_and_other_lines_are_left_alone():
	agreement = works(lines=[line(500)])
	complete(agreement, on=date(2026, 4, 20))
	april, may = bill(agreement, date(2026, 4, 1), date(2026, 5, 1))
	assert nets([april]) == [[500.00]]
	assert sorted(row.net_amount for row in may.items) == [500.00, 30000.00]


def test_amounts_and_shares_divide_what_a_line_costs_after_quantity_and_discount():
	agreement = contract(
		line(100, quantity=2, discount_percentage=25, line_type="Milestones"),
		milestones=[
			{"line_no": 1, "title": "Advance", "amount": 50},
			{"line_no": 1, "title": "Half", "percent": 50},
			{"line_no": 1, "title": "Rest", "amount": 25},
		],
		start_date=START,
	)
	assert agreement.lines[0].period_amount == 150.00
	for index in range(3):
		complete(agreement, index)
	assert nets(bill(agreement, DONE)) == [[50.00, 75.00, 25.00]]


def test_a_milestone_that_costs_nothing_makes_no_invoice():
	agreement = works(
		{"line_no": 1, "title": "Kick-off", "percent": 0.001},
		{"line_no": 1, "title": "All", "percent": 99.999},
		price=10,
	)
	complete(agreement, 0)
	assert bill(agreement, DONE) == []
	complete(agreement, 1)
	assert nets(bill(agreement, DONE)) == [[10.00]]


def test_reopening_credits_and_completing_again_bills_again():
	agreement = works()
	complete(agreement)
	bill(agreement, DONE)
	reopen(agreement)
	assert due(agreement) is not None
	_invoice, credit_note = bill(agreement, date(2026, 5, 20), date(2026, 5, 20))
	assert credit_note.is_return
	assert nets([credit_note]) == [[-30000.00]]
	complete(agreement, on=date(2026, 6, 15))
	documents = bill(agreement, date(2026, 6, 15), date(2026, 6, 16))
	assert nets(documents) == [[30000.00], [-30000.00], [30000.00]]


def test_reopened_before_it_was_billed_it_is_not_billed():
	agreement = works()
	complete(agreement)
	reopen(agreement)
	assert bill(agreement, date(2026, 6, 30)) == []


def test_completing_and_reopening_are_on_the_contract_s_timeline():
	agreement = works()
	complete(agreement)
	reopen(agreement)
	completed, reopened = comments(agreement)
	assert "Design" in completed.content
	assert frappe.utils.formatdate(DONE) in completed.content
	assert "Design" in reopened.content
	assert completed.comment_email == "Administrator"


@pytest.mark.parametrize(
	("change", "words"),
	[
		([{"percent": 30}, {"percent": 40}, {"percent": 20}], "10 %"),
		([{"percent": 30}, {"amount": 70000}], "0.007 NOK"),
		([{"amount": 60000}, {"amount": 40000}], "0.01 NOK"),
		([{"percent": 100, "amount": 5}], "Share or Amount"),
		([{}, {"percent": 100}], "Share or Amount"),
		([{"percent": 100}, {"percent": 100, "line_no": 2}], "which is not billed by milestones"),
		([{"percent": 100}, {"percent": 100, "line_no": 7}], "7"),
		([], "Add its milestones"),
	],
)
def test_milestones_that_are_not_the_whole_of_their_line_are_refused(change, words):
	rows = [{"line_no": 1, "title": f"Part {number}", **row} for number, row in enumerate(change)]
	with pytest.raises(frappe.ValidationError, match=words):
		contract(line(100000.01, line_type="Milestones"), line(500), milestones=rows, start_date=START)


def test_a_day_to_come_a_second_completion_and_one_that_is_open_are_refused():
	agreement = works()
	with pytest.raises(frappe.ValidationError, match="still to come"):
		complete(agreement, on=frappe.utils.getdate() + timedelta(days=1))
	complete(agreement)
	with pytest.raises(frappe.ValidationError, match="reopen it first"):
		complete(agreement, on=date(2026, 5, 12))
	with pytest.raises(frappe.ValidationError, match="nothing to reopen"):
		reopen(agreement, 1)
	with pytest.raises(frappe.ValidationError, match="no milestone"):
		api.complete(agreement.name, milestone(works()), DONE)
	with pytest.raises(frappe.ValidationError, match="Submit the contract"):
		complete(works(submit=False))


def test_only_who_may_change_the_contract_completes_its_milestones_by_hand():
	agreement = works()
	reader = frappe.get_doc(
		{
			"doctype": "User",
			"email": f"{frappe.generate_hash(length=8)}@example.com",
			"first_name": "Revisor",
			"send_welcome_email": 0,
			"roles": [{"role": "Billing Auditor"}],
		}
	).insert()
	frappe.set_user(reader.name)
	assert contract_api.contract_overview(agreement.name)["milestones"]["rows"]
	for call in (
		lambda: api.complete(agreement.name, milestone(agreement), DONE),
		lambda: api.reopen(agreement.name, milestone(agreement)),
	):
		with pytest.raises(frappe.PermissionError):
			call()


def test_a_task_completes_its_milestone_also_for_someone_without_rights_on_the_contract():
	of_project = project()
	job = task(of_project)
	agreement = works({"line_no": 1, "title": "Design", "percent": 100, "task": job.name}, project=of_project)
	worker = frappe.get_doc(
		{
			"doctype": "User",
			"email": f"{frappe.generate_hash(length=8)}@example.com",
			"first_name": "Utvikler",
			"send_welcome_email": 0,
			"roles": [{"role": "Projects User"}],
		}
	).insert()
	frappe.set_user(worker.name)
	assert not frappe.has_permission("Billing Contract", "read", agreement.name)
	job.reload()
	job.update({"status": "Completed", "completed_on": DONE, "completed_by": worker.name})
	job.save()
	frappe.set_user("Administrator")
	frappe.db.commit()
	assert due(agreement) == DONE
	assert nets(bill(agreement, date(2026, 5, 31))) == [[100000.01]]
	assert comments(agreement)[0].comment_email == worker.name


def test_opening_the_task_again_credits_nothing_and_says_so():
	of_project = project()
	job = task(of_project)
	agreement = works({"line_no": 1, "title": "Design", "percent": 100, "task": job.name}, project=of_project)
	job.update({"status": "Completed", "completed_on": DONE})
	job.save()
	frappe.db.commit()
	bill(agreement, date(2026, 5, 31))
	job.reload()
	job.status = "Open"
	job.save()
	frappe.db.commit()
	assert nets(bill(agreement, date(2026, 6, 30))) == [[100000.01]]
	assert "stays completed" in comments(agreement)[-1].content


def test_a_milestone_reopened_by_hand_stays_so_when_its_completed_task_is_saved_again():
	of_project = project()
	job = task(of_project)
	agreement = works({"line_no": 1, "title": "Design", "percent": 100, "task": job.name}, project=of_project)
	job.update({"status": "Completed", "completed_on": DONE})
	job.save()
	frappe.db.commit()
	reopen(agreement)
	job.reload()
	job.description = "A note"
	job.save()
	frappe.db.commit()
	assert bill(agreement, date(2026, 6, 30)) == []


def test_a_task_that_was_completed_before_the_contract_was_submitted_counts():
	of_project = project()
	job = task(of_project, status="Completed", completed_on=DONE)
	agreement = works({"line_no": 1, "title": "Design", "percent": 100, "task": job.name}, project=of_project)
	assert nets(bill(agreement, date(2026, 5, 31))) == [[100000.01]]


def test_a_task_of_another_project_is_refused():
	job = task(project())
	with pytest.raises(frappe.ValidationError, match="does not belong"):
		works({"line_no": 1, "title": "Design", "percent": 100, "task": job.name}, project=project())


def test_the_overview_shows_amounts_documents_and_what_is_left():
	agreement = works(lines=[line(500)])
	complete(agreement)
	(invoice,) = bill(agreement, DONE)
	shown = contract_api.contract_overview(agreement.name)
	milestones = shown["milestones"]
	assert [(row["title"], row["amount"], row["invoices"]) for row in milestones["rows"]] == [
		("Design", "30000.00", [invoice.name]),
		("Delivery", "40000.01", []),
		("Acceptance", "30000.00", []),
	]
	assert (milestones["total"], milestones["remaining"]) == ("100000.01", "70000.01")
	assert [entry["title"] for entry in shown["lines"]] == [agreement.lines[1].item_code]


def test_a_cancelled_invoice_is_billed_again_only_when_it_is_released():
	agreement = works()
	complete(agreement)
	(invoice,) = bill(agreement, DONE)
	invoice.cancel()
	frappe.db.commit()
	assert nets(bill(agreement, date(2026, 5, 20))) == [[30000.00]]
	contract_api.release_charges(invoice.name)
	frappe.db.commit()
	again = bill(agreement, date(2026, 5, 21))
	assert [(document.docstatus, document.net_total) for document in again] == [(2, 30000.00), (1, 30000.00)]


def test_what_is_completed_after_a_termination_is_not_billed():
	agreement = works(lines=[line(500)])
	bill(agreement, START)
	termination(agreement, date(2026, 4, 30))
	complete(agreement)
	assert nets(bill(agreement, date(2026, 6, 30))) == [[500.00]]
