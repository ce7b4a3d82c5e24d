"""Bill one contract: lock, plan, write the ledger, make the documents, commit once.

A crash before the commit leaves nothing; after it, everything. The contract's row lock makes parallel workers wait, the
ledger's unique key makes a second billing impossible even for a program that forgets the lock.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import frappe

from billing_ext.core.billing import Charge
from billing_ext.core.contract import Contract, Timing
from billing_ext.core.invoicing import DocumentKind, InvoiceDraft, plan_invoices
from billing_ext.core.invoicing import Row as DraftRow
from billing_ext.repositories import charges, contracts, invoices, posting
from billing_ext.repositories.charges import ChargeStatus, PostedRow
from billing_ext.repositories.contracts import SUBMITTED, ContractRecord
from billing_ext.repositories.invoices import CreatedInvoice, InvoiceHeader, InvoiceRow
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services import contract_state, invoice_text


def bill(name: str, as_of: date, run: str | None = None) -> tuple[CreatedInvoice, ...]:
	"""Make all documents of a contract that are due by ``as_of``, which is also their posting date.

	At the top level of a job only: ends the open transaction. Doing it again, or in two workers at once, makes
	nothing twice. Raises DomainError and what ERPNext raises; then nothing is written.
	"""
	return in_transaction(lambda: _bill(name, as_of, run))


def _bill(name: str, as_of: date, run: str | None) -> tuple[CreatedInvoice, ...]:
	contracts.lock([name])
	record = contracts.record(name)
	if record.header["docstatus"] != SUBMITTED:
		return ()
	contract = record.to_core()
	books = charges.books(name)
	drafts = plan_invoices(contract, books.ledger, books.carriers, as_of)
	if drafts:
		posting.check(record.header, _lines_of(record, drafts), as_of)
	created = tuple(_make(record, contract, draft, as_of, run) for draft in drafts)
	contract_state.store(contract, charges.books(name) if drafts else books)
	return created


def _lines_of(record: ContractRecord, drafts: list[InvoiceDraft]) -> list[contracts.Row]:
	used = {charge.line for draft in drafts for row in draft.rows for charge in row.charges}
	return [record.lines[line] for line in used]


def _make(
	record: ContractRecord, contract: Contract, draft: InvoiceDraft, as_of: date, run: str | None
) -> CreatedInvoice:
	titles = {line_id: invoice_text.line_title(line) for line_id, line in record.lines.items()}
	posted = charges.append(draft, record.header, titles, run, ChargeStatus.DRAFT)
	submit = record.header["invoice_action"] == "Submitted"
	header = InvoiceHeader(record.header, as_of, run, submit, draft.against)
	created = invoices.create(header, invoice_rows(record, contract, draft, posted))
	status = ChargeStatus.INVOICED if submit else ChargeStatus.DRAFT
	for row, document_row in zip(posted, created.rows, strict=True):
		charges.point_to(row.names, created.name, document_row, status)
	return created


def invoice_rows(
	record: ContractRecord, contract: Contract, draft: InvoiceDraft, posted: list[PostedRow]
) -> list[InvoiceRow]:
	"""The rows of a draft as the invoice will show them."""
	language = record.header.get("language") or _customer_language(record.header["customer"])
	credit_note = draft.kind is DocumentKind.CREDIT_NOTE
	rows = []
	for row, ledger_row in zip(draft.rows, posted, strict=True):
		charge = row.charges[0]
		line = record.lines[charge.line]
		quantity, rate, list_rate = _quantity_and_rate(row, contract)
		rows.append(
			InvoiceRow(
				line={**line, "name": charge.line},
				charge=ledger_row.names[0],
				description=invoice_text.description(row, line, language),
				quantity=quantity,
				rate=rate,
				list_rate=list_rate,
				amount=row.amount,
				service=charge.service,
				in_advance=not credit_note and contract.line(charge.line).timing is Timing.IN_ADVANCE,
			)
		)
	return rows


def _quantity_and_rate(row: DraftRow, contract: Contract) -> tuple[Decimal, Decimal, Decimal]:
	"""Quantity, rate and list rate that multiply to the row's amount exactly.

	A row over a whole quantity shows it with its price; any other is one unit of its amount, explained in its text.
	"""
	amount = abs(row.amount)
	charge: Charge = row.charges[0]
	if len(row.charges) > 1:
		# ERPNext puts the list rate in place of a rate of nothing.
		return Decimal(1), amount, charge.amount if amount else amount
	if charge.segment is None:
		return Decimal(1), amount, amount
	terms = charge.segment.terms
	if terms.quantity == 0 or terms.quantity != round(terms.quantity, 2):
		return Decimal(1), amount, amount
	rate = contract.currency.round(amount / terms.quantity)
	if rate * terms.quantity != amount:
		return Decimal(1), amount, amount
	whole = charge.segment.factor == 1 and charge.segment.price_factor == 1
	return terms.quantity, rate, terms.price if whole and terms.price > rate else rate


def _customer_language(customer: str) -> str:
	return frappe.get_cached_value("Customer", customer, "language") or frappe.local.lang or "en"
