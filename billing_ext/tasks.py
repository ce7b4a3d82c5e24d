"""What runs on a schedule; hooks.py says when."""

from billing_ext.services import billing_run, sending
from billing_ext.services.tripletex import worker


def billing_ext_nightly():
	"""Bill what is due today, once, at the first call of the day that comes through."""
	billing_run.start_nightly()


def billing_ext_frequent():
	"""Deliver what waits in the outboxes."""
	sending.deliver_due()
	worker.sweep()


def billing_ext_hourly():
	"""Take up runs whose worker was killed."""
	billing_run.restart_stalled()


def billing_ext_daily():
	"""Move contracts along with the calendar."""
	billing_run.advance_statuses()


def billing_ext_weekly():
	"""Repair the hints by which idle contracts are passed over."""
	billing_run.sweep()
