"""What an invoice costs with more and more invoices in the tables: these are filled with copies, and emptied again."""

import statistics

import benchmark_ways as ways
import benchmark_workers as workers
import frappe

SIZES = (20_000, 50_000)
STEP = 5_000
PREFIX = "fill-"
CUSTOMERS = 2_000
DAYS = 730
"""Posting dates of the copies: as many days around the day of the template, evenly."""
GROWN = tuple(way for way in ways.WAYS if way.hooks == ways.EVERY and way.title != ways.VARIOUS)

NEW = f"concat('{PREFIX}', copy.seq)"
CUSTOMER = f"concat('{PREFIX}', mod(copy.seq, {CUSTOMERS}))"
SHIFT = f"interval cast(mod(copy.seq, {DAYS}) as signed) - {DAYS // 2} day"


def measure(pool, things, rounds, measured):
	"""Milliseconds for one invoice of one line, by way, at each number of invoices.

	The first and the last are measured without the copies: how far they differ is the machine's doing.
	"""
	template = _template(pool, things)
	found = [_at_present(pool, things, rounds, measured)]
	try:
		for size in SIZES:
			fill(template, size)
			found.append(_at_present(pool, things, rounds, measured))
	finally:
		empty()
		workers.remove([template])
	found.append(_at_present(pool, things, rounds, measured))
	return found


def _at_present(pool, things, rounds, measured):
	"""The median of the rounds for each way, in which they take turns."""
	seen = {way.title: [] for way in GROWN}
	for _ in range(rounds):
		for way in GROWN:
			(job,) = measured(pool, way, things, 1, 1)
			seen[way.title].append(1000 * (job.ended - job.started) / way.size)
	return {
		"invoices": frappe.db.count("Sales Invoice"),
		"milliseconds": {title: statistics.median(values) for title, values in seen.items()},
	}


def _template(pool, things):
	"""An invoice of a contract, to be copied."""
	way = next(way for way in GROWN if way.title == ways.STANDARD)
	workers.switch(way)
	todo = workers.jobs(way, things, 1, 1, size=1)
	pool.measure(todo)
	return workers.invoices_of(way, todo)[0]


def fill(template, size):
	"""Copy the invoice ``template`` until there are ``size`` invoices."""
	first = frappe.db.count("Sales Invoice", {"name": ("like", f"{PREFIX}%")}) + 1
	last = first + size - frappe.db.count("Sales Invoice") - 1
	for start in range(first, last + 1, STEP):
		for doctype, column in workers.INVOICE_TABLES.items():
			numbers = (start, min(start + STEP - 1, last))
			ways.copy_rows(doctype, (column, template), numbers, **_values(doctype, template))
		frappe.db.commit()
	settle()


def _values(doctype, template):
	"""Names, links, customer and dates of a copy."""
	named = NEW if doctype == "Sales Invoice" else f"concat({NEW}, '-', source.name)"
	links = ("parent", "voucher_no", "against_voucher", "against_voucher_no", "sales_invoice")
	customer = frappe.db.get_value("Sales Invoice", template, "customer")
	dates = (
		"posting_date",
		"due_date",
		"transaction_date",
		"creation",
		"modified",
		"service_start",
		"service_end",
	)
	return {
		"name": named,
		**{column: f"if(source.{column} = '{template}', {NEW}, source.{column})" for column in links},
		**{
			column: f"if(source.{column} = '{customer}', {CUSTOMER}, source.{column})"
			for column in ("customer", "party", "against")
		},
		**{column: f"source.{column} + {SHIFT}" for column in dates},
		"fiscal_year": f"year(source.posting_date + {SHIFT})",
		"subscription": CUSTOMER,
		"contract": CUSTOMER,
		"billing_ext_contract": CUSTOMER,
		"billing_ext_run": f"concat('{PREFIX}', mod(copy.seq, 24))",
		"billing_run": f"concat('{PREFIX}', mod(copy.seq, 24))",
		"billing_ext_charge": f"concat({NEW}, '-', source.billing_ext_charge)",
		"sales_invoice_item": f"concat({NEW}, '-', source.sales_invoice_item)",
		"billing_key": named,
	}


def empty():
	"""Take the copies away."""
	frappe.db.rollback()
	for doctype, column in workers.INVOICE_TABLES.items():
		frappe.db.delete(doctype, {column: ("like", f"{PREFIX}%")})
		frappe.db.commit()
	settle()


def settle():
	"""Let the database know how many rows there are now."""
	for doctype in workers.INVOICE_TABLES:
		frappe.db.sql(f"analyze table `tab{doctype}`")
