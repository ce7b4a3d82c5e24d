"""The HTTP client: the one module that knows ``requests``.

Every call passes the table of operations, then the limiter, then the wire; each attempt is noted in the journal. Reads
are repeated after trouble, writes never: what became of them is looked up by the caller. Only two answers prove that
nothing was done, and only those are followed by sending a write again: 401, once, with a new session, and 429.

Frappe's error log prints the local variables of every frame. Hence secrets travel in objects that do not show them, and
exceptions of ``requests`` and ``urllib3``, whose frames hold headers and URLs, end in this module.
"""

from __future__ import annotations

import http.client
import http.cookiejar
import logging
import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.auth import AuthBase, HTTPBasicAuth

from billing_ext.integrations.tripletex import decimal_json
from billing_ext.integrations.tripletex.answers import Answer, Reply, read
from billing_ext.integrations.tripletex.endpoints import (
	Gives,
	Operation,
	Takes,
	operation,
	upload_operation,
)
from billing_ext.integrations.tripletex.errors import (
	AuthFailed,
	Kind,
	NotSent,
	OutcomeUnknown,
	ProgrammingError,
	RateLimited,
	Refused,
	TripletexError,
	UnknownOperation,
	UnknownParameter,
)
from billing_ext.integrations.tripletex.journal import Call, Journal, MemoryJournal
from billing_ext.integrations.tripletex.limiter import PERIOD, RESERVE, Limiter, MemoryLimiter
from billing_ext.integrations.tripletex.secret import Secret, scrub
from billing_ext.integrations.tripletex.session import MemorySessionStore, Session, Sessions, TokenPair

ADDRESSES = {"production": "https://tripletex.no/v2", "test": "https://api-test.tripletex.tech/v2"}
"""A fixed list, so that nobody who may edit settings can have the tokens sent elsewhere."""
PAGE = 1_000
"""Rows of a page, Tripletex's own default."""
CEILING = 10_000
"""Rows that a search may match; beyond, Tripletex refuses it whatever the page."""
LARGEST_BODY = 10 * 1024 * 1024
"""Bytes of an answer, unpacked."""
READ_TIMEOUT = (5.0, 30.0)
"""Seconds to connect, and between two bytes."""
WRITE_TIMEOUT = (5.0, 60.0)
"""As above; writes of 30 seconds were seen to succeed."""
PAUSES = (1.0, 4.0)
"""Seconds before the second and the third try of what may be repeated."""
PATIENCE = 15.0
"""Seconds that a call waits for the rate limit before it gives up: a window and a bit."""
SHORTEST_WAIT = 0.1
"""Seconds before the limiter is asked again."""
STALE = timedelta(seconds=4)
"""An answer that took longer may tell of a window that is over: what it says of the rate limit is not believed."""
REFUSALS = 3
"""Times that one call takes a 429, should the limiter not know better."""

_LOCAL_HOSTS = ("127.0.0.1", "localhost")
_TROUBLE = (OSError, urllib3.exceptions.HTTPError, http.client.HTTPException)
_log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


def utc_now() -> datetime:
	"""The time, aware."""
	return datetime.now(timezone.utc)


def base_url(where: str, allow_local: bool = False) -> str:
	"""The API's address of an environment, or the address itself if it is one of the list.

	``allow_local`` lets ``http://127.0.0.1:<port>/v2`` pass, a simulator on the same machine. Raises ProgrammingError.
	"""
	if where in ADDRESSES:
		return ADDRESSES[where]
	if where in ADDRESSES.values():
		return where
	if allow_local and _is_local(where):
		return where
	raise ProgrammingError(f"{scrub(where)!r} is not an address of Tripletex")


def _is_local(where: str) -> bool:
	try:
		parts = urlsplit(where)
		return (
			parts.port is not None
			and where == f"http://{parts.hostname}:{parts.port}/v2"
			and parts.hostname in _LOCAL_HOSTS
		)
	except ValueError:
		return False


