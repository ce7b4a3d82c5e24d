"""wkhtmltopdf: an old WebKit, for servers that have nothing else.

Header and footer are printed once, before and after the body. Repeating them needs a build with a patched Qt,
and page numbers in them would need scripts, which are off.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from dataclasses import replace

from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject

from billing_ext.core.errors import DomainError
from billing_ext.rendering.pdf.page import Parts, PrintPage, compose, has_numbers, once

_SAFE: tuple[str, ...] = (
	"--quiet",
	*("--encoding", "utf-8"),
	"--disable-javascript",
	"--disable-local-file-access",
	"--disable-plugins",
	*("--load-error-handling", "ignore"),
	*("--load-media-error-handling", "ignore"),
	*("--proxy", "http://127.0.0.1:9"),  # nobody is there
)


_ZOOM = "1.2865"
"""It shrinks pages to 78 % and an unpatched Qt cannot be told not to. Measured against Chromium and WeasyPrint."""


def present() -> bool:
	"""Whether the program is installed."""
	return shutil.which("wkhtmltopdf") is not None


class Wkhtmltopdf:
	"""Starts the program for each page; there is nothing to keep."""

	def pdf(self, page: PrintPage, parts: Parts, max_pages: int) -> bytes:
		"""``parts`` on ``page``'s paper. Page numbers are known after a first try, and take a second one."""
		content = _printed(page, parts, 1)
		count = len(PdfReader(io.BytesIO(content)).pages)
		if count > 1 and has_numbers(parts.header + parts.footer):
			content = _printed(page, parts, count)
		return _described(content, page)

	def close(self) -> None:
		"""Nothing is kept."""


def _printed(page: PrintPage, parts: Parts, count: int) -> bytes:
	styled = replace(parts, css=f"{_css(page)}\n{parts.css}")
	html = compose(page, styled, once(parts, count, count))
	done = subprocess.run(  # noqa: S603 - what users write goes to standard input only
		[*_command(page), "-", "-"],
		input=html.encode(),
		capture_output=True,
		env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},  # a server has no screen
		check=False,  # it also complains about what it was kept from loading; the PDF tells
	)
	if not done.stdout.startswith(b"%PDF"):
		reason = done.stderr.decode(errors="replace").strip()[-200:] or f"exit code {done.returncode}"
		raise DomainError("pdf_failed", engine="wkhtmltopdf", reason=reason)
	return done.stdout


def _css(page: PrintPage) -> str:
	side = "left" if page.direction == "ltr" else "right"  # it does not know `start`
	return (
		f'body {{ zoom: {_ZOOM}; font-family: "Liberation Sans", Arial, "DejaVu Sans", sans-serif; }}\n'
		f"th, td {{ text-align: {side}; }}"
	)


def _command(page: PrintPage) -> list[str]:
	margins = page.margins
	return [
		shutil.which("wkhtmltopdf") or "wkhtmltopdf",
		*_SAFE,
		*("--page-size", page.size),
		*("--orientation", page.orientation),
		*("--margin-top", f"{margins.top}mm"),
		*("--margin-right", f"{margins.right}mm"),
		*("--margin-bottom", f"{margins.bottom}mm"),
		*("--margin-left", f"{margins.left}mm"),
	]


def _described(content: bytes, page: PrintPage) -> bytes:
	"""With title and language: the program knows no language, and a title on its command line would be shown."""
	writer = PdfWriter(clone_from=io.BytesIO(content))
	writer.add_metadata({"/Title": page.title})
	writer.root_object[NameObject("/Lang")] = TextStringObject(page.language)
	result = io.BytesIO()
	writer.write(result)
	return result.getvalue()
