"""The simulator behind a socket, for tests end to end and for demonstrations."""

from __future__ import annotations

import argparse
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request

from . import control
from .faults import NoAnswer

if TYPE_CHECKING:
	from .app import Simulator

LONGEST_SILENCE = 300.0


class Quiet(WSGIRequestHandler):
	"""Says nothing on the terminal: addresses may hold tokens."""

	def log(self, type: str, message: str, *args: Any) -> None:
		"""Nothing."""


class Server:
	"""A running server; as a context manager it stops at the end."""

	def __init__(self, sim: Simulator, port: int = 0, host: str = "127.0.0.1"):
		self.sim = sim
		self._stopping = threading.Event()
		self._server = make_server(host, port, self._app, threaded=True, request_handler=Quiet)
		self._server.daemon_threads = True  # type: ignore[attr-defined]
		self.port = self._server.server_port
		self.base_url = f"http://{host}:{self.port}/v2"
		self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
		self._thread.start()

	def __enter__(self) -> Server:
		return self

	def __exit__(self, *_: object) -> None:
		self.stop()

	def stop(self) -> None:
		"""Stop answering."""
		self._stopping.set()
		self._server.shutdown()
		self._server.server_close()
		self._thread.join(timeout=5)

	def _app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
		request = Request(environ)
		if request.path.startswith(control.PREFIX):
			return control.answer(self.sim, request)(environ, start_response)
		connection: socket.socket = environ["werkzeug.socket"]
		try:
			answer = self.sim.answer(request)
		except NoAnswer:
			self._hang(connection)
			return _dropped(connection)
		kind = answer.simulated_fault  # type: ignore[attr-defined]
		if kind == "slow":
			self._stopping.wait(self.sim.faults.slow_seconds)
		if kind == "reset_mid_body":
			return _cut(answer.get_data(), answer, environ, start_response, connection)
		return answer(environ, start_response)

	def _hang(self, connection: socket.socket) -> None:
		"""Wait until the caller gives up."""
		end = time.monotonic() + LONGEST_SILENCE
		connection.settimeout(0.2)
		while time.monotonic() < end and not self._stopping.is_set():
			with contextlib.suppress(TimeoutError):
				try:
					if not connection.recv(1, socket.MSG_PEEK):
						return
				except ConnectionError:
					return


def _dropped(connection: socket.socket) -> Iterable[bytes]:
	_reset(connection)
	raise ConnectionResetError("the simulator dropped the connection")


def _reset(connection: socket.socket) -> None:
	with contextlib.suppress(OSError):
		connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		connection.shutdown(socket.SHUT_RDWR)
		connection.close()


def _cut(
	data: bytes,
	answer: Any,
	environ: dict[str, Any],
	start_response: Callable[..., Any],
	connection: socket.socket,
) -> Iterable[bytes]:
	headers = [(k, v) for k, v in answer.headers.items() if k.lower() != "content-length"]
	start_response(answer.status, [*headers, ("Content-Length", str(len(data)))])
	yield data[: len(data) // 2]
	_reset(connection)


def _wait(sim: Simulator, seconds: float) -> None:
	"""Until interrupted; webhooks go out at intervals."""
	while not threading.Event().wait(seconds or None):
		sim.webhooks.deliver()


def main(arguments: list[str] | None = None) -> None:
	"""Run until interrupted."""
	from .app import Simulator

	parser = argparse.ArgumentParser(description="A Tripletex of your own, on this machine only.")
	parser.add_argument("--port", type=int, default=8910)
	parser.add_argument("--state", help="file that keeps the company between runs")
	parser.add_argument("--webhooks", type=float, default=0, help="deliver webhooks every so many seconds")
	options = parser.parse_args(arguments)
	sim = Simulator()
	if options.state:
		sim.keep_in(options.state)
	with Server(sim, options.port) as server:
		print(f"Tripletex simulator on {server.base_url} (tokens: consumer / employee)", flush=True)
		with contextlib.suppress(KeyboardInterrupt):
			_wait(sim, options.webhooks)