class TripletexClient:
	"""Calls Tripletex for one company, on behalf of one credential. Make one for each job; threads do not share it.

	``where`` is ``production``, ``test`` or an address that ``base_url`` takes. ``company_id`` 0 is the company of the
	token itself, any other a client of an accountant's. ``interactive`` calls may use up the reserve of the rate limit,
	because a person waits. ``clock`` gives aware times; ``jitter`` seconds that spread waiting workers.

	All methods raise TripletexError, and ProgrammingError before anything is sent.
	"""

	def __init__(
		self,
		where: str,
		sessions: Sessions,
		*,
		limiter: Limiter,
		journal: Journal,
		http: requests.Session | None = None,
		clock: Clock = utc_now,
		sleep: Callable[[float], None] = time.sleep,
		jitter: Callable[[], float] = lambda: random.uniform(0, 0.5),  # noqa: S311 - spreads load, guards nothing
		company_id: int = 0,
		interactive: bool = False,
		patience: float = PATIENCE,
		allow_local: bool = False,
	) -> None:
		self._wire = _Wire(base_url(where, allow_local), http)
		self._sessions = sessions
		self._limiter = limiter
		self._journal = journal
		self._clock = clock
		self._sleep = sleep
		self._jitter = jitter
		self._company_id = company_id
		self._reserve = 0 if interactive else RESERVE
		self._patience = patience

	@classmethod
	def connect(
		cls, environment: str = "test", *, consumer_token: str, employee_token: str, **options: Any
	) -> TripletexClient:
		"""A client that shares nothing with other processes, for notebooks and scripts. Sends nothing by itself.

		``options`` are those of the class; limiter and journal default to ones in memory.
		"""
		credential = TokenPair(Secret(consumer_token), Secret(employee_token))
		options.setdefault("limiter", MemoryLimiter())
		options.setdefault("journal", MemoryJournal())
		return cls(environment, Sessions(credential, MemorySessionStore()), **options)

	# Reading

	def get(self, template: str, path: Mapping[str, object] | None = None, **query: object) -> dict[str, Any]:
		"""The object at ``template`` with its braces filled from ``path``; empty only where the table says OPTIONAL."""
		found = _reading(template, Gives.OBJECT, Gives.VALUE, Gives.OPTIONAL)
		return self._perform(_Request.make(found, path, query)).value

	def search(self, template: str, **query: Any) -> list[dict[str, Any]]:
		"""All rows that match, page after page until one is not full; ``count`` sets the size of a page.

		Rows come in Tripletex's order: give ``sorting`` where others may write meanwhile. Raises Refused with code 23000
		when more than 10,000 rows match: cut the search by dates.
		"""
		found = _reading(template, Gives.LIST)
		size = query.pop("count", PAGE)
		if "from" in query or not isinstance(size, int) or not 1 <= size <= CEILING:
			raise UnknownParameter(f"{found}: pages are turned here")
		rows: list[dict[str, Any]] = []
		while len(rows) <= CEILING:
			page = self._perform(
				_Request.make(found, None, {**query, "from": len(rows), "count": size})
			).values
			rows += page
			if len(page) < size:
				return rows
		raise Refused(Kind.INVALID, f"More than {CEILING} rows match: cut the search by dates.", code=23000)

	def find(self, template: str, key: str, value: object, **query: object) -> list[dict[str, Any]]:
		"""Rows whose key truly is ``value``: Tripletex's filters may be fuzzy, and those it ignores give any row.

		``key`` is a query name that the table of operations knows as a key. Raises OutcomeUnknown if a row does not show
		its key, so that nobody takes silence for absence.
		"""
		found = _reading(template, Gives.LIST)
		shown_as = found.keys.get(key)
		if shown_as is None or value is None or not str(value).strip():
			raise UnknownParameter(f"{found}: {key} is not a key, or its value is empty")
		rows = self.search(template, **{**query, key: value})
		if not all(shown_as in row for row in rows):
			raise OutcomeUnknown(Kind.UNKNOWN, f"{found}: the rows do not show their {shown_as}.")
		return [row for row in rows if row[shown_as] is not None and str(row[shown_as]) == str(value)]

	def find_one(self, template: str, key: str, value: object, **query: object) -> dict[str, Any] | None:
		"""The row whose key truly is ``value``, None without one. Raises Refused (CONFLICT) if there are several."""
		rows = self.find(template, key, value, **query)
		if len(rows) > 1:
			raise Refused(Kind.CONFLICT, f"{template}: {len(rows)} objects have the same {key}.")
		return rows[0] if rows else None

	def download(self, template: str, path: Mapping[str, object] | None = None, **query: object) -> bytes:
		"""The file at ``template``, at most 10 MB."""
		return self._perform(_Request.make(_reading(template, Gives.FILE), path, query)).content

	# Writing

	def post(
		self,
		template: str,
		path: Mapping[str, object] | None = None,
		body: Any = None,
		query: Mapping[str, object] | None = None,
	) -> Answer:
		"""Send ``body`` (Decimals, no floats) once. OutcomeUnknown: look up before sending again."""
		return self._perform(_Request.make(operation("POST", template), path, query, body))

	def put(
		self,
		template: str,
		path: Mapping[str, object] | None = None,
		body: Any = None,
		query: Mapping[str, object] | None = None,
	) -> Answer:
		"""As ``post``; also for actions, which have a query and no body."""
		return self._perform(_Request.make(operation("PUT", template), path, query, body))

	def delete(
		self,
		template: str,
		path: Mapping[str, object] | None = None,
		query: Mapping[str, object] | None = None,
	) -> Answer:
		"""As ``post``, without a body."""
		return self._perform(_Request.make(operation("DELETE", template), path, query))

	def upload(
		self,
		template: str,
		path: Mapping[str, object] | None,
		filename: str,
		content: bytes,
		content_type: str = "application/pdf",
	) -> Answer:
		"""Send a file once, as ``post``."""
		request = _Request.make(
			upload_operation(template), path, None, file=(filename, content, content_type)
		)
		return self._perform(request)

	def logout(self) -> None:
		"""End the session that is kept, if there is one: when tokens are changed or a company is disconnected."""
		session = self._sessions.kept()
		if not session:
			return
		self._sessions.invalidate(session)
		if session.lives(self._clock()):
			found = operation("DELETE", "/token/session/{token}")
			self._repeated(_Request.make(found, {"token": session.token.reveal()}), session)

	def close(self) -> None:
		"""Close connections. The session lives on in its store."""
		self._wire.close()

	def __enter__(self) -> TripletexClient:
		return self

	def __exit__(self, *_: object) -> None:
		self.close()

	def __repr__(self) -> str:
		return f"TripletexClient({self._wire.address!r})"

	# How a call is made

	def _perform(self, request: _Request) -> Answer:
		"""The call, with one more session if the one at hand is refused: 401 proves that nothing was done."""
		session = self._session()
		try:
			return self._repeated(request, session)
		except AuthFailed:
			self._sessions.invalidate(session)
		return self._repeated(request, self._session())

	def _session(self) -> Session:
		return self._sessions.current(self._clock, self._create_session)

	def _create_session(self) -> Session:
		credential, now = self._sessions.credential, self._clock()
		request = _Request.make(operation("POST", credential.template), None, None, credential.request(now))
		try:
			return credential.session(self._repeated(request, None).value, now)
		except RateLimited:
			raise
		except TripletexError as error:
			problem = _without_session(error)
		raise problem

	def _repeated(self, request: _Request, session: Session | None) -> Answer:
		"""The call, tried up to three times if doing it twice is harmless."""
		for pause in PAUSES if request.operation.repeatable else ():
			try:
				return self._in_time(request, session)
			except (NotSent, OutcomeUnknown):
				self._sleep(pause + self._jitter())
		return self._in_time(request, session)

	def _in_time(self, request: _Request, session: Session | None) -> Answer:
		"""The call as soon as the rate limit allows. Raises RateLimited rather than wait beyond our patience."""
		patience = self._patience
		for _ in range(REFUSALS):
			patience = self._wait(request, session, patience)
			try:
				return self._attempt(request, session)
			except RateLimited:
				continue
		raise self._limited(PERIOD)

	def _wait(self, request: _Request, session: Session | None, patience: float) -> float:
		"""Sleep until the limiter lets a call pass; the patience that is left, in seconds."""
		# A session is needed by those who wait for it with their own calls: it passes first.
		reserve = self._reserve if session else 0
		while wait := self._limiter.acquire(self._clock(), reserve):
			wait = max(wait, SHORTEST_WAIT) + self._jitter()
			patience -= wait
			if patience < 0:
				raise self._limited(wait)
			self._sleep(wait)
		return patience

	def _limited(self, wait: float) -> RateLimited:
		at = self._clock() + timedelta(seconds=wait)
		return RateLimited(Kind.WAIT, "Too many calls to Tripletex for now.", retry_at=at)

	def _attempt(self, request: _Request, session: Session | None) -> Answer:
		"""One exchange, noted whatever becomes of it."""
		started, reply, problem, answer = self._clock(), None, None, None
		try:
			reply = self._wire.send(
				request, _Basic(self._company_id, session.token) if session else _Nobody()
			)
			answer = read(request.operation, reply, self._secrets(session))
		except BaseException as error:  # noqa: BLE001 - a killed job is noted too; raised below
			problem = error
		_beside(lambda: self._learn(reply, started))
		_beside(lambda: self._journal.record(self._call(request, started, reply, problem)))
		if answer is None:
			raise problem or AssertionError
		return answer

	def _secrets(self, session: Session | None) -> tuple[Secret, ...]:
		return (*self._sessions.credential.secrets, *((session.token,) if session else ()))

	def _learn(self, reply: Reply | None, started: datetime) -> None:
		if reply is None:
			return
		now = self._clock()
		reset = reply.number("x-rate-limit-reset")
		remaining = reply.number("x-rate-limit-remaining")
		if reply.status == 429:
			self._limiter.blocked(now, reset)
		elif remaining is not None and now - started <= STALE:
			self._limiter.seen(reply.number("x-rate-limit-limit"), remaining, reset, now)

	def _call(
		self, request: _Request, started: datetime, reply: Reply | None, problem: BaseException | None
	) -> Call:
		known = problem if isinstance(problem, TripletexError) else None
		outcome = known.kind.value if known else "interrupted" if problem else "ok"
		return Call(
			at=started,
			method=request.operation.method,
			template=request.operation.template,
			status=reply.status if reply else known.status if known else None,
			code=known.code if known else None,
			milliseconds=round((self._clock() - started) / timedelta(milliseconds=1)),
			request_id=reply.request_id if reply else "",
			remaining=reply.number("x-rate-limit-remaining") if reply else None,
			outcome=outcome,
		)


