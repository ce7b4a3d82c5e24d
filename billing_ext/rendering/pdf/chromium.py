"""Chromium through Playwright: the engine that prints best. Without network, files, scripts or storage."""

from __future__ import annotations

import logging
import os
import shutil
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from billing_ext.rendering.pdf.css import clean_css
from billing_ext.rendering.pdf.page import Parts, PrintPage, base_css, compose
from billing_ext.rendering.pdf.safety import clean_html

_log = logging.getLogger(__name__)

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")

_NOWHERE = "http://127.0.0.1:9"
"""A proxy that is not there."""

_ARGUMENTS = (
	"--host-resolver-rules=MAP * ~NOTFOUND",
	"--disable-background-networking",
	"--disable-breakpad",
	"--disable-sync",
	"--dns-prefetch-disable",
	"--no-first-run",
	"--no-pings",
	"--js-flags=--jitless",  # scripts are off; should one run nevertheless, it gets no writable code
)

_OURS = {"page-number": "page-number pageNumber", "page-count": "page-count totalPages"}

_FILLED = {name: f"{name}_" for name in ("date", "title", "url", "pageNumber", "totalPages")}
"""Classes whose elements Chromium fills in a header: a template's own <h1 class="title"> is to keep its text."""


def present() -> bool:
	"""Whether Playwright is installed and finds a browser."""
	return find_spec("playwright") is not None and bool(program() or _downloaded())


def program() -> str | None:
	"""The system's Chromium."""
	return next(filter(None, map(shutil.which, _PROGRAMS)), None)


def _downloaded() -> bool:
	folder = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright"
	return any(Path(folder).glob("chromium*"))


class Chromium:
	"""One browser, kept open. Each page gets a context of its own, so that none sees what another left."""

	def __init__(self) -> None:
		from playwright.sync_api import sync_playwright

		self._playwright = sync_playwright().start()
		self._browser = self._launched()

	def pdf(self, page: PrintPage, parts: Parts, max_pages: int) -> bytes:
		"""``parts`` on ``page``'s paper. No more than ``max_pages`` + 1 pages are printed."""
		context = self._browser.new_context(
			java_script_enabled=False, offline=True, service_workers="block", accept_downloads=False
		)
		try:
			context.route("**/*", lambda route: route.abort())
			tab = context.new_page()
			tab.set_default_timeout(0)  # the worker has a time limit of its own
			tab.set_content(compose(page, parts, parts.body), wait_until="load")
			return bytes(_printed(tab, page, parts, max_pages))
		finally:
			context.close()

	def close(self) -> None:
		"""End the browser."""
		self._browser.close()
		self._playwright.stop()

	def _launched(self) -> Any:
		from playwright.sync_api import Error

		# Chromium refuses to start its sandbox as root. It needs user namespaces, or a setuid helper, which many
		# containers do not offer: without it the page is still without scripts and network, but one wall is gone.
		if os.geteuid() != 0:
			try:
				return self._launch(sandbox=True)
			except Error as error:
				_log.warning("Chromium's sandbox does not start: %s", str(error).splitlines()[0])
		return self._launch(sandbox=False)

	def _launch(self, sandbox: bool) -> Any:
		return self._playwright.chromium.launch(
			executable_path=program(),
			chromium_sandbox=sandbox,
			args=list(_ARGUMENTS),
			proxy={"server": _NOWHERE},
			handle_sigint=False,
			handle_sighup=False,
			handle_sigterm=False,
		)


def _printed(tab: Any, page: PrintPage, parts: Parts, max_pages: int) -> bytes:
	width, height = page.sheet
	margins = page.margins
	last = max_pages + 1
	return bytes(
		tab.pdf(
			width=f"{width}mm",
			height=f"{height}mm",
			margin={
				"top": f"{margins.top}mm",
				"right": f"{margins.right}mm",
				"bottom": f"{margins.bottom}mm",
				"left": f"{margins.left}mm",
			},
			print_background=True,
			display_header_footer=bool(parts.header or parts.footer),
			header_template=_template(page, parts, "header", parts.header),
			footer_template=_template(page, parts, "footer", parts.footer),
			page_ranges=f"1-{last}",
			tagged=True,
		)
	)


def _template(page: PrintPage, parts: Parts, name: str, html: str) -> str:
	"""A header or footer as Chromium wants it: a document of its own, which inherits no style of the page.

	A margin box of CSS could hold text only, not HTML.
	"""
	if not html:
		return "<span></span>"  # nothing would be replaced by date and address
	content = clean_html(html, _FILLED | _OURS).html
	css = f"{base_css()}\n{clean_css(parts.css, _FILLED)}"
	margins = page.margins
	room = margins.top if name == "header" else margins.bottom
	return (
		f"<style>{css}\n#header, #footer {{ margin: 0; padding: 0; }}\n"
		f".page-{name} {{ width: 100%; height: {room}mm; padding: 0 {margins.right}mm 0 {margins.left}mm;"
		f" display: flex; flex-direction: column; justify-content: center; overflow: hidden;"
		f" font-family: Inter, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif; }}</style>"
		f'<div class="page-{name}" lang="{escape(page.language)}" dir="{page.direction}"><div>{content}</div></div>'
	)
