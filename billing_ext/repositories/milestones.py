"""Milestones of a contract's lines: rows of one-off lines for planning, and the day on which each was completed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import frappe
from frappe.query_builder import DocType

from billing_ext.core.milestones import Share, amounts
from billing_ext.core.money import Currency
from billing_ext.repositories import contract_rows
from billing_ext.repositories.contract_rows import SUBMITTED, LineType, Row

_INHERITED = (
	"item_code", "uom", "cost_center", "project", "shipping_address", "income_account", "item_tax_template",
	"billed_through",
)  # fmt: skip


def line_rows(
	own_lines: Sequence[Row], milestones: Sequence[Row], currency: Currency
) -> tuple[list[Row], list[Row]]:
	"""The milestones as rows of one-off lines, each under its own name: those completed, and those still open.

	A completed one starts on the day it was completed, an open one on the day it is planned for, if any. Raises
	DomainError ``line_number`` for a milestone of a line that there is not.
	"""
	completed: list[Row] = []
	still_open: list[Row] = []
	for line, parts in by_line(own_lines, milestones):
		costs = amounts(line_total(line, currency), [share_of(row) for row in parts], currency)
		for milestone, amount in zip(parts, costs, strict=True):
			rows = completed if milestone.get("completed_on") else still_open
			rows.append(_line_row(line, milestone, amount))
	return completed, still_open


def by_line(own_lines: Sequence[Row], milestones: Sequence[Row]) -> list[tuple[Row, list[Row]]]:
	"""Each line of type Milestones with its milestones in the order of the table; other lines only if one names them.

	Raises DomainError ``line_number``.
	"""
	parts: dict[str, list[Row]] = {contract_rows.line_id(row): [] for row in own_lines if is_divided(row)}
	lines = {contract_rows.line_id(row): row for row in own_lines}
	for milestone in milestones:
		line = contract_rows.numbered_line(own_lines, milestone)
		parts.setdefault(contract_rows.line_id(line), []).append(milestone)
	return [(lines[name], rows) for name, rows in parts.items()]


def is_divided(line: Row) -> bool:
	"""Is the line billed by milestones?"""
	return contract_rows.option(LineType, line, "line_type", LineType.RECURRING) is LineType.MILESTONES


def line_total(line: Row, currency: Currency) -> Decimal:
	"""What all milestones of a line cost together: price times quantity less discount."""
	return currency.round(contract_rows.terms_of(line).amount)


def share_of(milestone: Row) -> Share:
	"""The share or the amount that a row gives; a field left at zero is not filled in."""
	return Share(
		percent=contract_rows.number(milestone, "percent") or None,
		amount=contract_rows.number(milestone, "amount") or None,
	)


def _line_row(line: Row, milestone: Row, amount: Decimal) -> Row:
	texts = (milestone.get("title"), line.get("description"))
	return {
		**{field: line.get(field) for field in _INHERITED},
		"name": contract_rows.line_id(milestone),
		"origin": "Billing Milestone",
		"item_name": milestone.get("title"),
		"description": "\n".join(text for text in texts if text),
		"line_type": LineType.ONE_OFF.value,
		"price": amount,
		"quantity": Decimal(1),
		"start_date": milestone.get("completed_on") or milestone.get("planned_date"),
	}


def of_contract(contract: str) -> list[dict[str, Any]]:
	"""The rows of a contract's milestones, in the order of its table."""
	return frappe.get_all(
		"Billing Milestone",
		filters={"parent": contract, "parenttype": "Billing Contract"},
		fields=["*"],
		order_by="idx",
	)


def of_task(task: str) -> list[dict[str, Any]]:
	"""Milestones of submitted contracts that are done when ``task`` is, by contract."""
	return frappe.get_all(
		"Billing Milestone",
		filters={"task": task, "docstatus": SUBMITTED, "parenttype": "Billing Contract"},
		fields=["name", "parent", "title", "completed_on"],
		order_by="parent, idx",
	)


def locked(contract: str, milestone: str) -> dict[str, Any] | None:
	"""A milestone's row as it is now, locked until the transaction ends; None if the contract has none of that name."""
	table = DocType("Billing Milestone")
	rows = (
		frappe.qb.from_(table)
		.select("*")
		.where((table.parent == contract) & (table.name == milestone))
		.for_update()
		.run(as_dict=True)
	)
	return rows[0] if rows else None


def set_completed(milestone: str, on: date | None) -> None:
	"""Write the day on which a milestone was completed, or that it is open again."""
	frappe.db.set_value("Billing Milestone", milestone, "completed_on", on)


def add_comment(contract: str, text: str) -> None:
	"""Tell on the contract's timeline what happened to it."""
	frappe.get_doc(
		{
			"doctype": "Comment",
			"comment_type": "Info",
			"reference_doctype": "Billing Contract",
			"reference_name": contract,
			"comment_email": frappe.session.user,
			"content": text,
		}
	).insert(ignore_permissions=True)


def tasks(names: Sequence[str]) -> Mapping[str, dict[str, Any]]:
	"""Project, status and day of completion of tasks, by name."""
	found = frappe.get_all(
		"Task", filters={"name": ("in", list(names))}, fields=["name", "project", "status", "completed_on"]
	)
	return {task.name: task for task in found}
