"""Hostile HTML reaches no server and no file in any engine, and ends in time."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from conftest import Listener
from pages import page, reader, text_of
from playwright.sync_api import Error as PrintingError

from billing_ext.core.errors import DomainError
from billing_ext.rendering.pdf import ENGINES, PdfPrinter, process
from billing_ext.rendering.pdf.engines import STARTS, Engine
from billing_ext.rendering.pdf.page import Parts

HOSTILE = sorted((Path(__file__).parent / "hostile").glob("*.html"))
TARGETS = ("http://127.0.0.1:PORT", "file:///etc/passwd?")

TO_BE_SURVIVED = {
	"20,000 elements in each other": "<div>" * 20_000 + "deep",
	"20,000 tables in each other": "<table><tr><td>" * 20_000 + "deep",
	"a table of 20,000 rows": "<table>" + "<tr><td>a<td>b<td>c</tr>" * 20_000 + "</table>",
	"a picture of 30 MB": f'<img src="data:image/png;base64,{"A" * 15_000_000}">',
	"gigantic boxes": '<div style="width: 1e9px; height: 1e9px; padding: 999999999cm">x</div>',
	"gigantic boxes by calculation": '<div style="height: calc(19999px * 19999)">x</div>',
	"gigantic numbers of cells": '<table><tr><td colspan="999999999" rowspan="999999999">x</table>',
	"a million columns": '<div style="columns: 1000000; width: 19999px">x</div>',
	"pictures in pictures": "<svg><g id=a0><rect width=9 height=9 /></g>"
	+ "".join(f"<g id=a{n}>{f'<use href=#a{n - 1} />' * 10}</g>" for n in range(1, 9))
	+ "<use href=#a8 /></svg>",
	"entities in entities": "<img src=\"data:image/svg+xml,%3C!DOCTYPE s [%3C!ENTITY a '"
	+ "ha" * 50
	+ "'%3E"
	+ "".join(f"%3C!ENTITY {chr(98 + n)} '{f'%26{chr(97 + n)};' * 10}'%3E" for n in range(9))
	+ ']%3E%3Csvg xmlns=%22http://www.w3.org/2000/svg%22%3E%3Ctext x=%22%26j;%22%3E%26j;%3C/text%3E%3C/svg%3E">',
	"brackets in brackets": f"<style>p {{ width: {'calc(' * 5000}1px }}</style><p>x",
	"rules in rules": f"<style>{'@media print {' * 5000}</style><p>x",
	"nothing but a null": "\x00",
	"nothing": "",
}


def attack(path: Path, target: str, listener: Listener) -> str:
	html = path.read_text().replace("TARGET", target)
	return html.replace("PORT", str(listener.port))


def expect_nothing(pdf: bytes, listener: Listener) -> None:
	text = text_of(pdf)
	assert listener.heard == []
	assert "root:" not in text
	assert "from afar" not in text
	assert "scripted" not in text
	assert not reader(pdf).attachments


def test_the_listener_hears(listener):
	"""Else all tests below would be worth nothing."""
	urllib.request.urlopen(f"http://127.0.0.1:{listener.port}/x", timeout=5).read()
	assert listener.heard[0] == b"connected"
	assert listener.heard[1].startswith(b"GET /x")


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.stem)
def test_hostile_html_is_printed_and_reaches_nothing(path, printer, listener):
	html, local = (attack(path, target, listener) for target in TARGETS)
	pdf = printer.pdf(page(html + local, css="@import 'http://127.0.0.1:1/';", header=html, footer=local))
	expect_nothing(pdf, listener)
	assert "before" in text_of(pdf)
	assert "after" in text_of(pdf)


@pytest.fixture(scope="module", params=STARTS)
def engine(request) -> Iterator[Engine]:
	"""An engine without the filter before it, and without the process around it."""
	started = STARTS[request.param]()
	yield started
	started.close()


@pytest.mark.parametrize("target", TARGETS, ids=["network", "file"])
@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.stem)
def test_the_engines_own_walls_hold_without_the_filter(path, target, engine, listener):
	"""Should the filter ever miss something: a second line of defence, tried alone."""
	html = attack(path, target, listener)
	try:
		pdf = engine.pdf(page(""), Parts(html, "", "", ""), 500)
	except PrintingError:
		assert listener.heard == []  # it was about to go elsewhere while it was printed
	else:
		expect_nothing(pdf, listener)


def outcome(printer: PdfPrinter, body: str) -> str:
	try:
		return "printed" if printer.pdf(page(body)).startswith(b"%PDF") else "no PDF"
	except DomainError as error:
		return error.code


@pytest.fixture(scope="module", params=ENGINES)
def impatient(request) -> Iterator[PdfPrinter]:
	with PdfPrinter(request.param, seconds=2) as printer:
		yield printer


@pytest.mark.parametrize("body", TO_BE_SURVIVED.values(), ids=TO_BE_SURVIVED)
def test_what_is_meant_to_exhaust_ends_in_time(body, impatient):
	"""With a PDF or a clear error; and the next page is printed as if nothing had been."""
	started = time.monotonic()
	assert outcome(impatient, body) in ("printed", "pdf_timeout", "pdf_too_long", "pdf_failed")
	assert time.monotonic() - started < 5
	assert "next" in text_of(impatient.pdf(page("<p>next</p>")))


def test_after_a_timeout_nothing_is_left_running():
	"""Neither the worker, nor the browser it started, nor their files."""
	others = set(psutil.Process().children(recursive=True))
	with PdfPrinter("Chromium", seconds=4) as printer:
		printer.pdf(page("<p>x"))
		before = [one for one in psutil.Process().children(recursive=True) if one not in others]
		folder = Path(before[0].cwd())
		with pytest.raises(DomainError, match="pdf_timeout"):
			printer.pdf(page(TO_BE_SURVIVED["gigantic boxes by calculation"]))
	assert len(before) > 3  # worker, driver, browser, its helpers
	_, alive = psutil.wait_procs(before, timeout=3)
	assert not alive
	assert not folder.exists()


def test_too_much_memory_ends_the_engine(monkeypatch):
	monkeypatch.setattr(process, "MAX_MEMORY", 30_000_000)
	with PdfPrinter("WeasyPrint") as printer, pytest.raises(DomainError, match="out of memory"):
		printer.pdf(page("<p>x"))


def test_too_large_and_too_long_are_refused(printers):
	with pytest.raises(DomainError, match="pdf_too_large"):
		printers("WeasyPrint").pdf(page("x" * 20_971_521))
	with PdfPrinter("WeasyPrint", max_pages=2) as short, pytest.raises(DomainError, match="pdf_too_long"):
		short.pdf(page('<p class="page-break">x</p>' * 2 + "<p>y</p>"))


def test_an_engine_inherits_no_secrets(monkeypatch):
	"""What runs hostile input gets neither the server's environment nor its folder."""
	monkeypatch.setenv("DB_PASSWORD", "hunter2")
	others = set(psutil.Process().children())
	with PdfPrinter("WeasyPrint") as printer:
		printer.pdf(page("<p>x"))
		(worker,) = set(psutil.Process().children()) - others
		assert "hunter2" not in str(worker.environ())
		assert "billing-pdf-" in worker.cwd()
