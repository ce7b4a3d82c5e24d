"""From charges to the documents that will carry them: invoices, and credit and debit notes against those they correct."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum

from billing_ext.core.billing import Charge, ChargeKind, Ledger, next_due, plan_charges
from billing_ext.core.contract import Contract, CorrectionBilling, CreditHandling, UnderchargeHandling
from billing_ext.core.period import Period


class DocumentKind(Enum):
	"""What a draft will become."""

	INVOICE = "Invoice"
	CREDIT_NOTE = "Credit Note"
	DEBIT_NOTE = "Debit Note"


@dataclass(frozen=True, slots=True)
class Row:
	"""One row of a document. An invoice row nets one charge with the credits deducted from it.

	``corrects`` is, on a credit note, the id of the ledger entry whose invoice row is credited; ``amount`` is then negative.
	"""

	charges: tuple[Charge, ...]
	corrects: str = ""

	@property
	def amount(self) -> Decimal:
		"""Net amount in the contract's currency, before tax."""
		return sum((charge.amount for charge in self.charges), Decimal(0))


@dataclass(frozen=True, slots=True)
class InvoiceDraft:
	"""A document to be made: also what a preview shows. ``against`` names the invoice that a credit or debit note corrects.

	``refund``: what this credit note says is to be paid back.
	"""

	contract: str
	kind: DocumentKind
	rows: tuple[Row, ...]
	against: str = ""
	refund: bool = False

	@property
	def amount(self) -> Decimal:
		"""Net total in the contract's currency, before tax; negative for a credit note."""
		return sum((row.amount for row in self.rows), Decimal(0))


@dataclass(frozen=True, slots=True)
class Carrier:
	"""A submitted invoice row that carried a charge and what of it can still be credited, the newest last.

	``service`` are the days that the row was for.
	"""

	entry: str
	line: str
	period: Period
	invoice: str
	remaining: Decimal
	service: Period


def plan_invoices(
	contract: Contract, ledger: Ledger, carriers: Sequence[Carrier], through: date
) -> list[InvoiceDraft]:
	"""The documents that bring the ledger to what the contract says by ``through``.

	An amount billed too much is credited at most to what is left of the rows that carried it; no document's sign is
	wrong. Raises what ``plan_charges`` raises.
	"""
	charges = plan_charges(contract, ledger, through)
	if not charges or _waits(contract, ledger, charges, through):
		return []
	rows = [Row((charge,)) for charge in charges if charge.amount > 0]
	credits = [charge for charge in charges if charge.amount < 0 and charge.kind is not ChargeKind.CREDIT]
	back = [credit for credit in credits if contract.line_ended_by(credit.line) in contract.refunded]
	credits = [credit for credit in credits if credit not in back]
	debits: list[Row] = []
	if contract.undercharge_handling is UnderchargeHandling.DEBIT_NOTE:
		rows, debits = _for_debit_notes(rows, carriers)
	if contract.credit_handling is CreditHandling.NEXT_INVOICE:
		rows, credits = _deduct(contract, rows, credits)
		credits = [credit for credit in credits if not _charge_follows(contract, ledger, credit, through)]
	remaining = {carrier.entry: carrier.remaining for carrier in carriers}
	credit_notes, rest = _credit_notes(contract, credits, carriers, remaining)
	refunds, rest_of_refunds = _credit_notes(contract, back, carriers, remaining)
	balance = [charge for charge in charges if charge.amount < 0 and charge.kind is ChargeKind.CREDIT]
	rows, waiting = _deduct(contract, rows, [*rest, *rest_of_refunds, *balance], anywhere=True)
	# What a given credit had paid for and is owed back goes off what would be a debit note, which then is an invoice row.
	owed = [credit for credit in waiting if credit.kind is not ChargeKind.CREDIT]
	debits, _waiting = _deduct(contract, debits, owed, anywhere=True)
	rows += [row for row in debits if len(row.charges) > 1]
	drafts = [InvoiceDraft(contract.id, DocumentKind.INVOICE, tuple(rows))] if rows else []
	drafts += _debit_notes(contract, [row for row in debits if len(row.charges) == 1], carriers)
	drafts += [*credit_notes, *(replace(note, refund=True) for note in refunds)]
	return _numbered(drafts)


