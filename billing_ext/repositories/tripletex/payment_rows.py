"""Rows of Tripletex Payment: what became of each posting. A unique key of company and posting has it booked once."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import frappe

from billing_ext.integrations.tripletex.delivery import Operation, State
from billing_ext.integrations.tripletex.settlement import Kind
from billing_ext.repositories.money import to_float
from billing_ext.repositories.tripletex import mappings, outbox

DOCTYPE = "Tripletex Payment"
UNDER_WAY = (State.SENDING, State.UNKNOWN, State.VERIFYING)
"""States in which a payment that we register may stand in Tripletex without our knowing its voucher."""


class Status(str, Enum):
	"""What became of a posting. Values are what the rows store."""

	BOOKED = "Booked"
	MATCHED = "Matched"
	REVERSED = "Reversed"
	EXCEPTION = "Exception"


class LostRace(Exception):
	"""Another worker is booking the posting, or has just done it: nothing is left to do."""


@dataclass(frozen=True, slots=True)
class PaymentRow:
	"""A row as the poll needs it; ``is_open``: an exception that nobody has explained, which is tried anew."""

	posting_id: int
	name: str
	invoice: str
	kind: Kind
	status: Status
	missing_reads: int
	is_open: bool


@dataclass(frozen=True, slots=True)
class Facts:
	"""What Tripletex says of a posting; amounts positive for what settles, in NOK and in ``currency``."""

	posting_id: int
	invoice: str
	day: date | None
	currency: str
	amount_currency: Decimal
	amount: Decimal
	voucher_id: int
	voucher_number: str
	voucher_type: str
	external_reference: str
	close_group: str


@dataclass(frozen=True, slots=True)
class Outcome:
	"""What was done about a posting. ``money_account``: the account's number in Tripletex."""

	kind: Kind
	status: Status = Status.BOOKED
	payment_entry: str | None = None
	journal_entry: str | None = None
	money_account: int | None = None
	reason: str = ""


@dataclass(frozen=True, slots=True)
class Registered:
	"""A payment that we registered in Tripletex, by its voucher there."""

	voucher_id: int
	payment_entry: str


@dataclass(slots=True)
class Record:
	"""All that the site knows of a set of answers. ``invoices``: Tripletex's id -> Sales Invoice.

	``rows`` by posting id; ``own`` by voucher id; ``under_way``: invoices with a payment on its way to Tripletex.
	"""

	invoices: Mapping[int, str] = field(default_factory=dict)
	rows: dict[int, PaymentRow] = field(default_factory=dict)
	own: Mapping[int, Registered] = field(default_factory=dict)
	sales_vouchers: frozenset[int] = frozenset()
	under_way: frozenset[str] = frozenset()


def record(
	company: str, remote_ids: Collection[int], postings: Collection[int], vouchers: Collection[int]
) -> Record:
	"""What is known of invoices, postings and vouchers, by Tripletex's ids. Read after Tripletex's answers, never before:
	a payment of ours that an answer shows is then either under way or tied to its voucher."""
	invoices = _invoices(company, remote_ids)
	own, sales = _vouchers(company, vouchers)
	return Record(
		invoices=invoices,
		rows=_rows(company, set(invoices.values()), postings),
		own=own,
		sales_vouchers=sales,
		under_way=_under_way(company),
	)


def _invoices(company: str, remote_ids: Collection[int]) -> dict[int, str]:
	keys = [f"{company}|{mappings.Kind.INVOICE.value}|{remote_id}" for remote_id in remote_ids]
	found = frappe.get_all(
		mappings.DOCTYPE,
		filters={"remote_key": ("in", keys or [""])},
		fields=["tripletex_id", "local_key"],
	)
	return {int(row.tripletex_id): row.local_key for row in found}


def _vouchers(company: str, vouchers: Collection[int]) -> tuple[dict[int, Registered], frozenset[int]]:
	found = frappe.get_all(
		mappings.DOCTYPE,
		filters={
			"company": company,
			"kind": ("in", [mappings.Kind.PAYMENT.value, mappings.Kind.INVOICE.value]),
			"voucher_id": ("in", [str(voucher) for voucher in vouchers] or [""]),
		},
		fields=["kind", "voucher_id", "reference_name"],
	)
	own = {
		int(row.voucher_id): Registered(int(row.voucher_id), row.reference_name)
		for row in found
		if row.kind == mappings.Kind.PAYMENT.value
	}
	return own, frozenset(int(row.voucher_id) for row in found) - own.keys()


_FIELDS = [
	"name", "posting_id", "sales_invoice", "kind", "status", "missing_reads", "explanation",
]  # fmt: skip


def _rows(company: str, invoices: Collection[str], postings: Collection[int]) -> dict[int, PaymentRow]:
	keys = [_key(company, posting) for posting in postings]
	found = frappe.get_all(
		DOCTYPE,
		filters={"company": company},
		or_filters={
			"sales_invoice": ("in", list(invoices) or [""]),
			"payment_key": ("in", keys or [""]),
		},
		fields=_FIELDS,
	)
	return {int(row.posting_id): _row(row) for row in found}


def _row(row: Any) -> PaymentRow:
	status = Status(row.status)
	return PaymentRow(
		posting_id=int(row.posting_id),
		name=row.name,
		invoice=row.sales_invoice or "",
		kind=Kind(row.kind),
		status=status,
		missing_reads=row.missing_reads or 0,
		is_open=status is Status.EXCEPTION and not row.explanation,
	)


def _under_way(company: str) -> frozenset[str]:
	keys = frappe.get_all(
		outbox.DOCTYPE,
		filters={
			"company": company,
			"operation": Operation.REGISTER_PAYMENT.value,
			"status": ("in", [state.value for state in UNDER_WAY]),
		},
		pluck="local_key",
	)
	return frozenset(key.partition("|")[2] for key in keys)