def _reading(template: str, *kinds: Gives) -> Operation:
	found = operation("GET", template)
	if found.gives not in kinds:
		raise UnknownOperation(f"{found} gives {found.gives.value}: use another method of the client")
	return found


def _without_session(error: TripletexError) -> TripletexError:
	"""Why there is no session. The call that wanted one was surely not sent."""
	lost = error.kind in (Kind.UNKNOWN, Kind.NOT_SENT)
	return (NotSent if lost else AuthFailed)(
		Kind.NOT_SENT if lost else Kind.AUTH,
		f"No session: {error.message}",
		status=error.status,
		code=error.code,
		fields=error.fields,
		request_id=error.request_id,
	)


def _beside(action: Callable[[], None]) -> None:
	"""Do what must not turn a call that was answered into one that failed."""
	try:
		action()
	except Exception as error:  # noqa: BLE001 - whatever a journal or a cache may raise
		_log.warning("A call to Tripletex could not be noted: %s", type(error).__name__)


@dataclass(frozen=True, slots=True, repr=False)
class _Request:
	"""A call ready to be sent. Shows nothing but its operation: body, path and query may be secret or personal."""

	operation: Operation
	path: str
	query: list[tuple[str, str]]
	body: bytes | None = None
	file: tuple[str, bytes, str] | None = None

	@classmethod
	def make(
		cls,
		found: Operation,
		path: Mapping[str, object] | None,
		query: Mapping[str, object] | None = None,
		body: Any = None,
		file: tuple[str, bytes, str] | None = None,
	) -> _Request:
		"""Checks all that can be checked. Raises ProgrammingError, TypeError and ValueError."""
		given = Takes.FILE if file else Takes.NOTHING if body is None else Takes.JSON
		if given is not found.takes:
			raise ProgrammingError(f"{found} takes {found.takes.value}, not {given.value}")
		text = None if body is None else decimal_json.dumps(body).encode()
		return cls(found, found.path(path or {}), found.query_pairs(query or {}), text, file)

	@property
	def headers(self) -> dict[str, str]:
		"""Headers beside those of authentication."""
		accept = "application/json"
		if self.operation.gives is Gives.FILE:
			accept = "application/octet-stream, application/pdf, application/json;q=0.5"
		kind = {} if self.body is None else {"Content-Type": "application/json; charset=utf-8"}
		return {"Accept": accept, "User-Agent": "billing_ext", **kind}

	def __repr__(self) -> str:
		return f"_Request({self.operation})"


