"""What is due of contracts, read under their locks, and the documents that it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import frappe

from billing_ext.core import grouping
from billing_ext.core.billing import Charge
from billing_ext.core.contract import Contract, Timing
from billing_ext.core.errors import DomainError
from billing_ext.core.grouping import Document, Unit
from billing_ext.core.invoicing import DocumentKind, InvoiceDraft, plan_invoices
from billing_ext.core.invoicing import Row as DraftRow
from billing_ext.core.simulation import Books
from billing_ext.repositories import charges, contracts, invoice_groups, posting, tax_changes
from billing_ext.repositories.charges import ChargeStatus, PostedRow, Posting, Target
from billing_ext.repositories.contract_rows import SUBMITTED
from billing_ext.repositories.contracts import ContractRecord
from billing_ext.repositories.invoice_values import InvoiceHeader, InvoiceRow
from billing_ext.repositories.invoices import CreatedInvoice
from billing_ext.services import invoice_text


@dataclass(frozen=True, slots=True)
class Plan:
	"""A contract under its lock, and what is due of it by ``as_of``; ``language`` is that of its documents."""

	record: ContractRecord
	contract: Contract
	books: Books
	as_of: date
	drafts: Sequence[InvoiceDraft]
	language: str


@dataclass(frozen=True, slots=True)
class DrawnUp:
	"""A document to be made: its header and rows, and the rows of the ledger that these carry."""

	document: Document
	header: InvoiceHeader
	rows: list[InvoiceRow]
	posted: list[PostedRow]
	ledger_rows: list[dict[str, Any]]

	def targets(self, created: CreatedInvoice) -> list[Target]:
		"""Where the rows of the ledger are once the document is made."""
		status = ChargeStatus.INVOICED if self.header.submit else ChargeStatus.DRAFT
		return [
			Target(row.names, created.name, document_row, status)
			for row, document_row in zip(self.posted, created.rows, strict=True)
		]


def plans(
	names: Sequence[str], as_of: date, *, look_ahead: bool = False
) -> tuple[dict[str, Plan], dict[str, Exception]]:
	"""What is due of contracts that the caller has locked, by name; and what bars those that cannot be billed.

	A contract that is not in force is in neither. With ``look_ahead`` what is due next counts as due.
	"""
	reader = contracts.Reader(names)
	books = charges.books_of(names)
	languages = contracts.languages(reader.headers.values())
	checks = posting.Checks(as_of, {header["customer"] for header in reader.headers.values()})
	planned: dict[str, Plan] = {}
	barred: dict[str, Exception] = {}
	for name in names:
		if name not in reader.headers or reader.headers[name]["docstatus"] != SUBMITTED:
			continue
		try:
			record = reader.record(name)
			due = record.header["next_billing_date"] if look_ahead else None
			plan = plan_of(record, books[name], max(due or as_of, as_of), languages[name])
			if plan.drafts:
				checks.check(plan.record.header, lines_of(plan))
		except (DomainError, frappe.ValidationError) as error:
			barred[name] = error
		else:
			planned[name] = plan
	return planned, barred


def plan_of(record: ContractRecord, books: Books, as_of: date, language: str) -> Plan:
	"""What is due of a contract by ``as_of``. Raises DomainError."""
	contract = record.to_core()
	drafts = plan_invoices(contract, books.ledger, books.carriers, as_of)
	return Plan(record, contract, books, as_of, drafts, language)


def lines_of(plan: Plan) -> list[contracts.Row]:
	"""The lines for which something is due."""
	used = {charge.line for draft in plan.drafts for row in draft.rows for charge in row.charges}
	return [plan.record.lines[line] for line in used]


def documents(planned: Mapping[str, Plan]) -> list[tuple[Unit, list[Document]]]:
	"""The documents to be made of plans, by contracts that share them."""
	keys = [(name, invoice_groups.key(plan.record.header)) for name, plan in planned.items()]
	return [(unit, _documents(unit, planned)) for unit in grouping.units(keys)]


def _documents(unit: Unit, planned: Mapping[str, Plan]) -> list[Document]:
	drafts = [draft for name in unit for draft in planned[name].drafts]
	return grouping.documents(drafts, lambda name, row: invoice_groups.place(planned[name].record, row))


def draw_up(
	document: Document, planned: Mapping[str, Plan], as_of: date, run: str | None, how: Posting
) -> DrawnUp:
	"""A document with everything that is written of it; nothing is written yet."""
	first = planned[document.parts[0].contract].record.header
	submit = first["invoice_action"] == "Submitted"
	drawn = DrawnUp(document, InvoiceHeader(as_of, run, submit, document.kind, document.against), [], [], [])
	for part in document.parts:
		plan = planned[part.contract]
		titles = {line_id: invoice_text.line_title(line) for line_id, line in plan.record.lines.items()}
		posted, ledger_rows = charges.drawn_up(part, plan.record.header, titles, run, how)
		drawn.posted.extend(posted)
		drawn.ledger_rows.extend(ledger_rows)
		drawn.rows.extend(invoice_rows(plan, part, posted, shared=len(document.parts) > 1))
	return drawn


def invoice_rows(
	plan: Plan, draft: InvoiceDraft, posted: Sequence[PostedRow], *, shared: bool = False
) -> list[InvoiceRow]:
	"""The rows of a draft as the invoice will show them; on one that is ``shared`` by contracts they name theirs."""
	record, contract, language = plan.record, plan.contract, plan.language
	credit_note = draft.kind is DocumentKind.CREDIT_NOTE
	taxes = tax_changes.of_company(record.header["company"])
	rows = []
	for row, ledger_row in zip(draft.rows, posted, strict=True):
		charge = row.charges[0]
		line = record.lines[charge.line]
		quantity, rate, list_rate = _quantity_and_rate(row, contract)
		rows.append(
			InvoiceRow(
				contract=record.header,
				line={
					**line,
					"name": charge.line,
					"item_tax_template": taxes.template_on(
						line.get("item_tax_template"), charge.service.start
					),
				},
				charge=ledger_row.names[0],
				description=invoice_text.description(row, line, language, contract.id if shared else ""),
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
