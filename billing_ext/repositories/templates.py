"""Liquid Templates of the site: their sources, versions, rules and print formats."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import frappe

from billing_ext.rendering.pdf import Margins
from billing_ext.repositories.money import to_decimal

PARTS = ("source", "css", "header", "footer")
"""The fields of a template that hold Liquid."""
PAGE = ("page_size", "orientation", "margin_top", "margin_right", "margin_bottom", "margin_left")

AUTOMATIC = {
	"Sales Invoice": "Billing Invoice",
	"Sales Order": "Billing Pro Forma",
	"Dunning": "Billing Reminder",
	"Billing Contract": "Billing Contract",
	"Customer": "Billing Statement",
}
"""The print formats that choose the template by the rules, for each document type."""

DEFAULTS = {
	"Sales Invoice": "Classic Invoice",
	"Sales Order": "Pro Forma Order",
	"Dunning": "Reminder",
	"Billing Contract": "Contract",
	"Customer": "Statement of Account",
}
"""What is used where no rule says anything else."""

_WRAPPER = "{{{{ billing_ext_liquid(doc, {name}, letter_head=letter_head, footer=footer, no_letterhead=no_letterhead) }}}}"
_GENERATOR = "chrome"
"""Print Format's name for a PDF engine of an app; ``download_pdf`` accepts no other one."""


@dataclass(frozen=True, slots=True)
class Template:
	"""A template as it is used. Margins are in millimetres."""

	name: str
	document_type: str
	source: str
	css: str
	header: str
	footer: str
	page_size: str
	orientation: str
	margins: Margins
	letter_head: bool
	language: str | None
	"""Prints in this language; None: in the document's."""


def from_row(row: Mapping[str, Any]) -> Template:
	"""A template from a document or from a form's values. Raises DomainError ``number`` for a margin that is none."""
	return Template(
		name=row.get("template_name") or row.get("name") or "",
		document_type=row.get("document_type") or "",
		**{part: str(row.get(part) or "") for part in PARTS},
		page_size=row.get("page_size") or "A4",
		orientation=row.get("orientation") or "Portrait",
		margins=Margins(*(_millimetres(row, side) for side in ("top", "right", "bottom", "left"))),
		letter_head=bool(row.get("letter_head")),
		language=row.get("print_language") or None,
	)


def _millimetres(row: Mapping[str, Any], side: str) -> Decimal:
	return to_decimal(row.get(f"margin_{side}"), f"margin_{side}")


def load(name: str) -> Template:
	"""A template by name. Raises frappe.DoesNotExistError."""
	return from_row(frappe.get_cached_doc("Liquid Template", name).as_dict())


def source_of(name: str) -> str | None:
	"""The source of a template that another one uses; None when there is none or it is disabled."""
	try:
		doc = frappe.get_cached_doc("Liquid Template", name)
	except frappe.DoesNotExistError:
		frappe.clear_last_message()
		return None
	return None if doc.disabled else doc.source


def users_of(name: str) -> list[str]:
	"""The site's templates in force that use another one by name, directly."""
	using = re.compile(rf"(?:render|include|extends)\s+['\"]{re.escape(name)}['\"]")
	rows = frappe.get_all(
		"Liquid Template", filters={"disabled": 0, "name": ("!=", name)}, fields=["name", *PARTS]
	)
	return [row.name for row in rows if any(using.search(row[part] or "") for part in PARTS)]


def of_print_format(print_format: str | None) -> str | None:
	"""The template behind a Print Format of ours; None for another one, and for one that leaves it to the rules."""
	return print_format and frappe.get_cached_value(
		"Print Format", print_format, "billing_ext_liquid_template"
	)


def is_usable(name: str) -> bool:
	"""Is there such a template, and is it not disabled?"""
	return bool(frappe.db.exists("Liquid Template", {"name": name, "disabled": 0}))


def rules(document_type: str) -> list[dict[str, Any]]:
	"""The rules in force for a document type."""
	rule, template = frappe.qb.DocType("Liquid Template Rule"), frappe.qb.DocType("Liquid Template")
	return (
		frappe.qb.from_(rule)
		.join(template)
		.on(template.name == rule.template)
		.where((template.document_type == document_type) & (template.disabled == 0) & (rule.disabled == 0))
		.select(rule.template, rule.company, rule.customer, rule.contract, rule.print_language)
		.orderby(rule.creation)
		.run(as_dict=True)
	)


def digest(row: Mapping[str, Any]) -> str:
	"""SHA-256 of everything that decides how a template prints."""
	values = [str(row.get(field) or "") for field in PARTS]
	values += [
		str(row.get(field) or "") if field in PAGE[:2] else f"{float(row.get(field) or 0):g}"
		for field in PAGE
	]
	return hashlib.sha256("\0".join(values).encode()).hexdigest()


