"""Liquid Templates: check, preview, copy, compare, restore, and those that come with the app."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

import frappe
from frappe import _

from billing_ext.rendering import drops, shipped
from billing_ext.rendering.errors import TemplateError
from billing_ext.rendering.filters import FILTERS
from billing_ext.rendering.numbers import Money
from billing_ext.rendering.pdf import PrintPage
from billing_ext.rendering.renderer import Renderer
from billing_ext.repositories import print_documents, templates
from billing_ext.repositories.templates import PAGE, PARTS
from billing_ext.services import document_print, legal_content
from billing_ext.services.messages import message_of


def validate(doc: Any) -> None:
	"""Check a template as it is saved: syntax, names, limits. Throws with place and remedy."""
	doc.digest = templates.digest(doc.as_dict())
	before = doc.get_doc_before_save()
	if doc.is_standard or (before and before.is_standard):
		if not doc.flags.from_files:
			_refuse_change_of_standard(doc)
		return
	template = templates.from_row(doc.as_dict())
	if doc.disabled and not doc.is_new():
		refuse_to_lose(doc)
	try:
		_check(template)
	except TemplateError as error:
		if doc.disabled:
			return  # work in progress, such as a converted print format: it is not used
		frappe.throw(frappe.utils.escape_html(told(error)), title=_("Template"))
	if template.document_type == "Sales Invoice":
		_warn_of_what_is_missing(template)


def _refuse_change_of_standard(doc: Any) -> None:
	before = doc.get_doc_before_save()
	changed = [
		field
		for field in (*PARTS, *PAGE, "document_type", "is_standard")
		if not before or before.get(field) != doc.get(field)
	]
	if changed:
		frappe.throw(
			_(
				"{0} comes with the app and is replaced on upgrades. Choose Customise to change a copy of it."
			).format(doc.name)
		)


def _check(template: templates.Template) -> None:
	"""Parse a part that others use, render a whole template with sample values. Raises TemplateError."""
	if template.document_type:
		document_print.page(template, *document_print.sample_of(template.document_type, "en"))
		return
	renderer = Renderer(templates.source_of)
	for part in PARTS:
		renderer.check(getattr(template, part), template.name)
	_check_users(template)


def _check_users(part: templates.Template) -> None:
	"""Render the templates that use a part with what it is about to become. Raises TemplateError."""

	def source_of(name: str) -> str | None:
		return part.source if name == part.name else templates.source_of(name)

	for name in templates.users_of(part.name):
		user = templates.load(name)
		if user.document_type:
			document_print.page(
				user, *document_print.sample_of(user.document_type, "en"), source_of=source_of
			)


def refuse_to_lose(doc: Any) -> None:
	"""A part that other templates use can be neither disabled nor deleted. Throws."""
	users = [] if doc.document_type else templates.users_of(doc.name)
	if users:
		frappe.throw(_("{0} is used by {1}. Take it out of them first.").format(doc.name, ", ".join(users)))


def _warn_of_what_is_missing(template: templates.Template) -> None:
	missing = legal_content.missing_from(template)
	if missing:
		frappe.msgprint(
			_("This template does not show everything that a Norwegian invoice must show:")
			+ "<ul>"
			+ "".join(f"<li>{frappe.utils.escape_html(item)}</li>" for item in missing)
			+ "</ul>",
			title=_("Check the Template"),
			indicator="orange",
		)


def preview(values: Mapping[str, Any], document: str | None, language: str | None) -> PrintPage:
	"""A template as it stands in its form, on a document or on sample values.

	Raises TemplateError, DomainError for a margin that is no number, frappe.PermissionError.
	"""
	template = templates.from_row(values)
	kind = template.document_type
	if kind not in drops.DOCUMENTS:
		raise TemplateError("liquid_no_document", template=template.name)
	if not document:
		return document_print.page(
			template, *document_print.sample_of(kind, language or template.language or frappe.local.lang)
		)
	doc = print_documents.load(kind, document)
	spoken = language or template.language or document_print.language_of(doc)
	return document_print.page(template, *document_print.values_of(doc, spoken))


def described(error: TemplateError) -> dict[str, Any]:
	"""An error as the editor shows it."""
	message = message_of(error)
	return {
		"message": message.text,
		"remedy": message.remedy,
		"template": error.template,
		"part": error.part,
		"line": error.line,
		"column": error.column,
		"source_line": error.source_line,
		"suggestion": error.suggestion,
	}


def told(error: TemplateError) -> str:
	"""An error in one paragraph, with its place."""
	message = message_of(error)
	place = (
		_("{0}, line {1}, column {2}").format(error.template, error.line, error.column)
		if error.line
		else error.template
	)
	meant = _("Did you mean {0}?").format(error.suggestion) if error.suggestion else ""
	line = f"» {error.source_line.strip()}" if error.source_line else ""
	return " ".join(part for part in (f"{place}: {message}", meant, line) if part)


def fields(document_type: str, document: str | None) -> list[dict[str, Any]]:
	"""Every field a template of ``document_type`` can use, with its value in ``document`` or in the sample.

	Raises TemplateError for a type without templates, frappe.PermissionError.
	"""
	if document_type not in drops.DOCUMENTS:
		raise TemplateError("liquid_no_document")
	if document:
		doc = print_documents.load(document_type, document)
		values, _shown_as = document_print.values_of(doc, document_print.language_of(doc))
	else:
		values, _shown_as = document_print.sample_of(document_type, frappe.local.lang)
	found = [
		{
			"path": path.path,
			"kind": path.field.kind,
			"about": path.field.about,
			"value": _shown(_value(values, path.path)),
		}
		for path in drops.paths(drops.DOCUMENTS[document_type])
	]
	return found + [
		{"path": f"{path}.{name}", "kind": "text", "about": _("Field of this site"), "value": _shown(value)}
		for path, name, value in _custom_fields(values)
	]


def _custom_fields(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str, object]]:
	for name, value in values.items():
		path = f"{prefix}{name}"
		if name == "custom":
			yield from ((path, field, inner) for field, inner in value.items())
		elif isinstance(value, drops.Drop):
			yield from _custom_fields(value, f"{path}.")


def _value(values: Any, path: str) -> object:
	"""The value at a path; of a list, its first member's."""
	for part in path.split("."):
		name = part.removesuffix("[]")
		values = values.get(name) if isinstance(values, Mapping) else None
		if part.endswith("[]"):
			values = values[0] if values else None
	return values


