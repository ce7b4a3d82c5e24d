"""Deliveries of Tripletex's webhooks by their idempotency keys, so that a repeated one is recognised."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import frappe

from billing_ext.repositories import clock

DOCTYPE = "Tripletex Webhook Event"
KEPT = timedelta(days=3)
"""Tripletex repeats a delivery for about thirty hours."""


def company_of(key: str) -> str | None:
	"""The company whose webhook has this key in its address; None for an unknown one, and while it is switched off."""
	filters = {"webhook_key": key, "webhook_enabled": 1, "enabled": 1}
	return frappe.db.get_value("Tripletex Settings", filters) if key else None


def remember(company: str, key: str, event: str, object_id: str) -> bool:
	"""Keep a delivery; False if it has come before."""
	doc = frappe.get_doc(
		{
			"doctype": DOCTYPE,
			"company": company,
			"event": event[:140],
			"object_id": object_id[:140],
			"received_at": clock.now(),
			"event_key": hashlib.sha256(f"{company}|{key}".encode()).hexdigest(),
		}
	)
	try:
		doc.insert(ignore_permissions=True)
	except frappe.UniqueValidationError:
		frappe.clear_last_message()
		return False
	return True


def came_since(company: str, moment: datetime) -> bool:
	"""Has a delivery come since then?"""
	return bool(frappe.db.exists(DOCTYPE, {"company": company, "received_at": (">=", moment)}))


def clear_old() -> None:
	"""Forget what is older than three days."""
	frappe.db.delete(DOCTYPE, {"received_at": ("<", clock.now() - KEPT)})
