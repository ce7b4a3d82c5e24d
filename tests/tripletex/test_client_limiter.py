"""The rate limit: never beyond it, told by the answers alone, shared by all who use the same tokens."""

import math
import random
from collections import Counter
from datetime import datetime, timedelta, timezone
from threading import Thread

import pytest

from billing_ext.integrations.tripletex.errors import Kind, RateLimited
from billing_ext.integrations.tripletex.limiter import RESERVE, MemoryLimiter

START = datetime(2026, 3, 4, 9, 0, 0, tzinfo=timezone.utc)


def after(seconds):
	return START + timedelta(seconds=seconds)


class Counting:
	"""Counts calls as Tripletex does, by a clock that may differ from ours and with either rounding."""

	def __init__(self, wire, clock, limit=100, skew=0.0, rounding=math.floor):
		self._clock, self._limit, self._skew, self._rounding = clock, limit, skew, rounding
		self.windows, self.refused = Counter(), 0
		wire.send, self._send = self.send, wire.send
		self._wire = wire

	def send(self, request, **options):
		now = self._clock.now().timestamp() + self._skew
		window = now // 10
		self._clock.advance(0.02)
		self.windows[window] += 1
		if self.windows[window] > self._limit:
			self.refused += 1
			self._wire.script.insert(0, (429, {"status": 429}))
		else:
			self._wire.script.insert(0, (200, {"value": {"id": 1}}, self._headers(now, window)))
		return self._send(request, **options)

	def _headers(self, now, window):
		return {
			"X-Rate-Limit-Limit": str(self._limit),
			"X-Rate-Limit-Remaining": str(self._limit - self.windows[window]),
			"X-Rate-Limit-Reset": str(self._rounding((window + 1) * 10 - now)),
		}


@pytest.mark.parametrize("rounding", [math.floor, math.ceil])
@pytest.mark.parametrize("skew", [0.0, 3.7, -3.7, 9.9])
@pytest.mark.parametrize("limit", [100, 40, 12])
def test_two_clients_together_stay_below_the_limit(wire, connect, clock, limit, skew, rounding):
	server, limiter = Counting(wire, clock, limit, skew, rounding), MemoryLimiter()
	clients = [connect(wire, limiter=limiter), connect(wire, limiter=limiter)]
	before = clock.now()
	for turn in range(400 if limit > 12 else 60):
		clients[turn % 2].get("/token/session/>whoAmI")
	assert server.refused == 0
	assert max(server.windows.values()) <= limit - RESERVE + 1
	# And it is used: what is lost is the reserve and the rounding of a window's end.
	windows = (clock.now() - before).total_seconds() / 10
	assert windows <= len(server.windows) * 1.25 + 1


def test_who_is_watched_by_a_person_may_use_the_reserve(wire, connect, clock):
	server, limiter = Counting(wire, clock), MemoryLimiter()
	background, interactive = connect(wire, limiter=limiter), connect(wire, limiter=limiter, interactive=True)
	for _ in range(80):
		background.get("/token/session/>whoAmI")
	started = clock.now()
	for _ in range(15):
		interactive.get("/token/session/>whoAmI")
	assert clock.now() - started < timedelta(seconds=1)
	assert max(server.windows.values()) > 100 - RESERVE


def test_threads_share_the_count():
	limiter = MemoryLimiter()
	assert limiter.acquire(after(1)) == 0
	limiter.seen(100, 99, 8, after(1))
	waits = []
	threads = [
		Thread(target=lambda: waits.extend(limiter.acquire(after(2)) for _ in range(20))) for _ in range(8)
	]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	assert sum(wait == 0 for wait in waits) == 99 - RESERVE


def test_other_programs_of_the_same_tokens_are_noticed():
	limiter = MemoryLimiter()
	limiter.seen(100, 90, 8, after(1))
	limiter.seen(100, 11, 7, after(2))
	assert limiter.acquire(after(2)) == 0
	assert limiter.acquire(after(2)) == pytest.approx(8)


def test_the_first_call_of_a_window_is_free():
	limiter = MemoryLimiter()
	limiter.seen(5, 0, 4, after(5))
	assert limiter.acquire(after(6)) > 0
	assert limiter.acquire(after(11)) == 0
	assert limiter.acquire(after(11)) > 0


