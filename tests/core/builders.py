"""Short ways to write down contracts, for tests that read like the agreement they are about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from billing_ext.core.amending import amend
from billing_ext.core.billing import Charge, Ledger, ledger_of, plan_charges
from billing_ext.core.contract import (
	AddLine,
	Amendment,
	Change,
	ChangeTerms,
	Contract,
	ContractLine,
	EndLine,
	Revision,
	Terminate,
	Terms,
)
from billing_ext.core.invoicing import InvoiceDraft
from billing_ext.core.money import Currency
from billing_ext.core.period import Grid, Interval, Period, Unit
from billing_ext.core.simulation import entry_of

NOK = Currency("NOK", 2)
JPY = Currency("JPY", 0)
KWD = Currency("KWD", 3)
MONTH = Interval(1, Unit.MONTH)
QUARTER = Interval(1, Unit.QUARTER)
YEAR = Interval(1, Unit.YEAR)
WEEK = Interval(1, Unit.WEEK)


def d(text: str) -> date:
	"""A date from its ISO form."""
	return date.fromisoformat(text)


def span(start: str, end: str) -> Period:
	"""The days from ``start`` to the day before ``end``."""
	return Period(d(start), d(end))


def terms(price: str, quantity: str = "1", discount: str = "0") -> Terms:
	"""Terms from what a user types."""
	return Terms(Decimal(price), Decimal(quantity), Decimal(discount))


def line(
	start: str, price: str = "500", id: str = "L1", interval: Interval = MONTH, **more: Any
) -> ContractLine:
	"""A recurring line; its grid follows ``start`` unless ``grid`` is given."""
	quantity, discount = more.pop("quantity", "1"), more.pop("discount", "0")
	grid = more.pop("grid", Grid.anchored(d(start), interval))
	history = (Revision(d(start), terms(price, quantity, discount)),)
	return ContractLine(id=id, start=d(start), history=history, grid=grid, **more)


def one_off(day: str, price: str, id: str = "O1") -> ContractLine:
	"""A line that is billed once."""
	return line(day, price, id, grid=None)


def contract(*lines: ContractLine, currency: Currency = NOK, **conventions: Any) -> Contract:
	"""A contract of those lines."""
	return Contract(id="C1", currency=currency, lines=lines, **conventions)


def amendment(effective: str, *changes: Change, id: str = "A1", sequence: int = 0) -> Amendment:
	"""Changes that take effect on that day."""
	return Amendment(id, d(effective), changes, sequence)


def change(line_id: str = "L1", **terms: str | bool) -> ChangeTerms:
	"""New price, quantity or discount of a line."""
	at_boundary = bool(terms.pop("at_boundary", False))
	return ChangeTerms(
		line_id, at_boundary=at_boundary, **{key: Decimal(value) for key, value in terms.items()}
	)


def end(last_day: str, line_id: str = "L1") -> EndLine:
	"""The line's last day of service."""
	return EndLine(line_id, d(last_day))


def terminate(last_day: str) -> Terminate:
	"""The contract's last day of service."""
	return Terminate(d(last_day))


def amended(base: Contract, *amendments: Amendment) -> Contract:
	"""The contract with the amendments."""
	return amend(base, amendments)


def added(new: ContractLine, effective: str = "", id: str = "A1") -> Amendment:
	"""An amendment that brings a line."""
	return Amendment(id, d(effective) if effective else new.start, (AddLine(new),))


def ledger(charges: Iterable[Charge]) -> Ledger:
	"""The ledger once those charges are billed."""
	return ledger_of(entry_of(charge) for charge in charges)


def billed(agreed: Contract, through: str) -> list[Charge]:
	"""What a first run bills."""
	return plan_charges(agreed, {}, d(through))


def amounts(charges: Iterable[Charge]) -> list[str]:
	"""The amounts as printed."""
	return [str(charge.amount) for charge in charges]


def documents(drafts: Iterable[InvoiceDraft]) -> list[tuple[str, list[str], str]]:
	"""Kind, row amounts and corrected invoice of each document."""
	return [(draft.kind.value, [str(row.amount) for row in draft.rows], draft.against) for draft in drafts]
