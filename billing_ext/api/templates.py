"""Calls of the desk about Liquid Templates."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any, TypeVar

import frappe

from billing_ext.core.errors import DomainError
from billing_ext.rendering.errors import TemplateError
from billing_ext.services import liquid_templates, pdf_printing, print_format_conversion
from billing_ext.services.messages import throw

DOCTYPE = "Liquid Template"
T = TypeVar("T")


@frappe.whitelist(methods=["POST"])
def preview(template: dict | str, document: str | None = None, language: str | None = None) -> dict[str, Any]:
	"""The template as it stands in the form, as a whole HTML page, or its error.

	Needs permission to read Liquid Templates, and to read and print ``document``.
	"""
	frappe.has_permission(DOCTYPE, "read", throw=True)
	return _previewed(
		lambda: {"html": liquid_templates.preview(_values(template), document, language).html(screen=True)},
		{"html": None},
	)


@frappe.whitelist(methods=["POST"])
def preview_pdf(
	template: dict | str, document: str | None = None, language: str | None = None
) -> dict[str, Any]:
	"""The template as it stands in the form, as a PDF in base64, or its error. Permissions as ``preview``."""
	frappe.has_permission(DOCTYPE, "read", throw=True)

	def made() -> dict[str, Any]:
		page = liquid_templates.preview(_values(template), document, language)
		return {"pdf": base64.b64encode(pdf_printing.pdf(page)).decode()}

	return _previewed(made, {"pdf": None})


@frappe.whitelist(methods=["GET", "POST"])
def fields(document_type: str, document: str | None = None) -> list[dict[str, Any]]:
	"""The fields that templates of a document type can use, with live values. Permissions as ``preview``."""
	frappe.has_permission(DOCTYPE, "read", throw=True)
	try:
		return liquid_templates.fields(document_type, document)
	except TemplateError as error:
		throw(error)


@frappe.whitelist(methods=["GET", "POST"])
def filters() -> list[dict[str, str]]:
	"""The filters beside Liquid's own. Needs permission to read Liquid Templates."""
	frappe.has_permission(DOCTYPE, "read", throw=True)
	return liquid_templates.filters()


@frappe.whitelist(methods=["POST"])
def copy(template: str, new_name: str) -> str:
	"""Copy a template and return the copy's name. Needs permission to create Liquid Templates."""
	frappe.get_doc(DOCTYPE, template).check_permission("read")
	frappe.has_permission(DOCTYPE, "create", throw=True)
	return liquid_templates.copy(template, new_name)


@frappe.whitelist(methods=["GET", "POST"])
def versions(template: str) -> list[dict[str, Any]]:
	"""A template's versions, newest first. Needs read permission on it."""
	frappe.get_doc(DOCTYPE, template).check_permission("read")
	return liquid_templates.versions(template)


@frappe.whitelist(methods=["GET", "POST"])
def diff(template: str, version: str | None = None, with_standard: int = 0) -> list[dict[str, Any]]:
	"""What a template differs in from a version, or from the standard it was copied from. Needs read permission."""
	frappe.get_doc(DOCTYPE, template).check_permission("read")
	return liquid_templates.diff(template, version, bool(int(with_standard)))


@frappe.whitelist(methods=["POST"])
def restore(template: str, version: str) -> None:
	"""Make a template what a version of it was. Needs write permission on it."""
	frappe.get_doc(DOCTYPE, template).check_permission("write")
	liquid_templates.restore(template, version)


@frappe.whitelist(methods=["POST"])
def convert_print_format(print_format: str) -> dict[str, Any]:
	"""Make a disabled template from a Jinja print format. Needs permission to create Liquid Templates."""
	frappe.get_doc("Print Format", print_format).check_permission("read")
	frappe.has_permission(DOCTYPE, "create", throw=True)
	try:
		return print_format_conversion.convert_print_format(print_format)
	except TemplateError as error:
		throw(error)


def _values(template: dict | str) -> dict[str, Any]:
	return json.loads(template) if isinstance(template, str) else template


def _previewed(made: Callable[[], dict[str, Any]], nothing: dict[str, Any]) -> dict[str, Any]:
	try:
		return {**_translated(made), "error": None}
	except TemplateError as error:
		return {**nothing, "error": liquid_templates.described(error)}


def _translated(made: Callable[[], T]) -> T:
	try:
		return made()
	except TemplateError:
		raise
	except DomainError as error:
		throw(error)
