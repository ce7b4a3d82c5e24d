"""What somebody must be told of though nobody is looking: checked hourly, told once a day for as long as it lasts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from frappe import _
from frappe.utils import formatdate

from billing_ext.integrations.tripletex.delivery import State
from billing_ext.repositories import clock
from billing_ext.repositories.tripletex import notifications, settings
from billing_ext.repositories.tripletex import panel as rows
from billing_ext.repositories.unit_of_work import in_transaction

UNKNOWN_FOR = timedelta(minutes=30)
BLOCKED_FOR = timedelta(days=1)
BEFORE_FILING = timedelta(days=5)

Alert = tuple[str, str]
"""The event of a Notification, and what happened in words."""


def watch() -> None:
	"""Look at every company and tell what is new, or as bad as yesterday. An hourly job."""
	for company in settings.enabled_companies():
		tell(company)


def tell(company: str) -> list[str]:
	"""Set off the company's alerts; the events that were told of now."""
	return in_transaction(lambda: _tell(company))


def _tell(company: str) -> list[str]:
	told, today = notifications.told(company), notifications.today()
	found = dict(alerts(company))
	new = [event for event in found if told.get(event) != today]
	for event in new:
		notifications.tell(company, event, found[event])
	notifications.remember(company, dict.fromkeys(found, today))
	return new


def alerts(company: str) -> Iterator[Alert]:
	"""What is wrong now."""
	own = settings.load(company)
	if own is None:
		return
	if own.paused:
		yield "tripletex_paused", own.pause_reason or _("No reason is given.")
	unknown = rows.unknown_for(company, UNKNOWN_FOR)
	if unknown:
		yield (
			"tripletex_unknown",
			_("Nobody knows for {0} messages whether they have arrived.").format(unknown),
		)
	blocked = rows.older_than(company, State.BLOCKED, BLOCKED_FOR)
	if blocked:
		yield "tripletex_blocked", _("{0} messages have been blocked for more than a day.").format(blocked)
	yield from _of_books(company)
	yield from _before_filing(company)


def _of_books(company: str) -> Iterator[Alert]:
	last = rows.last_reconciliation(company)
	if last is None or last["status"] not in ("Red", "Failed"):
		return
	month = formatdate(last["month"], "MM.yyyy")
	yield "tripletex_red", _("The books of {0} differ: {1}.").format(month, last["name"])
	gaps = rows.series_gaps(last["name"])
	if gaps:
		yield (
			"tripletex_gap",
			_("{0} gaps in the number series of {1}: {2}.").format(gaps, month, last["name"]),
		)


def _before_filing(company: str) -> Iterator[Alert]:
	today = clock.today()
	term_end, due = vat_filing(today)
	if due - today > BEFORE_FILING:
		return
	waiting = rows.unfinished_until(company, term_end)
	if waiting:
		yield (
			"tripletex_filing",
			_("{0} messages of the VAT term until {1} are not done; it is filed by {2}.").format(
				waiting, formatdate(term_end), formatdate(due)
			),
		)


def vat_filing(today: date) -> tuple[date, date]:
	"""The last day of the VAT term that is filed next, and the day by which it must be.

	Terms of two months, each due on the 10th a month and ten days later, that of May and June on 31 August:
	skatteforvaltningsforskriften, chapter 8. Terms of other lengths are not known here.
	"""
	candidates = (_term(year, month) for year in (today.year - 1, today.year) for month in range(2, 13, 2))
	return next((end, due) for end, due in candidates if due >= today)


def _term(year: int, last_month: int) -> tuple[date, date]:
	after = date(year + last_month // 12, last_month % 12 + 1, 1)
	end = after - timedelta(days=1)
	if last_month == 6:
		return end, date(year, 8, 31)
	month = last_month + 2
	return end, date(year + (month > 12), (month - 1) % 12 + 1, 10)
