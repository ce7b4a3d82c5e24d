"""Orders: ``POST /invoice`` leaves its order open, and a person could invoice it again (tripletex-api2 #65)."""

from __future__ import annotations

from collections.abc import Callable

from billing_ext.integrations.tripletex.delivery import Found
from billing_ext.integrations.tripletex.read_back import Difference, needed
from billing_ext.repositories.tripletex import mappings
from billing_ext.repositories.tripletex.mappings import Kind
from billing_ext.services.tripletex.operations.base import Handler, ReadBack, Request, Skip

CLOSED = "closed"


class OrderClosing(Handler):
	"""Close the order of a booked invoice."""

	def prepare(self) -> Request:
		"""The order, with its version as it was when the invoice was read back; as it is now if that is stale."""
		mapping = mappings.find(self.settings.company, Kind.INVOICE, self.row["local_key"])
		if not mapping or not mapping.order_id:
			raise Skip("no_order")
		if self.row["note"] and not self.row["rebuilds"]:
			return {"id": int(mapping.order_id), "version": int(self.row["note"]), "closed": False}
		order = self._order(int(mapping.order_id))
		return {"id": order["id"], "version": order["version"], "closed": bool(order.get("isClosed"))}

	def _order(self, order: int) -> dict:
		remote = self.client.get("/order/{id}", {"id": order}, fields="id,version,isClosed")
		for field in ("id", "version", "isClosed"):
			needed(remote, field)
		return remote

	def send(self, request: Request, note: Callable[[str], None]) -> int:
		"""Close it, unless somebody has."""
		if not request["closed"]:
			body = {"version": request["version"], "isClosed": True}
			answer = self.client.put("/order/{id}", {"id": request["id"]}, body=body)
			if answer.value.get("isClosed"):
				note(CLOSED)
		return request["id"]

	def look_up(self, request: Request, note: Callable[[str], None]) -> tuple[Found, int]:
		"""Is it closed?"""
		closed = self._order(request["id"]).get("isClosed")
		return (Found.EQUAL, request["id"]) if closed else (Found.ABSENT, 0)

	def read_back(self, request: Request, remote_id: int) -> ReadBack:
		"""Its state, unless the answer to the change has told it."""
		if self.row["remote_step"] == CLOSED:
			return ReadBack()
		order = self._order(remote_id)
		closed = bool(order.get("isClosed"))
		return ReadBack(order, [] if closed else [Difference("isClosed", True, closed)])

	def finish(self, request: Request, remote_id: int, read: ReadBack) -> None:
		"""Nothing follows."""
