"""Opportunities, quotations and sales orders as deals: what of them becomes a contract, and how both are linked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import frappe
from frappe.query_builder import DocType
from frappe.utils import escape_html, strip_html

from billing_ext.core.errors import DomainError
from billing_ext.repositories import todos
from billing_ext.repositories.contract_rows import CANCELLED, SUBMITTED, LineType, Row, day, option
from billing_ext.repositories.money import to_decimal

OPPORTUNITY, QUOTATION, ORDER = "Opportunity", "Quotation", "Sales Order"

CONTRACT_FIELD = {OPPORTUNITY: "opportunity", QUOTATION: "quotation", ORDER: "sales_order"}
"""The contract's link to each kind of deal, the earliest first."""

_PRICE_DECIMALS = 6
"""Of a contract line's price."""


@dataclass(frozen=True, slots=True)
class DealRow:
	"""A row that belongs to the contract. ``agreed`` is what a unit costs after all discounts.

	``rhythm`` and ``accounting`` hold a contract line's fields. Rows are equal if they bill the same.
	"""

	number: int = field(compare=False)
	item: str
	item_name: str = field(compare=False)
	description: str = field(compare=False)
	kind: LineType
	first_day: date | None
	quantity: Decimal
	uom: str
	list_price: Decimal = field(compare=False)
	discount: Decimal = field(compare=False)
	agreed: Decimal
	rhythm: Row
	accounting: Row = field(compare=False)  # ERPNext fills it in on orders only


@dataclass(frozen=True, slots=True)
class Deal:
	"""A deal with the rows that belong to the contract; ``header`` holds a contract's fields.

	``links`` are the contract's links to the deal and to what it came from. ``tax_in_rates`` is the tax template by
	which its rates include tax, empty if they do not.
	"""

	doctype: str
	name: str
	docstatus: int
	status: str
	party: str
	start: date | None
	term_months: int
	renewal: str
	header: Row
	links: dict[str, str]
	tax_in_rates: str
	rows: tuple[DealRow, ...]

	@property
	def origins(self) -> list[tuple[str, str]]:
		"""DocType and name of what the deal came from, the nearest first."""
		earlier = [(doctype, self.links.get(link, "")) for doctype, link in CONTRACT_FIELD.items()]
		return [(doctype, name) for doctype, name in reversed(earlier) if name and doctype != self.doctype]


def load(doctype: str, name: str) -> Deal:
	"""The stored deal. Raises frappe.DoesNotExistError."""
	return read(frappe.get_doc(doctype, name))


def read(doc: Any) -> Deal:
	"""The deal that a document of ERPNext describes, saved or not."""
	included = any(tax.included_in_print_rate for tax in doc.get("taxes") or ())
	rows = tuple(_row(doc, row) for row in doc.items if _is_of_contract(row))
	return Deal(
		doctype=doc.doctype,
		name=doc.name,
		docstatus=doc.docstatus,
		status=doc.status or "",
		party=doc.customer_name or doc.get("party_name") or "",
		start=day(doc.as_dict(), "billing_ext_start_date"),
		term_months=doc.billing_ext_term_months or 0,
		renewal=(doc.billing_ext_term_months and doc.billing_ext_renewal) or "Ends",
		header=_header(doc),
		links=_links(doc) if rows else {CONTRACT_FIELD[doc.doctype]: doc.name},
		tax_in_rates=(doc.get("taxes_and_charges") or doc.name) if included else "",
		rows=rows,
	)


def _is_of_contract(row: Any) -> bool:
	return bool(row.billing_ext_line_type and row.item_code and not row.get("is_alternative"))


def _header(doc: Any) -> dict[str, Any]:
	values = {
		"company": doc.company,
		"customer": _customer(doc),
		"currency": doc.currency,
		"price_list": doc.get("selling_price_list"),
		"taxes_and_charges": doc.get("taxes_and_charges"),
		"payment_terms_template": doc.get("payment_terms_template"),
		"cost_center": doc.get("cost_center"),
		"project": doc.get("project"),
		"po_no": doc.get("po_no"),
		"customer_address": doc.get("customer_address"),
		"shipping_address": doc.get("shipping_address_name"),
		"contact_person": doc.get("contact_person"),
		"contact_email": doc.get("contact_email"),
		"letter_head": doc.get("letter_head"),
		"language": doc.get("language"),
	}
	return {name: value for name, value in values.items() if value}


def _customer(doc: Any) -> str:
	"""The deal's customer, or the one that was made of its lead or prospect; empty if there is none yet."""
	if doc.doctype == ORDER:
		return doc.customer
	kind = doc.get("quotation_to") or doc.get("opportunity_from")
	if kind == "Customer":
		return doc.party_name
	made_from = {"Lead": "lead_name", "Prospect": "prospect_name"}.get(kind)
	return (made_from and frappe.db.get_value("Customer", {made_from: doc.party_name})) or ""


