"""Reads what Tripletex answers: leniently where nothing depends on it, strictly where ids and lists are relied on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from billing_ext.integrations.tripletex import decimal_json
from billing_ext.integrations.tripletex.endpoints import Gives, Operation
from billing_ext.integrations.tripletex.errors import (
	CLASSES,
	FieldMessage,
	Kind,
	OutcomeUnknown,
	Refused,
	TripletexError,
	kind_of,
	plain,
)
from billing_ext.integrations.tripletex.secret import Secret, scrub

_OF_A_PROXY = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
	"""An HTTP answer as it came: its header names in small letters, its body whole."""

	status: int
	headers: Mapping[str, str]
	body: bytes

	@property
	def request_id(self) -> str:
		"""What Tripletex's support asks for; empty if there is none."""
		return self.headers.get("x-tlx-request-id", "")[:100]

	def number(self, header: str) -> int | None:
		"""A header's whole number, None without one."""
		text = self.headers.get(header, "").strip()
		return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

	def __repr__(self) -> str:
		return f"Reply({self.status})"


@dataclass(frozen=True, slots=True)
class Answer:
	"""What a successful call gave. ``value`` is empty where the answer holds a list, bytes or nothing."""

	value: dict[str, Any]
	status: int
	request_id: str
	values: list[dict[str, Any]] = field(default_factory=list)
	content: bytes = b""


def read(operation: Operation, reply: Reply, secrets: Iterable[Secret]) -> Answer:
	"""The answer in ``reply``. Raises the TripletexError that it means, scrubbed of ``secrets``."""
	if not 200 <= reply.status < 300:
		raise error_of(reply, secrets)
	if operation.gives is Gives.NOTHING:
		if "html" in reply.headers.get("content-type", "").lower():
			raise _unknown(reply, "The answer is not from Tripletex's API.")
		return Answer({}, reply.status, reply.request_id)
	if operation.gives is Gives.FILE:
		return Answer({}, reply.status, reply.request_id, content=_file(reply))
	return _envelope(operation, reply)


def error_of(reply: Reply, secrets: Iterable[Secret]) -> TripletexError:
	"""The error that an answer outside 2xx means; ``retry_at`` of a WAIT is left to the caller, who knows the clock."""
	body = _object(reply)
	code = body.get("code") if body else None
	message = _text(body, "message") or _text(body, "developerMessage")
	fields = tuple(_fields(body))
	kind = kind_of(reply.status, code if isinstance(code, int) else None, _all_text(body))
	if body is None and reply.body.strip() and kind not in (Kind.AUTH, Kind.WAIT):
		# A page of some proxy or of Tripletex's error handler does not tell what became of the call.
		kind, message = Kind.UNKNOWN, "The answer is not from Tripletex's API."
	secrets = tuple(secrets)
	return CLASSES.get(kind, Refused)(
		kind,
		scrub(plain(message), secrets) or _without_words(reply.status),
		status=reply.status,
		code=code if isinstance(code, int) else None,
		fields=tuple(_scrubbed(entry, secrets) for entry in fields),
		request_id=reply.request_id or scrub(_text(body, "requestId"), secrets)[:100],
	)


def _without_words(status: int) -> str:
	return "A redirection, which is not followed." if status in _OF_A_PROXY else f"HTTP status {status}."


def _envelope(operation: Operation, reply: Reply) -> Answer:
	body = _object(reply)
	if body is None and not (operation.gives is Gives.OPTIONAL and not reply.body.strip()):
		raise _unknown(reply, "The answer is cut off or not JSON.")
	body = body or {}
	if operation.gives is Gives.LIST:
		return Answer({}, reply.status, reply.request_id, values=_rows(reply, body))
	return Answer(_value(operation, reply, body), reply.status, reply.request_id)


def _rows(reply: Reply, body: Mapping[str, Any]) -> list[dict[str, Any]]:
	values = body.get("values")
	if not isinstance(values, list) or not all(isinstance(row, dict) for row in values):
		raise _unknown(reply, "The answer holds no list.")
	return values


def _value(operation: Operation, reply: Reply, body: Mapping[str, Any]) -> dict[str, Any]:
	value = body.get("value")
	if value is None and operation.gives is Gives.OPTIONAL:
		return {}
	if not isinstance(value, dict):
		raise _unknown(reply, "The answer holds no object.")
	if operation.writes and operation.gives is Gives.OBJECT and not isinstance(value.get("id"), int):
		raise _unknown(reply, "The answer does not tell the object's id.")
	return value


def _file(reply: Reply) -> bytes:
	kind = reply.headers.get("content-type", "").lower()
	if not reply.body or "html" in kind or "json" in kind:
		raise _unknown(reply, "The answer holds no file.")
	return reply.body


def _unknown(reply: Reply, message: str) -> OutcomeUnknown:
	return OutcomeUnknown(Kind.UNKNOWN, message, status=reply.status, request_id=reply.request_id)


def _object(reply: Reply) -> dict[str, Any] | None:
	"""The JSON object in the body, None if it is something else."""
	try:
		body = decimal_json.loads(reply.body)
	except ValueError:
		return None
	return body if isinstance(body, dict) else None


def _text(body: Mapping[str, Any] | None, name: str) -> str:
	value = body.get(name) if body else None
	return value if isinstance(value, str) else ""


def _fields(body: Mapping[str, Any] | None) -> Iterable[FieldMessage]:
	messages = body.get("validationMessages") if body else None
	for entry in messages if isinstance(messages, list) else []:
		if isinstance(entry, dict):
			yield FieldMessage(_text(entry, "field"), _text(entry, "message"), _text(entry, "path"))


def _scrubbed(entry: FieldMessage, secrets: tuple[Secret, ...]) -> FieldMessage:
	return FieldMessage(*(scrub(plain(text), secrets) for text in (entry.field, entry.message, entry.path)))


def _all_text(body: Mapping[str, Any] | None) -> str:
	return "\n".join((_text(body, "message"), *(entry.message for entry in _fields(body))))
