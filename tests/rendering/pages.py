"""What the tests of printing share: a page, and what can be read from a PDF."""

from __future__ import annotations

import io
import subprocess
from typing import Any

from pypdf import PdfReader

from billing_ext.rendering.pdf import PrintPage

NUMBERED = '<p>Page <span class="page-number"></span> of <span class="page-count"></span></p>'


def page(body: str, css: str = "", **changes: Any) -> PrintPage:
	return PrintPage("Invoice 1", body, css, **changes)


def table(rows: int) -> str:
	cells = "".join(
		f"<tr><td>row{row:03}</td><td>Service {row}</td><td>99.00</td></tr>" for row in range(rows)
	)
	return f"<table><thead><tr><th>Number</th><th>What</th><th>Amount</th></tr></thead><tbody>{cells}</tbody></table>"


def text_of(pdf: bytes) -> str:
	"""What pdftotext reads, pages ended by form feeds."""
	return subprocess.run(
		["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
	).stdout.decode()


def pages_of(pdf: bytes) -> list[str]:
	return text_of(pdf).split("\f")[:-1]


def reader(pdf: bytes) -> PdfReader:
	return PdfReader(io.BytesIO(pdf))
