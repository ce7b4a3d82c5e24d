"""Tripletex sessions in Redis, shared by all workers of a site. The token is stored encrypted with the site's key."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import frappe
import redis
from frappe.utils.password import decrypt, encrypt

from billing_ext.integrations.tripletex.errors import Kind, NotSent
from billing_ext.integrations.tripletex.secret import Secret
from billing_ext.integrations.tripletex.session import Session

_RENEWAL_SECONDS = 180
"""A renewal takes at most three tries of 35 seconds and its pauses; a killed worker's lock goes by itself."""
_LOCK_PATIENCE = 60
"""Seconds that a worker waits for another one's renewal."""

_log = logging.getLogger(__name__)


class RedisSessionStore:
	"""A ``SessionStore``. ``fingerprint`` is the credential's: Redis never sees a token in the clear, nor in a key.

	Raises NotSent where Redis cannot be reached: no call goes out.
	"""

	def __init__(self, fingerprint: str) -> None:
		self._key = frappe.cache.make_key(f"billing_ext:tripletex:session:{fingerprint}")

	def get(self) -> Session | None:
		"""The session kept, whether it lives or not."""
		with _reached():
			return _session(frappe.cache.get(self._key))

	def put(self, session: Session, now: datetime) -> None:
		"""Keep a session until it ends. Not being able to is no reason not to use it."""
		row = {"token": encrypt(session.token.reveal()), "ends_at": session.ends_at.isoformat()}
		seconds = max(int((session.ends_at - now).total_seconds()), 1)
		try:
			frappe.cache.set(self._key, json.dumps(row), ex=seconds)
		except redis.RedisError as error:
			_log.warning("A Tripletex session could not be kept: %s", type(error).__name__)

	def invalidate(self, session: Session) -> None:
		"""Forget this session; one that another worker has put since stays."""

		def forget(pipe: Any) -> None:
			same = _session(pipe.get(self._key)) == session
			pipe.multi()
			if same:
				pipe.delete(self._key)

		with _reached():
			frappe.cache.transaction(forget, self._key)

	@contextmanager
	def lock(self) -> Iterator[None]:
		"""Held by the one who renews. Raises NotSent if it cannot be had within a minute."""
		lock = frappe.cache.lock(
			self._key + b":renewal", timeout=_RENEWAL_SECONDS, blocking_timeout=_LOCK_PATIENCE
		)
		with _reached():
			held = lock.acquire()
		if not held:
			raise NotSent(
				Kind.NOT_SENT, "Another worker is renewing the session and does not come to an end."
			)
		try:
			yield
		finally:
			# Run out or gone with Redis: then it is not ours to give back, and nothing is lost but a session too many.
			with suppress(redis.RedisError):
				lock.release()


@contextmanager
def _reached() -> Iterator[None]:
	try:
		yield
	except redis.RedisError as error:
		name = type(error).__name__
		raise NotSent(Kind.NOT_SENT, f"The session cannot be looked up: Redis, {name}.") from None


def _session(stored: bytes | None) -> Session | None:
	"""The session in a stored row; None where there is none, or none that this site can read."""
	if not stored:
		return None
	try:
		row = json.loads(stored)
		return Session(Secret(decrypt(row["token"])), datetime.fromisoformat(row["ends_at"]))
	except frappe.ValidationError:
		# The site's key was changed: decrypt has put a message for the user, who need not know.
		frappe.clear_last_message()
	except (ValueError, KeyError, TypeError):
		_log.warning("A Tripletex session was kept in an unknown form.")
	return None
