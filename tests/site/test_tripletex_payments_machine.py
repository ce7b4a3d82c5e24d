"""Payments, reversals and polls in any order, under faults and with killed workers: each posting is booked once."""

import os
from decimal import Decimal

import frappe
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from site_builders import COMPANY, customer

from billing_ext.services.tripletex import inbound

pytestmark = pytest.mark.commits

RUNS = 40 if os.environ.get("CI") == "true" else 10
FAULTS = ("timeout_before", "500_html", "429", "401", "reset_mid_body", "truncated_json", "null_fields")
EVENTS = st.one_of(
	st.tuples(st.just("pay"), st.integers(0, 1), st.sampled_from(["0.01", "0.3333", "0.5", "1"])),
	st.tuples(st.just("ocr"), st.integers(0, 1), st.sampled_from(["0.25", "1"])),
	st.tuples(st.just("reverse"), st.integers(0, 9), st.just("")),
	st.tuples(st.just("poll"), st.sampled_from([0, 0, 20, 60]), st.just("")),
)


def poll(books) -> None:
	frappe.db.commit()
	inbound.poll(COMPANY)
	frappe.set_user("Administrator")
	frappe.db.rollback()


def act(books, numbers, kids, alive, event) -> None:
	kind, index, share = event
	if kind == "poll":
		books.sim.faults.random(index, index / 100, FAULTS)
		books.wait(minutes=61)
		poll(books)
		books.sim.faults.clear()
	elif kind == "reverse":
		if alive:
			books.sim.bank.reverse(alive.pop(index % len(alive)), "2026-10-14")
	else:
		left = books.sim.invoice_by_number(numbers[index])["amountOutstanding"]
		amount = (left * Decimal(share)).quantize(Decimal("0.01"))
		if amount > 0:
			pay = books.sim.bank.pay if kind == "pay" else books.sim.bank.ocr
			alive.append(pay(numbers[index] if kind == "pay" else kids[index], amount, "2026-10-12")["id"])


def test_every_payment_posting_is_one_payment_entry_and_a_reversed_one_none(tripletex):
	@settings(
		max_examples=RUNS,
		phases=[Phase.explicit, Phase.generate],
		deadline=None,
		suppress_health_check=list(HealthCheck),
	)
	@given(st.lists(EVENTS, min_size=1, max_size=8))
	def run(events):
		party = customer()
		invoices = [tripletex.invoice(amount, party=party) for amount in (1000, 333.33)]
		tripletex.deliver()
		numbers = [int(invoice.billing_ext_number) for invoice in invoices]
		kids = [invoice.billing_ext_kid for invoice in invoices]
		alive: list[int] = []
		for event in events:
			act(tripletex, numbers, kids, alive, event)
		for _look in range(3):
			tripletex.wait(minutes=61)
			poll(tripletex)
		for invoice, number in zip(invoices, numbers, strict=True):
			ours = frappe.db.get_value("Sales Invoice", invoice.name, "outstanding_amount")
			assert Decimal(str(ours)) == tripletex.sim.invoice_by_number(number)["amountOutstanding"]
		entries = frappe.get_all(
			"Payment Entry", filters={"party": party, "docstatus": 1}, pluck="reference_no", order_by="name"
		)
		assert len(entries) == len(set(entries)) == len(alive)
		assert tripletex.sim.violations == []

	run()
