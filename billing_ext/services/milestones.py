"""Milestones: checks of a draft, completing and reopening, by hand or with a Task, and what a contract shows of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from frappe import _
from frappe.utils import formatdate

from billing_ext.core import milestones as core
from billing_ext.core.errors import DomainError
from billing_ext.core.money import Currency
from billing_ext.repositories import clock, contract_rows, contracts, milestones
from billing_ext.repositories.charges import Billed
from billing_ext.repositories.contract_rows import Row
from billing_ext.repositories.money import currency
from billing_ext.services import contract_state

DONE = "Completed"
"""The status of a Task that completes its milestone."""


def check(doc: Any) -> None:
	"""Check that a draft's milestones divide their lines; take over the days of Tasks that are done.

	Raises DomainError ``line_number``, ``milestone_line``, ``milestone_share``, ``milestone_missing``,
	``milestone_sum`` and ``milestone_task``.
	"""
	values = doc.as_dict()
	for line, rows in milestones.by_line(values["lines"], values["milestones"]):
		if not milestones.is_divided(line):
			raise DomainError("milestone_line", row=rows[0]["idx"], line=contract_rows.line_id(line))
		_check_shares(line, rows, currency(doc.currency))
	_take_over_tasks(doc)


def _check_shares(line: Row, rows: Sequence[Row], unit: Currency) -> None:
	if not rows:
		raise DomainError("milestone_missing", line=contract_rows.line_id(line))
	shares = [milestones.share_of(row) for row in rows]
	for row, share in zip(rows, shares, strict=True):
		if (share.percent is None) == (share.amount is None):
			raise DomainError("milestone_share", row=row["idx"], title=row["title"])
	missing = core.missing(milestones.line_total(line, unit), shares, unit)
	if missing:
		all_percent = all(share.percent is not None for share in shares)
		amount = f"{abs(missing).normalize():f} %" if all_percent else f"{abs(missing):f} {unit.code}"
		raise DomainError("milestone_sum", line=contract_rows.line_id(line), missing=amount)


def _take_over_tasks(doc: Any) -> None:
	tasks = milestones.tasks([row.task for row in doc.milestones if row.task])
	for row in doc.milestones:
		task = tasks.get(row.task)
		if task is None:
			continue
		if doc.project and task["project"] != doc.project:
			raise DomainError("milestone_task", row=row.idx, task=row.task, project=doc.project)
		if task["status"] == DONE and not row.completed_on:
			row.completed_on = task["completed_on"] or clock.today()


def complete(contract: str, milestone: str, on: date) -> None:
	"""Mark a milestone of a submitted contract as completed: the next run bills it.

	Raises DomainError ``contract_not_submitted``, ``milestone_unknown``, ``milestone_future`` and ``milestone_done``.
	"""
	row = _locked(contract, milestone)
	if on > clock.today():
		raise DomainError("milestone_future", title=row["title"], date=on)
	if row["completed_on"]:
		raise DomainError("milestone_done", title=row["title"], date=row["completed_on"])
	_write(contract, row, on)


def reopen(contract: str, milestone: str) -> None:
	"""Take a completion back: what was billed for the milestone is credited by the next run.

	Raises DomainError ``contract_not_submitted``, ``milestone_unknown`` and ``milestone_open``.
	"""
	row = _locked(contract, milestone)
	if not row["completed_on"]:
		raise DomainError("milestone_open", title=row["title"])
	_write(contract, row, None)


def _locked(contract: str, milestone: str) -> Row:
	contracts.lock([contract])
	if contracts.header(contract)["docstatus"] != contract_rows.SUBMITTED:
		raise DomainError("contract_not_submitted", contract=contract)
	row = milestones.locked(contract, milestone)
	if row is None:
		raise DomainError("milestone_unknown", milestone=milestone, contract=contract)
	return row


def _write(contract: str, row: Row, on: date | None) -> None:
	milestones.set_completed(row["name"], on)
	milestones.add_comment(
		contract,
		_("completed the milestone {0} as of {1}").format(row["title"], formatdate(on))
		if on
		else _("reopened the milestone {0}").format(row["title"]),
	)
	contract_state.refresh(contract)


def task_changed(task: Any) -> None:
	"""A Task was saved: if that completed it, so are its milestones.

	A Task that is opened again leaves them completed, because what was billed would be credited: that is for somebody who
	may change the contract. The contract's timeline tells of it.
	"""
	before = task.get_doc_before_save()
	was_done = before is not None and before.status == DONE
	if was_done == (task.status == DONE):
		return
	for row in milestones.of_task(task.name):
		if was_done and row["completed_on"]:
			milestones.add_comment(
				row["parent"],
				_(
					"opened the task {0} again. The milestone {1} stays completed until it is reopened here."
				).format(task.name, row["title"]),
			)
		elif not was_done and not row["completed_on"]:
			complete(
				row["parent"], row["name"], contract_rows.day(task.as_dict(), "completed_on") or clock.today()
			)


def overview(contract: Row, lines: Sequence[Row], billed: Mapping[str, Billed]) -> dict[str, Any]:
	"""The milestones of a contract for its form, with the documents that carry them, and what is not billed yet.

	``lines`` are the contract's own rows. Amounts are strings in the contract's currency.
	"""
	unit = currency(contract["currency"])
	rows = milestones.of_contract(contract["name"])
	done, still_open = milestones.line_rows(lines, rows, unit)
	amounts = {row["name"]: row["price"] for row in (*done, *still_open)}
	shown = [
		{
			"name": row["name"],
			"title": row["title"],
			"percent": row["percent"],
			"amount": str(amounts[row["name"]]),
			"planned": row["planned_date"],
			"completed": row["completed_on"],
			"task": row["task"],
			"invoices": list(billed[row["name"]].documents) if row["name"] in billed else [],
		}
		for row in rows
	]
	total = sum(amounts.values(), unit.zero)
	remaining = total - sum((billed[name].amount for name in amounts if name in billed), unit.zero)
	return {"rows": shown, "total": str(total), "remaining": str(remaining)}