def test_an_answer_of_the_window_before_changes_nothing():
	limiter = MemoryLimiter()
	limiter.seen(100, 99, 9, after(10))
	assert limiter.acquire(after(21)) == 0
	limiter.seen(100, 3, 0, after(21.1))
	assert limiter.acquire(after(21.2)) == 0


def test_a_slow_answer_is_not_believed(wire, connect, clock):
	"""It was counted long before it came: its window may be over."""
	client, send = connect(wire), wire.send
	client.get("/token/session/>whoAmI")

	def slow(request, **options):
		clock.advance(5)
		return send(request, **options)

	wire.send = slow
	wire.script = [(200, {"value": {}}, {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "9"})]
	client.get("/token/session/>whoAmI")
	assert client._limiter.acquire(clock.now()) == 0


def test_without_any_header_one_call_a_second():
	limiter = MemoryLimiter()
	passed = sum(limiter.acquire(after(tenth / 10)) == 0 for tenth in range(100))
	assert passed == 10


def test_a_clock_set_back_does_not_stop_all_for_long():
	limiter = MemoryLimiter()
	limiter.seen(100, 0, 9, after(86_400))
	assert limiter.acquire(after(0)) <= 10


def test_random_traffic_of_many_programs_is_rarely_refused():
	"""Eight workers with calls under way, and another program we know nothing of: the reserve takes it up."""
	chance, limiter, used, refused, calls = random.Random(7), MemoryLimiter(), Counter(), 0, 0
	now = 0.0
	for _ in range(20_000):
		now += chance.expovariate(20)
		window = now // 10
		if chance.random() < 0.1:
			used[window] += 1
		elif limiter.acquire(after(now)) == 0:
			used[window] += 1
			calls += 1
			refused += used[window] > 100
			limiter.seen(100, max(100 - used[window], 0), 10 - now % 10, after(now))
	assert calls > 5_000
	assert refused == 0


# 429


def test_a_refusal_without_reset_waits_for_the_edge_of_the_clock(scripted, wire, clock):
	scripted.get("/token/session/>whoAmI")
	wire.script = [(429, {"status": 429}), (200, {"value": {"id": 2}})]
	assert scripted.post("/customer", body={}).value == {"id": 2}
	assert clock.now().second == 10
	assert len(wire.urls) == 3


def test_a_refusal_with_reset_waits_for_it(scripted, wire, clock):
	scripted.get("/token/session/>whoAmI")
	before = clock.now()
	wire.script = [(429, b"", {"X-Rate-Limit-Reset": "3"})]
	scripted.post("/customer", body={})
	assert (clock.now() - before).total_seconds() == 4


def test_waiting_workers_do_not_all_wake_at_once(wire, connect, clock):
	client = connect(wire, jitter=lambda: 0.4)
	wire.script = [(429, b"")]
	client.get("/token/session/>whoAmI")
	assert clock.now().timestamp() % 10 == pytest.approx(0.4)


def test_patience_ends_with_the_time_to_come_back(wire, connect, clock):
	client = connect(wire, patience=3)
	client.get("/token/session/>whoAmI")
	wire.script, before = [(429, b"")], clock.now()
	with pytest.raises(RateLimited) as caught:
		client.post("/customer", body={})
	assert caught.value.kind is Kind.WAIT
	assert caught.value.retry_at == before.replace(second=10)
	assert clock.now() == before
	assert len(wire.urls) == 2


def test_a_limiter_that_knows_nothing_does_not_hammer(wire, connect):
	class Deaf:
		def acquire(self, now, reserve=RESERVE):
			return 0.0

		def seen(self, limit, remaining, reset, now):
			pass

		def blocked(self, now, reset=None):
			raise ConnectionError("no Redis")

	client = connect(wire, limiter=Deaf())
	client.get("/token/session/>whoAmI")
	wire.script = [(429, b"")] * 9
	with pytest.raises(RateLimited) as caught:
		client.get("/token/session/>whoAmI")
	assert caught.value.retry_at
	assert len(wire.urls) == 4


def test_a_login_that_has_to_wait_is_no_failure_of_tokens(wire, connect):
	wire.logins = [(429, b"")]
	with pytest.raises(RateLimited):
		connect(wire, patience=1).post("/customer", body={})
