"""A site whose company books into the Tripletex simulator. Time stands still unless a test moves it.

The `tripletex` fixture gives a `Books`; the simulator is reached in process, through the real client.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import frappe
import pytest
import requests
from site_builders import COMPANY, customer, item
from tripletex_simulator import Simulator

from billing_ext.integrations.tripletex.client import TripletexClient
from billing_ext.integrations.tripletex.journal import MemoryJournal
from billing_ext.integrations.tripletex.limiter import MemoryLimiter
from billing_ext.integrations.tripletex.secret import Secret
from billing_ext.integrations.tripletex.session import MemorySessionStore, Sessions, TokenPair
from billing_ext.repositories import clock
from billing_ext.repositories.tripletex import references
from billing_ext.services.tripletex import connection, worker

OSLO = ZoneInfo("Europe/Oslo")
TABLES = (
	"Tripletex Outbox Message", "Tripletex Mapping", "Tripletex Payment", "Tripletex Drift", "Tripletex Call",
	"Tripletex Reconciliation", "Tripletex Reconciliation Row", "Tripletex Webhook Event", "Tripletex Settings",
)  # fmt: skip
ACCOUNTS = {
	"Sales - FS": 3000,
	"Sales - FS|52": 3107,
	"Debtors - FS": 1500,
	"Output VAT 25% - FS": 2700,
	"Operating Account - FS": 1920,
	"Deferred Revenue - FS": 2970,
}
EXPORT = "Utførsel 0% - FS"
"""The tax template of sales abroad."""
REAL_CLIENT = connection.client
TOKENS = ("consumer-test-secret", "employee-test-secret")


class Books:
	"""The simulator, the settings of the company, and the time that both live by."""

	def __init__(self, now: datetime) -> None:
		self.now = now
		self.sim = Simulator(clock=lambda: self.now, tokens=TOKENS)
		self.journal = MemoryJournal()
		self._sessions, self._limiter = MemorySessionStore(), MemoryLimiter()

	def local(self) -> datetime:
		"""The time as the site sees it."""
		return self.now.astimezone(OSLO).replace(tzinfo=None)

	def wait(self, **duration: float) -> None:
		"""Let time pass."""
		self.now += timedelta(**duration)

	def client(self, own: Any = None) -> TripletexClient:
		"""The app's own client; its waits move the clock."""
		http = requests.Session()
		http.mount("https://api-test.tripletex.tech/", self.sim.adapter())
		pair = TokenPair(Secret(TOKENS[0]), Secret(TOKENS[1]))
		return TripletexClient(
			"test",
			Sessions(pair, self._sessions),
			limiter=self._limiter,
			journal=self.journal,
			http=http,
			clock=lambda: self.now,
			sleep=lambda seconds: self.wait(seconds=seconds),
			jitter=lambda: 0.1,
		)

	def forget_session(self) -> None:
		"""As on a new Tripletex: no session, nothing known of its quota."""
		self._sessions, self._limiter = MemorySessionStore(), MemoryLimiter()

	def settings(self, **values: Any) -> Any:
		"""Change the company's settings, past the checks of the form."""
		doc = frappe.get_doc("Tripletex Settings", COMPANY)
		frappe.db.set_value("Tripletex Settings", COMPANY, values)
		frappe.clear_document_cache("Tripletex Settings", COMPANY)
		frappe.db.commit()
		return doc

	def invoice(self, *amounts: float, party: str | None = None, submit: bool = True, **values: Any) -> Any:
		"""A submitted Sales Invoice of one row for each amount."""
		party = party or customer()
		doc = frappe.new_doc("Sales Invoice")
		doc.update(
			{
				"company": COMPANY,
				"customer": party,
				"set_posting_time": 1,
				"posting_date": values.pop("posting_date", date(2026, 10, 5)),
				"due_date": values.pop("due_date", date(2026, 10, 19)),
				"taxes_and_charges": values.pop("taxes_and_charges", "MVA 25% - FS"),
				"disable_rounded_total": 1,
				"ignore_pricing_rule": 1,
			}
		)
		doc.update(values)
		for amount in amounts or (1000,):
			doc.append("items", {"item_code": _item(), "qty": 1, "rate": amount, "price_list_rate": amount})
		doc.set_taxes()
		doc.insert()
		if submit:
			doc.submit()
		frappe.db.commit()
		return doc

	def credit(self, invoice: Any, amount: float | None = None) -> Any:
		"""A credit note for all of an invoice, or for an amount without VAT of its first row."""
		from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_sales_return

		note = make_sales_return(invoice.name)
		note.update(
			{"set_posting_time": 1, "posting_date": invoice.posting_date, "due_date": invoice.posting_date}
		)
		note.update_outstanding_for_self = 0
		if amount is not None:
			note.items = note.items[:1]
			note.items[0].update({"qty": -1, "rate": amount, "price_list_rate": amount})
		note.insert()
		note.submit()
		frappe.db.commit()
		return note

	def deliver(self, rounds: int = 1) -> None:
		"""Work on the queue as the sweep does; each further round an hour and a bit later."""
		for number in range(rounds):
			if number:
				self.wait(minutes=61)
			frappe.db.commit()
			worker.deliver_due(COMPANY)
			frappe.set_user("Administrator")
		frappe.db.rollback()

	def message(self, document: Any, operation: str = "") -> Any:
		"""The outbox message about a document."""
		filters = {"reference_name": document.name if hasattr(document, "name") else document}
		if operation:
			filters["operation"] = operation
		name = frappe.get_all(
			"Tripletex Outbox Message", filters=filters, order_by="level", pluck="name", limit=1
		)[0]
		return frappe.get_doc("Tripletex Outbox Message", name)

	def booked(self, document: Any) -> Any:
		"""The invoice in the simulator under a document's legal number."""
		document.reload()
		return self.sim.invoice_by_number(int(document.billing_ext_number))


