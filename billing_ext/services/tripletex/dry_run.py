"""The dry run: every document since go-live is built, checked and compared with what Tripletex has. It reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex import mapper, refusals
from billing_ext.integrations.tripletex.documents import CustomerData, Document, Strategy
from billing_ext.integrations.tripletex.mapper import MasterIds
from billing_ext.repositories import clock, jobs, session
from billing_ext.repositories import settings as billing_settings
from billing_ext.repositories.tripletex import documents, mappings, numbers, settings, setup_rows
from billing_ext.repositories.tripletex.mappings import Kind
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services import messages
from billing_ext.services.tripletex import connection
from billing_ext.services.tripletex.connection import Link
from billing_ext.services.tripletex.map_proposals import Remote
from billing_ext.services.tripletex.plain_errors import in_words
from billing_ext.services.tripletex.setup import read_remote

SHOWN = 500
"""Problems that are kept; their count is exact."""
WINDOW = timedelta(days=31)
"""Days of invoices that one search reads: Tripletex refuses searches that match more than 10,000."""
INVOICE = "id,invoiceNumber,invoiceDate,amountCurrency,customer(id,name),currency(code)"


@dataclass(frozen=True, slots=True)
class Problem:
	"""What stands in the way of a document or customer, in words."""

	doctype: str
	name: str
	text: str
	remedy: str
	code: str


@dataclass(slots=True)
class Result:
	"""What a dry run has found. ``ready``: would be booked; ``booked``: is there already, as ours."""

	documents: int = 0
	ready: int = 0
	booked: int = 0
	customers: int = 0
	adopted: int = 0
	"""Customers that Tripletex has already and whose id would be taken over."""
	problems: list[Problem] = field(default_factory=list)
	error: str = ""

	def stored(self) -> dict[str, Any]:
		"""As JSON, with the problems counted by code."""
		counts = Counter(problem.code for problem in self.problems)
		return {
			**asdict(self),
			"problems": [asdict(each) for each in self.problems[:SHOWN]],
			"counts": counts,
		}


def start(company: str) -> None:
	"""Have the dry run done in the background. Raises DomainError ``tripletex_no_go_live``."""
	own = settings.load(company)
	if own is None or not own.go_live_date:
		raise DomainError("tripletex_no_go_live")
	jobs.enqueue(
		"billing_ext.services.tripletex.dry_run.run",
		queue="long",
		job_id=f"tripletex-dry-run|{company}",
		company=company,
	)


def run(company: str) -> None:
	"""Check all documents and keep the result in the settings. A job; what bars the whole run is kept as its error."""
	session.act_as(billing_settings.load().service_user)
	result = Result()
	try:
		with in_words():
			_Run(connection.of(company), result).check()
	except DomainError as error:
		result.error = str(messages.message_of(error))
	in_transaction(lambda: setup_rows.store_dry_run(company, result.stored()))


class _Run:
	"""One dry run of a company."""

	def __init__(self, link: Link, result: Result) -> None:
		self.link = link
		self.own = link.settings
		self.result = result
		if self.own.go_live_date is None:
			raise DomainError("tripletex_no_go_live")
		self.since = self.own.go_live_date
		self.rules = link.rules
		self.ids: MasterIds = link.master_ids
		self.remote: Remote = read_remote(link.client)
		self.taken = self._invoices()
		self.next_number = self.own.first_number + numbers.drawn_so_far(
			self.own.company, self.own.first_number
		)

	def check(self) -> None:
		"""All documents, then the customers that they name."""
		names = setup_rows.documents_since(self.own.company, self.since)
		customers: dict[str, None] = {}
		for name in names:
			self.result.documents += 1
			document = self._document(name)
			if document:
				customers[document.customer] = None
				self._check_document(document)
		for customer in customers:
			self.result.customers += 1
			self._check_customer(customer)

	def _document(self, name: str) -> Document | None:
		try:
			document = documents.document(name, self.own)
		except DomainError as error:
			self._add("Sales Invoice", name, error)
			return None
		if document.number is None and self.own.strategy is not Strategy.TRIPLETEX_NUMBERS:
			# Submitted before the company was enabled: checked with the number that would come next.
			document = replace(document, number=self.next_number)
			self.next_number += 1
		return document

	def _check_document(self, document: Document) -> None:
		if mappings.find(self.own.company, Kind.INVOICE, document.name):
			self.result.booked += 1
			return
		problems = [*self._refusals(document), *self._map_problems(document), *self._there(document)]
		for problem in problems:
			self._add("Sales Invoice", document.name, problem)
		self.result.ready += not problems

	def _refusals(self, document: Document) -> Iterator[DomainError]:
		if not document.gross and not any(line.net_amount for line in document.lines):
			# Nothing to book: it is passed over, and that is right.
			return
		for refusal in refusals.check(document, self.rules):
			yield DomainError(refusal.code, **refusal.context)

	def _map_problems(self, document: Document) -> Iterator[DomainError]:
		"""Do the codes and accounts exist, and may they go together?"""
		for posting_class in dict.fromkeys(line.posting_class for line in document.lines):
			number, code = posting_class.account_number, posting_class.vat_code
			account = self.remote.accounts.get(number)
			if account is None:
				yield DomainError("tripletex_map_account", account=document.name, number=number)
			elif account.is_inactive:
				yield DomainError("tripletex_map_inactive", account=account.name, number=number)
			elif not account.takes(code):
				yield DomainError(
					"tripletex_map_lock",
					account=account.name,
					number=number,
					locked_to=account.locked_to,
					code=code,
				)
			if code not in self.remote.vat:
				yield DomainError("tripletex_vat_code_unknown", document=document.name, code=code)

	def _there(self, document: Document) -> Iterator[DomainError]:
		"""Something under its number, be it the same document or another."""
		found = self.taken.get(document.number or 0)
		if not found:
			return
		sign = -1 if document.is_credit_note else 1
		same = (found["invoiceDate"], found["amountCurrency"]) == (
			document.date.isoformat(),
			sign * document.gross,
		)
		code = "tripletex_there_already" if same else "tripletex_dry_run_taken"
		other = f"{(found.get('customer') or {}).get('name') or '-'}, {found['invoiceDate']}"
		yield DomainError(code, number=document.number, other=other)

	def _invoices(self) -> dict[int, dict[str, Any]]:
		"""Tripletex's invoices by number, from go-live until tomorrow."""
		found: dict[int, dict[str, Any]] = {}
		day, end = self.since, clock.today() + timedelta(days=1)
		while day < end:
			until = min(day + WINDOW, end)
			rows = self.link.client.search(
				"/invoice", invoiceDateFrom=day, invoiceDateTo=until, fields=INVOICE
			)
			found |= {row["invoiceNumber"]: row for row in rows}
			day = until
		return found

	def _check_customer(self, name: str) -> None:
		if mappings.find(self.own.company, Kind.CUSTOMER, name):
			return
		data = documents.customer(name, self.own.customer_number_start, self.own)
		for refusal in refusals.check_customer(data, self.ids):
			self._add("Customer", name, DomainError(refusal.code, **refusal.context))
		self._find_customer(name, data)

	def _find_customer(self, name: str, data: CustomerData) -> None:
		"""One with its organisation number would be taken over; several are for a person to sort out."""
		number = data.organization_number
		if data.is_private or not mapper.organization_number_is_valid(number, data.postal_address.country):
			return
		fields = "id,customerNumber,name,organizationNumber,isInactive"
		rows = (
			self.link.client.find("/customer", "organizationNumber", number, fields=fields) if number else []
		)
		free = [row for row in rows if not row.get("isInactive") and not self._is_ours(row["id"])]
		if len(free) > 1:
			theirs = ", ".join(str(row["customerNumber"]) for row in free)
			self._add(
				"Customer", name, DomainError("tripletex_customer_ambiguous", customer=name, numbers=theirs)
			)
		self.result.adopted += len(free) == 1

	def _is_ours(self, remote_id: int) -> bool:
		return bool(mappings.find_remote(self.own.company, Kind.CUSTOMER, remote_id))

	def _add(self, doctype: str, name: str, error: DomainError) -> None:
		message = messages.message_of(error)
		self.result.problems.append(Problem(doctype, name, message.text, message.remedy, error.code))
