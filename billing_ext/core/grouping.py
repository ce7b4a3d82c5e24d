"""Which contracts are invoiced together, and which rows of their drafts go into which document."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from billing_ext.core.invoicing import DocumentKind, InvoiceDraft, Row

Unit = tuple[str, ...]
"""Ids of contracts that share invoices, or of one that has its own."""


@dataclass(frozen=True, slots=True)
class Document:
	"""A document to be made: the draft of each contract that has rows on it, in the order of the contracts.

	``against`` names the invoice that a credit or debit note corrects; ``refund``: what it credits is to be paid back.
	"""

	kind: DocumentKind
	parts: tuple[InvoiceDraft, ...]
	against: str = ""
	refund: bool = False


def units(keys: Iterable[tuple[str, Hashable | None]]) -> list[Unit]:
	"""Contracts with the same key together, in the order in which they come; a contract without key (None) is alone."""
	found: dict[Hashable, list[str]] = {}
	for contract, key in keys:
		found.setdefault(("alone", contract) if key is None else ("shared", key), []).append(contract)
	return [tuple(contracts) for contracts in found.values()]


def chunks(members: Iterable[Unit], size: int) -> list[list[Unit]]:
	"""Units in their order, in chunks of at most ``size`` contracts; a unit that is larger is a chunk of its own."""
	cut: list[list[Unit]] = []
	room = 0
	for unit in members:
		if not cut or len(unit) > room:
			cut.append([])
			room = size
		cut[-1].append(unit)
		room -= len(unit)
	return cut


def documents(drafts: Sequence[InvoiceDraft], place: Callable[[str, Row], str]) -> list[Document]:
	"""The documents that carry the drafts of contracts that share invoices; invoices first.

	One invoice for each ``place`` of contract and row: its cost centre or delivery address, or the same for all. One
	credit note and one debit note for each invoice that they correct; what is to be paid back has a credit note of its
	own. Nothing is netted between contracts: ERPNext takes no negative row, and each row is one contract's in the ledger.
	"""
	found: dict[tuple[DocumentKind, str, bool, str], dict[str, list[Row]]] = {}
	for draft in drafts:
		for row in draft.rows:
			where = place(draft.contract, row) if draft.kind is DocumentKind.INVOICE else ""
			parts = found.setdefault((draft.kind, draft.against, draft.refund, where), {})
			parts.setdefault(draft.contract, []).append(row)
	made = [
		Document(
			kind,
			tuple(
				InvoiceDraft(contract, kind, tuple(rows), against, refund) for contract, rows in parts.items()
			),
			against,
			refund,
		)
		for (kind, against, refund, _where), parts in found.items()
	]
	return sorted(made, key=lambda document: document.kind is not DocumentKind.INVOICE)
