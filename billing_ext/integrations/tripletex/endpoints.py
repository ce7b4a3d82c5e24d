"""The operations of Tripletex's API that the synchronisation uses, and no other.

Written by hand from the official description, without anything deprecated there; ``tests/tripletex/test_endpoints.py``
compares the two. A call that is not in this table, or has a query name that is not, never leaves the machine: Tripletex
ignores unknown query names without a word, and ``GET /customer?name=…`` then gives some other customer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from urllib.parse import quote

from billing_ext.integrations.tripletex.errors import UnknownOperation, UnknownParameter

_BRACES = re.compile(r"\{(\w+)\}")
_LIST = ("from", "count", "sorting", "fields")


class Gives(str, Enum):
	"""What a successful answer holds."""

	OBJECT = "object"
	"""``value``; after a write with its ``id``, without which the outcome is unknown."""
	VALUE = "value"
	"""``value`` without an id of its own."""
	OPTIONAL = "optional"
	"""``value``, which may be missing when there is nothing to tell."""
	LIST = "list"
	"""``values``."""
	NOTHING = "nothing"
	"""No body, or none that matters."""
	FILE = "file"
	"""Bytes."""


class Takes(str, Enum):
	"""What a request carries."""

	NOTHING = "nothing"
	JSON = "json"
	FILE = "file"
	"""multipart/form-data with one part, ``file``."""


@dataclass(frozen=True, slots=True)
class Operation:
	"""One operation. ``required`` names are part of ``query``."""

	method: str
	template: str
	gives: Gives
	takes: Takes = Takes.NOTHING
	query: frozenset[str] = frozenset()
	required: frozenset[str] = frozenset()
	"""What Tripletex demands, and ``sendToCustomer`` everywhere: left out, Tripletex sends mail to the customer."""
	keys: Mapping[str, str] = field(default_factory=dict)
	"""Query names to look an object up by, each with the field of the answer that must then be equal."""
	harmless: bool = False
	"""A write that may be repeated: doing it twice changes nothing."""

	@property
	def writes(self) -> bool:
		"""May the operation change something in Tripletex?"""
		return self.method != "GET"

	@property
	def repeatable(self) -> bool:
		"""May the transport by itself send it again after an unknown outcome?"""
		return self.harmless or not self.writes

	def path(self, arguments: Mapping[str, object]) -> str:
		"""The path with its braces filled, percent-encoded; ``>`` is left to the HTTP library.

		Raises UnknownParameter unless ``arguments`` are exactly the braces, each with a usable value.
		"""
		names = set(_BRACES.findall(self.template))
		if names != set(arguments):
			raise UnknownParameter(f"{self}: the path takes {sorted(names)}, not {sorted(arguments)}")
		return _BRACES.sub(lambda found: self._segment(found[1], arguments[found[1]]), self.template)

	def query_pairs(self, query: Mapping[str, object]) -> list[tuple[str, str]]:
		"""Names and texts of a query string. Raises UnknownParameter for unknown, missing and unfit ones."""
		unknown, missing = set(query) - self.query, self.required - set(query)
		if unknown or missing:
			raise UnknownParameter(f"{self}: unknown {sorted(unknown)}, missing {sorted(missing)}")
		return [(name, text) for name, value in query.items() for text in self._texts(name, value)]

	def _segment(self, name: str, value: object) -> str:
		text = self._text(name, value)
		# Libraries and proxies resolve dots, and an empty segment is another operation.
		if text in ("", ".", ".."):
			raise UnknownParameter(f"{self}: no usable value for {name}")
		return quote(text, safe="")

	def _texts(self, name: str, value: object) -> list[str]:
		if isinstance(value, list | tuple):
			return [self._text(name, entry) for entry in value]
		return [self._text(name, value)]

	def _text(self, name: str, value: object) -> str:
		if isinstance(value, bool):
			return "true" if value else "false"
		if isinstance(value, datetime):
			raise UnknownParameter(f"{self}: {name} is a date, not a time")
		if isinstance(value, date):
			return value.isoformat()
		if isinstance(value, Decimal) and value.is_finite():
			return format(value, "f")
		if isinstance(value, int | str):
			return str(value)
		# None above all: a filter that is left out finds somebody else's object.
		raise UnknownParameter(f"{self}: {name} cannot be {type(value).__name__}")

	def __str__(self) -> str:
		return f"{self.method} {self.template}"


def _names(text: str) -> frozenset[str]:
	return frozenset(text.split())


def _get(
	template: str,
	query: str = "",
	required: str = "",
	gives: Gives = Gives.OBJECT,
	keys: Mapping[str, str] | None = None,
) -> Operation:
	names = _names(query) | _names(required)
	return Operation("GET", template, gives, query=names, required=_names(required), keys=keys or {})


def _list(template: str, query: str = "", required: str = "", **keys: str) -> Operation:
	names = _names(query) | _names(required) | set(keys) | set(_LIST)
	return Operation("GET", template, Gives.LIST, query=names, required=_names(required), keys=keys)


def _one(template: str) -> Operation:
	return _get(template, "fields")


def _file(template: str, query: str = "") -> Operation:
	return _get(template, query, gives=Gives.FILE)


def _write(
	method: str,
	template: str,
	gives: Gives = Gives.OBJECT,
	takes: Takes = Takes.JSON,
	query: str = "",
	required: str = "",
	harmless: bool = False,
) -> Operation:
	names = _names(query) | _names(required)
	return Operation(method, template, gives, takes, names, _names(required), harmless=harmless)


def _action(template: str, query: str = "", required: str = "", gives: Gives = Gives.OBJECT) -> Operation:
	return _write("PUT", template, gives, Takes.NOTHING, query, required)


def _delete(template: str) -> Operation:
	return _write("DELETE", template, Gives.NOTHING, Takes.NOTHING)


_POSTINGS = "accountId supplierId customerId employeeId departmentId projectId productId accountNumberFrom accountNumberTo"

_ALL: Iterable[Operation] = (
	# Sessions. A second session harms nothing, so its creation may be repeated.
	_write("POST", "/token/session/:create", Gives.VALUE, harmless=True),
	_delete("/token/session/{token}"),
	_get("/token/session/>whoAmI", "fields", gives=Gives.VALUE),
	# The company
	_one("/company/{id}"),
	_list("/company/>withLoginAccess"),
	_list("/company/salesmodules"),
	_list("/country", "id isDisabled supportedInZtl", code="isoAlpha2Code"),
	_list("/currency", "id", code="code"),
	_get("/currency/{id}/rate", "fields", "date", Gives.VALUE),
	_list("/department", "id name departmentManagerId isInactive", departmentNumber="departmentNumber"),
	# Customers
	_list(
		"/customer",
		"id email invoiceEmail customerName phoneNumberMobile isInactive changedSince",
		customerAccountNumber="customerNumber",
		organizationNumber="organizationNumber",
	),
	_write("POST", "/customer"),
	_one("/customer/{id}"),
	_write("PUT", "/customer/{id}"),
	# Products. The query "number" is deprecated and knows integers only.
	_list("/product", "ids name isInactive vatTypeId departmentId accountId", productNumber="number"),
	_write("POST", "/product"),
	_one("/product/{id}"),
	_write("PUT", "/product/{id}"),
	# Orders
	_list("/order", "id customerId isClosed isSubscription", "orderDateFrom orderDateTo", number="number"),
	_write("POST", "/order"),
	_one("/order/{id}"),
	_write("PUT", "/order/{id}", query="updateLinesAndGroups"),
	_action(
		"/order/{id}/:invoice",
		"sendType paymentTypeId paidAmount paidAmountAccountCurrency createOnAccount createBackorder"
		" invoiceIdIfIsCreditNote overrideEmailAddress",
		"invoiceDate sendToCustomer",
	),
	_write("PUT", "/order/{id}/:attach", takes=Takes.FILE),
	# Invoices
	_list(
		"/invoice",
		"id voucherId customerId",
		"invoiceDateFrom invoiceDateTo",
		invoiceNumber="invoiceNumber",
		kid="kid",
	),
	_write("POST", "/invoice", query="paymentTypeId paidAmount", required="sendToCustomer"),
	_one("/invoice/{id}"),
	_action("/invoice/{id}/:createCreditNote", "comment creditNoteEmail sendType", "date sendToCustomer"),
	_action("/invoice/{id}/:payment", "paidAmountCurrency", "paymentDate paymentTypeId paidAmount"),
	_action("/invoice/{id}/:send", "overrideEmailAddress", "sendType", Gives.NOTHING),
	_file("/invoice/{invoiceId}/pdf", "download"),
	_list("/invoice/paymentType", "id query", description="description"),
	# The ledger
	_list(
		"/ledger/account", "id isBankAccount isInactive ledgerType isBalanceAccount saftCode", number="number"
	),
	_one("/ledger/account/{id}"),
	_write("PUT", "/ledger/account/{id}"),
	_list("/ledger/accountingPeriod", "id numberFrom numberTo startFrom startTo endFrom endTo"),
	_list("/ledger/closeGroup", "id", "dateFrom dateTo"),
	_one("/ledger/closeGroup/{id}"),
	_list("/ledger/posting", f"openPostings type {_POSTINGS}", "dateFrom dateTo"),
	_one("/ledger/posting/{id}"),
	_list("/ledger/posting/openPost", _POSTINGS, "date"),
	_write("PUT", "/ledger/posting/:closePostings", Gives.LIST),
	_list("/ledger/vatType", "id typeOfVat vatDate shouldIncludeSpecificationTypes", number="number"),
	_get("/ledger/vatSettings", "fields"),
	_list("/vatTermSizeSettings"),
	_list("/balanceSheet", "accountNumberFrom accountNumberTo customerId departmentId", "dateFrom dateTo"),
	# Vouchers
	_list("/ledger/voucher", "id number numberFrom numberTo typeId", "dateFrom dateTo"),
	_write("POST", "/ledger/voucher", query="sendToLedger"),
	_one("/ledger/voucher/{id}"),
	_action("/ledger/voucher/{id}/:reverse", required="date"),
	_get("/ledger/voucher/{id}/options", "fields", gives=Gives.VALUE),
	_list(
		"/ledger/voucher/>externalVoucherNumber",
		required="externalVoucherNumber",
		externalVoucherNumber="externalVoucherNumber",
	),
	_write("POST", "/ledger/voucher/{voucherId}/attachment", takes=Takes.FILE),
	_list("/ledger/voucherType", name="name"),
	# Events
	_get("/event", "fields", gives=Gives.VALUE),
	_list("/event/subscription"),
	_write("POST", "/event/subscription"),
	_one("/event/subscription/{id}"),
	_write("PUT", "/event/subscription/{id}"),
	_delete("/event/subscription/{id}"),
	# The bank
	_get("/bank/reconciliation/>lastClosed", "after fields", "accountId", Gives.OPTIONAL),
)

OPERATIONS: Mapping[tuple[str, str], Operation] = {(entry.method, entry.template): entry for entry in _ALL}
"""By method and path template."""


def operation(method: str, template: str) -> Operation:
	"""The operation of the table. Raises UnknownOperation."""
	found = OPERATIONS.get((method, template))
	if found is None:
		raise UnknownOperation(f"{method} {template} is not an operation that the synchronisation uses")
	return found


def upload_operation(template: str) -> Operation:
	"""The operation that takes a file at ``template``: its method differs. Raises UnknownOperation."""
	for found in OPERATIONS.values():
		if found.template == template and found.takes is Takes.FILE:
			return found
	raise UnknownOperation(f"{template} takes no file")
