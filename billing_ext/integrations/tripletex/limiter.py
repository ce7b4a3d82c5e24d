"""Stay below Tripletex's limit of calls, together with all other workers of the same token.

Tripletex counts calls in windows of ten seconds, seen on the clock's edges, and says in each answer how many are left.
What it says is believed; the limit itself is learnt, never written here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from typing import Protocol

PERIOD = 10.0
"""Seconds of a window."""
RESERVE = 10
"""Calls of each window that background work leaves to people at their screens, and to calls still under way."""
UNSEEN_LIMIT = 20
"""Calls in a window before any answer told the limit: one a second for background work."""
_FARTHEST = 120.0
"""Seconds: a window that ends later than that was stored by a clock that has been set back."""
_ROUNDING = 1.0
"""Seconds: the time left comes as whole seconds, rounded nobody knows how. Late is safe, early is not."""


@dataclass(frozen=True, slots=True)
class Window:
	"""What is known of the current window. Times are seconds since 1970."""

	ends: float
	remaining: int
	"""Calls left, those under way already taken off."""
	limit: int = UNSEEN_LIMIT
	used: bool = False
	"""Was a call let through in this window? The first one always is, to learn how many are left."""
	guessed: bool = False
	"""Is the end our clock's edge, because no answer has told it?"""


def take(window: Window | None, now: float, reserve: int) -> tuple[Window, float]:
	"""The window after a call asked to pass, and the seconds that it has to wait before it asks again: 0 = it passed."""
	window = _current(window, now)
	if window.used and window.remaining <= reserve:
		return window, window.ends - now
	return replace(window, remaining=max(window.remaining - 1, 0), used=True), 0.0


def learn(
	window: Window | None, limit: int | None, remaining: int, reset: float | None, now: float
) -> Window:
	"""The window after an answer said that ``remaining`` of ``limit`` calls are left for ``reset`` seconds."""
	window = _current(window, now)
	ends = now + reset + _ROUNDING if reset is not None else window.ends
	limit = limit or window.limit
	if ends > window.ends + PERIOD / 2:
		# Tripletex counts a new window already; our clock or the rounding is late.
		return Window(ends, remaining, limit, used=True)
	if ends < window.ends - PERIOD / 2 and not window.guessed:
		# An answer that took long: of a window that is over.
		return replace(window, limit=limit)
	# Our own count knows the calls under way, Tripletex's those of other programs: the smaller one is right.
	return replace(
		window,
		ends=ends if window.guessed else min(ends, window.ends),
		remaining=remaining if window.limit != limit else min(remaining, window.remaining),
		limit=limit,
		used=True,
		guessed=window.guessed and reset is None,
	)


def close(window: Window | None, now: float, reset: float | None) -> Window:
	"""The window after a 429, which mostly does not say how long it lasts: then to the clock's next edge."""
	ends = now + reset + _ROUNDING if reset is not None else _edge(now)
	limit = window.limit if window else UNSEEN_LIMIT
	return Window(ends, 0, limit, used=True, guessed=reset is None)


def _current(window: Window | None, now: float) -> Window:
	"""``window``, or the one that follows it if it is over."""
	if window is None:
		return Window(_edge(now), UNSEEN_LIMIT, guessed=True)
	if now < window.ends <= now + _FARTHEST:
		return window
	# Later windows keep the phase that was learnt: Tripletex's clock need not be ours.
	ends = window.ends + PERIOD * (math.floor((now - window.ends) / PERIOD) + 1)
	return Window(ends, window.limit, window.limit, guessed=window.guessed)


def _edge(now: float) -> float:
	return (math.floor(now / PERIOD) + 1) * PERIOD


class Limiter(Protocol):
	"""One for each pair of consumer and employee token, shared by all workers. Times are aware."""

	def acquire(self, now: datetime, reserve: int = RESERVE) -> float:
		"""Take one call of the window and give 0, or give the seconds to wait before asking again."""

	def seen(self, limit: int | None, remaining: int, reset: float | None, now: datetime) -> None:
		"""Learn from an answer's headers: calls in a window, calls left, seconds left."""

	def blocked(self, now: datetime, reset: float | None = None) -> None:
		"""A call was refused with 429: none passes until the window is over."""


class SharedWindow:
	"""A limiter over one stored window. ``change(step)`` replaces it by what ``step`` makes of it, atomically."""

	def __init__(self, change: Callable[[Callable[[Window | None], Window]], None]) -> None:
		self._change = change

	def acquire(self, now: datetime, reserve: int = RESERVE) -> float:
		"""Take one call of the window and give 0, or give the seconds to wait before asking again."""
		wait = 0.0

		def step(window: Window | None) -> Window:
			nonlocal wait
			window, wait = take(window, now.timestamp(), reserve)
			return window

		self._change(step)
		return wait

	def seen(self, limit: int | None, remaining: int, reset: float | None, now: datetime) -> None:
		"""Learn from an answer's headers: calls in a window, calls left, seconds left."""
		self._change(lambda window: learn(window, limit, remaining, reset, now.timestamp()))

	def blocked(self, now: datetime, reset: float | None = None) -> None:
		"""A call was refused with 429: none passes until the window is over."""
		self._change(lambda window: close(window, now.timestamp(), reset))


class MemoryLimiter(SharedWindow):
	"""For one process: notebooks, tests."""

	def __init__(self) -> None:
		super().__init__(self._replace)
		self._lock = Lock()
		self._window: Window | None = None

	def _replace(self, step: Callable[[Window | None], Window]) -> None:
		with self._lock:
			self._window = step(self._window)
