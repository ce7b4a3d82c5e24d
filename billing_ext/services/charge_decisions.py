"""What a person decides about charges whose document did not last: bill again, or let it be."""

from __future__ import annotations

from billing_ext.core.errors import DomainError
from billing_ext.repositories import charges, contracts
from billing_ext.repositories.charges import MANUAL_CREDIT, ChargeStatus
from billing_ext.repositories.contract_rows import Row
from billing_ext.services import contract_state


def release(invoice: str) -> int:
	"""Let the charges of a cancelled invoice be billed again by the next run; how many they are.

	Raises DomainError ``not_held`` if none is held.
	"""
	rows = charges.on_invoice(invoice)
	concerned = charges.contracts_of(rows)
	if concerned:
		contracts.lock(concerned)
	released = charges.release_held(invoice)
	if not released:
		raise DomainError("not_held", charge=invoice, status=sorted({row["status"] for row in rows}) or ["–"])
	for contract in concerned:
		contract_state.refresh(contract)
	return released


def decide_manual_credit(charge: Row, *, bill_again: bool) -> None:
	"""Bill again what a credit note made by hand has credited, or forgive it. Raises DomainError ``not_held``."""
	if charge["kind"] != MANUAL_CREDIT or charge["status"] == ChargeStatus.RELEASED.value:
		raise DomainError("not_held", charge=charge["name"], status=[charge["status"]])
	contracts.lock([charge["contract"]])
	status = ChargeStatus.REBILL if bill_again else ChargeStatus.FORGIVEN
	charges.set_status([charge["name"]], status)
	contract_state.refresh(charge["contract"])
