"""Invoices and credit notes, by one of three strategies behind one interface: I-ext, T and V of docs/tripletex.md."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, ClassVar

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex import mapper, refusals
from billing_ext.integrations.tripletex.delivery import Found, Operation, State
from billing_ext.integrations.tripletex.documents import Document, RemoteIds, Sender, Strategy
from billing_ext.integrations.tripletex.errors import Kind as ErrorKind
from billing_ext.integrations.tripletex.mapper import RECEIVABLE, Expected, InvoiceRequest
from billing_ext.integrations.tripletex.read_back import (
	INVOICE_FIELDS,
	VOUCHER_FIELDS,
	compare_invoice,
	compare_voucher,
	same_document,
	same_voucher,
)
from billing_ext.repositories.tripletex import booked, documents, mappings, outbox
from billing_ext.repositories.tripletex.mappings import Kind, Mapping
from billing_ext.repositories.tripletex.outbox import NewMessage
from billing_ext.services.tripletex import outgoing
from billing_ext.services.tripletex.connection import Link
from billing_ext.services.tripletex.operations.base import Handler, ReadBack, Request, Skip, Wait

SALES_INVOICE = "Sales Invoice"
_EVER = (date(2000, 1, 1), date(2100, 1, 1))
Note = Callable[[str], None]


class InvoiceBooking(Handler):
	"""Book a submitted Sales Invoice or credit note."""

	@cached_property
	def document(self) -> Document:
		"""What is to be booked."""
		return documents.document(self.row["local_key"], self.settings)

	@cached_property
	def _booking(self) -> _Booking:
		strategy = Strategy(self.row["strategy"]) if self.row.get("strategy") else self.settings.strategy
		return _BOOKINGS[strategy](self.link, self.document, self.row)

	def prepare(self) -> Request:
		"""Check the document, have customer and products there, build the request of the strategy."""
		document = self.document
		if not document.gross and not any(line.net_amount for line in document.lines):
			raise Skip("nothing_to_book")
		reasons = refusals.check(document, self.link.rules)
		if reasons:
			raise DomainError(reasons[0].code, **reasons[0].context)
		request = self._booking.request(self._ids())
		return {"body": request.body, "query": request.query}

	def _ids(self) -> RemoteIds:
		"""Tripletex's ids of all that the request names. Raises Wait for what Tripletex does not have yet."""
		company, document = self.settings.company, self.document
		missing: list[str] = []
		customer = mappings.find(company, Kind.CUSTOMER, document.customer)
		if not customer:
			key = document.customer
			missing.append(booked.ensure(outgoing.customer_message(company, key, f"{key}|create")))
		classes = {line.posting_class.key for line in document.lines}
		products = {key: mappings.find(company, Kind.PRODUCT, key) for key in classes}
		if self._booking.uses_products:
			missing += [
				booked.ensure(NewMessage(company, Operation.PRODUCT, key, local_key=key))
				for key, mapping in products.items()
				if not mapping
			]
		missing += self._original()
		if missing:
			raise Wait(missing)
		return RemoteIds(
			customer=customer.id if customer else 0,
			currency=self.link.master_ids.currencies[document.currency],
			products={key: mapping.id for key, mapping in products.items() if mapping},
			vat_types=self.link.maps.vat_type_ids(),
			accounts=self.link.maps.account_ids,
			department=self.link.maps.department_ids.get(document.department_number),
		)

	def _original(self) -> list[str]:
		"""The message of the credited invoice, as long as it is not booked; one older than go-live has none."""
		if not self.document.credited or mappings.find(
			self.settings.company, Kind.INVOICE, self.document.credited
		):
			return []
		row = outbox.find(self.settings.company, Operation.INVOICE, self.document.credited)
		return [row["name"]] if row and State(row["status"]).is_unfinished else []

	def _expected(self) -> Expected:
		customer = mappings.find(self.settings.company, Kind.CUSTOMER, self.document.customer)
		return mapper.expected(self.document, RemoteIds(customer=customer.id if customer else 0, currency=0))

	def send(self, request: Request, note: Note) -> int:
		"""Book it."""
		return self._booking.send(request, note)

	def look_up(self, request: Request, note: Note) -> tuple[Found, int]:
		"""By its natural key."""
		return self._booking.look_up(self._expected(), note)

	def read_back(self, request: Request, remote_id: int) -> ReadBack:
		"""Net, VAT per code, gross, currency and dates as they stand in Tripletex."""
		return self._booking.read_back(self._expected(), remote_id)

	def finish(self, request: Request, remote_id: int, read: ReadBack) -> None:
		"""Tie the two, store a number that Tripletex has given, queue what follows."""
		document, remote = self.document, read.remote
		mappings.save(self._booking.mapping(remote_id, remote))
		if self._booking.strategy is Strategy.TRIPLETEX_NUMBERS:
			booked.store_number(document.name, remote["invoiceNumber"], remote.get("kid") or "")
		booked.set_status(document.name, "Differs" if booked.matter(read.differences) else "Booked")
		for operation in self._follow_ups():
			outgoing.queue(
				NewMessage(
					self.settings.company,
					operation,
					document.name,
					SALES_INVOICE,
					document.name,
					sort_date=document.date,
					sort_number=document.number or 0,
					note=_order_version(remote) if operation is Operation.CLOSE_ORDER else "",
				),
				at_once=False,
			)

	def _follow_ups(self) -> list[Operation]:
		document, own = self.document, self.settings
		following = [*self._booking.follow_ups]
		if document.is_credit_note and mappings.find(own.company, Kind.INVOICE, document.credited):
			following.append(Operation.MATCH_CREDIT)
		if own.attach_pdf:
			following.append(Operation.ATTACH)
		if document.sender is not Sender.ERPNEXT and self._booking.can_send:
			following.append(Operation.SEND)
		return following


