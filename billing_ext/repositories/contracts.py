"""Billing Contracts and their amendments: rows in, core values out, and the hints that let idle contracts rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import frappe
from frappe.query_builder import DocType, Order

from billing_ext.core.contract import Contract
from billing_ext.repositories import bulk_rows, contract_rows, milestones, tax_changes, time_entries
from billing_ext.repositories.contract_rows import CANCELLED, DRAFT, SUBMITTED, Row
from billing_ext.repositories.money import currency, to_float
from billing_ext.repositories.tax_changes import TaxChanges


@dataclass(frozen=True, slots=True)
class ContractRecord:
	"""A contract's rows. ``lines`` holds its own lines and those that amendments added, by id.

	Lines of cancelled amendments are among them: what was billed for them is still to be credited.
	"""

	header: Row
	own_lines: tuple[Row, ...]
	amendments: tuple[Row, ...]
	lines: dict[str, Row] = field(default_factory=dict)

	def to_core(self) -> Contract:
		"""The contract as its amendments leave it."""
		code = self.header["currency"]
		return contract_rows.contract_from(self.header, self.own_lines, self.amendments, currency(code))

	def without_amendment(self, name: str) -> ContractRecord:
		"""The record as it would be if that amendment had not been made."""
		return replace(self, amendments=tuple(row for row in self.amendments if row["name"] != name))


def lock(names: Sequence[str]) -> None:
	"""Hold the contracts' rows until the transaction ends.

	Must be the transaction's first statement: a plain read before it would open the snapshot in which the ledger is
	then read, without what another worker has just committed.
	"""
	if names:
		# In a small table the database would rather read, and lock, all rows.
		frappe.db.sql(
			"""select name from `tabBilling Contract` force index (primary)
			where name in %(names)s order by name for update""",
			{"names": tuple(names)},
		)


class Reader:
	"""Rows of many contracts, read with one query for each table.

	Their records are made one by one, for what is wrong with one contract must not stop the others.
	"""

	def __init__(self, names: Sequence[str]) -> None:
		headers = frappe.get_all("Billing Contract", filters={"name": ("in", list(names))}, fields=["*"])
		self.headers: dict[str, dict[str, Any]] = {row["name"]: row for row in headers}
		known = list(self.headers)
		self._children = {doctype: _by_parent(_children(doctype, known)) for doctype in _TABLES}
		self._amendments = _amendments(known)
		self._tax_changes: dict[str, TaxChanges] = {}

	def record(self, name: str, instead: Row | None = None) -> ContractRecord:
		"""The rows of a contract with its submitted amendments; ``instead`` adds one that is not submitted yet.

		Raises frappe.DoesNotExistError, and DomainError for rows that cannot be understood.
		"""
		if name not in self.headers:
			raise frappe.DoesNotExistError(name)
		contract = dict(self.headers[name])
		own, known_lines = self._own_lines(contract)
		known = self._amendments.get(name, [])
		amendments: list[Row] = [row for row in known if row["docstatus"] == SUBMITTED]
		if instead is not None:
			amendments = [row for row in amendments if row["name"] != instead.get("name")] + [instead]
		cancelled = [row for row in known if row["docstatus"] == CANCELLED]
		return record_of(contract, own, amendments, cancelled, known_lines)

	def _own_lines(self, contract: dict[str, Any]) -> tuple[list[Row], list[Row]]:
		"""The rows that are billed as signed, milestones and hours among them; and those that are only known so far."""
		name, company = contract["name"], contract["company"]
		contract["ramp_steps"] = self._children["Billing Ramp Step"].get(name, [])
		changes = self._tax_changes.setdefault(company, tax_changes.of_company(company))
		lines = [
			{**line, "tax_cuts": changes.cuts(line["item_tax_template"])}
			for line in self._children["Billing Contract Line"].get(name, [])
		]
		complete, still_open = milestones.line_rows(
			lines, self._children["Billing Milestone"].get(name, []), currency(contract["currency"])
		)
		contract["open_milestones"] = bool(still_open)
		return [*lines, *complete, *time_entries.line_rows(contract)], still_open


_TABLES = ("Billing Contract Line", "Billing Ramp Step", "Billing Milestone")


def record(name: str, instead: Row | None = None) -> ContractRecord:
	"""A contract's record, as ``Reader.record``."""
	return Reader([name]).record(name, instead)


