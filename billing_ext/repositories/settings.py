"""Billing Settings as a value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import erpnext
import frappe

import billing_ext


@dataclass(frozen=True, slots=True)
class Settings:
	"""What an administrator has set, with the defaults where nothing is."""

	paused: bool
	service_user: str
	chunk_size: int
	email_template: str
	max_attempts: int
	pdf_engine: str | None
	"""None: the best one there is."""
	archival_pdf: bool
	activate_on_acceptance: bool
	post_in_bulk: bool
	bulk_check_result: str
	"""*Passed*, *Failed* or empty: what the comparison of both posting lanes has shown."""
	bulk_checked_versions: str


def load() -> Settings:
	"""The site's Billing Settings."""
	row = frappe.get_cached_doc("Billing Settings")
	return Settings(
		paused=bool(row.paused),
		service_user=row.service_user or "Administrator",
		chunk_size=row.chunk_size or 250,
		email_template=row.email_template or "",
		max_attempts=row.max_attempts or 8,
		pdf_engine=None if row.pdf_engine in (None, "", "Automatic") else row.pdf_engine,
		archival_pdf=bool(row.archival_pdf),
		activate_on_acceptance=bool(row.activate_on_acceptance),
		post_in_bulk=bool(row.post_in_bulk),
		bulk_check_result=row.bulk_check_result or "",
		bulk_checked_versions=row.bulk_checked_versions or "",
	)


def installed_versions() -> str:
	"""The versions that a comparison of both posting lanes holds for."""
	return f"ERPNext {erpnext.__version__}, Frappe {frappe.__version__}, Billing {billing_ext.__version__}"


def save_bulk_check(result: str, report: str, at: datetime) -> None:
	"""Note what the comparison of both posting lanes has shown with the installed versions."""
	values = {
		"bulk_check_result": result,
		"bulk_check_report": report,
		"bulk_checked_at": at,
		"bulk_checked_versions": installed_versions(),
	}
	frappe.db.set_single_value("Billing Settings", values)
	frappe.clear_document_cache("Billing Settings", "Billing Settings")
