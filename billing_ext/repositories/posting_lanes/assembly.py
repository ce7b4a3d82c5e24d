"""The values that an invoice is given before ERPNext adds its own: those of ``repositories.invoice_values``.

Its value functions are called once for each combination of what they read, with marks in place of what differs from
contract to contract.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import frappe

from billing_ext.repositories import invoice_values
from billing_ext.repositories.contract_rows import Row
from billing_ext.repositories.invoice_values import InvoiceHeader, InvoiceRow
from billing_ext.repositories.posting_lanes.customers import GIVEN, Customer

OWN_HEADER = ("po_no", "billing_ext_contract", "billing_ext_run")
"""Header fields that differ from invoice to invoice and decide nothing but the remarks."""
OWN_ROW = (
	"description", "service_start_date", "service_end_date", "billing_ext_contract", "billing_ext_contract_line",
	"billing_ext_charge",
)  # fmt: skip
"""Row fields that differ from invoice to invoice and decide nothing."""
FIGURES = ("qty", "rate", "price_list_rate")
"""Row fields that the calculation begins with."""

_TEXTS = {"po_no": "po_no", "billing_ext_contract": "name", **dict(zip(GIVEN, (
	"customer_address", "shipping_address", "contact_person",
), strict=True))}  # fmt: skip
_READ = (
	"company", "currency", "price_list", "cost_center", "project", "letter_head", "taxes_and_charges",
	"payment_terms_template",
)  # fmt: skip


@dataclass(slots=True)
class Given:
	"""An invoice to be: its header, its rows, and ``kind``, equal for invoices whose headers decide the same."""

	header: InvoiceHeader
	rows: Sequence[InvoiceRow]
	customer: Customer
	values: dict[str, Any]
	row_values: list[dict[str, Any]]
	kind: tuple[Any, ...]

	@property
	def figures(self) -> tuple[Any, ...]:
		return tuple(tuple(row[name] for name in FIGURES) for row in self.row_values)

	@property
	def row_kinds(self) -> tuple[Any, ...]:
		"""For each row what of it decides something, besides its figures."""
		return tuple(
			(
				*(
					(name, value)
					for name, value in row.items()
					if name not in OWN_ROW and name not in FIGURES
				),
				# A row of nothing writes no price; see figures.learn.
				bool(row["rate"]),
			)
			for row in self.row_values
		)


@dataclass(slots=True)
class Assembler:
	"""Assembles invoices; remembers what it has read until it is thrown away."""

	_headers: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)

	def given(self, header: InvoiceHeader, rows: Sequence[InvoiceRow], customer: Customer) -> Given:
		"""What ``create`` would give the document. Raises what its value functions raise."""
		contract = invoice_values.in_common(rows)
		language = contract.get("language") or customer.row.get("language")
		kind = (
			header.posting_date,
			language,
			*(contract.get(name) for name in _READ),
			*(customer.row.get(name) for name in ("customer_group", "tax_category", "payment_terms")),
		)
		values = self._headers.get(kind)
		if values is None:
			values = self._headers[kind] = _marked_header(header, {**contract, "language": language})
		texts = {name: contract.get(source) for name, source in _TEXTS.items()}
		filled = {
			name: texts.get(name, value) for name, value in values.items() if name not in GIVEN or texts[name]
		}
		filled |= {"customer": customer.name, "billing_ext_run": header.run}
		row_values = [invoice_values.row_values(header, row) for row in rows]
		return Given(header, rows, customer, filled, row_values, kind)


def _marked_header(header: InvoiceHeader, contract: Row) -> dict[str, Any]:
	"""The header's values with a mark for each text of the contract; tax template and payment terms among them."""
	marks = dict.fromkeys(_TEXTS.values(), "-")
	values = invoice_values.header_values(header, {**contract, **marks})
	filled = frappe._dict(values)
	bare = {
		name: value
		for name, value in contract.items()
		if name not in ("customer_address", "shipping_address")
	}
	invoice_values.set_tax_template(filled, bare)
	invoice_values.set_payment_terms(filled, contract)
	return dict(filled)


def document(given: Given) -> Any:
	"""The Sales Invoice as ERPNext is handed it. Raises DomainError ``tax_in_price``."""
	return invoice_values.document(given.values, given.row_values, given.rows)
