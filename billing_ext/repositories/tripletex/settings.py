"""Tripletex Settings of a company as a value. Secrets are asked for one by one and never part of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import frappe
from frappe.utils import get_datetime, getdate

from billing_ext.integrations.tripletex.documents import Sender, Strategy

DOCTYPE = "Tripletex Settings"


@dataclass(frozen=True, slots=True)
class Settings:
	"""What an administrator has set for a company."""

	company: str
	enabled: bool
	dry_run: bool
	paused: bool
	pause_reason: str
	go_live_date: date | None
	environment: str
	client_company: int
	tripletex_company_id: str
	strategy: Strategy
	first_number: int
	last_number: int
	kid_length: int | None
	customer_number_start: int
	sender: Sender
	dunning_owner: str
	customer_policy: str
	attach_pdf: bool
	register_payments: bool
	payments_from_tripletex: bool
	fetch_rates: bool
	accrue_deferred: bool
	deferred_number: int
	income_accrual_number: int
	receivable_number: int
	write_off_account: str
	rounding_account: str
	webhook_enabled: bool
	webhook_key: str
	polled_at: datetime | None
	breaker_until: datetime | None
	failures_in_a_row: int

	@property
	def tripletex_duns(self) -> bool:
		"""Does Tripletex send the reminders?"""
		return self.dunning_owner == "Tripletex"

	def covers(self, day: date) -> bool:
		"""Does a document of that day belong to Tripletex?"""
		return bool(self.enabled and self.go_live_date and day >= self.go_live_date)


def load(company: str) -> Settings | None:
	"""The company's settings; None where it has none, which is asked once in a transaction."""
	if not frappe.db.exists(DOCTYPE, company, cache=True):
		return None
	return _settings(frappe.get_cached_doc(DOCTYPE, company))


def forget_known() -> None:
	"""Settings were made or deleted in this transaction."""
	frappe.db.value_cache.clear()


def enabled_companies() -> list[str]:
	"""Companies whose books go to Tripletex."""
	return frappe.get_all(DOCTYPE, filters={"enabled": 1}, pluck="name", order_by="name")


def _settings(row: Any) -> Settings:
	return Settings(
		company=row.company,
		enabled=bool(row.enabled),
		dry_run=bool(row.dry_run),
		paused=bool(row.paused),
		pause_reason=row.pause_reason or "",
		go_live_date=getdate(row.go_live_date) if row.go_live_date else None,
		environment=row.environment,
		client_company=row.client_company or 0,
		tripletex_company_id=row.tripletex_company_id or "",
		strategy=Strategy(row.strategy),
		first_number=row.first_number or 0,
		last_number=row.last_number or 0,
		kid_length=int(row.kid_length) if row.kid_length else None,
		customer_number_start=row.customer_number_start or 0,
		sender=Sender(row.sender or Sender.ERPNEXT.value),
		dunning_owner=row.dunning_owner or "ERPNext",
		customer_policy=row.customer_policy or "Report",
		attach_pdf=bool(row.attach_pdf),
		register_payments=bool(row.register_payments),
		payments_from_tripletex=bool(row.payments_from_tripletex),
		fetch_rates=bool(row.fetch_rates),
		accrue_deferred=bool(row.accrue_deferred),
		deferred_number=row.deferred_number or 0,
		income_accrual_number=row.income_accrual_number or 0,
		receivable_number=row.receivable_number or 0,
		write_off_account=row.write_off_account or "",
		rounding_account=row.rounding_account or "",
		webhook_enabled=bool(row.webhook_enabled),
		webhook_key=row.webhook_key or "",
		polled_at=get_datetime(row.polled_at) if row.polled_at else None,
		breaker_until=get_datetime(row.breaker_until) if row.breaker_until else None,
		failures_in_a_row=row.failures_in_a_row or 0,
	)


def secret(company: str, fieldname: str) -> str:
	"""A secret of the settings, decrypted; empty if there is none."""
	doc = frappe.get_doc(DOCTYPE, company)
	return doc.get_password(fieldname, raise_exception=False) or ""


def simulator_address() -> str:
	"""Where the development tools have started the simulator; empty on a site that knows none.

	Only the person who runs the server can set it, in site_config.json, and the client takes local addresses only.
	"""
	return frappe.conf.get("billing_ext_tripletex_simulator") or ""


def store(company: str, **values: object) -> None:
	"""Write state that the sync itself keeps: connection, poll, breaker, webhook."""
	frappe.db.set_value(DOCTYPE, company, values)
	frappe.clear_document_cache(DOCTYPE, company)


def pause(company: str, reason: str) -> None:
	"""Stop sending for a company until somebody lifts the pause."""
	store(company, paused=1, pause_reason=reason)


def for_update(company: str) -> Settings:
	"""The settings as committed now, their row locked until the transaction ends."""
	return _settings(frappe.get_doc(DOCTYPE, company, for_update=True))