def _links(doc: Any) -> dict[str, str]:
	"""The chain by which ERPNext made the document: an order's rows name the quotation, whose rows name the opportunity."""
	links = {CONTRACT_FIELD[doc.doctype]: doc.name}
	if doc.doctype == ORDER:
		quotation = next((row.prevdoc_docname for row in doc.items if row.prevdoc_docname), None)
		return links | (_links(frappe.get_doc(QUOTATION, quotation)) if quotation else {})
	if doc.doctype == QUOTATION:
		of_rows = (row.prevdoc_docname for row in doc.items if row.prevdoc_doctype == OPPORTUNITY)
		opportunity = doc.opportunity or next(of_rows, None)
		return links | ({CONTRACT_FIELD[OPPORTUNITY]: opportunity} if opportunity else {})
	return links


def _row(doc: Any, row: Any) -> DealRow:
	return DealRow(
		number=row.idx,
		item=row.item_code,
		item_name=row.item_name or row.item_code,
		description=row.description or "",
		kind=option(LineType, row.as_dict(), "billing_ext_line_type", LineType.RECURRING),
		first_day=day(row.as_dict(), "billing_ext_from"),
		quantity=to_decimal(row.qty),
		uom=row.uom or frappe.get_cached_value("Item", row.item_code, "stock_uom"),
		list_price=to_decimal(row.get("price_list_rate")),
		discount=to_decimal(row.get("discount_percentage")),
		agreed=_agreed_price(doc, row),
		rhythm=_rhythm(row),
		accounting={name: row.get(name) or "" for name in ("cost_center", "project", "item_tax_template")},
	)


def _agreed_price(doc: Any, row: Any) -> Decimal:
	"""The rate, less the row's part of a discount on the whole document."""
	if not (doc.get("discount_amount") and row.qty):
		return to_decimal(row.rate)
	return round(to_decimal(row.net_amount) / to_decimal(row.qty), _PRICE_DECIMALS)


def _rhythm(row: Any) -> dict[str, Any]:
	"""A contract line's fields; a rate without Price Period is for one billing interval."""
	count, unit = row.billing_ext_interval_count or 1, row.billing_ext_interval or "Month"
	return {
		"billing_interval_count": count,
		"billing_interval": unit,
		"price_period_count": 1 if row.billing_ext_price_period else count,
		"price_period": row.billing_ext_price_period or unit,
		"timing": row.billing_ext_timing or "In Advance",
	}


def contract_of(deal: Deal, besides: str = "") -> Row | None:
	"""Name, docstatus and sales order of the contract that bills the deal: made from it, or from what it came from.

	Cancelled contracts do not count, nor does the one named ``besides``.
	"""
	filters = {
		CONTRACT_FIELD[deal.doctype]: deal.name,
		"docstatus": ("!=", CANCELLED),
		"name": ("!=", besides),
	}
	own = _contract(filters)
	if own:
		return own
	for doctype, name in deal.origins:
		made = frappe.db.get_value(doctype, name, "billing_ext_contract")
		if made and made != besides:
			return _contract({"name": made})
	return None


def _contract(filters: dict[str, Any]) -> Row | None:
	fields = ["name", "docstatus", "sales_order"]
	return frappe.db.get_value("Billing Contract", filters, fields, as_dict=True, order_by="docstatus desc")


def made_from(deal: Deal, contract: str) -> Deal | None:
	"""The deal before ``deal`` of which the contract was made; None if it was made of ``deal`` itself."""
	for doctype, name in deal.origins:
		if frappe.db.get_value(doctype, name, "billing_ext_contract") == contract:
			return load(doctype, name)
	return None


def new_contract(values: Row, lines: Iterable[Row], steps: Iterable[Row], milestones: Iterable[Row]) -> Any:
	"""A Billing Contract that is not saved, with the site's defaults for what ``values`` leave out."""
	contract = frappe.new_doc("Billing Contract")
	contract.update(values)
	for table, rows in (("lines", lines), ("ramp_steps", steps), ("milestones", milestones)):
		for row in rows:
			contract.append(table, row)
	return contract


def insert(contract: Any, *, unasked: bool) -> str:
	"""Save a contract; ``unasked`` without asking what the user may do, since Billing Settings do it, not the user."""
	contract.flags.ignore_permissions = unasked
	return contract.insert().name


def submit(contract: str, *, unasked: bool) -> None:
	"""Submit a draft, see ``insert``."""
	doc = frappe.get_doc("Billing Contract", contract)
	doc.flags.ignore_permissions = unasked
	doc.submit()


@contextmanager
def all_or_nothing() -> Iterator[None]:
	"""Undo what is written within when a rule refuses it, and nothing else of the transaction. Raises it again.

	The refusal's words are taken back too: the caller says them in its own way. A deadlock is left alone, because it
	has undone the whole transaction.
	"""
	said = len(frappe.local.message_log)
	frappe.db.savepoint("billing_ext_deal")
	try:
		yield
	except (frappe.ValidationError, DomainError):
		frappe.db.rollback(save_point="billing_ext_deal")
		del frappe.local.message_log[said:]
		raise


