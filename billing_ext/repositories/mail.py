"""E-mail through Frappe's queue, with the document's PDF."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from billing_ext.repositories import templates
from billing_ext.repositories.contract_rows import Row

SUBMITTED = 1


def is_submitted(doctype: str, name: str) -> bool:
	"""Does the document exist, and is it in force?"""
	return frappe.db.get_value(doctype, name, "docstatus") == SUBMITTED


def send_invoice(message: Row, default_template: str) -> None:
	"""Render the PDF and put the e-mail into Frappe's queue. Raises what rendering and e-mail accounts raise."""
	invoice = frappe.get_doc(message["reference_doctype"], message["reference_name"])
	contract = frappe.get_cached_doc("Billing Contract", message["contract"])
	language = contract.language or invoice.language
	content = _content(invoice, contract.email_template or default_template, language)
	frappe.sendmail(
		recipients=[message["recipient"]],
		subject=content["subject"],
		message=content["message"],
		attachments=[pdf_of(invoice, contract)],
		reference_doctype=invoice.doctype,
		reference_name=invoice.name,
	)


def send_renewal_reminder(message: Row, subject: str, html: str) -> None:
	"""Put a reminder into Frappe's queue. Raises what e-mail accounts raise."""
	frappe.sendmail(
		recipients=[message["recipient"]],
		subject=subject,
		message=html,
		reference_doctype=message["reference_doctype"],
		reference_name=message["reference_name"],
	)


def from_template(template: str, values: Row) -> tuple[str, str]:
	"""Subject and HTML that an e-mail template of the site makes of ``values``."""
	content = frappe.get_doc("Email Template", template).get_formatted_email(dict(values))
	return content["subject"], content["message"]


def _content(invoice: Any, template: str, language: str | None) -> dict[str, str]:
	if template:
		return frappe.get_doc("Email Template", template).get_formatted_email(invoice.as_dict())
	kind = _("Credit Note", language) if invoice.is_return else _("Invoice", language)
	subject = _("{0} {1} from {2}", language).format(kind, invoice.name, invoice.company)
	body = _("Please find {0} {1} attached.", language).format(kind.lower(), invoice.name)
	return {"subject": subject, "message": f"<p>{body}</p>"}


def pdf_of(invoice: Any, contract: Any | None) -> dict[str, Any]:
	"""The PDF as an attachment, ``fname`` and ``fcontent``; its contract, if it has one, chooses format and language."""
	try:
		return frappe.attach_print(
			invoice.doctype,
			invoice.name,
			print_format=(contract and contract.print_format) or _default_format(invoice),
			lang=(contract and contract.language) or invoice.language,
			letterhead=(contract and contract.letter_head) or None,
		)
	finally:
		# attach_print leaves this set when rendering fails, and the rest of the job would run without permissions.
		frappe.flags.ignore_print_permissions = False
		# get_print keeps the first document's engine for all that follow.
		frappe.form_dict.pop("pdf_generator", None)


def _default_format(invoice: Any) -> str:
	"""The site's own choice for Sales Invoice, else the one that follows the template rules."""
	return invoice.meta.default_print_format or templates.AUTOMATIC[invoice.doctype]
