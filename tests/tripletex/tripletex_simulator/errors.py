"""Refusals of the API, with the codes and texts that real companies answered."""

from __future__ import annotations

from typing import Any

UNIQUE_TEXT = 'Nummeret er allerede i bruk: <a href="/execute/customerMenu?customerId={id}">{name}</a>'
NULL = "Kan ikke være null."
UNKNOWN_FIELD = "Feltet eksisterer ikke i objektet."
WRONG_TYPE = "Verdien er ikke av korrekt type for dette feltet."
VAT_CLOSED = "Regnskapet er låst for mva-posteringer på følgende dato."
BAD_VAT = "Ugyldig mva-kode."

DEVELOPER = {18000: "VALIDATION_ERROR", 16000: "MAPPING_ERROR"}


class Refusal(Exception):
	"""What the API answers instead of doing what it was asked."""

	def __init__(
		self,
		status: int,
		code: int,
		message: str,
		messages: list[dict[str, Any]] | None = None,
		developer_message: str = "",
	):
		super().__init__(message)
		self.status, self.code, self.message, self.messages = status, code, message, messages
		self.developer_message = developer_message or DEVELOPER.get(code, message)

	def body(self, request_id: str) -> dict[str, Any]:
		"""The error envelope."""
		return {
			"status": self.status,
			"code": self.code,
			"message": self.message,
			"link": "https://tripletex.no/v2-docs/",
			"developerMessage": self.developer_message,
			"validationMessages": self.messages,
			"requestId": request_id,
		}


def _message(field: str | None, text: str, path: str | None = None) -> dict[str, Any]:
	return {"field": field, "message": text, "path": path, "rootId": None}


def invalid(field: str | None, text: str, path: str | None = None, code: int = 18000) -> Refusal:
	"""422, one validation message."""
	return Refusal(422, code, "Validering feilet.", [_message(field, text, path)])


def unmapped(field: str, text: str) -> Refusal:
	"""422, a body that does not fit the object."""
	return Refusal(422, 16000, "Request mapping failed", [_message(field, text)])


def unauthorized() -> Refusal:
	text = "Could not log in. Check login info in Authorization header."
	return Refusal(401, 3000, "Unauthorized", None, text)


def forbidden() -> Refusal:
	return Refusal(403, 9000, "You do not have permission to access this feature.")


def not_found() -> Refusal:
	return Refusal(404, 6000, "Object not found")


def stale() -> Refusal:
	"""409: somebody changed the object since it was read. ASSUMED: the text."""
	return Refusal(409, 8000, "RevisionException: Object has been modified since it was read.")


def illegal_field(name: str, model: str) -> Refusal:
	text = f"Illegal field in fields filter: {name}. {name} does not match a field in the model: {model}DTO"
	return Refusal(400, 11000, text)


def too_large() -> Refusal:
	return Refusal(422, 23000, "Result set too large. Limit of 10000 reached.")


def too_many_requests() -> Refusal:
	return Refusal(429, 429, "Too many requests")


def server_error() -> Refusal:
	return Refusal(500, 1000, "Unexpected error. Please contact Tripletex.")
