"""Tripletex knocks: whoever proves to be Tripletex wakes the poll, once; everybody else learns nothing."""

import json
from threading import Thread

import frappe
import pytest
from site_builders import COMPANY
from tripletex_simulator.webhooks import sign
from werkzeug.test import Client

from billing_ext.repositories.tripletex import webhook_events
from billing_ext.services.tripletex import inbound, webhook
from billing_ext.services.tripletex.webhook_subscription import HEADER, RECEIVER

pytestmark = pytest.mark.commits

KEY, SECRET, OWN = "a-random-key", "a-shared-secret", "our-own-header"
BODY = json.dumps({"subscriptionId": 7, "event": "closeGroup.create", "id": 4711, "value": None}).encode()


@pytest.fixture
def polls(tripletex, monkeypatch):
	"""A company with a webhook; the polls that were asked for."""
	doc = frappe.get_doc("Tripletex Settings", COMPANY)
	doc.update({"webhook_enabled": 1, "webhook_key": KEY, "webhook_secret": SECRET, "webhook_header": OWN})
	doc.save()
	frappe.db.commit()
	asked = []
	monkeypatch.setattr(frappe, "enqueue", lambda method, **values: asked.append((method, values)))
	return asked


def headers(body=BODY, idempotency_key="delivery-1", secret=SECRET, **values):
	return {
		"Content-Type": "application/json",
		webhook.IDEMPOTENCY_HEADER: idempotency_key,
		webhook.SIGNATURE_HEADER: sign(secret, idempotency_key, body),
		HEADER: OWN,
		**values,
	}


def deliver(site, body=BODY, key=KEY, **values):
	"""Send a delivery through the whole of Frappe, as a guest; a thread has its own connection and session."""
	answers = []
	given = values.pop("headers", None) or headers(body, **values)

	def request():
		from frappe.app import application

		client = Client(application)
		answers.append(client.post(f"{RECEIVER}?key={key}", data=body, headers={"Host": site, **given}))

	thread = Thread(target=request)
	thread.start()
	thread.join(30)
	frappe.db.rollback()
	return answers[0]


def test_a_signed_delivery_wakes_one_poll_of_its_company(polls, site):
	answer = deliver(site)
	assert (answer.status_code, answer.get_data()) == (200, b"{}")
	((method, values),) = polls
	assert method == inbound.POLL
	assert (values["company"], values["hint"]) == (COMPANY, None)
	assert (values["deduplicate"], values["enqueue_after_commit"]) == (True, True)
	(event,) = frappe.get_all("Tripletex Webhook Event", fields=["company", "event", "object_id"])
	assert tuple(event.values()) == (COMPANY, "closeGroup.create", "4711")


def test_a_repeated_delivery_is_welcome_and_does_nothing(polls, site):
	assert [deliver(site).status_code for _ in range(2)] == [200, 200]
	assert len(polls) == 1


@pytest.mark.parametrize(
	"body", [b"", b"no json at all", b"[1, 2]", b'{"event": null, "cmd": "frappe.ping"}']
)
def test_what_it_says_does_not_matter_if_it_is_signed(polls, site, body):
	# A body that calls itself JSON and is none is refused by Frappe before we see it.
	given = headers(body, **{"Content-Type": "application/octet-stream"})
	assert deliver(site, body, headers=given).status_code == 200
	assert polls == []


def test_only_events_of_payments_wake_a_poll(polls, site):
	body = json.dumps({"event": "customer.update", "id": 1}).encode()
	assert deliver(site, body).status_code == 200
	assert polls == []


@pytest.mark.parametrize(
	"forgery",
	[
		{"secret": "another-secret"},
		{webhook.SIGNATURE_HEADER: ""},
		{webhook.SIGNATURE_HEADER: "æøå"},
		{HEADER: "not ours"},
		{HEADER: ""},
		{webhook.IDEMPOTENCY_HEADER: "another-delivery"},
		{webhook.IDEMPOTENCY_HEADER: ""},
	],
	ids=str,
)
def test_a_forged_delivery_is_refused_without_a_reason(polls, site, forgery):
	answer = deliver(site, headers=headers(**forgery))
	assert (answer.status_code, answer.get_data()) == (401, b"{}")
	assert polls == []
	assert frappe.db.count("Tripletex Webhook Event") == 0


def test_a_changed_body_is_refused(polls, site):
	assert deliver(site, BODY + b" ", headers=headers()).status_code == 401
	assert polls == []


def test_a_body_beyond_the_limit_is_refused_though_it_is_signed(polls, site):
	fitting = b"x" * webhook.LARGEST_BODY
	given = {"Content-Type": "text/plain"}
	assert deliver(site, fitting, headers=headers(fitting, **given)).status_code == 200
	assert deliver(site, fitting + b"x", headers=headers(fitting + b"x", **given)).status_code == 401


@pytest.mark.parametrize("key", ["", "unknown"])
def test_an_unknown_company_is_refused(polls, site, key):
	assert deliver(site, key=key).status_code == 401
	assert polls == []


@pytest.mark.parametrize("off", [{"webhook_enabled": 0}, {"enabled": 0}])
def test_a_webhook_that_is_switched_off_is_refused(polls, site, tripletex, off):
	tripletex.settings(**off)
	assert deliver(site).status_code == 401
	assert polls == []


def test_a_company_without_secrets_takes_no_empty_ones(polls, site):
	doc = frappe.get_doc("Tripletex Settings", COMPANY)
	doc.update({"webhook_secret": "", "webhook_header": ""})
	doc.save()
	frappe.db.commit()
	assert deliver(site, headers=headers(secret="", **{HEADER: ""})).status_code == 401


def test_only_post_is_answered(polls, site):
	answers = []

	def request():
		from frappe.app import application

		answers.append(Client(application).get(f"{RECEIVER}?key={KEY}", headers={"Host": site, **headers()}))

	thread = Thread(target=request)
	thread.start()
	thread.join(30)
	assert answers[0].status_code == 403
	assert polls == []


def test_deliveries_are_forgotten_after_three_days(tripletex):
	assert webhook_events.remember(COMPANY, "first", "voucher.create", "1")
	tripletex.wait(days=2)
	assert webhook_events.remember(COMPANY, "second", "voucher.create", "2")
	assert not webhook_events.remember(COMPANY, "first", "voucher.create", "1")
	tripletex.wait(days=1, hours=1)
	webhook_events.clear_old()
	assert webhook_events.remember(COMPANY, "first", "voucher.create", "1")
	assert not webhook_events.remember(COMPANY, "second", "voucher.create", "2")


def test_a_delivery_during_a_poll_has_it_look_again(tripletex, monkeypatch):
	looks = []

	def look(company, hint):
		if not looks:
			webhook_events.remember(COMPANY, "meanwhile", "voucher.create", "1")
		looks.append(company)
		tripletex.wait(minutes=1)
		return True

	monkeypatch.setattr(inbound, "_poll_once", look)
	inbound.poll(COMPANY)
	assert len(looks) == 2


def test_the_signature_is_the_one_that_tripletex_makes():
	assert webhook.signature("secret", "key", b"body") == sign("secret", "key", b"body")
