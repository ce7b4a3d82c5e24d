"""The process an engine runs in: watched for time and memory, and ended with all it has started.

Rendering hostile HTML may take for ever, eat all memory or crash the program. None of that may happen to the
process that serves users, so an engine gets one of its own (``worker``), in an empty folder and without the
server's environment.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from billing_ext.core.errors import DomainError

MAX_MEMORY = 3 * 1024**3
"""Bytes that an engine and what it has started may hold together; a large invoice takes a tenth of it."""

_LOOK = 0.2
"""Seconds between two looks at the memory."""

_INHERITED = ("PATH", "LANG", "LC_ALL", "FONTCONFIG_PATH", "FONTCONFIG_FILE")
"""The environment that an engine gets: where programs and fonts are, no keys and no passwords."""


class Process:
	"""One engine in a process of its own, which answers one request after the other."""

	def __init__(self, engine: str) -> None:
		self.engine = engine
		self._folder = tempfile.TemporaryDirectory(prefix="billing-pdf-", ignore_cleanup_errors=True)
		self._path = Path(self._folder.name)
		with (self._path / "log").open("wb") as log:
			self._popen = subprocess.Popen(  # noqa: S603 - this interpreter, and a name from ENGINES
				[sys.executable, "-m", "billing_ext.rendering.pdf.worker", engine],
				stdin=subprocess.PIPE,
				stdout=subprocess.PIPE,
				stderr=log,
				cwd=self._path,
				env=_environment(self._path),
				start_new_session=True,
			)

	def wait_until_ready(self, seconds: float) -> None:
		"""Wait until the engine has started. Raises DomainError: pdf_timeout after ``seconds``, pdf_failed."""
		self._line(seconds)

	def ask(self, request: str, seconds: float) -> bytes:
		"""The answer to ``request``. After an error the process is in no known state: kill it.

		Raises DomainError: pdf_timeout after ``seconds``, pdf_failed, and what the engine raises.
		"""
		(self._path / "request").write_text(request, encoding="utf-8")
		with suppress(BrokenPipeError):  # it has ended: reading tells
			os.write(self._popen.stdin.fileno(), b"\n")  # type: ignore[union-attr]
		error = json.loads(self._line(seconds))
		if error:
			raise DomainError(error.pop("code"), **error)
		return (self._path / "answer").read_bytes()

	def kill(self) -> None:
		"""End the process, all it has started, and its folder. May be called again."""
		end_tree(self._popen.pid, itself=self._popen.poll() is None)
		for pipe in (self._popen.stdin, self._popen.stdout):
			with suppress(OSError):  # what was not written yet has no reader any more
				pipe.close()  # type: ignore[union-attr]
		self._popen.wait()
		self._folder.cleanup()

	def _line(self, seconds: float) -> bytes:
		deadline = time.monotonic() + seconds
		line = b""
		with selectors.DefaultSelector() as selector:
			selector.register(self._popen.stdout, selectors.EVENT_READ)  # type: ignore[arg-type]
			while not line.endswith(b"\n"):
				self._check(deadline, seconds)
				if selector.select(_LOOK):
					line += self._read()
		return line

	def _read(self) -> bytes:
		part = os.read(self._popen.stdout.fileno(), 65536)  # type: ignore[union-attr]
		if not part:
			raise DomainError("pdf_failed", engine=self.engine, reason=self._last_words())
		return part

	def _check(self, deadline: float, seconds: float) -> None:
		if time.monotonic() > deadline:
			raise DomainError("pdf_timeout", engine=self.engine, seconds=f"{seconds:g}")
		if _memory(self._popen.pid) > MAX_MEMORY:
			raise DomainError("pdf_failed", engine=self.engine, reason="out of memory")

	def _last_words(self) -> str:
		lines = (self._path / "log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
		return lines[-1][-200:] if lines else f"exit code {self._popen.wait()}"


def end_tree(pid: int, itself: bool) -> None:
	"""Kill the processes that ``pid`` has started, and theirs; ``itself`` too if asked."""
	with suppress(psutil.NoSuchProcess):
		root = psutil.Process(pid)
		found = root.children(recursive=True)
		for process in ([root] if itself else []) + found:
			with suppress(psutil.NoSuchProcess):
				process.kill()
	if itself:
		with suppress(ProcessLookupError, PermissionError):
			os.killpg(pid, signal.SIGKILL)  # what was started meanwhile; the worker leads its group


def _memory(pid: int) -> int:
	total = 0
	with suppress(psutil.NoSuchProcess):
		root = psutil.Process(pid)
		for process in (root, *root.children(recursive=True)):
			with suppress(psutil.NoSuchProcess):
				total += process.memory_info().rss
	return total


def _environment(folder: Path) -> dict[str, str]:
	home = Path.home()
	app = Path(__file__).parents[3]  # where billing_ext is: a bench knows it, another caller may not
	return {name: os.environ[name] for name in _INHERITED if name in os.environ} | {
		"HOME": str(folder),
		"TMPDIR": str(folder),
		"PYTHONPATH": str(app),
		"PYTHONSAFEPATH": "1",
		"XDG_DATA_HOME": os.environ.get("XDG_DATA_HOME", str(home / ".local" / "share")),  # fonts
		"PLAYWRIGHT_BROWSERS_PATH": os.environ.get(
			"PLAYWRIGHT_BROWSERS_PATH", str(home / ".cache" / "ms-playwright")
		),
	}
