"""What Tripletex or the way to it says, as an error with words, for a person who waits at the screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex.errors import Kind, TripletexError
from billing_ext.integrations.tripletex.read_back import IncompleteAnswer
from billing_ext.repositories.tripletex import alerts

_CODES = {
	Kind.NOT_SENT: "tripletex_unreachable",
	Kind.UNKNOWN: "tripletex_unreachable",
	Kind.WAIT: "tripletex_busy",
	Kind.AUTH: "tripletex_tokens_refused",
	Kind.RIGHTS: "tripletex_right_missing",
	Kind.MISSING: "tripletex_not_there",
}


@contextmanager
def in_words() -> Iterator[None]:
	"""Raise DomainError where a call fails: ``tripletex_refused`` with Tripletex's own text, or what the kind says."""
	try:
		yield
	except (TripletexError, IncompleteAnswer) as error:
		code = _CODES.get(getattr(error, "kind", Kind.UNKNOWN), "tripletex_refused")
		problem = DomainError(code, text=alerts.words(error))
	else:
		return
	# Raised outside the handler: Frappe's error log prints the local variables of a whole chain.
	raise problem
