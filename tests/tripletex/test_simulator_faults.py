"""The simulator's faults, in process and over a socket; its webhooks; its list of assumptions."""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timezone

import pytest
import requests
from tripletex_simulator import ASSUMPTIONS, FAULT_KINDS, Simulator
from tripletex_simulator.caller import Caller

BODY = {"name": "Kunde AS", "customerNumber": 200001}
# What a caller sees, and whether the customer exists afterwards.
OUTCOMES = {
	"timeout_before": (requests.exceptions.ReadTimeout, 0),
	"timeout_after_commit": (requests.exceptions.ReadTimeout, 1),
	"slow": (requests.exceptions.ReadTimeout, 1),
	"reset_mid_body": (requests.exceptions.ChunkedEncodingError, 1),
	"500_json": (500, 0),
	"500_html": (500, 0),
	"500_after_commit": (500, 1),
	"429": (429, 0),
	"401": (401, 0),
	"403": (403, 0),
	"409_8000": (409, 0),
	"truncated_json": (201, 1),
	"null_fields": (201, 1),
	"extra_fields": (201, 1),
}


@pytest.fixture
def company():
	return Simulator(clock=lambda: datetime(2026, 11, 22, 10, tzinfo=timezone.utc), rate_limit=None)


@pytest.fixture
def caller(company):
	return Caller(company)


def outcome(caller):
	try:
		return caller.call("POST", "/customer", BODY)
	except requests.RequestException as error:
		return error


class TestFaults:
	def test_all_kinds_are_known_here(self):
		assert set(OUTCOMES) == set(FAULT_KINDS)

	@pytest.mark.parametrize("kind", OUTCOMES)
	def test_what_a_caller_sees_and_what_was_done(self, caller, company, kind):
		company.faults.plan("POST", "/customer", kind)
		seen, customers = OUTCOMES[kind]
		answer = outcome(caller)
		assert answer.status_code == seen if isinstance(seen, int) else isinstance(answer, seen)
		assert len(company.customers()) == customers
		assert company.requests[-1].status == (seen if isinstance(seen, int) else company.requests[-1].status)
		assert outcome(caller).status_code == (422 if customers else 201)  # the fault strikes once

	def test_the_nth_call(self, caller, company):
		company.faults.plan("GET", "/customer", "500_json", nth=2)
		assert [caller.call("GET", "/customer").status_code for _ in range(3)] == [200, 500, 200]

	def test_bodies(self, caller, company):
		company.faults.plan("GET", "*", "500_html")
		answer = caller.call("GET", "/customer")
		assert "Feilsituasjon" in answer.text
		assert answer.headers["content-type"].startswith("text/html")
		company.faults.plan("GET", "*", "truncated_json")
		with pytest.raises(requests.exceptions.JSONDecodeError):
			caller.call("GET", "/customer").json()
		company.faults.plan("GET", "*", "null_fields")
		assert caller.values("/currency")[0]["code"] is None
		company.faults.plan("GET", "*", "extra_fields")
		assert "addedLastTuesday" in caller.values("/currency")[0]
		company.faults.plan("GET", "*", "429")
		assert "X-Rate-Limit-Reset" not in caller.call("GET", "/customer").headers

	def test_a_patient_caller_sees_the_slow_answer(self, caller, company):
		company.faults.slow_seconds = 3
		company.faults.plan("GET", "/customer", "slow")
		assert caller.call("GET", "/customer").status_code == 200
		assert company.slept == 3

	def test_random_faults_repeat_with_their_seed(self):
		runs = []
		for _ in range(2):
			sim = Simulator(rate_limit=None)
			caller = Caller(sim)
			sim.faults.random(7, 0.5)
			for _ in range(20):
				outcome(caller)
			sim.faults.clear()
			assert outcome(caller).status_code in (201, 422)
			runs.append(sim.faults.struck)
		assert runs[0] == runs[1]
		assert 5 < len(runs[0]) < 15

	def test_unknown_kinds(self, company):
		with pytest.raises(ValueError, match="no such fault"):
			company.faults.plan("GET", "/customer", "flood")


