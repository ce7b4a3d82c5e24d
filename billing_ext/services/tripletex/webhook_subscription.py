"""Subscriptions to Tripletex's events: made, ended, and looked after. A webhook only wakes the poll, it is never believed."""

from __future__ import annotations

import secrets
from typing import Any

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex.client import TripletexClient
from billing_ext.integrations.tripletex.errors import Kind, TripletexError
from billing_ext.repositories import clock
from billing_ext.repositories.tripletex import panel as rows
from billing_ext.repositories.tripletex import settings
from billing_ext.repositories.tripletex.settings import Settings
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services import messages
from billing_ext.services.tripletex import connection
from billing_ext.services.tripletex.plain_errors import in_words

EVENTS = (
	"invoice.charged",
	"voucher.create",
	"voucher.update",
	"voucher.delete",
	"closeGroup.create",
	"closeGroup.delete",
	"customer.update",
)
RECEIVER = "/api/method/billing_ext.api.tripletex_webhook.receive"
HEADER = "X-Billing-Webhook"
"""Name of the header in which Tripletex must give the value that we chose."""
ACTIVE = "ACTIVE"
WORKING, INCOMPLETE, ENABLED_AGAIN = "Active", "Incomplete", "Enabled again"
"""What the settings show."""
FIELDS = "id,version,event,targetUrl,status"


def subscribe(company: str) -> str:
	"""Subscribe to all events with new secrets, ending what was there; the state.

	Raises DomainError ``tripletex_webhook_https``, ``tripletex_no_settings`` and those of ``plain_errors``.
	"""
	with in_words():
		link = connection.of(company)
		own = link.settings
		key, secret, header = (secrets.token_urlsafe(32) for _ in range(3))
		target = target_url(own, key)
		_end_all(link.client, own)
		# Kept before the first one is made: an event may come at once.
		in_transaction(lambda: rows.store_webhook(company, key, secret, header))
		for event in EVENTS:
			body = {
				"event": event,
				"targetUrl": target,
				"fields": "id",
				"authHeaderName": HEADER,
				"authHeaderValue": header,
				"hmacSharedSecret": secret,
			}
			link.client.post("/event/subscription", body=body)
	return check(company)


def target_url(own: Settings, key: str) -> str:
	"""Where Tripletex is to send events. Raises DomainError ``tripletex_webhook_https`` unless the site has https."""
	address = rows.site_address()
	if not address.startswith("https://") and own.environment != "Simulator":
		raise DomainError("tripletex_webhook_https", address=address)
	return f"{address}{RECEIVER}?key={key}"


def unsubscribe(company: str) -> None:
	"""End the subscriptions and forget their secrets."""
	with in_words():
		link = connection.of(company)
		_end_all(link.client, link.settings)
	in_transaction(lambda: rows.forget_webhook(company))


def _end_all(client: TripletexClient, own: Settings) -> None:
	for row in _ours(client, own):
		try:
			client.delete("/event/subscription/{id}", {"id": row["id"]})
		except TripletexError as error:
			if error.kind is not Kind.MISSING:
				raise


def _ours(client: TripletexClient, own: Settings) -> list[dict[str, Any]]:
	"""Subscriptions that lead to this site, whatever their key: those of an earlier set-up too."""
	prefix = f"{rows.site_address()}{RECEIVER}"
	found = client.search("/event/subscription", fields=FIELDS)
	return [row for row in found if (row.get("targetUrl") or "").startswith(prefix)]


def check(company: str) -> str:
	"""The state of the subscriptions, kept in the settings; one that Tripletex has disabled is enabled again."""
	with in_words():
		link = connection.of(company)
		ours = _ours(link.client, link.settings)
		disabled = [row for row in ours if row["status"] != ACTIVE]
		for row in disabled:
			body = {"version": row["version"], "status": ACTIVE}
			link.client.put("/event/subscription/{id}", {"id": row["id"]}, body=body)
	missing = set(EVENTS) - {row["event"] for row in ours}
	state = INCOMPLETE if missing else ENABLED_AGAIN if disabled else WORKING
	in_transaction(
		lambda: settings.store(
			company,
			webhook_status=state,
			webhook_checked_at=clock.now(),
			webhook_subscriptions=",".join(str(row["id"]) for row in ours),
		)
	)
	return state


def check_all() -> None:
	"""Look after the subscriptions of all companies; Tripletex ends them without a word. A daily job."""
	for company in settings.enabled_companies():
		own = settings.load(company)
		if own and own.webhook_enabled:
			_check_quietly(company)


def _check_quietly(company: str) -> None:
	try:
		if check(company) == INCOMPLETE:
			subscribe(company)
	except DomainError as error:
		text = str(messages.message_of(error))[:140]
		in_transaction(lambda: settings.store(company, webhook_status=text, webhook_checked_at=clock.now()))
