"""Bill a contract, or some that share invoices: lock, plan, write the ledger, make the documents, commit once.

A crash before the commit leaves nothing; after it, everything. The contracts' row locks make parallel workers wait, the
ledger's unique key makes a second billing impossible even for a program that forgets the lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import frappe
from rq.timeouts import JobTimeoutException

from billing_ext.core import grouping
from billing_ext.core.billing import Charge
from billing_ext.core.contract import Contract, Timing
from billing_ext.core.errors import DomainError
from billing_ext.core.grouping import Document
from billing_ext.core.invoicing import DocumentKind, InvoiceDraft, plan_invoices
from billing_ext.core.invoicing import Row as DraftRow
from billing_ext.core.simulation import Books
from billing_ext.repositories import (
	charges,
	contracts,
	invoice_groups,
	invoices,
	posting,
	renewals,
	tax_changes,
)
from billing_ext.repositories.charges import ChargeStatus, PostedRow
from billing_ext.repositories.contracts import SUBMITTED, ContractRecord
from billing_ext.repositories.invoices import CreatedInvoice, InvoiceHeader, InvoiceRow
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services import contract_state, invoice_text


@dataclass(frozen=True, slots=True)
class _Plan:
	"""A contract under its lock, and what is due of it."""

	record: ContractRecord
	contract: Contract
	books: Books
	drafts: list[InvoiceDraft]


@dataclass(slots=True)
class _Billed:
	"""What one transaction has made, and what barred contracts that were left out of it."""

	created: list[CreatedInvoice] = field(default_factory=list)
	barred: dict[str, Exception] = field(default_factory=dict)


def bill(name: str, as_of: date, run: str | None = None) -> tuple[CreatedInvoice, ...]:
	"""Make all documents of one contract that are due by ``as_of``, which is also their posting date.

	At the top level of a job only: ends the open transaction. Doing it again, or in two workers at once, makes
	nothing twice. Raises DomainError and what ERPNext raises; then nothing is written.
	"""
	billed = in_transaction(lambda: _bill([name], as_of, run))
	for error in billed.barred.values():
		raise error
	return tuple(billed.created)


def bill_unit(names: Sequence[str], as_of: date, run: str | None = None) -> dict[str, Exception]:
	"""As ``bill``, for contracts that share invoices; what barred those that could not be billed, by contract.

	One that cannot be billed does not stop the others: it is left out of their documents. Raises JobTimeoutException.
	"""
	if not names:
		return {}
	try:
		return in_transaction(lambda: _bill(names, as_of, run)).barred
	except JobTimeoutException:
		raise
	except Exception as error:  # noqa: BLE001 - whatever ERPNext says of one contract must not stop the others
		failure = error
	alone = (
		{name: reason for name in names if (reason := _reason_alone(name, as_of, run))} if names[1:] else {}
	)
	if not alone:
		return dict.fromkeys(names, failure)
	return alone | bill_unit([name for name in names if name not in alone], as_of, run)


class _Undo(Exception):
	"""A trial went well; its transaction is rolled back."""


def _reason_alone(name: str, as_of: date, run: str | None) -> Exception | None:
	"""What bars a contract from being billed even by itself. Tried, and undone: ERPNext does not say whose row it refuses."""

	def trial() -> None:
		raise _bill([name], as_of, run).barred.get(name) or _Undo()

	try:
		in_transaction(trial)
	except JobTimeoutException:
		raise
	except _Undo:
		return None
	except Exception as error:  # noqa: BLE001 - kept for the contract it is about
		return error
	raise AssertionError("unreachable")


def _bill(names: Sequence[str], as_of: date, run: str | None) -> _Billed:
	contracts.lock(names)
	billed = _Billed()
	plans: dict[str, _Plan] = {}
	for name in names:
		try:
			plans |= _plan(name, as_of)
		except (DomainError, frappe.ValidationError) as error:
			billed.barred[name] = error
	keys = [(name, invoice_groups.key(plan.record.header)) for name, plan in plans.items()]
	for unit in grouping.units(keys):
		drafts = [draft for name in unit for draft in plans[name].drafts]
		documents = grouping.documents(
			drafts, lambda name, row: invoice_groups.place(plans[name].record, row)
		)
		billed.created += [_make(document, plans, as_of, run) for document in documents]
	for name, plan in plans.items():
		contract_state.store(plan.contract, charges.books(name) if plan.drafts else plan.books)
	return billed


def _plan(name: str, as_of: date) -> dict[str, _Plan]:
	"""What is due of a contract, by its name; nothing for one that is not in force. Raises what bars it."""
	record = contracts.record(name)
	if record.header["docstatus"] != SUBMITTED:
		return {}
	contract = record.to_core()
	books = charges.books(name)
	drafts = plan_invoices(contract, books.ledger, books.carriers, as_of)
	if drafts:
		posting.check(record.header, _lines_of(record, drafts), as_of)
	return {name: _Plan(record, contract, books, drafts)}


def _lines_of(record: ContractRecord, drafts: list[InvoiceDraft]) -> list[contracts.Row]:
	used = {charge.line for draft in drafts for row in draft.rows for charge in row.charges}
	return [record.lines[line] for line in used]


def _make(document: Document, plans: dict[str, _Plan], as_of: date, run: str | None) -> CreatedInvoice:
	first = plans[document.parts[0].contract].record.header
	posted: list[PostedRow] = []
	rows: list[InvoiceRow] = []
	for part in document.parts:
		plan = plans[part.contract]
		titles = {line_id: invoice_text.line_title(line) for line_id, line in plan.record.lines.items()}
		of_part = charges.append(part, plan.record.header, titles, run, ChargeStatus.DRAFT)
		posted += of_part
		rows += invoice_rows(plan.record, plan.contract, part, of_part, shared=len(document.parts) > 1)
	submit = first["invoice_action"] == "Submitted"
	created = invoices.create(InvoiceHeader(as_of, run, submit, document.kind, document.against), rows)
	status = ChargeStatus.INVOICED if submit else ChargeStatus.DRAFT
	for row, document_row in zip(posted, created.rows, strict=True):
		charges.point_to(row.names, created.name, document_row, status)
	if document.refund:
		_ask_for_refund(first, created.name, as_of)
	return created


def _ask_for_refund(header: contracts.Row, credit_note: str, day: date) -> None:
	"""A task for the contract's account owner, where the customer has paid more than is now owed."""
	amount, currency = invoices.to_pay_back(credit_note)
	if amount:
		language = renewals.language_of_owner(header)
		text = frappe._("Refund {0} to {1}: credit note {2} for contract {3}", language)
		money = frappe.utils.fmt_money(amount, currency=currency)
		renewals.assign(header, text.format(money, header["customer"], credit_note, header["name"]), day)


def invoice_rows(
	record: ContractRecord,
	contract: Contract,
	draft: InvoiceDraft,
	posted: list[PostedRow],
	*,
	shared: bool = False,
) -> list[InvoiceRow]:
	"""The rows of a draft as the invoice will show them; on one that is ``shared`` by contracts they name theirs."""
	language = record.header.get("language") or _customer_language(record.header["customer"])
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


def _customer_language(customer: str) -> str:
	return frappe.get_cached_value("Customer", customer, "language") or frappe.local.lang or "en"
