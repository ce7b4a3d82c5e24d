"""From charges to invoices and credit notes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import (
	YEAR,
	added,
	amended,
	amendment,
	change,
	contract,
	d,
	documents,
	end,
	line,
	one_off,
	terminate,
)

from billing_ext.core.contract import CorrectionBilling, CreditHandling, UnderchargeHandling
from billing_ext.core.invoicing import next_billing_date, plan_invoices
from billing_ext.core.simulation import Books

JUNE = contract(line("2024-06-01", "500"))
RAISE = amendment("2024-06-16", change(price="750"), id="raise")
ENDS = amendment("2024-01-31", terminate("2024-01-31"), id="ends")
LOWER = amendment("2024-06-16", change(price="250"), id="lower")


def paid(agreed, *days):
	"""The books after runs on those days."""
	books = Books()
	for day in days:
		books.run(agreed, d(day))
	return books


def run(books, agreed, day):
	return documents(books.run(agreed, d(day)))


def with_settings(agreed, **settings):
	return replace(agreed, **settings)


def test_a_raise_goes_out_with_the_next_invoice():
	"""+125.00 does not get an invoice of its own; it is a row of July's."""
	books = paid(JUNE, "2024-06-01")
	assert run(books, amended(JUNE, RAISE), "2024-06-20") == []
	assert run(books, amended(JUNE, RAISE), "2024-07-01") == [("Invoice", ["125.00", "750.00"], "")]


def test_a_raise_can_be_billed_at_once():
	"""Where the contract says so, the difference is invoiced on the next run."""
	agreed = with_settings(JUNE, correction_billing=CorrectionBilling.IMMEDIATELY)
	books = paid(agreed, "2024-06-01")
	assert run(books, amended(agreed, RAISE), "2024-06-20") == [("Invoice", ["125.00"], "")]


def test_a_downgrade_gives_a_credit_note_against_its_invoice():
	"""-125.00 for June is a credit note against June's invoice, on the day July is invoiced."""
	books = paid(JUNE, "2024-06-01")
	assert run(books, amended(JUNE, LOWER), "2024-07-01") == [
		("Invoice", ["250.00"], ""),
		("Credit Note", ["-125.00"], "preview-1"),
	]


def test_a_downgrade_can_be_deducted_from_the_next_invoice():
	"""July's row nets its 250.00 with the 125.00 that June cost too much; the run after it finds nothing."""
	agreed = with_settings(JUNE, credit_handling=CreditHandling.NEXT_INVOICE)
	books = paid(agreed, "2024-06-01")
	lower = amended(agreed, LOWER)
	(draft,) = books.run(lower, d("2024-07-01"))
	assert [str(charge.amount) for charge in draft.rows[0].charges] == ["250.00", "-125.00"]
	assert str(draft.amount) == "125.00"
	assert run(books, lower, "2024-07-02") == []


def test_a_credit_larger_than_the_next_invoice_is_spread():
	"""No invoice is negative: what does not fit is deducted from the one after it."""
	agreed = with_settings(contract(line("2024-06-01", "500")), credit_handling=CreditHandling.NEXT_INVOICE)
	books = paid(agreed, "2024-06-01")
	lower = amended(agreed, amendment("2024-06-01", change(price="200")))  # June 300 too much
	assert run(books, lower, "2024-07-01") == [("Invoice", ["0.00"], "")]
	assert run(books, lower, "2024-08-01") == [("Invoice", ["100.00"], "")]
	assert run(books, lower, "2024-09-01") == [("Invoice", ["200.00"], "")]


def test_two_credits_share_a_row_as_far_as_it_goes():
	"""The second credit waits when the first has used up the row; no credit of nothing is written."""
	agreed = with_settings(JUNE, credit_handling=CreditHandling.NEXT_INVOICE)
	books = paid(agreed, "2024-06-01", "2024-07-01")
	lower = amended(agreed, amendment("2024-06-01", change(price="200")))  # 300 too much, twice
	(draft,) = books.run(lower, d("2024-08-01"))
	assert [str(charge.amount) for charge in draft.rows[0].charges] == ["200.00", "-200.00"]


def test_credits_of_one_run_do_not_use_a_row_twice():
	"""Rows of 500, 0 and 100 carry three months of 200: each credit finds what the one before it left."""
	agreed = with_settings(JUNE, credit_handling=CreditHandling.NEXT_INVOICE)
	books = paid(agreed, "2024-06-01")
	lower = amendment("2024-06-01", change(price="200"))
	for day in ("2024-07-01", "2024-08-01"):
		books.run(amended(agreed, lower), d(day))
	void = amended(agreed, lower, amendment("2024-06-01", terminate("2024-05-31"), id="void"))
	assert run(books, void, "2024-08-02") == [
		("Credit Note", ["-200.00", "-100.00", "-200.00"], "preview-1"),
		("Credit Note", ["-100.00"], "preview-3"),
	]


