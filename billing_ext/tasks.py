"""What runs on a schedule; hooks.py says when."""

from billing_ext.repositories import deals, jobs
from billing_ext.services import billing_run, renewal_reminders, renewals, sending, state_sweep
from billing_ext.services.tripletex import inbound, worker

TRIPLETEX_HOURLY = (
	"billing_ext.services.tripletex.exchange_rates.fetch",
	"billing_ext.services.tripletex.alerting.watch",
)
TRIPLETEX_DAILY = (
	"billing_ext.services.tripletex.drift.nightly",
	"billing_ext.services.tripletex.accrual.monthly",
	"billing_ext.services.tripletex.webhook_subscription.check_all",
	"billing_ext.services.tripletex.housekeeping.tidy",
)
TRIPLETEX_RECONCILIATION = "billing_ext.services.tripletex.reconciliation.nightly"


def billing_ext_nightly():
	"""Remind, renew, then bill what is due today: billing once, at the first call of the day that comes through."""
	renewal_reminders.remind_due()  # first: a renewal moves the term that a late reminder is about
	renewals.renew_due()
	billing_run.start_nightly()


def billing_ext_frequent():
	"""Deliver what waits in the outboxes."""
	sending.sweep()
	worker.sweep()


def billing_ext_hourly():
	"""Take up runs whose worker was killed."""
	billing_run.restart_stalled()


def billing_ext_daily():
	"""Move contracts along with the calendar, and keep accepted quotations accepted."""
	state_sweep.advance_statuses()
	deals.keep_accepted()


def billing_ext_tripletex_hourly():
	"""Ask Tripletex for payments and for exchange rates, and tell who has to be told."""
	inbound.enqueue_all()
	for job in TRIPLETEX_HOURLY:
		jobs.enqueue(job, job_id=job)


def billing_ext_tripletex_daily():
	"""Look for drift, accrue, tidy: each in a job of its own, so that one cannot stop the others."""
	for job in TRIPLETEX_DAILY:
		jobs.enqueue(job, job_id=job)


def billing_ext_tripletex_reconcile():
	"""Compare months, well after payments were polled and accruals sent."""
	jobs.enqueue(TRIPLETEX_RECONCILIATION, job_id=TRIPLETEX_RECONCILIATION)


def billing_ext_weekly():
	"""Repair the hints by which idle contracts are passed over."""
	state_sweep.sweep()
