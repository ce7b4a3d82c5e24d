"""Expense Claim, of Frappe's HR app: contracts bill its billable rows, and credit them when it is cancelled."""

from billing_ext.services import time_billing


def changed(doc, method=None):
	time_billing.claim_changed(doc)
