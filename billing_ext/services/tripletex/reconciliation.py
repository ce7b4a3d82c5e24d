"""Monthly reconciliations: when they run, who asks for them, and what persons write about differences.

The comparison itself reads Tripletex and so is a job of its own: ``services.tripletex.comparison``.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from frappe.utils import getdate

from billing_ext.core.errors import DomainError
from billing_ext.repositories import clock, jobs, session
from billing_ext.repositories import settings as billing_settings
from billing_ext.repositories.tripletex import books, reconciliations, settings
from billing_ext.repositories.tripletex.settings import Settings
from billing_ext.repositories.unit_of_work import in_transaction

COMPARE = "billing_ext.services.tripletex.comparison.compare"


def nightly() -> None:
	"""Compare the current and the previous month of every company. A job."""
	session.act_as(billing_settings.load().service_user)
	in_transaction(reconciliations.fail_abandoned)
	current = clock.today()
	previous = current.replace(day=1) - timedelta(days=1)
	for company in settings.enabled_companies():
		for month in (previous, current):
			_compare_at_night(company, month)


def _compare_at_night(company: str, month: date) -> None:
	own = settings.load(company)
	if own and not own.paused and _is_covered(own, month):
		in_transaction(lambda: reconciliations.create(company, month))


def _is_covered(own: Settings, day: date) -> bool:
	"""Does the month of a day have days of both systems?"""
	first, last = books.month_of(day)
	return own.covers(last) and first <= clock.today()


def begin(doc: Any) -> None:
	"""Prepare a reconciliation that is about to be inserted.

	Raises DomainError ``tripletex_no_settings`` or ``tripletex_before_books``.
	"""
	own = settings.load(doc.company)
	if own is None:
		raise DomainError("tripletex_no_settings", company=doc.company)
	month = getdate(doc.month)
	if not _is_covered(own, month):
		raise DomainError(
			"tripletex_before_books",
			company=doc.company,
			go_live=own.go_live_date or "-",
			month=f"{month:%Y-%m}",
		)
	reconciliations.begin(doc)


def start(name: str) -> None:
	"""Have a reconciliation compared once it is committed."""
	jobs.enqueue(COMPARE, queue="long", job_id=f"tripletex-reconciliation|{name}", name=name)


def compare_again(name: str) -> str:
	"""Compare the month of a reconciliation anew; the new one's name. The old one stays as it is."""
	old = reconciliations.get(name)
	return reconciliations.create(old.company, old.month)


def explain(name: str, row_name: str, reason: str) -> None:
	"""Say why a difference is right. It holds in later comparisons for as long as the amounts stay the same.

	Raises DomainError ``tripletex_reason_missing``, ``tripletex_row_unknown`` or ``tripletex_row_explained``.
	"""
	if not reason.strip():
		raise DomainError("tripletex_reason_missing")
	reconciliations.get(name)
	row = reconciliations.row(name, row_name)
	if row is None:
		raise DomainError("tripletex_row_unknown")
	if row.explained_by:
		raise DomainError("tripletex_row_explained", label=row.label, user=row.explained_by)
	reconciliations.explain(name, row_name, reason.strip())
