"""Bill contracts: lock, plan, write the ledger, make the documents, commit once.

Contracts that share invoices are billed in one transaction, and where documents are posted in bulk many of them are. A
crash before the commit leaves nothing; after it, everything. The contracts' row locks make parallel workers wait, the
ledger's unique key makes a second billing impossible even for a program that forgets the lock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import frappe
from rq.timeouts import JobTimeoutException

from billing_ext.core.grouping import Unit
from billing_ext.core.lanes import Lane, Reason
from billing_ext.repositories import charges, contracts, invoices, runs, todos
from billing_ext.repositories.charges import Posting
from billing_ext.repositories.invoices import CreatedInvoice
from billing_ext.repositories.posting_lanes import BulkLane, Order, SentBack
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services import contract_state, invoice_planning
from billing_ext.services.invoice_planning import DrawnUp, Plan

STANDARD, BULK = Posting(Lane.STANDARD), Posting(Lane.BULK)


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


def bill_unit(
	names: Sequence[str], as_of: date, run: str | None = None, how: Posting = STANDARD
) -> dict[str, Exception]:
	"""As ``bill``, for contracts that share invoices; what barred those that could not be billed, by contract.

	One that cannot be billed does not stop the others: it is left out of their documents. ``how`` is noted in the
	ledger. Raises JobTimeoutException.
	"""
	if not names:
		return {}
	try:
		return in_transaction(lambda: _bill(names, as_of, run, how)).barred
	except JobTimeoutException:
		raise
	except Exception as error:  # noqa: BLE001 - whatever ERPNext says of one contract must not stop the others
		failure = error
	alone = (
		{name: reason for name in names if (reason := _reason_alone(name, as_of, run))} if names[1:] else {}
	)
	if not alone:
		return dict.fromkeys(names, failure)
	return alone | bill_unit([name for name in names if name not in alone], as_of, run, how)


def bill_in_bulk(units: Sequence[Unit], as_of: date, run: str | None, lane: BulkLane) -> dict[Unit, Posting]:
	"""Bill many units in one transaction by the bulk lane; those left to ``bill_unit``, and why.

	A unit is left, and nothing of it written, if one of its contracts is barred or one of its documents cannot be made in
	bulk. Doing it again, or in two workers at once, makes nothing twice. Raises JobTimeoutException.
	"""
	try:
		return in_transaction(lambda: _bill_in_bulk(units, as_of, run, lane))
	except JobTimeoutException:
		raise
	except Exception as error:  # noqa: BLE001 - the standard lane meets it again, where it is about one unit, and says it
		return dict.fromkeys(units, _left_to_standard(SentBack((Reason.FAILED,), repr(error))))


def _left_to_standard(sent_back: SentBack) -> Posting:
	words = ", ".join(reason.value for reason in sent_back.reasons)
	return Posting(Lane.STANDARD, f"{words}: {sent_back.detail}" if sent_back.detail else words)


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


def _bill(names: Sequence[str], as_of: date, run: str | None, how: Posting = STANDARD) -> _Billed:
	contracts.lock(names)
	plans, barred = invoice_planning.plans(names, as_of)
	billed = _Billed(barred=barred)
	for _unit, documents in invoice_planning.documents(plans):
		for document in documents:
			drawn = invoice_planning.draw_up(document, plans, as_of, run, how)
			charges.insert(drawn.ledger_rows)
			created = invoices.create(drawn.header, drawn.rows)
			charges.point_to(drawn.targets(created))
			billed.created.append(created)
			if document.refund:
				_ask_for_refund(plans[document.parts[0].contract].record.header, created.name, as_of)
	_store_states(plans)
	return billed


def _bill_in_bulk(units: Sequence[Unit], as_of: date, run: str | None, lane: BulkLane) -> dict[Unit, Posting]:
	names = [name for unit in units for name in unit]
	contracts.lock(names)
	plans, barred = invoice_planning.plans(names, as_of)
	unit_of = {name: unit for unit in units for name in unit}
	left = {unit_of[name]: STANDARD for name in barred}
	drawn = {}
	for shared, documents in invoice_planning.documents(plans):
		if left.keys().isdisjoint(unit_of[name] for name in shared):
			drawn[shared] = [invoice_planning.draw_up(each, plans, as_of, run, BULK) for each in documents]
		else:
			left |= {unit_of[name]: STANDARD for name in shared}
	for shared, sent_back in _post(drawn, lane).items():
		# What is shared may have changed since the units were made, so it may be of several.
		left |= {unit_of[name]: _left_to_standard(sent_back) for name in shared}
	done = {name: plan for name, plan in plans.items() if unit_of[name] not in left}
	_store_states(done)
	runs.resolve_errors(list(done))
	return left


def _post(drawn: Mapping[Unit, Sequence[DrawnUp]], lane: BulkLane) -> dict[Unit, SentBack]:
	"""Make the documents, and tie the ledger's rows to them; the units whose documents the lane sends back."""
	batch = [(unit, each) for unit, documents in drawn.items() for each in documents]
	charges.insert([row for _unit, each in batch for row in each.ledger_rows])
	outcomes = lane.create_many([Order(each.header, each.rows, unit) for unit, each in batch])
	targets, unmade = [], []
	sent_back: dict[Unit, SentBack] = {}
	for (unit, each), outcome in zip(batch, outcomes, strict=True):
		if isinstance(outcome, SentBack):
			sent_back.setdefault(unit, outcome)
			unmade += each.ledger_rows
		else:
			targets += each.targets(outcome)
	charges.take_back(unmade)
	charges.point_to(targets)
	return sent_back


def _store_states(plans: Mapping[str, Plan]) -> None:
	billed = [name for name, plan in plans.items() if plan.drafts]
	books = {name: plan.books for name, plan in plans.items()} | charges.books_of(billed)
	contract_state.store({name: (plan.contract, books[name]) for name, plan in plans.items()})


def _ask_for_refund(header: contracts.Row, credit_note: str, day: date) -> None:
	"""A task for the contract's account owner, where the customer has paid more than is now owed."""
	amount, currency = invoices.to_pay_back(credit_note)
	if amount:
		language = todos.language_of_owner(header)
		text = frappe._("Refund {0} to {1}: credit note {2} for contract {3}", language)
		money = frappe.utils.fmt_money(amount, currency=currency)
		text = text.format(money, header["customer"], credit_note, header["name"])
		todos.assign("Billing Contract", header, text, day)