class _Basic(AuthBase):
	"""Company id and session token, put into the header at the last moment."""

	def __init__(self, company_id: int, token: Secret) -> None:
		self._company_id = company_id
		self._token = token

	def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
		return HTTPBasicAuth(str(self._company_id), self._token.reveal())(request)


class _Nobody(AuthBase):
	"""No authentication; given expressly, or requests would look into the server's .netrc."""

	def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
		return request


class _Wire:
	"""requests, kept short: no redirects, no cookies, certificates checked, answers of a bounded size."""

	def __init__(self, address: str, http: requests.Session | None) -> None:
		self.address = address
		self._http = http or requests.Session()
		# Tripletex sets JSESSIONID; with it, a change of company might not be noticed there.
		self._http.cookies.set_policy(_no_cookies())
		# A simulator on this machine is not behind a proxy, whatever the environment says.
		self._proxies = {"http": None} if address.startswith("http:") else None

	def send(self, request: _Request, auth: AuthBase) -> Reply:
		"""One exchange. Raises NotSent and OutcomeUnknown."""
		try:
			return self._exchange(request, auth)
		except BaseException as error:  # noqa: BLE001 - raised again below, without the frames that hold headers
			problem = _problem(error) if isinstance(error, _TROUBLE) else error
		problem.__cause__ = problem.__context__ = None
		raise problem.with_traceback(None)

	def close(self) -> None:
		"""Close connections."""
		self._http.close()

	def _exchange(self, request: _Request, auth: AuthBase) -> Reply:
		with self._http.request(
			request.operation.method,
			self.address + request.path,
			params=request.query,
			data=request.body,
			files={"file": request.file} if request.file else None,
			headers=request.headers,
			auth=auth,
			timeout=READ_TIMEOUT if request.operation.repeatable else WRITE_TIMEOUT,
			allow_redirects=False,
			proxies=self._proxies,  # type: ignore[arg-type]  # None switches a proxy off, which the stubs do not know
			verify=True,
			stream=True,
		) as response:
			headers = {name.lower(): value for name, value in response.headers.items()}
			return Reply(response.status_code, headers, _bounded(response))


