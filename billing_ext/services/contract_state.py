"""What a contract shows of itself that follows from its terms and ledger: status, next billing date, MRR, end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from billing_ext.core.contract import Contract
from billing_ext.core.invoicing import next_billing_date
from billing_ext.core.metrics import mrr
from billing_ext.core.period import ONE_DAY
from billing_ext.core.simulation import Books
from billing_ext.repositories import charges, clock, contracts


def refresh(name: str) -> None:
	"""Derive a contract's state anew and store it. Clears a billing error."""
	contract = contracts.record(name).to_core()
	store(contract, charges.books(name))


def store(contract: Contract, books: Books) -> None:
	"""Store the state of a contract whose terms and ledger are at hand."""
	today = clock.today()
	due = next_billing_date(contract, books.ledger, books.carriers, today)
	end = service_end(contract)
	contracts.save_state(
		contract.id,
		status=_status(contract, due, end, today),
		next_billing_date=due,
		service_end=end,
		mrr=mrr_of(contract, today),
	)


def mrr_of(contract: Contract, today: date) -> Decimal:
	"""Monthly recurring revenue today, or at its start for a contract that has not begun."""
	return contract.currency.round(mrr(contract, max(today, _start(contract))))


def service_end(contract: Contract) -> date | None:
	"""The last day on which any line is served; None while one runs without end."""
	ends = [line.start + ONE_DAY if line.one_off else line.end for line in contract.lines if line.active]
	last = [end for end in ends if end is not None]
	return max(last) - ONE_DAY if last and len(last) == len(ends) else None


def _start(contract: Contract) -> date:
	return min(line.start for line in contract.lines)


def _status(contract: Contract, due: date | None, end: date | None, today: date) -> str:
	if _start(contract) > today:
		return "Upcoming"
	ended = not any(line.active for line in contract.lines) or (end is not None and end < today)
	return "Ended" if ended and due is None else "Active"
