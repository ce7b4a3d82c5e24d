"""Timesheet: contracts bill its hours, and credit them when it is cancelled."""

from billing_ext.services import time_billing


def on_submit(doc, method=None):
	time_billing.timesheet_changed(doc)


def on_update_after_submit(doc, method=None):
	time_billing.timesheet_changed(doc)


def before_cancel(doc, method=None):
	time_billing.before_cancel(doc)


def on_cancel(doc, method=None):
	time_billing.cancelled(doc)