def header(name: str) -> Row:
	"""The fields of a contract itself. Raises frappe.DoesNotExistError."""
	values = frappe.db.get_value("Billing Contract", name, "*", as_dict=True)
	if not values:
		raise frappe.DoesNotExistError(name)
	return values


def record_of(
	contract: Row,
	own_lines: Sequence[Row],
	amendments: Sequence[Row],
	cancelled: Sequence[Row] = (),
	known_lines: Sequence[Row] = (),
) -> ContractRecord:
	"""A record from rows that need not be saved. ``known_lines`` are not billed now, but may have been before."""
	own = {contract_rows.line_id(row): row for row in (*own_lines, *known_lines)}
	lines = own | contract_rows.added_rows(own, [*cancelled, *amendments])
	return ContractRecord(contract, tuple(own_lines), tuple(amendments), lines)


def languages(headers: Iterable[Row]) -> dict[str, str]:
	"""The language in which each contract's customer is written to: the contract's, else the customer's, else the site's."""
	rows = list(headers)
	silent = {row["customer"] for row in rows if not row.get("language")}
	found = {}
	if silent:
		customers = frappe.get_all("Customer", filters={"name": ("in", silent)}, fields=["name", "language"])
		found = {customer["name"]: customer["language"] for customer in customers}
	default = frappe.local.lang or "en"
	return {row["name"]: row.get("language") or found.get(row["customer"]) or default for row in rows}


def is_language(code: str) -> bool:
	"""Does the site know this language code?"""
	return bool(frappe.db.exists("Language", code))


