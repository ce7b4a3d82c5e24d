"""Renewal: what a new term would bring, the nightly making of it, and the customer's no."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import frappe
from frappe import _
from frappe.utils import escape_html
from rq.timeouts import JobTimeoutException

from billing_ext.core.contract import Contract, ContractLine
from billing_ext.core.errors import DomainError
from billing_ext.core.period import ONE_DAY
from billing_ext.core.renewal import (
	IndexClause,
	PriceRule,
	last_cancellation_day,
	percent_factor,
	renewed_lines,
	renewed_price,
)
from billing_ext.repositories import (
	clock,
	contract_rows,
	contracts,
	price_indices,
	prices,
	renewals,
	session,
	settings,
	todos,
)
from billing_ext.repositories.contract_rows import SUBMITTED, AmendmentType, Applies, LineChange, Renewal, Row
from billing_ext.repositories.contracts import ContractRecord
from billing_ext.repositories.money import to_decimal, to_float
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services import contract_change, contract_state, invoice_text
from billing_ext.services.messages import message_of

MAY_DECLINE_LATE = ("Billing Manager", "System Manager")
"""Roles that may let a customer go after the last day to cancel."""

NextPrice = Callable[[ContractLine, Decimal], Decimal]
_NEEDED_BY_RULE = {
	PriceRule.SAME: (),
	PriceRule.PERCENT: ("renewal_percent",),
	PriceRule.INDEX: ("price_index", "index_base_month"),
	PriceRule.LIST: ("price_list",),
}


def check_agreement(doc: Any) -> None:
	"""Refuse what a contract could not be renewed by. Raises DomainError that names the field."""
	values = doc.as_dict()
	if doc.remind_customer and not doc.contact_email:
		raise DomainError("no_reminder_email")
	kind = contract_rows.option(Renewal, values, "renewal", Renewal.ENDS)
	if kind is Renewal.ENDS:
		return
	if not doc.end_date:
		raise DomainError("renewal_without_term")
	if kind is Renewal.TERM:
		_months(values)
	_check_price_rule(doc, _rule(values))


def _check_price_rule(doc: Any, rule: PriceRule) -> None:
	for field in _NEEDED_BY_RULE[rule]:
		if not doc.get(field):
			raise DomainError("renewal_rule_incomplete", field=field)
	if rule is PriceRule.LIST and prices.currency_of(doc.price_list) != doc.currency:
		raise DomainError("price_list_currency", price_list=doc.price_list, currency=doc.currency)
	cap, floor = to_decimal(doc.index_cap), to_decimal(doc.index_floor)
	if cap and floor > cap and not doc.index_may_fall:
		raise DomainError("index_floor_over_cap", floor=floor, cap=cap)


def prepare_index(doc: Any) -> None:
	"""Bring an index's months into order, each as its first day. Raises DomainError ``index_value`` or ``index_month_twice``."""
	seen = set()
	for row in doc.values:
		month = contract_rows.required_day(row.as_dict(), "month").replace(day=1)
		if month in seen:
			raise DomainError("index_month_twice", month=f"{month:%Y-%m}")
		if to_decimal(row.value, "value") <= 0:
			raise DomainError("index_value", month=f"{month:%Y-%m}")
		seen.add(month)
		row.month = month
	doc.values.sort(key=lambda row: row.month)
	for number, row in enumerate(doc.values, start=1):
		row.idx = number


def before_edit(doc: Any) -> None:
	"""Check what was edited on a submitted contract; a form that was open overnight brings back nothing derived.

	Raises as ``check_agreement`` does.
	"""
	check_agreement(doc)
	doc.update(renewals.state_of(doc.name))


def after_edit(doc: Any) -> None:
	"""A submitted contract's renewal was agreed anew: the last day to cancel follows."""
	if any(doc.has_value_changed(field) for field in ("renewal", "notice_count", "notice_unit")):
		contract_state.refresh(doc.name)


def proposal(name: str) -> Any:
	"""The renewal of a contract's current term, as an unsaved amendment with the prices that its rule gives.

	Raises DomainError ``no_term``, ``nothing_to_renew``, ``renewal_months_missing``, and what the price rule lacks.
	"""
	record = contracts.record(name)
	amendment = renewals.draft(_values_of(record, record.to_core()))
	contract_change.prepare_amendment(amendment)
	for row in amendment.lines:
		row.name = None  # the form gives its own
	return amendment


def _values_of(record: ContractRecord, contract: Contract) -> dict[str, Any]:
	"""The fields of the amendment that renews the current term. Raises as ``proposal`` does."""
	header = record.header
	if contract.term_end is None:
		raise DomainError("no_term", contract=contract.id)
	if not renewed_lines(contract):
		raise DomainError("nothing_to_renew", contract=contract.id)
	without_end = header["renewal"] == Renewal.EVERGREEN.value
	return {
		**{field: header[field] for field in ("customer", "customer_name", "company", "currency")},
		"contract": header["name"],
		"amendment_type": AmendmentType.RENEW.value,
		"effective_date": contract.term_end,
		"renewal_months": 0 if without_end else _months(header),
		"lines": _price_changes(record, contract, contract.term_end),
	}


def _months(header: Row) -> int:
	"""The length of a further term. Raises DomainError ``renewal_months_missing``."""
	months = contract_rows.renewal_months(header)
	if not months:
		start = contract_rows.required_day(header, "start_date")
		end = contract_rows.required_day(header, "end_date")
		raise DomainError("renewal_months_missing", start=start, end=end)
	return months


