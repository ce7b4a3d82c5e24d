"""The next invoice of a contract as a pro forma: the same rows and taxes, no number, and nothing of it is kept."""

from __future__ import annotations

from datetime import date
from typing import Any

from billing_ext.core import grouping
from billing_ext.core.errors import DomainError
from billing_ext.core.grouping import Document
from billing_ext.core.invoicing import DocumentKind, next_billing_date, plan_invoices
from billing_ext.rendering.pdf import PrintPage
from billing_ext.repositories import (
	charges,
	clock,
	contracts,
	invoice_groups,
	invoices,
	posting,
	print_documents,
	templates,
)
from billing_ext.repositories.charges import ChargeStatus
from billing_ext.repositories.contracts import ContractRecord
from billing_ext.repositories.invoices import InvoiceHeader
from billing_ext.repositories.unit_of_work import in_discarded_transaction
from billing_ext.services import contract_billing, document_print, invoice_text, pdf_printing


def pdf(name: str, as_of: date | None = None) -> bytes:
	"""A contract's next invoice, or the one that a run for ``as_of`` would make, as PDF; drafts have one, too.

	Where the contract's invoices are split there is one after the other. At the top level of a request only: ends the
	open transaction. Raises DomainError ``nothing_to_invoice``, and what billing and printing raise.
	"""
	return pdf_printing.joined(in_discarded_transaction(lambda: _pages(name, as_of)))


def _pages(name: str, as_of: date | None) -> list[PrintPage]:
	"""The pro formas as pages. Writes the charges that explain their rows, for the caller to undo."""
	contracts.lock([name])  # a run for the contract waits, and bills afterwards what is shown here
	record = contracts.record(name)
	contract = record.to_core()
	books = charges.books(name)
	day = as_of or _next_day(next_billing_date(contract, books.ledger, books.carriers, clock.today()))
	drafts = plan_invoices(contract, books.ledger, books.carriers, day)
	documents = grouping.documents(
		[draft for draft in drafts if draft.kind is DocumentKind.INVOICE],
		lambda _contract, row: invoice_groups.place(record, row),
	)
	if not documents:
		raise DomainError("nothing_to_invoice", contract=name, date=day)
	used = {charge.line for document in documents for row in document.parts[0].rows for charge in row.charges}
	posting.check(record.header, [record.lines[line] for line in used], day)
	return [_page(record, document, day) for document in documents]


def _next_day(due: date | None) -> date:
	"""Nothing is invoiced on a day that is past."""
	return max(due or date.min, clock.today())


def _page(record: ContractRecord, document: Document, day: date) -> PrintPage:
	invoice = _invoice(record, document, day)
	template = templates.of_print_format(record.header["print_format"])
	return document_print.page_of(invoice, template, *print_documents.letter_head(invoice))


def _invoice(record: ContractRecord, document: Document, day: date) -> Any:
	"""The Sales Invoice that a run would make, in memory; its charges are in the ledger, as printing looks for them there."""
	(draft,) = document.parts
	name = f"{record.header['name']}-pro-forma"
	titles = {line_id: invoice_text.line_title(line) for line_id, line in record.lines.items()}
	posted = charges.append(draft, record.header, titles, None, ChargeStatus.DRAFT)
	rows = contract_billing.invoice_rows(record, record.to_core(), draft, posted)
	invoice = invoices.computed(InvoiceHeader(day, None, submit=False), rows, name)
	for row, invoice_row in zip(posted, invoice.items, strict=True):
		charges.point_to(row.names, name, invoice_row.name, ChargeStatus.DRAFT)
	return invoice
