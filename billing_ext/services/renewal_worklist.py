"""The work-lists of contracts whose term comes to its end: those that renew, and those that end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from frappe import _

from billing_ext.core.contract import Contract
from billing_ext.core.errors import DomainError
from billing_ext.core.metrics import mrr
from billing_ext.core.period import ONE_DAY, Interval
from billing_ext.core.renewal import PriceRule, last_cancellation_day
from billing_ext.repositories import clock, contract_rows, contracts, renewals
from billing_ext.repositories.contract_rows import Renewal, Row
from billing_ext.repositories.money import to_float
from billing_ext.services import contract_change
from billing_ext.services import renewals as renewal_service
from billing_ext.services.messages import message_of

WINDOW = timedelta(days=90)
"""What a list covers from its first day on if its last is not given."""


def renewing(filters: Mapping[str, Any]) -> list[dict[str, Any]]:
	"""Contracts whose last day to cancel lies in the window: to be decided, declined, overdue, or renewed already."""
	first, last = _window(filters)
	scope = _scope(filters)
	window = {
		**scope,
		"renewal": ("!=", Renewal.ENDS.value),
		"last_cancellation_day": ("between", (first, last)),
	}
	rows = [_open_row(header) for header in renewals.at_term_end(window, "last_cancellation_day, name")]
	for header, first_day in renewals.renewed_since(first, scope):
		deadline = last_cancellation_day(first_day, _notice(header))
		if first <= deadline <= last:
			rows.append(_renewed_row(header, first_day, deadline))
	return sorted(rows, key=lambda row: (row["last_cancellation_day"], row["contract"]))


def ending(filters: Mapping[str, Any]) -> list[dict[str, Any]]:
	"""Contracts that end in the window without being renewed: agreed so at first, or declined."""
	first, last = _window(filters)
	window = {**_scope(filters), "term_end": ("between", (first, last))}
	headers = renewals.at_term_end(window, "term_end, name")
	return [
		_basic_row(header, header["term_end"]) | _values(contracts.record(header["name"]).to_core(), None)
		for header in headers
		if header["renewal"] == Renewal.ENDS.value or header["renewal_declined"]
	]


def _window(filters: Mapping[str, Any]) -> tuple[date, date]:
	first = contract_rows.day(filters, "from_date") or clock.today()
	return first, contract_rows.day(filters, "to_date") or first + WINDOW


def _scope(filters: Mapping[str, Any]) -> dict[str, Any]:
	fields = ("company", "customer", "account_owner")
	return {field: filters[field] for field in fields if filters.get(field)}


def _basic_row(header: Row, deadline: date) -> dict[str, Any]:
	shown = ("customer", "customer_name", "currency", "account_owner", "term_end")
	return {
		**{field: header[field] for field in shown},
		"contract": header["name"],
		"days_left": (deadline - clock.today()).days,
		"status": _status(header),
	}


def _status(header: Row) -> str:
	if header["renewal_declined"]:
		return _("Declined")
	return _("Reminded") if header["reminded_for"] == header["term_end"] else _("To Be Decided")


def _open_row(header: Row) -> dict[str, Any]:
	"""A contract whose current term is not renewed yet, with what the renewal would bring or why it cannot be made."""
	row = _basic_row(header, header["last_cancellation_day"]) | {
		"last_cancellation_day": header["last_cancellation_day"],
		"rule": _rule_name(header),
	}
	contract = contracts.record(header["name"]).to_core()
	if header["renewal_declined"]:
		return row | _values(contract, None)
	if row["days_left"] < 0:
		row["status"] = _("Overdue")
	try:
		amendment = contract_change.amendment_row(renewal_service.proposal(header["name"]))
	except DomainError as error:
		return row | _values(contract, None) | {"note": str(message_of(error))}
	renewed = contracts.record(header["name"], instead=amendment).to_core()
	return row | _values(renewed, contract.term_end)


def _renewed_row(header: Row, first_day: date, deadline: date) -> dict[str, Any]:
	contract = contracts.record(header["name"]).to_core()
	return _basic_row(header, deadline) | {
		"term_end": first_day - ONE_DAY,
		"last_cancellation_day": deadline,
		"rule": _rule_name(header),
		"status": _("Renewed"),
		**_values(contract, first_day),
	}


def _values(contract: Contract, renewed_on: date | None) -> dict[str, Any]:
	"""Monthly recurring revenue on the last day of the term, and from the renewal on."""
	if renewed_on is None:
		last_day = contract.term_end - ONE_DAY if contract.term_end else clock.today()
		return {"mrr": to_float(_mrr(contract, last_day))}
	before, after = _mrr(contract, renewed_on - ONE_DAY), _mrr(contract, renewed_on)
	return {"mrr": to_float(before), "mrr_after": to_float(after), "change": to_float(after - before)}


def _mrr(contract: Contract, day: date) -> Decimal:
	return contract.currency.round(mrr(contract, day))


def _notice(header: Row) -> Interval | None:
	return (
		contract_rows.interval(header, header, "notice_count", "notice_unit")
		if header["notice_count"]
		else None
	)


def _rule_name(header: Row) -> str:
	names = {
		PriceRule.SAME: _("Same Price"),
		PriceRule.PERCENT: _("Percent"),
		PriceRule.INDEX: _("Price Index"),
		PriceRule.LIST: _("List Price"),
	}
	return names[PriceRule(header["renewal_price_rule"])]
