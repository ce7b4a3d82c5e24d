"""A company in Tripletex, worked on with the calls that the synchronisation makes, be it simulated or real.

What is written there is unique to a run, can be told by its names, and is never sent to anybody.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

import pytest
import requests
import sandbox
from sandbox import Scrubber, Tap

from billing_ext.integrations.tripletex import mapper, numbering, refusals
from billing_ext.integrations.tripletex.client import ADDRESSES, TripletexClient, utc_now
from billing_ext.integrations.tripletex.documents import (
	Address,
	CustomerData,
	Document,
	DocumentLine,
	PostingClass,
	RemoteIds,
	Sender,
	Strategy,
	VatTotal,
)
from billing_ext.integrations.tripletex.errors import Refused, TripletexError
from billing_ext.integrations.tripletex.journal import MemoryJournal
from billing_ext.integrations.tripletex.limiter import MemoryLimiter
from billing_ext.integrations.tripletex.mapper import AMOUNT, RECEIVABLE, Expected
from billing_ext.integrations.tripletex.read_back import (
	INVOICE_FIELDS,
	VOUCHER_FIELDS,
	Difference,
	compare_invoice,
	needed,
)
from billing_ext.integrations.tripletex.session import OSLO, MemorySessionStore, Sessions, TokenPair

STANDARD, MIDDLE, RENT = PostingClass(3000, "3"), PostingClass(3001, "31"), PostingClass(3600, "3")
BANK_ACCOUNT = "12345678903"
"""Has the right check digit, and looks like what it is."""
LARGE = numbering.MAX_NUMBER
ADDRESS = Address("Testveien 1", "", "0155", "Oslo", "NO")
ORGANIZATION = "999999999"
"""Has the right check digit; nobody can receive anything by it."""
KID_LENGTH = 10
Line = tuple[str, str] | tuple[str, str, PostingClass]
"""Quantity, rate and, unless it is the standard rate of VAT, posting class."""


class Company:
	"""Either in the simulator, which is then ``sim``, or in the real test environment."""

	def __init__(
		self,
		kind: str,
		tokens: TokenPair,
		tap: Tap,
		*,
		clock: Callable[[], datetime] = utc_now,
		sleep: Callable[[float], None] = time.sleep,
		sim: Any = None,
	) -> None:
		self.kind, self.tap, self.sim, self.clock, self._sleep = kind, tap, sim, clock, sleep
		self.tokens = tokens
		self.sessions = Sessions(tokens, MemorySessionStore())
		self.journal, self.limiter = MemoryJournal(), MemoryLimiter()
		self.numbers = iter(sandbox.numbers_of_a_run(clock()))
		self.client = self.another_client()
		self.sent = 0
		"""Documents that the test has sent on purpose, in the simulator."""
		self._products: dict[str, int] = {}
		self._begin_at(0, "", next(self.numbers))

	# The frame of a test

	def begin(self, check: int, test: str) -> None:
		"""Start recording. What is read once for a company is read before, so that recordings are alike."""
		self._begin_at(check, test, next(self.numbers))
		_ = self.master, self.payment_types
		for posting_class in (STANDARD, MIDDLE, RENT):
			self.product(posting_class)
		self.tap.exchanges.clear()

	def _begin_at(self, check: int, test: str, first: int) -> None:
		self.check, self.test, self.first = check, test, first
		self.observed: dict[str, Any] = {}
		self.aliases: dict[int, str] = {}

	def observe(self, **values: Any) -> None:
		"""Keep what decides the check."""
		self.observed.update(values)

	def end(self) -> None:
		"""Write the recording; nothing may have been sent to anybody and no cookie back to Tripletex."""
		scrubber = Scrubber(self.today, self.first, self.tokens.secrets, self.aliases)
		recorded = sandbox.recording(self.check, self.test, self.observed, self.tap.exchanges, scrubber)
		sandbox.save(recorded, self.kind)
		assert not any(exchange.sent_cookie for exchange in self.tap.exchanges)
		assert self.sim is None or len(self.sim.sent_box) == self.sent

	def by_hand(self, instruction: str) -> None:
		"""The check cannot go on in the real environment without a person."""
		if self.sim is None:
			pytest.skip(f"By hand: {instruction}")

	def another_client(self) -> TripletexClient:
		"""A client for another thread; session and quota are shared, as between workers."""
		http = requests.Session()
		http.mount(ADDRESSES["test"], self.tap)
		return TripletexClient(
			"test",
			self.sessions,
			limiter=self.limiter,
			journal=self.journal,
			http=http,
			clock=self.clock,
			sleep=self._sleep,
			# A person waits for the tests, and there may be others with the same tokens.
			patience=60,
		)

	# The company itself

	@property
	def today(self) -> date:
		return self.clock().astimezone(OSLO).date()

	@cached_property
	def vat(self) -> dict[str, tuple[int, Decimal]]:
		"""SAF-T code -> VAT type id and rate, as Propose Maps reads them."""
		rows = self.client.search(
			"/ledger/vatType", typeOfVat="OUTGOING", vatDate=self.today, fields="id,number,name,percentage"
		)
		return {row["number"]: (row["id"], Decimal(row["percentage"] or 0)) for row in rows}

	@cached_property
	def accounts(self) -> dict[int, int]:
		"""Number -> id."""
		fields = "id,number,name,vatLocked,isInactive,vatType(id,number)"
		return {row["number"]: row["id"] for row in self.client.search("/ledger/account", fields=fields)}

	@cached_property
	def master(self) -> mapper.MasterIds:
		countries = self.client.search("/country", fields="id,isoAlpha2Code")
		currencies = self.client.search("/currency", fields="id,code")
		return mapper.MasterIds(
			{row["isoAlpha2Code"]: row["id"] for row in countries if row.get("isoAlpha2Code")},
			{row["code"]: row["id"] for row in currencies if row.get("code")},
		)

	@cached_property
	def payment_types(self) -> dict[int, int]:
		"""Account number -> payment type id."""
		rows = self.client.search("/invoice/paymentType", fields="id,description,debitAccount(id,number)")
		return {(row.get("debitAccount") or {}).get("number") or 0: row["id"] for row in rows}

	def prepare(self) -> None:
		"""What a new test company lacks: a bank account is entered; VAT can only be registered by a person."""
		fields = "id,version,number,bankAccountNumber"
		rows = self.client.search("/ledger/account", isBankAccount=True, fields=fields)
		if not any(row.get("bankAccountNumber") for row in rows):
			row = next(row for row in rows if row["number"] == 1920)
			body = {
				"version": row["version"],
				"bankAccountNumber": BANK_ACCOUNT,
				"isInvoiceAccount": True,
			}
			self.client.put("/ledger/account/{id}", {"id": row["id"]}, body=body)
		if not {"3", "31"} <= set(self.vat):
			pytest.fail(
				"The test company is not registered for VAT, or not for 25 and 15 %. In Tripletex, under Company >"
				" Settings > Accounting > VAT, register it; then run again.",
				pytrace=False,
			)

	# Customers and posting classes

	def number(self) -> int:
		"""A number that nothing in the company has."""
		return next(self.numbers)

	def customer(self, **values: Any) -> int:
		"""A customer that can be told by its name and is sent nothing; its id."""
		moment = self.clock().astimezone(OSLO)
		data = CustomerData(
			**{
				"name": f"billing_ext {moment:%d.%m.%Y %H:%M}, kontroll {self.check}",
				"number": self.number(),
				"postal_address": ADDRESS,
				"sender": Sender.ERPNEXT,
				**values,
			}
		)
		assert refusals.check_customer(data, self.master) == ()
		return self.client.post("/customer", body=mapper.customer_request(data, self.master)).value["id"]

	def product(self, posting_class: PostingClass) -> int:
		"""The product of a posting class, made once for a company; its id."""
		key = posting_class.key
		if key not in self._products:
			fields = "id,version,number,name,isInactive,vatType(id,number),account(id,number)"
			found = self.client.find_one("/product", "productNumber", key, fields=fields)
			self._products[key] = found["id"] if found else self._new_product(posting_class)
		return self._products[key]

	def _new_product(self, posting_class: PostingClass) -> int:
		vat_type, account = self.vat[posting_class.vat_code][0], self.accounts[posting_class.account_number]
		name = f"ERPNext {posting_class.account_number}, mva-kode {posting_class.vat_code}"
		body = mapper.product_request(posting_class, vat_type, account, name)
		return self.client.post("/product", body=body).value["id"]

	# Documents

	def invoice(self, *lines: Line, vat_by: str = "rate", **values: Any) -> Document:
		"""An invoice of today with ERPNext's totals: VAT rounded for each rate, or for each line."""
		rows = tuple(self._line(index, *line) for index, line in enumerate(lines or [("1", "1000")], start=1))
		vat = tuple(self._vat_totals(rows, vat_by))
		net = sum((row.net_amount for row in rows), Decimal(0))
		number = values.pop("number", None) or self.number()
		day = values.setdefault("date", self.today)
		document = Document(
			**{
				"name": f"BXT-{number}",
				"number": number,
				"company": "",
				"customer": "",
				"due_date": day + timedelta(days=14),
				"currency": "NOK",
				"conversion_rate": Decimal(1),
				"lines": rows,
				"vat": vat,
				"net": net,
				"gross": net + sum((total.amount for total in vat), Decimal(0)),
				"kid": "" if number > 999_999_999 else numbering.kid_for(number, KID_LENGTH),
				"reference": f"kontroll {self.check}",
				**values,
			}
		)
		return document

	def credit_note(self, original: Document, *lines: Line, **values: Any) -> Document:
		"""A credit note for these lines of an invoice, or for all of it."""
		document = self.invoice(*lines, **values)
		if not lines:
			document = replace(
				document, lines=original.lines, vat=original.vat, net=original.net, gross=original.gross
			)
		return replace(
			document,
			is_credit_note=True,
			kid="",
			currency=original.currency,
			conversion_rate=original.conversion_rate,
			credited=original.name,
			credited_number=original.number,
			credited_date=original.date,
		)

	def _line(
		self, index: int, quantity: str, rate: str, posting_class: PostingClass = STANDARD
	) -> DocumentLine:
		amount = AMOUNT.round(Decimal(quantity) * Decimal(rate))
		vat_rate = self.vat[posting_class.vat_code][1]
		text = f"Kontroll {self.check}, linje {index}"
		return DocumentLine(text, Decimal(quantity), Decimal(rate), amount, posting_class, vat_rate)

	@staticmethod
	def _vat_totals(rows: tuple[DocumentLine, ...], vat_by: str) -> Iterator[VatTotal]:
		for code in sorted({row.posting_class.vat_code for row in rows}):
			own = [row for row in rows if row.posting_class.vat_code == code]
			rate, base = own[0].vat_rate, sum((row.net_amount for row in own), Decimal(0))
			each = (AMOUNT.round(row.net_amount * rate / 100) for row in own)
			amount = sum(each, Decimal(0)) if vat_by == "line" else AMOUNT.round(base * rate / 100)
			yield VatTotal(code, rate, base, amount)

	# Booking, as the outbox does it

	def ids(self, customer: int, document: Document, department: int | None = None) -> RemoteIds:
		"""Tripletex's ids of all that a document names."""
		classes = {line.posting_class for line in document.lines}
		return RemoteIds(
			customer=customer,
			currency=self.master.currencies[document.currency],
			products={each.key: self.product(each) for each in classes},
			vat_types={code: found[0] for code, found in self.vat.items()},
			accounts=self.accounts,
			department=department,
		)

	def check_locally(self, document: Document, strategy: Strategy = Strategy.OWN_NUMBERS) -> None:
		"""Nothing of ours may refuse it: the answer must be Tripletex's."""
		rates = {code: rate for code, (_, rate) in self.vat.items()}
		assert (
			refusals.check(document, refusals.Rules(strategy, rates, frozenset(self.master.currencies))) == ()
		)

	def book(
		self,
		document: Document,
		customer: int,
		*,
		department: int | None = None,
		client: TripletexClient | None = None,
	) -> int:
		"""``POST /invoice`` with our number; the invoice's id."""
		self.check_locally(document)
		request = mapper.invoice_request(document, self.ids(customer, document, department))
		client = client or self.client
		return client.post("/invoice", body=request.body, query=request.query).value["id"]

	def book_by_order(self, document: Document, customer: int, credited: int | None = None) -> int:
		"""An order that Tripletex invoices and numbers; the invoice's id."""
		self.check_locally(document, Strategy.TRIPLETEX_NUMBERS)
		body = mapper.order_request(document, self.ids(customer, document)).body
		order = self.client.post("/order", body=body).value["id"]
		query = mapper.order_invoice_query(document, credited)
		return self.client.put("/order/{id}/:invoice", {"id": order}, query=query).value["id"]

	def read(self, invoice: int) -> dict[str, Any]:
		"""An invoice as it is read back."""
		return self.client.get("/invoice/{id}", {"id": invoice}, fields=INVOICE_FIELDS)

	def voucher(self, voucher: int) -> dict[str, Any]:
		return self.client.get("/ledger/voucher/{id}", {"id": voucher}, fields=VOUCHER_FIELDS)

	def expected(self, document: Document, customer: int) -> Expected:
		return mapper.expected(document, RemoteIds(customer=customer, currency=0))

	def differences(self, document: Document, customer: int, remote: dict[str, Any]) -> list[Difference]:
		"""What the read-back finds."""
		return compare_invoice(self.expected(document, customer), remote)

	def look_up(self, document: Document) -> dict[str, Any] | None:
		"""By number and day, as for a booking whose answer was lost."""
		return self.client.find_one(
			"/invoice", "invoiceNumber", document.number, fields=INVOICE_FIELDS, **self.days(document.date)
		)

	def orders(self, document: Document) -> list[dict[str, Any]]:
		"""Orders that have the document's name."""
		day = {"orderDateFrom": document.date, "orderDateTo": document.date + timedelta(days=1)}
		fields = "id,number,isClosed"
		return self.client.find("/order", "number", document.name, fields=fields, **day)

	@staticmethod
	def days(day: date) -> dict[str, date]:
		return {"invoiceDateFrom": day, "invoiceDateTo": day + timedelta(days=1)}

	# What follows a booking

	def receivable_posting(self, remote: dict[str, Any]) -> dict[str, Any]:
		"""The posting of an invoice's own voucher on 1500."""
		rows = self.voucher(needed(remote, "voucher", "id"))["postings"]
		return next(row for row in rows if needed(row, "account", "number") == RECEIVABLE)

	def pay(self, invoice: int, amount: Decimal, in_currency: Decimal | None = None) -> int:
		"""``:payment`` of today by the first bank account's payment type; the account's number."""
		account = 1920 if 1920 in self.payment_types else next(iter(self.payment_types))
		query: dict[str, Any] = {
			"paymentDate": self.today.isoformat(),
			"paymentTypeId": self.payment_types[account],
			"paidAmount": amount,
		}
		if in_currency is not None:
			query["paidAmountCurrency"] = in_currency
		self.client.put("/invoice/{id}/:payment", {"id": invoice}, query=query)
		return account

	@contextmanager
	def department_required(self) -> Iterator[None]:
		"""While it lasts, sales on the account of RENT need a department; in the simulator, all sales."""
		if self.sim:
			self.sim.gui.require_department(True)
			yield
			self.sim.gui.require_department(False)
			return
		switched = self._require_department(True)
		try:
			yield
		finally:
			if switched:
				self._require_department(False)

	def _require_department(self, required: bool) -> bool:
		"""Was it not so before?"""
		number = RENT.account_number
		path = {"id": self.accounts[number]}
		try:
			row = self.client.get("/ledger/account/{id}", path, fields="id,version,requiresDepartment")
			if row["requiresDepartment"] == required:
				return False
			body = {"version": row["version"], "requiresDepartment": required}
			self.client.put("/ledger/account/{id}", path, body=body)
		except Refused as refused:
			self.observe(switching=told(refused))
			self.by_hand(f"make account {number} of the test company require a department, and run again.")
		return True


