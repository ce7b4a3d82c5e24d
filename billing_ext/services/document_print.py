"""Print a document through a Liquid template: which one, with which values, on which page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import frappe
from frappe import _ as in_language

from billing_ext.rendering import drops, samples
from billing_ext.rendering.environment import Sources
from billing_ext.rendering.errors import TemplateError
from billing_ext.rendering.pdf import PrintPage
from billing_ext.rendering.presentation import Presentation, locale_for
from billing_ext.rendering.renderer import Renderer
from billing_ext.repositories import clock, print_documents, templates
from billing_ext.repositories.templates import Template

CONTEXT = "Billing Print"
"""The context of the texts of templates in the translations: they are not the desk's."""

_SAME = {"no": "nb"}
"""Frappe lists Norwegian beside Norwegian bokmål."""

_KNOWN = "Invoice number"
"""A text that is not the same in any language but English."""

_RANK = ("contract", "customer", "company", "print_language")
"""What makes one rule more specific than another, the weightiest first."""


def page_of(doc: Any, template_name: str | None, letter_head: str = "", letter_foot: str = "") -> PrintPage:
	"""A saved or unsaved document as a page, through ``template_name`` or the template that the rules choose.

	Raises TemplateError, and frappe.PermissionError where an unsaved document names what its user may not read.
	"""
	doc = print_documents.trusted(doc)
	language = language_of(doc)
	name = template_name if template_name and templates.is_usable(template_name) else choose(doc, language)
	template = templates.load(name)
	if template.document_type != doc.doctype:
		raise TemplateError(
			"liquid_wrong_document", template=name, wanted=template.document_type, given=doc.doctype
		)
	return page(
		template,
		*values_of(doc, template.language or language),
		title=doc.name or "",
		letter_head=letter_head,
		letter_foot=letter_foot,
	)


def language_of(doc: Any) -> str:
	"""The language of a document: the one that was asked for, else its own or its customer's, else the site's."""
	own = doc.get("language") or print_documents.customer_language(doc)
	return print_documents.requested_language() or own or frappe.local.lang or "en"


def choose(doc: Any, language: str) -> str:
	"""The template for a document: the most specific rule that fits, else the standard one.

	A contract's rule goes before a customer's, that before a company's; among equals the one for the language.
	"""
	return ruled(doc, language, print_documents.company_of(doc)) or templates.DEFAULTS[doc.doctype]


def ruled(doc: Any, language: str, company: str) -> str | None:
	"""The template of the most specific rule that fits; None without one."""
	facts = {
		"contract": doc.name if doc.doctype == "Billing Contract" else doc.get("billing_ext_contract"),
		"customer": doc.name if doc.doctype == "Customer" else doc.get("customer"),
		"company": company,
		"print_language": language,
	}
	fitting = [rule for rule in templates.rules(doc.doctype) if _fits(rule, facts)]
	best = max(fitting, key=lambda rule: [bool(rule[field]) for field in _RANK], default=None)
	return best["template"] if best else None


def _fits(rule: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
	return all(not rule[field] or rule[field] == facts[field] for field in _RANK)


def values_of(doc: Any, language: str) -> tuple[drops.Drop, Presentation]:
	"""What a template sees of a document, and how numbers and dates are written."""
	shown = presentation(language, print_documents.company_of(doc))
	return drops.scope(doc.doctype, print_documents.values(doc, shown)), shown


def sample_of(document_type: str, language: str) -> tuple[drops.Drop, Presentation]:
	"""Invented values, for a preview before there is a document; every field of a site is there, and empty."""
	return _with_any_custom(samples.sample(document_type)), presentation(language, None)


class _AnyField(dict[str, object]):
	def __missing__(self, name: str) -> None:
		return None


def _with_any_custom(value: Any) -> Any:
	if isinstance(value, list):
		return [_with_any_custom(member) for member in value]
	if isinstance(value, drops.Drop):
		inner = {
			name: _AnyField() if name == "custom" else _with_any_custom(part) for name, part in value.items()
		}
		return drops.Drop(value.schema, inner)
	return value


def presentation(language: str, company: str | None) -> Presentation:
	"""How a company writes in a language."""
	country = print_documents.country_of(company) if company else None

	spoken = _SAME.get(language, language)
	is_known = in_language(_KNOWN, spoken, CONTEXT) != _KNOWN

	def translate(text: str) -> str:
		# A language without our texts is printed in English, not in a mixture of ours and ERPNext's.
		return in_language(text, spoken, CONTEXT) if is_known else text

	return Presentation(language, locale_for(language, country), clock.today(), translate)


def page(
	template: Template,
	values: Mapping[str, object],
	shown: Presentation,
	*,
	source_of: Sources = templates.source_of,
	title: str = "",
	letter_head: str = "",
	letter_foot: str = "",
) -> PrintPage:
	"""A template with a document's values, as a page; ``title`` is the PDF's. Raises TemplateError naming the part that is to blame."""
	renderer = Renderer(source_of)
	parts = {part: _part(renderer, template, part, values, shown) for part in templates.PARTS}
	above = print_documents.inlined(letter_head) if template.letter_head else ""
	below = print_documents.inlined(letter_foot) if template.letter_head else ""
	try:
		return PrintPage(
			title=title or template.name,
			body=above + parts["source"] + below,
			css=parts["css"],
			header=parts["header"],
			footer=parts["footer"],
			size=template.page_size,
			orientation=template.orientation,
			margins=template.margins,
			language=shown.language,
			direction=shown.direction,
		)
	except ValueError as error:
		raise TemplateError("liquid_page", template=template.name) from error


def _part(
	renderer: Renderer, template: Template, part: str, values: Mapping[str, object], shown: Presentation
) -> str:
	try:
		return renderer.render(getattr(template, part), template.name, values, shown, escaped=part != "css")
	except TemplateError as error:
		if error.template == template.name:
			error.part = part
		raise