def add_version(doc: Any) -> None:
	"""Keep what a template is now, unless its newest version is the same."""
	newest = frappe.db.get_value(
		"Liquid Template Version",
		{"template": doc.name},
		["number", "digest"],
		order_by="number desc",
		as_dict=True,
	)
	current = digest(doc.as_dict())
	if newest and newest.digest == current:
		return
	frappe.get_doc(
		{
			"doctype": "Liquid Template Version",
			"template": doc.name,
			"number": (newest.number if newest else 0) + 1,
			"change_note": doc.change_note,
			"digest": current,
			**{part: doc.get(part) for part in PARTS},
			"page": json.dumps({field: doc.get(field) for field in PAGE}),
		}
	).insert(ignore_permissions=True)


def versions(template: str) -> list[dict[str, Any]]:
	"""The versions of a template, newest first."""
	return frappe.get_all(
		"Liquid Template Version",
		filters={"template": template},
		fields=["name", "number", "change_note", "owner", "creation"],
		order_by="number desc",
	)


def version(template: str, name: str) -> dict[str, Any]:
	"""The content of a version by field. Raises frappe.DoesNotExistError where it is not one of ``template``."""
	doc = frappe.get_doc("Liquid Template Version", {"name": name, "template": template})
	return {part: doc.get(part) or "" for part in PARTS} | json.loads(doc.page or "{}")


def delete_versions(template: str) -> None:
	"""Forget a deleted template's versions."""
	frappe.db.delete("Liquid Template Version", {"template": template})


def sync_standard(shipped: Sequence[Mapping[str, Any]]) -> None:
	"""Bring the templates that come with the app, and their print formats, to what its files say."""
	for values in shipped:
		name = values["template_name"]
		doc = (
			frappe.get_doc("Liquid Template", name)
			if frappe.db.exists("Liquid Template", name)
			else frappe.new_doc("Liquid Template")
		)
		if not doc.is_new() and not doc.is_standard:
			continue  # a site's own template had the name first
		doc.update({**values, "is_standard": 1})
		doc.flags.from_files = True
		doc.save(ignore_permissions=True)
	for document_type, name in AUTOMATIC.items():
		_save_print_format(name, document_type, None)


def sync_print_format(doc: Any) -> None:
	"""Offer a template in the print view of its documents, or stop to."""
	wanted = bool(doc.document_type and doc.show_in_print)
	if wanted:
		_save_print_format(doc.name, doc.document_type, doc.name, disabled=bool(doc.disabled))
	elif own := frappe.db.get_value("Print Format", {"billing_ext_liquid_template": doc.name}):
		frappe.delete_doc("Print Format", own, ignore_permissions=True)


def delete_print_formats(template: str) -> None:
	"""Take a deleted template out of the print view."""
	for name in frappe.get_all("Print Format", {"billing_ext_liquid_template": template}, pluck="name"):
		frappe.delete_doc("Print Format", name, ignore_permissions=True)


def _save_print_format(
	name: str, document_type: str, template: str | None, *, disabled: bool = False
) -> None:
	exists = frappe.db.exists("Print Format", name)
	doc = frappe.get_doc("Print Format", name) if exists else frappe.new_doc("Print Format")
	if exists and not is_ours(doc):
		return  # the site has a format of that name; ours stays reachable by the rules
	doc.update(
		{
			"name": name,
			"doc_type": document_type,
			"module": "Billing Ext",
			"billing_ext_liquid": 1,
			"billing_ext_liquid_template": template,
			"disabled": int(disabled),
		}
	)
	write_wrapper(doc)  # while the app is being installed its document events are not heard yet
	doc.save(ignore_permissions=True)


def is_ours(print_format: Any) -> bool:
	"""Does a print format print through a Liquid template?"""
	return bool(print_format.get("billing_ext_liquid"))


def write_wrapper(print_format: Any) -> None:
	"""Make a Print Format with our mark call our renderer; Frappe checks and renders its html as Jinja."""
	name = print_format.get("billing_ext_liquid_template")
	print_format.update(
		{
			"custom_format": 1,
			"print_format_type": "Jinja",
			"standard": "No",
			"raw_printing": 0,
			"html": _WRAPPER.format(name=json.dumps(name) if name else "none"),
			"pdf_generator": _GENERATOR,
		}
	)


def offer_generator() -> None:
	"""Let Print Format name our PDF engine, beside what other apps have added."""
	options = frappe.get_meta("Print Format").get_field("pdf_generator").options.split("\n")
	if _GENERATOR not in options:
		frappe.make_property_setter(
			{
				"doctype": "Print Format",
				"fieldname": "pdf_generator",
				"property": "options",
				"value": "\n".join([*options, _GENERATOR]),
				"property_type": "Text",
			},
			module="Billing Ext",
		)


def jinja_source(print_format: str) -> tuple[str, str, str]:
	"""A Jinja print format's source, style sheet and document type. Raises frappe.DoesNotExistError."""
	from frappe.www.printview import get_print_format

	doc = frappe.get_doc("Print Format", print_format)
	return get_print_format(doc.doc_type, doc), doc.css or "", doc.doc_type
