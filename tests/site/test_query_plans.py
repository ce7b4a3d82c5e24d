"""No statement of billing, and none by which a night finds its work, reads a whole table that grows with the business.

Two proofs: the plans of all statements, by EXPLAIN, and the rows that the database really reads for idle contracts.
"""

import re
from contextlib import contextmanager
from datetime import date, timedelta

import frappe
import pytest
from site_builders import COMPANY, amendment, change, contract, customer, line

from billing_ext.core.lanes import Lane
from billing_ext.integrations.tripletex.delivery import State
from billing_ext.repositories import (
	clock,
	contracts,
	deals,
	invoice_groups,
	outbox,
	renewals,
	runs,
)
from billing_ext.repositories.charges import Posting
from billing_ext.repositories.posting_lanes import BulkLane
from billing_ext.repositories.posting_lanes.interception import intercepted
from billing_ext.repositories.tripletex import accruals, calls, drifts, panel, webhook_events
from billing_ext.repositories.tripletex import outbox as tripletex_outbox
from billing_ext.services import billing_run, bulk_posting, state_sweep

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]

SETTINGS = {
	"Billing Branding", "Billing Price Index", "Billing Price Index Value", "Billing Tax Change", "Liquid Template",
	"Liquid Template Rule", "Liquid Template Version", "Tripletex Settings", "Tripletex Account",
	"Tripletex Department", "Tripletex Payment Type", "Tripletex VAT Rule", "Tripletex Reconciliation",
}  # fmt: skip
"""DocTypes of ours with rows by the dozen: what persons set up, and two reconciliations a month."""
OF_ERPNEXT = {
	"Sales Invoice", "Sales Invoice Item", "Sales Taxes and Charges", "Payment Schedule", "GL Entry",
	"Payment Ledger Entry", "Payment Entry", "Payment Entry Reference", "Journal Entry", "Journal Entry Account",
	"Customer", "Address", "Contact", "Dynamic Link", "Item", "Item Price", "Item Default", "Item Tax", "Quotation",
	"Quotation Item", "Sales Order", "Sales Order Item", "Opportunity", "Timesheet", "Timesheet Detail", "Task",
	"Project", "Delivery Note", "Delivery Note Item", "Stock Ledger Entry", "Serial and Batch Bundle", "Subscription",
	"Deferred Revenue", "Advance Payment Ledger Entry", "Repost Accounting Ledger Items", "ToDo", "Comment", "Version",
	"Communication", "Email Queue", "Notification Log", "Error Log", "File", "DocShare", "User Permission",
}  # fmt: skip
"""DocTypes of ERPNext and Frappe whose rows grow with customers and documents."""

STATEMENT = re.compile(r"\s*(select|update|delete)\b", re.IGNORECASE)
NO_ALIAS = (
	"as|where|set|order|left|right|inner|cross|join|on|using|group|having|limit|for|force|ignore|use|union"
)
TABLE = re.compile(rf"`tab([^`]+)`(?:\s+(?:as\s+)?`?(?!(?:{NO_ALIAS})\b)(\w+)`?)?", re.IGNORECASE)
FIRST_ROWS = re.compile(r"\blimit \d+", re.IGNORECASE)
"""Of all rows, in the order of an index: only so many are read."""


@contextmanager
def statements():
	"""The statements that reach the database meanwhile, with their values: one for each wording."""
	seen = {}

	def recording(execute):
		def sql(query, *arguments, **named):
			result = execute(query, *arguments, **named)
			text = str(frappe.local.db._cursor._executed)
			if STATEMENT.match(text):
				seen.setdefault(re.sub(r"'[^']*'|\d+", "?", text), text)
			return result

		return sql

	with intercepted(recording):
		yield seen


def growing_tables():
	own = frappe.get_all("DocType", filters={"module": "Billing Ext", "issingle": 0}, pluck="name")
	return (set(own) - SETTINGS) | OF_ERPNEXT


