"""Tripletex's webhooks: a signed knock at the door. What it says is never believed; it only starts a poll.

Its key in the address finds the company; the signature, over the idempotency key and the raw body, and a header of our own
prove who sends it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

from billing_ext.repositories.tripletex import settings, webhook_events
from billing_ext.services.tripletex import inbound
from billing_ext.services.tripletex.webhook_subscription import HEADER

IDEMPOTENCY_HEADER = "idempotency-key"
"""As the description of ``Subscription.hmacSharedSecret`` in Tripletex's API says."""
SIGNATURE_HEADER = "x-request-signature"
LARGEST_BODY = 64 * 1024
"""Bytes."""
OF_PAYMENTS = ("voucher.", "closeGroup.")
"""How the names of events begin after which the customer ledger may say something new."""


def receive(key: str, headers: Mapping[str, str], body: bytes) -> bool:
	"""Take a delivery in; False if it is not proved to come from Tripletex. Header names are in small letters."""
	company = _authentic(key, headers, body)
	if not company:
		return False
	event, object_id = _told(body)
	is_new = webhook_events.remember(company, headers[IDEMPOTENCY_HEADER], event, object_id)
	if is_new and event.startswith(OF_PAYMENTS):
		inbound.enqueue(company)
	return True


def signature(secret: str, idempotency_key: str, body: bytes) -> str:
	"""What Tripletex signs a delivery with: base64 of HMAC-SHA512 over the key, an ampersand and the raw body."""
	digest = hmac.new(secret.encode(), idempotency_key.encode() + b"&" + body, hashlib.sha512).digest()
	return base64.b64encode(digest).decode()


def _authentic(key: str, headers: Mapping[str, str], body: bytes) -> str | None:
	"""The company that a delivery is for."""
	idempotency_key = headers.get(IDEMPOTENCY_HEADER, "")
	if len(body) > LARGEST_BODY or not idempotency_key:
		return None
	company = webhook_events.company_of(key)
	if not company:
		return None
	secret = settings.secret(company, "webhook_secret")
	own = settings.secret(company, "webhook_header")
	signed = secret and _same(signature(secret, idempotency_key, body), headers.get(SIGNATURE_HEADER, ""))
	known = own and _same(own, headers.get(HEADER.lower(), ""))
	return company if signed and known else None


def _same(ours: str, theirs: str) -> bool:
	"""Compared in constant time, as bytes: a header may hold anything."""
	return hmac.compare_digest(ours.encode(), theirs.encode())


def _told(body: bytes) -> tuple[str, str]:
	"""Event and object id, for the record only; empty if the body is something else."""
	try:
		told = json.loads(body)
	except ValueError:
		return "", ""
	if not isinstance(told, dict):
		return "", ""
	return str(told.get("event") or ""), str(told.get("id") or "")
