"""A month through the Tripletex sync, with everything going wrong that may: how fast, how many calls, and does it end green?

`python benchmark_tripletex.py SITE [INVOICES]`, run from <bench>/sites with tests/site and tests/tripletex on the path. The simulator answers in process and time is
virtual, so the figures are the app's own work; Tripletex takes one to two seconds for a write (docs/tripletex.md). For each
thousand invoices there are 60 credit notes and 900 payments. Ends with an error unless both books agree to the øre.
"""

import json
import random
import sys
from collections import Counter
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from time import monotonic

import frappe
import tripletex_site as site_books
from site_builders import COMPANY, customer

from billing_ext.integrations.tripletex.delivery import State
from billing_ext.repositories import clock
from billing_ext.repositories.tripletex import reconciliations
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services.tripletex import comparison, connection, inbound, worker

INVOICES = 1_000
SEED = 20261122
TROUBLE = 0.02
"""Share of calls that go wrong."""
FAULTS = (
	"timeout_before", "timeout_after_commit", "reset_mid_body", "500_html", "500_after_commit", "429", "401", "truncated_json",
)  # fmt: skip
KILLS = 0.01
"""Share of messages at which the worker dies."""
LONGEST = 400
"""Rounds after which the queue must be empty."""


class Killed(BaseException):
	"""The worker's process dies here."""


class Reaper:
	"""Kills workers at random, at any of the places where that could do harm."""

	def __init__(self, chance):
		self.chance, self.kills = chance, 0

	def __call__(self, place):
		if self.chance.random() < KILLS:
			self.kills += 1
			raise Killed(place)


