"""PDF of a page, with one browser for all documents that a request or a job prints."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import frappe
from pypdf import PdfReader, PdfWriter

from billing_ext.rendering.pdf import PdfPrinter, PrintPage
from billing_ext.repositories import settings

_FLAG = "billing_ext_pdf_printer"


def pdf(page: PrintPage, password: str | None = None) -> bytes:
	"""A page as PDF, encrypted with ``password`` if there is one. Raises DomainError as PdfPrinter does."""
	printer = _printer()
	content = printer.archive(page, ()) if settings.load().archival_pdf else printer.pdf(page)
	return _encrypted(content, password) if password else content


def joined(pages: Sequence[PrintPage]) -> bytes:
	"""Pages as one PDF, one document after the other. Raises as ``pdf``."""
	first, *others = pages
	if not others:
		return pdf(first)
	writer = PdfWriter()
	for page in pages:
		append(page, writer)
	return _written(writer)


def append(page: PrintPage, output: Any) -> Any:
	"""Add a page's PDF to a bulk print."""
	output.append_pages_from_reader(PdfReader(io.BytesIO(pdf(page))))
	return output


def _printer() -> PdfPrinter:
	printer = frappe.flags.get(_FLAG)
	if printer is None:
		chosen = settings.load()
		engine = "WeasyPrint" if chosen.archival_pdf else chosen.pdf_engine
		printer = frappe.flags[_FLAG] = PdfPrinter(engine)
	return printer


def close() -> None:
	"""End the browser, if one was started. Called after each request and job."""
	printer = frappe.flags.pop(_FLAG, None)
	if printer is not None:
		printer.__exit__(None, None, None)


def _encrypted(content: bytes, password: str) -> bytes:
	writer = PdfWriter()
	writer.append_pages_from_reader(PdfReader(io.BytesIO(content)))
	writer.encrypt(password)
	return _written(writer)


def _written(writer: PdfWriter) -> bytes:
	out = io.BytesIO()
	writer.write(out)
	return out.getvalue()
