"""Credit notes: matched with their invoice on the receivable account, so that neither stays open for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from billing_ext.integrations.tripletex.delivery import Found
from billing_ext.integrations.tripletex.documents import Strategy
from billing_ext.integrations.tripletex.errors import Kind as ErrorKind
from billing_ext.integrations.tripletex.errors import Refused
from billing_ext.integrations.tripletex.read_back import VOUCHER_FIELDS, decimal, needed
from billing_ext.repositories.tripletex import booked, mappings
from billing_ext.repositories.tripletex.mappings import Kind, Mapping
from billing_ext.services.tripletex.operations.base import Handler, ReadBack, Request, Skip


class CreditMatch(Handler):
	"""Close the postings of a credit note and of what it credits."""

	def prepare(self) -> Request:
		"""The receivable postings of both."""
		credit = self._mapping(self.row["local_key"])
		original = self._mapping(booked.credited_by(self.row["local_key"]))
		if not credit or not original:
			raise Skip("no_original")
		if self._is_matched(credit):
			raise Skip("matched_already")
		return {"postings": [self._posting(mapping)["id"] for mapping in (credit, original)]}

	def _mapping(self, document: str) -> Mapping | None:
		return mappings.find(self.settings.company, Kind.INVOICE, document)

	def _posting(self, mapping: Mapping) -> dict[str, Any]:
		"""The posting of the voucher itself on the receivable account."""
		path = {"id": int(mapping.voucher_id)}
		voucher = self.client.get("/ledger/voucher/{id}", path, fields=VOUCHER_FIELDS)
		number = self.settings.receivable_number
		return next(
			row for row in needed(voucher, "postings") if (row.get("account") or {}).get("number") == number
		)

	def _is_matched(self, credit: Mapping) -> bool:
		"""Has anything of the credit note been used? What an invoice already paid leaves over stays open."""
		if credit.strategy == Strategy.VOUCHER.value:
			return bool(self._posting(credit).get("closeGroup"))
		fields = "id,amount,amountOutstanding"
		remote = self.client.get("/invoice/{id}", {"id": credit.id}, fields=fields)
		return abs(decimal(remote, "amountOutstanding")) < abs(decimal(remote, "amount"))

	def send(self, request: Request, note: Callable[[str], None]) -> int:
		"""Close them against each other. Tripletex answers 200 even where it refuses, and then lists the reasons."""
		answer = self.client.put("/ledger/posting/:closePostings", body=request["postings"])
		reasons = [row["message"] for row in answer.values if row.get("message")]
		if reasons:
			raise Refused(
				ErrorKind.INVALID, "; ".join(reasons), status=answer.status, request_id=answer.request_id
			)
		return request["postings"][0]

	def look_up(self, request: Request, note: Callable[[str], None]) -> tuple[Found, int]:
		"""Has anything of the credit note been used?"""
		credit = self._mapping(self.row["local_key"])
		matched = credit is not None and self._is_matched(credit)
		return (Found.EQUAL, request["postings"][0]) if matched else (Found.ABSENT, 0)

	def read_back(self, request: Request, remote_id: int) -> ReadBack:
		"""Nothing to compare: what stays open, the reconciliation sees."""
		return ReadBack()

	def finish(self, request: Request, remote_id: int, read: ReadBack) -> None:
		"""Nothing follows."""
