"""What Frappe calls while it prints: the function in our print formats' wrapper, and the PDF hook."""

from __future__ import annotations

import re
import secrets
from typing import Any

import frappe
from markupsafe import Markup

from billing_ext.core.errors import DomainError
from billing_ext.rendering.errors import TemplateError
from billing_ext.rendering.pdf import PrintPage
from billing_ext.services import document_print, liquid_templates, pdf_printing, statement_print
from billing_ext.services.messages import throw

_PAGES = "billing_ext_pages"
_MARK = re.compile(r"<!--billing-ext:([0-9a-f]{32})-->")


def billing_ext_liquid(
	doc: Any,
	template: str | None = None,
	letter_head: str | None = None,
	footer: str | None = None,
	no_letterhead: Any = 0,
) -> Markup:
	"""A document's HTML, for the wrapper in a print format (a Jinja method).

	Leaves the page behind under a mark in the HTML, from which ``pdf`` makes the PDF without parsing anything.
	"""
	above, below = ("", "") if frappe.utils.cint(no_letterhead) else (letter_head or "", footer or "")
	try:
		page = document_print.page_of(doc, template, above, below)
	except TemplateError as error:
		frappe.throw(frappe.utils.escape_html(liquid_templates.told(error)), frappe.PrintFormatError)
	except DomainError as error:
		throw(error)
	return _marked(page)


def _marked(page: PrintPage) -> Markup:
	mark = secrets.token_hex(16)
	frappe.flags.setdefault(_PAGES, {})[mark] = page
	return Markup(f"{page.fragment()}<!--billing-ext:{mark}-->")  # noqa: S704 - fragment() is sanitised


def billing_ext_statement(filters: Any, letter_head: Any = None) -> Markup | str:
	"""A statement for Process Statement of Accounts; empty where no template is chosen for it (a Jinja method)."""
	page = statement_print.page_of(filters)
	return Markup(page.fragment()) if page else ""  # noqa: S704 - fragment() is sanitised


def pdf(
	print_format: str | None = None, html: str = "", options: Any = None, output: Any = None, **_kwargs: Any
) -> Any:
	"""The PDF of a page that we rendered; None for others, which Frappe or another app prints (hook pdf_generator)."""
	mark = _MARK.search(html or "")
	page = (frappe.flags.get(_PAGES) or {}).pop(mark[1], None) if mark else None
	if page is None:
		return None
	try:
		if output is not None:
			return pdf_printing.append(page, output)
		return pdf_printing.pdf(page, (options or {}).get("password"))
	except DomainError as error:
		throw(error)


def close_printer(*_args: Any, **_kwargs: Any) -> None:
	"""After each request and job (hooks after_request, after_job)."""
	pdf_printing.close()