class TestOverASocket:
	@pytest.fixture
	def remote(self, company):
		with company.serve() as server:
			yield Caller(company, server.base_url)

	def test_paths_with_marks(self, remote, company):
		assert remote.value("GET", "/token/session/>whoAmI")["companyId"] == company.state.company_id
		assert company.violations == []

	@pytest.mark.parametrize(
		("kind", "customers"),
		[("timeout_before", 0), ("timeout_after_commit", 1), ("reset_mid_body", 1), ("slow", 1)],
	)
	def test_the_connection_suffers(self, remote, company, kind, customers):
		company.faults.plan("POST", "/customer", kind)
		company.faults.slow_seconds = 1
		with pytest.raises(requests.RequestException):
			remote.http.post(f"{remote.base}/customer", json=BODY, timeout=0.3)
		assert len(company.customers()) == customers

	def test_the_bank_and_people_from_outside(self, remote, company):
		invoice = remote.invoice(500001, remote.customer()["id"], (100, 3))
		root = remote.base.removesuffix("/v2") + "/simulator"
		body = {"invoice_number": 500001, "amount": 125, "date": "2026-11-22"}
		assert requests.post(f"{root}/bank/pay", json=body, timeout=5).json()["result"]["number"] == 2
		assert remote.read(invoice)["amountOutstanding"] == 0
		assert requests.get(f"{root}/invoices", timeout=5).json()[0]["amountOutstanding"] == 0
		assert "500001" in requests.get(root, timeout=5).text
		assert requests.post(f"{root}/bank/rob", json={}, timeout=5).status_code == 404
		assert requests.post(f"{root}/bank/pay", json={}, timeout=5).status_code == 400

	def test_callers_at_the_same_time(self, remote, company):
		from concurrent.futures import ThreadPoolExecutor

		with ThreadPoolExecutor(8) as pool:
			found = list(pool.map(lambda n: remote.customer(200001 + n)["id"], range(40)))
		assert len(set(found)) == len(company.customers()) == 40


class TestWebhooks:
	@pytest.fixture
	def received(self):
		return []

	@pytest.fixture
	def post(self, received):
		def post(url, headers, body):
			received.append((url, headers, body))
			return 200

		return post

	def subscribe(self, caller, event="customer.create", fields="id,name"):
		body = {"event": event, "targetUrl": "https://example.com/hook", "hmacSharedSecret": "secret"}
		body |= {"authHeaderName": "X-Ours", "authHeaderValue": "token", "fields": fields}
		return caller.value("POST", "/event/subscription", body)["id"]

	def test_signature_and_payload(self, caller, company, received, post):
		key = self.subscribe(caller)
		customer = caller.customer()
		company.webhooks.deliver(post=post)
		[(url, headers, body)] = received
		assert url == "https://example.com/hook"
		assert headers["X-Ours"] == "token"
		message = headers["idempotency-key"].encode() + b"&" + body
		digest = hmac.new(b"secret", message, hashlib.sha512).digest()
		assert headers["x-request-signature"] == base64.b64encode(digest).decode()
		assert json.loads(body) == {
			"subscriptionId": key,
			"event": "customer.create",
			"id": customer["id"],
			"value": {"id": customer["id"], "name": "Kunde 200001 AS"},
		}

	def test_deleted_objects_have_no_value(self, caller, company, received, post):
		self.subscribe(caller, "customer.delete")
		caller.call("DELETE", f"/customer/{caller.customer()['id']}")
		company.webhooks.deliver(post=post)
		assert json.loads(received[0][2])["value"] is None

	def test_lost_repeated_and_shuffled(self, caller, company, received, post):
		self.subscribe(caller)
		keys = [caller.customer(200001 + n)["id"] for n in range(5)]
		company.webhooks.deliver(order="shuffled", duplicates=2, drop=1, post=post)
		seen = [json.loads(body)["id"] for _, _, body in received]
		assert (len(seen), len(set(seen))) == (6, 4)
		assert set(seen) < set(keys)
		assert len({headers["idempotency-key"] for _, headers, _ in received}) == 4

	def test_failures_are_tried_again_with_the_same_key(self, caller, company):
		self.subscribe(caller)
		caller.customer()
		first = company.webhooks.deliver(post=lambda *_: 500)
		again = company.webhooks.deliver(post=lambda *_: 200)
		assert first[0]["key"] == again[0]["key"]
		assert company.webhooks.deliver(post=lambda *_: 200) == []

	def test_too_many_failures_end_the_subscription(self, caller, company):
		key = self.subscribe(caller)
		caller.customer()
		for _ in range(10):
			company.webhooks.deliver(post=lambda *_: 1 / 0)
		read = caller.value("GET", f"/event/subscription/{key}")
		assert read["status"] == "DISABLED_TOO_MANY_ERRORS"
		body = {"version": read["version"], "status": "ACTIVE"}
		assert caller.value("PUT", f"/event/subscription/{key}", body)["status"] == "ACTIVE"

	def test_a_payment_closes_a_group(self, caller, company, received, post):
		self.subscribe(caller, "closeGroup.create", "id,date")
		caller.invoice(500001, caller.customer()["id"], (100, 3))
		company.bank.pay(500001, 125, "2026-11-22")
		company.webhooks.deliver(post=post)
		assert len(received) == 1

	def test_events(self, caller):
		assert "closeGroup.create" in caller.value("GET", "/event")
		answer = caller.call(
			"POST", "/event/subscription", {"event": "invoice.paid", "targetUrl": "https://a.no"}
		)
		assert answer.status_code == 422


def test_assumptions_are_listed_once():
	ids = [a.id for a in ASSUMPTIONS]
	assert ids
	assert len(set(ids)) == len(ids)
