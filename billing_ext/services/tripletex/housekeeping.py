"""What piles up is forgotten, and what the calendar changes is brought up to date."""

from __future__ import annotations

from billing_ext.repositories import customer_status
from billing_ext.repositories.tripletex import calls, webhook_events
from billing_ext.repositories.unit_of_work import in_transaction


def tidy() -> None:
	"""Forget calls of more than thirty days and webhook keys of more than three; a new day makes invoices overdue. A job."""
	in_transaction(calls.clear_old)
	in_transaction(webhook_events.clear_old)
	in_transaction(customer_status.refresh)
