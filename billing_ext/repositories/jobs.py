"""Background jobs: what Frappe's queues need to be told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import frappe
from frappe.utils.background_jobs import get_queue
from rq import Worker

LONG_TIMEOUT = 3_600
"""Seconds that one job may run: a chunk of contracts on a slow day, with room."""


def enqueue(method: str, queue: str = "long", job_id: str | None = None, **arguments: Any) -> None:
	"""Start ``method`` in a worker once the current transaction is committed, or never if it is rolled back."""
	frappe.enqueue(
		method,
		queue=queue,
		timeout=LONG_TIMEOUT,
		job_id=job_id,
		deduplicate=bool(job_id),
		enqueue_after_commit=True,
		**arguments,
	)


def enqueue_side_by_side(method: str, job_id: str, **arguments: Any) -> None:
	"""As ``enqueue`` on the queue ``long``, once for each of its workers but one, which is left to other work.

	What waits or runs already is not started again.
	"""
	workers = Worker.count(queue=get_queue("long"))
	for number in range(max(1, workers - 1)):
		enqueue(method, job_id=f"{job_id}|{number}", **arguments)


def in_turn(read: Callable[[], list[str]], seconds: float) -> Iterator[str]:
	"""What ``read`` gives, again and again, each name once, until it gives no others or the time is up."""
	until = time.monotonic() + seconds
	seen: set[str] = set()
	while names := [name for name in read() if name not in seen]:
		for name in names:
			if time.monotonic() > until:
				return
			seen.add(name)
			yield name


def log_failure(doctype: str, name: str) -> None:
	"""Keep the traceback of the exception at hand in the Error Log, about a document."""
	frappe.log_error(reference_doctype=doctype, reference_name=name)


def tell(doctype: str, name: str, event: str, message: dict[str, Any]) -> None:
	"""Show progress on an open form at once, whatever becomes of the transaction."""
	frappe.publish_realtime(event, message, doctype=doctype, docname=name)
