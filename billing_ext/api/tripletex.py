"""Calls of the desk about the sync with Tripletex.

Who may write Tripletex Settings sets the sync up; who may read them acts on the queue.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import frappe

from billing_ext.core.errors import DomainError
from billing_ext.services.messages import throw
from billing_ext.services.tripletex import dry_run, inbound, queue_actions, setup, webhook_subscription
from billing_ext.services.tripletex import panel as panel_service

T = TypeVar("T")
SETTINGS = "Tripletex Settings"


def _answer(work: Callable[[], T]) -> T:
	try:
		return work()
	except DomainError as error:
		throw(error)


def _check(company: str, right: str) -> None:
	frappe.get_doc(SETTINGS, company).check_permission(right)


def _check_message(message: str) -> None:
	doc = frappe.get_doc("Tripletex Outbox Message", message)
	doc.check_permission("read")
	_check(doc.company, "read")


# Set-up: write permission on the settings


@frappe.whitelist(methods=["POST"])
def check_connection(company: str) -> dict[str, Any]:
	"""Which company the tokens reach, what it lacks, and what is probably a mistake."""
	_check(company, "write")
	return _answer(lambda: setup.check_connection(company))


@frappe.whitelist(methods=["POST"])
def propose_maps(company: str) -> dict[str, Any]:
	"""Rows for all maps, what Tripletex has to choose from, and what contradicts."""
	_check(company, "write")
	return _answer(lambda: setup.propose_maps(company))


@frappe.whitelist(methods=["POST"])
def apply_maps(company: str, maps: str | dict[str, list[dict[str, Any]]]) -> list[str]:
	"""Save the chosen rows, JSON by table, with Tripletex's ids; what contradicts, in words."""
	_check(company, "write")
	chosen = json.loads(maps) if isinstance(maps, str) else maps
	return _answer(lambda: setup.apply_maps(company, chosen))


@frappe.whitelist(methods=["POST"])
def start_dry_run(company: str) -> None:
	"""Have all documents since go-live checked in the background."""
	_check(company, "write")
	_answer(lambda: dry_run.start(company))


@frappe.whitelist(methods=["POST"])
def subscribe(company: str) -> str:
	"""Subscribe to Tripletex's events; the state of the subscriptions."""
	_check(company, "write")
	return _answer(lambda: webhook_subscription.subscribe(company))


@frappe.whitelist(methods=["POST"])
def unsubscribe(company: str) -> None:
	"""End the subscriptions."""
	_check(company, "write")
	_answer(lambda: webhook_subscription.unsubscribe(company))


@frappe.whitelist(methods=["POST"])
def check_webhook(company: str) -> str:
	"""The state of the subscriptions, after those that were disabled are enabled again."""
	_check(company, "write")
	return _answer(lambda: webhook_subscription.check(company))


# The queue: read permission on the settings, which Accounts User does not have


@frappe.whitelist(methods=["GET"])
def panel(company: str) -> dict[str, Any]:
	"""How the sync of a company does."""
	_check(company, "read")
	return panel_service.panel(company)


@frappe.whitelist(methods=["POST"])
def pause(company: str, reason: str) -> None:
	"""Stop sending until somebody resumes."""
	_check(company, "read")
	_answer(lambda: queue_actions.pause(company, reason))


@frappe.whitelist(methods=["POST"])
def resume(company: str) -> None:
	"""Go on sending."""
	_check(company, "read")
	queue_actions.resume(company)


@frappe.whitelist(methods=["POST"])
def send_now(company: str) -> None:
	"""Have the queue worked on at once."""
	_check(company, "read")
	_answer(lambda: queue_actions.send_now(company))


@frappe.whitelist(methods=["POST"])
def poll_payments(company: str) -> None:
	"""Read payments from Tripletex in the background, at once."""
	_check(company, "read")
	inbound.enqueue(company)


@frappe.whitelist(methods=["POST"])
def check_again(message: str) -> str:
	"""Look an unknown message up in Tripletex; what was found, in words."""
	_check_message(message)
	return _answer(lambda: queue_actions.check_again(message))


@frappe.whitelist(methods=["POST"])
def release(message: str, reason: str = "") -> None:
	"""Send a blocked message again."""
	_check_message(message)
	_answer(lambda: queue_actions.release(message, reason))


@frappe.whitelist(methods=["POST"])
def adopt(message: str, tripletex_id: int, reason: str) -> None:
	"""Tie a message to what was found in Tripletex by hand."""
	_check_message(message)
	_answer(lambda: queue_actions.adopt(message, tripletex_id, reason))


@frappe.whitelist(methods=["POST"])
def cancel(message: str, reason: str) -> None:
	"""Take back a message of which nothing was sent."""
	_check_message(message)
	_answer(lambda: queue_actions.cancel(message, reason))


@frappe.whitelist(methods=["POST"])
def mark_explained(message: str, reason: str) -> None:
	"""Accept what differs."""
	_check_message(message)
	_answer(lambda: queue_actions.mark_explained(message, reason))


# Number cards


@frappe.whitelist(methods=["GET", "POST"])
def oldest_unfinished(filters: str | None = None) -> dict[str, Any]:
	"""Hours that the oldest unfinished message has waited."""
	frappe.has_permission("Tripletex Outbox Message", "read", throw=True)
	return {"value": panel_service.oldest_hours(), "fieldtype": "Float"}


@frappe.whitelist(methods=["GET", "POST"])
def last_green_month(filters: str | None = None) -> str:
	"""The month up to which the books of all companies are known to agree. A text, because the card shortens numbers."""
	frappe.has_permission("Tripletex Outbox Message", "read", throw=True)
	return panel_service.green_until()
