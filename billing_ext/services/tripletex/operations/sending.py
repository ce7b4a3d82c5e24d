"""Sending through Tripletex. Nothing there tells whether it was done, so a doubtful one is left to a person."""

from __future__ import annotations

from collections.abc import Callable

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex.delivery import Found
from billing_ext.integrations.tripletex.documents import Sender
from billing_ext.integrations.tripletex.mapper import SEND_METHODS
from billing_ext.repositories.tripletex import booked, documents, mappings
from billing_ext.repositories.tripletex.mappings import Kind
from billing_ext.services.tripletex.operations.base import Handler, ReadBack, Request, Skip


class Sending(Handler):
	"""Have Tripletex send a booked document."""

	def prepare(self) -> Request:
		"""The channel, as the customer wants it now."""
		mapping = mappings.find(self.settings.company, Kind.INVOICE, self.row["local_key"])
		sender = documents.sender_of(booked.customer_of(self.row["local_key"]), self.settings)
		if sender is Sender.ERPNEXT:
			raise Skip("sent_by_erpnext")
		if not mapping:
			raise DomainError("tripletex_not_booked", document=self.row["local_key"])
		return {"id": mapping.id, "query": {"sendType": SEND_METHODS[sender]}}

	def send(self, request: Request, note: Callable[[str], None]) -> int:
		"""Send it."""
		self.client.put("/invoice/{id}/:send", {"id": request["id"]}, query=request["query"])
		return request["id"]

	def look_up(self, request: Request, note: Callable[[str], None]) -> tuple[Found, int]:
		"""Nobody can tell; the machine never sends twice."""
		return Found.ABSENT, 0

	def read_back(self, request: Request, remote_id: int) -> ReadBack:
		"""Nothing to read."""
		return ReadBack()

	def finish(self, request: Request, remote_id: int, read: ReadBack) -> None:
		"""Nothing follows."""