def _amendments(contracts: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
	"""Amendments that are no drafts, by contract in their sequence, with their rows under ``lines``."""
	if not contracts:
		return {}
	amendments = frappe.get_all(
		"Billing Amendment",
		filters={"contract": ("in", contracts), "docstatus": ("!=", DRAFT)},
		fields=["*"],
		order_by="sequence",
	)
	changes = _by_parent(_children("Billing Amendment Line", [row["name"] for row in amendments]))
	found: dict[str, list[dict[str, Any]]] = {}
	for amendment in amendments:
		amendment["lines"] = changes.get(amendment["name"], [])
		found.setdefault(amendment["contract"], []).append(amendment)
	return found


def _children(doctype: str, parents: Sequence[str]) -> list[dict[str, Any]]:
	if not parents:
		return []
	return frappe.get_all(doctype, filters={"parent": ("in", parents)}, fields=["*"], order_by="parent, idx")


def _by_parent(rows: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
	found: dict[str, list[dict[str, Any]]] = {}
	for row in rows:
		found.setdefault(row["parent"], []).append(row)
	return found


def next_sequence(contract: str) -> int:
	"""The number that the next amendment of ``contract`` gets: one more than any before, cancelled ones included."""
	table = DocType("Billing Amendment")
	newest = (
		frappe.qb.from_(table)
		.select(table.sequence)
		.where(table.contract == contract)
		.orderby(table.sequence, order=Order.desc)
		.limit(1)
		.for_update()  # a locking read sees what another amendment has just committed
		.run()
	)
	return (newest[0][0] or 0) + 1 if newest else 1


def names_due(as_of: date, company: str | None, customer: str | None, contract: str | None) -> list[str]:
	"""Submitted contracts with something due by ``as_of``, in the order in which they are locked.

	``next_billing_date`` is a hint: a wrong one delays a charge until the weekly sweep, it cannot double or lose one.
	A ``contract`` that is named is looked at whatever its hint says.
	"""
	table = DocType("Billing Contract")
	query = (
		frappe.qb.from_(table)
		.select(table.name)
		.where(table.docstatus == SUBMITTED)
		.orderby(table.company, table.customer, table.name)
	)
	if contract:
		return query.where(table.name == contract).run(pluck=True)
	query = query.where(table.next_billing_date <= as_of)
	if company:
		query = query.where(table.company == company)
	if customer:
		query = query.where(table.customer == customer)
	return query.run(pluck=True)


def various(count: int) -> list[str]:
	"""At most ``count`` contracts that have something to bill, as different from each other as that allows."""
	rows = frappe.db.sql(
		"""select name, row_number() over (
				partition by company, currency, taxes_and_charges, payment_terms_template, cost_center, price_list,
					project, language
				order by next_billing_date, name
			) as nth
		from `tabBilling Contract` where docstatus = 1 and next_billing_date is not null
		order by nth, name limit %s""",
		count,
	)
	return sorted(name for name, _nth in rows)


def submitted_in_pages(size: int) -> Iterator[list[str]]:
	"""Every submitted contract, ``size`` at once, in the order of their names: for the weekly sweep."""
	table = DocType("Billing Contract")
	after = ""
	while names := (
		frappe.qb.from_(table)
		.select(table.name)
		.where((table.name > after) & (table.docstatus == SUBMITTED))
		.orderby(table.name)
		.limit(size)
		.run(pluck=True)
	):
		yield names
		after = names[-1]


def copy_for_customer(name: str, omitted: Iterable[str], values: Row) -> str:
	"""Submit a copy of a contract with other ``values`` and without ``omitted`` fields; its name. Checks permissions."""
	copy = frappe.copy_doc(frappe.get_doc("Billing Contract", name))
	for field_name in (*omitted, "milestones", "time_rates", "expense_item", "expense_markup"):
		copy.set(field_name, [] if copy.meta.get_field(field_name).fieldtype == "Table" else None)
	customer = frappe.get_cached_doc("Customer", values["customer"])
	copy.update({**values, "customer_name": customer.customer_name, "bill_time": 0})
	copy.customer_address = customer.customer_primary_address
	copy.contact_person = customer.customer_primary_contact
	copy.contact_email = customer.email_id
	copy.insert()
	copy.submit()
	return copy.name


def cancel(name: str) -> None:
	"""Cancel a contract. Checks permissions; raises what the contract's own checks raise."""
	frappe.get_doc("Billing Contract", name).cancel()


@dataclass(frozen=True, slots=True)
class ContractState:
	"""What a contract shows of itself, derived from terms and ledger; ``term_end`` and the others are last days."""

	status: str
	next_billing_date: date | None
	service_end: date | None
	term_end: date | None
	last_cancellation_day: date | None
	renewal_declined: bool
	mrr: Decimal


def save_states(states: Mapping[str, ContractState]) -> None:
	"""Write what is derived, by contract. Not a user's change: no version, no timestamp. Clears billing errors."""
	bulk_rows.update(
		"Billing Contract",
		{
			name: asdict(state) | {"mrr": to_float(state.mrr), "billing_error": None}
			for name, state in states.items()
		},
	)


def save_error(name: str, message: str) -> None:
	"""Show on the contract why it was not billed."""
	frappe.db.set_value(
		"Billing Contract",
		name,
		{"status": "Needs Attention", "billing_error": message},
		update_modified=False,
	)


def add_indexes() -> None:
	"""Indexes over more than one field; those of one field are said by the DocType."""
	frappe.db.add_index("Billing Contract", ["status", "service_end"])  # for to_advance


def to_advance(today: date) -> list[str]:
	"""Contracts whose state the calendar alone may change: upcoming ones that begin, served ones that end."""
	table = DocType("Billing Contract")
	begins = (table.status == "Upcoming") & (table.start_date <= today)
	ends = (table.status == "Active") & (table.service_end < today) & table.next_billing_date.isnull()
	# One query each: for both at once the database may read the whole table.
	found = [
		frappe.qb.from_(table)
		.select(table.name)
		.where((table.docstatus == SUBMITTED) & which)
		.run(pluck=True)
		for which in (begins, ends)
	]
	return sorted({name for names in found for name in names})


def of_customer(customer: str) -> list[dict[str, Any]]:
	"""The customer's contracts that the user may read, for the customer's form."""
	return frappe.get_list(
		"Billing Contract",
		filters={"customer": customer, "docstatus": SUBMITTED},
		fields=["name", "status", "start_date", "service_end", "next_billing_date", "mrr", "currency"],
		order_by="start_date desc, name",
	)
