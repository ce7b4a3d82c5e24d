"""What should be put right before contracts are billed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import frappe
from frappe import _

from billing_ext.services import data_audit
from billing_ext.services.data_audit import Severity

COLOURS = {Severity.ERROR: "Red", Severity.WARNING: "Orange", Severity.NOTE: "Blue"}


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
	"""Columns, findings, a message, no chart, and the number of findings by severity."""
	given = frappe._dict(filters or {})
	audit = data_audit.audit(given.company, given.kind, given.severity)
	counts = Counter(finding.severity for finding in audit.findings)
	summary = [{"label": _("Contracts"), "value": audit.contracts, "datatype": "Int"}] + [
		{
			"label": data_audit.severity_label(severity),
			"value": counts[severity],
			"datatype": "Int",
			"indicator": colour if counts[severity] else "Green",
		}
		for severity, colour in COLOURS.items()
	]
	unread = _("You may not read customers, so what is about them was not checked.")
	message = None if audit.customers_read else unread
	return columns(), [data_audit.report_row(finding) for finding in audit.findings], message, None, summary


def columns() -> list[dict[str, Any]]:
	"""The columns of a finding."""

	def column(
		fieldname: str, label: str, width: int, fieldtype: str = "Data", **more: Any
	) -> dict[str, Any]:
		return {"fieldname": fieldname, "label": label, "width": width, "fieldtype": fieldtype, **more}

	return [
		column("severity", _("Severity"), 95),
		column("kind", _("Kind"), 170),
		column("customer", _("Customer"), 160, "Link", options="Customer"),
		column("contract", _("Contract"), 140, "Link", options="Billing Contract"),
		column("field", _("Field"), 130),
		column("finding", _("What Is Wrong"), 420),
		column("remedy", _("What to Do"), 380),
		column("document_type", _("Document Type"), 130, "Link", options="DocType", hidden=1),
		column("document", _("Open"), 150, "Dynamic Link", options="document_type"),
	]
