"""Random documents, faults, killed workers, clock jumps and reorderings: at rest both books agree, and nothing is doubled.

The documents are submitted once, and queued anew for an empty Tripletex in each run: what a run exercises is the sync.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import frappe
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
	RuleBasedStateMachine,
	initialize,
	precondition,
	rule,
	run_state_machine_as_test,
)
from site_builders import COMPANY, customer
from tripletex_simulator import Simulator
from tripletex_site import EXPORT, Books

from billing_ext.integrations.tripletex.delivery import State
from billing_ext.integrations.tripletex.documents import Strategy
from billing_ext.repositories.tripletex import mappings, references
from billing_ext.services.tripletex import outgoing, worker

pytestmark = pytest.mark.commits

RUNS = int(os.environ.get("BILLING_EXT_TRIPLETEX_RUNS") or (500 if os.environ.get("CI") == "true" else 60))
FAULTS = (
	"timeout_before", "timeout_after_commit", "reset_mid_body", "500_json", "500_html", "500_after_commit", "429",
	"401", "409_8000", "slow", "truncated_json", "null_fields", "extra_fields",
)  # fmt: skip
PLACES = ("before send", "after send", "before verified")
POOL = 10


class Killed(BaseException):
	"""The worker's process dies here."""


class Pool:
	"""Submitted documents of every kind: rows, VAT codes, a foreign currency, partial and full credit notes."""

	def __init__(self, books: Books) -> None:
		chance = random.Random(20261122)
		parties = [customer() for _ in range(4)]
		self.invoices = [self._invoice(books, chance, chance.choice(parties)) for _ in range(POOL)]
		self.credits = [
			books.credit(self.invoices[0]),
			books.credit(self.invoices[1], 10.05),
			books.credit(self.invoices[2], 33.33),
		]
		self.documents = [*self.invoices, *self.credits]

	def restore(self, strategy: Strategy) -> None:
		"""Nothing is left of the last run. Documents have their numbers before they are sent, or get them from Tripletex."""
		for party in {doc.customer for doc in self.documents}:
			frappe.db.set_value("Customer", party, "mobile_no", "")
		own = strategy is not Strategy.TRIPLETEX_NUMBERS
		for doc in self.documents:
			values = {
				field: doc.get(field) if own else None for field in ("billing_ext_number", "billing_ext_kid")
			}
			frappe.db.set_value("Sales Invoice", doc.name, values, update_modified=False)
		frappe.db.commit()

	@staticmethod
	def _invoice(books: Books, chance: random.Random, party: str) -> Any:
		amounts = [round(chance.uniform(34, 20_000), 2) for _ in range(chance.randint(1, 4))]
		template = chance.choice(["MVA 25% - FS", "MVA 25% - FS", EXPORT])
		return books.invoice(*amounts, party=party, taxes_and_charges=template)


@contextmanager
def dying_at(place: str) -> Iterator[None]:
	"""The worker dies when it comes to ``place``."""

	def die(name: str) -> None:
		if name == place:
			raise Killed

	before, worker.crash_point = worker.crash_point, die
	try:
		yield
	except Killed:
		frappe.db.rollback()
	finally:
		worker.crash_point = before
		frappe.set_user("Administrator")


