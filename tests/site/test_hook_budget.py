"""What our own hooks cost in statements to the database, beside ERPNext's; and that what they put off until the commit
comes to the same.

Without that budget they would be a third of the bulk lane's time: it has hardly more statements of its own.
"""

import random
import re
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import frappe
import posting_cases
import pytest
from site_builders import COMPANY, contract, invoices_of, line
from tripletex_site import make_settings

from billing_ext.overrides import sales_invoice as hooks
from billing_ext.repositories import invoices, unit_of_work
from billing_ext.repositories.posting_lanes import BulkLane, SentBack
from billing_ext.repositories.tripletex import settings
from billing_ext.services import contract_billing

pytestmark = pytest.mark.usefixtures("db")
APRIL = date(2026, 4, 1)
MANY = 6


@contextmanager
def statements_of_hooks():
	"""The tables that our hooks on Sales Invoice address, each as often as they do, what they put off included."""
	tables = Counter()
	execute = frappe.db.sql

	def sql(query, *args, **kwargs):
		if _is_from_hooks():
			tables[_table(str(query))] += 1
		return execute(query, *args, **kwargs)

	frappe.db.sql = sql
	try:
		yield tables
	finally:
		del frappe.db.sql


def _table(query):
	found = re.search(r"`tab([^`]+)`", query)
	return found[1] if found else "the columns of a table, once in a job"


def _is_from_hooks():
	frame = sys._getframe(2)
	while frame:
		code = frame.f_code
		put_off = code.co_filename == unit_of_work.__file__ and code.co_name == "__call__"
		if code.co_filename == hooks.__file__ or put_off:
			return True
		frame = frame.f_back
	return False


def standard(orders):
	for order in orders:
		invoices.create(order.header, order.rows)


def bulk(orders):
	made = BulkLane(patience=0).create_many(orders)
	assert not [each for each in made if isinstance(each, SentBack)]


def orders_with(**values):
	"""Invoices of one kind for several customers; their contracts have these ``values``."""
	chance, made = random.Random(6), posting_cases.world(customers=3)
	orders = [posting_cases.invoice(chance, made, alike=True) for _ in range(MANY)]
	return [
		replace(order, rows=[replace(row, contract={**row.contract, **values}) for row in order.rows])
		for order in orders
	]


@pytest.mark.parametrize("lane", [standard, bulk])
def test_the_hooks_of_many_invoices_ask_the_database_nothing_for_each(lane):
	orders = orders_with()
	with statements_of_hooks() as tables:
		lane(orders)
		assert tables == {"Tripletex Settings": 1}, "in a transaction, not for each invoice"
		frappe.db.before_commit.run()
	assert tables == {"Tripletex Settings": 1, "Customer": 2}, (
		"statuses of all customers are read once, written once"
	)
	customers = [order.rows[0].contract["customer"] for order in orders]
	status = frappe.get_all("Customer", {"name": ("in", customers)}, pluck="billing_ext_payment_status")
	assert set(status) <= {"Pending", "Overdue"}


@pytest.mark.commits
@pytest.mark.parametrize("lane", [standard, bulk])
def test_what_is_to_be_sent_and_booked_costs_a_row_each_and_a_legal_number(lane, tripletex):
	orders = orders_with(send_invoice=1, contact_email="kunde@example.com")
	with statements_of_hooks() as tables:
		lane(orders)
	per_invoice = {table: count // MANY for table, count in tables.items() if count >= MANY}
	assert per_invoice == {
		"Series": 2,
		"Billing Outbox Message": 1,
		"Tripletex Outbox Message": 1,
	}


def status_of(customer):
	return frappe.db.get_value("Customer", customer, "billing_ext_payment_status") or ""


@pytest.mark.commits
def test_after_the_commit_customers_show_what_was_submitted_and_what_was_cancelled():
	agreement = contract(line(500), start_date=APRIL)
	contract_billing.bill(agreement.name, APRIL)
	assert status_of(agreement.customer) == "Overdue"
	invoices_of(agreement)[0].cancel()
	frappe.db.commit()
	assert status_of(agreement.customer) == ""


@pytest.mark.commits
def test_an_invoice_that_is_undone_on_a_savepoint_leaves_neither_message_nor_status(tripletex):
	first, undone = (
		contract(
			line(500),
			start_date=APRIL,
			invoice_action="Left as Draft",
			send_invoice=1,
			contact_email="a@example.com",
		)
		for _ in range(2)
	)
	for agreement in (first, undone):
		contract_billing.bill(agreement.name, APRIL)
	invoices_of(first)[0].submit()
	frappe.db.savepoint("one_invoice")
	invoices_of(undone)[0].submit()
	frappe.db.rollback(save_point="one_invoice")
	frappe.db.commit()
	assert (status_of(first.customer), status_of(undone.customer)) == ("Overdue", "")
	for doctype in ("Billing Outbox Message", "Tripletex Outbox Message"):
		assert frappe.db.count(doctype, {"reference_name": invoices_of(first)[0].name}) == 1
		assert frappe.db.count(doctype, {"reference_name": invoices_of(undone)[0].name}) == 0


@pytest.mark.commits
def test_a_rolled_back_submission_puts_nothing_off_to_the_next_commit():
	agreement = contract(line(500), start_date=APRIL, invoice_action="Left as Draft")
	contract_billing.bill(agreement.name, APRIL)
	invoices_of(agreement)[0].submit()
	frappe.db.rollback()
	with statements_of_hooks() as tables:
		frappe.db.commit()
	assert not tables
	assert status_of(agreement.customer) == ""


@pytest.mark.commits
def test_settings_made_or_deleted_in_the_same_transaction_are_seen(tripletex, monkeypatch):
	assert settings.load(COMPANY) is not None
	frappe.delete_doc("Tripletex Settings", COMPANY, force=True)
	assert settings.load(COMPANY) is None
	with monkeypatch.context() as patched:
		patched.setattr(frappe.db, "commit", lambda: None)
		make_settings(tripletex)
	assert settings.load(COMPANY) is not None
