"""What people do in Tripletex itself, past the API."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .bank import Amount, exact
from .ledger import RECEIVABLES, book, posting, postings_of
from .ledger_api import drop_voucher
from .master import account_id, add_customer
from .money import iso
from .reminders import remind
from .sales import add_invoice, add_order, own_number, send
from .state import Row

if TYPE_CHECKING:
	from .app import Simulator


class Gui:
	"""Somebody at a screen."""

	def __init__(self, sim: Simulator):
		self.sim = sim

	def add_customer(self, name: str, **values: Any) -> dict[str, Any]:
		with self.sim.change() as state:
			return dict(add_customer(state, {"name": name, **values}))

	def edit_customer(self, id: int, **values: Any) -> None:
		"""Change fields; an address is given as a dict of its fields."""
		with self.sim.change() as state:
			row = state.table("Customer")[id]
			for name in ("postalAddress", "physicalAddress"):
				if name in values:
					state.change("Address", state.table("Address")[row[name]], values.pop(name))
			state.change("Customer", row, values)

	def delete_customer_address(self, id: int) -> None:
		blank = {"addressLine1": "", "addressLine2": "", "postalCode": "", "city": ""}
		self.edit_customer(id, postalAddress=blank)

	def deactivate_customer(self, id: int) -> None:
		self.edit_customer(id, isInactive=True)

	def delete_customer(self, id: int) -> None:
		"""Gone, whatever hangs on it: what a merge or a support case leaves."""
		with self.sim.change() as state:
			state.remove("Customer", id)

	def make_invoice(
		self, customer_id: int, net: Amount, date: Any = None, vat_type: int = 3, send_it: bool = False
	) -> dict[str, Any]:
		"""An invoice with Tripletex's own next number, which may be taken: then it is refused as it is there."""
		with self.sim.change() as state:
			day = str(date or self.sim.today())
			line: Row = {"description": "Vare", "count": Decimal(1), "vatType": vat_type}
			line["unitPriceExcludingVatCurrency"] = exact(net)
			values: Row = {
				"customer": customer_id,
				"orderDate": day,
				"deliveryDate": day,
				"orderLines": [line],
			}
			order = add_order(state, values, day)
			due = (iso(day) + timedelta(days=14)).isoformat()
			draft: Row = {"invoiceDate": day, "invoiceDueDate": due, "invoiceNumber": own_number(state)}
			invoice = add_invoice(state, order, draft, self.sim.vat_rounding)
			state.change("Order", order, {"isClosed": True})
			if send_it:
				send(state, invoice, "")
			return dict(invoice)

	def set_next_invoice_number(self, number: int) -> None:
		with self.sim.change() as state:
			state.set_item(state.counters, "invoice", number)

	def remind(
		self, invoice_number: int, date: Any = None, kind: str = "REMINDER", fee: bool = True
	) -> dict[str, Any]:
		"""A reminder by hand; its fee is booked as a voucher of its own."""
		with self.sim.change() as state:
			day = str(date or self.sim.today())
			return dict(remind(state, self.sim.invoice_row(invoice_number), kind, day, fee))

	def delete_payment(self, payment_voucher_id: int) -> None:
		"""Delete a payment's voucher: posting and close group go without a reversal."""
		with self.sim.change() as state:
			drop_voucher(state, state.table("Voucher")[payment_voucher_id])

	def close_vat_term(self, through_date: Any) -> None:
		"""File the VAT return through a day."""
		self._set("vat_closed_through", str(through_date))

	def close_period(self, through_date: Any) -> None:
		"""Close the months through a day for every posting."""
		self._set("period_closed_through", str(through_date))

	def answer_duplicates_with(self, status: int, code: int) -> None:
		"""How a taken invoice number is refused: nobody has seen it yet."""
		self._set("duplicate_number", (status, code))

	def reconcile_bank(self, through_date: Any, account: int = 1920) -> None:
		with self.sim.change() as state:
			state.set_item(state.settings["reconciled_through"], account, str(through_date))

	def require_department(self, required: bool = True) -> None:
		self._set("required_department", required)

	def set_vat_registered(self, registered: bool) -> None:
		self._set("vat_registered", registered)

	def remove_bank_account(self) -> None:
		with self.sim.change() as state:
			for row in state.table("Account").values():
				if row.get("bankAccountNumber"):
					state.change("Account", row, {"bankAccountNumber": ""})

	def _set(self, name: str, value: Any) -> None:
		with self.sim.change() as state:
			state.set_item(state.settings, name, value)

	def hand_voucher(
		self, *postings: tuple[Any, ...], date: Any = None, description: str = "Bilag"
	) -> dict[str, Any]:
		"""A voucher of (account number, amount) or (account number, amount, customer id), without VAT."""
		with self.sim.change() as state:
			rows = []
			for number, amount, *customer in postings:
				row = posting(state, number, exact(amount))
				rows.append(row | {"customer": customer[0] if customer else None})
			return dict(book(state, str(date or self.sim.today()), None, description, rows))

	def edit_invoice_amount(self, invoice_number: int, difference: Amount) -> None:
		"""Correct the voucher of an invoice by hand: income and receivable move, which makes drift."""
		with self.sim.change() as state:
			invoice = self.sim.invoice_row(invoice_number)
			change = exact(difference)
			voucher = state.table("Voucher")[invoice["voucher"]]
			rows = postings_of(state, voucher)
			income = next(
				r for r in rows if r["account"] != account_id(state, RECEIVABLES) and not r["systemGenerated"]
			)
			for row, amount in ((state.table("Posting")[invoice["_posting"]], change), (income, -change)):
				values = {
					k: row[k] + amount
					for k in ("amount", "amountCurrency", "amountGross", "amountGrossCurrency")
				}
				state.change("Posting", row, values)
			state.change("Voucher", voucher, {})
			fields = ("amount", "amountCurrency", "amountExcludingVat", "amountExcludingVatCurrency")
			state.change("Invoice", invoice, {k: invoice[k] + change for k in fields})