def tables_of(text):
	"""The DocTypes of a statement, by the names under which EXPLAIN shows them."""
	found = {}
	for doctype, alias in TABLE.findall(text):
		found[f"tab{doctype}".lower()] = doctype
		found[(alias or f"tab{doctype}").lower()] = doctype
	return found


def whole_tables(text):
	"""The growing tables of which a statement reads every row because no index would narrow it.

	Nearly empty tables are read whole even where they have a fitting index, so it counts whether there is one.
	"""
	tables, growing = tables_of(text), growing_tables()
	plan = frappe.db.sql(f"explain {text}", as_dict=True)
	return [
		tables[step.table.lower()]
		for step in plan
		if step.type in ("ALL", "index")
		and step.possible_keys is None
		and tables.get((step.table or "").lower()) in growing
		and not (FIRST_ROWS.search(text) and step.Extra in ("", "Using index"))
	]


def assert_indexed(seen):
	bad = {text: whole_tables(text) for text in seen.values()}
	assert not {text: tables for text, tables in bad.items() if tables}


def billed_run(buyer, as_of):
	"""A run over one customer's contracts, in this process."""
	name = runs.create(as_of, "User", customer=buyer)
	frappe.db.commit()
	billing_run.run_now(name)
	frappe.set_user("Administrator")
	return frappe.get_doc("Billing Run", name)


@pytest.mark.parametrize("bulk", [False, True], ids=["standard", "bulk"])
def test_no_statement_of_billing_reads_a_whole_table(bulk, monkeypatch):
	"""A renewed charge, a second line, and a credit for a change: on both lanes."""
	if bulk:
		monkeypatch.setattr(bulk_posting, "lane", lambda: (BulkLane(), Posting(Lane.BULK)))
	buyer = customer()
	agreement = contract(line(500), line(50), customer=buyer, correction_billing="Immediately")
	contract(line(700), customer=buyer)
	billed_run(buyer, date(2026, 4, 1))
	amendment(agreement, date(2026, 4, 16), change(agreement, new_price=300))
	frappe.clear_cache()
	with statements() as seen:
		run = billed_run(buyer, date(2026, 5, 1))
	assert (run.invoices, run.credit_notes) == (2, 1)
	touched = {doctype for text in seen.values() for doctype in tables_of(text).values()}
	assert touched >= {
		"Billing Contract",
		"Billing Contract Line",
		"Billing Charge",
		"Billing Run",
		"Sales Invoice",
	}
	assert_indexed(seen)


NIGHTLY = {
	"due": lambda: contracts.names_due(clock.today(), None, None, None),
	"due of a company": lambda: contracts.names_due(clock.today(), COMPANY, None, None),
	"due of a customer": lambda: contracts.names_due(clock.today(), COMPANY, "Nobody", None),
	"renewals": lambda: renewals.names_due(clock.today()),
	"reminders": lambda: renewals.names_to_remind(clock.today()),
	"begun and ended": lambda: contracts.to_advance(clock.today()),
	"run of the day": lambda: runs.by_key("scheduled|2026-04-01"),
	"stalled runs": lambda: runs.stalled(clock.minutes_ago(20)),
	"e-mails": lambda: outbox.due(clock.now(), 200),
	"accepted quotations": deals.keep_accepted,
	"messages to Tripletex": lambda: tripletex_outbox.due(COMPANY, clock.now(), 200),
	"unfinished messages": lambda: panel.counts(COMPANY),
	"blocked messages": lambda: panel.older_than(COMPANY, State.BLOCKED, timedelta(days=1)),
	"unknown messages": lambda: panel.unknown_for(COMPANY, timedelta(minutes=30)),
	"messages before filing": lambda: panel.unfinished_until(COMPANY, clock.today()),
	"drifts": lambda: drifts.with_open(COMPANY, "Customer"),
	"vouchers of accruals": lambda: accruals.months_with_vouchers(COMPANY),
	"accruals of a month": lambda: accruals.history(COMPANY, date(2026, 4, 1)),
	"old calls": calls.clear_old,
	"old webhook events": webhook_events.clear_old,
}
"""What looks for work each night or hour; none of it does the work. Left out is what is about all customers or invoices
by its nature, each in one statement: their payment status, and what Tripletex and ERPNext hold otherwise."""


