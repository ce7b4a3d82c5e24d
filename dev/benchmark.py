"""How fast billing is: the core alone, and on a site side by side with ERPNext's own Subscription.

`python benchmark.py SITE [INVOICES]`, run from <bench>/sites. The machine's speed cancels out of the ratios: the ways
take turns within one run. Prints a table and writes it as JSON to `benchmark.json` in the current directory.
"""

import json
import platform
import statistics
import sys
import time
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import frappe

from billing_ext.core.billing import plan_charges
from billing_ext.core.contract import Contract, ContractLine, Revision, Terms
from billing_ext.core.invoicing import next_billing_date
from billing_ext.core.money import Currency
from billing_ext.core.period import Grid, Interval, Unit
from billing_ext.core.simulation import Books
from billing_ext.repositories import contracts
from billing_ext.services import contract_billing

COMPANY = "Fjord Software AS"
START = date(2026, 1, 1)
ROUNDS = 4
IDLE = 100_000


def main(site, invoices=80):
	result = {"machine": machine(), "core": core()}
	frappe.init(site=site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	result["versions"] = {
		app: frappe.get_attr(f"{app}.__version__") for app in ("frappe", "erpnext", "billing_ext")
	}
	result["idle"] = idle_contracts()
	result["site"] = side_by_side(invoices)
	frappe.destroy()
	show(result)
	Path("benchmark.json").write_text(json.dumps(result, indent=1))


def machine():
	return {"python": platform.python_version(), "system": platform.system(), "machine": platform.machine()}


def monthly(number):
	line = ContractLine(
		f"L{number}",
		START,
		(Revision(START, Terms(Decimal(500))),),
		Grid.anchored(START, Interval(1, Unit.MONTH)),
	)
	return Contract(f"C{number}", Currency("NOK"), (line,))


def core():
	"""Contracts and line-periods a second: planned from nothing, and passed over because nothing is due."""
	year = [monthly(number) for number in range(2_000)]
	with stopwatch() as planned:
		periods = sum(len(plan_charges(contract, {}, date(2026, 12, 31))) for contract in year)
	idle = [monthly(number) for number in range(IDLE)]
	books = Books()
	books.run(idle[0], START)
	billed = next(iter(books.ledger.values()))
	ledgers = [{contract.lines[0].id: billed} for contract in idle]
	with stopwatch() as passed:
		due = sum(
			len(plan_charges(contract, ledger, date(2026, 1, 20)))
			for contract, ledger in zip(idle, ledgers, strict=True)
		)
	assert (periods, due) == (24_000, 0), "the benchmark measures something else than it says"
	assert next_billing_date(idle[0], books.ledger, [], date(2026, 1, 20)) == date(2026, 2, 1)
	return {
		"contracts_planned_per_second": round(len(year) / planned()),
		"line_periods_planned_per_second": round(periods / planned()),
		"seconds_for_100000_contracts_with_nothing_due": round(passed(), 2),
	}


def idle_contracts():
	"""How long a run takes to see that none of 100,000 contracts on the site is due."""
	fields = ["name", "docstatus", "company", "customer", "next_billing_date", "status"]
	rows = [[f"idle-{number}", 1, COMPANY, "none", date(2099, 1, 1), "Active"] for number in range(IDLE)]
	frappe.db.bulk_insert("Billing Contract", fields, rows, chunk_size=10_000)
	frappe.db.commit()
	try:
		with stopwatch() as seconds:
			names = contracts.names_due(date(2026, 1, 20), None, None, None)
		assert not [name for name in names if name.startswith("idle-")]
	finally:
		frappe.db.delete("Billing Contract", {"name": ("like", "idle-%")})
		frappe.db.commit()
	return {"seconds_to_pass_100000_contracts_on_the_site": round(seconds(), 4)}


def side_by_side(invoices):
	"""Milliseconds and SQL statements for one submitted invoice of one line, each way in turn."""
	item = insert(
		"Item", item_code=unique("Service"), item_group="Services", stock_uom="Nos", is_stock_item=0
	).name
	plan = insert(
		"Subscription Plan", plan_name=unique("Plan"), item=item, price_determination="Fixed Rate", cost=500,
		currency="NOK", billing_interval="Month", billing_interval_count=1,
	).name  # fmt: skip
	ways = {
		"ERPNext Subscription": (lambda: subscription(plan), lambda doc: doc.process(START)),
		"insert() + submit()": (lambda: plain_invoice(item), insert_and_submit),
		"billing_ext": (lambda: contract(item), lambda doc: contract_billing.bill(doc.name, START)),
	}
	for make, bill in ways.values():
		measured(make, bill)  # caches are warm for all of them
	per_round = max(1, invoices // ROUNDS)
	samples = {name: [] for name in ways}
	for _ in range(ROUNDS):
		for name, (make, bill) in ways.items():
			samples[name] += [measured(make, bill) for _ in range(per_round)]
	return {name: summary(values, samples["ERPNext Subscription"]) for name, values in samples.items()}


def measured(make, bill):
	doc = make()
	frappe.db.commit()
	with counted_statements() as statements, stopwatch() as seconds:
		bill(doc)
		frappe.db.commit()
	return seconds(), statements[0]


def summary(values, reference):
	seconds = statistics.median(value for value, _count in values)
	base = statistics.median(value for value, _count in reference)
	return {
		"milliseconds": round(seconds * 1000, 1),
		"invoices_per_second": round(1 / seconds, 1),
		"statements": round(statistics.median(count for _value, count in values)),
		"times_as_fast_as_subscription": round(base / seconds, 2),
	}


def subscription(plan):
	return insert(
		"Subscription",
		party_type="Customer",
		party=customer(),
		company=COMPANY,
		start_date=START,
		generate_invoice_at="Beginning of the current subscription period",
		submit_invoice=1,
		plans=[{"plan": plan, "qty": 1}],
	)


def plain_invoice(item):
	invoice = frappe.new_doc("Sales Invoice")
	invoice.update({"company": COMPANY, "customer": customer(), "set_posting_time": 1, "posting_date": START})
	invoice.append("items", {"item_code": item, "qty": 1, "rate": 500})
	invoice.set_taxes()
	return invoice


def insert_and_submit(invoice):
	invoice.insert()
	invoice.submit()


def contract(item):
	doc = insert(
		"Billing Contract",
		company=COMPANY,
		customer=customer(),
		currency="NOK",
		start_date=START,
		lines=[{"item_code": item, "price": 500}],
	)
	doc.submit()
	return doc


def customer():
	return insert(
		"Customer", customer_name=unique("Customer"), customer_group="Commercial", territory="Norway"
	).name


def insert(doctype, **values):
	return frappe.get_doc({"doctype": doctype, **values}).insert()


def unique(prefix):
	return f"{prefix} {frappe.generate_hash(length=8)}"


@contextmanager
def stopwatch():
	"""A function that tells the seconds the block took."""
	started = time.perf_counter()
	ended = []
	yield lambda: ended[0] - started
	ended.append(time.perf_counter())


@contextmanager
def counted_statements():
	"""The number of SQL statements that the block sends, as a list of one."""
	count = [0]
	original = frappe.db.sql

	def counting(*arguments, **named):
		count[0] += 1
		return original(*arguments, **named)

	frappe.db.sql = counting
	try:
		yield count
	finally:
		del frappe.db.sql


def show(result):
	print("\nCore, one process")
	for name, value in {**result["core"], **result["idle"]}.items():
		print(f"  {name.replace('_', ' '):<52}{value:>12,}")
	print(f"\n  {'One submitted invoice of one line':<36}{'ms':>8}{'per s':>8}{'SQL':>6}{'ratio':>8}")
	for name, row in result["site"].items():
		print(
			f"  {name:<36}{row['milliseconds']:>8}{row['invoices_per_second']:>8}{row['statements']:>6}"
			f"{row['times_as_fast_as_subscription']:>8}"
		)


if __name__ == "__main__":
	main(sys.argv[1], *(int(argument) for argument in sys.argv[2:3]))
