"""The ways in which invoices come about, and what they need beforehand.

What is needed is made once as a document and then copied in SQL: thousands of customers and contracts in seconds.
"""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

import frappe
from erpnext.accounts.doctype.subscription.subscription import process_all

from billing_ext.overrides import sales_invoice as own_hooks
from billing_ext.services import billing_run

COMPANY = "Fjord Software AS"
START = date(2026, 1, 1)
LINES = (1, 5)
JOB = 250
"""Contracts of one job of the bulk lane, the default of *Contracts per Job*."""
FEW = 10
"""Invoices of a way that makes them one by one."""
PRICES = 20
"""Different prices on the price list: the bulk lane calculates invoices with the same figures once."""
EVERY, OWN, NONE = "every kind", "billing_ext's", "none"
"""What is registered for Sales Invoice: hooks of this and another app and a notification; this app's hooks; no hook."""
NOTIFICATION = "Benchmark"
PREFIX = "bench-"
"""Of the names of all copies."""


@dataclass(frozen=True)
class Way:
	"""A row of the table. ``make`` makes units of work, of one invoice each, and names them; ``bill`` bills them."""

	title: str
	hooks: str
	size: int
	"""Invoices of a job."""
	make: Callable
	bill: Callable
	link: str
	"""The field of Sales Invoice that names the unit of work."""
	in_bulk: bool = False

	@property
	def key(self):
		return f"{self.title}, {self.hooks}"


@dataclass
class Things:
	"""What all ways bill: an item and a subscription plan for each line."""

	items: list
	plans: list
	tax_template: str
	cost_center: str
	"""Subscription takes the company's by itself, so the other ways are given it."""
	customer: str
	contracts: dict = field(default_factory=dict)
	subscriptions: dict = field(default_factory=dict)
	runs: list = field(default_factory=list)


def make_things():
	"""Items, plans, and a contract and a subscription of one and of five lines to be copied. Items and plans stay."""
	items = [make_item(f"Benchmark {number}") for number in range(1, max(LINES) + 1)]
	template = frappe.db.get_value("Sales Taxes and Charges Template", {"company": COMPANY, "is_default": 1})
	cost_center = frappe.db.get_value("Company", COMPANY, "cost_center")
	things = Things(items, [make_plan(item) for item in items], template, cost_center, make_customer())
	for lines in LINES:
		things.contracts[lines] = make_contract(things, lines)
		things.subscriptions[lines] = make_subscription(things, lines)
	frappe.db.commit()
	return things


def make_item(code):
	if not frappe.db.exists("Item", code):
		insert("Item", item_code=code, item_group="Services", stock_uom="Nos", is_stock_item=0)
	return code


def make_plan(item):
	if not frappe.db.exists("Subscription Plan", item):
		insert(
			"Subscription Plan", plan_name=item, item=item, price_determination="Fixed Rate", cost=500,
			currency="NOK", billing_interval="Month", billing_interval_count=1,
		)  # fmt: skip
	return item


def make_contract(things, lines):
	name = insert(
		"Billing Contract", company=COMPANY, customer=make_customer(), currency="NOK", start_date=START,
		cost_center=things.cost_center,
		lines=[{"item_code": item, "price": 500} for item in things.items[:lines]],
	)  # fmt: skip
	frappe.get_doc("Billing Contract", name).submit()
	return name


def make_subscription(things, lines):
	return insert(
		"Subscription", party_type="Customer", party=make_customer(), company=COMPANY, start_date=START,
		generate_invoice_at="Beginning of the current subscription period", submit_invoice=1,
		sales_tax_template=things.tax_template,
		plans=[{"plan": plan, "qty": 1} for plan in things.plans[:lines]],
	)  # fmt: skip


def make_customer():
	return insert("Customer", customer_name=new_prefix(), customer_group="Commercial", territory="Norway")


def insert(doctype, **values):
	return frappe.get_doc({"doctype": doctype, **values}).insert().name


# Copies


def copy_rows(doctype, where, numbers, **expressions):
	"""Copy the rows of one document once for each of ``numbers`` (first and last), with other values in some columns.

	An expression may use ``source``, the row that is copied, and ``copy.seq``, the number.
	"""
	columns = frappe.db.get_table_columns(doctype)
	quoted = ", ".join(f"`{column}`" for column in columns)
	selected = ", ".join(expressions.get(column, f"source.`{column}`") for column in columns)
	(column, value), (first, last) = where, numbers
	table = f"`tab{doctype}` source, seq_{first}_to_{last} copy"
	query = (
		f"insert into `tab{doctype}` ({quoted}) select {selected} from {table} where source.`{column}` = %s"  # noqa: S608
	)
	frappe.db.sql(query, value)


def named(prefix, count):
	return [f"{prefix}{number}" for number in range(1, count + 1)]


def new_prefix():
	return f"{PREFIX}{frappe.generate_hash(length=8)}-"


def customers(things, lines, count, customer=None):
	"""Customers of their own, or ``customer`` alone."""
	if customer:
		return [customer]
	prefix = new_prefix()
	copy_rows("Customer", ("name", things.customer), (1, count), name=f"concat('{prefix}', copy.seq)")
	return named(prefix, count)


