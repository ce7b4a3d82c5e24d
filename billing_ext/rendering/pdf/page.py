"""A page to print, as values: what is on it and how large the paper is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from html import escape
from pathlib import Path

from billing_ext.rendering.pdf.css import clean_css, scoped
from billing_ext.rendering.pdf.safety import clean_html

Millimetres = Decimal | int

SIZES: dict[str, tuple[Millimetres, Millimetres]] = {
	"A3": (297, 420),
	"A4": (210, 297),
	"A5": (148, 210),
	"Letter": (Decimal("215.9"), Decimal("279.4")),
	"Legal": (Decimal("215.9"), Decimal("355.6")),
}
"""Width and height of upright sheets, in millimetres."""

ORIENTATIONS = ("Portrait", "Landscape")

CONTENT_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:"


@dataclass(frozen=True)
class Margins:
	"""White borders in millimetres; header and footer stand within the top and the bottom one."""

	top: Millimetres
	right: Millimetres
	bottom: Millimetres
	left: Millimetres


@dataclass(frozen=True)
class Attachment:
	"""A file within a PDF. ``relationship`` is PDF/A-3's: Source, Data, Alternative, Supplement, Unspecified."""

	name: str
	content: bytes
	mime_type: str
	relationship: str = "Data"
	description: str = ""


@dataclass(frozen=True)
class Parts:
	"""What a page's HTML is made of. ``PrintPage.parts`` gives it filtered; engines must hold even if it is not."""

	body: str
	header: str
	footer: str
	css: str


@dataclass(frozen=True)
class PrintPage:
	"""HTML to print, and on what paper.

	``body``, ``header`` and ``footer`` are fragments, and need not be trusted. Header and footer are repeated on
	each page; in them ``<span class="page-number"></span>`` and ``<span class="page-count"></span>`` are filled in.
	Raises ValueError for a size, orientation, direction or margins that do not exist.
	"""

	title: str
	body: str
	css: str
	header: str = ""
	footer: str = ""
	size: str = "A4"
	orientation: str = "Portrait"
	margins: Margins = Margins(top=15, right=15, bottom=15, left=15)
	language: str = "en"
	direction: str = "ltr"

	def __post_init__(self) -> None:
		if self.size not in SIZES or self.orientation not in ORIENTATIONS:
			raise ValueError(f"no such paper: {self.size} {self.orientation}")
		if self.direction not in ("ltr", "rtl"):
			raise ValueError(f"no such direction: {self.direction}")
		if min(self.inner) < 10 or min(_sides(self.margins)) < 0:
			raise ValueError("the margins leave no room")

	@property
	def sheet(self) -> tuple[Millimetres, Millimetres]:
		"""Width and height of the sheet as it is read, in millimetres."""
		width, height = SIZES[self.size]
		return (height, width) if self.orientation == "Landscape" else (width, height)

	@property
	def inner(self) -> tuple[Millimetres, Millimetres]:
		"""Width and height between the margins, in millimetres."""
		width, height = self.sheet
		return width - self.margins.left - self.margins.right, height - self.margins.top - self.margins.bottom

	def html(self, screen: bool = False) -> str:
		"""The complete page, safe to show. On a ``screen`` header and footer stand above and below the body."""
		parts = self.parts()
		if not screen:
			return compose(self, parts, parts.body)
		return compose(self, parts, once(parts, 1, 1), f"body {{ padding: {_lengths(self.margins)}; }}")

	def fragment(self) -> str:
		"""The page within a page of somebody else, such as Frappe's print view: its style sheet and one element."""
		parts = self.parts()
		css = scoped(
			f"{base_css()}\n{parts.css}", ".billing-document.billing-document", ("padding", "vertical-align")
		)
		return (
			f"<style>\n{css}\n</style>\n"
			f'<div class="billing-document" lang="{escape(self.language)}" dir="{self.direction}">'
			f"{once(parts, 1, 1)}</div>"
		)

	def parts(self) -> Parts:
		"""The page's HTML and CSS, filtered: see ``safety``."""
		body, header, footer = clean_html(self.body), clean_html(self.header), clean_html(self.footer)
		css = "\n".join(filter(None, (clean_css(self.css), header.css, footer.css, body.css)))
		return Parts(body.html, header.html, footer.html, css)


def compose(page: PrintPage, parts: Parts, body: str, css: str = "") -> str:
	"""A whole document around ``body``; ``css`` is the engine's own and comes last."""
	width, height = page.sheet
	paper = f"@page {{ size: {width}mm {height}mm; margin: {_lengths(page.margins)}; }}"
	return (
		f'<!doctype html>\n<html lang="{escape(page.language)}" dir="{page.direction}">\n<head>\n'
		f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{CONTENT_POLICY}">\n'
		f"<title>{escape(page.title)}</title>\n"
		f"<style>\n{base_css()}\n{parts.css}\n{paper}\n{css}\n</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
	)


def once(parts: Parts, number: int, count: int) -> str:
	"""The body with the header before it, on page 1, and the footer after it, on page ``number`` of ``count``."""
	return (
		f"{block('header', parts.header, 1, count)}{parts.body}{block('footer', parts.footer, number, count)}"
	)


def block(name: str, html: str, number: int, count: int) -> str:
	"""The header or footer, with its page numbers filled in; nothing if it is empty."""
	if not html:
		return ""
	numbered = html.replace(*_filled("page-number", number)).replace(*_filled("page-count", count))
	return f'<div class="page-{name}">{numbered}</div>'


def has_numbers(html: str) -> bool:
	"""Whether a header or footer, filtered, asks for page numbers."""
	return any(_filled(name, 0)[0] in html for name in ("page-number", "page-count"))


def _filled(name: str, number: int) -> tuple[str, str]:
	empty = f'<span class="{name}"></span>'  # so does `safety` write it
	return empty, empty.replace("><", f">{number}<")


def _sides(margins: Margins) -> tuple[Millimetres, ...]:
	return margins.top, margins.right, margins.bottom, margins.left


def _lengths(margins: Margins) -> str:
	return " ".join(f"{side}mm" for side in _sides(margins))


@cache
def base_css() -> str:
	"""The style sheet under every page's own."""
	return (Path(__file__).parent / "base.css").read_text(encoding="utf-8")