def _no_cookies() -> http.cookiejar.CookiePolicy:
	"""A policy that neither stores nor sends a cookie."""
	return http.cookiejar.DefaultCookiePolicy(allowed_domains=[])


def _bounded(response: requests.Response) -> bytes:
	body = bytearray()
	for chunk in response.iter_content(65_536):
		body += chunk
		if len(body) > LARGEST_BODY:
			raise OutcomeUnknown(
				Kind.UNKNOWN, "The answer is larger than 10 MB.", status=response.status_code
			)
	return bytes(body)


def _problem(error: BaseException) -> TripletexError:
	"""What a failed exchange means. Its text is not passed on: it may hold the URL."""
	if _surely_not_sent(error):
		return NotSent(Kind.NOT_SENT, "No connection to Tripletex.")
	if isinstance(error, requests.exceptions.Timeout):
		return OutcomeUnknown(Kind.UNKNOWN, "Tripletex did not answer in time.")
	return OutcomeUnknown(Kind.UNKNOWN, "The connection to Tripletex broke.")


def _surely_not_sent(error: BaseException) -> bool:
	if isinstance(error, requests.exceptions.ConnectTimeout):
		return True
	# requests wraps what urllib3 gave up for.
	reason = getattr(error.args[0], "reason", None) if error.args else None
	if isinstance(reason, urllib3.exceptions.SSLError):
		return bool(reason.args) and isinstance(reason.args[0], ssl.SSLCertVerificationError)
	before = (
		urllib3.exceptions.NewConnectionError,
		urllib3.exceptions.ConnectTimeoutError,
		urllib3.exceptions.ProxyError,
	)
	return isinstance(reason, before)


class _HideSessions(logging.Filter):
	"""urllib3 logs every path at DEBUG, and the one that ends a session holds its token."""

	def filter(self, record: logging.LogRecord) -> bool:
		if isinstance(record.args, tuple):
			record.args = tuple(scrub(part) if isinstance(part, str) else part for part in record.args)
		return True


for _name in ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry"):
	logging.getLogger(_name).addFilter(_HideSessions())
