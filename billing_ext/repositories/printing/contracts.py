"""A contract, its lines under today's terms, and what they were billed for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import frappe

from billing_ext.core.contract import Contract, ContractLine
from billing_ext.core.metrics import mrr
from billing_ext.core.period import ONE_DAY, Interval
from billing_ext.rendering import drops
from billing_ext.rendering.drops import Drop
from billing_ext.rendering.numbers import Money, Number
from billing_ext.rendering.presentation import Presentation
from billing_ext.repositories import contracts
from billing_ext.repositories.contract_rows import Row
from billing_ext.repositories.money import to_decimal
from billing_ext.repositories.printing import custom, parties
from billing_ext.repositories.printing.plain import day, money, number, text, total

PERIODS = 12
"""Periods that the usage appendix goes back."""

_UNCOUNTED = ("Released", "Re-bill")


def values(doc: Any, shown: Presentation) -> dict[str, object]:
	"""What a template for Billing Contract sees."""
	contact = {"email": doc.contact_email, "name": doc.contact_person}
	addresses = {"billing": doc.customer_address, "shipping": None, "company": None}
	customer = frappe.get_doc("Customer", doc.customer)
	return {
		**parties.everywhere(doc.company, customer, shown, addresses=addresses, contact=contact),
		"contract": of(doc, shown),
		"usage": usage([doc.name], shown),
	}


def of(doc: Any, shown: Presentation) -> Drop:
	"""A Billing Contract."""
	record = (
		contracts.record(doc.name) if not doc.is_new() else contracts.record_of(doc.as_dict(), _rows(doc), ())
	)
	contract = record.to_core()
	return Drop(
		drops.CONTRACT,
		{
			"number": doc.name,
			"title": text(doc.title) or doc.name,
			"status": shown.translate(doc.status or "Draft"),
			"start_date": day(doc.start_date),
			"end_date": day(doc.end_date),
			"term_months": number(doc.term_months),
			"currency": doc.currency,
			"order_reference": text(doc.po_no),
			"payment_terms": text(doc.payment_terms_template),
			"next_billing_date": day(doc.next_billing_date),
			"monthly_amount": Money(contract.currency.round(mrr(contract, shown.today)), doc.currency),
			"lines": [
				_line(contract, line, record.lines[line.id], shown) for line in contract.lines if line.active
			],
			"custom": custom.values(doc, doc.currency),
		},
	)


def _rows(doc: Any) -> list[dict[str, Any]]:
	return [row.as_dict() | {"name": row.name or f"row-{row.idx}"} for row in doc.lines]


def _line(contract: Contract, line: ContractLine, row: Row, shown: Presentation) -> Drop:
	terms = line.revision_on(shown.today).terms
	code = contract.currency.code
	return Drop(
		drops.CONTRACT_LINE,
		{
			"name": line_name(row),
			"description": text(row.get("description")),
			"quantity": number(terms.quantity),
			"unit": row.get("uom"),
			"price": Money(terms.price, code),
			"discount_percent": number(terms.discount),
			"amount": Money(contract.currency.round(terms.amount), code),
			"price_period": _interval(line.price_period or _cadence(line), shown),
			"billing_period": _interval(_cadence(line), shown),
			"timing": None if line.one_off else shown.translate(line.timing.value),
			"start_date": line.start,
			"end_date": None if line.end is None or line.one_off else line.end - ONE_DAY,
			"is_one_time": line.one_off,
		},
	)


def _cadence(line: ContractLine) -> Interval | None:
	return line.grid.interval if line.grid else None


def line_name(row: Row) -> str | None:
	"""A line's short name: its item's, or the first line of its description."""
	code = row.get("item_code")
	name = row.get("item_name") or (code and frappe.get_cached_value("Item", code, "item_name")) or code
	return text(name or str(row.get("description") or "").split("\n")[0])


def _interval(interval: Interval | None, shown: Presentation) -> str | None:
	if interval is None:
		return None
	unit = shown.translate(interval.unit.value)
	return unit if interval.count == 1 else shown.unit(Decimal(interval.count), interval.unit.value)


def usage(names: list[str], shown: Presentation) -> list[Drop]:
	"""What the lines of contracts were billed for in their last twelve periods, oldest first."""
	rows = frappe.get_all(
		"Billing Charge",
		filters={"contract": ("in", names), "status": ("not in", _UNCOUNTED), "kind": ("!=", "One-off")},
		fields=[
			"contract_line", "line_title", "period_start", "period_end", "quantity", "amount", "currency", "kind",
			"sales_invoice_item",
		],
		order_by="period_start, sequence",
	)  # fmt: skip
	lines: dict[str, list[dict[str, Any]]] = {}
	for row in rows:
		lines.setdefault(row.contract_line, []).append(row)
	return [_usage(line, shown) for line in lines.values()]


def _usage(rows: list[dict[str, Any]], shown: Presentation) -> Drop:
	periods: dict[date, list[dict[str, Any]]] = {}
	for row in rows:
		periods.setdefault(row["period_start"], []).append(row)
	points = [_point(charged, shown) for _start, charged in sorted(periods.items())][-PERIODS:]
	code, item = rows[-1]["currency"], rows[-1]["sales_invoice_item"]
	return Drop(
		drops.USAGE,
		{
			"name": text(rows[-1]["line_title"]),
			"unit": item and frappe.db.get_value("Sales Invoice Item", item, "uom"),
			"points": points,
			"quantity": sum((point["quantity"] for point in points), Number(0)),  # type: ignore[misc,type-var]
			"amount": total([point["amount"] for point in points], code),  # type: ignore[misc]
		},
	)


def _point(charged: list[dict[str, Any]], shown: Presentation) -> Drop:
	latest = charged[-1]
	code = latest["currency"]
	return Drop(
		drops.USAGE_POINT,
		{
			"label": shown.date(latest["period_start"], "%b %Y"),
			"from": latest["period_start"],
			"to": latest["period_end"],
			"quantity": number(latest["quantity"]),
			"amount": total([money(to_decimal(row["amount"]), code) for row in charged], code),
		},
	)
