"""The next invoice of a contract as a pro forma: the same rows and taxes, no number, and nothing of it is kept."""

from __future__ import annotations

from datetime import date
from typing import Any

from billing_ext.core.errors import DomainError
from billing_ext.core.grouping import Document
from billing_ext.core.invoicing import DocumentKind, next_billing_date
from billing_ext.rendering.pdf import PrintPage
from billing_ext.repositories import (
	charges,
	clock,
	contracts,
	invoices,
	posting,
	print_documents,
	templates,
)
from billing_ext.repositories.charges import Posting
from billing_ext.repositories.invoices import CreatedInvoice
from billing_ext.repositories.unit_of_work import in_discarded_transaction
from billing_ext.services import document_print, invoice_planning, pdf_printing
from billing_ext.services.invoice_planning import Plan


def pdf(name: str, as_of: date | None = None) -> bytes:
	"""A contract's next invoice, or the one that a run for ``as_of`` would make, as PDF; drafts have one, too.

	Where the contract's invoices are split there is one after the other. At the top level of a request only: ends the
	open transaction. Raises DomainError ``nothing_to_invoice``, and what billing and printing raise.
	"""
	return pdf_printing.joined(in_discarded_transaction(lambda: _pages(name, as_of)))


def _pages(name: str, as_of: date | None) -> list[PrintPage]:
	"""The pro formas as pages. Writes the charges that explain their rows, for the caller to undo."""
	contracts.lock([name])  # a run for the contract waits, and bills afterwards what is shown here
	plan = _plan(name, as_of)
	documents = [
		document
		for _unit, made in invoice_planning.documents({name: plan})
		for document in made
		if document.kind is DocumentKind.INVOICE
	]
	if not documents:
		raise DomainError("nothing_to_invoice", contract=name, date=plan.as_of)
	posting.check(plan.record.header, invoice_planning.lines_of(plan), plan.as_of)
	return [_page(plan, document) for document in documents]


def _plan(name: str, as_of: date | None) -> Plan:
	record, books = contracts.record(name), charges.books(name)
	due = next_billing_date(record.to_core(), books.ledger, books.carriers, clock.today())
	day = as_of or _next_day(due)
	return invoice_planning.plan_of(record, books, day, contracts.languages([record.header])[name])


def _next_day(due: date | None) -> date:
	"""Nothing is invoiced on a day that is past."""
	return max(due or date.min, clock.today())


def _page(plan: Plan, document: Document) -> PrintPage:
	invoice = _invoice(plan, document)
	template = templates.of_print_format(plan.record.header["print_format"])
	return document_print.page_of(invoice, template, *print_documents.letter_head(invoice))


def _invoice(plan: Plan, document: Document) -> Any:
	"""The Sales Invoice that a run would make, in memory; its charges are in the ledger, as printing looks for them there."""
	contract = plan.contract.id
	drawn = invoice_planning.draw_up(document, {contract: plan}, plan.as_of, None, Posting())
	charges.insert(drawn.ledger_rows)
	invoice = invoices.computed(drawn.header, drawn.rows, f"{contract}-pro-forma")
	charges.point_to(drawn.targets(CreatedInvoice(invoice.name, tuple(row.name for row in invoice.items))))
	return invoice