def _order_version(remote: dict[str, Any]) -> str:
	"""The version of an invoice's order as read back: a change of the order must name it."""
	orders = remote.get("orders") or [{}]
	return str(orders[0].get("version") or "")


@dataclass
class _Booking(ABC):
	"""A way to book a document."""

	link: Link
	document: Document
	row: Any

	strategy: ClassVar[Strategy]
	uses_products: ClassVar[bool] = True
	can_send: ClassVar[bool] = True
	follow_ups: ClassVar[tuple[Operation, ...]] = ()

	@abstractmethod
	def request(self, ids: RemoteIds) -> InvoiceRequest:
		"""What is sent first."""

	@abstractmethod
	def send(self, request: Request, note: Note) -> int:
		"""Book it; the id of the invoice or voucher."""

	@abstractmethod
	def look_up(self, expected: Expected, note: Note) -> tuple[Found, int]:
		"""Is it there?"""

	def read_back(self, expected: Expected, remote_id: int) -> ReadBack:
		"""The invoice with its voucher."""
		remote = self.link.client.get("/invoice/{id}", {"id": remote_id}, fields=INVOICE_FIELDS)
		return ReadBack(remote, compare_invoice(expected, remote))

	def mapping(self, remote_id: int, remote: dict[str, Any]) -> Mapping:
		"""The tie of an invoice."""
		voucher, orders = remote.get("voucher") or {}, remote.get("orders") or []
		return self._mapping(
			remote_id,
			number=str(remote["invoiceNumber"]),
			voucher_id=str(voucher.get("id") or ""),
			order_id=str(orders[0]["id"]) if orders else "",
		)

	def _mapping(self, remote_id: int, **values: str) -> Mapping:
		return Mapping(
			company=self.document.company,
			kind=Kind.INVOICE,
			local_key=self.document.name,
			id=remote_id,
			strategy=self.strategy.value,
			content_hash=self.row["request_hash"] or "",
			reference_doctype=SALES_INVOICE,
			reference_name=self.document.name,
			**values,
		)

	def days(self) -> dict[str, Any]:
		"""The date range in which Tripletex has the document. Its To is exclusive."""
		return {
			"invoiceDateFrom": self.document.date,
			"invoiceDateTo": self.document.date + timedelta(days=1),
		}


class _OwnNumbers(_Booking):
	"""I-ext: one call, our number is the natural key."""

	strategy = Strategy.OWN_NUMBERS
	follow_ups = (Operation.CLOSE_ORDER,)

	def request(self, ids: RemoteIds) -> InvoiceRequest:
		return mapper.invoice_request(self.document, ids)

	def send(self, request: Request, note: Note) -> int:
		return self.link.client.post("/invoice", body=request["body"], query=request["query"]).value["id"]

	def look_up(self, expected: Expected, note: Note) -> tuple[Found, int]:
		# A number that Tripletex calls taken may stand on any day.
		taken = self.row["error_kind"] == ErrorKind.DUPLICATE.value
		days = {"invoiceDateFrom": _EVER[0], "invoiceDateTo": _EVER[1]} if taken else self.days()
		remote = self.link.client.find_one(
			"/invoice", "invoiceNumber", self.document.number, fields=INVOICE_FIELDS, **days
		)
		if not remote:
			return Found.ABSENT, 0
		return (Found.EQUAL, remote["id"]) if same_document(expected, remote) else (Found.DIFFERENT, 0)


