"""Sessions and rate limit in Redis: a server of its own, Frappe's own client and encryption, no site."""

import shutil
import socket
import subprocess
import threading
import time
from datetime import datetime, timedelta, timezone
from functools import partial
from types import SimpleNamespace

import pytest

from billing_ext.integrations.tripletex.client import TripletexClient
from billing_ext.integrations.tripletex.errors import NotSent
from billing_ext.integrations.tripletex.journal import MemoryJournal
from billing_ext.integrations.tripletex.limiter import RESERVE
from billing_ext.integrations.tripletex.secret import Secret
from billing_ext.integrations.tripletex.session import Session, Sessions, TokenPair

frappe = pytest.importorskip("frappe", reason="Frappe is not installed")
PAIR = TokenPair(Secret("consumer-SECRET"), Secret("employee-SECRET"))
NOW = datetime(2026, 3, 4, 9, 0, 1, tzinfo=timezone.utc)
SESSION = Session(Secret("session-SECRET"), NOW + timedelta(days=2))


@pytest.fixture(scope="module")
def port(tmp_path_factory):
	program = shutil.which("redis-server")
	if not program:
		pytest.skip("redis-server is not installed")
	with socket.socket() as free:
		free.bind(("127.0.0.1", 0))
		port = free.getsockname()[1]
	folder = tmp_path_factory.mktemp("redis")
	command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
	server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
	for _ in range(100):
		try:
			socket.create_connection(("127.0.0.1", port), 1).close()
			break
		except OSError:
			time.sleep(0.05)
	yield port
	server.terminate()
	server.wait(10)


@pytest.fixture
def redis(port, monkeypatch):
	"""What ``frappe.cache`` is on a site, here for both modules."""
	from cryptography.fernet import Fernet
	from frappe.utils import password
	from frappe.utils.redis_wrapper import RedisWrapper

	from billing_ext.repositories.tripletex import rate_limit, sessions

	class Cache(RedisWrapper):
		def make_key(self, key, user=None, shared=False):
			return f"_site|{key}".encode()

	cache, key = Cache(port=port), Fernet.generate_key().decode()
	site = SimpleNamespace(
		cache=cache,
		ValidationError=frappe.ValidationError,
		clear_last_message=lambda: site.cleared.append(1),
		cleared=[],
	)
	monkeypatch.setattr(sessions, "frappe", site)
	monkeypatch.setattr(rate_limit, "frappe", site)
	monkeypatch.setattr(sessions, "encrypt", partial(password.encrypt, encryption_key=key))
	monkeypatch.setattr(sessions, "decrypt", partial(password.decrypt, encryption_key=key))
	cache.flushall()
	yield SimpleNamespace(
		cache=cache,
		site=site,
		Store=sessions.RedisSessionStore,
		Limiter=rate_limit.RedisLimiter,
		module=sessions,
	)
	cache.close()


def run(threads):
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join(30)


def test_a_session_is_kept_encrypted_and_not_beyond_its_end(redis):
	store = redis.Store(PAIR.fingerprint)
	assert store.get() is None
	store.put(SESSION, NOW)
	assert redis.Store(PAIR.fingerprint).get() == SESSION
	assert redis.Store("another").get() is None
	(key,) = redis.cache.scan_iter("*")
	assert key.startswith(b"_site|")
	assert b"SECRET" not in key + redis.cache.get(key)
	assert 0 < redis.cache.ttl(key) <= 2 * 86_400


def test_only_the_refused_session_is_forgotten(redis):
	store, newer = redis.Store("f"), Session(Secret("newer"), SESSION.ends_at)
	store.put(newer, NOW)
	store.invalidate(SESSION)
	assert store.get() == newer
	store.invalidate(newer)
	assert store.get() is None
	store.invalidate(newer)


def test_a_session_that_cannot_be_read_is_none(redis, monkeypatch):
	store = redis.Store("f")
	redis.cache.set(store._key, b"{}")
	assert store.get() is None

	def changed_key(text):
		raise frappe.ValidationError("Encryption key is invalid!")

	store.put(SESSION, NOW)
	monkeypatch.setattr(redis.module, "decrypt", changed_key)
	assert store.get() is None
	assert redis.site.cleared == [1]


def test_a_stampede_of_workers_makes_one_session(redis, wire, connect, clock):
	http = connect(wire)._wire._http
	login = wire._login
	wire._login = lambda: (time.sleep(0.2), login())[1]
	clients = [
		TripletexClient(
			"test",
			Sessions(PAIR, redis.Store(PAIR.fingerprint)),
			limiter=redis.Limiter(PAIR.fingerprint),
			journal=MemoryJournal(),
			http=http,
			clock=clock.now,
			sleep=clock.sleep,
			interactive=True,
		)
		for _ in range(6)
	]
	answers = []
	call = lambda client: answers.append(client.get("/token/session/>whoAmI"))  # noqa: E731
	run([threading.Thread(target=call, args=(client,)) for client in clients])
	assert answers == [{"id": 1}] * 6
	assert len(wire.tokens) == 1


def test_a_worker_that_waits_too_long_sends_nothing(redis, monkeypatch):
	monkeypatch.setattr(redis.module, "_LOCK_PATIENCE", 0.2)
	store = redis.Store("f")
	with store.lock(), pytest.raises(NotSent), redis.Store("f").lock():
		pass
	with store.lock():
		pass


def test_a_lock_that_ran_out_is_not_given_back_twice(redis, monkeypatch):
	monkeypatch.setattr(redis.module, "_RENEWAL_SECONDS", 0.1)
	with redis.Store("f").lock():
		time.sleep(0.3)


def test_workers_share_the_count(redis):
	first = redis.Limiter("f")
	assert first.acquire(NOW) == 0
	first.seen(100, 99, 9, NOW)
	waits = []

	def work():
		limiter = redis.Limiter("f")
		waits.extend(limiter.acquire(NOW + timedelta(seconds=1)) for _ in range(20))

	run([threading.Thread(target=work) for _ in range(6)])
	assert len(waits) == 120
	assert sum(wait == 0 for wait in waits) == 99 - RESERVE
	assert redis.Limiter("another").acquire(NOW) == 0


def test_the_limit_is_learnt_for_all(redis):
	redis.Limiter("f").seen(40, 39, 9, NOW)
	later = [redis.Limiter("f").acquire(NOW + timedelta(seconds=30)) for _ in range(40)]
	assert later.count(0) == 30
	redis.Limiter("f").blocked(NOW + timedelta(seconds=31))
	assert redis.Limiter("f").acquire(NOW + timedelta(seconds=31)) > 0
	assert b"SECRET" not in b"".join(redis.cache.scan_iter("*"))


def test_a_window_of_another_version_is_forgotten(redis):
	limiter = redis.Limiter("f")
	redis.cache.set(limiter._key, b'{"before": 1}')
	assert limiter.acquire(NOW) == 0


def test_without_redis_nothing_is_counted_and_nothing_sent(redis, caplog):
	with socket.socket() as free:
		free.bind(("127.0.0.1", 0))
		redis.site.cache = type(redis.cache)(port=free.getsockname()[1])
	limiter, store = redis.Limiter("f"), redis.Store("f")
	assert limiter.acquire(NOW) == 0
	limiter.seen(100, 0, 9, NOW)
	store.put(SESSION, NOW)
	for call in (store.get, lambda: store.invalidate(SESSION), lambda: store.lock().__enter__()):
		with pytest.raises(NotSent):
			call()
	assert "SECRET" not in caplog.text
