"""What is done in ERPNext about one posting of Tripletex's customer ledger. Called in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex import settlement
from billing_ext.integrations.tripletex.read_back import decimal, needed
from billing_ext.integrations.tripletex.settlement import Action, Kind, Movement
from billing_ext.repositories.tripletex import drifts, entries, payment_rows
from billing_ext.repositories.tripletex.entries import JOURNAL_ENTRY, PAYMENT_ENTRY, Invoice, Money
from billing_ext.repositories.tripletex.payment_rows import Facts, Outcome, Registered, Status
from billing_ext.repositories.tripletex.settings import Settings
from billing_ext.services import messages
from billing_ext.services.tripletex.open_items import Remote

REFERENCE = "TLX-{}"
"""Reference number of an entry: the posting's id."""


@dataclass(frozen=True, slots=True)
class Case:
	"""A posting to be booked. ``shown``: the invoices that show it, with their answers; ``registered``: by voucher id."""

	own: Settings
	action: Any
	facts: Facts
	shown: Sequence[tuple[str, Remote]]
	registered: Mapping[int, Registered]

	@property
	def company(self) -> str:
		"""The company."""
		return self.own.company


def facts(invoice: str, answer: Remote, posting_id: int) -> Facts:
	"""What an answer says of one of its postings. Raises IncompleteAnswer."""
	posting = next(row for row in needed(answer, "postings") if row["id"] == posting_id)
	voucher = needed(posting, "voucher")
	return Facts(
		posting_id=posting_id,
		invoice=invoice,
		day=date.fromisoformat(needed(posting, "date")),
		currency=(answer.get("currency") or {}).get("code") or "",
		amount_currency=-decimal(posting, "amountCurrency"),
		amount=-decimal(posting, "amount"),
		voucher_id=int(needed(voucher, "id")),
		voucher_number=str(voucher.get("number") or ""),
		voucher_type=(voucher.get("voucherType") or {}).get("name") or "",
		external_reference=posting.get("externalRef") or "",
		close_group=str((posting.get("closeGroup") or {}).get("id") or ""),
	)


def kind_of(action: Action) -> Kind:
	"""What a row stores of an action."""
	return action.kind if isinstance(action, settlement.BookDeduction) else _KINDS[type(action)]


def book(case: Case) -> Outcome:
	"""Book a posting. Raises DomainError, and what ERPNext raises, for what a person must mend or explain."""
	return _BOOKINGS[type(case.action)](case)


def _payment(case: Case) -> Outcome:
	action: settlement.BookPayment = case.action
	invoices = _payable_together(case)
	deducted = sum((amount for _, amount in action.deductions), Decimal(0))
	units = _units(invoices[0], deducted, action)
	money = _money(case, action.amount_currency - units, action.amount_nok)
	day = entries.first_open_day(case.company, action.date, PAYMENT_ENTRY)
	entry, advance = entries.receive(invoices, money, day)
	journal = None
	if units:
		rows = [(_deduction_account(case, kind), amount) for kind, amount in action.deductions]
		journal = _journal(case, units, rows, money)
	notes = [_note("tripletex_advance", amount=advance, currency=invoices[0].currency)] if advance else []
	notes += _moved(case, PAYMENT_ENTRY, entry, day)
	return Outcome(Kind.PAYMENT, Status.BOOKED, entry, journal, action.bank_account, " ".join(notes))


def _units(invoice: Invoice, nok: Decimal, action: Movement) -> Decimal:
	"""The part of a settlement, in the invoice's currency, that ``nok`` of it stands for."""
	if invoice.is_domestic or not nok:
		return nok
	return entries.rounded(action.amount_currency * nok / (action.amount_nok + nok), invoice.currency)


def _refund(case: Case) -> Outcome:
	"""Money back: against what is owed to the customer, then against advances; the rest opens the invoice again."""
	action: settlement.Refund = case.action
	invoices = _payable_together(case)
	first = invoices[0]
	owed = [invoice for invoice in invoices if invoice.outstanding < 0]
	free = sum((-invoice.units for invoice in owed), entries.advances(first))
	units = min(action.amount_currency, free) if not _is_credit_note(case) else action.amount_currency
	share = entries.rounded(action.amount_nok * units / action.amount_currency, first.company_currency)
	entry = journal = None
	notes: list[str] = []
	if units:
		day = entries.first_open_day(case.company, action.date, PAYMENT_ENTRY)
		entry, _ = entries.pay_back(owed or [first], _money(case, units, share), day)
		notes = _moved(case, PAYMENT_ENTRY, entry, day)
	if units != action.amount_currency:
		rest = _money(case, action.amount_currency - units, action.amount_nok - share)
		journal = _journal(case, -rest.units, [(rest.account, -rest.nok)], rest)
	return Outcome(Kind.REFUND, Status.BOOKED, entry, journal, action.bank_account, " ".join(notes))


def _deduction(case: Case) -> Outcome:
	action: settlement.BookDeduction = case.action
	invoice = _payable_together(case)[0]
	account = _deduction_account(case, action.kind)
	value = invoice.in_company_currency(action.amount_currency)
	journal = _journal(
		case,
		action.amount_currency,
		[(account, value)],
		_remarked(case, account, action.amount_currency, value),
	)
	return Outcome(action.kind, Status.BOOKED, journal_entry=journal)


def _journal(case: Case, units: Decimal, rows: Sequence[tuple[str, Decimal]], money: Money) -> str:
	"""A Journal Entry on the invoice itself, as it is after what was booked before in this transaction."""
	day = entries.first_open_day(case.company, case.action.date, JOURNAL_ENTRY)
	invoice = entries.lock_invoices([case.facts.invoice])[case.facts.invoice]
	journal = entries.settle_by_journal(invoice, units, rows, money, day)
	_moved(case, JOURNAL_ENTRY, journal, day)
	return journal


