"""Printers kept open over all tests, and a server that nobody is to reach."""

from __future__ import annotations

import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from billing_ext.rendering.pdf import ENGINES, PdfPrinter


@pytest.fixture(scope="session")
def printers() -> Iterator[Callable[[str], PdfPrinter]]:
	"""A printer for each engine, as it is asked for."""
	opened: dict[str, PdfPrinter] = {}

	def printer(engine: str) -> PdfPrinter:
		return opened.setdefault(engine, PdfPrinter(engine, seconds=SECONDS))

	yield printer
	for one in opened.values():
		one.__exit__(None, None, None)


@pytest.fixture(params=ENGINES)
def printer(request: pytest.FixtureRequest, printers: Callable[[str], PdfPrinter]) -> PdfPrinter:
	"""Each engine in turn."""
	return printers(request.param)


SECONDS = 12.0
"""For one PDF in the tests."""


class Listener(socketserver.ThreadingTCPServer):
	"""Counts connections to 127.0.0.1, whatever is said on them."""

	daemon_threads = True

	def __init__(self) -> None:
		super().__init__(("127.0.0.1", 0), _Connection)
		self.heard: list[bytes] = []

	@property
	def port(self) -> int:
		return self.server_address[1]


class _Connection(socketserver.BaseRequestHandler):
	def handle(self) -> None:
		self.request.settimeout(1)
		self.server.heard.append(b"connected")  # type: ignore[attr-defined]
		self.server.heard.append(self.request.recv(200))  # type: ignore[attr-defined]
		self.request.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<p>fetched from afar</p>")


@pytest.fixture
def listener() -> Iterator[Listener]:
	with Listener() as server:
		threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
		yield server
		server.shutdown()