def _waits(contract: Contract, ledger: Ledger, charges: Sequence[Charge], through: date) -> bool:
	"""Do corrections wait for an invoice of their own accord? Not if none will follow, or if their amendment does not."""
	if any(charge.kind not in (ChargeKind.CORRECTION, ChargeKind.CREDIT) for charge in charges):
		return False
	if contract.correction_billing is CorrectionBilling.IMMEDIATELY:
		return False
	if any(_at_once(contract, charge) for charge in charges):
		return False
	return next_due(contract, ledger, through) is not None


def _at_once(contract: Contract, charge: Charge) -> bool:
	"""May an adjustment be due to an amendment whose differences do not wait?"""
	causes = {segment.amendment for segment in charge.expected if segment.service.intersect(charge.service)}
	causes.add(contract.line_ended_by(charge.line))
	paused = any(part.intersect(charge.service) for part in contract.paused_at_once)
	return paused or bool(causes & contract.at_once)


def _for_debit_notes(rows: list[Row], carriers: Sequence[Carrier]) -> tuple[list[Row], list[Row]]:
	"""The rows that stay on the invoice, and those that correct a row of an earlier one."""
	corrects = [_corrected(row, carriers) is not None for row in rows]
	stay = [row for row, debit in zip(rows, corrects, strict=True) if not debit]
	return stay, [row for row, debit in zip(rows, corrects, strict=True) if debit]


def _corrected(row: Row, carriers: Sequence[Carrier]) -> Carrier | None:
	"""The first row that was invoiced for the line and period of a correction, and not that of an earlier debit note."""
	charge = row.charges[0]
	if charge.kind is not ChargeKind.CORRECTION:
		return None
	place = charge.line, charge.period
	return next((carrier for carrier in carriers if (carrier.line, carrier.period) == place), None)


def _debit_notes(contract: Contract, rows: list[Row], carriers: Sequence[Carrier]) -> list[InvoiceDraft]:
	"""A debit note for each invoice whose period turned out to cost more."""
	against: dict[str, list[Row]] = {}
	for row in rows:
		carrier = _corrected(row, carriers)
		if carrier is not None:
			against.setdefault(carrier.invoice, []).append(row)
	return [
		InvoiceDraft(contract.id, DocumentKind.DEBIT_NOTE, tuple(rows), against=invoice)
		for invoice, rows in against.items()
	]


def _numbered(drafts: list[InvoiceDraft]) -> list[InvoiceDraft]:
	"""The drafts with the ledger's numbers one after the other where a period's difference became several charges."""
	seen: dict[tuple[str, Period], int] = {}

	def numbered(charge: Charge) -> Charge:
		place = charge.line, charge.period
		sequence = seen[place] + 1 if place in seen else charge.sequence
		seen[place] = sequence
		return charge if sequence == charge.sequence else replace(charge, sequence=sequence)

	return [
		replace(draft, rows=tuple(Row(tuple(map(numbered, row.charges)), row.corrects) for row in draft.rows))
		for draft in drafts
	]


def _family(contract: Contract, line_id: str) -> str:
	"""The first line of a chain of replacements: a credit of one may be deducted from a charge of another."""
	replaced = next((line.replaces for line in contract.lines if line.id == line_id), "")
	return _family(contract, replaced) if replaced else line_id


def _charge_follows(contract: Contract, ledger: Ledger, credit: Charge, through: date) -> bool:
	"""Will a later charge of the credit's line, or of one that replaced it, be there to deduct it from?"""
	family = _family(contract, credit.line)
	lines = tuple(line for line in contract.lines if _family(contract, line.id) == family)
	return next_due(replace(contract, lines=lines), ledger, through) is not None


