"""Who may do what: roles, and ERPNext's own company and customer permissions row by row."""

from datetime import date

import frappe
import pytest
from site_builders import contract, customer, line, unique

from billing_ext import api
from billing_ext.api import contracts as contract_api
from billing_ext.services import contract_billing

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]


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


def may(doctype, ptype, as_user, doc=None):
	return frappe.has_permission(doctype, ptype, doc=doc, user=as_user)


def test_a_manager_submits_and_cancels_a_user_submits_an_auditor_reads():
	manager, clerk, auditor = (user(f"Billing {role}") for role in ("Manager", "User", "Auditor"))
	for doctype in ("Billing Contract", "Billing Amendment"):
		assert [may(doctype, right, manager) for right in ("read", "create", "submit", "cancel")] == [
			True
		] * 4
		assert [may(doctype, right, clerk) for right in ("read", "create", "submit", "cancel")] == [
			True
		] * 3 + [False]
		assert [may(doctype, right, auditor) for right in ("read", "create", "submit", "cancel")] == [
			True
		] + [False] * 3


@pytest.mark.parametrize("doctype", ["Billing Charge", "Billing Run Error", "Billing Outbox Message"])
def test_nobody_writes_the_ledger_or_the_logs_by_hand(doctype):
	manager = user("Billing Manager")
	assert may(doctype, "read", manager)
	assert not any(may(doctype, right, manager) for right in ("create", "write", "delete"))


def test_a_user_of_one_customer_sees_only_that_customers_contracts_and_charges():
	ours, theirs = contract(line(500)), contract(line(500))
	for agreement in (ours, theirs):
		contract_billing.bill(agreement.name, date(2026, 4, 1))
	clerk = user("Billing User")
	frappe.get_doc(
		{"doctype": "User Permission", "user": clerk, "allow": "Customer", "for_value": ours.customer}
	).insert()
	frappe.db.commit()
	frappe.set_user(clerk)
	assert frappe.get_list("Billing Contract", pluck="name") == [ours.name]
	assert frappe.get_list("Billing Charge", pluck="contract") == [ours.name]
	with pytest.raises(frappe.PermissionError):
		contract_api.contract_overview(theirs.name)


def test_a_user_of_another_company_sees_nothing_of_this_one():
	agreement = contract(line(500))
	other = frappe.get_doc(
		{
			"doctype": "Company",
			"company_name": unique("Other"),
			"default_currency": "NOK",
			"country": "Norway",
		}
	)
	other.db_insert()  # the chart of accounts of a real one takes half a minute
	clerk = user("Billing User")
	frappe.get_doc(
		{"doctype": "User Permission", "user": clerk, "allow": "Company", "for_value": other.name}
	).insert()
	frappe.db.commit()
	frappe.set_user(clerk)
	assert frappe.get_list("Billing Contract", pluck="name") == []
	with pytest.raises(frappe.PermissionError):
		contract_api.contract_overview(agreement.name)


def test_the_calls_of_the_desk_need_permission():
	agreement = contract(line(500))
	stranger = user("Sales User")
	frappe.set_user(stranger)
	for call in (
		lambda: contract_api.contract_overview(agreement.name),
		lambda: contract_api.preview(agreement.name, "2026-04-01"),
		lambda: contract_api.bill_now(agreement.name, "2026-04-01"),
		lambda: contract_api.contract_lines(agreement.name),
		lambda: api.preview({"start_date": "2026-04-01", "lines": []}, "2026-04-01"),
	):
		with pytest.raises(frappe.PermissionError):
			call()


def test_an_auditor_may_preview_but_not_bill():
	agreement = contract(line(500))
	frappe.set_user(user("Billing Auditor"))
	assert contract_api.preview(agreement.name, "2026-04-01")["runs"][0]["total"] == "500.00"
	with pytest.raises(frappe.PermissionError):
		contract_api.bill_now(agreement.name, "2026-04-01")


def test_the_customers_form_lists_only_contracts_that_the_user_may_read():
	buyer = customer()
	contract(line(500), customer=buyer)
	frappe.set_user(user("Sales User"))
	with pytest.raises(frappe.PermissionError):
		contract_api.customer_contracts(buyer)


def test_jobs_run_as_a_user_who_is_not_the_administrator_and_cannot_log_in():
	from billing_ext.repositories import settings

	service_user = settings.load().service_user
	assert service_user != "Administrator"
	assert not frappe.db.sql("select 1 from `__Auth` where name = %s and doctype = 'User'", service_user)


def test_a_user_of_some_customers_cannot_start_a_run_over_all():
	ours, others = contract(line(500)), contract(line(500))
	clerk = user("Billing User")
	for agreement in (ours, others):
		frappe.get_doc(
			{
				"doctype": "User Permission",
				"user": clerk,
				"allow": "Customer",
				"for_value": agreement.customer,
			}
		).insert()
	frappe.db.commit()
	frappe.set_user(clerk)
	with pytest.raises(frappe.ValidationError, match="Choose one under Customer"):
		frappe.get_doc({"doctype": "Billing Run", "as_of": "2026-04-01"}).insert()
	assert (
		frappe.get_doc({"doctype": "Billing Run", "as_of": "2026-04-01", "customer": ours.customer})
		.insert()
		.name
	)
	frappe.db.rollback()
