"""What reaches Tripletex from the bank, or is registered by an accountant."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .ledger import ROUND_OFF, reverse
from .money import cents
from .payments import book_value, register, settle_rest
from .reminders import pay_fee
from .state import Row

if TYPE_CHECKING:
	from .app import Simulator

Amount = Decimal | int | str
LOSSES = 7830


def exact(amount: Amount) -> Decimal:
	return cents(Decimal(str(amount)))


class Bank:
	"""Payments and settlements that no client of the API made."""

	def __init__(self, sim: Simulator):
		self.sim = sim

	def pay(
		self,
		invoice_number: int,
		amount: Amount,
		date: Any,
		account: int = 1920,
		voucher_type: str = "Betaling",
		amount_nok: Amount | None = None,
		external_ref: str = "",
	) -> dict[str, Any]:
		"""A payment in the invoice's currency: part of it, all of it or more. Returns the voucher."""
		with self.sim.change() as state:
			invoice = self.sim.invoice_row(invoice_number)
			paid = exact(amount)
			nok = exact(amount_nok) if amount_nok is not None else book_value(state, invoice, paid)
			voucher = register(state, invoice, str(date), account, nok, paid, voucher_type, external_ref)
			return dict(voucher)

	def ocr(self, kid: str, amount: Amount, date: Any) -> dict[str, Any]:
		"""A line of an OCR file: found by its KID."""
		with self.sim.change() as state:
			found = [i for i in state.table("Invoice").values() if i.get("kid") == kid and i["isCharged"]]
			if not found:
				raise LookupError(f"no invoice with KID {kid}")
			number = found[0]["invoiceNumber"]
		return self.pay(number, amount, date, voucher_type="Betaling med KID-nummer", external_ref=kid)

	def reverse(self, payment_voucher_id: int, date: Any) -> dict[str, Any]:
		"""Take a payment back: its posting leaves the invoice."""
		with self.sim.change() as state:
			return dict(reverse(state, state.table("Voucher")[payment_voucher_id], str(date)))

	def round_off(self, invoice_number: int, amount: Amount, date: Any) -> dict[str, Any]:
		"""A small rest that is rounded away."""
		return self._settle(invoice_number, amount, date, ROUND_OFF, "Øreavrunding", "Øreavrunding")

	def write_off(self, invoice_number: int, amount: Amount, date: Any) -> dict[str, Any]:
		"""A loss on the receivable."""
		return self._settle(invoice_number, amount, date, LOSSES, "Bankavstemming", "Tap på fordring")

	def pay_reminder_fee(self, reminder_id: int, date: Any, account: int = 1920) -> dict[str, Any]:
		"""The fee of a reminder is paid."""
		with self.sim.change() as state:
			return dict(pay_fee(state, state.table("Reminder")[reminder_id], str(date), account))

	def _settle(
		self, invoice_number: int, amount: Amount, date: Any, account: int, kind: str, text: str
	) -> dict[str, Any]:
		with self.sim.change() as state:
			invoice: Row = self.sim.invoice_row(invoice_number)
			text = f"{text}: Faktura nummer {invoice_number}"
			return dict(settle_rest(state, invoice, str(date), exact(amount), account, kind, text))
