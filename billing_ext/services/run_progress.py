"""How far a Billing Run is, how long it will still take, and what of its documents is sent and booked."""

from __future__ import annotations

from typing import Any

from billing_ext.repositories import clock, run_progress
from billing_ext.repositories.run_progress import messages

__all__ = ["messages", "progress"]


def progress(run: str) -> dict[str, Any]:
	"""``status``, ``contracts_total``, ``contracts_done``, ``documents`` and ``errors``; ``seconds`` since the start of
	this attempt until now or its end, and ``seconds_left`` at the same pace; None where there is nothing to tell from."""
	counts = run_progress.counts(run)
	started, finished = counts.pop("started_at"), counts.pop("finished_at")
	seconds = ((finished or clock.now()) - started).total_seconds() if started else None
	return {**counts, "seconds": seconds, "seconds_left": None if finished else _left(counts, seconds)}


def _left(counts: dict[str, Any], seconds: float | None) -> float | None:
	done, total = counts["contracts_done"], counts["contracts_total"]
	return seconds / done * max(0, total - done) if seconds is not None and done else None
