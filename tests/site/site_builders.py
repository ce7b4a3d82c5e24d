"""Documents for tests on the site. Each call makes its own customer or item, so that tests do not meet.

Contracts and amendments are committed, as a request of the desk would: billing begins with a new transaction.
"""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

import frappe

from billing_ext.services import contract_billing

COMPANY = "Fjord Software AS"
_numbers = count(1)
_run = frappe.generate_hash(length=5)


def unique(prefix: str) -> str:
	"""A name that no other test of this or an earlier session has."""
	return f"{prefix} {_run}-{next(_numbers)}"


def customer(**values: Any) -> str:
	doc = {
		"doctype": "Customer",
		"customer_name": unique("Kunde"),
		"customer_group": "Commercial",
		"territory": "Norway",
		**values,
	}
	return frappe.get_doc(doc).insert().name


def item(**values: Any) -> str:
	code = unique("Tjeneste")
	doc = {
		"doctype": "Item",
		"item_code": code,
		"item_name": code,
		"item_group": "Services",
		"stock_uom": "Nos",
		"is_stock_item": 0,
		**values,
	}
	return frappe.get_doc(doc).insert().name


def line(price: float, **values: Any) -> dict[str, Any]:
	return {"item_code": values.pop("item_code", None) or item(), "price": price, "quantity": 1, **values}


def contract(*lines: dict[str, Any], submit: bool = True, **values: Any) -> Any:
	doc = frappe.get_doc(
		{
			"doctype": "Billing Contract",
			"company": COMPANY,
			"customer": values.pop("customer", None) or customer(),
			"currency": "NOK",
			"start_date": date(2026, 4, 1),
			"lines": list(lines) or [line(500)],
			**values,
		}
	).insert()
	if submit:
		doc.submit()
	frappe.db.commit()
	return doc


def amendment(
	contract: Any, effective: date | None, *changes: dict[str, Any], submit: bool = True, **values: Any
) -> Any:
	doc = frappe.get_doc(
		{
			"doctype": "Billing Amendment",
			"contract": contract.name,
			"effective_date": effective,
			"lines": list(changes),
			**values,
		}
	).insert()
	if submit:
		doc.submit()
	frappe.db.commit()
	return doc


def change(contract: Any, index: int = 0, **values: Any) -> dict[str, Any]:
	"""New terms from the effective date on, whether they cost more or less."""
	line = contract.lines[index].name
	return {"change": "Change Terms", "contract_line": line, "applies": "On Effective Date", **values}


def termination(contract: Any, last_service_day: date) -> Any:
	return amendment(contract, None, amendment_type="Terminate Contract", last_service_day=last_service_day)


def invoices_of(contract: Any) -> list[Any]:
	"""The contract's documents in the order in which they were made."""
	names = frappe.get_all(
		"Sales Invoice",
		filters={"billing_ext_contract": contract.name},
		pluck="name",
		order_by="posting_date, creation",
	)
	return [frappe.get_doc("Sales Invoice", name) for name in names]


def gl_of(invoice: Any) -> dict[str, float]:
	"""Debit less credit by account, as the ledger has it."""
	rows = frappe.get_all(
		"GL Entry",
		filters={"voucher_no": invoice.name, "is_cancelled": 0},
		fields=["account", "debit", "credit"],
	)
	balances: dict[str, float] = {}
	for row in rows:
		balances[row.account] = round(balances.get(row.account, 0) + row.debit - row.credit, 2)
	return balances


def charges_of(contract: Any, **filters: Any) -> list[Any]:
	return frappe.get_all(
		"Billing Charge",
		filters={"contract": contract.name, **filters},
		fields=["*"],
		order_by="service_start, sequence",
	)


def bill(agreement: Any, *days: date) -> list[Any]:
	"""Bill a contract on each of ``days``; all its documents so far."""
	for day in days:
		contract_billing.bill(agreement.name, day)
	return invoices_of(agreement)


def rows(invoice: Any) -> list[tuple[float, str, str]]:
	"""Net amount, first and last day of service of each row."""
	return [(row.net_amount, str(row.service_start_date), str(row.service_end_date)) for row in invoice.items]
