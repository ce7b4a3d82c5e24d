"""The clock, in the site's time zone. Everything else is told the date."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from frappe.utils import convert_utc_to_system_timezone, getdate, now_datetime


def today() -> date:
	"""The current date of the site."""
	return getdate()


def now() -> datetime:
	"""The current time of the site, naive as Frappe stores it."""
	return now_datetime()


def minutes_ago(minutes: int) -> datetime:
	"""The time that many minutes before now."""
	return now() - timedelta(minutes=minutes)


def from_aware(moment: datetime) -> datetime:
	"""An aware time as the site stores it: naive, in its own time zone."""
	return convert_utc_to_system_timezone(moment).replace(tzinfo=None)