def claim(company: str, facts: Facts) -> str | None:
	"""The row of a posting that is to be booked in this transaction; None if it is booked, or explained, already.

	A new row's unique key makes a second worker wait for the first one's commit. Raises LostRace in the second.
	"""
	key = _key(company, facts.posting_id)
	name = frappe.db.get_value(DOCTYPE, {"payment_key": key})
	if not name:
		return _insert(company, key, facts)
	row = _row(frappe.db.get_value(DOCTYPE, name, _FIELDS, as_dict=True, for_update=True))
	return name if row.is_open or row.status is Status.REVERSED else None


def _insert(company: str, key: str, facts: Facts) -> str:
	doc = frappe.get_doc(
		{
			"doctype": DOCTYPE,
			"company": company,
			"posting_id": str(facts.posting_id),
			"payment_key": key,
			"sales_invoice": facts.invoice,
			"posting_date": facts.day,
			"currency": facts.currency,
			"amount_currency": to_float(facts.amount_currency),
			"amount": to_float(facts.amount),
			"voucher_id": str(facts.voucher_id),
			"voucher_number": facts.voucher_number,
			"voucher_type": facts.voucher_type,
			"external_reference": facts.external_reference,
			"close_group": facts.close_group,
		}
	)
	try:
		# The invoice of an exception may be deleted: the row must come nevertheless.
		doc.insert(ignore_permissions=True, ignore_links=True)
	except frappe.UniqueValidationError:
		raise LostRace from None
	return doc.name


def conclude(name: str, outcome: Outcome) -> None:
	"""Write what was done about a posting. An exception that is found again leaves its row as it is."""
	values = {
		"kind": outcome.kind.value,
		"status": outcome.status.value,
		"reason": outcome.reason or None,
		"payment_entry": outcome.payment_entry,
		"journal_entry": outcome.journal_entry,
		"money_account": outcome.money_account or 0,
		"reversal_entry": None,
		"missing_reads": 0,
	}
	known = {column: values[column] for column in ("status", "kind", "reason")}
	if outcome.status is not Status.EXCEPTION or not frappe.db.exists(DOCTYPE, {"name": name, **known}):
		frappe.db.set_value(DOCTYPE, name, values)


def missed(name: str, reads: int) -> None:
	"""Note that a posting was missing in so many answers in a row."""
	frappe.db.set_value(DOCTYPE, name, "missing_reads", reads)


def lock(name: str) -> Any:
	"""All fields of a row, locked until the transaction ends."""
	return frappe.db.get_value(DOCTYPE, name, "*", as_dict=True, for_update=True)


def reversed_by(name: str, journal_entry: str | None = None, reason: str = "") -> None:
	"""Note that what was booked for a posting is undone; by ``journal_entry`` where it could not be cancelled."""
	values = {"status": Status.REVERSED.value, "reversal_entry": journal_entry, "reason": reason or None}
	frappe.db.set_value(DOCTYPE, name, values)


def stopped(name: str, reason: str) -> None:
	"""Note why a posting's reversal did not come through; it is tried again at the next poll."""
	frappe.db.set_value(DOCTYPE, name, "reason", reason)


def explain(name: str, text: str) -> bool:
	"""Settle an exception by a person's word; False if it is none any more."""
	row = lock(name)
	if row.status != Status.EXCEPTION.value:
		return False
	frappe.db.set_value(DOCTYPE, name, "explanation", text)
	return True


def made(payment_entry: str) -> str | None:
	"""The row of a Payment Entry that was made for a posting and stands; None for all others."""
	filters = {
		"payment_entry": payment_entry,
		"kind": ("!=", Kind.OWN_PAYMENT.value),
		"status": Status.BOOKED.value,
	}
	return frappe.db.get_value(DOCTYPE, filters)


def open_days(company: str, since: date) -> list[tuple[date, int]]:
	"""Posting dates of the invoices in Tripletex that are not settled or were changed after ``since``, and how many."""
	return frappe.db.sql(
		"""select invoice.posting_date, count(*) from `tabTripletex Mapping` mapping
		join `tabSales Invoice` invoice on invoice.name = mapping.local_key
		where mapping.company = %s and mapping.kind = 'Invoice'
			and (abs(invoice.outstanding_amount) > 0.004 or invoice.modified >= %s)
		group by invoice.posting_date order by invoice.posting_date""",
		(company, since),
	)


def vouchers_of(company: str, since: date) -> dict[int, str]:
	"""Voucher id -> Sales Invoice, of the same invoices as ``open_days``."""
	found = frappe.db.sql(
		"""select mapping.voucher_id, mapping.local_key from `tabTripletex Mapping` mapping
		join `tabSales Invoice` invoice on invoice.name = mapping.local_key
		where mapping.company = %s and mapping.kind = 'Invoice' and mapping.voucher_id != ''
			and (abs(invoice.outstanding_amount) > 0.004 or invoice.modified >= %s)""",
		(company, since),
	)
	return {int(voucher): invoice for voucher, invoice in found}


def log(error: Exception, name: str) -> None:
	"""Write an error of ours to the site's error log, without the local variables of its frames."""
	lines = "".join(traceback.format_exception(type(error), error, error.__traceback__))
	frappe.log_error(
		title=f"Tripletex: {name}: {type(error).__name__}"[:140],
		message=lines,
		reference_doctype="Sales Invoice",
		reference_name=name,
	)


def _key(company: str, posting_id: int) -> str:
	return f"{company}|{posting_id}"