def main(site, invoices=INVOICES):
	frappe.init(site=site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	month = unused_month()
	books = site_books.Books(datetime.combine(month + timedelta(days=30), time(10), timezone.utc))
	connection.client, clock.now, clock.today = books.client, books.local, lambda: books.local().date()
	frappe.enqueue = lambda *args, **kwargs: None
	site_books.clear()
	site_books.make_settings(books, go_live_date=month)
	result = run(books, month, int(invoices))
	show(result)
	Path("benchmark-tripletex.json").write_text(json.dumps(result, indent=1))
	site_books.clear()
	frappe.destroy()
	if result["status"] != "Green":
		sys.exit("The reconciliation is not green.")


def unused_month():
	"""The first day of a month in which the company has no invoice: an earlier run's are not in this Tripletex."""
	last = frappe.db.get_value("Sales Invoice", {"company": COMPANY, "docstatus": 1}, "max(posting_date)")
	return ((last or date(2026, 9, 1)).replace(day=1) + timedelta(days=32)).replace(day=1)


def run(books, month, count):
	chance = random.Random(SEED)
	began = monotonic()
	documents = make_documents(books, month, count, chance)
	submit_seconds = monotonic() - began
	reaper = worker.crash_point = Reaper(chance)
	books.sim.faults.random(SEED, TROUBLE, FAULTS)
	began, calls = monotonic(), len(books.sim.requests)
	rounds = deliver_all(books)
	sync_seconds, sync_calls = monotonic() - began, len(books.sim.requests) - calls
	payments = pay(books, month, documents, chance)
	began, calls = monotonic(), len(books.sim.requests)
	polls = poll_all(books, payments)
	poll_seconds, poll_calls = monotonic() - began, len(books.sim.requests) - calls
	worker.crash_point = lambda place: None
	struck = Counter(kind for _method, _path, kind in books.sim.faults.struck)
	books.sim.faults.clear()
	calls = len(books.sim.requests)
	status = reconcile(month)
	return {
		"documents": len(documents),
		"payments": payments,
		"faults": dict(struck),
		"killed": reaper.kills,
		"rounds": rounds,
		"documents_per_minute": round(len(documents) / sync_seconds * 60),
		"calls_per_document": round(sync_calls / len(documents), 2),
		"booking_beside_submitting": round(sync_seconds / submit_seconds, 2),
		"payments_per_minute": round(payments / poll_seconds * 60),
		"poll_calls": poll_calls,
		"polls": polls,
		"reconciliation_calls": len(books.sim.requests) - calls,
		"in_tripletex": len(books.sim.invoices()),
		"lost": len(documents) - len(books.sim.invoices()),
		"most_calls_in_a_window": books.sim.calls_per_window(),
		"violations": len(books.sim.violations),
		"sent_to_customers": len(books.sim.sent_box),
		"status": status,
	}


def make_documents(books, month, count, chance):
	"""Invoices of one to three rows for a fifth as many customers, and credit notes for 6 % of them."""
	parties = [customer() for _ in range(max(count // 5, 1))]
	invoices = []
	for number in range(count):
		amounts = [round(chance.uniform(50, 9_000), 2) for _ in range(chance.randint(1, 3))]
		day = month + timedelta(days=number * 28 // count)
		invoices.append(
			books.invoice(
				*amounts, party=chance.choice(parties), posting_date=day, due_date=day + timedelta(days=14)
			)
		)
		if number % 100 == 99:
			print(f"  {number + 1} invoices submitted", flush=True)
	credits = [
		books.credit(invoice, None if chance.random() < 0.5 else 25.55)
		for invoice in chance.sample(invoices, count * 6 // 100)
	]
	return [*invoices, *credits]


def deliver_all(books):
	"""Sweep until nothing is left to do; the rounds that took."""
	for done in range(1, LONGEST):
		try:
			books.deliver()
		except Killed:
			frappe.db.rollback()
			frappe.set_user("Administrator")
		if not unfinished():
			return done
		books.wait(minutes=6)
	sys.exit(f"Left in the queue: {unfinished()[:20]}")


def unfinished():
	states = [state.value for state in State if state.is_unfinished]
	return frappe.get_all("Tripletex Outbox Message", filters={"status": ("in", states)}, pluck="name")


def pay(books, month, documents, chance):
	"""Nine tenths of the invoices are paid at the bank: mostly with KID, some in two parts."""
	count = 0
	open_invoices = [row for row in books.sim.invoices() if row["amountOutstanding"] > 0]
	wanted = len([each for each in documents if not each.is_return]) * 9 // 10
	for row in chance.sample(open_invoices, min(wanted, len(open_invoices))):
		amount, day = row["amountOutstanding"], str(month + timedelta(days=27))
		if chance.random() < 0.1:
			part = (amount / 3).quantize(Decimal("0.01"))
			books.sim.bank.pay(row["invoiceNumber"], part, day)
			amount -= part
			count += 1
		books.sim.bank.ocr(row["kid"], amount, day)
		count += 1
	return count


def poll_all(books, payments):
	"""Poll until every payment is booked; the polls that took."""
	for done in range(1, LONGEST):
		books.wait(minutes=61)
		try:
			inbound.poll(COMPANY)
		except Killed:
			frappe.db.rollback()
		frappe.set_user("Administrator")
		frappe.db.rollback()
		if frappe.db.count("Tripletex Payment", {"kind": "Payment", "status": "Booked"}) == payments:
			return done
	sys.exit("Payments are missing.")


def reconcile(month):
	name = in_transaction(lambda: reconciliations.create(COMPANY, month))
	comparison.compare(name)
	frappe.set_user("Administrator")
	doc = frappe.get_doc("Tripletex Reconciliation", name)
	for row in doc.differences:
		if not row.explanation:
			print(f"  {row.section}: {row.label}: {row.ours} here, {row.theirs} there")
	return doc.status


def show(result):
	print(
		f"\n  A month through the Tripletex sync: {result['documents']} documents, {result['payments']} payments,"
		f" {sum(result['faults'].values())} faults, {result['killed']} killed workers\n"
	)
	for name, value in result.items():
		print(f"  {name.replace('_', ' '):<28}{value}")


if __name__ == "__main__":
	main(*sys.argv[1:])
