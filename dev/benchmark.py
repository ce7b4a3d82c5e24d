"""How fast billing is on a site, beside ERPNext's own ways: one invoice, many, and two workers at once.

`python benchmark.py SITE [--rounds N] [--growth]`, run from <bench>/sites. The ways take turns in rounds, so that the
machine's noise cancels out of the ratios. Prints a table and writes everything as JSON to `benchmark.json` in the
current directory. What it makes on the site it takes away again.
"""

import argparse
import json
import os
import platform
import statistics
from dataclasses import asdict
from pathlib import Path

import benchmark_growth as growth
import benchmark_table as table
import benchmark_ways as ways
import benchmark_workers as workers
import frappe

from billing_ext.repositories import settings
from billing_ext.repositories.posting_lanes import comparison
from billing_ext.services import bulk_posting

WORKERS = 2
WARM_UP = 3
WHOSE = ("owner", "modified_by")


def main(arguments):
	workers.connect(arguments.site)
	was_on = settings.load().post_in_bulk
	ways.make_notification()
	things = ways.make_things()
	result = {"machine": machine(), "versions": versions(), "settings": site_settings()}
	try:
		with workers.Workers(arguments.site, WORKERS) as pool:
			warm_up(pool, things, in_bulk=False)
			prove_lanes_equal()
			warm_up(pool, things, in_bulk=True)
			result["ways"] = side_by_side(pool, things, arguments.rounds)
			add_ledgers(pool, things, result["ways"])
			if arguments.growth:
				result["growth"] = growth.measure(pool, things, arguments.rounds, measured)
	finally:
		workers.remove_all(things)
		workers.post_in_bulk(was_on)
	result["machine"]["load_after"] = os.getloadavg()[0]
	result["goals"] = table.goals(result)
	table.show(result)
	Path("benchmark.json").write_text(json.dumps(result, indent=1))
	frappe.destroy()


# Where it is measured


def machine():
	model = next(
		line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
	)
	return {
		"processor": model.split(":")[1].strip(),
		"cores": os.cpu_count(),
		"gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
		"system": platform.platform(terse=True),
		"load_before": os.getloadavg()[0],
	}


def versions():
	apps = {app: frappe.get_attr(f"{app}.__version__") for app in ("frappe", "erpnext", "billing_ext")}
	return {**apps, "python": platform.python_version(), "mariadb": frappe.db.sql("select version()")[0][0]}


def site_settings():
	"""What of the database and the site the figures depend on."""
	variables = ("innodb_buffer_pool_size", "innodb_flush_log_at_trx_commit", "log_bin", "sync_binlog")
	return {
		**dict(frappe.db.sql("show variables where variable_name in %s", [variables])),
		"sales_update_frequency": frappe.db.get_single_value("Selling Settings", "sales_update_frequency"),
		"contracts_per_job": ways.JOB,
		"contracts_per_batch": bulk_posting.BATCH,
		"different_prices": ways.PRICES,
		"invoices_at_the_beginning": frappe.db.count("Sales Invoice"),
	}


# What is measured


def warm_up(pool, things, *, in_bulk):
	"""Imports, descriptions of DocTypes and the like are in each worker's memory before anything is measured.

	What ERPNext writes for an item's very first invoice only is written then as well.
	"""
	for way in ways.WAYS:
		if way.in_bulk == in_bulk:
			measured(pool, way, things, max(ways.LINES), WORKERS, size=WARM_UP)


def prove_lanes_equal():
	"""What a site must pass before anything is posted in bulk."""
	compared = bulk_posting.compare_lanes()
	if compared.result != bulk_posting.PASSED:
		raise SystemExit(f"The lanes are not equal on this site: {compared.report}")


def side_by_side(pool, things, rounds):
	"""A row for each way and number of lines."""
	samples = {}
	for number in range(rounds):
		for lines in ways.LINES:
			for way in ways.WAYS:
				print(f"  round {number + 1} of {rounds}, lines {lines}: {way.key}", flush=True)
				alone = measured(pool, way, things, lines, 1)
				together = measured(pool, way, things, lines, WORKERS)
				samples.setdefault((lines, way), []).append((alone, together))
	return rated([row(lines, way, taken) for (lines, way), taken in samples.items()])


def measured(pool, way, things, lines, count, size=None):
	"""What ``count`` workers have been seen to do with as many jobs at once; the invoices are removed again."""
	workers.switch(way)
	todo = workers.jobs(way, things, lines, count, size)
	seen = pool.measure(todo)
	invoices = workers.invoices_of(way, todo)
	wanted = sum(len(job["names"]) for job in todo)
	workers.remove(invoices)
	assert len(invoices) == wanted, f"{way.key}: {len(invoices)} invoices instead of {wanted}"
	return seen


