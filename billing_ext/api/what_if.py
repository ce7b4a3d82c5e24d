"""The public preview endpoint: what would a contract cost, without writing anything. Described in docs/api.md."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import frappe

from billing_ext.core.errors import DomainError
from billing_ext.repositories import contract_rows
from billing_ext.services import preview as service
from billing_ext.services.messages import throw


@frappe.whitelist(methods=["GET", "POST"])
def preview(
	contract: dict | str, as_of: str | date | None = None, run_dates: list | str | None = None
) -> dict[str, Any]:
	"""What billing runs would make of a contract described as JSON.

	``contract`` uses the field names of Billing Contract, its ``lines`` and ``amendments`` those of their DocTypes.
	Either ``as_of``, one date, or ``run_dates``, several in order, says when the runs take place. Needs read permission
	on Billing Contract; writes nothing. Raises frappe.ValidationError that names the field and the remedy;
	the response then has the rule under ``error_code``.
	"""
	frappe.has_permission("Billing Contract", "read", throw=True)
	try:
		return service.of_json(_object(contract), _dates(as_of, run_dates))
	except DomainError as error:
		frappe.local.response["error_code"] = error.code
		throw(error)


def _object(value: Any) -> dict[str, Any]:
	parsed = _parsed(value, "contract")
	if not isinstance(parsed, dict):
		raise DomainError("not_an_object", where="contract")
	return parsed


def _dates(as_of: Any, run_dates: Any) -> list[date]:
	days = _parsed(run_dates, "run_dates") if run_dates else [as_of]
	if not isinstance(days, list) or not days:
		raise DomainError("date_missing", field="run_dates")
	if len(days) > service.MAX_RUNS:
		raise DomainError("too_many_runs", count=len(days), most=service.MAX_RUNS)
	field = "run_dates" if run_dates else "as_of"
	return [contract_rows.required_day({field: day}, field) for day in days]


def _parsed(value: Any, where: str) -> Any:
	if not isinstance(value, str):
		return value
	try:
		return json.loads(value)
	except ValueError:
		raise DomainError("not_json", where=where) from None
