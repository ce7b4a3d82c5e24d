"""What a contract shows of itself that follows from its terms and ledger: status, next billing date, MRR, end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from billing_ext.core.contract import Contract
from billing_ext.core.invoicing import next_billing_date
from billing_ext.core.metrics import mrr
from billing_ext.core.period import ONE_DAY
from billing_ext.core.renewal import last_cancellation_day
from billing_ext.core.simulation import Books
from billing_ext.repositories import charges, clock, contracts
from billing_ext.repositories.contract_rows import SUBMITTED
from billing_ext.repositories.contracts import ContractState


def refresh(name: str) -> None:
	"""Derive a contract's state anew and store it. Clears a billing error."""
	contract = contracts.record(name).to_core()
	store({name: (contract, charges.books(name))})


def refresh_all(names: Sequence[str]) -> None:
	"""As ``refresh``, for those of many contracts that are in force; they stay locked until the transaction ends."""
	contracts.lock(names)
	reader = contracts.Reader(names)
	in_force = [name for name, header in reader.headers.items() if header["docstatus"] == SUBMITTED]
	if not in_force:
		return
	books = charges.books_of(in_force)
	store({name: (reader.record(name).to_core(), books[name]) for name in in_force})


def store(derived_from: Mapping[str, tuple[Contract, Books]]) -> None:
	"""Store the states of contracts whose terms and ledgers are at hand, by name."""
	today = clock.today()
	contracts.save_states(
		{name: _state(contract, books, today) for name, (contract, books) in derived_from.items()}
	)


def _state(contract: Contract, books: Books, today: date) -> ContractState:
	due = next_billing_date(contract, books.ledger, books.carriers, today)
	end = service_end(contract)
	renews = contract.term_end if contract.renews else None
	return ContractState(
		status=_status(contract, due, end, today),
		next_billing_date=due,
		service_end=end,
		term_end=contract.term_end and contract.term_end - ONE_DAY,
		last_cancellation_day=renews and last_cancellation_day(renews, contract.notice),
		renewal_declined=contract.renewal_declined,
		mrr=mrr_of(contract, today),
	)


def mrr_of(contract: Contract, today: date) -> Decimal:
	"""Monthly recurring revenue today, or at its start for a contract that has not begun."""
	return contract.currency.round(mrr(contract, max(today, _start(contract, today))))


def service_end(contract: Contract) -> date | None:
	"""The last day on which any line is served or may be; None while that has no end."""
	if _awaits_lines(contract):
		return contract.term_end and contract.term_end - ONE_DAY
	ends = [
		line.start + ONE_DAY if line.one_off else line.end
		for line in contract.lines
		if line.active and not line.credit
	]
	last = [end for end in ends if end is not None]
	return max(last) - ONE_DAY if last and len(last) == len(ends) else None


def _awaits_lines(contract: Contract) -> bool:
	"""Will there be something to bill that no line says yet?"""
	return contract.terminated is None and (contract.open_milestones or contract.bills_work)


def _start(contract: Contract, today: date) -> date:
	"""The first day of service; a contract whose milestones are all open has begun on its own first day."""
	return min((line.start for line in contract.lines), default=contract.start or today)


def _status(contract: Contract, due: date | None, end: date | None, today: date) -> str:
	if _start(contract, today) > today:
		return "Upcoming"
	idle = not any(line.active for line in contract.lines) and not _awaits_lines(contract)
	to_complete = contract.open_milestones and contract.terminated is None
	ended = idle or (end is not None and end < today and not to_complete)
	return "Ended" if ended and due is None else "Active"
