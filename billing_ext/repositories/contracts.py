"""Billing Contracts and their amendments: rows in, core values out, and the hints that let idle contracts rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import frappe
from frappe.query_builder import DocType, Order

from billing_ext.core.contract import Contract
from billing_ext.repositories import contract_rows, milestones, tax_changes, time_entries
from billing_ext.repositories.contract_rows import Row
from billing_ext.repositories.money import currency, to_float

DRAFT, SUBMITTED, CANCELLED = 0, 1, 2


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
	table = DocType("Billing Contract")
	(
		frappe.qb.from_(table)
		.select(table.name)
		.where(table.name.isin(list(names)))
		.orderby(table.name)
		.for_update()
		.run()
	)


def record(name: str, instead: Row | None = None) -> ContractRecord:
	"""The rows of a contract with its submitted amendments; ``instead`` adds one that is not submitted yet.

	Raises frappe.DoesNotExistError.
	"""
	contract = dict(header(name))
	own, known_lines = _own_lines(contract)
	known = _amendments(name)
	amendments: list[Row] = [row for row in known if row["docstatus"] == SUBMITTED]
	if instead is not None:
		amendments = [row for row in amendments if row["name"] != instead.get("name")] + [instead]
	cancelled = [row for row in known if row["docstatus"] == CANCELLED]
	return record_of(contract, own, amendments, cancelled, known_lines)


def _own_lines(contract: dict[str, Any]) -> tuple[list[Row], list[Row]]:
	"""The rows that are billed as signed, milestones and hours among them; and those that are only known so far."""
	name = contract["name"]
	contract["ramp_steps"] = _children("Billing Ramp Step", [name])
	lines = _children("Billing Contract Line", [name])
	changes = tax_changes.of_company(contract["company"])
	for line in lines:
		line["tax_cuts"] = changes.cuts(line["item_tax_template"])
	complete, still_open = milestones.line_rows(
		lines, _children("Billing Milestone", [name]), currency(contract["currency"])
	)
	contract["open_milestones"] = bool(still_open)
	return [*lines, *complete, *time_entries.line_rows(contract)], still_open


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


def is_language(code: str) -> bool:
	"""Does the site know this language code?"""
	return bool(frappe.db.exists("Language", code))


def _amendments(contract: str) -> list[dict[str, Any]]:
	amendments = frappe.get_all(
		"Billing Amendment",
		filters={"contract": contract, "docstatus": ("!=", DRAFT)},
		fields=["*"],
		order_by="sequence",
	)
	changes = _children("Billing Amendment Line", [row.name for row in amendments])
	for amendment in amendments:
		amendment["lines"] = [row for row in changes if row["parent"] == amendment["name"]]
	return amendments


def _children(doctype: str, parents: list[str]) -> list[dict[str, Any]]:
	if not parents:
		return []
	return frappe.get_all(doctype, filters={"parent": ("in", parents)}, fields=["*"], order_by="parent, idx")


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


def all_submitted() -> list[str]:
	"""Every submitted contract, for the weekly sweep."""
	return frappe.get_all("Billing Contract", filters={"docstatus": SUBMITTED}, pluck="name", order_by="name")


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


def save_state(name: str, state: ContractState) -> None:
	"""Write what is derived. Not a user's change: no version, no timestamp. Clears a billing error."""
	values = asdict(state) | {"mrr": to_float(state.mrr), "billing_error": None}
	frappe.db.set_value("Billing Contract", name, values, update_modified=False)


def save_error(name: str, message: str) -> None:
	"""Show on the contract why it was not billed."""
	frappe.db.set_value(
		"Billing Contract",
		name,
		{"status": "Needs Attention", "billing_error": message},
		update_modified=False,
	)


def to_advance(today: date) -> list[str]:
	"""Contracts whose state the calendar alone may change: upcoming ones that begin, served ones that end."""
	table = DocType("Billing Contract")
	begins = (table.status == "Upcoming") & (table.start_date <= today)
	ends = (table.status == "Active") & (table.service_end < today) & table.next_billing_date.isnull()
	return (
		frappe.qb.from_(table)
		.select(table.name)
		.where((table.docstatus == SUBMITTED) & (begins | ends))
		.orderby(table.name)
		.run(pluck=True)
	)


def of_customer(customer: str) -> list[dict[str, Any]]:
	"""The customer's contracts that the user may read, for the customer's form."""
	return frappe.get_list(
		"Billing Contract",
		filters={"customer": customer, "docstatus": SUBMITTED},
		fields=["name", "status", "start_date", "service_end", "next_billing_date", "mrr", "currency"],
		order_by="start_date desc, name",
	)
