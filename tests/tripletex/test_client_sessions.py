"""Sessions: one for all, renewed in time and by one worker only."""

import base64
import threading
from datetime import datetime, timedelta, timezone

import pytest

from billing_ext.integrations.tripletex.client import TripletexClient
from billing_ext.integrations.tripletex.decimal_json import loads
from billing_ext.integrations.tripletex.errors import OutcomeUnknown
from billing_ext.integrations.tripletex.journal import MemoryJournal
from billing_ext.integrations.tripletex.limiter import MemoryLimiter
from billing_ext.integrations.tripletex.secret import Secret
from billing_ext.integrations.tripletex.session import MemorySessionStore, Session, Sessions, TokenPair

PAIR = TokenPair(Secret("consumer"), Secret("employee"))


def at(text):
	return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def test_tokens_travel_in_the_body(scripted, wire):
	scripted.get("/token/session/>whoAmI")
	login = wire.requests[0]
	assert (login.method, login.url) == ("POST", "https://api-test.tripletex.tech/v2/token/session/:create")
	assert loads(login.body) == {
		"consumerToken": "consumer-token-SECRET",
		"employeeToken": "employee-token-SECRET",
		"expirationDate": "2026-03-06",
	}


@pytest.mark.parametrize(
	("now", "asked", "ends"),
	[
		("2026-01-10T12:00", "2026-01-12", "2026-01-11T23:00"),
		("2026-01-10T22:59", "2026-01-12", "2026-01-11T23:00"),
		("2026-01-10T23:01", "2026-01-13", "2026-01-12T23:00"),
		("2026-07-10T21:59", "2026-07-12", "2026-07-11T22:00"),
		("2026-03-28T12:00", "2026-03-30", "2026-03-29T22:00"),
	],
)
def test_days_are_those_of_oslo(now, asked, ends):
	assert PAIR.request(at(now))["expirationDate"] == asked
	assert PAIR.session({"token": "x", "expirationDate": asked}, at(now)).ends_at == at(ends)
	assert PAIR.session({"token": "x", "expirationDate": None}, at(now)).ends_at == at(ends)


def test_a_shorter_session_than_asked_for_is_believed():
	session = PAIR.session({"token": "x", "expirationDate": "2026-01-11"}, at("2026-01-10T12:00"))
	assert session.ends_at == at("2026-01-10T23:00")
	assert session.lives(at("2026-01-10T22:54"))
	assert not session.lives(at("2026-01-10T22:55"))


def test_an_answer_without_a_token_is_no_session():
	with pytest.raises(OutcomeUnknown):
		PAIR.session({"token": None}, at("2026-01-10T12:00"))


def test_a_session_is_used_until_five_minutes_before_its_end(scripted, wire, clock):
	scripted.get("/token/session/>whoAmI")
	clock._at = at("2026-03-05T22:54")
	scripted.get("/token/session/>whoAmI")
	assert len(wire.tokens) == 1
	clock._at = at("2026-03-05T22:55")
	scripted.get("/token/session/>whoAmI")
	assert len(wire.tokens) == 2


def token_of(request):
	return base64.b64decode(request.headers.get("Authorization", "")[6:]).decode()


def sharing(wire, connect, clock, count):
	sessions, limiter = Sessions(PAIR, MemorySessionStore()), MemoryLimiter()
	http = connect(wire)._wire._http
	return [
		TripletexClient(
			"test",
			sessions,
			limiter=limiter,
			journal=MemoryJournal(),
			http=http,
			clock=clock.now,
			sleep=clock.sleep,
			jitter=lambda: 0.0,
			interactive=True,
		)
		for _ in range(count)
	]


def rush(clients, call):
	barrier, failures = threading.Barrier(len(clients)), []

	def work(client):
		barrier.wait()
		try:
			call(client)
		except Exception as error:  # noqa: BLE001 - shown by the assertion below
			failures.append(error)

	threads = [threading.Thread(target=work, args=(client,)) for client in clients]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join(20)
	assert failures == []


def test_a_stampede_makes_one_session(wire, connect, clock):
	rush(sharing(wire, connect, clock, 12), lambda client: client.get("/token/session/>whoAmI"))
	assert len(wire.tokens) == 1
	assert len(wire.urls) == 12


def test_a_stampede_after_midnight_renews_once(wire, connect, clock):
	"""All workers find their session refused; whoever comes later takes the session that the first has made."""
	clients = sharing(wire, connect, clock, 12)
	clients[0].get("/token/session/>whoAmI")
	send = wire.send
	barrier = threading.Barrier(12)

	def refusing(request, **options):
		answer = send(request, **options)
		if wire.tokens[0] in token_of(request):
			barrier.wait(10)  # all have sent the old token before the first one hears of it
			answer.status_code = 401
		return answer

	wire.send = refusing
	rush(clients, lambda client: client.post("/customer", body={}))
	assert len(wire.tokens) == 2


def test_only_the_refused_session_is_forgotten():
	store, now = MemorySessionStore(), at("2026-01-10T12:00")
	old, new = Session(Secret("old"), now), Session(Secret("new"), now + timedelta(days=1))
	store.put(new, now)
	store.invalidate(old)
	assert store.get() == new
	store.invalidate(new)
	assert store.get() is None


def test_a_failed_renewal_gives_the_lock_back(scripted, wire):
	wire.logins = [(401, {"status": 401})]
	with pytest.raises(Exception, match="401"):
		scripted.get("/token/session/>whoAmI")
	assert scripted.get("/token/session/>whoAmI") == {"id": 1}


def test_logging_out_ends_the_session_here_and_there(scripted, wire):
	scripted.logout()
	assert wire.requests == []
	scripted.get("/token/session/>whoAmI")
	wire.script = [(204, b"")]
	scripted.logout()
	assert wire.requests[-1].method == "DELETE"
	assert wire.urls[-1].endswith("/token/session/session-0-SECRET")
	scripted.get("/token/session/>whoAmI")
	assert len(wire.tokens) == 2


def test_another_kind_of_credential_fits(wire, connect):
	class Other:
		fingerprint, secrets, template = "f", (), "/token/session/:create"

		def request(self, now):
			return {"refreshToken": "r"}

		def session(self, value, now):
			return Session(Secret(value["token"]), now + timedelta(hours=1))

	client = connect(wire)
	client._sessions = Sessions(Other(), MemorySessionStore())
	client.get("/token/session/>whoAmI")
	assert loads(wire.requests[0].body) == {"refreshToken": "r"}


def test_fingerprints_tell_credentials_apart_and_hide_them():
	pairs = [TokenPair(Secret(a), Secret(b)) for a, b in (("x", "y"), ("y", "x"), ("xy", ""), ("", "xy"))]
	assert len({pair.fingerprint for pair in pairs}) == 4
