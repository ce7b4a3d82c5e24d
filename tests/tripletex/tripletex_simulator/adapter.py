"""Calls of `requests` that reach the simulator without a socket."""

from __future__ import annotations

import io
from email.message import Message
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from .faults import NoAnswer

if TYPE_CHECKING:
	from .app import Simulator


class InProcessAdapter(BaseAdapter):
	"""Mount it on any base address. Time is not spent: a slow answer is a timeout if the caller waits for less."""

	def __init__(self, sim: Simulator):
		super().__init__()
		self.sim = sim

	def send(
		self,
		request: requests.PreparedRequest,
		stream: bool = False,
		timeout: Any = None,
		verify: Any = True,
		cert: Any = None,
		proxies: Any = None,
	) -> requests.Response:
		try:
			answer = self.sim.answer(Request(_environ(request)))
		except NoAnswer:
			raise requests.exceptions.ReadTimeout("Read timed out.", request=request) from None
		kind = answer.simulated_fault  # type: ignore[attr-defined]
		if kind == "slow":
			self._wait(request, timeout)
		return _response(request, answer, kind)

	def _wait(self, request: requests.PreparedRequest, timeout: Any) -> None:
		limit = timeout[1] if isinstance(timeout, tuple) else timeout
		if limit is not None and float(limit) < self.sim.faults.slow_seconds:
			raise requests.exceptions.ReadTimeout("Read timed out.", request=request)
		self.sim.slept += self.sim.faults.slow_seconds

	def close(self) -> None:
		"""There is nothing to close."""


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
	parts = urlsplit(str(request.url))
	body: Any = request.body
	data = body.read() if hasattr(body, "read") else body.encode() if isinstance(body, str) else body
	builder = EnvironBuilder(
		path=unquote(parts.path),
		query_string=parts.query,
		method=request.method or "GET",
		base_url=f"{parts.scheme}://{parts.netloc}/",
		headers=dict(request.headers.items()),
		data=data or b"",
	)
	return builder.get_environ()


class _Broken(io.RawIOBase):
	"""A body that breaks off halfway."""

	def __init__(self, data: bytes):
		super().__init__()
		self._half: bytes = data[: len(data) // 2]

	def readable(self) -> bool:
		return True

	def read(self, size: int = -1) -> bytes:
		if not self._half:
			raise ConnectionResetError(104, "Connection reset by peer")
		half, self._half = self._half, b""
		return half


class _Original:
	"""Where requests looks for cookies."""

	def __init__(self, headers: Any):
		self.msg = Message()
		for name, value in headers.items():
			self.msg[name] = value

	def isclosed(self) -> bool:
		return False

	def close(self) -> None:
		"""There is nothing to close."""


def _response(request: requests.PreparedRequest, answer: Any, kind: str) -> requests.Response:
	data = answer.get_data()
	response = requests.Response()
	response.status_code = answer.status_code
	response.headers = requests.structures.CaseInsensitiveDict(answer.headers.items())
	source: Any = _Broken(data) if kind == "reset_mid_body" else io.BytesIO(data)
	response.raw = HTTPResponse(
		body=source,
		headers=HTTPHeaderDict(answer.headers.items()),
		status=answer.status_code,
		preload_content=False,
		decode_content=False,
		original_response=_Original(answer.headers),  # type: ignore[arg-type]
	)
	response.encoding = "utf-8"
	response.reason = answer.status.partition(" ")[2]
	response.url, response.request = str(request.url), request
	return response
