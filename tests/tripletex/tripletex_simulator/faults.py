"""What can go wrong on the way, planned or at random."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

BEFORE = ("timeout_before", "500_json", "500_html", "429", "401", "403", "409_8000")
AFTER = (
	"timeout_after_commit",
	"reset_mid_body",
	"500_after_commit",
	"slow",
	"truncated_json",
	"null_fields",
)
KINDS = (*BEFORE, *AFTER, "extra_fields")
# Nobody answers; the caller sees an exception.
SILENT = ("timeout_before", "timeout_after_commit")
HTML_ERROR = (
	"<!DOCTYPE html><html><head><title>Feilsituasjon – Tripletex</title></head><body>Feil</body></html>"
)


class Faults:
	"""The fault plan. A planned fault strikes once, the nth matching call from now."""

	def __init__(self) -> None:
		self.slow_seconds = 30.0
		self.struck: list[tuple[str, str, str]] = []
		self._planned: list[dict[str, Any]] = []
		self._random: tuple[random.Random, float, tuple[str, ...]] | None = None

	def plan(self, method: str, path_template: str, kind: str, nth: int = 1) -> None:
		"""Let the nth call of an operation go wrong; `*` matches every method or path."""
		if kind not in KINDS:
			raise ValueError(f"no such fault: {kind}; there are {', '.join(KINDS)}")
		self._planned.append({"method": method, "path": path_template, "kind": kind, "left": nth})

	def random(self, seed: int, probability: float, kinds: Iterable[str] = KINDS) -> None:
		"""Let calls go wrong at random, the same way for the same seed."""
		self._random = random.Random(seed), probability, tuple(kinds)

	def clear(self) -> None:
		"""No more faults."""
		self._planned.clear()
		self._random = None

	def next(self, method: str, path_template: str) -> str:
		"""The fault of this call, or an empty text."""
		kind = self._next_planned(method, path_template) or self._next_random()
		if kind:
			self.struck.append((method, path_template, kind))
		return kind

	def _next_planned(self, method: str, path: str) -> str:
		found = ""
		for entry in list(self._planned):
			if entry["method"] not in ("*", method) or entry["path"] not in ("*", path):
				continue
			entry["left"] -= 1
			if entry["left"] <= 0 and not found:
				self._planned.remove(entry)
				found = entry["kind"]
		return found

	def _next_random(self) -> str:
		if self._random is None:
			return ""
		chance, probability, kinds = self._random
		return chance.choice(kinds) if chance.random() < probability else ""


class NoAnswer(Exception):
	"""The connection stays silent until the caller gives up."""


def disfigure(kind: str, payload: Any) -> Any:
	"""An answer with nulls, or with fields that nobody has heard of."""
	if not isinstance(payload, dict):
		return payload
	change = _nulled if kind == "null_fields" else _extended
	result = dict(payload)
	if isinstance(payload.get("value"), dict):
		result["value"] = change(payload["value"])
	if isinstance(payload.get("values"), list):
		result["values"] = [change(v) if isinstance(v, dict) else v for v in payload["values"]]
	return result


def _nulled(value: dict[str, Any]) -> dict[str, Any]:
	return {k: v if k in ("id", "version", "url") else None for k, v in value.items()}


def _extended(value: dict[str, Any]) -> dict[str, Any]:
	return {**value, "addedLastTuesday": {"id": 1, "texts": ["æøå"]}}
