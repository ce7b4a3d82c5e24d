"""Laws of credits (L11): notes, refunds, and what a contract is given."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

from builders import added, amended, contract, d, one_off
from histories import net
from lawbook import ADJUSTMENTS, cost, for_all_histories, periods

from billing_ext.core.billing import ChargeKind, next_due, plan_charges
from billing_ext.core.contract import Contract, CorrectionBilling, CreditHandling, UnderchargeHandling
from billing_ext.core.invoicing import DocumentKind
from billing_ext.core.simulation import Books


@for_all_histories
def test_L11_credit_cap(history):
	"""Nobody is credited more than was billed: no document has the wrong sign, no row is credited beyond its amount."""
	books, drafts = history.settle()
	rows = [(draft.kind, draft.against, row) for draft in drafts for row in draft.rows]
	for kind, against, row in rows:
		credit_note = kind is DocumentKind.CREDIT_NOTE
		assert row.amount < 0 if credit_note else row.amount >= 0
		assert bool(row.corrects) == credit_note
		assert bool(against) == (kind is not DocumentKind.INVOICE)
		assert all(charge.amount for charge in row.charges)
	credited = Counter()
	for _, _, row in rows:
		credited[row.corrects] -= row.amount if row.corrects else 0
	posted = {row.charges[0].key: row.amount for kind, _, row in rows if kind is not DocumentKind.CREDIT_NOTE}
	assert all(total <= posted[key] for key, total in credited.items() if key)
	assert all(
		carrier.remaining == posted[carrier.entry] - credited[carrier.entry] for carrier in books.carriers
	)


@for_all_histories
def test_L11_no_run_overshoots(history):
	"""A run bills and credits at most the difference, for each line and period, and nothing in the other direction."""
	books = Books()
	agreed = [(day, history.known_on(day)) for day in history.runs] + [(history.settlement, history.final)]
	for day, known in agreed:
		differences, posted = Counter(), Counter()
		for charge in plan_charges(known, books.ledger, day):
			differences[charge.line, charge.period] += charge.amount
		for draft in books.run(known, day):
			for charge in (charge for row in draft.rows for charge in row.charges):
				posted[charge.line, charge.period] += charge.amount
		assert all(
			min(0, differences[key]) <= amount <= max(0, differences[key]) for key, amount in posted.items()
		)


@for_all_histories
def test_L11_no_credit_is_forgotten(history):
	"""After a run, a credit is out, or a later charge of its line is there to carry it, or it waits for an invoice.

	What the contract was given waits for something to be deducted from, and so does what that has paid for already.
	"""
	books, _ = history.play()
	day = max([*history.runs, history.base.lines[0].start])
	contract = history.known_on(day)
	books.run(contract, day)
	left = plan_charges(contract, books.ledger, day)
	if all(charge.kind in ADJUSTMENTS for charge in left) and _waits(contract, books, day):
		return
	assert all(charge.amount < 0 for charge in left)
	nothing_left = not any(carrier.remaining for carrier in books.carriers)
	for charge in left:
		if charge.kind is ChargeKind.CREDIT or nothing_left:
			continue
		assert contract.credit_handling is CreditHandling.NEXT_INVOICE
		family = [line for line in contract.lines if line.id == charge.line or line.replaces]
		assert next_due(replace(contract, lines=tuple(family)), books.ledger, day)


def _waits(contract: Contract, books: Books, day: date) -> bool:
	waiting = contract.correction_billing is CorrectionBilling.NEXT_INVOICE
	return waiting and next_due(contract, books.ledger, day) is not None


@for_all_histories
def test_L11_a_given_credit_is_used_once(history):
	"""No more is deducted than was given, nothing waits while there is an invoice to deduct it from."""
	books, _ = history.settle()
	final = history.final
	used = net(books)
	for line in final.lines:
		if line.credit:
			(period,) = periods(line, history)
			assert cost(final, line.id, period) <= used.get((line.id, period), 0) <= 0
	books, _ = history.play()
	last = books.run(final, history.settlement)
	if any(
		charge.kind is ChargeKind.CREDIT for charge in plan_charges(final, books.ledger, history.settlement)
	):
		assert not any(draft.amount for draft in last if draft.kind is DocumentKind.INVOICE)


@for_all_histories
def test_L11_money_is_paid_back_where_a_termination_says_so(history):
	"""All that a refunding termination credits is marked so, and nothing else is."""
	books, _ = history.play()
	day = max([*history.runs, history.base.lines[0].start])
	contract = history.known_on(day)
	for draft in books.run(contract, day):
		for charge in (charge for row in draft.rows for charge in row.charges):
			ended_by = contract.line_ended_by(charge.line)
			if charge.amount < 0 and charge.kind is not ChargeKind.CREDIT and draft.against:
				assert draft.refund == (ended_by in contract.refunded)
			else:
				assert not draft.refund


def test_a_credit_that_is_taken_back_is_no_debit_note_of_another_row():
	"""What the cancelled credit had paid for is invoiced; the row beside it was right."""
	given = added(replace(one_off("2024-06-01", "-60", "C1"), credit=True))
	agreed = contract(one_off("2024-06-01", "100"), undercharge_handling=UnderchargeHandling.DEBIT_NOTE)
	books = Books()
	(first,) = books.run(amended(agreed, given), d("2024-06-01"))
	(second,) = books.run(agreed, d("2024-06-10"))
	assert [str(first.amount), str(second.amount)] == ["40.00", "60.00"]
	assert (second.kind, second.against) == (DocumentKind.INVOICE, "")
