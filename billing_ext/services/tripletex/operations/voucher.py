"""The monthly accrual of deferred revenue, and its reversal when the month is corrected."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

from billing_ext.integrations.tripletex import decimal_json
from billing_ext.integrations.tripletex.delivery import Found
from billing_ext.integrations.tripletex.read_back import VOUCHER_FIELDS, Difference, decimal
from billing_ext.repositories.tripletex import mappings
from billing_ext.repositories.tripletex.mappings import Kind, Mapping
from billing_ext.services.tripletex.operations.base import Handler, ReadBack, Request

SEARCH = "/ledger/voucher/>externalVoucherNumber"


class AccrualVoucher(Handler):
	"""Post a voucher that the monthly accrual has built and written on the message."""

	def prepare(self) -> Request:
		"""The body as the accrual wrote it."""
		return decimal_json.loads(self.row["note"])

	def send(self, request: Request, note: Callable[[str], None]) -> int:
		"""Post it."""
		answer = self.client.post(
			"/ledger/voucher", body=request["body"], query={"sendToLedger": True}
		)
		return answer.value["id"]

	def look_up(self, request: Request, note: Callable[[str], None]) -> tuple[Found, int]:
		"""By its external number."""
		number = request["body"]["externalVoucherNumber"]
		found = self.client.find_one(SEARCH, "externalVoucherNumber", number, fields=VOUCHER_FIELDS)
		return (Found.EQUAL, found["id"]) if found else (Found.ABSENT, 0)

	def read_back(self, request: Request, remote_id: int) -> ReadBack:
		"""Its postings, row by row."""
		remote = self.client.get("/ledger/voucher/{id}", {"id": remote_id}, fields=VOUCHER_FIELDS)
		ours = sorted(row["amountGross"] for row in request["body"]["postings"])
		theirs = sorted(decimal(row, "amount") for row in remote["postings"])
		return ReadBack(remote, [] if ours == theirs else [Difference("postings", ours, theirs)])

	def finish(self, request: Request, remote_id: int, read: ReadBack) -> None:
		"""Tie the voucher to its external number."""
		key = request["body"]["externalVoucherNumber"]
		mappings.save(Mapping(self.settings.company, Kind.VOUCHER, key, remote_id, voucher_id=str(remote_id)))


class VoucherReversal(Handler):
	"""Reverse a voucher of ours."""

	def prepare(self) -> Request:
		"""Which voucher, and on which day."""
		return json.loads(self.row["note"])

	def send(self, request: Request, note: Callable[[str], None]) -> int:
		"""Reverse it."""
		day = date.fromisoformat(request["date"])
		answer = self.client.put(
			"/ledger/voucher/{id}/:reverse", {"id": request["voucher"]}, query={"date": day}
		)
		return answer.value["id"]

	def look_up(self, request: Request, note: Callable[[str], None]) -> tuple[Found, int]:
		"""Does the voucher name one that reverses it?"""
		voucher = self.client.get(
			"/ledger/voucher/{id}", {"id": request["voucher"]}, fields=VOUCHER_FIELDS
		)
		reverse = (voucher.get("reverseVoucher") or {}).get("id")
		return (Found.EQUAL, reverse) if reverse else (Found.ABSENT, 0)

	def read_back(self, request: Request, remote_id: int) -> ReadBack:
		"""The voucher that reverses."""
		return ReadBack(self.client.get("/ledger/voucher/{id}", {"id": remote_id}, fields=VOUCHER_FIELDS))

	def finish(self, request: Request, remote_id: int, read: ReadBack) -> None:
		"""Nothing follows."""
