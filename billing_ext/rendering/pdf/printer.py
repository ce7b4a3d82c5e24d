"""From a page to a PDF, with whichever engine there is."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from billing_ext.core.errors import DomainError
from billing_ext.rendering.pdf.engines import ENGINES, engines_present
from billing_ext.rendering.pdf.page import Attachment, PrintPage
from billing_ext.rendering.pdf.process import Process
from billing_ext.rendering.pdf.request import Request

SECONDS = 30.0
"""For one PDF."""

START_SECONDS = 15.0
"""For an engine to start, which takes one or two."""

MAX_BYTES = 20 * 1024 * 1024
"""Of one page's HTML and CSS together."""

MAX_PAGES = 500

_PAGES_PER_PROCESS = 250
"""Then a new process starts: browsers grow."""


class PdfPrinter:
	"""Prints many pages with one engine, which is kept open until the printer is left.

	``engine`` is one of ENGINES; None takes the best one present. Not to be shared between threads.
	Raises DomainError: pdf_engine_missing.
	"""

	def __init__(
		self, engine: str | None = None, seconds: float = SECONDS, max_pages: int = MAX_PAGES
	) -> None:
		self.engine = _chosen(engine)
		self._seconds = seconds
		self._max_pages = max_pages
		self._process: Process | None = None
		self._printed = 0

	def __enter__(self) -> PdfPrinter:
		return self

	def __exit__(
		self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
	) -> None:
		self._stop()

	def pdf(self, page: PrintPage) -> bytes:
		"""``page`` as a PDF. After an error the next page can be printed.

		Raises DomainError: pdf_timeout after the printer's seconds, pdf_too_large above MAX_BYTES, pdf_too_long
		above the printer's number of pages, pdf_failed.
		"""
		return self._ask(page, None)

	def archive(self, page: PrintPage, attachments: Sequence[Attachment]) -> bytes:
		"""``page`` as PDF/A-3b with files in it. Raises DomainError as ``pdf``; WeasyPrint alone can do it."""
		if self.engine != "WeasyPrint":
			raise DomainError("pdf_failed", engine=self.engine, reason="PDF/A-3 needs WeasyPrint")
		return self._ask(page, tuple(attachments))

	def _ask(self, page: PrintPage, attachments: tuple[Attachment, ...] | None) -> bytes:
		_check_size(page)
		if self._printed >= _PAGES_PER_PROCESS:
			self._stop()
		self._process = self._process or self._started()
		self._printed += 1
		try:
			return self._process.ask(Request(page, self._max_pages, attachments).to_json(), self._seconds)
		except BaseException:
			self._stop()  # a page that was refused may have left the engine in any state
			raise

	def _started(self) -> Process:
		"""A browser's start hangs now and then, for reasons of its own; the second one does not."""
		for attempt in (1, 2):
			process = Process(self.engine)
			try:
				process.wait_until_ready(START_SECONDS)
				return process
			except BaseException as error:
				process.kill()
				if attempt == 2 or not isinstance(error, DomainError):
					raise
		raise AssertionError("unreachable")

	def _stop(self) -> None:
		process, self._process, self._printed = self._process, None, 0
		if process:
			process.kill()


def _chosen(engine: str | None) -> str:
	if engine is not None and engine not in ENGINES:
		raise ValueError(f"no such engine: {engine}")
	present = engines_present()
	if not present or engine not in (None, *present):
		raise DomainError("pdf_engine_missing", engine=engine or ", ".join(ENGINES))
	return engine or present[0]


def _check_size(page: PrintPage) -> None:
	size = sum(len(text.encode(errors="replace")) for text in (page.body, page.css, page.header, page.footer))
	if size > MAX_BYTES:
		raise DomainError("pdf_too_large", limit=MAX_BYTES // 1024**2)
