"""Money that ERPNext received by itself, such as card payments: registered on the invoice in Tripletex, once.

A payment has no natural key there. It is known by what it leaves: a posting on the invoice that was not there before,
of that date and amount. Which postings there were is part of the frozen request, and registrations on one invoice wait
for each other.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex.delivery import Found
from billing_ext.integrations.tripletex.read_back import (
	INVOICE_FIELDS,
	VOUCHER_FIELDS,
	IncompleteAnswer,
	decimal,
	needed,
)
from billing_ext.repositories.tripletex import mappings, payments
from billing_ext.repositories.tripletex.mappings import Kind, Mapping
from billing_ext.services.tripletex.operations.base import Handler, ReadBack, Request, Skip, Wait


class PaymentRegistration(Handler):
	"""Register a Payment Entry's share of an invoice. The message's key is ``payment entry|invoice``."""

	def prepare(self) -> Request:
		"""Amounts, payment type, and the postings that the invoice has now."""
		share = payments.share(self.row["local_key"], self.settings)
		if not share.amount:
			raise Skip("nothing_to_book")
		earlier = payments.earlier_registrations(self.row)
		if earlier:
			raise Wait(earlier)
		invoice = self._invoice(share.invoice)
		query: dict[str, Any] = {
			"paymentDate": share.day.isoformat(),
			"paymentTypeId": share.payment_type,
			"paidAmount": share.amount,
		}
		if share.is_foreign:
			query["paidAmountCurrency"] = share.amount_currency
		before = [posting["id"] for posting in self._postings(invoice)]
		return {"id": invoice, "query": query, "before": before}

	def _invoice(self, name: str) -> int:
		mapping = mappings.find(self.settings.company, Kind.INVOICE, name)
		if mapping:
			return mapping.id
		message = payments.invoice_message(self.settings.company, name)
		if message:
			raise Wait([message])
		raise DomainError("tripletex_not_booked", document=name)

	def _postings(self, invoice: int) -> list[dict[str, Any]]:
		remote = self.client.get("/invoice/{id}", {"id": invoice}, fields=INVOICE_FIELDS)
		return needed(remote, "postings")

	def send(self, request: Request, note: Callable[[str], None]) -> int:
		"""Register it. The answer is the invoice: its new posting is looked for in the read-back.

		Not here: a read that fails after the payment is registered must not look like a payment that was refused.
		"""
		answer = self.client.put("/invoice/{id}/:payment", {"id": request["id"]}, query=request["query"])
		return answer.value["id"]

	def _new(self, request: Request) -> dict[str, Any] | None:
		query = request["query"]
		amount = query.get("paidAmountCurrency", query["paidAmount"])
		for posting in self._postings(request["id"]):
			fresh = posting["id"] not in request["before"] and posting["date"] == query["paymentDate"]
			if fresh and decimal(posting, "amountCurrency") == -amount:
				return posting
		return None

	def look_up(self, request: Request, note: Callable[[str], None]) -> tuple[Found, int]:
		"""Is there a posting that was not there before?"""
		return (Found.EQUAL, request["id"]) if self._new(request) else (Found.ABSENT, 0)

	def read_back(self, request: Request, remote_id: int) -> ReadBack:
		"""The posting. Raises IncompleteAnswer while the invoice does not show it."""
		posting = self._new(request)
		if posting is None:
			raise IncompleteAnswer("postings")
		return ReadBack(posting)

	def finish(self, request: Request, remote_id: int, read: ReadBack) -> None:
		"""Tie the payment to its voucher, so that the poll does not book it a second time."""
		mappings.save(
			Mapping(
				self.settings.company,
				Kind.PAYMENT,
				self.row["local_key"],
				read.remote["id"],
				voucher_id=str(needed(read.remote, "voucher", "id")),
				reference_doctype="Payment Entry",
				reference_name=self.row["reference_name"],
			)
		)


class PaymentReversal(Handler):
	"""Reverse the voucher of a payment whose Payment Entry was cancelled."""

	def prepare(self) -> Request:
		"""The voucher and the day."""
		mapping = mappings.find(self.settings.company, Kind.PAYMENT, self.row["local_key"])
		if not mapping or not mapping.voucher_id:
			raise Skip("never_registered")
		request = {
			"voucher": int(mapping.voucher_id),
			"date": payments.reversal_day(self.row["reference_name"]).isoformat(),
		}
		if self._is_reversed(request):
			raise Skip("reversed_already")
		return request

	def _is_reversed(self, request: Request) -> bool:
		voucher = self.client.get("/ledger/voucher/{id}", {"id": request["voucher"]}, fields=VOUCHER_FIELDS)
		return bool(voucher.get("reverseVoucher"))

	def send(self, request: Request, note: Callable[[str], None]) -> int:
		"""Reverse it."""
		query = {"date": date.fromisoformat(request["date"])}
		self.client.put("/ledger/voucher/{id}/:reverse", {"id": request["voucher"]}, query=query)
		return request["voucher"]

	def look_up(self, request: Request, note: Callable[[str], None]) -> tuple[Found, int]:
		"""Does the voucher name one that reverses it?"""
		return (Found.EQUAL, request["voucher"]) if self._is_reversed(request) else (Found.ABSENT, 0)

	def read_back(self, request: Request, remote_id: int) -> ReadBack:
		"""Nothing more to read."""
		return ReadBack()

	def finish(self, request: Request, remote_id: int, read: ReadBack) -> None:
		"""Nothing follows."""
