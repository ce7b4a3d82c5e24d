"""The way to Tripletex's test environment: tokens, a tap on the wire, and recordings without secrets or personal data."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from requests.adapters import BaseAdapter

from billing_ext.integrations.tripletex import decimal_json
from billing_ext.integrations.tripletex.secret import Secret, scrub
from billing_ext.integrations.tripletex.session import TokenPair

CONSUMER = "BILLING_EXT_TRIPLETEX_CONSUMER_TOKEN"
EMPLOYEE = "BILLING_EXT_TRIPLETEX_EMPLOYEE_TOKEN"
RECORDINGS = "BILLING_EXT_TRIPLETEX_RECORDINGS"
FILED_DAY = "BILLING_EXT_TRIPLETEX_FILED_DAY"
"""A day of a VAT term that somebody has filed in the test company."""

FIRST_NUMBER, NUMBERS_OF_A_RUN, RUNS = 500_000_000, 200, 2_499_999
"""Nine digits, so that a KID of ten holds them; each minute has numbers of its own for more than four years."""
_BEGINNING = datetime(2026, 1, 1, tzinfo=timezone.utc)


# Tokens


def tokens(environ: Mapping[str, str] = os.environ) -> TokenPair | None:
	"""The tokens in the environment, None unless both are there."""
	if missing(environ):
		return None
	return TokenPair(Secret(environ[CONSUMER]), Secret(environ[EMPLOYEE]))


def missing(environ: Mapping[str, str] = os.environ) -> str:
	"""Why the test environment is not asked; empty if it can be."""
	names = [name for name in (CONSUMER, EMPLOYEE) if not environ.get(name)]
	return f"Set {' and '.join(names)}: see docs/tripletex-sandbox.md." if names else ""


def numbers_of_a_run(now: datetime) -> range:
	"""Numbers for invoices and customers that no other run has used."""
	run = int((now - _BEGINNING).total_seconds() // 60) % RUNS
	first = FIRST_NUMBER + run * NUMBERS_OF_A_RUN
	return range(first, first + NUMBERS_OF_A_RUN)


# The wire


@dataclass(frozen=True)
class Exchange:
	"""A call and its answer as they went over the wire; ``query`` and ``body`` are ours, ``answer`` is Tripletex's."""

	method: str
	path: str
	query: list[tuple[str, str]]
	body: Any
	status: int
	headers: dict[str, str]
	answer: Any
	sent_cookie: bool


class Tap(BaseAdapter):
	"""Passes calls on to another adapter and keeps what was answered. Of a session's calls it keeps nothing."""

	def __init__(self, inner: BaseAdapter) -> None:
		super().__init__()
		self.inner = inner
		self.exchanges: list[Exchange] = []
		self._lock = threading.Lock()

	def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
		response = self.inner.send(request, **options)
		# Read whole: the client then reads it from memory.
		content = response.content
		path = unquote(urlsplit(str(request.url)).path)
		if "/token/session/" not in path or path.endswith(">whoAmI"):
			with self._lock:
				self.exchanges.append(_exchange(request, response, path, content))
		return response

	def close(self) -> None:
		self.inner.close()


def _exchange(
	request: requests.PreparedRequest, response: requests.Response, path: str, content: bytes
) -> Exchange:
	kind = response.headers.get("content-type", "")
	return Exchange(
		method=str(request.method),
		path=re.sub(r"/\d+", "/{id}", path.removeprefix("/v2")),
		query=parse_qsl(urlsplit(str(request.url)).query),
		body=_sent(request),
		status=response.status_code,
		headers={name.lower(): value for name, value in response.headers.items()},
		answer=_json(content) if "json" in kind else {"content-type": kind, "bytes": len(content)},
		sent_cookie="Cookie" in request.headers,
	)


def _sent(request: requests.PreparedRequest) -> Any:
	if not request.body:
		return None
	multipart = str(request.headers.get("Content-Type", "")).startswith("multipart/")
	return "<file>" if multipart else _json(request.body)


def _json(text: bytes | str) -> Any:
	try:
		return decimal_json.loads(text)
	except ValueError:
		return "<not JSON>"


# Recordings

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")
_LINK = re.compile(r"<a\b.*?</a>", re.DOTALL)
_DAY = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_DIGITS = re.compile(r"\d{6,}")
_NORWEGIAN_DAY = re.compile(r"\b(\d\d)\.(\d\d)\.(\d{4})( \d\d:\d\d)?")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT")
_TOLD = set(
	"message developerMessage field path type code description fileName kid externalRef externalVoucherNumber"
	" invoiceNumber number numberAsString status event invoiceSendMethod invoicesDueInType ledgerType termSize".split()
)
"""Names of fields whose texts are kept; all other texts of an answer may be personal."""
_LISTS = {"vatType", "voucherType", "account", "currency", "product"}
"""Objects whose names belong to a list of Tripletex or to us."""
_LIMITS = ("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset", "retry-after")
_ABOUT_LIMITS = 8
"""The check whose recording shows them; elsewhere they would only make two recordings differ."""
_SHOWN = 5
"""Rows of an answered list that are recorded."""
FAR = 3_650
"""Days beyond which a day has nothing to do with today."""


