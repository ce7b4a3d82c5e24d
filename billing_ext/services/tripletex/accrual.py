"""The monthly accrual: what ERPNext has moved to or from deferred revenue, sent to Tripletex as one voucher a month.

A later change of a finished month takes its voucher back and sends the whole month anew. Nothing here calls Tripletex.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from billing_ext.integrations.tripletex.accrual import (
	BookAccrual,
	BookedAccrual,
	ReverseAccrual,
	due,
	external_number,
)
from billing_ext.repositories import clock, session
from billing_ext.repositories import settings as billing_settings
from billing_ext.repositories.tripletex import accruals, settings
from billing_ext.repositories.tripletex.accruals import Reversal, Voucher
from billing_ext.repositories.tripletex.settings import Settings
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services.tripletex import outgoing


def monthly() -> None:
	"""Accrue every finished month of every company that accrues. A job; may run as often as one likes."""
	session.act_as(billing_settings.load().service_user)
	for company in settings.enabled_companies():
		accrue(company)


def accrue(company: str) -> int:
	"""Queue what makes the vouchers of a company's finished months equal ERPNext's; how many messages. Idempotent."""
	own = settings.load(company)
	if own is None or not own.accrue_deferred or not own.go_live_date:
		return 0
	last = clock.today().replace(day=1) - timedelta(days=1)
	moved = accruals.deferred_by_month(own, own.go_live_date, last)
	months = sorted({*moved, *accruals.months_with_vouchers(company)})
	return sum(_accrue_month(own, month, moved.get(month, Decimal(0))) for month in months)


def _accrue_month(own: Settings, month: date, movement: Decimal) -> int:
	return in_transaction(lambda: _queue_steps(own, month, movement))


def _queue_steps(own: Settings, month: date, movement: Decimal) -> int:
	history = accruals.history(own.company, month)
	outdated = [name for name, amount in history.unfinished.items() if amount not in (None, movement)]
	if outdated and all(accruals.take_back(name) for name in outdated):
		history = accruals.history(own.company, month)
	if history.unfinished:
		# What is on its way is waited for: only then is it known what stands in Tripletex.
		return 0
	steps = due(movement, history.booked)
	for step in steps:
		_queue(own, month, step, history.booked)
	return len(steps)


def _queue(
	own: Settings, month: date, step: ReverseAccrual | BookAccrual, booked: Iterable[BookedAccrual]
) -> None:
	key = external_number(accruals.abbreviation(own.company), month, step.revision)
	if isinstance(step, BookAccrual):
		wanted = Voucher(month, step.revision, step.amount)
		outgoing.queue(accruals.voucher_message(own.company, key, wanted))
		return
	amount = next(accrual.amount for accrual in booked if accrual.revision == step.revision)
	taken_back = Reversal(month, key, step.voucher_id, amount)
	outgoing.queue(accruals.reversal_message(own.company, taken_back))