class SyncMachine(RuleBasedStateMachine):
	"""One run: an empty Tripletex, some documents, and whatever can go wrong."""

	books: Books
	pool: Pool

	@initialize(strategy=st.sampled_from([*Strategy] + [Strategy.OWN_NUMBERS] * 3))
	def begin(self, strategy: Strategy) -> None:
		self.strategy = strategy
		self.books.sim = Simulator(clock=lambda: self.books.now, tokens=self.books.sim.tokens)
		self.books.forget_session()
		self.queued: list[Any] = []
		wipe()
		references.forget(COMPANY)
		self.books.settings(strategy=strategy.value)
		self.pool.restore(strategy)

	# What people do

	@rule(index=st.integers(0, POOL + 2))
	def submit(self, index: int) -> None:
		doc = self.pool.documents[index]
		if doc in self.queued:
			return
		needed = [doc]
		if doc.is_return:
			original = next(each for each in self.pool.invoices if each.name == doc.return_against)
			needed = [each for each in (original, doc) if each not in self.queued]
		for each in needed:
			outgoing.on_submit(each)
			self.queued.append(each)
		frappe.db.commit()

	@precondition(lambda self: self.queued)
	@rule(index=st.integers(0, POOL), phone=st.sampled_from(["+47 22 33 44 55", "+47 99 88 77 66"]))
	def change_customer(self, index: int, phone: str) -> None:
		party = self.queued[index % len(self.queued)].customer
		frappe.db.set_value("Customer", party, "mobile_no", phone)
		outgoing.customer_changed(party)
		frappe.db.commit()

	# What the machines do

	@rule()
	def deliver(self) -> None:
		self.books.deliver()

	@precondition(lambda self: self.queued)
	@rule(seed=st.integers(0, 2**16))
	def deliver_out_of_order(self, seed: int) -> None:
		names = frappe.get_all(
			"Tripletex Outbox Message", filters={"company": COMPANY}, pluck="name", order_by="message_key"
		)
		for name in random.Random(seed).sample(names, min(3, len(names))):
			worker.deliver(name)
		frappe.set_user("Administrator")
		frappe.db.rollback()

	@rule(minutes=st.sampled_from([1, 2, 6, 31, 130, 1500]))
	def time_passes(self, minutes: int) -> None:
		self.books.wait(minutes=minutes)

	# What goes wrong

	@rule(seed=st.integers(0, 2**16), probability=st.sampled_from([0.1, 0.3, 0.6]))
	def trouble(self, seed: int, probability: float) -> None:
		self.books.sim.faults.random(seed, probability, FAULTS)

	@rule(path=st.sampled_from(["/invoice", "/customer", "/product"]), kind=st.sampled_from(FAULTS))
	def one_fault(self, path: str, kind: str) -> None:
		self.books.sim.faults.plan("POST", path, kind)

	@rule()
	def calm(self) -> None:
		self.books.sim.faults.clear()

	@rule(place=st.sampled_from(PLACES))
	def worker_dies(self, place: str) -> None:
		with dying_at(place):
			self.books.deliver()

	# At rest

	def teardown(self) -> None:
		if not hasattr(self, "queued"):
			return
		self.books.sim.faults.clear()
		frappe.db.set_value("Tripletex Settings", COMPANY, {"paused": 0, "breaker_until": None})
		frappe.clear_document_cache("Tripletex Settings", COMPANY)
		for _ in range(12):
			if not unfinished():
				break
			self.books.wait(minutes=1500)
			self.books.deliver()
		self.check()

	def check(self) -> None:
		sim, queued = self.books.sim, self.queued
		states = {doc.name: self.books.message(doc).status for doc in queued}
		assert set(states.values()) <= {State.SYNCED.value}, states
		for doc, booked in zip(queued, self.booked(), strict=True):
			assert booked == Decimal(str(doc.grand_total)), doc.name
		receivable = sum((Decimal(str(doc.grand_total)) for doc in queued), Decimal(0))
		assert sim.balance(1500) == receivable
		assert len(sim.customers()) == len({doc.customer for doc in queued})
		assert sim.sent_box == []
		assert sim.violations == []
		assert sim.calls_per_window() <= 100

	def booked(self) -> list[Decimal]:
		"""What stands in Tripletex for each queued document; one document has one booking."""
		sim, names = self.books.sim, [doc.name for doc in self.queued]
		if self.strategy is Strategy.VOUCHER:
			amounts = {row["externalVoucherNumber"]: receivable_of(row) for row in sim.vouchers()}
			assert len(amounts) == len(sim.vouchers())
			return [amounts[name] for name in names]
		assert len(sim.invoices()) == len(names)
		if self.strategy is Strategy.OWN_NUMBERS:
			by_number = {row["invoiceNumber"]: row["amount"] for row in sim.invoices()}
			return [by_number[int(doc.billing_ext_number)] for doc in self.queued]
		by_id = {row["id"]: row["amount"] for row in sim.invoices()}
		return [by_id[mappings.find(COMPANY, mappings.Kind.INVOICE, name).id] for name in names]


def receivable_of(voucher: dict[str, Any]) -> Decimal:
	"""What a voucher posts to the customer."""
	rows = [row for row in voucher["postings"] if row["account"]["number"] == 1500]
	return sum((row["amount"] for row in rows), Decimal(0))


def wipe() -> None:
	"""An empty outbox, as on the day before go-live."""
	for table in ("Tripletex Outbox Message", "Tripletex Mapping", "Tripletex Drift", "Tripletex Payment"):
		frappe.db.delete(table)
	frappe.db.set_value(
		"Tripletex Settings", COMPANY, {"paused": 0, "breaker_until": None, "failures_in_a_row": 0}
	)
	frappe.clear_document_cache("Tripletex Settings", COMPANY)
	frappe.db.commit()


def unfinished() -> list[str]:
	states = [state.value for state in State if state.is_unfinished and state is not State.BLOCKED]
	return frappe.get_all("Tripletex Outbox Message", filters={"status": ("in", states)}, pluck="name")


def test_whatever_happens_both_books_agree_at_rest(tripletex):
	SyncMachine.books, SyncMachine.pool = tripletex, Pool(tripletex)
	run_state_machine_as_test(
		SyncMachine,
		settings=settings(
			max_examples=RUNS,
			stateful_step_count=12,
			deadline=None,
			suppress_health_check=list(HealthCheck),
		),
	)
