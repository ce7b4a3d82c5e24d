"""Many invoices in one transaction: prepared one by one, numbered, shown to the hooks, written table by table.

In each batch: what is read of the site and the customers is read once; an invoice of a new kind is made by ERPNext
itself and undone, for its pattern; amounts are calculated by ERPNext's calculators once for each set of figures. Only
then numbers are drawn, so that their series is locked for as short as can be.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import frappe
from frappe.utils import validate_email_address
from rq.timeouts import JobTimeoutException

from billing_ext.core import lanes
from billing_ext.core.invoicing import DocumentKind
from billing_ext.core.lanes import InvoiceFacts, Reason, SiteFacts
from billing_ext.repositories import bulk_rows, provenance
from billing_ext.repositories.invoice_values import InvoiceHeader, InvoiceRow
from billing_ext.repositories.invoices import CreatedInvoice, assert_as_planned
from billing_ext.repositories.posting_lanes import customers, documents, facts, numbers, writes
from billing_ext.repositories.posting_lanes.assembly import Assembler, Given
from billing_ext.repositories.posting_lanes.customers import Customer, Displays
from billing_ext.repositories.posting_lanes.documents import Prepared
from billing_ext.repositories.posting_lanes.events import Events
from billing_ext.repositories.posting_lanes.facts import CHILDREN, GL, INVOICE, ITEM, PLE
from billing_ext.repositories.posting_lanes.figures import Pattern, Refused
from billing_ext.repositories.posting_lanes.learning import Learnt
from billing_ext.repositories.posting_lanes.recording import LOST, Attempt


@dataclass(frozen=True, slots=True)
class Order:
	"""An invoice to be made. Those with the same ``unit`` are made in bulk together or not at all."""

	header: InvoiceHeader
	rows: Sequence[InvoiceRow]
	unit: Hashable


_FATAL = (*LOST, JobTimeoutException)
"""Errors that are of the transaction or the job, never of one invoice."""


@dataclass(frozen=True, slots=True)
class SentBack:
	"""An invoice that is left to the standard lane: why, and the error if it was one."""

	reasons: tuple[Reason, ...]
	detail: str = ""
	error: Exception | None = None


Outcome = CreatedInvoice | SentBack


@dataclass(slots=True)
class BulkLane:
	"""The bulk lane for one job, with what it has learnt; nothing is kept beyond what ``facts.stamp`` vouches for.

	``patience``: how many invoices of a new kind go by the standard lane before one is recorded. A kind that occurs once
	is not worth it. 0 records at once.
	"""

	patience: int = 1
	_stamp: tuple[Any, ...] | None = None
	_assembler: Assembler = field(default_factory=Assembler)
	_sites: dict[str, SiteFacts] = field(default_factory=dict)
	_displays: Displays = field(default_factory=Displays)
	_projects: dict[str, str | None] = field(default_factory=dict)
	_tax_rules: bool = True
	_learnt: Learnt = field(init=False)

	def __post_init__(self) -> None:
		self._learnt = Learnt(self.patience)

	def create_many(self, batch: Sequence[Order]) -> list[Outcome]:
		"""Create submitted invoices in the caller's transaction, in the order of ``batch``; what became of each.

		Those sent back have left no trace and no gap in the numbers. Raises deadlocks, lock timeouts and
		JobTimeoutException: the caller's transaction is lost then.
		"""
		self._refresh()
		self._learnt.answers.forget()
		outcomes = _Outcomes(batch)
		self._write_all(self._prepare_all(batch, outcomes), outcomes)
		return outcomes.in_order()

	def _refresh(self) -> None:
		stamp = facts.stamp()
		if stamp != self._stamp:
			self._stamp = stamp
			self._assembler, self._displays = Assembler(), Displays()
			self._learnt.forget()
			self._sites.clear()
			self._tax_rules = facts.has_tax_rules()
			self._projects.clear()

	def _prepare_all(self, batch: Sequence[Order], outcomes: _Outcomes) -> list[Prepared]:
		known = _customers(batch)
		linked = _existing_links(batch)
		prepared = []
		for index, order in enumerate(batch):
			if outcomes.has(index):
				continue
			contract = order.rows[0].contract
			customer = known[contract["company"]].get(contract["customer"])
			try:
				prepared.append(self._prepare(index, order.header, order.rows, customer, linked))
			except _FATAL:
				raise
			except Refused as refused:
				outcomes.send_back(index, SentBack((refused.reason,), refused.detail))
			except _Barred as barred:
				outcomes.send_back(index, SentBack(barred.reasons))
			except Exception as error:  # noqa: BLE001 - one invoice must not stop the others
				outcomes.send_back(index, SentBack((Reason.FAILED,), str(error), error))
		return [each for each in prepared if not outcomes.has(each.index)]

	def _prepare(
		self,
		index: int,
		header: InvoiceHeader,
		rows: Sequence[InvoiceRow],
		customer: Customer | None,
		linked: set[tuple[str, str]],
	) -> Prepared:
		self._check_facts(header, rows, customer)
		if customer is None:
			raise Refused(Reason.UNKNOWN, rows[0].contract["customer"])
		given = self._assembler.given(header, rows, customer)
		self._check_document(given, linked)
		on_invoice = customers.on_invoice(customer, given.values, self._displays)
		kind = (given.kind, on_invoice.profile)
		pattern = self._learnt.pattern(kind, given, on_invoice.identity)
		_check_account(pattern, customer)
		prepared = Prepared(index, given, on_invoice, pattern, self._learnt.amounts(kind, pattern, given))
		documents.fill_in(prepared)
		_check_identity(prepared)
		_check_amounts(prepared)
		return prepared

	def _check_facts(
		self, header: InvoiceHeader, rows: Sequence[InvoiceRow], customer: Customer | None
	) -> None:
		company = rows[0].contract["company"]
		if company not in self._sites:
			self._sites[company] = facts.site_facts(company)
		choice = lanes.choose(
			self._sites[company], _invoice_facts(header, rows, customer, tax_rules=self._tax_rules)
		)
		if choice.reasons:
			raise _Barred(choice.reasons)

	def _check_document(self, given: Given, linked: set[tuple[str, str]]) -> None:
		"""What ERPNext checks of each invoice and the bulk lane may not leave out; see the table in docs/bulk-lane.md."""
		for row in given.row_values:
			if row["enable_deferred_revenue"]:
				in_order = row["service_start_date"] <= row["service_end_date"]
				if not in_order or given.header.posting_date > row["service_end_date"]:
					raise Refused(Reason.FAILED, "service dates")
		for doctype, name in _links(given.header, given.rows):
			if (doctype, name) not in linked:
				raise Refused(Reason.FAILED, f"{doctype} {name}")
		if not frappe.db.get_single_value("Selling Settings", "allow_multiple_items"):
			texts = [(row["item_code"], row["description"]) for row in given.row_values]
			if len(set(texts)) < len(texts):
				raise Refused(Reason.FAILED, "the same item twice")
		self._check_project(given)

	def _check_project(self, given: Given) -> None:
		project = given.values.get("project")
		if not project:
			return
		if project not in self._projects:
			self._projects[project] = frappe.db.get_value("Project", project, "customer")
		if self._projects[project] not in (None, "", given.customer.name):
			raise Refused(Reason.FAILED, f"project {project}")

	def _write_all(self, prepared: list[Prepared], outcomes: _Outcomes) -> None:
		"""Write the invoices; one that a hook refuses is taken out, and the others are done again without it."""
		events = Events()
		while prepared:
			failed = _Writing(prepared, events).run()
			if failed is None:
				for each in prepared:
					names = tuple(row["name"] for row in each.rows[ITEM])
					outcomes.made(each.index, CreatedInvoice(each.header["name"], names))
				return
			for each in failed.invoices:
				outcomes.send_back(each.index, failed.outcome)
			prepared = [each for each in prepared if not outcomes.has(each.index)]
			events.begin_again()
			for each in prepared:
				documents.fill_in(each)


class _Outcomes:
	"""What has become of the invoices of a batch so far."""

	def __init__(self, batch: Sequence[Order]) -> None:
		self._batch = batch
		self._found: dict[int, Outcome] = {}

	def has(self, index: int) -> bool:
		return index in self._found

	def made(self, index: int, created: CreatedInvoice) -> None:
		self._found[index] = created

	def send_back(self, index: int, sent_back: SentBack) -> None:
		"""Leave an invoice, and with it the others of its unit, to the standard lane."""
		self._found[index] = sent_back
		for other, order in enumerate(self._batch):
			if order.unit == self._batch[index].unit:
				self._found.setdefault(other, SentBack((Reason.TOGETHER,), sent_back.reasons[0].value))

	def in_order(self) -> list[Outcome]:
		return [self._found[index] for index in range(len(self._batch))]


def _customers(batch: Sequence[Order]) -> dict[str, dict[str, Customer]]:
	"""The customers of a batch by company and name."""
	names: dict[str, set[str]] = {}
	for order in batch:
		contract = order.rows[0].contract
		names.setdefault(contract["company"], set()).add(contract["customer"])
	return {company: customers.load(wanted, company) for company, wanted in names.items()}


class _Barred(Exception):
	def __init__(self, reasons: tuple[Reason, ...]) -> None:
		super().__init__(reasons)
		self.reasons = reasons


@dataclass(slots=True)
class _Failure:
	invoices: list[Prepared]
	outcome: SentBack


@dataclass(slots=True)
class _Writing:
	"""One try to write some invoices, on a savepoint."""

	invoices: list[Prepared]
	events: Events
	_at: Prepared | None = None

	def run(self) -> _Failure | None:
		"""None if all are written; else what failed, and nothing is left of the try. Raises _FATAL."""
		attempt = Attempt()
		try:
			self._run()
			return None
		except _FATAL:
			raise
		except Refused as refused:
			outcome = SentBack((refused.reason,), refused.detail)
		except Exception as error:  # noqa: BLE001 - kept for the invoice that it is about
			outcome = SentBack((Reason.FAILED,), str(error), error)
		attempt.undo()
		return _Failure([self._at] if self._at else list(self.invoices), outcome)

	def _run(self) -> None:
		self._for_each(self._before_naming)
		# From here to the commit the row of the number series is locked.
		names = numbers.draw([each.header for each in self.invoices])
		for each, name in zip(self.invoices, names, strict=True):
			documents.name(each, name)
		bulk_rows.forget_cached(INVOICE, names)
		self._for_each(self._before_writing)
		bulk_rows.insert(INVOICE, [documents.before_entries(each) for each in self.invoices])
		for doctype in CHILDREN.values():
			bulk_rows.insert(doctype, [row for each in self.invoices for row in each.rows[doctype]])
		self._for_each(self._inserted)
		for doctype in (GL, PLE):
			bulk_rows.insert(doctype, [row for each in self.invoices for row in each.rows[doctype]])
		seen = [each for each in self.invoices if each.document is not None]
		bulk_rows.update(INVOICE, {each.header["name"]: {"status": each.header["status"]} for each in seen})
		self._for_each(self._changed)
		writes.settle([(each.header, each.rows[ITEM]) for each in self.invoices])
		self._for_each(self._submitted)

	def _for_each(self, work: Callable[[Prepared], None]) -> None:
		for each in self.invoices:
			self._at = each
			work(each)
		self._at = None

	def _before_naming(self, each: Prepared) -> None:
		documents.stamp(each)
		each.document = documents.document(each) if self.events.any(*_ALL_EVENTS) else None

	def _before_writing(self, each: Prepared) -> None:
		if each.document is None:
			self._run_once(each)
			return
		each.document.flags.in_insert = True
		self.events.run(each.document, "before_validate")
		self.events.run(each.document, "validate")
		documents.add_remarks(each)
		self.events.run(each.document, "before_submit")
		documents.finish(each)
		each.document.flags.in_insert = False
		documents.take_over_changes(each)

	def _run_once(self, each: Prepared) -> None:
		"""Hooks that need no document of their own for each invoice."""
		header = frappe._dict(each.header, doctype=INVOICE, meta=frappe.get_meta(INVOICE))
		for event in _ALL_EVENTS:
			self.events.run_once(header, event)

	def _inserted(self, each: Prepared) -> None:
		if each.document is None:
			return
		each.document.set("__islocal", False)
		for row in each.document.get_all_children():
			row.set("__islocal", False)
		self.events.run(each.document, "after_insert")
		each.document.flags.in_insert = True
		self.events.run(each.document, "on_update")

	def _changed(self, each: Prepared) -> None:
		"""ERPNext sets the status on a document that it reads anew, which is a change of a submitted document."""
		if not self.events.any_of_changes():
			return
		before = frappe.get_doc(INVOICE, each.header["name"])
		before.status = each.pattern.recording.submitted["status"]
		changed = frappe.get_doc(INVOICE, each.header["name"])
		changed._doc_before_save = before
		self.events.run(changed, "before_change")
		self.events.run(changed, "on_change")

	def _submitted(self, each: Prepared) -> None:
		if each.document is not None:
			self.events.run(each.document, "on_submit")
		writes.announce(PLE, each.rows[PLE][0])
		writes.announce(INVOICE, each.header)
		writes.index(each.header, each.rows)
		if each.document is not None:
			self.events.run(each.document, "on_change")
			each.document.flags.in_insert = False


_ALL_EVENTS = (
	"before_validate",
	"validate",
	"before_submit",
	"after_insert",
	"on_update",
	"on_submit",
	"on_change",
)


def _check_amounts(prepared: Prepared) -> None:
	given = prepared.given
	made = (row["net_amount"] for row in prepared.rows[ITEM])
	assert_as_planned(given.header, given.rows, made, prepared.header["posting_date"])


def _invoice_facts(
	header: InvoiceHeader, rows: Sequence[InvoiceRow], customer: Customer | None, *, tax_rules: bool
) -> InvoiceFacts:
	row = customer.row if customer else {}
	items = [frappe.get_cached_doc("Item", each.line["item_code"]) for each in rows]
	contract = rows[0].contract
	return InvoiceFacts(
		submitted=header.submit,
		correction=header.kind is not DocumentKind.INVOICE,
		nothing_to_pay=not any(each.amount for each in rows),
		timesheets=provenance.carries_hours(rows),
		stock_items=any(item.is_stock_item or item.is_fixed_asset for item in items),
		tax_rule=tax_rules and not contract.get("taxes_and_charges"),
		customer_barred=bool(row.get("disabled") or row.get("is_frozen")) if customer else None,
		internal_customer=bool(row.get("is_internal_customer") or row.get("represents_company")),
		loyalty=bool(row.get("loyalty_program")),
		tax_withholding=bool(row.get("tax_withholding_category")),
		credit_limit=(customer.credit_limit or _group_has_limit(row)) if customer else None,
		sales_team=customer.sales_team if customer else None,
		other_currencies=len(customer.currencies) > 1 if customer else None,
	)


def _group_has_limit(row: dict[str, Any]) -> bool:
	group = frappe.get_cached_doc("Customer Group", row["customer_group"])
	return any(limit.credit_limit for limit in group.credit_limits)


def _check_account(pattern: Pattern, customer: Customer) -> None:
	"""ERPNext posts to another receivable account if the customer has entries in another currency."""
	currency = pattern.recording.rows[INVOICE][0]["party_account_currency"]
	if customer.currencies and customer.currencies != (currency,):
		raise Refused(Reason.PARTY_CURRENCY, ", ".join(customer.currencies))


def _check_identity(prepared: Prepared) -> None:
	"""Frappe's checks of fields that differ from invoice to invoice."""
	header = prepared.header
	meta = frappe.get_meta(INVOICE)
	for fieldname in ("po_no", "title", "customer_name"):
		if len(str(header.get(fieldname) or "")) > int(
			meta.get_field(fieldname).length or frappe.db.VARCHAR_LEN
		):
			raise Refused(Reason.FAILED, fieldname)
	if header.get("contact_email"):
		validate_email_address(header["contact_email"], throw=True)


def _links(header: InvoiceHeader, rows: Sequence[InvoiceRow]) -> set[tuple[str, str]]:
	links = {("Billing Contract", row.contract["name"]) for row in rows}
	links |= {("Billing Charge", row.charge) for row in rows if row.charge}
	return links | ({("Billing Run", header.run)} if header.run else set())


def _existing_links(batch: Sequence[Order]) -> set[tuple[str, str]]:
	"""Which of the documents that the invoices name exist, and are not cancelled."""
	wanted: dict[str, set[str]] = {}
	for order in batch:
		for doctype, name in _links(order.header, order.rows):
			wanted.setdefault(doctype, set()).add(name)
	return {
		(doctype, name)
		for doctype, names in wanted.items()
		for name in frappe.get_all(
			doctype, filters={"name": ("in", names), "docstatus": ("<", 2)}, pluck="name"
		)
	}
