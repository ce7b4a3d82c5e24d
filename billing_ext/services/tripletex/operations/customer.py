"""Customers: found by our number or their organisation number before they are created, and kept current."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex import canonical, mapper, refusals
from billing_ext.integrations.tripletex.delivery import Found
from billing_ext.integrations.tripletex.documents import CustomerData
from billing_ext.integrations.tripletex.read_back import CUSTOMER_FIELDS, compare_customer, needed
from billing_ext.repositories.tripletex import customer_numbers, documents, drifts, mappings
from billing_ext.repositories.tripletex.mappings import Kind, Mapping
from billing_ext.services.tripletex.operations.base import Handler, ReadBack, Request


class CustomerUpsert(Handler):
	"""Create a customer, adopt the one that is there, or bring it up to date."""

	@cached_property
	def _mapping(self) -> Mapping | None:
		return mappings.find(self.settings.company, Kind.CUSTOMER, self.row["local_key"])

	def prepare(self) -> Request:
		"""A POST for a new customer, a PUT of what differs for one that Tripletex has; no body if nothing differs."""
		if self._mapping:
			return self._update(self._mapping.id, int(self._mapping.number))
		number = customer_numbers.draw(self.settings)
		data = self._data(number)
		remote = self._find(data)
		if remote:
			return self._update(remote["id"], remote["customerNumber"])
		return {
			"body": mapper.customer_request(data, self.link.master_ids),
			"number": number,
			"hash": documents.fingerprint(data),
		}

	def _data(self, number: int) -> CustomerData:
		data = documents.customer(self.row["local_key"], number, self.settings)
		reasons = refusals.check_customer(data, self.link.master_ids)
		if reasons:
			raise DomainError(reasons[0].code, **reasons[0].context)
		return data

	def _update(self, remote_id: int, number: int) -> Request:
		data = self._data(number)
		remote = self._read(remote_id)
		return {
			"id": remote_id,
			"body": mapper.customer_changes(data, remote, self.link.master_ids),
			"number": number,
			"hash": documents.fingerprint(data),
		}

	def _read(self, remote_id: int) -> dict[str, Any]:
		"""The customer as it stands there. Raises IncompleteAnswer without what every customer has."""
		remote = self.client.get("/customer/{id}", {"id": remote_id}, fields=CUSTOMER_FIELDS)
		for field in ("version", "customerNumber", "name"):
			needed(remote, field)
		return remote

	def _find(self, data: CustomerData) -> dict | None:
		"""By organisation number, unless more than one has it or it belongs to another customer of ours."""
		number = data.organization_number
		if not number or data.is_private:
			return None
		found = self.client.search("/customer", organizationNumber=number, fields=CUSTOMER_FIELDS)
		same = [row for row in found if row.get("organizationNumber") == number and not row.get("isInactive")]
		free = [
			row for row in same if not mappings.find_remote(self.settings.company, Kind.CUSTOMER, row["id"])
		]
		if len(free) > 1:
			numbers = ", ".join(str(row["customerNumber"]) for row in free)
			raise DomainError("tripletex_customer_ambiguous", customer=data.name, numbers=numbers)
		return free[0] if free else None

	def send(self, request: Request, note: Callable[[str], None]) -> int:
		"""Create it or change it."""
		if "id" not in request:
			return self.client.post("/customer", body=request["body"]).value["id"]
		if request["body"]:
			self.client.put("/customer/{id}", {"id": request["id"]}, body=request["body"])
		return request["id"]

	def look_up(self, request: Request, note: Callable[[str], None]) -> tuple[Found, int]:
		"""By our number. A change is there when nothing differs any more."""
		if "id" in request:
			return self._look_up_change(request)
		remote = self.client.find_one(
			"/customer", "customerAccountNumber", request["number"], fields="id,customerNumber,name"
		)
		if not remote:
			return Found.ABSENT, 0
		same = remote.get("name") == request["body"]["name"]
		return (Found.EQUAL, remote["id"]) if same else (Found.DIFFERENT, 0)

	def _look_up_change(self, request: Request) -> tuple[Found, int]:
		remote = self._read(request["id"])
		wanted = {key: value for key, value in (request["body"] or {}).items() if key != "version"}
		there = all(mapper.same_value(value, remote.get(key)) for key, value in wanted.items())
		return (Found.EQUAL, request["id"]) if there else (Found.ABSENT, 0)

	def read_back(self, request: Request, remote_id: int) -> ReadBack:
		"""The customer, and which of our fields it holds otherwise."""
		remote = self._read(remote_id)
		data = documents.customer(self.row["local_key"], remote["customerNumber"], self.settings)
		if documents.fingerprint(data) != request["hash"]:
			# Changed here meanwhile: another message carries it.
			return ReadBack(remote)
		return ReadBack(remote, compare_customer(data, remote, self.link.master_ids))

	def finish(self, request: Request, remote_id: int, read: ReadBack) -> None:
		"""Tie the two."""
		drifts.settle_pushed(self.settings.company, "Customer", self.row["local_key"])
		mappings.save(
			Mapping(
				company=self.settings.company,
				kind=Kind.CUSTOMER,
				local_key=self.row["local_key"],
				id=remote_id,
				number=str(read.remote["customerNumber"]),
				content_hash=request["hash"],
				remote_hash=canonical.content_hash(drifts.plain(read.remote)),
				reference_doctype="Customer",
				reference_name=self.row["local_key"],
			)
		)
