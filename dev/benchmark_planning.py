"""How fast planning is, and what contracts with nothing due cost: in the core alone, and each job of a night on a site.

`python benchmark_planning.py SITE`, run from <bench>/sites. The site needs the company below and no contracts of the
year 2010. Prints the figures and writes them as JSON to `benchmark-planning.json` in the current directory.
"""

import json
import resource
import sys
import time
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import frappe
from frappe.utils import get_datetime

from billing_ext.core.billing import plan_charges
from billing_ext.core.contract import Contract, ContractLine, Revision, Terms
from billing_ext.core.derivation import derivation
from billing_ext.core.invoicing import next_billing_date, plan_invoices
from billing_ext.core.money import Currency
from billing_ext.core.period import Grid, Interval, Unit
from billing_ext.core.simulation import Books
from billing_ext.repositories import clock, contracts, deals, runs
from billing_ext.services import billing_run, renewal_reminders, renewals, sending, state_sweep
from billing_ext.services.tripletex import alerting, drift, housekeeping, inbound, worker

COMPANY = "Fjord Software AS"
START = date(2010, 1, 1)
"""Long before any other contract of the site, of which nothing can be due then either."""
TODAY = date(2010, 1, 20)
NEXT = date(2010, 2, 1)
YEAR_END = date(2010, 12, 31)
PLANNED = 2_000
IDLE = 100_000
SWEPT = 5_000
ROUNDS = 3


