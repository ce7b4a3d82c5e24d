"""Subscriptions to events, and their signed deliveries."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import seed
from .bodies import clean
from .errors import NULL, invalid, not_found
from .fields import plan_for, render
from .listing import listing, single
from .master import check_version
from .routing import Answer, Call, refuse_if, route
from .state import Row

if TYPE_CHECKING:
	from .app import Simulator

Post = Callable[[str, dict[str, str], bytes], int]
MAX_FAILURES = 10  # ASSUMED: the number; the documents say about 30 hours
KEY_HEADER = "idempotency-key"  # ASSUMED: the name

listing("/event/subscription", "Subscription")
single("/event/subscription/{id}", "Subscription")


@route("GET", "/event", "fields")
def events(call: Call) -> Answer:
	return Answer({"value": {name: {"description": f"When {name} happens"} for name in seed.EVENT_NAMES}})


@route("GET", "/event/{eventType}", "fields")
def event(call: Call) -> Answer:
	name = call.args["eventType"]
	refuse_if(name not in seed.EVENT_NAMES, not_found())
	row: Row = {
		"name": name,
		"description": f"When {name} happens",
		"payloadModel": name.split(".")[0],
		"examples": [],
	}
	return call.value("EventInfo", row)


def model_of(event: str) -> str:
	"""The model of an event's object."""
	name = event.split(".")[0]
	return name[0].upper() + name[1:]


def _check(values: Row) -> None:
	name, target = values.get("event"), values.get("targetUrl")
	known = name is None or name in seed.EVENT_NAMES
	refuse_if(not known, invalid("event", "Ukjent hendelse."))  # ASSUMED: the text
	if name and values.get("fields"):
		plan_for(model_of(name), values["fields"])  # ASSUMED: checked when it is subscribed to
	safe = target is None or target.startswith(("https://", "http://127.0.0.1:", "http://localhost:"))
	refuse_if(not safe, invalid("targetUrl", "Må være en https-adresse."))  # ASSUMED; this machine is ours


@route("POST", "/event/subscription", model="Subscription")
def post_subscription(call: Call) -> Answer:
	values = clean(call, "Subscription", call.body)
	for name in ("event", "targetUrl"):
		refuse_if(not values.get(name), invalid(name, NULL))
	_check(values)
	row: Row = {"status": "ACTIVE", "fields": "", "_failures": 0}
	return call.value("Subscription", call.state.add("Subscription", row | values), 201)


@route("PUT", "/event/subscription/{id}", model="Subscription")
def put_subscription(call: Call) -> Answer:
	row = call.one("Subscription")
	values = clean(call, "Subscription", call.body)
	check_version(row, values)
	_check(values)
	more = {"_failures": 0} if values.get("status") == "ACTIVE" else {}
	changed = {k: v for k, v in values.items() if k not in ("id", "version")} | more
	call.state.change("Subscription", row, changed)
	return call.value("Subscription", row)


@route("DELETE", "/event/subscription/{id}")
def delete_subscription(call: Call) -> Answer:
	call.one("Subscription")
	call.state.remove("Subscription", call.id)
	return Answer(None, 204)


def sign(secret: str, key: str, body: bytes) -> str:
	"""Base64 of HMAC-SHA512 over the idempotency key, an ampersand and the raw body."""
	digest = hmac.new(secret.encode(), f"{key}&".encode() + body, hashlib.sha512).digest()
	return base64.b64encode(digest).decode()


class Webhooks:
	"""The queue of events, delivered when a test says so."""

	def __init__(self, sim: Simulator):
		self.sim = sim
		self._waiting: list[dict[str, Any]] = []

	@property
	def queued(self) -> list[dict[str, Any]]:
		"""Events that nobody was told of yet."""
		return list(self.sim.state.queue)

	def deliver(
		self,
		order: str = "queued",
		duplicates: int = 0,
		drop: int = 0,
		post: Post | None = None,
		seed: int = 0,
	) -> list[dict[str, Any]]:
		"""Deliver what is queued: in order or shuffled, some twice, some never. Failed ones stay for the next time."""
		with self.sim.lock:
			pending = self._waiting + self._new()
		chance = random.Random(seed)
		if order == "shuffled":
			chance.shuffle(pending)
		lost = chance.sample(range(len(pending)), min(drop, len(pending)))
		pending = [entry for index, entry in enumerate(pending) if index not in lost]
		repeated = [chance.choice(pending) for _ in range(duplicates if pending else 0)]
		self._waiting = []
		return [self._deliver_one(entry, post or _post) for entry in pending + repeated]

	def _new(self) -> list[dict[str, Any]]:
		state = self.sim.state
		found = []
		for happened in state.queue:
			for row in state.table("Subscription").values():
				if row["event"] == happened["event"] and row["status"] == "ACTIVE":
					found.append({**happened, "subscription": row["id"], "key": str(uuid.uuid4())})
		state.queue.clear()
		return found

	def _deliver_one(self, entry: dict[str, Any], post: Post) -> dict[str, Any]:
		with self.sim.lock:
			row = self.sim.state.get("Subscription", entry["subscription"])
			if row is None or row["status"] != "ACTIVE":
				return {**entry, "status": None}
			body = self._body(entry, row)
		headers = {"content-type": "application/json", KEY_HEADER: entry["key"]}
		if row.get("hmacSharedSecret"):
			headers["x-request-signature"] = sign(row["hmacSharedSecret"], entry["key"], body)
		if row.get("authHeaderName"):
			headers[row["authHeaderName"]] = row.get("authHeaderValue", "")
		status = _try(post, row["targetUrl"], headers, body)
		self._note(entry, row, status)
		return {**entry, "status": status, "headers": headers, "body": body}

	def _body(self, entry: dict[str, Any], row: Row) -> bytes:
		state, gone = self.sim.state, entry["event"].endswith(".delete")
		target = None if gone else state.get(entry["model"], entry["id"])
		value = target and render(
			state, entry["model"], target, plan_for(entry["model"], row.get("fields") or "*")
		)
		payload = {"subscriptionId": row["id"], "event": entry["event"], "id": entry["id"], "value": value}
		return json.dumps(payload, default=float, ensure_ascii=False).encode()

	def _note(self, entry: dict[str, Any], row: Row, status: int | None) -> None:
		"""Count failures; too many end the subscription."""
		if status is not None and 200 <= status < 300:
			row["_failures"] = 0
			return
		row["_failures"] = row.get("_failures", 0) + 1
		if row["_failures"] >= MAX_FAILURES:
			row["status"] = "DISABLED_TOO_MANY_ERRORS"
		else:
			self._waiting.append(entry)


def _try(post: Post, url: str, headers: dict[str, str], body: bytes) -> int | None:
	try:
		return post(url, headers, body)
	except Exception:  # noqa: BLE001 - whatever the receiver does is its failure
		return None


def _post(url: str, headers: dict[str, str], body: bytes) -> int:
	import requests

	return requests.post(url, data=body, headers=headers, timeout=10).status_code