def test_a_credit_goes_to_the_replaced_line_before_any_other():
	"""A successor whose row was netted away is credited on the row of the line it replaced, not on a stranger's."""
	agreed = contract(
		line("2024-06-01", "500"),
		line("2024-06-01", "90", "L9"),
		credit_handling=CreditHandling.NEXT_INVOICE,
		correction_billing=CorrectionBilling.IMMEDIATELY,
	)
	books = paid(agreed, "2024-06-01")
	successor = added(line("2024-06-16", "100", "L2", replaces="L1"))
	books.run(amended(agreed, successor), d("2024-06-16"))
	void = amended(agreed, successor, amendment("2024-06-16", end("2024-06-15", "L2"), id="void"))
	(credit_note,) = books.run(void, d("2024-06-20"))
	assert {row.corrects for row in credit_note.rows} == {"L1|2024-06-01|1"}
	assert str(credit_note.amount) == "-250.00"


def test_where_no_invoice_will_follow_a_credit_note_does():
	"""A terminated contract gets its credit at once, whatever its settings."""
	for handling in CreditHandling:
		agreed = with_settings(JUNE, credit_handling=handling)
		books = paid(agreed, "2024-06-01")
		ended = amended(agreed, amendment("2024-06-10", terminate("2024-06-10")))
		assert run(books, ended, "2024-06-11") == [("Credit Note", ["-333.33"], "preview-1")]


def test_a_line_that_ends_is_credited_though_the_contract_goes_on():
	"""A cancelled line has no later charge to deduct its credit from, so a credit note comes with the next invoice."""
	agreed = contract(
		line("2024-06-01", "500"), line("2024-06-01", "90", "L2"), credit_handling=CreditHandling.NEXT_INVOICE
	)
	books = paid(agreed, "2024-06-01")
	ended = amended(agreed, amendment("2024-06-20", end("2024-06-20", "L2")))
	assert run(books, ended, "2024-07-01") == [
		("Invoice", ["500.00"], ""),
		("Credit Note", ["-30.00"], "preview-1"),  # 90 × 10/30
	]


def test_a_line_that_becomes_free_is_credited():
	"""A line at no price has no later charge either."""
	agreed = with_settings(JUNE, credit_handling=CreditHandling.NEXT_INVOICE)
	books = paid(agreed, "2024-06-01")
	freed = amended(agreed, amendment("2024-06-16", change(price="0")))
	assert run(books, freed, "2024-06-20") == [("Credit Note", ["-250.00"], "preview-1")]


def test_the_credit_of_a_replaced_line_is_deducted_from_its_successor():
	"""From monthly to yearly: one row of 5000.00 less 250.00."""
	agreed = with_settings(JUNE, credit_handling=CreditHandling.NEXT_INVOICE)
	books = paid(agreed, "2024-06-01")
	yearly = amended(agreed, added(line("2024-06-16", "5000", "L2", interval=YEAR, replaces="L1")))
	assert run(books, yearly, "2024-06-16") == [("Invoice", ["4750.00"], "")]


def test_a_credit_is_never_deducted_from_another_line():
	"""Lines may carry other taxes and accounts: only a line's own credit is deducted from it."""
	agreed = contract(
		line("2024-06-01", "500"), line("2024-06-01", "90", "L2"), credit_handling=CreditHandling.NEXT_INVOICE
	)
	books = paid(agreed, "2024-06-01")
	lower = amended(agreed, amendment("2024-06-16", change("L2", price="0.1")))
	assert run(books, lower, "2024-07-01") == [("Invoice", ["500.00", "0.00"], "")]


def test_a_credit_over_several_invoices_names_each():
	"""A backdated end credits each month's invoice with its own amount, the newest last entered first."""
	books = paid(JUNE, "2024-06-01", "2024-07-01", "2024-08-01")
	ended = amended(JUNE, amendment("2024-06-15", terminate("2024-06-15")))
	assert run(books, ended, "2024-08-02") == [
		("Credit Note", ["-250.00"], "preview-1"),
		("Credit Note", ["-500.00"], "preview-2"),
		("Credit Note", ["-500.00"], "preview-3"),
	]


