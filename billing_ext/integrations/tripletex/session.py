"""Sessions: which token a call carries, kept for all workers and renewed by one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from threading import Lock
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from billing_ext.integrations.tripletex.errors import Kind, OutcomeUnknown
from billing_ext.integrations.tripletex.secret import Secret

OSLO = ZoneInfo("Europe/Oslo")
"""Sessions end at "midnight CET". In summer Oslo's midnight is an hour before that: the early side is safe."""
DAYS = 2
"""Days ahead for which a session is asked. Six months are allowed; a leaked token of two days does less harm."""
MARGIN = timedelta(minutes=5)
"""A session this near to its end is renewed, so that none dies under a call or for a clock that runs late."""


@dataclass(frozen=True, slots=True)
class Session:
	"""A session's token and when Tripletex ends it (aware)."""

	token: Secret
	ends_at: datetime

	def lives(self, now: datetime) -> bool:
		"""May a call still be started with it?"""
		return now < self.ends_at - MARGIN


class Credential(Protocol):
	"""What a session is made from. Tripletex has two kinds, a pair of tokens and newer a refresh token."""

	@property
	def fingerprint(self) -> str:
		"""Tells credentials apart and does not lead back to them: key of sessions and quotas."""

	@property
	def secrets(self) -> tuple[Secret, ...]:
		"""What must never be in a text."""

	@property
	def template(self) -> str:
		"""Path template of the POST that makes a session."""

	def request(self, now: datetime) -> dict[str, Any]:
		"""Body of that POST, secrets in the clear."""

	def session(self, value: Mapping[str, Any], now: datetime) -> Session:
		"""The session in its answer; ``now`` is when it was asked for. Raises OutcomeUnknown if there is none."""


@dataclass(frozen=True, slots=True)
class TokenPair:
	"""The application's consumer token and a user's employee token."""

	consumer: Secret
	employee: Secret

	@property
	def fingerprint(self) -> str:
		"""Of both: Tripletex counts calls for each employee and consumer."""
		return Secret(f"{self.consumer.reveal()}\n{self.employee.reveal()}").fingerprint

	@property
	def secrets(self) -> tuple[Secret, ...]:
		"""Both tokens."""
		return self.consumer, self.employee

	@property
	def template(self) -> str:
		"""Tokens in the body: the older PUT puts them into the URL, and so into logs."""
		return "/token/session/:create"

	def request(self, now: datetime) -> dict[str, Any]:
		"""Body that asks for a session until the start of the day after tomorrow, in Oslo."""
		return {
			"consumerToken": self.consumer.reveal(),
			"employeeToken": self.employee.reveal(),
			"expirationDate": _last_day(now).isoformat(),
		}

	def session(self, value: Mapping[str, Any], now: datetime) -> Session:
		"""The session, ending with the start of the day that the answer names, or else of the day asked for."""
		token = value.get("token")
		if not token or not isinstance(token, str):
			raise OutcomeUnknown(Kind.UNKNOWN, "The answer holds no session.")
		return Session(Secret(token), _start_of(_day(value.get("expirationDate")) or _last_day(now)))


def _last_day(now: datetime) -> date:
	return now.astimezone(OSLO).date() + timedelta(days=DAYS)


def _day(text: object) -> date | None:
	try:
		return date.fromisoformat(text) if isinstance(text, str) else None
	except ValueError:
		return None


def _start_of(day: date) -> datetime:
	return datetime.combine(day, time(), OSLO)


class SessionStore(Protocol):
	"""Keeps the session of one credential for all who use it. What it raises passes through, before a call is sent."""

	def get(self) -> Session | None:
		"""The session kept, whether it lives or not."""

	def put(self, session: Session, now: datetime) -> None:
		"""Keep a session."""

	def invalidate(self, session: Session) -> None:
		"""Forget this session; one that another worker has put since stays."""

	def lock(self) -> AbstractContextManager[Any]:
		"""Held by the one who renews. Raises NotSent if it cannot be had in time."""


class MemorySessionStore:
	"""For one process: notebooks, tests."""

	def __init__(self) -> None:
		self._session: Session | None = None
		self._guard = Lock()
		self._renewal = Lock()

	def get(self) -> Session | None:
		"""The session kept, whether it lives or not."""
		return self._session

	def put(self, session: Session, now: datetime) -> None:
		"""Keep a session."""
		self._session = session

	def invalidate(self, session: Session) -> None:
		"""Forget this session; one that another thread has put since stays."""
		with self._guard:
			if self._session == session:
				self._session = None

	def lock(self) -> AbstractContextManager[Any]:
		"""Held by the one who renews."""
		return self._renewal


class Sessions:
	"""Gives out the session of a credential and has it renewed, by one worker at a time."""

	def __init__(self, credential: Credential, store: SessionStore) -> None:
		self.credential = credential
		self._store = store

	def current(self, clock: Callable[[], datetime], create: Callable[[], Session]) -> Session:
		"""The session to call with; ``create`` makes a new one and may raise what it likes."""
		session = self._living(clock)
		if session:
			return session
		with self._store.lock():
			# Whoever held the lock before may have renewed it: a stampede asks for one session, not for twenty.
			session = self._living(clock)
			if not session:
				session = create()
				self._store.put(session, clock())
			return session

	def invalidate(self, session: Session) -> None:
		"""Forget a session that Tripletex refused."""
		self._store.invalidate(session)

	def kept(self) -> Session | None:
		"""The session at hand, without making one."""
		return self._store.get()

	def _living(self, clock: Callable[[], datetime]) -> Session | None:
		session = self._store.get()
		return session if session and session.lives(clock()) else None
