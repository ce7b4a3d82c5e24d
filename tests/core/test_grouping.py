"""Which contracts are invoiced together, and which rows go into which document."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from builders import contract, d, line, one_off

from billing_ext.core.grouping import chunks, documents, units
from billing_ext.core.invoicing import DocumentKind, InvoiceDraft, plan_invoices

INVOICE, CREDIT_NOTE, DEBIT_NOTE = DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE, DocumentKind.DEBIT_NOTE


def due(name, *lines):
	"""The drafts of a contract on its first day: one invoice."""
	return plan_invoices(replace(contract(*lines), id=name), {}, [], d("2026-04-01"))


def note(name, kind, against, **more):
	"""A note with one row of its contract against an invoice."""
	(draft,) = due(name, line("2026-04-01", "100", id=f"{name}-1"))
	return InvoiceDraft(name, kind, draft.rows, against, **more)


def together(*drafts, place=lambda _contract, _row: ""):
	"""The documents as kind, invoice that is corrected, and whole net amount by contract."""
	return [
		(document.kind, document.against, {part.contract: f"{part.amount:.0f}" for part in document.parts})
		for document in documents(drafts, place)
	]


A = due("A", line("2026-04-01", "1200", id="A1"), line("2026-04-01", "300", id="A2"))
B = due("B", line("2026-04-01", "495", id="B1"))
C = due("C", one_off("2026-04-01", "250", id="C1"))


def test_contracts_share_one_invoice_and_keep_their_rows_apart():
	assert together(*A, *B, *C) == [(INVOICE, "", {"A": "1500", "B": "495", "C": "250"})]


def test_a_contract_alone_gets_the_drafts_that_were_planned_for_it():
	(document,) = documents(A, lambda _contract, _row: "")
	assert [*document.parts] == A


def test_an_invoice_for_each_place_holds_the_rows_that_belong_there():
	def place(_contract, row):
		return "Bergen" if row.charges[0].line in ("A2", "B1") else "Oslo"

	assert together(*A, *B, *C, place=place) == [
		(INVOICE, "", {"A": "1200", "C": "250"}),
		(INVOICE, "", {"A": "300", "B": "495"}),
	]


def test_a_credit_note_stays_one_for_each_invoice_whatever_the_invoices_are_split_by():
	notes = [
		note("A", CREDIT_NOTE, "INV-1"),
		note("B", CREDIT_NOTE, "INV-1"),
		note("B", CREDIT_NOTE, "INV-2"),
	]
	assert together(*notes, place=lambda name, _row: name) == [
		(CREDIT_NOTE, "INV-1", {"A": "100", "B": "100"}),
		(CREDIT_NOTE, "INV-2", {"B": "100"}),
	]


def test_debit_and_credit_notes_against_one_invoice_are_two_documents():
	notes = [note("A", DEBIT_NOTE, "INV-1"), note("B", CREDIT_NOTE, "INV-1")]
	assert [kind for kind, _against, _amounts in together(*notes)] == [DEBIT_NOTE, CREDIT_NOTE]


def test_what_is_to_be_paid_back_has_a_credit_note_of_its_own():
	notes = [note("A", CREDIT_NOTE, "INV-1", refund=True), note("B", CREDIT_NOTE, "INV-1")]
	made = documents(notes, lambda _contract, _row: "")
	assert [(document.refund, document.parts[0].contract) for document in made] == [(True, "A"), (False, "B")]


def test_invoices_come_before_notes_so_that_their_numbers_do():
	assert [kind for kind, _against, _amounts in together(note("A", CREDIT_NOTE, "INV-1"), *B)] == [
		INVOICE,
		CREDIT_NOTE,
	]


def test_nothing_is_lost_or_doubled():
	drafts = [*A, *B, *C, note("A", CREDIT_NOTE, "INV-1")]
	rows = [row for draft in drafts for row in draft.rows]
	made = documents(drafts, lambda _contract, row: row.charges[0].line)
	carried = [row for document in made for part in document.parts for row in part.rows]
	assert sorted(map(repr, carried)) == sorted(map(repr, rows))
	assert sum(row.amount for row in carried) == Decimal("2345")


def test_contracts_with_the_same_key_are_one_unit_and_those_without_are_alone():
	keys = [("A", None), ("B", "x"), ("C", None), ("D", "y"), ("E", "x")]
	assert units(keys) == [("A",), ("B", "E"), ("C",), ("D",)]


@pytest.mark.parametrize(
	("size", "expected"),
	[
		(1, [["A"], ["BC"], ["D"], ["EFG"]]),
		(2, [["A"], ["BC"], ["D"], ["EFG"]]),
		(3, [["A", "BC"], ["D"], ["EFG"]]),
		(4, [["A", "BC", "D"], ["EFG"]]),
		(7, [["A", "BC", "D", "EFG"]]),
	],
)
def test_a_unit_is_never_cut_into_two_chunks(size, expected):
	members = [tuple("A"), tuple("BC"), tuple("D"), tuple("EFG")]
	assert chunks(members, size) == [[tuple(unit) for unit in chunk] for chunk in expected]


def test_no_contracts_make_no_chunk():
	assert chunks([], 100) == []