def test_a_credit_note_never_exceeds_the_row_it_corrects():
	"""June billed as 500.00 and +125.00 is credited on both rows, the newest first."""
	agreed = with_settings(JUNE, correction_billing=CorrectionBilling.IMMEDIATELY)
	books = paid(agreed, "2024-06-01")
	books.run(amended(agreed, RAISE), d("2024-06-16"))
	ended = amended(agreed, RAISE, amendment("2024-06-01", terminate("2024-05-31"), id="void"))
	drafts = books.run(ended, d("2024-06-20"))
	assert documents(drafts) == [
		("Credit Note", ["-125.00"], "preview-2"),
		("Credit Note", ["-500.00"], "preview-1"),
	]
	keys = [charge.key for draft in drafts for row in draft.rows for charge in row.charges]
	assert keys == ["L1|2024-06-01|3", "L1|2024-06-01|4"]
	credits = [charge for draft in drafts for row in draft.rows for charge in row.charges]
	assert [str(charge.billed) for charge in credits] == ["625.00", "500.00"]
	assert all(carrier.remaining == 0 for carrier in books.carriers)


def test_what_was_deducted_cannot_be_credited_again():
	"""July's row of 250.00 less 125.00 can be credited by 125.00, and June's 500.00 carries the rest."""
	agreed = with_settings(JUNE, credit_handling=CreditHandling.NEXT_INVOICE)
	books = paid(agreed, "2024-06-01")
	lower = amended(agreed, LOWER)
	books.run(lower, d("2024-07-01"))
	void = amended(agreed, LOWER, amendment("2024-06-01", terminate("2024-05-31"), id="void"))
	assert run(books, void, "2024-07-02") == [
		("Credit Note", ["-375.00", "-125.00"], "preview-1"),
		("Credit Note", ["-125.00"], "preview-2"),
	]


@pytest.mark.parametrize("handling", CreditHandling)
def test_a_cancelled_successor_leaves_no_money_behind(handling):
	"""The line that an amendment brought vanishes with it; what was netted on its row is credited elsewhere."""
	agreed = with_settings(JUNE, credit_handling=handling, correction_billing=CorrectionBilling.IMMEDIATELY)
	books = paid(agreed, "2024-06-01")
	small = amended(agreed, added(line("2024-06-16", "100", "L2", replaces="L1")))
	books.run(small, d("2024-06-16"))
	books.run(agreed, d("2024-06-20"))
	assert sum(entry.amount for entry in books.entries) == 500


def test_lines_of_one_contract_share_an_invoice():
	"""One run, one invoice, one row for each line and each price."""
	agreed = contract(
		line("2024-06-01", "500"), line("2024-06-01", "90", "L2"), one_off("2024-06-01", "1000")
	)
	(draft,) = plan_invoices(agreed, {}, [], d("2024-06-01"))
	assert [str(row.amount) for row in draft.rows] == ["500.00", "90.00", "1000.00"]
	assert (draft.contract, str(draft.amount)) == ("C1", "1590.00")


@pytest.mark.parametrize(
	("timing", "changes", "expected"),
	[
		(CorrectionBilling.NEXT_INVOICE, [], "2024-07-01"),
		(CorrectionBilling.NEXT_INVOICE, [RAISE], "2024-07-01"),  # waits for July's invoice
		(CorrectionBilling.IMMEDIATELY, [RAISE], "2024-06-16"),
		(CorrectionBilling.NEXT_INVOICE, [amendment("2024-06-10", terminate("2024-06-10"))], "2024-06-11"),
		(CorrectionBilling.NEXT_INVOICE, [amendment("2024-06-10", terminate("2024-06-30"))], None),
	],
)
def test_next_billing_date(timing, changes, expected):
	"""The list of contracts shows when something is to be invoiced or credited next, or that nothing is."""
	agreed = with_settings(JUNE, correction_billing=timing)
	assert next_billing_date(agreed, {}, [], d("2024-06-20")) == d("2024-06-01")
	books = paid(agreed, "2024-06-01")
	changed = amended(agreed, *changes)
	assert next_billing_date(changed, books.ledger, books.carriers, d("2024-06-20")) == (
		d(expected) if expected else None
	)


def test_what_a_given_credit_had_paid_for_goes_off_a_difference_that_would_be_a_debit_note():
	given = replace(one_off("2024-01-01", "-500", "credit"), credit=True)
	agreed = contract(
		line("2024-01-01", "100"),
		line("2024-01-01", "31", "L2"),
		given,
		lead_days=45,
		undercharge_handling=UnderchargeHandling.DEBIT_NOTE,
	)
	books = Books()
	books.run(agreed, d("2024-01-01"))  # January and February, all paid by the credit
	ended = amended(agreed, amendment("2024-01-11", change("L2", price="62")), ENDS)
	# January of L2 costs 31 x 21/31 = 21 more; February was billed with 131, and nothing of it was asked for.
	made = books.run(ended, d("2024-01-20"))
	assert documents(made) == [("Invoice", ["0.00"], "")]
	assert books.run(ended, d("2024-01-20")) == []
