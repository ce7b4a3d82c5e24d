"""A Jinja print format of the site as a Liquid Template."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from billing_ext.rendering import drops
from billing_ext.rendering.errors import TemplateError
from billing_ext.rendering.jinja_converter import convert
from billing_ext.repositories import templates
from billing_ext.services.messages import words


def convert_print_format(print_format: str) -> dict[str, Any]:
	"""A new, disabled template from a Jinja print format, and what is left for a person to do.

	Raises TemplateError for a document type without templates.
	"""
	source, css, document_type = templates.jinja_source(print_format)
	if document_type not in drops.DOCUMENTS:
		raise TemplateError("liquid_no_type", given=document_type, types=", ".join(map(_, drops.DOCUMENTS)))
	conversion = convert(source, document_type)
	doc = frappe.new_doc("Liquid Template")
	doc.update(
		{
			"template_name": f"{print_format} (Liquid)",
			"document_type": document_type,
			"source": conversion.liquid,
			"css": css,
			"disabled": 1,
			"change_note": _("Converted from {0}").format(print_format),
		}
	)
	doc.insert()
	return {
		"name": doc.name,
		"notes": [
			{"line": note.line, "message": str(words(note.code, note.values))} for note in conversion.notes
		],
	}