class _TripletexNumbers(_Booking):
	"""T: an order with our name as its number, then Tripletex invoices and numbers it. Two steps, each looked up."""

	strategy = Strategy.TRIPLETEX_NUMBERS

	def request(self, ids: RemoteIds) -> InvoiceRequest:
		if self.document.is_credit_note and not self._credited():
			raise DomainError(
				"tripletex_credited_unknown", document=self.document.name, credited=self.document.credited
			)
		return mapper.order_request(self.document, ids)

	def send(self, request: Request, note: Note) -> int:
		order = self._order_noted()
		if not order:
			order = self.link.client.post("/order", body=request["body"]).value["id"]
			note(f"order:{order}")
		query = mapper.order_invoice_query(self.document, self._credited())
		return self.link.client.put("/order/{id}/:invoice", {"id": order}, query=query).value["id"]

	def _credited(self) -> int | None:
		"""Tripletex's id of the invoice that a credit note corrects."""
		original = mappings.find(self.document.company, Kind.INVOICE, self.document.credited)
		return original.id if original else None

	def _order_noted(self) -> int:
		step = self.row["remote_step"] or ""
		return int(step.removeprefix("order:")) if step.startswith("order:") else 0

	def look_up(self, expected: Expected, note: Note) -> tuple[Found, int]:
		order = self._order_noted() or self._find_order(note)
		if not order:
			return Found.ABSENT, 0
		fields = INVOICE_FIELDS
		found = self.link.client.search(
			"/invoice", customerId=expected.customer, fields=fields, **self.days()
		)
		for remote in found:
			if any(each["id"] == order for each in remote.get("orders") or []):
				same = same_document(expected, remote)
				return (Found.EQUAL, remote["id"]) if same else (Found.DIFFERENT, 0)
		return Found.ABSENT, 0

	def _find_order(self, note: Note) -> int:
		day = self.document.date
		order = self.link.client.find_one(
			"/order",
			"number",
			self.document.name,
			orderDateFrom=day,
			orderDateTo=day + timedelta(days=1),
			fields="id,number",
		)
		if not order:
			return 0
		note(f"order:{order['id']}")
		return order["id"]


class _Voucher(_Booking):
	"""V: a ledger voucher with our name as its external number. Tripletex cannot send or dun it."""

	strategy = Strategy.VOUCHER
	uses_products = False
	can_send = False

	def request(self, ids: RemoteIds) -> InvoiceRequest:
		if RECEIVABLE not in ids.accounts:
			raise DomainError("tripletex_maps_unresolved", account=RECEIVABLE, code="-")
		return mapper.voucher_request(self.document, ids)

	def send(self, request: Request, note: Note) -> int:
		answer = self.link.client.post("/ledger/voucher", body=request["body"], query=request["query"])
		return answer.value["id"]

	def look_up(self, expected: Expected, note: Note) -> tuple[Found, int]:
		remote = self.link.client.find_one(
			"/ledger/voucher/>externalVoucherNumber",
			"externalVoucherNumber",
			self.document.name,
			fields=VOUCHER_FIELDS,
		)
		if not remote:
			return Found.ABSENT, 0
		return (Found.EQUAL, remote["id"]) if same_voucher(expected, remote) else (Found.DIFFERENT, 0)

	def read_back(self, expected: Expected, remote_id: int) -> ReadBack:
		remote = self.link.client.get("/ledger/voucher/{id}", {"id": remote_id}, fields=VOUCHER_FIELDS)
		return ReadBack(remote, compare_voucher(expected, remote))

	def mapping(self, remote_id: int, remote: dict[str, Any]) -> Mapping:
		return self._mapping(remote_id, number=str(remote.get("number") or ""), voucher_id=str(remote_id))


_BOOKINGS: dict[Strategy, type[_Booking]] = {
	Strategy.OWN_NUMBERS: _OwnNumbers,
	Strategy.TRIPLETEX_NUMBERS: _TripletexNumbers,
	Strategy.VOUCHER: _Voucher,
}