def _price_changes(record: ContractRecord, contract: Contract, first_day: date) -> list[dict[str, Any]]:
	"""A row for each line whose price is another one from ``first_day`` on."""
	next_price = _next_price(record, contract, first_day)
	changes = []
	for line in renewed_lines(contract):
		old = line.revision_on(first_day).terms.price
		new = next_price(line, old)
		if new != old:
			changes.append(
				{
					"change": LineChange.CHANGE_TERMS.value,
					"contract_line": line.id,
					"applies": Applies.ON_DATE.value,
					"new_price": to_float(new),
				}
			)
	return changes


def _rule(header: Row) -> PriceRule:
	return contract_rows.option(PriceRule, header, "renewal_price_rule", PriceRule.SAME)


def _next_price(record: ContractRecord, contract: Contract, first_day: date) -> NextPrice:
	"""The contract's rule as a function of a line and its price."""
	header, rule = record.header, _rule(record.header)
	if rule is PriceRule.SAME:
		return lambda _line, price: price
	if rule is PriceRule.LIST:
		return lambda line, _price: _list_price(record, line, first_day)
	if rule is PriceRule.PERCENT:
		factor = percent_factor(to_decimal(header["renewal_percent"]))
	else:
		factor = _index_clause(header).factor(first_day, contract.renewed_on)
	return lambda _line, price: renewed_price(price, factor, contract.currency)


def _index_clause(header: Row) -> IndexClause:
	index = str(header["price_index"])
	return IndexClause(
		index=index,
		values=price_indices.values_of(index),
		base_month=contract_rows.required_day(header, "index_base_month"),
		lag=contract_rows.integer(header, "index_lag_months"),
		cap=to_decimal(header["index_cap"]) or None,
		floor=to_decimal(header["index_floor"]) or None,
		may_fall=bool(header["index_may_fall"]),
	)


def _list_price(record: ContractRecord, line: ContractLine, day: date) -> Decimal:
	row, price_list = record.lines[line.id], record.header["price_list"]
	found = prices.list_price(row["item_code"], price_list, row.get("uom"), record.header["customer"], day)
	if found is None:
		raise DomainError(
			"list_price_missing", item=invoice_text.line_title(row), price_list=price_list, date=day
		)
	return found


def renew_due() -> int:
	"""Make every renewal that has become certain, also of terms that were missed; how many were made.

	Each in a transaction of its own: what bars one contract is noted on it and does not stop the others. Doing it again,
	or twice at once, makes nothing twice. Nothing is made while billing is paused. A job.
	"""
	if settings.load().paused:
		return 0
	session.act_as(settings.load().service_user)
	return sum(_renew(name) for name in renewals.names_due(clock.today()))


def _renew(name: str) -> int:
	made = 0
	try:
		while in_transaction(partial(_renew_one_term, name)):
			made += 1
	except JobTimeoutException:
		raise
	except Exception as error:  # noqa: BLE001 - whatever is wrong with one contract must not stop the others
		in_transaction(partial(_note_failure, name, error))
	finally:
		session.forget_messages()
	return made


def _renew_one_term(name: str) -> bool:
	"""Renew the current term if that is certain; was it?"""
	contracts.lock([name])
	record = contracts.record(name)
	contract = record.to_core()
	if record.header["docstatus"] != SUBMITTED or not _is_certain(contract, clock.today()):
		return False
	renewals.make(_values_of(record, contract), as_job=True)
	return True


def _is_certain(contract: Contract, today: date) -> bool:
	if contract.term_end is None or not contract.renews or contract.renewal_declined:
		return False
	return bool(renewed_lines(contract)) and last_cancellation_day(contract.term_end, contract.notice) < today


def _note_failure(name: str, error: Exception) -> None:
	"""Say on the contract, and to its account owner, why it was not renewed.

	A price index that is not published yet is waited for until the new term's first invoice is due.
	"""
	contracts.lock([name])
	header = contracts.header(name)
	if isinstance(error, DomainError):
		if error.code == "index_value_missing" and clock.today() < _first_due(header):
			return
		text = str(message_of(error))
	else:
		text = frappe.utils.strip_html(str(error)) or type(error).__name__
	text = _("Not renewed: {0}").format(text)
	contracts.save_error(name, text)
	todos.assign("Billing Contract", header, escape_html(text), clock.today())


def _first_due(header: Row) -> date:
	return header["term_end"] + ONE_DAY - timedelta(days=contract_rows.integer(header, "lead_days"))


def decline(name: str) -> str:
	"""Have a contract end with its current term; the amendment that says so. Checks the user's permissions."""
	values = {"contract": name, "amendment_type": AmendmentType.DECLINE.value}
	return renewals.make(values, as_job=False)


def check_decline(doc: Any) -> None:
	"""Refuse a Do Not Renew that has no effect or comes too late.

	Raises DomainError ``nothing_to_decline``, ``declined_before``, and ``notice_passed`` for users without a role that may
	let a customer go all the same.
	"""
	if doc.amendment_type != AmendmentType.DECLINE.value:
		return
	contract = contracts.record(doc.contract).to_core()
	if contract.term_end is None or not contract.renews:
		raise DomainError("nothing_to_decline", contract=doc.contract)
	if contract.renewal_declined:
		raise DomainError("declined_before", contract=doc.contract)
	last = last_cancellation_day(contract.term_end, contract.notice)
	if last < clock.today() and not session.has_role(MAY_DECLINE_LATE):
		raise DomainError("notice_passed", date=last)


def undo_decline(name: str) -> None:
	"""Let a contract renew again, by cancelling its Do Not Renew. Checks the user's permissions."""
	renewals.cancel_decline(name)
