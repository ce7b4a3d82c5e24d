"""What can go wrong with a call, named by what its caller has to do next."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class ProgrammingError(Exception):
	"""A call that must not be sent: a mistake in our code, found before anything leaves the machine."""


class UnknownOperation(ProgrammingError):
	"""The method and path template are not in ``endpoints.OPERATIONS``."""


class UnknownParameter(ProgrammingError):
	"""A query or path parameter that the operation does not have, lacks though it must have it, or an unfit value.

	Tripletex ignores unknown query names without a word and then answers with any row at all.
	"""


class Kind(str, Enum):
	"""The next step after an error."""

	NOT_SENT = "not sent"
	"""Surely nothing arrived: no connection, or no session to send it with. Safe to send later."""
	UNKNOWN = "unknown"
	"""It may have been carried out: look up before sending again."""
	WAIT = "wait"
	"""Too many calls; not carried out. ``retry_at`` says when to come back."""
	AUTH = "auth"
	"""Tokens refused even with a new session; not carried out."""
	RIGHTS = "rights"
	"""The user of the token lacks a right or the company a module."""
	MISSING = "missing"
	"""The object, or one that it refers to, does not exist."""
	STALE = "stale"
	"""Somebody changed the object since it was read: read it again."""
	DUPLICATE = "duplicate"
	"""A number is taken: look up whether by ourselves."""
	CONFLICT = "conflict"
	"""Locked, or in a state that forbids it."""
	INVALID = "invalid"
	"""The data is refused: a person decides."""


@dataclass(frozen=True, slots=True)
class FieldMessage:
	"""One complaint about a request. ``path`` points into its body: ``postings[0].account.name``."""

	field: str
	message: str
	path: str = ""


class TripletexError(Exception):
	"""A call without success.

	``message`` is Tripletex's text without HTML, in the language of the token's user: show it, do not branch on it.
	``status`` is the HTTP status or None when no answer came, ``code`` Tripletex's own or None. ``request_id`` is what
	Tripletex's support asks for. ``retry_at``: aware, UTC, only for WAIT.
	"""

	def __init__(
		self,
		kind: Kind,
		message: str,
		*,
		status: int | None = None,
		code: int | None = None,
		fields: tuple[FieldMessage, ...] = (),
		request_id: str = "",
		retry_at: datetime | None = None,
	) -> None:
		super().__init__(kind, message)
		self.kind = kind
		self.message = message
		self.status = status
		self.code = code
		self.fields = fields
		self.request_id = request_id
		self.retry_at = retry_at

	def __str__(self) -> str:
		number = "/".join(str(part) for part in (self.status, self.code) if part is not None)
		fields = "; ".join(f"{entry.path or entry.field}: {entry.message}" for entry in self.fields)
		parts = (number, self.message, f"({fields})" if fields else "")
		return " ".join(part for part in parts if part) + (f" [{self.request_id}]" if self.request_id else "")

	def __repr__(self) -> str:
		return f"{type(self).__name__}({self.kind.name}, {str(self)!r})"


class NotSent(TripletexError):
	"""Kind NOT_SENT."""


class OutcomeUnknown(TripletexError):
	"""Kind UNKNOWN."""


class RateLimited(TripletexError):
	"""Kind WAIT, always with ``retry_at``."""


class AuthFailed(TripletexError):
	"""Kind AUTH."""


class Refused(TripletexError):
	"""All other kinds: Tripletex understood, and surely did nothing."""


CLASSES: dict[Kind, type[TripletexError]] = {
	Kind.NOT_SENT: NotSent,
	Kind.UNKNOWN: OutcomeUnknown,
	Kind.WAIT: RateLimited,
	Kind.AUTH: AuthFailed,
}
"""What is missing here is a Refused."""

_BY_STATUS = {
	400: Kind.INVALID,
	401: Kind.AUTH,
	403: Kind.RIGHTS,
	404: Kind.MISSING,
	409: Kind.CONFLICT,
	415: Kind.INVALID,
	422: Kind.INVALID,
	429: Kind.WAIT,
}
_CONFLICTS = {7000: Kind.DUPLICATE, 8000: Kind.STALE, 14000: Kind.DUPLICATE}
# A taken number has no code of its own: 422 with a sentence in Norwegian or English.
_IN_USE = re.compile(r"\bi bruk\b|\bin use\b", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


def kind_of(status: int, code: int | None, text: str) -> Kind:
	"""The kind of an answer outside 2xx; ``text`` is all that it says. What no rule covers is UNKNOWN."""
	kind = _BY_STATUS.get(status, Kind.UNKNOWN)
	if kind is Kind.CONFLICT and code is not None:
		return _CONFLICTS.get(code, kind)
	if status == 422 and _IN_USE.search(text):
		return Kind.DUPLICATE
	return kind


def plain(text: str) -> str:
	"""A message without tags, entities and runs of blanks; at most 1,000 characters."""
	return " ".join(html.unescape(_TAG.sub(" ", text)).split())[:1000]
