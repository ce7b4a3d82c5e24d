"""WeasyPrint: no browser, no scripts, and PDF/A."""

from __future__ import annotations

import base64
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from billing_ext.rendering.pdf.page import Attachment, Parts, PrintPage, compose

_RUNNING = """
.page-number::after { content: counter(page); }
.page-count::after { content: counter(pages); }
.page-header { position: running(page-header); }
.page-footer { position: running(page-footer); }
@page {
	@top-center { content: element(page-header); width: 100%; vertical-align: middle; text-align: start; }
	@bottom-center { content: element(page-footer); width: 100%; vertical-align: middle; text-align: start; }
}
"""


def present() -> bool:
	"""Whether WeasyPrint is installed."""
	return find_spec("weasyprint") is not None


class WeasyPrint:
	"""Prints in this process."""

	def __init__(self) -> None:
		sys.setrecursionlimit(20_000)  # boxes in boxes are laid out recursively; see safety.MAX_DEPTH

	def pdf(self, page: PrintPage, parts: Parts, max_pages: int) -> bytes:
		"""``parts`` on ``page``'s paper, tagged for screen readers."""
		return _written(page, parts, pdf_tags=True)

	def archive(self, page: PrintPage, parts: Parts, attachments: Sequence[Attachment]) -> bytes:
		"""The same as PDF/A-3b, with files in it."""
		from weasyprint import Attachment as Embedded

		embedded = [
			Embedded(
				url=_data_uri(attachment),
				url_fetcher=_fetcher(),
				name=attachment.name,
				description=attachment.description or attachment.name,
				relationship=attachment.relationship,
			)
			for attachment in attachments
		]
		return _written(page, parts, pdf_variant="pdf/a-3b", attachments=embedded)

	def close(self) -> None:
		"""Nothing is kept."""


def _written(page: PrintPage, parts: Parts, **options: Any) -> bytes:
	from weasyprint import HTML

	header = parts.header and f'<div class="page-header">{parts.header}</div>'
	footer = parts.footer and f'<div class="page-footer">{parts.footer}</div>'
	html = compose(page, parts, f"{header}{footer}{parts.body}", _RUNNING)
	return bytes(HTML(string=html, url_fetcher=_fetcher()).write_pdf(**options))


def _data_uri(attachment: Attachment) -> str:
	# WeasyPrint guesses the type of a file by its name, but believes the type in an address.
	return f"data:{attachment.mime_type};base64,{base64.b64encode(attachment.content).decode()}"


def _fetcher() -> Any:
	from weasyprint.urls import URLFetcher

	class DataOnly(URLFetcher):  # type: ignore[misc]
		"""Reads what the page itself holds, and nothing else."""

		def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
			if url[:5].lower() != "data:":
				raise ValueError("only data: addresses are read")
			return super().fetch(url, headers)

	return DataOnly(allow_redirects=False)
