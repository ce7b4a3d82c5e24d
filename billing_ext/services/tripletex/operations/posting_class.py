"""Posting classes: products that steer the income account, one for each pair of account and VAT code in use.

Tripletex takes an order line's account from its product, and only if the product's VAT type is the line's.
"""

from __future__ import annotations

from collections.abc import Callable

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex import canonical, mapper
from billing_ext.integrations.tripletex.delivery import Found
from billing_ext.integrations.tripletex.documents import PostingClass
from billing_ext.integrations.tripletex.read_back import Difference, needed
from billing_ext.repositories.tripletex import mappings
from billing_ext.repositories.tripletex.mappings import Kind, Mapping
from billing_ext.services.tripletex.operations.base import Handler, ReadBack, Request

FIELDS = "id,version,number,name,isInactive,vatType(id,number),account(id,number)"


class PostingClassUpsert(Handler):
	"""Create the product of a posting class, or adopt the one with its number."""

	@property
	def _class(self) -> PostingClass:
		_, account, code = self.row["local_key"].split("-")
		return PostingClass(int(account), code)

	def prepare(self) -> Request:
		"""A POST; no body if the product is there already."""
		found = self._find()
		if found:
			return {"id": found["id"]}
		wanted, maps = self._class, self.link.maps
		vat_type = maps.vat_type_ids().get(wanted.vat_code)
		account = maps.account_ids.get(wanted.account_number)
		if not vat_type or not account:
			raise DomainError(
				"tripletex_maps_unresolved", account=wanted.account_number, code=wanted.vat_code
			)
		name = f"ERPNext {wanted.account_number}, mva-kode {wanted.vat_code}"
		return {"body": mapper.product_request(wanted, vat_type, account, name)}

	def _find(self) -> dict | None:
		return self.client.find_one("/product", "productNumber", self._class.key, fields=FIELDS)

	def send(self, request: Request, note: Callable[[str], None]) -> int:
		"""Create it."""
		return request.get("id") or self.client.post("/product", body=request["body"]).value["id"]

	def look_up(self, request: Request, note: Callable[[str], None]) -> tuple[Found, int]:
		"""By its number."""
		found = self._find()
		return (Found.EQUAL, found["id"]) if found else (Found.ABSENT, 0)

	def read_back(self, request: Request, remote_id: int) -> ReadBack:
		"""Its account and VAT type."""
		remote = self.client.get("/product/{id}", {"id": remote_id}, fields=FIELDS)
		wanted = self._class
		pairs = (
			("account", wanted.account_number, needed(remote, "account", "number")),
			("vatType", wanted.vat_code, needed(remote, "vatType", "number")),
		)
		return ReadBack(remote, [Difference(*pair) for pair in pairs if str(pair[1]) != str(pair[2])])

	def finish(self, request: Request, remote_id: int, read: ReadBack) -> None:
		"""Tie the two."""
		mappings.save(
			Mapping(
				company=self.settings.company,
				kind=Kind.PRODUCT,
				local_key=self._class.key,
				id=remote_id,
				number=self._class.key,
				remote_hash=canonical.content_hash(read.remote),
			)
		)
