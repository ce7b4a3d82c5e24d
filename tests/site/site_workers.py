"""What the tests let run in processes of their own, each with its own connection, as workers would."""

import multiprocessing
import os
import signal

import frappe


def start(target, *arguments):
	"""A worker process that runs ``target`` on the site under test."""
	process = multiprocessing.get_context("spawn").Process(
		target=_connected, args=(target, frappe.local.site, *arguments)
	)
	process.start()
	return process


def _connected(target, site, *arguments):
	frappe.init(site=site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	try:
		target(*arguments)
	finally:
		frappe.destroy()


def bill(name, as_of):
	from billing_ext.services import contract_billing

	contract_billing.bill(name, as_of)


def bill_unit(names, as_of):
	from billing_ext.services import contract_billing

	barred = contract_billing.bill_unit(names, as_of)
	assert barred == {}


def die_between_charge_and_invoice(name, as_of):
	from billing_ext.repositories import invoices

	def die(*arguments, **named):
		os.kill(os.getpid(), signal.SIGKILL)

	invoices.create = die
	bill(name, as_of)


def work_off(queue):
	"""An RQ worker that ends when its queue is empty."""
	from frappe.utils.background_jobs import start_worker

	start_worker(queue=queue, burst=True, quiet=True)


def bill_chunk(run, names, as_of):
	from billing_ext.services import billing_run

	billing_run.bill_chunk(run, 1, as_of.isoformat(), [(name,) for name in names])


def die_after_bulk(run, names, as_of):
	from billing_ext.repositories.posting_lanes import BulkLane

	create_many = BulkLane.create_many

	def die(lane, batch):
		create_many(lane, batch)
		os.kill(os.getpid(), signal.SIGKILL)

	BulkLane.create_many = die
	bill_chunk(run, names, as_of)


def bill_after_touching_a_locked_row(run, names, as_of):
	"""Record a kind of invoice as the bulk lane does, and in the middle of it want a row that another one holds."""
	import frappe

	from billing_ext.repositories.posting_lanes import recording

	stored = recording._stored_rows

	def touching(name):
		frappe.db.sql("select name from `tabFiscal Year` for update")
		return stored(name)

	recording._stored_rows = touching
	bill_chunk(run, names, as_of)
