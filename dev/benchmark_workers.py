"""Processes that bill on a site as background workers would, and measure what they do."""

import json
import multiprocessing
import time
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field

import benchmark_ways as ways
import frappe
from frappe.model.naming import NamingSeries

from billing_ext.repositories import clock, runs
from billing_ext.services import contract_billing

INVOICE_TABLES = {
	"Sales Invoice": "name",
	"Sales Invoice Item": "parent",
	"Sales Taxes and Charges": "parent",
	"Payment Schedule": "parent",
	"GL Entry": "voucher_no",
	"Payment Ledger Entry": "voucher_no",
	"Billing Charge": "sales_invoice",
}
"""Where an invoice's rows are, and the column that names it."""


class Workers:
	"""Processes that each have a connection of their own; at the end of the block they are gone."""

	def __init__(self, site, count):
		context = multiprocessing.get_context("spawn")
		self._pipes, self._processes = [], []
		for _ in range(count):
			here, there = context.Pipe()
			process = context.Process(target=_work, args=(site, there), daemon=True)
			process.start()
			there.close()  # so that a worker that dies is noticed
			self._pipes.append(here)
			self._processes.append(process)

	def __enter__(self):
		return self

	def __exit__(self, *error):
		for pipe, process in zip(self._pipes, self._processes, strict=True):
			pipe.send(None)
			process.join(10)

	def measure(self, jobs):
		"""Do each job in a process of its own, all at once; what each has measured, in order."""
		pipes = self._pipes[: len(jobs)]
		for pipe, job in zip(pipes, jobs, strict=True):
			pipe.send(job)
		_answers(pipes)  # each is ready
		for pipe in pipes:
			pipe.send("go")
		return _answers(pipes)


def _answers(pipes):
	answers = [pipe.recv() for pipe in pipes]
	for answer in answers:
		if isinstance(answer, str) and answer != "ready":
			raise SystemExit(answer)
	return answers


def connect(site):
	frappe.init(site=site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")


def _work(site, pipe):
	connect(site)
	while job := pipe.recv():
		try:
			_forget_settings()
			pipe.send("ready")
			pipe.recv()
			pipe.send(_measured(job))
		except Exception:  # noqa: BLE001 - the process that waits ends with it
			pipe.send(traceback.format_exc())
	frappe.destroy()


def _forget_settings():
	"""The process that measures has changed them. Everything else stays cached."""
	frappe.db.rollback()
	frappe.set_user("Administrator")
	frappe.clear_document_cache("Billing Settings", "Billing Settings")
	frappe.cache.delete_value("notifications")


@dataclass
class Seen:
	"""What a job was seen to do.

	``started`` and ``ended`` are seconds of a clock that all processes share. ``processor``: seconds of this process's own
	work; the rest of the time it waits, for the database above all. ``held``: seconds that the row of the number series is
	locked. ``batches``: of each batch in bulk its seconds and those in which it held the series, for one invoice.
	``waits``: deadlocks and lock timeouts, after which a batch is done again.
	"""

	started: float = 0
	ended: float = 0
	processor: float = 0
	statements: int = 0
	held: float = 0
	waits: int = 0
	batches: list = field(default_factory=list)


def _measured(job):
	way = ways.BY_KEY[job["way"]]
	with ways.registered(way.hooks), watched() as seen:
		seen.started, used = time.perf_counter(), time.process_time()
		way.bill(job["names"], job)
		seen.ended, seen.processor = time.perf_counter(), time.process_time() - used
	return seen


def _series_prefix():
	options = frappe.get_meta("Sales Invoice").get_naming_series_options()
	return NamingSeries(f"{options[0]}.#####").get_prefix()


@contextmanager
def watched():
	"""What happens between this process and the database in the block."""
	seen, locked = Seen(), []
	prefix = _series_prefix()
	database = frappe.local.db
	sql, commit, in_bulk = database.sql, database.commit, contract_billing.bill_in_bulk

	def counting(query, values=(), *arguments, **named):
		seen.statements += 1
		try:
			found = sql(query, values, *arguments, **named)
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			seen.waits += 1
			locked.clear()
			raise
		if not locked and "tabSeries" in str(query) and prefix in json.dumps(values, default=str):
			locked.append(time.perf_counter())
		return found

	def committing(*arguments, **named):
		commit(*arguments, **named)
		if locked:
			seen.held += time.perf_counter() - locked.pop()

	def batch(units, *arguments, **named):
		started, held = time.perf_counter(), seen.held
		left = in_bulk(units, *arguments, **named)
		seen.batches.append(((time.perf_counter() - started) / len(units), (seen.held - held) / len(units)))
		return left

	database.sql, database.commit, contract_billing.bill_in_bulk = counting, committing, batch
	try:
		yield seen
	finally:
		del database.sql, database.commit
		contract_billing.bill_in_bulk = in_bulk


def switch(way):
	"""Post in bulk or not, and let the notification be there or not."""
	frappe.db.set_value("Notification", ways.NOTIFICATION, "enabled", int(way.hooks == ways.EVERY))
	frappe.cache.delete_value("notifications")
	post_in_bulk(way.in_bulk)


def post_in_bulk(wanted):
	frappe.db.set_single_value("Billing Settings", "post_in_bulk", int(wanted))
	frappe.db.commit()
	frappe.clear_document_cache("Billing Settings", "Billing Settings")


def jobs(way, things, lines, count, size=None, customer=None):
	"""``count`` jobs of one run, each with ``size`` units of its own."""
	size = size or way.size
	names = way.make(things, lines, count * size, customer)
	frappe.db.commit()
	job = {
		"way": way.key,
		"items": things.items[:lines],
		"tax_template": things.tax_template,
		"cost_center": things.cost_center,
	}
	if way.bill is ways.bill_contracts:
		job["run"] = runs.create(ways.START, "User")
		things.runs.append(job["run"])
		job["attempt"] = runs.start(job["run"], len(names), count, clock.now())
		frappe.db.commit()
	return [{**job, "names": names[number * size : (number + 1) * size]} for number in range(count)]


def invoices_of(way, todo):
	"""The invoices that jobs have made. Ends the transaction, to see what the workers have committed."""
	frappe.db.rollback()
	names = [name for job in todo for name in job["names"]]
	return frappe.get_all("Sales Invoice", {way.link: ("in", names), "docstatus": 1}, pluck="name")


def remove(invoices):
	"""Take away invoices and what was written with them, so that the tables do not grow while it is measured."""
	for doctype, field_name in reversed(INVOICE_TABLES.items()):
		frappe.db.delete(doctype, {field_name: ("in", invoices)})
	frappe.db.commit()


def remove_all(things):
	"""Take away contracts, subscriptions, their customers, runs and the notification."""
	made = ("like", f"{ways.PREFIX}%")
	for doctype, column, names in (
		("Customer", "name", made),
		*_with_rows("Billing Contract", "Billing Contract Line", made),
		*_with_rows("Billing Contract", "Billing Contract Line", ("in", [*things.contracts.values()])),
		*_with_rows("Subscription", "Subscription Plan Detail", made),
		*_with_rows("Subscription", "Subscription Plan Detail", ("in", [*things.subscriptions.values()])),
		*_with_rows("Billing Run", "Billing Run Total", ("in", things.runs)),
		("Billing Run Lane", "parent", ("in", things.runs)),
	):
		frappe.db.delete(doctype, {column: names})
	frappe.delete_doc_if_exists("Notification", ways.NOTIFICATION)
	frappe.db.commit()


def _with_rows(doctype, row_doctype, names):
	return (doctype, "name", names), (row_doctype, "parent", names)
