"""No token in any text: exceptions, tracebacks with variables, representations, logs at DEBUG, the journal."""

import http.server
import logging
import pickle
import threading
import traceback

import pytest
import requests

from billing_ext.integrations.tripletex.client import TripletexClient, _Basic, _Request
from billing_ext.integrations.tripletex.endpoints import operation
from billing_ext.integrations.tripletex.errors import ProgrammingError, TripletexError
from billing_ext.integrations.tripletex.secret import Secret, scrub
from billing_ext.integrations.tripletex.session import TokenPair

TOKENS = {"consumer_token": "consumer-SECRET", "employee_token": "employee-SECRET"}


class Handler(http.server.BaseHTTPRequestHandler):
	"""A server on this machine: logs in, gives the script's status to all else, and keeps the raw request lines."""

	protocol_version = "HTTP/1.1"

	def _answer(self):
		self.rfile.read(int(self.headers.get("Content-Length", 0)))
		self.server.lines.append(self.requestline)
		self.server.cookies.append(self.headers.get("Cookie"))
		if self.path.endswith("/:create"):
			status, body = (
				201,
				b'{"value": {"token": "session-token-SECRET", "expirationDate": "2099-01-01"}}',
			)
		else:
			status, body = self.server.answers.pop(0)
		self.send_response(status)
		self.send_header("Content-Length", str(len(body)))
		self.send_header("Set-Cookie", "JSESSIONID=cookie-SECRET")
		self.end_headers()
		if status != 204:
			self.wfile.write(body)

	do_GET = do_POST = do_PUT = do_DELETE = _answer

	def log_message(self, *_):
		pass


@pytest.fixture
def server():
	server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
	server.daemon_threads = True
	server.lines, server.answers, server.cookies = [], [], []
	thread = threading.Thread(target=server.serve_forever, daemon=True)
	thread.start()
	yield server
	server.shutdown()
	server.server_close()
	thread.join(5)


@pytest.fixture
def local(server, journal):
	with TripletexClient.connect(
		f"http://127.0.0.1:{server.server_port}/v2",
		**TOKENS,
		allow_local=True,
		journal=journal,
		sleep=lambda seconds: None,
	) as client:
		yield client


def everything(error):
	"""What Frappe's error log prints: the traceback with the local variables of each frame of ours."""
	told = traceback.TracebackException.from_exception(error, capture_locals=True)
	ours = [frame for frame in told.stack if "test_client" not in frame.filename]
	variables = "\n".join(
		f"{frame.name} {name}={value}" for frame in ours for name, value in (frame.locals or {}).items()
	)
	return "\n".join([*told.format_exception_only(), variables, repr(error), str(error), repr(error.args)])


def frames(error):
	return [frame.filename for frame in traceback.extract_tb(error.__traceback__)]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500, 502])
def test_refused_ends_of_sessions_and_all_logs(server, local, journal, caplog, status):
	"""The worst case: the one path that holds the token, and a server that repeats it in its answer."""
	caplog.set_level(logging.DEBUG)
	words = (
		b"Session session-token-SECRET of employee-SECRET not found, Basic MDpzZXNzaW9uLXRva2VuLVNFQ1JFVA=="
	)
	body = (
		b'{"status": 404, "code": 6000, "message": "'
		+ words
		+ b'", "validationMessages": [{"field": "token",'
	)
	body += (
		b' "message": "' + words + b'", "path": "/token/session/session-token-SECRET"}], "requestId": "r"}'
	)
	server.answers = [(200, b'{"value": {"companyId": 1}}'), (status, body)]
	local.get("/token/session/>whoAmI")
	with pytest.raises(TripletexError) as caught:
		local.logout()
	assert server.lines[1] == "GET /v2/token/session/%3EwhoAmI HTTP/1.1"
	assert server.lines[2] == "DELETE /v2/token/session/session-token-SECRET HTTP/1.1"
	assert "urllib3.connectionpool" in {record.name for record in caplog.records}
	assert "/v2/token/session/***" in caplog.text
	for text in (everything(caught.value), caplog.text, repr(journal.calls), repr(local), repr(vars(local))):
		assert "SECRET" not in text
		assert "MDpzZXNz" not in text


def test_cookies_are_neither_kept_nor_sent(server, local):
	server.answers = [(200, b'{"value": {"companyId": 1}}')] * 2
	local.get("/token/session/>whoAmI")
	local.get("/token/session/>whoAmI")
	assert server.cookies == [None, None, None]


def test_a_server_that_is_gone(server, local, caplog):
	caplog.set_level(logging.DEBUG)
	server.answers = [(200, b'{"value": {"companyId": 1}}')]
	local.get("/token/session/>whoAmI")
	server.shutdown()
	server.server_close()
	local._wire.close()
	with pytest.raises(TripletexError) as caught:
		local.logout()
	assert caught.value.__cause__ is caught.value.__context__ is None
	assert not [file for file in frames(caught.value) if "requests" in file or "urllib3" in file]
	assert "SECRET" not in everything(caught.value) + caplog.text


@pytest.mark.parametrize("trouble", [requests.exceptions.ReadTimeout, KeyboardInterrupt, RuntimeError])
def test_frames_that_hold_headers_end_at_the_wire(wire, connect, trouble):
	"""A job that is killed while it waits, too: its exception comes from the depths of requests."""
	client = connect(wire)
	client.get("/token/session/>whoAmI")
	stopped = trouble("stopped")
	stopped.__context__ = OSError("while asking /token/session/SECRET")
	wire.script = [stopped]
	with pytest.raises((TripletexError, KeyboardInterrupt, RuntimeError)) as caught:
		client.post("/customer", body={"name": "Kari"})
	assert not [file for file in frames(caught.value) if "/requests/" in file or "conftest" in file]
	assert caught.value.__cause__ is caught.value.__context__ is None
	assert "SECRET" not in everything(caught.value)


def test_a_login_that_fails(wire, connect, journal):
	wire.logins = [(422, {"status": 422, "message": "Token consumer-token-SECRET is not valid"})]
	with pytest.raises(TripletexError) as caught:
		connect(wire).get("/token/session/>whoAmI")
	assert "Token *** is not valid" in str(caught.value)
	assert "SECRET" not in everything(caught.value) + repr(journal.calls)


def test_what_holds_secrets_shows_none():
	pair = TokenPair(Secret("consumer-SECRET"), Secret("employee-SECRET"))
	request = _Request.make(operation("POST", "/token/session/:create"), None, None, {"a": "SECRET"})
	shown = [pair, pair.consumer, str(pair.consumer), f"{pair.consumer}", request, _Basic(0, pair.consumer)]
	assert "SECRET" not in repr(shown) + pair.fingerprint
	with pytest.raises(TypeError):
		pickle.dumps(pair.consumer)


def test_an_address_with_a_secret_is_not_repeated():
	with pytest.raises(ProgrammingError) as caught:
		TripletexClient.connect("https://x/token/session/abc-SECRET", **TOKENS)
	assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
	("text", "clean"),
	[
		("GET /v2/token/session/abc?x", "GET /v2/token/session/***?x"),
		("/token/session/>whoAmI", "/token/session/>whoAmI"),
		("/token/session/%3EwhoAmI", "/token/session/%3EwhoAmI"),
		("/token/session/:create", "/token/session/:create"),
		("Authorization: Basic MDphYmM=", "Authorization: Basic ***"),
		("the token is xyz.", "the token is ***."),
	],
)
def test_scrubbing(text, clean):
	assert scrub(text, [Secret("xyz"), Secret("")]) == clean
