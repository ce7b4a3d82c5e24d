"""Changes of tax rates: from which day of service on one item tax template takes the place of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import frappe

from billing_ext.repositories.contract_rows import Row


@dataclass(frozen=True, slots=True)
class TaxChanges:
	"""The changes of one company, by date. A row without a template of its own changes from the empty one."""

	rows: Sequence[Row]

	def cuts(self, template: str | None) -> tuple[date, ...]:
		"""The days on which another rate begins for rows that started out with ``template``."""
		cuts = []
		for row in self.rows:
			if (row["from_template"] or "") == (template or ""):
				template = row["to_template"]
				cuts.append(row["effective_date"])
		return tuple(cuts)

	def template_on(self, template: str | None, day: date) -> str:
		"""What has become of ``template`` for service on ``day``."""
		for row in self.rows:
			if row["effective_date"] <= day and (row["from_template"] or "") == (template or ""):
				template = row["to_template"]
		return template or ""


def of_company(company: str) -> TaxChanges:
	"""The changes that Billing Settings hold for ``company``."""
	rows = frappe.get_cached_doc("Billing Settings").tax_changes
	own = [row.as_dict() for row in rows if row.company == company]
	return TaxChanges(sorted(own, key=lambda row: row["effective_date"]))
