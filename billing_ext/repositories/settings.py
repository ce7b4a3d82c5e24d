"""Billing Settings as a value."""

from __future__ import annotations

from dataclasses import dataclass

import frappe


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


def load() -> Settings:
	"""The site's Billing Settings."""
	row = frappe.get_cached_doc("Billing Settings")
	return Settings(
		paused=bool(row.paused),
		service_user=row.service_user or "Administrator",
		chunk_size=row.chunk_size or 100,
		email_template=row.email_template or "",
		max_attempts=row.max_attempts or 8,
		pdf_engine=None if row.pdf_engine in (None, "", "Automatic") else row.pdf_engine,
		archival_pdf=bool(row.archival_pdf),
		activate_on_acceptance=bool(row.activate_on_acceptance),
	)
