"""Sales Invoices: the single place that creates them one by one, on ERPNext's own document path.

After submission the totals are compared with the plan: a difference undoes the transaction. For many at once see
``repositories.posting_lanes``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import frappe

from billing_ext.core.errors import DomainError
from billing_ext.repositories.invoice_values import InvoiceHeader, InvoiceRow, described
from billing_ext.repositories.money import to_decimal


@dataclass(frozen=True, slots=True)
class CreatedInvoice:
	"""The document that was made, and the names of its rows in order."""

	name: str
	rows: tuple[str, ...]


def create(header: InvoiceHeader, rows: Sequence[InvoiceRow]) -> CreatedInvoice:
	"""Insert a Sales Invoice, credit note or debit note, submitted in one pass if ``header.submit``.

	The rows may be of several contracts that share invoices (see repositories.invoice_groups), in their order.
	Raises DomainError ``exchange_rate``, ``totals_differ``, ``tax_in_price`` and whatever ERPNext's validation raises;
	the caller's transaction must then be rolled back.
	"""
	invoice = described(header, rows)
	if header.submit:
		invoice.submit()
		_settle_status(invoice)
	else:
		invoice.insert()
	assert_as_planned(header, rows, (row.net_amount for row in invoice.items), invoice.posting_date)
	return CreatedInvoice(invoice.name, tuple(row.name for row in invoice.items))


def computed(header: InvoiceHeader, rows: Sequence[InvoiceRow], name: str) -> Any:
	"""The document that ``create`` would make, with ERPNext's taxes, but only in memory: under ``name``, which is not of
	any series, and without what a stored one sets off. Raises as ``create``."""
	invoice = described(header, rows)
	invoice.name = name
	for row in invoice.items:
		row.name = frappe.generate_hash(length=10)
	invoice._action = "save"  # ERPNext fills in what is missing only on the way to a save
	invoice.run_before_save_methods()
	assert_as_planned(header, rows, (row.net_amount for row in invoice.items), invoice.posting_date)
	return invoice


def _settle_status(invoice: Any) -> None:
	"""A one-pass submission leaves what does not post to its own receivable in status Draft: zero, and credit notes."""
	own = invoice.base_grand_total and not invoice.is_return
	if not own and frappe.db.get_value("Sales Invoice", invoice.name, "status") == "Draft":
		invoice.reload()
		invoice.set_status(update=True)


def assert_as_planned(
	header: InvoiceHeader, rows: Sequence[InvoiceRow], net_amounts: Iterable[float], posting_date: Any
) -> None:
	"""Raise DomainError ``totals_differ`` if the rows of a made invoice, or its date, are not those of the plan."""
	planned = [row.amount for row in rows]
	made = [to_decimal(amount) for amount in net_amounts]
	if made != planned or posting_date != header.posting_date:
		raise DomainError(
			"totals_differ",
			planned=", ".join(str(amount) for amount in planned),
			made=", ".join(str(amount) for amount in made),
		)


def of_contract(contract: str) -> list[dict[str, Any]]:
	"""The documents with rows of the contract for its form, newest first, those cancelled included.

	``contract_net`` is the net amount of its own rows; a document that contracts share has others beside them.
	"""
	own = frappe.get_all(
		"Sales Invoice Item",
		filters={"billing_ext_contract": contract},
		fields=["parent", "sum(net_amount) as net"],
		group_by="parent",
	)
	net = {row.parent: row.net for row in own}
	documents = frappe.get_all(
		"Sales Invoice",
		filters={"name": ("in", list(net))},
		fields=[
			"name", "posting_date", "due_date", "status", "docstatus", "is_return", "is_debit_note", "net_total",
			"grand_total", "outstanding_amount", "party_account_currency", "currency",
		],
		order_by="posting_date desc, creation desc",
	)  # fmt: skip
	return [{**document, "contract_net": net[document.name]} for document in documents]


def to_pay_back(credit_note: str) -> tuple[Decimal, str]:
	"""What a credit note credits beyond what was still open of its invoice, and its currency: that of the receivable."""
	fields = (
		"docstatus", "return_against", "outstanding_amount", "party_account_currency", "currency", "grand_total",
		"base_grand_total",
	)  # fmt: skip
	note = frappe.db.get_value("Sales Invoice", credit_note, fields, as_dict=True)
	of_draft = note.grand_total if note.party_account_currency == note.currency else note.base_grand_total
	own = note.outstanding_amount if note.docstatus else of_draft
	open_before = frappe.db.get_value("Sales Invoice", note.return_against, "outstanding_amount")
	return max(Decimal(0), -to_decimal(own) - to_decimal(open_before)), note.party_account_currency


def name_contracts_on_rows() -> None:
	"""Fill in the contract of rows that were made before rows had one, from their charge."""
	frappe.db.sql(
		"""update `tabSales Invoice Item` item join `tabBilling Charge` charge on charge.name = item.billing_ext_charge
		set item.billing_ext_contract = charge.contract
		where ifnull(item.billing_ext_contract, '') = ''"""
	)


def totals_of_run(run: str) -> list[dict[str, Any]]:
	"""Documents and totals that a run has made, by currency; credit notes count negative."""
	return frappe.db.sql(
		"""select currency, count(*) as documents, sum(is_return) as credit_notes, sum(net_total) as net,
			sum(total_taxes_and_charges) as tax, sum(grand_total) as gross
		from `tabSales Invoice` where billing_ext_run = %s and docstatus < 2
		group by currency order by currency""",
		run,
		as_dict=True,
	)
