"""The steps that every message goes through, and the values that pass between them and the worker."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from billing_ext.integrations.tripletex.client import TripletexClient
from billing_ext.integrations.tripletex.delivery import Found
from billing_ext.integrations.tripletex.read_back import Difference
from billing_ext.repositories.contract_rows import Row
from billing_ext.repositories.tripletex.settings import Settings
from billing_ext.services.tripletex.connection import Link

Request = dict[str, Any]
"""What is frozen at the first sending: ``{"body": …, "query": …}`` and what else the handler needs again."""


class Wait(Exception):
	"""The message needs others first: ``messages`` are their names. Not an error."""

	def __init__(self, messages: list[str]) -> None:
		super().__init__(messages)
		self.messages = messages


class Skip(Exception):
	"""There is nothing to do; ``code`` says why. Not an error."""

	def __init__(self, code: str) -> None:
		super().__init__(code)
		self.code = code


@dataclass(frozen=True, slots=True)
class ReadBack:
	"""What stands in Tripletex: the object as read, and how it differs from what was wanted."""

	remote: dict[str, Any] = field(default_factory=dict)
	differences: list[Difference] = field(default_factory=list)


class Handler(ABC):
	"""One kind of message. Built for one row; may read the site, and writes it only in ``finish``."""

	def __init__(self, link: Link, row: Row) -> None:
		self.link = link
		self.row = row

	@property
	def client(self) -> TripletexClient:
		"""The company's client."""
		return self.link.client

	@property
	def settings(self) -> Settings:
		"""The company's settings."""
		return self.link.settings

	@abstractmethod
	def prepare(self) -> Request:
		"""The request. May read from Tripletex. Raises DomainError for what a person must mend, Wait, Skip."""

	@abstractmethod
	def send(self, request: Request, note: Callable[[str], None]) -> int:
		"""Write to Tripletex and give the object's id; ``note`` keeps a step that is done. Raises TripletexError."""

	@abstractmethod
	def look_up(self, request: Request, note: Callable[[str], None]) -> tuple[Found, int]:
		"""Has it happened, as far as Tripletex tells? With the object's id, or 0. Raises TripletexError."""

	@abstractmethod
	def read_back(self, request: Request, remote_id: int) -> ReadBack:
		"""What stands there now. Raises TripletexError, or IncompleteAnswer if it proves nothing."""

	@abstractmethod
	def finish(self, request: Request, remote_id: int, read: ReadBack) -> None:
		"""Write mappings, and messages that follow, in the transaction that ends the message."""
