"""What billing would do: the same planning on a ledger in memory. Preview, forecast and what-if are this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from billing_ext.core.billing import Charge, Ledger, LedgerEntry, ledger_of, next_due
from billing_ext.core.contract import Contract
from billing_ext.core.invoicing import Carrier, DocumentKind, InvoiceDraft, plan_invoices


@dataclass(slots=True)
class Books:
	"""A ledger and the invoices that carry it, to which drafts can be posted without writing anything."""

	entries: list[LedgerEntry] = field(default_factory=list)
	carriers: list[Carrier] = field(default_factory=list)
	documents: int = 0

	@property
	def ledger(self) -> Ledger:
		"""The entries, by line and period."""
		return ledger_of(self.entries)

	def run(self, contract: Contract, through: date) -> list[InvoiceDraft]:
		"""Plan and post what is due by ``through``; the drafts that were posted."""
		drafts = plan_invoices(contract, self.ledger, self.carriers, through)
		for draft in drafts:
			self.post(draft)
		return drafts

	def post(self, draft: InvoiceDraft) -> None:
		"""Count a draft's charges as billed, as its submission would."""
		self.documents += 1
		invoice = f"preview-{self.documents}"
		for row in draft.rows:
			for charge in row.charges:
				self.entries.append(entry_of(charge))
			if draft.kind is DocumentKind.CREDIT_NOTE:
				self.carriers = [_credited(carrier, row.corrects, -row.amount) for carrier in self.carriers]
			else:
				first = row.charges[0]
				carrier = Carrier(first.key, first.line, first.period, invoice, row.amount, first.service)
				self.carriers.append(carrier)


def entry_of(charge: Charge) -> LedgerEntry:
	"""The ledger's view of a charge that is billed."""
	return LedgerEntry(charge.line, charge.period, charge.amount, charge.sequence, charge.expected)


def simulate(
	states: Iterable[tuple[date, Contract]], books: Books
) -> Iterator[tuple[date, list[InvoiceDraft]]]:
	"""For each run date with the contract as known then: what that run bills."""
	for through, contract in states:
		yield through, books.run(contract, through)


def upcoming(
	contract: Contract, books: Books, today: date, count: int
) -> list[tuple[date, list[InvoiceDraft]]]:
	"""What is pending, as of ``today``, and what the next ``count`` due dates bring."""
	pending = books.run(contract, date.min)
	runs = [(today, pending)] if pending else []
	return [*runs, *forecast(contract, books, date.min, count)]


def forecast(
	contract: Contract, books: Books, after: date, count: int
) -> Iterator[tuple[date, list[InvoiceDraft]]]:
	"""The next ``count`` dates after ``after`` on which something falls due, and what would be billed on each."""
	for _ in range(count):
		due = next_due(contract, books.ledger, after)
		if due is None:
			return
		yield due, books.run(contract, due)
		after = due


def _credited(carrier: Carrier, entry: str, amount: Decimal) -> Carrier:
	if carrier.entry != entry:
		return carrier
	return replace(carrier, remaining=carrier.remaining - amount)
