"""Errors as a person may read them: on the row, and in the site's error log. Never a body, a token or a local variable."""

from __future__ import annotations

import re
import traceback
from typing import Any

import frappe

from billing_ext.integrations.tripletex.errors import Kind, TripletexError, plain
from billing_ext.integrations.tripletex.read_back import IncompleteAnswer
from billing_ext.integrations.tripletex.secret import HIDDEN, scrub
from billing_ext.repositories.contract_rows import Row
from billing_ext.repositories.tripletex.outbox import DOCTYPE
from billing_ext.repositories.unit_of_work import in_transaction

LENGTH = 500
"""Characters of an error's text that a row keeps."""

_OPAQUE = re.compile(r"(?=[A-Za-z+_=-]*\d)[A-Za-z0-9+_=-]{40,}")
"""As long and opaque as a token."""


def words(error: Exception) -> str:
	"""The text of an error, plain and without secrets; its class where it has none."""
	text = _told(error) if isinstance(error, TripletexError) else str(error)
	return _scrubbed(plain(text))[:LENGTH] or type(error).__name__


def _told(error: TripletexError) -> str:
	"""What Tripletex says, field by field; code and request id have columns of their own."""
	fields = (": ".join(filter(None, (each.path or each.field, each.message))) for each in error.fields)
	return " ".join((error.message, "; ".join(fields)))


def error_values(error: TripletexError | IncompleteAnswer) -> dict[str, Any]:
	"""The columns of a message that tell what went wrong.

	``error_code`` is Tripletex's own code, or else the HTTP status; ``error_kind`` an ``errors.Kind``.
	"""
	if isinstance(error, IncompleteAnswer):
		return {
			"error_text": words(error),
			"error_code": "incomplete_answer",
			"error_kind": Kind.UNKNOWN.value,
			"request_id": None,
		}
	return {
		"error_text": words(error),
		"error_code": str(error.code or error.status or ""),
		"error_kind": error.kind.value,
		"request_id": error.request_id or None,
	}


def log(row: Row, error: Exception) -> None:
	"""Write an error of ours to the site's error log, beside the message that it stopped; committed at once."""
	lines = "".join(traceback.format_exception(type(error), error, error.__traceback__))
	title = f"Tripletex: {row['operation']} {row['local_key'] or ''}: {type(error).__name__}"
	in_transaction(
		lambda: frappe.log_error(
			title=title[:140],
			message=_scrubbed(lines),
			reference_doctype=DOCTYPE,
			reference_name=row["name"],
		)
	)


def _scrubbed(text: str) -> str:
	return _OPAQUE.sub(HIDDEN, scrub(text))