def _credit(case: Case) -> Outcome:
	"""A credit note matched with its invoice: of both together as much must be open here as there."""
	ours = entries.lock_invoices({name for name, _ in case.shown})
	open_here = sum((invoice.units for invoice in ours.values()), Decimal(0))
	open_there = sum((decimal(answer, "amountCurrencyOutstanding") for _, answer in case.shown), Decimal(0))
	if open_here != open_there:
		raise DomainError(
			"tripletex_outstanding_differs", document=case.facts.invoice, ours=open_here, theirs=open_there
		)
	return Outcome(Kind.CREDIT, Status.MATCHED)


def _own_payment(case: Case) -> Outcome:
	registered = case.registered[case.action.voucher_id]
	return Outcome(Kind.OWN_PAYMENT, Status.MATCHED, payment_entry=registered.payment_entry)


def _exchange(case: Case) -> Outcome:
	return Outcome(Kind.EXCHANGE, Status.MATCHED)


def _exception(case: Case) -> Outcome:
	raise DomainError(
		case.action.reason,
		voucher=case.facts.voucher_number,
		kind=case.action.voucher_type or "-",
		amount=case.facts.amount,
	)


_BOOKINGS: Mapping[type[Action], Callable[[Case], Outcome]] = {
	settlement.BookPayment: _payment,
	settlement.Refund: _refund,
	settlement.BookDeduction: _deduction,
	settlement.CreditMatch: _credit,
	settlement.OwnPayment: _own_payment,
	settlement.ExchangeMatch: _exchange,
	settlement.PostingException: _exception,
}
_KINDS: Mapping[type[Action], Kind] = {
	settlement.BookPayment: Kind.PAYMENT,
	settlement.Refund: Kind.REFUND,
	settlement.CreditMatch: Kind.CREDIT,
	settlement.OwnPayment: Kind.OWN_PAYMENT,
	settlement.ExchangeMatch: Kind.EXCHANGE,
	settlement.PostingException: Kind.EXCEPTION,
}


def _payable_together(case: Case) -> list[Invoice]:
	"""The invoice itself, then others that show the posting and may stand on one entry with it.

	Raises DomainError ``tripletex_invoice_gone``.
	"""
	found = entries.lock_invoices({name for name, _ in case.shown})
	own = found.pop(case.facts.invoice, None)
	if own is None:
		raise DomainError("tripletex_invoice_gone", document=case.facts.invoice)
	same = [
		each
		for each in found.values()
		if (each.customer, each.currency, each.receivable) == (own.customer, own.currency, own.receivable)
	]
	return [own, *same]


def _is_credit_note(case: Case) -> bool:
	return any(bool(answer.get("isCreditNote")) for name, answer in case.shown if name == case.facts.invoice)


def _money(case: Case, units: Decimal, nok: Decimal) -> Money:
	return _remarked(case, entries.account_of(case.company, case.action.bank_account), units, nok)


def _remarked(case: Case, account: str, units: Decimal, nok: Decimal) -> Money:
	remark = _note(
		"tripletex_payment_remark",
		voucher=case.facts.voucher_number or case.facts.voucher_id,
		kind=case.facts.voucher_type or "-",
		date=case.action.date,
	)
	return Money(account, units, nok, case.action.date, REFERENCE.format(case.facts.posting_id), remark)


def _deduction_account(case: Case, kind: Kind) -> str:
	account = case.own.rounding_account if kind is Kind.ROUNDING else case.own.write_off_account
	if not account:
		raise DomainError("tripletex_deduction_unmapped")
	return account


def _moved(case: Case, doctype: str, name: str, day: date) -> list[str]:
	"""Say that an entry could not have its true date, because the books of that day are closed."""
	if day == case.action.date:
		return []
	drifts.record_fact(case.company, doctype, name, "posting_date", day, case.action.date)
	return [_note("tripletex_posted_later", date=case.action.date, day=day)]


def _note(code: str, **values: Any) -> str:
	return str(messages.message_of(DomainError(code, **values)))


def reverse(name: str) -> None:
	"""Undo what was booked for a posting that is gone. Raises what ERPNext raises."""
	row = payment_rows.lock(name)
	if row.status == Status.REVERSED.value:
		return
	if row.kind == Kind.OWN_PAYMENT.value:
		_own_payment_is_gone(row)
		return
	remark = _note("tripletex_reversal_remark", voucher=row.voucher_number or row.voucher_id)
	journals = [
		_undo(row.company, doctype, entry, remark)
		for doctype, entry in ((PAYMENT_ENTRY, row.payment_entry), (JOURNAL_ENTRY, row.journal_entry))
		if entry and row.status == Status.BOOKED.value
	]
	journal = next(filter(None, journals), None)
	payment_rows.reversed_by(name, journal, _note("tripletex_reversed_later") if journal else "")


def _undo(company: str, doctype: str, name: str, remark: str) -> str | None:
	journal = entries.undo(doctype, name, remark)
	if journal:
		drifts.record_fact(company, doctype, name, "docstatus", journal, None)
	return journal


def _own_payment_is_gone(row: Any) -> None:
	if entries.is_cancelled(row.payment_entry):
		payment_rows.reversed_by(row.name)
		return
	drifts.record_fact(row.company, PAYMENT_ENTRY, row.payment_entry, "docstatus", row.amount, None)
	reason = _note("tripletex_own_payment_undone", document=row.payment_entry)
	payment_rows.reversed_by(row.name, reason=reason)