@dataclass
class Scrubber:
	"""Takes out what is secret, personal or different in every run, so that two recordings can be compared."""

	today: date
	first: int
	secrets: tuple[Secret, ...] = ()
	aliases: dict[int, str] = field(default_factory=dict)

	def ours(self, value: Any) -> Any:
		"""What we sent or concluded: all of it, with its texts scrubbed."""
		return self._value(value, "", "", keep=True)

	def theirs(self, value: Any) -> Any:
		"""What was answered: shapes, numbers, days, and the texts that matter."""
		return self._value(value, "", "", keep=False)

	def text(self, text: str) -> str:
		"""A text without tokens, addresses, links and long numbers; days and our numbers as distances."""
		text = _LINK.sub("<a>…</a>", _EMAIL.sub("<e-mail>", scrub(text, self.secrets)))
		text = _DAY.sub(self._day, _NORWEGIAN_DAY.sub(r"\3-\2-\1", text))
		return _DIGITS.sub(lambda found: self._number(int(found[0]), found[0]), text)

	def _value(self, value: Any, key: str, parent: str, keep: bool) -> Any:
		if isinstance(value, dict):
			return {name: self._value(entry, name, key, keep) for name, entry in value.items()}
		if isinstance(value, list):
			shown = len(value) if keep else _SHOWN
			rows = [self._value(entry, key, parent, keep) for entry in value[:shown]]
			return rows + ([f"… of {len(value)}"] if len(value) > shown else [])
		if isinstance(value, str):
			return self._text(value, key, parent, keep)
		# Where Tripletex's own counter stands depends on what was booked before.
		counted = key == "number" and parent == "voucher"
		return "<counted>" if counted and value is not None else self._plain(value, key)

	def _text(self, text: str, key: str, parent: str, keep: bool) -> str:
		if _TIME.match(text):
			return "<time>"
		told = keep or key in _TOLD or (key == "name" and parent in _LISTS) or _DAY.fullmatch(text)
		return self.text(text) if told or not text else "<text>"

	def _plain(self, value: Any, key: str) -> Any:
		if isinstance(value, Decimal):
			return f"{value:f}"
		if isinstance(value, int) and not isinstance(value, bool):
			is_id = key == "id" or key.endswith("Id")
			return "<id>" if is_id else self._number(value, value) if value >= 100_000 else value
		return value

	def _number(self, number: int, otherwise: Any) -> Any:
		if number in self.aliases:
			return self.aliases[number]
		for word, value in (("number", number), ("kid", number // 10)):
			if 0 <= value - self.first < NUMBERS_OF_A_RUN:
				return f"<{word} {value - self.first}>"
		return "<digits>" if isinstance(otherwise, str) or number >= 10_000_000 else otherwise

	def _day(self, found: re.Match[str]) -> str:
		try:
			days = (date.fromisoformat(found[0]) - self.today).days
		except ValueError:
			return found[0]
		if abs(days) > FAR:
			return found[0]
		return f"<today{days:+d}>" if days else "<today>"


def recording(check: int, test: str, observed: Any, exchanges: Iterable[Exchange], scrubber: Scrubber) -> Any:
	"""What a check has seen, as JSON."""
	return {
		"check": check,
		"test": test,
		"observed": scrubber.ours(observed),
		"calls": [_call(exchange, scrubber, check) for exchange in exchanges],
	}


def _call(exchange: Exchange, scrubber: Scrubber, check: int) -> dict[str, Any]:
	call: dict[str, Any] = {
		"method": exchange.method,
		"path": exchange.path,
		"query": scrubber.ours({name: _query_value(name, value) for name, value in exchange.query}),
		"body": scrubber.ours(exchange.body),
		"status": exchange.status,
		"answer": scrubber.theirs(exchange.answer),
	}
	names = _LIMITS if check == _ABOUT_LIMITS or exchange.status == 429 else ()
	call["headers"] = {
		name: exchange.headers[name] for name in ("content-type", *names) if name in exchange.headers
	}
	cookies = re.findall(r"(?:^|,\s*)([\w-]+)=", exchange.headers.get("set-cookie", ""))
	if cookies:
		call["cookies set"] = sorted({*cookies})
	return call


def _query_value(name: str, value: str) -> Any:
	return int(value) if value.isdigit() and (name == "id" or name.endswith("Id")) else value


def save(recorded: Any, kind: str, environ: Mapping[str, str] = os.environ) -> Path | None:
	"""Write a recording into the folder of the environment, if it names one; ``kind`` is its sub-folder."""
	if not environ.get(RECORDINGS):
		return None
	folder = Path(environ[RECORDINGS]) / kind
	folder.mkdir(parents=True, exist_ok=True)
	path = folder / f"{recorded['test']}.json"
	path.write_text(_pretty(recorded) + "\n", encoding="utf-8")
	return path


def _pretty(value: Any, depth: int = 0) -> str:
	"""JSON over several lines; what has no object inside stays on one."""
	if not isinstance(value, dict | list) or len(decimal_json.dumps(value)) < 100:
		return decimal_json.dumps(value)
	pad, end = "\t" * (depth + 1), "\n" + "\t" * depth
	if isinstance(value, list):
		return "[" + ",".join(f"\n{pad}{_pretty(each, depth + 1)}" for each in value) + end + "]"
	rows = (f"\n{pad}{decimal_json.dumps(name)}: {_pretty(each, depth + 1)}" for name, each in value.items())
	return "{" + ",".join(rows) + end + "}"
