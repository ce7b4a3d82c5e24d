"""The monthly accrual of deferred revenue, and its reversal when the month is corrected.

What is to be booked stands on the message; the accounts are looked up when it is sent, because the income accrual account
has no counterpart in ERPNext and so is in no map.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex.accrual import (
	AccrualAccounts,
	accrual_request,
	booked_movement,
	last_day,
)
from billing_ext.integrations.tripletex.delivery import Found
from billing_ext.integrations.tripletex.read_back import VOUCHER_FIELDS, Difference
from billing_ext.repositories.tripletex import accruals, mappings
from billing_ext.repositories.tripletex.mappings import Kind, Mapping
from billing_ext.services.tripletex.operations.base import Handler, ReadBack, Request

SEARCH = "/ledger/voucher/>externalVoucherNumber"


class AccrualVoucher(Handler):
	"""Post a month's voucher."""

	def prepare(self) -> Request:
		"""The voucher with Tripletex's ids. Raises DomainError ``tripletex_no_accrual_account``."""
		wanted = accruals.voucher_of(self.row)
		own = self.settings
		accounts = AccrualAccounts(
			self._account(own.income_accrual_number), self._account(own.deferred_number)
		)
		company = accruals.abbreviation(own.company)
		body = accrual_request(company, wanted.month, wanted.revision, wanted.amount, accounts)
		return {"body": body, "amount": wanted.amount}

	def _account(self, number: int) -> int:
		found = self.client.find_one("/ledger/account", "number", number, fields="id,number")
		if not found:
			raise DomainError("tripletex_no_accrual_account", number=number)
		return found["id"]

	def send(self, request: Request, note: Callable[[str], None]) -> int:
		"""Post it."""
		answer = self.client.post("/ledger/voucher", body=request["body"], query={"sendToLedger": True})
		return answer.value["id"]

	def look_up(self, request: Request, note: Callable[[str], None]) -> tuple[Found, int]:
		"""By its external number."""
		number = request["body"]["externalVoucherNumber"]
		found = self.client.find_one(SEARCH, "externalVoucherNumber", number, fields=VOUCHER_FIELDS)
		if not found:
			return Found.ABSENT, 0
		same = self._moved(found) == request["amount"]
		return (Found.EQUAL, found["id"]) if same else (Found.DIFFERENT, 0)

	def _moved(self, voucher: dict) -> Decimal:
		return booked_movement(voucher, self.settings.deferred_number)

	def read_back(self, request: Request, remote_id: int) -> ReadBack:
		"""What it moved to deferred revenue."""
		remote = self.client.get("/ledger/voucher/{id}", {"id": remote_id}, fields=VOUCHER_FIELDS)
		moved = self._moved(remote)
		same = moved == request["amount"]
		return ReadBack(remote, [] if same else [Difference("amount", request["amount"], moved)])

	def finish(self, request: Request, remote_id: int, read: ReadBack) -> None:
		"""Tie the voucher to its external number."""
		key = request["body"]["externalVoucherNumber"]
		mappings.save(Mapping(self.settings.company, Kind.VOUCHER, key, remote_id, voucher_id=str(remote_id)))


class VoucherReversal(Handler):
	"""Take a month's voucher back."""

	def prepare(self) -> Request:
		"""Which voucher, and its own day, so that the month stays whole."""
		wanted = accruals.reversal_of(self.row)
		return {
			"voucher": wanted.voucher_id,
			"date": last_day(wanted.month).isoformat(),
			"amount": wanted.amount,
		}

	def send(self, request: Request, note: Callable[[str], None]) -> int:
		"""Reverse it."""
		answer = self.client.put(
			"/ledger/voucher/{id}/:reverse", {"id": request["voucher"]}, query={"date": request["date"]}
		)
		return answer.value["id"]

	def look_up(self, request: Request, note: Callable[[str], None]) -> tuple[Found, int]:
		"""Does the voucher name one that reverses it?"""
		voucher = self.client.get(
			"/ledger/voucher/{id}", {"id": request["voucher"]}, fields="id,reverseVoucher(id)"
		)
		reverse = (voucher.get("reverseVoucher") or {}).get("id")
		return (Found.EQUAL, reverse) if reverse else (Found.ABSENT, 0)

	def read_back(self, request: Request, remote_id: int) -> ReadBack:
		"""What the voucher that reverses has moved."""
		remote = self.client.get("/ledger/voucher/{id}", {"id": remote_id}, fields=VOUCHER_FIELDS)
		moved = booked_movement(remote, self.settings.deferred_number)
		same = moved == -request["amount"]
		return ReadBack(remote, [] if same else [Difference("amount", -request["amount"], moved)])

	def finish(self, request: Request, remote_id: int, read: ReadBack) -> None:
		"""Nothing follows."""
