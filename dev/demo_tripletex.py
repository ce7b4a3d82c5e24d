"""The demo company's Tripletex: a simulator on this machine, in which its invoices of the last months are booked.

Everything goes the way that an administrator and the scheduler would: connection, maps, queue, bank, poll, reconciliation.
"""

import json
import random
from datetime import date
from urllib.request import Request, urlopen

import frappe

from billing_ext.repositories.tripletex import reconciliations
from billing_ext.repositories.tripletex.settings import simulator_address
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services.tripletex import comparison, exchange_rates, inbound, setup, worker

GO_LIVE = date(2026, 8, 1)
MONTHS = (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1))
CONSUMER, EMPLOYEE = "consumer", "employee"
"""The simulator's tokens."""
CODES = {0: "52", 25: "3"}
"""VAT codes of the demo's tax rates: abroad and standard."""
SEED = 20260801


def set_up(company):
	"""Tripletex Settings, connected and with the maps as proposed; those there are left as they are."""
	if frappe.db.exists("Tripletex Settings", company):
		return
	settings = frappe.get_doc(
		{
			"doctype": "Tripletex Settings",
			"company": company,
			"environment": "Simulator",
			"consumer_token": CONSUMER,
			"employee_token": EMPLOYEE,
			"go_live_date": GO_LIVE,
			"kid_length": "10",
		}
	).insert()
	frappe.db.commit()
	setup.check_connection(company)
	maps = setup.propose_maps(company)["maps"]
	for rule in maps["vat_rules"]:
		rule["vat_code"] = rule["vat_code"] or CODES[int(rule["rate"])]
	setup.apply_maps(company, {name: complete(rows) for name, rows in maps.items()})
	settings.reload()
	settings.update({"enabled": 1, "dry_run": 0})
	settings.save()
	frappe.db.commit()


def begin_day(company, day):
	"""Fetch the exchange rate of the day, as the scheduler would before it bills."""
	if day >= GO_LIVE:
		exchange_rates.fetch_for(company)


def complete(rows):
	"""Rows for which Tripletex has something."""
	return [row for row in rows if row.get("number") != 0]


def book(company):
	"""Send what waits, let customers pay at the bank, book what they paid, and compare the books."""
	if frappe.db.count("Tripletex Reconciliation", {"company": company}):
		return
	print("  booking in Tripletex", flush=True)
	while worker.deliver_due(company):
		pass
	frappe.set_user("Administrator")
	pay()
	inbound.poll(company)
	frappe.set_user("Administrator")
	for month in MONTHS:
		name = in_transaction(lambda month=month: reconciliations.create(company, month))
		comparison.compare(name)
		frappe.set_user("Administrator")


def pay():
	"""Most customers pay with KID on the day their invoice is due; a few pay half of it, or not at all."""
	chance = random.Random(SEED)
	due = {
		"due_date": ("<=", "2026-10-31"),
		"billing_ext_number": ("is", "set"),
		"is_return": 0,
		"docstatus": 1,
	}
	fields = ["billing_ext_number", "due_date", "outstanding_amount", "currency"]
	for invoice in frappe.get_all("Sales Invoice", filters=due, fields=fields, order_by="due_date, name"):
		if invoice.outstanding_amount <= 0 or chance.random() < 0.1 or invoice.currency != "NOK":
			continue
		amount = (
			invoice.outstanding_amount if chance.random() < 0.9 else round(invoice.outstanding_amount / 2, 2)
		)
		at_the_bank(
			"pay", invoice_number=int(invoice.billing_ext_number), amount=amount, date=str(invoice.due_date)
		)


def at_the_bank(action, **values):
	"""Something that happens in Tripletex's bank, by the simulator's own page."""
	address = simulator_address().removesuffix("/v2")
	data = json.dumps(values).encode()
	with urlopen(Request(f"{address}/simulator/bank/{action}", data=data, method="POST")) as answer:  # noqa: S310
		answer.read()


def report(company):
	"""What the sync has done, in a few lines."""
	booked = frappe.db.count("Tripletex Mapping", {"company": company, "kind": "Invoice"})
	payments = frappe.db.count("Tripletex Payment", {"company": company, "status": "Booked"})
	print(f"\n  Tripletex (simulator): {booked} documents booked, {payments} payments back")
	fields = ["month", "status"]
	for row in frappe.get_all("Tripletex Reconciliation", {"company": company}, fields, order_by="month"):
		print(f"  {row.month:%Y-%m}  {row.status}")
	print(f"  Its own page: {simulator_address().removesuffix('/v2')}/simulator\n")
