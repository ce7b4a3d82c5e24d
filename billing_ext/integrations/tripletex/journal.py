"""A line for every attempt at a call: enough to find it at Tripletex's support, nothing that is personal or secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Call:
	"""One attempt, answered or not. Never a body, a token, a query or what fills the path's braces."""

	at: datetime
	"""When it was started; aware, UTC."""
	method: str
	template: str
	status: int | None
	"""HTTP status; None when no answer came."""
	code: int | None
	"""Tripletex's own code of an error."""
	milliseconds: int
	request_id: str
	remaining: int | None
	"""Calls left in the window, as the answer says."""
	outcome: str
	"""``ok`` or the value of an ``errors.Kind``."""


class Journal(Protocol):
	"""Where calls are noted. What it raises is logged and else ignored: a write that succeeded has succeeded."""

	def record(self, call: Call) -> None:
		"""Note the call."""


class MemoryJournal:
	"""Keeps the last ``keep`` calls, newest last; for notebooks and tests."""

	def __init__(self, keep: int = 1_000) -> None:
		self.calls: list[Call] = []
		self._keep = keep

	def record(self, call: Call) -> None:
		"""Note the call."""
		self.calls.append(call)
		del self.calls[: -self._keep]
