"""Tokens that cannot be printed by accident."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

_BASIC = re.compile(r"\bBasic\s+[A-Za-z0-9+/=_-]+", re.IGNORECASE)
_SESSION_PATH = re.compile(r"(/token/session/)(?![:>]|%3[AE])[^/?#\s\"']+", re.IGNORECASE)
HIDDEN = "***"


class Secret:
	"""A text that shows as ``***`` in logs, tracebacks and Frappe's error log, which prints local variables."""

	__slots__ = ("__text",)

	def __init__(self, text: str) -> None:
		self.__text = text

	def reveal(self) -> str:
		"""The text itself, for the one place that sends it."""
		return self.__text

	@property
	def fingerprint(self) -> str:
		"""32 hexadecimal digits that tell tokens apart and do not lead back to them: tokens are long and random."""
		return hashlib.sha256(self.__text.encode()).hexdigest()[:32]

	def __eq__(self, other: object) -> bool:
		return isinstance(other, Secret) and other.reveal() == self.__text

	def __hash__(self) -> int:
		return hash(self.__text)

	def __bool__(self) -> bool:
		return bool(self.__text)

	def __repr__(self) -> str:
		return HIDDEN

	def __reduce__(self) -> str | tuple[object, ...]:
		raise TypeError("A secret is not pickled: hand over the name of the settings instead.")


def scrub(text: str, secrets: Iterable[Secret] = ()) -> str:
	"""``text`` without the given secrets, Basic credentials and the path of a session."""
	for secret in secrets:
		if secret:
			text = text.replace(secret.reveal(), HIDDEN)
	return _SESSION_PATH.sub(rf"\1{HIDDEN}", _BASIC.sub(f"Basic {HIDDEN}", text))
