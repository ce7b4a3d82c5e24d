"""The engines by name, best first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from billing_ext.rendering.pdf import chromium, weasyprint_engine, wkhtmltopdf
from billing_ext.rendering.pdf.page import Parts, PrintPage


class Engine(Protocol):
	"""Prints page after page until it is closed."""

	def pdf(self, page: PrintPage, parts: Parts, max_pages: int) -> bytes:
		"""A PDF; the engine may stop after ``max_pages`` + 1 pages."""

	def close(self) -> None:
		"""Free what was kept."""


ENGINES = ("Chromium", "wkhtmltopdf", "WeasyPrint")
"""In the order in which they are chosen."""

_PRESENT: dict[str, Callable[[], bool]] = {
	"Chromium": chromium.present,
	"wkhtmltopdf": wkhtmltopdf.present,
	"WeasyPrint": weasyprint_engine.present,
}

STARTS: dict[str, Callable[[], Engine]] = {
	"Chromium": chromium.Chromium,
	"wkhtmltopdf": wkhtmltopdf.Wkhtmltopdf,
	"WeasyPrint": weasyprint_engine.WeasyPrint,
}


def engines_present() -> tuple[str, ...]:
	"""Those of ENGINES that this machine has, best first. Looks for programs, starts none."""
	return tuple(name for name in ENGINES if _PRESENT[name]())
