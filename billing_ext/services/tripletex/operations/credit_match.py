"""Credit notes: matched with their invoice on the receivable account, so that neither stays open for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from billing_ext.integrations.tripletex.delivery import Found
from billing_ext.integrations.tripletex.read_back import VOUCHER_FIELDS
from billing_ext.repositories.tripletex import booked, mappings
from billing_ext.repositories.tripletex.mappings import Kind, Mapping
from billing_ext.services.tripletex.operations.base import Handler, ReadBack, Request, Skip


class CreditMatch(Handler):
	"""Close the postings of a credit note and of what it credits."""

	def prepare(self) -> Request:
		"""The receivable postings of both."""
		company = self.settings.company
		credit = mappings.find(company, Kind.INVOICE, self.row["local_key"])
		original = mappings.find(company, Kind.INVOICE, booked.credited_by(self.row["local_key"]))
		if not credit or not original:
			raise Skip("no_original")
		postings = [self._posting(credit), self._posting(original)]
		if self._are_closed(postings):
			raise Skip("matched_already")
		return {"postings": [posting["id"] for posting in postings]}

	def _posting(self, mapping: Mapping) -> dict[str, Any]:
		"""The posting of the voucher itself on the receivable account."""
		fields = VOUCHER_FIELDS
		voucher = self.client.get("/ledger/voucher/{id}", {"id": int(mapping.voucher_id)}, fields=fields)
		number = self.settings.receivable_number
		return next(
			row for row in voucher["postings"] if (row.get("account") or {}).get("number") == number
		)

	@staticmethod
	def _are_closed(postings: list[dict[str, Any]]) -> bool:
		groups = {(posting.get("closeGroup") or {}).get("id") for posting in postings}
		return None not in groups and len(groups) == 1

	def _read(self, request: Request) -> list[dict[str, Any]]:
		fields = "id,closeGroup(id)"
		return [
			self.client.get("/ledger/posting/{id}", {"id": each}, fields=fields)
			for each in request["postings"]
		]

	def send(self, request: Request, note: Callable[[str], None]) -> int:
		"""Close them against each other."""
		self.client.put("/ledger/posting/:closePostings", body=request["postings"])
		return request["postings"][0]

	def look_up(self, request: Request, note: Callable[[str], None]) -> tuple[Found, int]:
		"""Do they share a close group?"""
		closed = self._are_closed(self._read(request))
		return (Found.EQUAL, request["postings"][0]) if closed else (Found.ABSENT, 0)

	def read_back(self, request: Request, remote_id: int) -> ReadBack:
		"""Their close group. Whether anything stays open is for the reconciliation to see."""
		return ReadBack({"postings": self._read(request)})

	def finish(self, request: Request, remote_id: int, read: ReadBack) -> None:
		"""Nothing follows."""