def main(site):
	result = {"core": core()}
	frappe.init(site=site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	with idle_contracts():
		result["idle_seconds"] = nightly_jobs()
		result["sweep"] = sweep()
	frappe.destroy()
	show(result)
	Path("benchmark-planning.json").write_text(json.dumps(result, indent=1))
	return result


def monthly(number):
	line = ContractLine(
		f"idle-line-{number}",
		START,
		(Revision(START, Terms(Decimal(500))),),
		Grid.anchored(START, Interval(1, Unit.MONTH)),
	)
	return Contract(f"idle-{number}", Currency("NOK"), (line,))


# The core


def core():
	"""Line-periods and contracts a second: planned from nothing, and passed over because nothing is due."""
	year = [monthly(number) for number in range(PLANNED)]
	periods = 12 * PLANNED
	idle = [monthly(number) for number in range(IDLE)]
	books = Books()
	books.run(idle[0], TODAY)
	billed = next(iter(books.ledger.values()))
	ledgers = [{contract.lines[0].id: billed} for contract in idle]
	assert next_billing_date(idle[0], books.ledger, [], TODAY) == NEXT
	return {
		"line_periods_planned_per_second": per_second(
			periods, lambda: sum(len(plan_charges(contract, {}, YEAR_END)) for contract in year), periods
		),
		"line_periods_put_on_invoices_per_second": per_second(
			periods,
			lambda: sum(len(draft.rows) for each in year for draft in plan_invoices(each, {}, [], YEAR_END)),
			periods,
		),
		"contracts_with_nothing_due_passed_per_second": per_second(
			IDLE,
			lambda: sum(
				len(plan_charges(contract, ledger, TODAY))
				for contract, ledger in zip(idle, ledgers, strict=True)
			),
			0,
		),
		"next_billing_dates_per_second": per_second(
			IDLE,
			lambda: sum(
				next_billing_date(contract, ledger, books.carriers, TODAY) == NEXT
				for contract, ledger in zip(idle, ledgers, strict=True)
			),
			IDLE,
		),
	}


def per_second(amount, work, expected):
	"""How much of it a core of the machine does in a second, in the best of some rounds; ``work`` tells what came of it."""
	best = min(timed(work, expected) for _ in range(ROUNDS))
	return round(amount / best)


def timed(work, expected):
	started = time.process_time()  # nothing waits here: so other processes do not count
	found = work()
	seconds = time.process_time() - started
	assert found == expected, "the benchmark measures something else than it says"
	return seconds


# The site


@contextmanager
def idle_contracts():
	"""Contracts of the site that are billed for the month, and end in December: nothing of them is due today."""
	row_of = {
		"Billing Contract": contract_row,
		"Billing Contract Line": line_row,
		"Billing Charge": charge_row,
	}
	try:
		for doctype, row in row_of.items():
			fields = list(row(0))
			rows = ([*row(number).values()] for number in range(IDLE))
			frappe.db.bulk_insert(doctype, fields, rows, chunk_size=10_000)
			settle(doctype)
		yield
	finally:
		frappe.db.rollback()
		for doctype in row_of:
			frappe.db.delete(doctype, {"name": ("like", "idle-%")})
			settle(doctype)


def settle(doctype):
	"""Commit, and let the database know how many rows there are now."""
	frappe.db.commit()
	frappe.db.sql(f"analyze table `tab{doctype}`")


def contract_row(number):
	return {
		"name": f"idle-{number}", "docstatus": 1, "company": COMPANY, "customer": "Nobody", "currency": "NOK",
		"status": "Active", "start_date": START, "end_date": YEAR_END, "next_billing_date": NEXT,
		"service_end": YEAR_END, "term_end": YEAR_END, "last_cancellation_day": date(2010, 11, 30),
		"renewal": "Renews for a Term", "renewal_months": 12, "notice_count": 1, "notice_unit": "Month",
		"reminder_days": 30, "billing_interval": "Month", "billing_interval_count": 1, "creation": START,
	}  # fmt: skip


def line_row(number):
	return {
		"name": f"idle-line-{number}", "docstatus": 1, "idx": 1, "parent": f"idle-{number}", "parentfield": "lines",
		"parenttype": "Billing Contract", "item_code": "Idle", "price": 500, "quantity": 1,
	}  # fmt: skip


def charge_row(number):
	(charge,) = plan_charges(monthly(number), {}, TODAY)
	last = charge.period.last_day
	return {
		"name": f"idle-charge-{number}", "contract": f"idle-{number}", "contract_line": charge.line,
		"company": COMPANY, "currency": "NOK", "kind": charge.kind.value, "status": "Invoiced", "amount": 500,
		"period_start": charge.period.start, "period_end": last, "service_start": charge.period.start,
		"service_end": last, "sequence": charge.sequence, "billing_key": charge.key,
		"sales_invoice": "none", "sales_invoice_item": f"none-{number}", "derivation": json.dumps(derivation(charge)),
	}  # fmt: skip


def nightly_jobs():
	"""Seconds of each job of the scheduler, none of which finds anything to do; their sum last."""
	with the_clock_at(TODAY):
		run = runs.create(TODAY, "User", company=COMPANY)
		frappe.db.commit()
		jobs = {
			"billing run": lambda: billing_run.dispatch(run),
			"reminders": renewal_reminders.remind_due,
			"renewals": renewals.renew_due,
			"begun and ended contracts": state_sweep.advance_statuses,
			"accepted quotations": deals.keep_accepted,
			"e-mails": sending.sweep,
			"stalled runs": billing_run.restart_stalled,
			"messages to Tripletex": worker.sweep,
			"payments from Tripletex": inbound.enqueue_all,
			"alerts about Tripletex": alerting.watch,
			"drifts in Tripletex": drift.nightly,
		}
		seconds = {name: seconds_of(job) for name, job in jobs.items()}
		frappe.set_user("Administrator")
		assert frappe.db.get_value("Billing Run", run, ["status", "contracts_total"]) == ("Completed", 0)
		frappe.delete_doc("Billing Run", run, force=True)
		frappe.db.commit()
	seconds["payment statuses and old logs"] = seconds_of(housekeeping.tidy)  # by today's date
	return {**seconds, "all together": round(sum(seconds.values()), 3)}


def seconds_of(job):
	with stopwatch() as seconds:
		job()
		frappe.db.commit()
	return round(seconds(), 3)


def sweep():
	"""The weekly repair of the hints: how long it takes to queue it, and how many contracts a worker derives a second."""
	with stopwatch() as listed:
		pages = list(contracts.submitted_in_pages(state_sweep.CHUNK))
	names = [f"idle-{number}" for number in range(SWEPT)]
	with the_clock_at(TODAY):
		state_sweep.refresh(names[: state_sweep.BATCH])
		before = memory()
		with stopwatch() as derived:
			state_sweep.refresh(names)
	right = {"name": ("in", names), "next_billing_date": NEXT, "status": "Active", "mrr": 500}
	assert frappe.db.count("Billing Contract", right) == SWEPT, "the sweep has changed what was right"
	return {
		"contracts_per_second": round(SWEPT / derived()),
		"seconds_of_one_job": round(state_sweep.CHUNK * derived() / SWEPT, 1),
		"jobs": len(pages),
		"seconds_to_list_them": round(listed(), 2),
		"megabytes_more_after_5000_contracts": round(memory() - before),
	}


def memory():
	"""The most that this process has used so far, in megabytes."""
	return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def the_clock_at(day):
	today, now = clock.today, clock.now
	clock.today, clock.now = lambda: day, lambda: get_datetime(day)
	try:
		yield
	finally:
		clock.today, clock.now = today, now


@contextmanager
def stopwatch():
	"""A function that tells the seconds the block took."""
	started = time.perf_counter()
	ended = []
	yield lambda: ended[0] - started
	ended.append(time.perf_counter())


def show(result):
	titles = {
		"core": "The core, one process",
		"idle_seconds": f"Seconds with {IDLE:,} contracts of which nothing is due",
		"sweep": "The weekly sweep, one worker",
	}
	for part, title in titles.items():
		print(f"\n{title}")
		for name, value in result[part].items():
			print(f"  {name.replace('_', ' '):<52}{value:>12,}")


if __name__ == "__main__":
	main(sys.argv[1])
