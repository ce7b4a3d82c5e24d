"""Many rows of one table written with one statement, past Frappe's documents: for rows that nothing is hooked to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import frappe
from frappe.utils import now

ROWS_PER_STATEMENT = 200


def new_row(values: Mapping[str, Any]) -> dict[str, Any]:
	"""The row of a new document with a name of its own, and what Frappe notes of who made it and when."""
	moment, user = now(), frappe.session.user
	return {
		"name": frappe.generate_hash(length=10),
		"owner": user,
		"modified_by": user,
		"creation": moment,
		"modified": moment,
		"docstatus": 0,
		"idx": 0,
		**values,
	}


def insert(doctype: str, rows: Sequence[Mapping[str, Any]]) -> None:
	"""Insert rows that have the same columns.

	Raises frappe.UniqueValidationError for a key that exists, and frappe.db's other errors.
	"""
	if not rows:
		return
	empty = _empty_by_default(doctype)
	columns = [name for name in rows[0] if name not in empty or any(row[name] is not None for row in rows)]
	head = f"insert into `tab{doctype}` ({', '.join(f'`{name}`' for name in columns)}) values "  # noqa: S608 - columns of the DocType
	marks = f"({', '.join(['%s'] * len(columns))})"
	for begin in range(0, len(rows), ROWS_PER_STATEMENT):
		part = rows[begin : begin + ROWS_PER_STATEMENT]
		values = [row[name] for row in part for name in columns]
		try:
			frappe.db.sql(head + ", ".join([marks] * len(part)), values)
		except Exception as error:
			if frappe.db.is_unique_key_violation(error):
				raise frappe.UniqueValidationError(doctype, error) from error
			raise


def insert_one(doctype: str, values: Mapping[str, Any]) -> str | None:
	"""Insert one row and return its name; None if there is one with its unique key already."""
	row = new_row(values)
	try:
		insert(doctype, [row])
	except frappe.UniqueValidationError:
		return None
	return row["name"]


def update(doctype: str, values: Mapping[str, Mapping[str, Any]]) -> None:
	"""Set fields of documents by name, the same fields in each. Not a user's change: no version, no timestamp."""
	names = list(values)
	for begin in range(0, len(names), ROWS_PER_STATEMENT):
		part = {name: values[name] for name in names[begin : begin + ROWS_PER_STATEMENT]}
		_update(doctype, part)


def _update(doctype: str, values: Mapping[str, Mapping[str, Any]]) -> None:
	fields = list(next(iter(values.values())))
	cases = " ".join(["when %s then %s"] * len(values))
	columns = ", ".join(f"`{field}` = case name {cases} end" for field in fields)
	names = ", ".join(["%s"] * len(values))
	parameters = [each for field in fields for name, row in values.items() for each in (name, row[field])]
	# In a small table the database would rather read, and lock, all rows.
	query = f"update `tab{doctype}` force index (primary) set {columns} where name in ({names})"  # noqa: S608 - columns of the DocType
	frappe.db.sql(query, [*parameters, *values])
	forget_cached(doctype, list(values))


def forget_cached(doctype: str, names: Sequence[str]) -> None:
	"""Drop what is cached of documents, now and when the transaction ends: frappe.clear_document_cache for many."""
	keys = [frappe.get_document_cache_key(doctype, name) for name in names]

	def forget() -> None:
		frappe.cache.delete_value(keys)

	forget()
	frappe.db.after_commit.add(forget)
	frappe.db.after_rollback.add(forget)


def _empty_by_default(doctype: str) -> frozenset[str]:
	"""Columns that are NULL where nothing is said."""
	store = frappe.local.cache.setdefault("billing_ext_null_columns", {})
	if doctype not in store:
		columns = frappe.db.sql(
			"""select column_name from information_schema.columns where table_schema = database()
			and table_name = %s and is_nullable = 'YES' and ifnull(column_default, 'NULL') = 'NULL'""",
			f"tab{doctype}",
		)
		store[doctype] = frozenset(name for (name,) in columns)
	return store[doctype]
