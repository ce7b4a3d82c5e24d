"""ERPNext's Notifications about the sync. Each waits for an event of its own name on Tripletex Settings.

A user may disable one, change its words or its recipients: what is there is never overwritten.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import frappe

from billing_ext.repositories import clock
from billing_ext.repositories.tripletex.settings import DOCTYPE, store

MODULE = "Billing Ext"
ROLES = ("Tripletex Manager", "Accounts Manager")
_MESSAGE = """<p>{{ doc.alert_text }}</p>
<p><a href="{{ frappe.utils.get_url_to_form(doc.doctype, doc.name) }}">{{ doc.name }}</a></p>"""


@dataclass(frozen=True, slots=True)
class Alert:
	"""An event and the Notification that tells of it."""

	event: str
	name: str
	subject: str


ALERTS = (
	Alert("tripletex_paused", "Tripletex: Paused", "Tripletex is paused for {{ doc.name }}"),
	Alert(
		"tripletex_unknown", "Tripletex: Outcome Unknown", "Tripletex: unknown whether booked, {{ doc.name }}"
	),
	Alert(
		"tripletex_blocked", "Tripletex: Blocked", "Tripletex: blocked for more than a day, {{ doc.name }}"
	),
	Alert("tripletex_red", "Tripletex: Reconciliation Red", "Tripletex: books differ, {{ doc.name }}"),
	Alert(
		"tripletex_gap", "Tripletex: Gap in the Series", "Tripletex: gap in the number series, {{ doc.name }}"
	),
	Alert(
		"tripletex_filing",
		"Tripletex: VAT Filing",
		"Tripletex: not all in before the VAT filing, {{ doc.name }}",
	),
)


def ensure() -> None:
	"""Create the Notifications that are not there."""
	for alert in ALERTS:
		if not frappe.db.exists("Notification", alert.name):
			frappe.get_doc(
				{
					"doctype": "Notification",
					"name": alert.name,
					"enabled": 1,
					"module": MODULE,
					"is_standard": 0,
					"channel": "Email",
					"send_system_notification": 1,
					"document_type": DOCTYPE,
					"event": "Method",
					"method": alert.event,
					"subject": alert.subject,
					"message_type": "HTML",
					"message": _MESSAGE,
					"recipients": [{"receiver_by_role": role} for role in ROLES],
				}
			).insert(ignore_permissions=True)


def remove() -> None:
	"""Delete them; for the app's removal."""
	for alert in ALERTS:
		frappe.delete_doc("Notification", alert.name, force=True, ignore_missing=True)


def tell(company: str, event: str, text: str) -> None:
	"""Set off the Notification of an event; ``text`` says what happened and is in its message."""
	doc = frappe.get_doc(DOCTYPE, company)
	doc.alert_text = text
	doc.run_notifications(event)


def told(company: str) -> dict[str, str]:
	"""Which alerts were told of, and on which day."""
	text = frappe.db.get_value(DOCTYPE, company, "alerts_json")
	return json.loads(text) if text else {}


def remember(company: str, events: Mapping[str, str]) -> None:
	"""Keep which alerts were told of, and on which day."""
	store(company, alerts_json=json.dumps(events))


def today() -> str:
	"""The day as it is remembered."""
	return clock.today().isoformat()
