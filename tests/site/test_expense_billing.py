"""Billable rows of Expense Claims on the invoices of contracts. Only where Frappe's HR app is installed."""

from datetime import date

import frappe
import pytest
from site_builders import COMPANY, bill, contract, item, line, unique

from billing_ext.api import contracts as contract_api
from billing_ext.repositories import expense_claims

START = date(2026, 4, 1)
SPENT = date(2026, 4, 9)
RUN = date(2026, 5, 1)


@pytest.fixture(autouse=True)
def hr_app(db):
	if not expense_claims.available():
		pytest.skip("Expense Claims belong to the HR app (hrms), which this site does not have.")


pytestmark = pytest.mark.commits


def project():
	doc = {"doctype": "Project", "project_name": unique("Prosjekt"), "company": COMPANY}
	return frappe.get_doc(doc).insert().name


def employee():
	doc = {
		"doctype": "Employee",
		"first_name": unique("Kari"),
		"company": COMPANY,
		"gender": "Female",
		"date_of_birth": date(1990, 1, 1),
		"date_of_joining": date(2020, 1, 1),
	}
	return frappe.get_doc(doc).insert()


def account(**filters):
	return frappe.db.get_value("Account", {"company": COMPANY, "is_group": 0, **filters})


def expense_type():
	doc = {
		"doctype": "Expense Claim Type",
		"expense_type": unique("Reise"),
		"accounts": [{"company": COMPANY, "default_account": account(root_type="Expense", account_type="")}],
	}
	return frappe.get_doc(doc).insert().name


def expense(amount, day=SPENT, billable=1, **values):
	return {
		"expense_date": day,
		"expense_type": expense_type(),
		"amount": amount,
		"sanctioned_amount": amount,
		"billing_ext_billable": billable,
		"cost_center": frappe.get_cached_value("Company", COMPANY, "cost_center"),
		**values,
	}


def claim(of_project, *rows, approval_status="Approved", submit=True):
	doc = frappe.get_doc(
		{
			"doctype": "Expense Claim",
			"employee": employee().name,
			"company": COMPANY,
			"project": of_project,
			"approval_status": approval_status,
			"posting_date": RUN,
			"payable_account": account(account_type="Payable"),
			"expenses": list(rows),
		}
	).insert()
	if submit:
		doc.submit()
	frappe.db.commit()
	return doc


def agreement_for(of_project, **values):
	return contract(
		**{"lines": [], "project": of_project, "expense_item": item(), "start_date": START, **values}
	)


def nets(documents):
	return [[row.net_amount for row in document.items] for document in documents]


def due(agreement):
	return frappe.db.get_value("Billing Contract", agreement.name, "next_billing_date")


def test_billable_expenses_are_on_the_next_invoice_once_with_the_markup():
	of_project = project()
	agreement = agreement_for(of_project, expense_markup=10)
	made = claim(of_project, expense(1234.56), expense(100, billable=0))
	assert due(agreement) == SPENT
	assert contract_api.contract_overview(agreement.name)["time"]["expenses"] == "1358.02"
	(invoice,) = bill(agreement, RUN, RUN, date(2026, 6, 1))
	row = invoice.items[0]
	assert nets([invoice]) == [[1358.02]]  # 1,234.56 x 1.10 = 1,358.016
	assert (row.item_code, row.project) == (agreement.expense_item, of_project)
	assert row.description.startswith(f"{made.expenses[0].expense_type}, {made.employee_name}<br>")
	assert str(row.service_start_date) == str(SPENT)
	assert due(agreement) is None
	assert contract_api.contract_overview(agreement.name)["time"]["expenses"] == "0.00"


def test_what_is_not_approved_not_sanctioned_or_not_the_contract_s_is_left_out():
	of_project = project()
	agreement = agreement_for(of_project, end_date=date(2026, 4, 30), lines=[line(500)])
	claim(of_project, expense(1), approval_status="Rejected")
	claim(of_project, expense(2), submit=False)
	claim(project(), expense(4))
	claim(
		of_project,
		expense(8, date(2026, 3, 31)),
		expense(16, date(2026, 5, 1)),
		expense(32, sanctioned_amount=0),
		expense(64, sanctioned_amount=60),
		expense(128, project=project()),
	)
	claim(project(), expense(256, project=of_project))
	(invoice,) = bill(agreement, date(2026, 5, 2))
	assert sorted(row.net_amount for row in invoice.items) == [60, 256, 500]


def test_a_cancelled_claim_is_credited():
	of_project = project()
	agreement = agreement_for(of_project)
	made = claim(of_project, expense(900))
	(invoice,) = bill(agreement, RUN)
	made.reload()
	made.cancel()
	frappe.db.commit()
	_invoice, credit_note = bill(agreement, date(2026, 5, 2), date(2026, 5, 3))
	assert credit_note.return_against == invoice.name
	assert nets([credit_note]) == [[-900]]


def test_marking_an_approved_expense_bills_it_and_unmarking_it_credits_it():
	of_project = project()
	agreement = agreement_for(of_project)
	made = claim(of_project, expense(900, billable=0))
	assert due(agreement) is None
	for billable, documents in ((1, [[900]]), (0, [[900], [-900]]), (1, [[900], [-900], [900]])):
		made.reload()
		made.expenses[0].billing_ext_billable = billable
		made.save()
		frappe.db.commit()
		assert nets(bill(agreement, RUN)) == documents


def test_a_cancelled_invoice_is_billed_again_only_when_it_is_released():
	of_project = project()
	agreement = agreement_for(of_project)
	claim(of_project, expense(900))
	(invoice,) = bill(agreement, RUN)
	invoice.cancel()
	frappe.db.commit()
	assert len(bill(agreement, RUN)) == 1
	contract_api.release_charges(invoice.name)
	frappe.db.commit()
	assert nets(bill(agreement, RUN)) == [[900], [900]]


@pytest.mark.parametrize(
	("values", "words"), [({"currency": "EUR"}, "company's currency"), ({"project": None}, "no project")]
)
def test_a_contract_that_could_not_bill_expenses_is_refused(values, words):
	with pytest.raises(frappe.ValidationError, match=words.replace("'", ".+")):
		agreement_for(project(), **values)


def test_two_contracts_cannot_bill_the_same_expenses_but_one_may_bill_the_hours():
	of_project = project()
	first = agreement_for(of_project)
	with pytest.raises(frappe.ValidationError, match=first.name):
		agreement_for(of_project)
	rate = {"item_code": item(stock_uom="Hour"), "rate": 1000}
	hours = agreement_for(of_project, expense_item=None, bill_time=1, time_rates=[rate])
	claim(of_project, expense(900))
	assert bill(hours, RUN) == []
	assert nets(bill(first, RUN)) == [[900]]