def lock(doctype: str, name: str) -> str:
	"""Let no other contract be made of the deal until the transaction ends; the contract that it names, if any.

	Only a locking read sees what another transaction has just committed.
	"""
	return frappe.db.get_value(doctype, name, "billing_ext_contract", for_update=True) or ""


def source_of(contract: Any) -> tuple[str, str] | None:
	"""DocType and name of the last deal that a contract names, which it was made of."""
	for doctype, link in reversed(CONTRACT_FIELD.items()):
		if contract.get(link):
			return doctype, contract.get(link)
	return None


def set_contract(doctype: str, name: str, contract: str | None) -> None:
	"""Write the deal's link to its contract."""
	frappe.db.set_value(doctype, name, "billing_ext_contract", contract, update_modified=False)


def show_contract(doc: Any) -> None:
	"""Let a document at hand say of its contract what the stored one says."""
	doc.billing_ext_contract = frappe.db.get_value(doc.doctype, doc.name, "billing_ext_contract")


def set_order(contract: str, order: str | None) -> None:
	"""Write the contract's link to its order."""
	frappe.db.set_value("Billing Contract", contract, "sales_order", order, update_modified=False)


def forget_contract(contract: str) -> None:
	"""Clear every deal's link to the contract; a quotation that had been accepted with it is open again."""
	for doctype in CONTRACT_FIELD:
		for name in frappe.get_all(doctype, filters={"billing_ext_contract": contract}, pluck="name"):
			set_contract(doctype, name, None)
			if doctype == QUOTATION:
				_reopen(name)


def _reopen(quotation: str) -> None:
	doc = frappe.get_doc(QUOTATION, quotation)
	if doc.billing_ext_accepted_on:
		doc.db_set("billing_ext_accepted_on", None)
		doc.set_status(update=True)
		doc.update_opportunity("Quotation")


def set_accepted(quotation: str, today: date) -> None:
	"""Show that the customer has accepted a quotation without an order, and that its opportunity is won."""
	doc = frappe.get_doc(QUOTATION, quotation)
	doc.db_set({"billing_ext_accepted_on": today, "status": "Ordered"})
	doc.update_opportunity("Converted")


def keep_accepted() -> None:
	"""ERPNext lets quotations without an order expire each night, accepted ones too."""
	table = DocType(QUOTATION)
	expired = (
		frappe.qb.from_(table)
		.select(table.name)
		# Not by ``get_all``, whose "set" passes over the field's index.
		.where((table.docstatus == SUBMITTED) & (table.status == "Expired"))
		.where(table.billing_ext_accepted_on.isnotnull())
		.run(pluck=True)
	)
	for name in expired:
		frappe.db.set_value(QUOTATION, name, "status", "Ordered", update_modified=False)


def invoiced_item(contract: Any) -> Row | None:
	"""A row of the contract's orders that an invoice of ERPNext has billed: its order and item; None if there is none."""
	orders = frappe.get_all(ORDER, filters={"billing_ext_contract": contract.name}, pluck="name")
	return invoiced_row(
		[*orders, contract.get("sales_order") or ""], {row.item_code for row in contract.lines}
	)


def invoiced_row(orders: Iterable[str], items: Iterable[str]) -> Row | None:
	"""A row for the contract, with one of ``items``, that an invoice of ERPNext has billed: ``parent`` and ``item_code``."""
	filters = {
		"parent": ("in", list(orders)),
		"item_code": ("in", list(items)),
		"billing_ext_line_type": ("is", "set"),
		"billed_amt": ("!=", 0),
	}
	return frappe.db.get_value("Sales Order Item", filters, ["parent", "item_code"], as_dict=True)


def order_rows(invoice: Any) -> list[Row]:
	"""The rows of an invoice that bill an order's row which belongs to a contract: ``number``, ``item``, ``order``."""
	by_detail = {row.so_detail: row for row in invoice.items if row.so_detail}
	if not by_detail:
		return []
	filters = {"name": ("in", list(by_detail)), "billing_ext_line_type": ("is", "set")}
	found = frappe.get_all("Sales Order Item", filters=filters, fields=["name", "parent", "item_code"])
	return [{"number": by_detail[row.name].idx, "item": row.item_code, "order": row.parent} for row in found]


def items_of(contract: str) -> set[str]:
	"""The items of a contract's own lines."""
	filters = {"parent": contract, "parenttype": "Billing Contract"}
	return set(frappe.get_all("Billing Contract Line", filters=filters, pluck="item_code"))


def words_of(error: frappe.ValidationError) -> str:
	"""What a refusal says, without its markup."""
	return strip_html(str(error)) or type(error).__name__


def leave_task(doctype: str, name: str, text: str, today: date) -> None:
	"""A comment on a document, and a task for who looks after it."""
	doc = frappe.get_doc(doctype, name)
	doc.add_comment("Comment", escape_html(text))
	todos.assign(doctype, doc.as_dict(), escape_html(text), today)
