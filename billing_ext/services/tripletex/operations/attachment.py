"""Our PDF, kept with the voucher in Tripletex: the accountant sees what the customer saw."""

from __future__ import annotations

from collections.abc import Callable

from billing_ext.integrations.tripletex.delivery import Found
from billing_ext.repositories.tripletex import mappings, prints
from billing_ext.repositories.tripletex.mappings import Kind
from billing_ext.services.tripletex.operations.base import Handler, ReadBack, Request, Skip

FIELDS = "id,attachment(id,fileName)"


class Attachment(Handler):
	"""Attach the PDF of a booked document to its voucher."""

	def prepare(self) -> Request:
		"""The voucher. The PDF itself is made when it is sent: a frozen request holds no files."""
		mapping = mappings.find(self.settings.company, Kind.INVOICE, self.row["local_key"])
		if not mapping or not mapping.voucher_id:
			raise Skip("no_voucher")
		return {"voucher": int(mapping.voucher_id), "name": f"{self.row['local_key']}.pdf"}

	def send(self, request: Request, note: Callable[[str], None]) -> int:
		"""Upload it."""
		content = prints.pdf("Sales Invoice", self.row["local_key"])
		self.client.upload(
			"/ledger/voucher/{voucherId}/attachment",
			{"voucherId": request["voucher"]},
			request["name"],
			content,
		)
		return request["voucher"]

	def look_up(self, request: Request, note: Callable[[str], None]) -> tuple[Found, int]:
		"""Has the voucher an attachment?"""
		voucher = self._voucher(request["voucher"])
		return (Found.EQUAL, request["voucher"]) if voucher.get("attachment") else (Found.ABSENT, 0)

	def _voucher(self, voucher: int) -> dict:
		return self.client.get("/ledger/voucher/{id}", {"id": voucher}, fields=FIELDS)

	def read_back(self, request: Request, remote_id: int) -> ReadBack:
		"""The voucher."""
		return ReadBack(self._voucher(remote_id))

	def finish(self, request: Request, remote_id: int, read: ReadBack) -> None:
		"""Nothing follows."""
