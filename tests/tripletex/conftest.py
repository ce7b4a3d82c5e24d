"""What the tests of the Tripletex integration share: a clock that stands still, the simulator, a client to it."""

import io
import json
import threading
from datetime import datetime, timedelta, timezone

import pytest
import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter

from billing_ext.integrations.tripletex.client import TripletexClient
from billing_ext.integrations.tripletex.journal import MemoryJournal
from billing_ext.integrations.tripletex.limiter import MemoryLimiter

CONSUMER, EMPLOYEE = "consumer-token-SECRET", "employee-token-SECRET"


class Clock:
	"""Aware UTC time that moves only when told, or when somebody sleeps by it."""

	def __init__(self, at):
		self._at = at
		self._lock = threading.Lock()

	def now(self):
		return self._at

	def advance(self, seconds):
		with self._lock:
			self._at += timedelta(seconds=float(seconds))

	__call__ = now
	sleep = advance


class Wire(BaseAdapter):
	"""Answers from a script: steps are exceptions, or (status, body[, headers]); a dict as body is sent as JSON.

	Logins are answered beside the script unless ``logins`` has steps of its own. ``urls`` are those of all other calls.
	"""

	def __init__(self):
		super().__init__()
		self.script, self.logins = [], []
		self.requests, self.options, self.tokens = [], [], []
		self._lock = threading.Lock()

	def send(self, request, **options):
		with self._lock:
			login = request.url.endswith("/token/session/:create")
			self.requests.append(request)
			self.options.append(options)
			steps = self.logins if login else self.script
			step = steps.pop(0) if steps else self._login() if login else (200, {"value": {"id": 1}})
		if isinstance(step, BaseException):
			raise step
		status, body, headers = (*step, {})[:3]
		content = json.dumps(body).encode() if isinstance(body, dict | list) else body
		raw = urllib3.HTTPResponse(io.BytesIO(content), headers, status, preload_content=False)
		return HTTPAdapter().build_response(request, raw)

	def _login(self):
		self.tokens.append(f"session-{len(self.tokens)}-SECRET")
		return 201, {"value": {"token": self.tokens[-1], "expirationDate": "2026-03-06"}}

	def close(self):
		pass

	@property
	def urls(self):
		return [request.url for request in self.requests if not request.url.endswith(":create")]


@pytest.fixture
def wire():
	return Wire()


@pytest.fixture
def clock():
	return Clock(datetime(2026, 3, 4, 9, 0, 1, tzinfo=timezone.utc))


@pytest.fixture
def journal():
	return MemoryJournal()


@pytest.fixture
def sim(clock):
	simulator = pytest.importorskip("tripletex_simulator", reason="werkzeug is not installed")
	sim = simulator.Simulator(clock=clock, strict=True)
	yield sim
	assert sim.violations == []


@pytest.fixture
def connect(clock, journal):
	"""Makes clients to an adapter of requests, by the fake clock."""

	def make(adapter, **options):
		http = requests.Session()
		http.mount("https://api-test.tripletex.tech/", adapter)
		options = {
			"consumer_token": CONSUMER,
			"employee_token": EMPLOYEE,
			"clock": clock.now,
			"sleep": clock.sleep,
			"jitter": lambda: 0.0,
			"journal": journal,
			"limiter": MemoryLimiter(),
			"http": http,
			**options,
		}
		return TripletexClient.connect("test", **options)

	return make


@pytest.fixture
def client(sim, connect):
	"""A client of the simulator."""
	consumer, employee = sim.tokens
	return connect(sim.adapter(), consumer_token=consumer, employee_token=employee)


@pytest.fixture
def scripted(wire, connect):
	"""A client of the script in ``wire``."""
	return connect(wire)
