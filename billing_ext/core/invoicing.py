"""From charges to the documents that will carry them: invoices, and credit notes against the invoices they correct."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum

from billing_ext.core.billing import Charge, ChargeKind, Ledger, next_due, plan_charges
from billing_ext.core.contract import Contract, CorrectionBilling, CreditHandling
from billing_ext.core.period import Period


class DocumentKind(Enum):
	"""What a draft will become."""

	INVOICE = "Invoice"
	CREDIT_NOTE = "Credit Note"


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
	"""A document to be made: also what a preview shows. ``against`` names the invoice that a credit note corrects."""

	contract: str
	kind: DocumentKind
	rows: tuple[Row, ...]
	against: str = ""

	@property
	def amount(self) -> Decimal:
		"""Net total in the contract's currency, before tax; negative for a credit note."""
		return sum((row.amount for row in self.rows), Decimal(0))


@dataclass(frozen=True, slots=True)
class Carrier:
	"""A submitted invoice row that carried a charge and what of it can still be credited, the newest last."""

	entry: str
	line: str
	period: Period
	invoice: str
	remaining: Decimal


def plan_invoices(
	contract: Contract, ledger: Ledger, carriers: Sequence[Carrier], through: date
) -> list[InvoiceDraft]:
	"""The documents that bring the ledger to what the contract says by ``through``.

	An amount billed too much is credited at most to what is left of the rows that carried it; no document's sign is
	wrong. Raises what ``plan_charges`` raises.
	"""
	charges = plan_charges(contract, ledger, through)
	upcoming = next_due(contract, ledger, through)
	if _waits(contract, charges, upcoming):
		return []
	credits = [charge for charge in charges if charge.amount < 0]
	rows = [Row((charge,)) for charge in charges if charge.amount > 0]
	if contract.credit_handling is CreditHandling.NEXT_INVOICE:
		rows, credits = _deduct(contract, rows, credits)
		credits = [credit for credit in credits if not _charge_follows(contract, ledger, credit, through)]
	drafts = [InvoiceDraft(contract.id, DocumentKind.INVOICE, tuple(rows))] if rows else []
	return drafts + _credit_notes(contract, credits, carriers)


def _waits(contract: Contract, charges: Iterable[Charge], upcoming: date | None) -> bool:
	"""Do corrections wait for an invoice of their own accord? Not if none will follow."""
	if contract.correction_billing is CorrectionBilling.IMMEDIATELY or upcoming is None:
		return False
	return all(charge.kind is ChargeKind.CORRECTION for charge in charges)


def _family(contract: Contract, line_id: str) -> str:
	"""The first line of a chain of replacements: a credit of one may be deducted from a charge of another."""
	replaced = next((line.replaces for line in contract.lines if line.id == line_id), "")
	return _family(contract, replaced) if replaced else line_id


def _charge_follows(contract: Contract, ledger: Ledger, credit: Charge, through: date) -> bool:
	"""Will a later charge of the credit's line, or of one that replaced it, be there to deduct it from?"""
	family = _family(contract, credit.line)
	lines = tuple(line for line in contract.lines if _family(contract, line.id) == family)
	return next_due(replace(contract, lines=lines), ledger, through) is not None


def _deduct(contract: Contract, rows: list[Row], credits: list[Charge]) -> tuple[list[Row], list[Charge]]:
	"""Rows with the credits of their line deducted as far as they go, and the credits that found no row."""
	left: list[Charge] = []
	for credit in credits:
		rest: Charge | None = credit
		for index, row in enumerate(rows):
			if rest is None:
				break
			if row.amount <= 0 or _family(contract, row.charges[0].line) != _family(contract, credit.line):
				continue
			part, rest = _split(rest, row.amount)
			rows[index] = Row((*row.charges, part))
		if rest is not None:
			left.append(rest)
	return rows, left


def _credit_notes(
	contract: Contract, credits: list[Charge], carriers: Sequence[Carrier]
) -> list[InvoiceDraft]:
	"""A credit note for each invoice concerned, each credit against the newest rows of its period first."""
	remaining = {carrier.entry: carrier.remaining for carrier in carriers}
	rows: dict[str, list[Row]] = {}
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
	return [
		InvoiceDraft(contract.id, DocumentKind.CREDIT_NOTE, tuple(rows), against=invoice)
		for invoice, rows in rows.items()
	]


def _by_preference(contract: Contract, credit: Charge, carriers: Sequence[Carrier]) -> list[Carrier]:
	"""Rows of the credit's own period first, then others of its line, then of lines it replaced; newest first.

	Other lines come last: a credit can only get there if its line is gone, for a cancelled amendment had added it.
	"""
	family = _family(contract, credit.line)
	newest_first = carriers[::-1]
	return sorted(
		newest_first,
		key=lambda carrier: (
			_family(contract, carrier.line) != family,
			carrier.line != credit.line,
			carrier.period != credit.period,
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