def simulated(sim: Any, clock: Any) -> Company:
	"""A company in the simulator."""
	consumer, employee = (sandbox.Secret(token) for token in sim.tokens)
	tap = Tap(sim.adapter())
	return Company(
		"simulator", TokenPair(consumer, employee), tap, clock=clock.now, sleep=clock.sleep, sim=sim
	)


def real(tokens: TokenPair) -> Company:
	"""The company of the tokens in Tripletex's test environment."""
	return Company("sandbox", tokens, Tap(requests.adapters.HTTPAdapter()))


def refusal(call: Callable[..., Any], *args: Any, **options: Any) -> TripletexError:
	"""The error that a call must end in."""
	with pytest.raises(TripletexError) as caught:
		call(*args, **options)
	return caught.value


def told(error: TripletexError) -> dict[str, Any]:
	"""What of an error decides, for the recording."""
	return {
		"status": error.status,
		"code": error.code,
		"type": error.kind.value,
		"message": error.message,
		"fields": [{"path": each.path or each.field, "message": each.message} for each in error.fields],
	}


def filed_day() -> date | None:
	"""A day of a filed VAT term of the test company, if somebody has named one."""
	text = os.environ.get(sandbox.FILED_DAY)
	return date.fromisoformat(text) if text else None


def pdf(text: str) -> bytes:
	"""A page with a line of ASCII text, as viewers want it."""
	page = f"BT /F1 18 Tf 72 720 Td ({text}) Tj ET".encode()
	objects = [
		b"<< /Type /Catalog /Pages 2 0 R >>",
		b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
		b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	]
	out, starts = bytearray(b"%PDF-1.4\n"), []
	for index, content in enumerate(objects, start=1):
		starts.append(len(out))
		out += b"%d 0 obj\n%s\nendobj\n" % (index, content)
	table = len(out)
	out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % start for start in starts)
	return bytes(out) + b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % table