def _shown(value: object) -> str | None:
	if value is None or (isinstance(value, Mapping) and not isinstance(value, drops.Drop)):
		return None
	if isinstance(value, list):
		return _("{0} entries").format(len(value))
	if isinstance(value, Money):
		return f"{value} {value.currency}"
	return str(value)[:120]


def filters() -> list[dict[str, str]]:
	"""The filters beside Liquid's own, with what they do and an example."""
	rows = []
	for name, function in FILTERS.items():
		about, _colon, example = (function.__doc__ or "").strip().partition(": ``")
		rows.append({"name": name, "about": about, "example": example.replace("``", "")})
	return rows


def copy(name: str, new_name: str) -> str:
	"""A template of one's own, made from another; a copy of a standard one remembers which."""
	original = frappe.get_doc("Liquid Template", name)
	doc = frappe.copy_doc(original, ignore_no_copy=False)
	doc.template_name = new_name
	doc.change_note = _("Copied from {0}").format(name)
	if original.is_standard:
		doc.based_on, doc.based_on_digest = name, original.digest
	doc.insert()
	return doc.name


def refuse_to_delete(doc: Any) -> None:
	"""The next upgrade would bring a standard one back, and others would miss a part. Throws."""
	if doc.is_standard and not frappe.flags.in_uninstall:
		frappe.throw(_("{0} comes with the app. Set Disabled to take it out of use.").format(doc.name))
	refuse_to_lose(doc)