_items: list[str] = []


def _item() -> str:
	if not _items or not frappe.db.exists("Item", _items[0]):
		_items[:] = [item()]
	return _items[0]


@pytest.fixture
def tripletex(db, monkeypatch):
	"""A company on an empty Tripletex, live since 1 January 2026; on 15 October 2026 at noon."""
	books = Books(datetime(2026, 10, 15, 10, 0, tzinfo=timezone.utc))
	monkeypatch.setattr(connection, "client", books.client)
	monkeypatch.setattr(clock, "now", books.local)
	monkeypatch.setattr(clock, "today", lambda: books.local().date())
	monkeypatch.setattr(frappe, "enqueue", lambda *args, **kwargs: None)
	clear()
	make_settings(books)
	yield books
	frappe.db.rollback()
	clear()


def clear() -> None:
	"""No settings, no rows."""
	frappe.db.rollback()
	for table in TABLES:
		frappe.db.delete(table)
	for table in (
		"Tripletex VAT Rule",
		"Tripletex Account",
		"Tripletex Payment Type",
		"Tripletex Department",
	):
		frappe.db.delete(table)
	frappe.clear_document_cache("Tripletex Settings", COMPANY)
	references.forget(COMPANY)
	frappe.db.commit()


def ensure_export_template() -> None:
	"""A tax template without VAT, as sales abroad have."""
	if frappe.db.exists("Sales Taxes and Charges Template", EXPORT):
		return
	row = {
		"charge_type": "On Net Total",
		"account_head": "Output VAT 25% - FS",
		"description": "Utførsel",
		"rate": 0,
	}
	frappe.get_doc(
		{
			"doctype": "Sales Taxes and Charges Template",
			"title": "Utførsel 0%",
			"company": COMPANY,
			"taxes": [row],
		}
	).insert()


def make_settings(books: Books, **values: Any) -> Any:
	"""Settings with the maps of the test company, ids as the simulator has them."""
	ensure_export_template()
	client = books.client()
	accounts = {row["number"]: row for row in client.search("/ledger/account", fields="id,number,name")}
	codes = {row["number"]: row for row in client.search("/ledger/vatType", fields="id,number,name")}
	kinds = client.search("/invoice/paymentType", fields="id,description")
	doc = frappe.get_doc(
		{
			"doctype": "Tripletex Settings",
			"company": COMPANY,
			"enabled": 1,
			"dry_run": 0,
			"go_live_date": date(2026, 1, 1),
			"environment": "Test",
			"consumer_token": TOKENS[0],
			"employee_token": TOKENS[1],
			"kid_length": "10",
			"attach_pdf": 0,
			"vat_rules": [
				{"rate": 25, "vat_code": "3", "vat_type_id": str(codes["3"]["id"])},
				{"rate": 0, "vat_code": "52", "vat_type_id": str(codes["52"]["id"])},
			],
			"accounts": [
				{
					"account": account.partition("|")[0],
					"vat_code": account.partition("|")[2],
					"number": number,
					"tripletex_id": str(accounts[number]["id"]),
				}
				for account, number in ACCOUNTS.items()
				if number in accounts
			],
			"payment_types": [
				{
					"account": "Cash - FS",
					"payment_type_id": str(kinds[0]["id"]),
					"description": kinds[0]["description"],
				}
			],
			**values,
		}
	)
	doc.insert(ignore_permissions=True)
	frappe.db.commit()
	books.sim.requests.clear()
	return doc