def row(lines, way, taken):
	"""Medians of the rounds, of milliseconds and statements for one invoice."""

	def alone(figure):
		return statistics.median(figure(seen) / way.size for (seen,), _together in taken)

	milliseconds = 1000 * alone(lambda seen: seen.ended - seen.started)
	of_all = statistics.median(60 * WORKERS * way.size / duration(seen) for _alone, seen in taken)
	return {
		"lines": lines,
		"way": way.title,
		"hooks": way.hooks,
		"milliseconds": milliseconds,
		"milliseconds_of_python": 1000 * alone(lambda seen: seen.processor),
		"milliseconds_series_held": 1000 * alone(lambda seen: seen.held),
		"statements": alone(lambda seen: seen.statements),
		"per_minute": 60_000 / milliseconds,
		"per_minute_two_workers": of_all,
		"two_workers_to_one": of_all * milliseconds / 60_000,
		"deadlocks": sum(each.waits for _alone, seen in taken for each in seen),
		"serial": serial([batch for (seen,), _together in taken for batch in seen.batches[1:]]),
		"rounds": [[asdict(each) for each in (*one, *two)] for one, two in taken],
	}


def duration(seen):
	"""Seconds from the first worker's beginning to the last one's end."""
	return max(each.ended for each in seen) - min(each.started for each in seen)


def serial(batches):
	"""What of a batch only one worker can do at a time; the first of a job, which learns, is left out."""
	if not batches:
		return None
	milliseconds, held = (
		1000 * bulk_posting.BATCH * statistics.median(each) for each in zip(*batches, strict=True)
	)
	return {
		"milliseconds_of_a_batch": milliseconds,
		"milliseconds_series_held": held,
		"share": held / milliseconds,
		"per_minute_at_most": 60_000 * bulk_posting.BATCH / held,
	}


def rated(rows):
	"""With how many times as fast as Subscription they are, with the same lines and hooks.

	With billing_ext's hooks alone Subscription is not measured; it is a little faster without any, and taken so.
	"""
	base = {(each["lines"], each["hooks"]): each for each in rows if each["way"] == ways.SUBSCRIPTION}
	for each in rows:
		hooks = ways.NONE if each["hooks"] == ways.OWN else each["hooks"]
		each["ratio"] = base[each["lines"], hooks]["milliseconds"] / each["milliseconds"]
	return rows


def add_ledgers(pool, things, rows):
	"""Add to the rows whether each way writes the same for the same customer, items and amounts.

	``ledger``: where entries differ, in any column but who made them, from those of insert() and submit(). ``invoice``:
	where any row differs from those of the standard lane.
	"""
	for lines in ways.LINES:
		made = {(way.title, way.hooks): rows_made(pool, way, things, lines) for way in ways.WAYS}
		for each in rows:
			if each["lines"] == lines:
				own = made[each["way"], each["hooks"]]
				each["ledger"] = differences(
					made[ways.DOCUMENT, ways.EVERY], own, ("GL Entry", "Payment Ledger Entry")
				)
				if each["way"] in (ways.STANDARD, ways.BULK, ways.VARIOUS):
					each["invoice"] = differences(made[ways.STANDARD, ways.EVERY], own, tuple(own))


def rows_made(pool, way, things, lines):
	"""The rows of one invoice of a way."""
	workers.switch(way)
	todo = workers.jobs(way, things, lines, 1, size=WARM_UP, customer=things.customer)
	pool.measure(todo)
	invoices = workers.invoices_of(way, todo)
	if way.in_bulk:
		by_bulk = {"sales_invoice": ("in", invoices), "posting_lane": "Bulk"}
		made = frappe.get_all("Billing Charge", by_bulk, pluck="sales_invoice")
	else:
		made = invoices
	rows = comparison.stored_rows(made[0])
	workers.remove(invoices)
	return rows


def differences(one, other, tables):
	"""Where rows differ, save in who made them and in the names of this way's contract, charge and run."""

	def comparable(rows):
		return {
			table: [
				{
					name: value
					for name, value in each.items()
					if name not in WHOSE and not name.startswith("billing_ext_")
				}
				for each in rows[table]
			]
			for table in tables
		}

	return comparison.differences(comparable(one), comparable(other))


def arguments():
	parser = argparse.ArgumentParser()
	parser.add_argument("site")
	parser.add_argument("--rounds", type=int, default=3)
	parser.add_argument(
		"--growth", action="store_true", help="also with 20,000 and 50,000 invoices in the tables"
	)
	return parser.parse_args()


if __name__ == "__main__":
	main(arguments())