def validate_rule(rule: Any) -> None:
	"""A rule needs a whole template, and there is one rule for each combination. Throws."""
	document_type = frappe.db.get_value("Liquid Template", rule.template, "document_type")
	if document_type == "":
		frappe.throw(
			_("{0} is a part of other templates. Choose a template with a value under For.").format(
				rule.template
			)
		)
	if rule.contract and document_type == "Customer":
		frappe.throw(_("A statement covers all contracts of a customer. Clear Contract."))
	rule.document_type = document_type
	rule.rule_key = "|".join(
		str(rule.get(field) or "")
		for field in ("document_type", "contract", "customer", "company", "print_language")
	)
	twin = frappe.db.get_value(
		"Liquid Template Rule", {"rule_key": rule.rule_key, "name": ("!=", rule.name)}, ["name", "template"]
	)
	if twin:
		frappe.throw(
			_(
				"Another rule for the same combination names {0}. Change that one, or choose another combination."
			).format(frappe.utils.get_link_to_form("Liquid Template Rule", *twin))
		)


def standard_changed(doc: Any) -> bool:
	"""Has the standard template that this one was copied from changed since?"""
	if not doc.based_on:
		return False
	return frappe.db.get_value("Liquid Template", doc.based_on, "digest") not in (doc.based_on_digest, None)


def diff(name: str, version: str | None, with_standard: bool) -> list[dict[str, Any]]:
	"""What a version, or the standard a template was copied from, differs in from the template as it is."""
	doc = frappe.get_doc("Liquid Template", name)
	if with_standard:
		old = frappe.get_doc("Liquid Template", doc.based_on).as_dict()
	else:
		old = templates.version(name, version or "")
	parts = [(part, str(old.get(part) or ""), str(doc.get(part) or "")) for part in PARTS]
	parts.append(("page", _page_text(old), _page_text(doc.as_dict())))
	return [
		{"part": part, "rows": list(_rows(before, after))} for part, before, after in parts if before != after
	]


def _page_text(values: Mapping[str, Any]) -> str:
	return "\n".join(f"{field}: {values.get(field)}" for field in PAGE)


def _rows(before: str, after: str) -> Iterator[dict[str, Any]]:
	old, new = before.splitlines(), after.splitlines()
	for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
		if tag == "equal":
			for offset in range(i2 - i1):
				yield {"op": " ", "old": i1 + offset + 1, "new": j1 + offset + 1, "text": old[i1 + offset]}
			continue
		for index in range(i1, i2):
			yield {"op": "-", "old": index + 1, "new": None, "text": old[index]}
		for index in range(j1, j2):
			yield {"op": "+", "old": None, "new": index + 1, "text": new[index]}


def restore(name: str, version: str) -> None:
	"""Make a template what one of its versions was; that is a new version."""
	doc = frappe.get_doc("Liquid Template", name)
	number = frappe.db.get_value("Liquid Template Version", version, "number")
	doc.update(templates.version(name, version))
	doc.change_note = _("Restored version {0}").format(number)
	doc.save()


def sync_standard() -> None:
	"""Bring the templates that come with the app to what its files say."""
	templates.offer_generator()
	parts = [{"template_name": name, "source": shipped.partial(name)} for name in shipped.partials()]
	templates.sync_standard([*parts, *(_as_values(template) for template in shipped.templates())])


def _as_values(template: shipped.Shipped) -> dict[str, Any]:
	return {
		"template_name": template.name,
		"document_type": template.document_type,
		"description": template.description,
		**{part: getattr(template, part) for part in PARTS},
		**{field: getattr(template, field) for field in PAGE},
	}


def versions(name: str) -> list[dict[str, Any]]:
	"""A template's versions, newest first, with who made them."""
	return [
		{
			"name": row["name"],
			"number": row["number"],
			"change_note": row["change_note"],
			"by": frappe.utils.get_fullname(row["owner"]),
			"on": row["creation"],
		}
		for row in templates.versions(name)
	]
