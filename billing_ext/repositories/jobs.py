"""Background jobs: what Frappe's queues need to be told."""

from __future__ import annotations

from typing import Any

import frappe

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


def log_failure(doctype: str, name: str) -> None:
	"""Keep the traceback of the exception at hand in the Error Log, about a document."""
	frappe.log_error(reference_doctype=doctype, reference_name=name)


def tell(doctype: str, name: str, event: str, message: dict[str, Any]) -> None:
	"""Show progress on an open form at once, whatever becomes of the transaction."""
	frappe.publish_realtime(event, message, doctype=doctype, docname=name)
