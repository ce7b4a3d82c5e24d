"""The simulator: a WSGI application around the state, and what tests hold in their hands."""

from __future__ import annotations

import base64
import binascii
import copy
import json
import pickle
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Request, Response

from . import faults as fault
from . import ledger_api, master, payments, reminders, sales, seed, session, webhooks
from .bank import Bank
from .contract import Contract, installed, load
from .errors import Refusal, forbidden, not_found, server_error, stale, too_many_requests, unauthorized
from .faults import Faults, NoAnswer
from .fields import plan_for, render
from .gui import Gui
from .ledger import balance
from .routing import Answer, Call, Route, find
from .state import Row, State

CAPABILITIES = (ledger_api, master, payments, reminders, sales, session, webhooks)
OSLO = ZoneInfo("Europe/Oslo")
WINDOW = 10
PREFIX = "/v2"
HEADERS = {
	"cache-control": "no-store, no-cache, must-revalidate, max-age=0, post-check=0, pre-check=0",
	"pragma": "no-cache",
	"vary": "accept-encoding",
}


class Recorded(NamedTuple):
	"""One call as it came in; status 0 is a call that got no answer."""

	method: str
	path_template: str
	query: dict[str, Any]
	body: Any
	status: int


class Simulator:
	"""A Tripletex company of one's own.

	`strict` records what a careful client must not do in `violations`; the answers are the same.
	`contract_path` adds checks of every request against a description of the API.
	`vat_rounding`: VAT of an invoice is rounded per rate or per line.
	`fresh`: without bank account and VAT registration, as a new test company.
	"""

	def __init__(
		self,
		clock: Callable[[], datetime] | None = None,
		*,
		strict: bool = True,
		contract_path: str | None = None,
		check_answers: bool = False,
		vat_rounding: str = "rate",
		rate_limit: int | None = 100,
		company_id: int = 7_306_021,
		tokens: tuple[str, str] = ("consumer", "employee"),
		fresh: bool = False,
	):
		self.clock = clock or (lambda: datetime.now(timezone.utc))
		self.strict, self.check_answers = strict, check_answers
		self.vat_rounding, self.rate_limit, self.tokens = vat_rounding, rate_limit, tokens
		self.contract: Contract | None = load(contract_path) if contract_path and installed() else None
		self.lock = threading.RLock()
		self.state = State(company_id)
		self.state.now = self._now_text()
		seed.fill(self.state, fresh=fresh)
		self.faults, self.bank, self.gui, self.webhooks = (
			Faults(),
			Bank(self),
			Gui(self),
			webhooks.Webhooks(self),
		)
		self.requests: list[Recorded] = []
		self.violations: list[str] = []
		self.answer_errors: list[str] = []
		self.slept = 0.0
		self.windows: Counter[int] = Counter()
		self.state_file: Path | None = None

	# Time.

	def now(self) -> datetime:
		moment = self.clock()
		return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)

	def local_date(self) -> date:
		return self.now().astimezone(OSLO).date()

	def today(self) -> str:
		return self.local_date().isoformat()

	def _now_text(self) -> str:
		return self.now().astimezone(OSLO).replace(tzinfo=None).isoformat(timespec="milliseconds")

	# Inspection.

	@contextmanager
	def change(self) -> Iterator[State]:
		"""Change the state: all or nothing, one at a time."""
		with self.lock:
			self.state.now = self._now_text()
			try:
				yield self.state
			except BaseException:
				self.state.rollback()
				raise
			self.state.commit()
			self.save()

	def _plain(self, model: str, row: Row, fields: str = "*") -> Row:
		return copy.deepcopy(render(self.state, model, row, plan_for(model, fields)))

	def _all(self, model: str, fields: str) -> list[Row]:
		with self.lock:
			return [self._plain(model, row, fields) for row in self.state.table(model).values()]

	def invoice_row(self, number: int) -> Row:
		return self.state.table("Invoice")[self.state.numbers[number]]

	def invoices(self) -> list[Row]:
		"""The charged invoices, with their postings."""
		return [row for row in self._all("Invoice", INVOICE_FIELDS) if row["isCharged"]]

	def invoice_by_number(self, number: int) -> Row | None:
		with self.lock:
			key = self.state.numbers.get(number)
			return self._plain("Invoice", self.state.table("Invoice")[key], INVOICE_FIELDS) if key else None

	def customers(self) -> list[Row]:
		return self._all("Customer", "*,postalAddress(*,country(id,isoAlpha2Code)),physicalAddress(*)")

	def orders(self) -> list[Row]:
		return self._all("Order", "*,orderLines(*,vatType(id,number),product(id,number))")

	def products(self) -> list[Row]:
		return self._all("Product", "*,account(id,number)")

	def vouchers(self) -> list[Row]:
		return self._all("Voucher", f"*,voucherType(id,name),postings({POSTING_FIELDS})")

	def balance(self, account_number: int, through: Any = None) -> Decimal:
		"""The balance of an account at the end of a day."""
		with self.lock:
			return balance(self.state, account_number, str(through) if through else None)

	@property
	def sent_box(self) -> list[Row]:
		"""What Tripletex would have sent to customers."""
		return list(self.state.sent)

	def calls_per_window(self) -> int:
		"""The most calls in one window of 10 seconds."""
		return max(self.windows.values(), default=0)

	def violate(self, text: str) -> None:
		if self.strict and text not in self.violations:
			self.violations.append(text)

	# Ways in.

	def adapter(self) -> Any:
		"""A requests adapter that calls the simulator in process."""
		from .adapter import InProcessAdapter

		return InProcessAdapter(self)

	def serve(self, port: int = 0) -> Any:
		"""A server on the loopback interface."""
		from .server import Server

		return Server(self, port)

	def save(self) -> None:
		"""Keep the state in its file, if there is one."""
		if self.state_file:
			temporary = self.state_file.with_suffix(".new")
			temporary.write_bytes(pickle.dumps(self.state))
			temporary.replace(self.state_file)

	def keep_in(self, path: str | Path) -> None:
		"""Read the state of a file if it exists, and keep it there from now on."""
		self.state_file = Path(path)
		if self.state_file.exists():
			self.state = pickle.loads(self.state_file.read_bytes())  # noqa: S301 - the simulator's own file
		self.save()

	# Calls.

	def wsgi(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
		"""The WSGI application. Raises NoAnswer where a caller must be left waiting."""
		response = self.answer(Request(environ))
		return response(environ, start_response)

	def answer(self, request: Request) -> Response:
		"""The response to a request; which fault it carries is in its header."""
		body = request.get_data()
		with self.lock:
			exchange = Exchange(self, request, body)
			return exchange.run()


class Exchange:
	"""One request and its answer."""

	def __init__(self, sim: Simulator, request: Request, body: bytes):
		self.sim, self.request, self.raw = sim, request, body
		path = request.path
		self.path = path[len(PREFIX) :] if path.startswith(PREFIX + "/") else path
		self.query = {name: request.args.getlist(name) for name in request.args}
		found = find(request.method, self.path) if path.startswith(PREFIX + "/") else None
		self.route, self.args = found or (None, {})
		self.template = self.route.template if self.route else self.path
		self.request_id = str(uuid.uuid4())
		self.limits: dict[str, str] = {}
		self.body: Any = None
		self.fault = ""

	def run(self) -> Response:
		sim = self.sim
		sim.state.now = sim._now_text()
		self.fault = sim.faults.next(self.request.method, self.template)
		if self.fault == "timeout_before":
			self._record(0)
			raise NoAnswer(self.fault)
		answer = self._answered()
		if self.fault in fault.SILENT:
			self._record(0)
			raise NoAnswer(self.fault)
		response = self._response(answer)
		self._record(response.status_code)
		self._check_answer(answer.status, response)
		return response

	def _answered(self) -> Answer:
		"""The answer, with everything kept that was done, or undone if it was refused."""
		state = self.sim.state
		try:
			answer = self._perform()
		except Refusal as refusal:
			state.rollback()
			return Answer(refusal.body(self.request_id), refusal.status)
		except BaseException:
			state.rollback()
			raise
		state.commit()
		if self.request.method != "GET":
			self.sim.save()
		return answer

	def _perform(self) -> Answer:
		if self.route is None:
			self.sim.violate(f"unknown operation {self.request.method} {self.path}")
			raise not_found()
		self._check_transport(self.route)
		if not self.route.open:
			self._authorize()
			self._count()
		self._planned_refusal()
		self._check_contract()
		self._check_query(self.route)
		call = Call(self.sim, self.route, self.args, self.query, self._json(), self._files())
		call.headers = {"If-None-Match": self.request.headers.get("If-None-Match", "")}
		return self.route.handler(call)

	def _check_transport(self, found: Route) -> None:
		if found.deprecated:
			self.sim.violate(f"deprecated operation {found.method} {found.template}")
		if "Cookie" in self.request.headers:
			self.sim.violate(f"cookie sent to {found.method} {found.template}")

	def _authorize(self) -> None:
		scheme, _, encoded = self.request.headers.get("Authorization", "").partition(" ")
		try:
			company, _, token = base64.b64decode(encoded).decode().partition(":")
		except (binascii.Error, UnicodeDecodeError):
			raise unauthorized() from None
		expires = self.sim.state.sessions.get(token)
		if scheme.lower() != "basic" or expires is None or expires <= self.sim.today():
			raise unauthorized()
		if company not in ("", "0", str(self.sim.state.company_id)):
			raise forbidden()  # ASSUMED: a company that is no client

	def _count(self) -> None:
		"""Count the call in its window; refuse it if there were too many. The refusal has no Reset."""
		second = int(self.sim.now().timestamp())
		window = second // WINDOW
		self.sim.windows[window] += 1
		limit = self.sim.rate_limit
		if limit is None:
			return
		left = limit - self.sim.windows[window]
		self.limits = {"X-Rate-Limit-Limit": str(limit), "X-Rate-Limit-Remaining": str(max(left, 0))}
		if left < 0:
			raise too_many_requests()
		self.limits["X-Rate-Limit-Reset"] = str(WINDOW - second % WINDOW - 1)

	def _planned_refusal(self) -> None:
		refusals = {"500_json": server_error, "401": unauthorized, "403": forbidden, "409_8000": stale}
		if self.fault in refusals:
			raise refusals[self.fault]()
		if self.fault == "429":
			self.limits.pop("X-Rate-Limit-Reset", None)
			raise too_many_requests()
		if self.fault == "500_html":
			raise Refusal(500, 1000, fault.HTML_ERROR)

	def _check_contract(self) -> None:
		sim = self.sim
		if sim.contract is None or not sim.strict:
			return
		kind = self.request.content_type or ""
		if kind.startswith("multipart/"):
			return
		errors = sim.contract.request_errors(self.request.method, self.path, self.query, self.raw, kind)
		for error in errors:
			sim.violate(f"{self.request.method} {self.template}: {error}")

	def _check_query(self, found: Route) -> None:
		for name in self.query:
			if name not in found.query:
				self.sim.violate(f"unknown query name {name} in {found.method} {found.template}")
			elif name in found.unused:
				self.sim.violate(f"query name {name} of {found.method} {found.template} is not simulated")

	def _json(self) -> Any:
		if not self.raw or (self.request.content_type or "").startswith("multipart/"):
			return None
		try:
			self.body = json.loads(self.raw, parse_float=Decimal)
		except ValueError:
			raise Refusal(422, 22000, "Invalid JSON") from None
		return self.body

	def _files(self) -> list[tuple[str, bytes]]:
		return [(f.filename or "file", f.read()) for f in self.request.files.values()]

	def _record(self, status: int) -> None:
		query = {name: values[0] if len(values) == 1 else values for name, values in self.query.items()}
		if self.body is None and self.raw[:1] in (b"{", b"["):
			self.body = json.loads(self.raw, parse_float=Decimal) if _is_json(self.raw) else None
		self.sim.requests.append(Recorded(self.request.method, self.template, query, self.body, status))

	def _response(self, answer: Answer) -> Response:
		status, payload, kind = answer.status, answer.payload, answer.content_type
		if self.fault == "500_after_commit" and status < 400:
			status, payload = 500, server_error().body(self.request_id)
		if self.fault == "500_html" and status == 500:
			status, payload, kind = 500, fault.HTML_ERROR.encode(), "text/html;charset=UTF-8"
		if self.fault in ("null_fields", "extra_fields") and status < 400:
			payload = fault.disfigure(self.fault, payload)
		data = b"" if payload is None else payload if isinstance(payload, bytes) else to_json(payload)
		if self.fault == "truncated_json":
			data = data[: len(data) // 2]
		headers = {**HEADERS, **self.limits, "x-tlx-request-id": self.request_id}
		headers["set-cookie"] = f"JSESSIONID={uuid.uuid4().hex}; Path=/; Secure; HttpOnly"
		response = Response(data, status, headers, content_type=kind)
		response.simulated_fault = self.fault  # type: ignore[attr-defined]
		return response

	def _check_answer(self, status: int, response: Response) -> None:
		sim = self.sim
		if not sim.check_answers or sim.contract is None or self.fault or self.route is None:
			return
		if status in (204, 304) or not (response.content_type or "").startswith("application/json"):
			return
		errors = sim.contract.answer_errors(
			self.request.method,
			self.path,
			self.query,
			status,
			response.get_data(),
			response.content_type or "",
		)
		sim.answer_errors += [f"{self.request.method} {self.path} {status}: {error}" for error in errors]


def _is_json(raw: bytes) -> bool:
	try:
		json.loads(raw)
	except ValueError:
		return False
	return True


def to_json(payload: Any) -> bytes:
	"""JSON with decimals as numbers; a float shows up to 15 digits as they are."""
	return json.dumps(payload, default=_number, ensure_ascii=False).encode()


def _number(value: Any) -> Any:
	return float(value) if isinstance(value, Decimal) else str(value)


POSTING_FIELDS = (
	"id,date,amount,amountCurrency,amountGross,type,description,externalRef,account(id,number),vatType(id,number),"
	"customer(id),invoiceNumber,closeGroup(id),voucher(id),systemGenerated"
)
INVOICE_FIELDS = (
	"*,customer(id,customerNumber,name),currency(id,code),orderLines(*,vatType(id,number)),orders(id,number,isClosed),"
	f"postings({POSTING_FIELDS}),voucher(id,number,date,postings({POSTING_FIELDS}))"
)