def subscriptions(things, lines, count, customer=None):
	return _agreements(
		"Subscription",
		"Subscription Plan Detail",
		"party",
		things.subscriptions[lines],
		things,
		count,
		customer,
	)


def contracts(things, lines, count, customer=None):
	"""Contracts with the prices of a list."""
	return _contracts(things, lines, count, customer, f"10 * mod(copy.seq, {PRICES})")


def various_contracts(things, lines, count, customer=None):
	"""As ``contracts``, but no two with the same price."""
	return _contracts(things, lines, count, customer, "copy.seq / 100")


def _contracts(things, lines, count, customer, dearer):
	template = things.contracts[lines]
	price = "source.price" if customer else f"source.price + {dearer}"
	return _agreements(
		"Billing Contract",
		"Billing Contract Line",
		"customer",
		template,
		things,
		count,
		customer,
		price=price,
	)


def _agreements(doctype, row_doctype, party, template, things, count, customer, **of_rows):
	"""Copies of a contract or subscription, each for a customer of its own or all for ``customer``."""
	names = [] if customer else customers(things, None, count)
	prefix = names[0][:-1] if names else new_prefix()
	new = f"concat('{prefix}', copy.seq)"
	copy_rows(
		doctype, ("name", template), (1, count), name=new, **{party: f"'{customer}'" if customer else new}
	)
	row_name = f"concat({new}, '-', source.idx)"
	copy_rows(row_doctype, ("parent", template), (1, count), name=row_name, parent=new, **of_rows)
	return named(prefix, count)


# What is measured


def bill_subscriptions(names, job):
	process_all(names, START)


def insert_and_submit(names, job):
	for customer in names:
		invoice = frappe.new_doc("Sales Invoice")
		invoice.update(
			{"company": COMPANY, "customer": customer, "set_posting_time": 1, "posting_date": START}
		)
		for item in job["items"]:
			invoice.append("items", {"item_code": item, "qty": 1, "rate": 500})
		invoice.update({"taxes_and_charges": job["tax_template"], "cost_center": job["cost_center"]})
		invoice.set_taxes()
		invoice.insert()
		invoice.submit()
		frappe.db.commit()


def bill_contracts(names, job):
	billing_run.bill_chunk(job["run"], job["attempt"], START.isoformat(), [(name,) for name in names])


SUBSCRIPTION, DOCUMENT, STANDARD, BULK, VARIOUS = (
	"ERPNext Subscription", "insert() + submit()", "standard lane", "bulk lane", "bulk lane, no two amounts alike",
)  # fmt: skip
ERPNEXT = (FEW, subscriptions, bill_subscriptions, "subscription")
WAYS = (
	Way(SUBSCRIPTION, EVERY, *ERPNEXT),
	Way(DOCUMENT, EVERY, FEW, customers, insert_and_submit, "customer"),
	Way(STANDARD, EVERY, FEW, contracts, bill_contracts, "billing_ext_contract"),
	Way(BULK, EVERY, JOB, contracts, bill_contracts, "billing_ext_contract", in_bulk=True),
	Way(VARIOUS, EVERY, JOB, various_contracts, bill_contracts, "billing_ext_contract", in_bulk=True),
	Way(BULK, OWN, JOB, contracts, bill_contracts, "billing_ext_contract", in_bulk=True),
	Way(SUBSCRIPTION, NONE, *ERPNEXT),
	Way(BULK, NONE, JOB, contracts, bill_contracts, "billing_ext_contract", in_bulk=True),
)
BY_KEY = {way.key: way for way in WAYS}


# Hooks


def make_notification():
	"""A notification that looks at each submitted invoice and never has anything to say."""
	frappe.delete_doc_if_exists("Notification", NOTIFICATION)
	notification = frappe.new_doc("Notification")
	notification.update(
		{
			"name": NOTIFICATION, "enabled": 0, "channel": "System Notification", "subject": "A large invoice",
			"document_type": "Sales Invoice", "event": "Submit", "condition": "doc.grand_total > 1e12",
			"recipients": [{"receiver_by_role": "Accounts Manager"}],
		}
	)  # fmt: skip
	notification.insert()


def benchmark_validate(doc, method=None):
	"""As another app might: looks at each row."""
	if any(row.qty and not row.income_account for row in doc.items):
		frappe.throw("a row without an account")


def benchmark_on_submit(doc, method=None):
	"""As another app might: reads something that belongs to the customer."""
	frappe.db.get_value("Customer", doc.customer, "customer_group")


@contextmanager
def registered(hooks):
	"""``hooks`` for Sales Invoice in this process. Frappe's and ERPNext's hooks on all DocTypes are always there."""
	before = frappe.get_doc_hooks()
	events = {event: list(paths) for event, paths in before["Sales Invoice"].items()}
	if hooks == EVERY:
		for handler in (benchmark_validate, benchmark_on_submit):
			# Frappe calls only what is in an installed app.
			setattr(own_hooks, handler.__name__, handler)
			event = handler.__name__.removeprefix("benchmark_")
			events.setdefault(event, []).append(f"{own_hooks.__name__}.{handler.__name__}")
	frappe.local.doc_events_hooks = {**before, "Sales Invoice": {} if hooks == NONE else events}
	try:
		yield
	finally:
		frappe.local.doc_events_hooks = before