@pytest.mark.parametrize("name", NIGHTLY)
def test_no_search_for_work_reads_a_whole_table(name):
	with statements() as seen:
		NIGHTLY[name]()
	assert seen
	assert_indexed(seen)


def test_what_is_due_is_put_into_units_without_reading_a_whole_table():
	names = [contract(line(500)).name, contract(line(500)).name]
	with statements() as seen:
		invoice_groups.units(names)
		state_sweep.refresh(names)
		list(contracts.submitted_in_pages(2_000))
	assert_indexed(seen)


def test_a_statement_without_its_index_is_found():
	"""The proof that these tests can fail."""
	query = "select name from `tabBilling Contract` {} where next_billing_date <= '2026-04-01'"
	assert whole_tables(query.format("")) == []
	assert whole_tables(query.format("ignore index (next_billing_date)")) == ["Billing Contract"]
	with_alias = "select c.name from `tabBilling Charge` as c where c.formula = 'none'"
	assert whole_tables(with_alias) == ["Billing Charge"]


IDLE = 30_000
OF_CONTRACTS = ["due", "due of a company", "due of a customer", "begun and ended", "renewals", "reminders"]
RUNNING = ("Active", date(2098, 12, 31), date(2097, 1, 1))
ENDED = ("Ended", date(2020, 12, 31), None)
"""Status, last day and next billing date. Renewals and reminders read the dates of terms that are over, by an index:
a term that was missed is renewed all the same."""


@pytest.fixture
def idle_contracts(db):
	"""A function that makes submitted contracts of which nothing is due for years, or that have ended."""

	def insert(status, last_day, next_billing_date):
		values = {
			"docstatus": 1,
			"company": COMPANY,
			"customer": "Nobody",
			"status": status,
			"start_date": date(2020, 1, 1),
			"next_billing_date": next_billing_date,
			"service_end": last_day,
			"term_end": last_day,
			"last_cancellation_day": last_day,
			"renewal": "Renews for a Term",
			"reminder_days": 30,
			"creation": clock.now(),
		}
		rows = [[f"idle-{status}-{number}", *values.values()] for number in range(IDLE)]
		frappe.db.bulk_insert("Billing Contract", ["name", *values], rows)
		_settle()

	yield insert
	frappe.db.delete("Billing Contract", {"name": ("like", "idle-%")})
	_settle()


def _settle():
	"""Commit, and let the database know how many rows there are now."""
	frappe.db.commit()
	frappe.db.sql("analyze table `tabBilling Contract`")


def rows_read(look):
	"""The rows of tables and indexes that the database reads for it."""
	before = _reads()
	look()
	return _reads() - before


def _reads():
	return sum(int(count) for _name, count in frappe.db.sql("show session status like 'Handler_read%'"))


@pytest.mark.parametrize(
	("kinds", "names"),
	[([RUNNING], OF_CONTRACTS), ([RUNNING, ENDED], OF_CONTRACTS[:4])],
	ids=["running", "ended"],
)
def test_contracts_with_nothing_due_are_not_even_read(kinds, names, idle_contracts):
	"""A night reads as many rows with them as without them."""
	before = {name: (NIGHTLY[name](), rows_read(NIGHTLY[name])) for name in names}
	for kind in kinds:
		idle_contracts(*kind)
	for name, (found, rows) in before.items():
		assert NIGHTLY[name]() == found, name
		assert rows_read(NIGHTLY[name]) < rows + IDLE / 10, name
