"""Tripletex's rate limit in Redis, so that all workers of a site count together."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import frappe
import redis

from billing_ext.integrations.tripletex.limiter import SharedWindow, Window

_KEPT_SECONDS = 86_400
"""The limit that was learnt is worth keeping overnight."""

_log = logging.getLogger(__name__)


class RedisLimiter(SharedWindow):
	"""A ``Limiter``; ``fingerprint`` is the credential's, since Tripletex counts by the pair of tokens.

	WATCH and MULTI around the step that is also the in-memory limiter's, not a Lua copy of it: two workers that meet
	repeat the step, and the rule is written once. Without Redis it lets calls pass: Tripletex's own 429 remains.
	"""

	def __init__(self, fingerprint: str) -> None:
		super().__init__(self._replace)
		self._key = frappe.cache.make_key(f"billing_ext:tripletex:window:{fingerprint}")

	def _replace(self, step: Callable[[Window | None], Window]) -> None:
		def change(pipe: Any) -> None:
			text = json.dumps(asdict(step(_window(pipe.get(self._key)))))
			pipe.multi()
			pipe.set(self._key, text, ex=_KEPT_SECONDS)

		try:
			frappe.cache.transaction(change, self._key)
		except redis.RedisError as error:
			_log.warning("Calls to Tripletex are not counted: %s", type(error).__name__)


def _window(stored: bytes | None) -> Window | None:
	try:
		return Window(**json.loads(stored)) if stored else None
	except (ValueError, TypeError):
		# Written by another version of the app.
		return None
