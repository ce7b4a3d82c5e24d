"""One invoice made by ERPNext itself, read, and undone: the pattern that the others of its kind follow.

Nothing of ERPNext's logic is repeated here. Its document path runs as it is, without hooks, on a savepoint that is
rolled back; what it has written is read row by row, and which tables it has written is noted.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import frappe

from billing_ext.repositories.posting_lanes.assembly import Given, document
from billing_ext.repositories.posting_lanes.facts import CHILDREN, GL, INVOICE, PLE
from billing_ext.repositories.posting_lanes.interception import Execute, intercepted

WRITTEN_IN_BULK = frozenset(f"tab{name}" for name in (INVOICE, GL, PLE, *CHILDREN.values()))
REDONE_AFTERWARDS = frozenset(("tabCompany", "tabProject", "tabItem Default"))
"""Written for each invoice by ERPNext; see writes.settle for how the bulk lane comes to the same."""
EMPTIED = frozenset(("tabSales Invoice Advance", "tabSales Invoice Payment"))
"""Rows without an amount are deleted from them; the bulk lane writes none."""
ONLY_AT_FIRST = frozenset(("tabItem Price",))
"""Written by the first invoice of an item only, which goes by the standard lane."""
LOST = (frappe.QueryDeadlockError, frappe.QueryTimeoutError)
"""After these nothing can be undone: the database has rolled back by itself."""
_BARE_NAME = re.compile(
	r"^\s*(?:insert(?:\s+ignore)?\s+into|replace\s+into|update|delete\s+from)\s+(\w+)", re.I
)
_QUOTED_NAME = re.compile(
	r"^\s*(?:insert(?:\s+ignore)?\s+into|replace\s+into|update|delete\s+from)\s+`([^`]+)`", re.I
)


@dataclass(frozen=True, slots=True)
class Recording:
	"""What ERPNext has made of an invoice.

	``rows`` are the stored rows by DocType, in order; ``before`` the document just before its totals are calculated;
	``validated`` and ``submitted`` the document as hooks see it in memory, when ERPNext has validated and submitted it;
	``other_tables`` what else was written to. ``has_template``: its taxes are those of a template, not of its items.
	"""

	rows: dict[str, list[dict[str, Any]]]
	before: dict[str, Any]
	validated: dict[str, Any]
	submitted: dict[str, Any]
	other_tables: frozenset[str]
	has_template: bool


def record(given: Given) -> Recording:
	"""Have ERPNext make the invoice and undo it. Raises what its validation raises."""
	invoice = document(given)
	has_template = bool(invoice.taxes)
	before: dict[str, Any] = {}
	validated: dict[str, Any] = {}

	def calculate() -> None:
		if not before:
			before.update(copy.deepcopy(invoice.as_dict()))
		type(invoice).calculate_taxes_and_totals(invoice)

	def validate() -> None:
		type(invoice).validate(invoice)
		validated.update(copy.deepcopy(invoice.as_dict()))

	invoice.calculate_taxes_and_totals = calculate
	invoice.validate = validate
	# Named by hand: no number is drawn, and the row of the series is not locked. Where rows were that are undone a lock
	# stays on the gap up to the next name, so it is one before all others: new numbers come after the last.
	invoice.name = f"!billing-ext-{frappe.generate_hash(length=10)}"
	invoice.flags.name_set = True
	with undone(), quiet(), _sales_not_summed_up(), _tables() as written:
		invoice.submit()
		rows = _stored_rows(invoice.name)
	# ERPNext remembers the currency of the entries that are no more.
	frappe.local.cache.get("party_gle_currency", {}).pop(
		("Customer", given.customer.name, invoice.company), None
	)
	frappe.clear_document_cache(INVOICE, invoice.name)
	return Recording(
		rows, before, validated, invoice.as_dict(), frozenset(written - WRITTEN_IN_BULK), has_template
	)


def _stored_rows(name: str) -> dict[str, list[dict[str, Any]]]:
	rows = {INVOICE: _select(INVOICE, "name", name)}
	for table in frappe.get_meta(INVOICE).get_table_fields():
		rows[table.options] = _select(table.options, "parent", name, "order by idx")
	rows[GL] = _in_order_of_writing(_select(GL, "voucher_no", name))
	rows[PLE] = _select(PLE, "voucher_no", name)
	return rows


def _select(doctype: str, field: str, name: str, order: str = "") -> list[dict[str, Any]]:
	query = f"select * from `tab{doctype}` where `{field}` = %s {order}"  # noqa: S608 - DocTypes and fields from this file
	return [dict(row) for row in frappe.db.sql(query, name, as_dict=True)]


def _in_order_of_writing(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
	return sorted(rows, key=lambda row: row["creation"])


@contextmanager
def undone() -> Iterator[None]:
	"""Roll back to where it began, and forget what was to happen after the commit."""
	attempt = Attempt()
	try:
		yield
	except LOST:
		raise
	except BaseException:
		attempt.undo()
		raise
	attempt.undo()


@contextmanager
def _sales_not_summed_up() -> Iterator[None]:
	"""ERPNext does not sum up the sales of company and project, see ``writes.settle``.

	It would lock the company's row, for which those wait who hold the row of the number series that is wanted later.
	"""
	selling = frappe.db.value_cache.setdefault("Selling Settings", {})
	before = frappe.db.get_single_value("Selling Settings", "sales_update_frequency")
	selling["sales_update_frequency"] = "Monthly"
	try:
		yield
	finally:
		if frappe.db.value_cache.get("Selling Settings") is selling:
			selling["sales_update_frequency"] = before


class Attempt:
	"""Something tried within a transaction: a savepoint, and what Frappe had put off until the commit when it began."""

	def __init__(self) -> None:
		self._save_point = f"billing_ext_{frappe.generate_hash(length=8)}"
		database = frappe.db
		self._queues = (
			database.before_commit, database.after_commit, database.before_rollback, database.after_rollback,
		)  # fmt: skip
		self._callbacks = [list(each._functions) for each in self._queues]
		self._logs = {name: copy.copy(getattr(frappe.local, name, None)) for name in _LOGS}
		frappe.db.savepoint(self._save_point)

	def undo(self) -> None:
		"""Leave no trace of it, in the database or after the commit."""
		for each, functions in zip(self._queues, self._callbacks, strict=True):
			each._functions.clear()
			each._functions.extend(functions)
		for name, value in self._logs.items():
			if value is not None:
				setattr(frappe.local, name, value)
			elif hasattr(frappe.local, name):
				delattr(frappe.local, name)
		frappe.db.rollback(save_point=self._save_point)


_LOGS = ("_realtime_log", "message_log", "_webhook_queue")


@contextmanager
def quiet() -> Iterator[None]:
	"""No hooks, notifications, webhooks, server scripts or global search: these are for real invoices."""
	conf, flags = frappe.local.conf, frappe.local.flags
	search, saving = conf.get("disable_global_search"), list(flags.currently_saving or ())
	hooks = frappe.get_doc_hooks()
	cache = frappe.local.cache
	silenced: dict[Any, Any] = {
		frappe.cache.make_key("webhooks"): {},
		frappe.cache.make_key("server_script_map"): {},
		frappe.cache.make_key("notifications"): {name: [] for name in (INVOICE, GL, PLE, *CHILDREN.values())},
	}
	kept = {key: cache[key] for key in silenced if key in cache}
	cache.update(silenced)
	# Frappe reads the hooks anew if there are none at all.
	frappe.local.doc_events_hooks = {"": {}}
	conf["disable_global_search"] = 1
	try:
		yield
	finally:
		frappe.local.doc_events_hooks = hooks
		conf["disable_global_search"] = search
		flags.currently_saving = saving
		for key in silenced:
			cache.pop(key, None)
		cache.update(kept)


@contextmanager
def _tables() -> Iterator[set[str]]:
	"""The tables that are written to."""
	written: set[str] = set()

	def around(execute: Execute) -> Execute:
		def sql(query: Any, *args: Any, **kwargs: Any) -> Any:
			found = _QUOTED_NAME.match(str(query)) or _BARE_NAME.match(str(query))
			if found:
				written.add(found.group(1))
			return execute(query, *args, **kwargs)

		return sql

	with intercepted(around):
		yield written
