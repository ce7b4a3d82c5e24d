"""What the operations panel counts, and what people's actions leave behind."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import frappe
from frappe.utils import escape_html, get_url
from frappe.utils.password import set_encrypted_password

from billing_ext.integrations.tripletex.delivery import State
from billing_ext.repositories import clock
from billing_ext.repositories.contract_rows import Row
from billing_ext.repositories.tripletex import calls, outbox, settings
from billing_ext.repositories.tripletex.drifts import DOCTYPE as DRIFT

PAYMENT, RECONCILIATION = "Tripletex Payment", "Tripletex Reconciliation"
_UNFINISHED = [state.value for state in State if state.is_unfinished]
_WEBHOOK_SECRETS = ("webhook_secret", "webhook_header")
_DUMMY = "*" * 16


def note(name: str, text: str, doctype: str = outbox.DOCTYPE) -> None:
	"""Write an action on a document's timeline: who, when, what and why."""
	frappe.get_doc(doctype, name).add_comment("Info", escape_html(text))


# The queue


def counts(company: str) -> dict[str, int]:
	"""Messages that are not done, by status."""
	rows = frappe.get_all(
		outbox.DOCTYPE,
		filters={"company": company, "status": ("in", _UNFINISHED)},
		fields=["status", "count(name) as number"],
		group_by="status",
	)
	return {row.status: row.number for row in rows}


def oldest_unfinished(company: str | None = None) -> Row | None:
	"""The message that has waited longest, of one company or of all."""
	filters: dict[str, Any] = {"status": ("in", _UNFINISHED)}
	if company:
		filters["company"] = company
	rows = frappe.get_all(
		outbox.DOCTYPE,
		filters=filters,
		fields=[
			"name",
			"creation",
			"operation",
			"reference_doctype",
			"reference_name",
			"local_key",
			"status",
		],
		order_by="creation",
		limit=1,
	)
	return rows[0] if rows else None


def blocked(company: str) -> list[Row]:
	"""Blocked messages, oldest first: what stopped each, and what it is about."""
	return frappe.get_all(
		outbox.DOCTYPE,
		filters={"company": company, "status": State.BLOCKED.value},
		fields=[
			"name",
			"creation",
			"modified",
			"operation",
			"reference_doctype",
			"reference_name",
			"local_key",
			"error_text",
			"error_code",
			"error_kind",
		],
		order_by="creation",
	)


def older_than(company: str, state: State, since: timedelta) -> int:
	"""Messages that were put before that long and are in a state still."""
	return frappe.db.count(
		outbox.DOCTYPE,
		{"company": company, "status": state.value, "creation": ("<", clock.now() - since)},
	)


def unknown_for(company: str, since: timedelta) -> int:
	"""Messages whose outcome nobody has known for that long."""
	return frappe.db.count(
		outbox.DOCTYPE,
		{"company": company, "status": State.UNKNOWN.value, "first_sent_at": ("<", clock.now() - since)},
	)


def unfinished_until(company: str, day: date) -> int:
	"""Messages about documents dated up to a day that are not done."""
	return frappe.db.count(
		outbox.DOCTYPE,
		{"company": company, "status": ("in", _UNFINISHED), "sort_date": ("<=", day)},
	)


def wake_pending(company: str) -> None:
	"""Let what would be tried again later be tried now. What is unknown keeps its waits: they are part of the proof."""
	frappe.db.set_value(
		outbox.DOCTYPE,
		{"company": company, "status": ("in", [State.PENDING.value, State.WAITING.value])},
		"retry_at",
		clock.now(),
	)


# The rest of the sync


def open_drifts(company: str) -> int:
	"""Differences that wait for a decision."""
	return frappe.db.count(DRIFT, {"company": company, "status": "Open"})


def exceptions(company: str) -> int:
	"""Payments from Tripletex that a person must look at."""
	return frappe.db.count(PAYMENT, {"company": company, "status": "Exception"})


def last_reconciliation(company: str) -> Row | None:
	"""The latest comparison that has come to an end."""
	rows = frappe.get_all(
		RECONCILIATION,
		filters={"company": company, "status": ("!=", "Running")},
		fields=["name", "month", "status", "run_at"],
		order_by="run_at desc",
		limit=1,
	)
	return rows[0] if rows else None


def series_gaps(reconciliation: str) -> int:
	"""Gaps of the number series in a comparison that nobody has explained."""
	return frappe.db.count(
		"Tripletex Reconciliation Row",
		{"parent": reconciliation, "difference_key": ("like", "%:gap %"), "explanation": ("is", "not set")},
	)


def calls_of_last_hour(company: str) -> dict[str, Any]:
	"""Calls, failures, and the quota that the last answer told of (None if unknown)."""
	rows = calls.since(company, clock.now() - timedelta(hours=1))
	told = [row["remaining"] for row in rows if row["remaining"] is not None]
	return {
		"calls": len(rows),
		"failures": sum(row["outcome"] != "ok" for row in rows),
		"quota_left": told[-1] if told else None,
	}


def state_of(company: str) -> Row:
	"""What the settings keep of the sync's own state."""
	return frappe.db.get_value(
		settings.DOCTYPE,
		company,
		[
			"company", "enabled", "dry_run", "paused", "pause_reason", "environment", "tripletex_company",
			"tripletex_company_id", "checked_at", "missing_rights", "go_live_date", "polled_at", "last_green_month",
			"breaker_until", "webhook_enabled", "webhook_status", "webhook_checked_at", "dry_run_at", "modified",
		],
		as_dict=True,
	)  # fmt: skip


def last_month_green_everywhere() -> date | None:
	"""The last green month of the company that is furthest behind; None if one has none, or there is no company."""
	months = frappe.get_all(settings.DOCTYPE, filters={"enabled": 1}, pluck="last_green_month")
	return min(months) if months and all(months) else None


# The webhook


def site_address() -> str:
	"""The site's address as others reach it, without a slash at its end."""
	return get_url().rstrip("/")


def store_webhook(company: str, key: str, secret: str, header: str) -> None:
	"""Keep a webhook's secrets, encrypted, and its key."""
	for field, value in zip(_WEBHOOK_SECRETS, (secret, header), strict=True):
		set_encrypted_password(settings.DOCTYPE, company, value, field)
	# A Password field without its stars would be taken for emptied at the next save.
	settings.store(company, webhook_enabled=1, webhook_key=key, **dict.fromkeys(_WEBHOOK_SECRETS, _DUMMY))


def forget_webhook(company: str) -> None:
	"""Remove a webhook's secrets."""
	frappe.db.delete(
		"__Auth",
		{"doctype": settings.DOCTYPE, "name": company, "fieldname": ("in", _WEBHOOK_SECRETS)},
	)
	settings.store(
		company,
		webhook_enabled=0,
		webhook_key=None,
		webhook_status=None,
		webhook_checked_at=None,
		webhook_subscriptions=None,
		**dict.fromkeys(_WEBHOOK_SECRETS),
	)


def minutes_since(moment: datetime) -> int:
	"""Whole minutes from a stored time until now."""
	return int((clock.now() - moment).total_seconds() // 60)