def _deduct(
	contract: Contract, rows: list[Row], credits: list[Charge], *, anywhere: bool = False
) -> tuple[list[Row], list[Charge]]:
	"""Rows with the credits deducted as far as they go, and the credits that found no row.

	What was billed too much is deducted from its own line only; what the contract has been given, or has paid for with
	that, ``anywhere``.
	"""
	left: list[Charge] = []
	for credit in credits:
		rest: Charge | None = credit
		for index, row in enumerate(rows):
			if rest is None:
				break
			own = _family(contract, row.charges[0].line) == _family(contract, credit.line)
			if row.amount <= 0 or not (anywhere or own):
				continue
			part, rest = _split(rest, row.amount)
			rows[index] = Row((*row.charges, part))
		if rest is not None:
			left.append(rest)
	return rows, left


def _credit_notes(
	contract: Contract, credits: list[Charge], carriers: Sequence[Carrier], remaining: dict[str, Decimal]
) -> tuple[list[InvoiceDraft], list[Charge]]:
	"""A credit note for each invoice concerned, each credit against the newest rows of its days first; and what is left.

	``remaining`` is what the rows can still be credited for, by ledger entry; it is reduced. Something is left only where
	a credit that the contract was given has paid for the rows.
	"""
	rows: dict[str, list[Row]] = {}
	left: list[Charge] = []
	for credit in credits:
		rest: Charge | None = credit
		for carrier in _by_preference(contract, credit, carriers):
			if rest is None:
				break
			if remaining[carrier.entry] <= 0:
				continue
			part, rest = _split(rest, remaining[carrier.entry])
			remaining[carrier.entry] += part.amount
			rows.setdefault(carrier.invoice, []).append(Row((part,), corrects=carrier.entry))
		if rest is not None:
			left.append(rest)
	notes = [
		InvoiceDraft(contract.id, DocumentKind.CREDIT_NOTE, tuple(rows), against=invoice)
		for invoice, rows in rows.items()
	]
	return notes, left


def _by_preference(contract: Contract, credit: Charge, carriers: Sequence[Carrier]) -> list[Carrier]:
	"""Rows of the charge's own days and period first, then others of its line, then of lines it replaced; newest first.

	Other lines come last: a credit gets there only if its line is gone, for a cancelled amendment had added it, or if a
	credit that the contract was given has paid for its own rows.
	"""
	family = _family(contract, credit.line)
	newest_first = carriers[::-1]
	return sorted(
		newest_first,
		key=lambda carrier: (
			_family(contract, carrier.line) != family,
			carrier.line != credit.line,
			carrier.period != credit.period,
			carrier.service.intersect(credit.service) is None,
		),
	)


def _split(credit: Charge, limit: Decimal) -> tuple[Charge, Charge | None]:
	"""The part of a credit that fits into ``limit``, and the rest, which takes the next number of the ledger."""
	if -credit.amount <= limit:
		return credit, None
	part = replace(credit, amount=-limit)
	rest = replace(
		credit,
		amount=credit.amount + limit,
		sequence=credit.sequence + 1,
		billed=credit.billed - limit,
	)
	return part, rest


def next_billing_date(
	contract: Contract, ledger: Ledger, carriers: Sequence[Carrier], today: date
) -> date | None:
	"""The first day on which there is something to invoice or to credit; None if there never will be.

	What is pending already is for ``today``, or for the day of its service if that was earlier. A change that waits
	for the next invoice does not bring the date forward.
	"""
	pending = plan_invoices(contract, ledger, carriers, date.min)
	days = [charge.service.start for draft in pending for row in draft.rows for charge in row.charges]
	upcoming = next_due(contract, ledger, date.min)
	return min([*days, *([today] if days else []), *([upcoming] if upcoming else [])], default=None)
