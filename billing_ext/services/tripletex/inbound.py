"""Payments back from Tripletex: each posting on an invoice in its customer ledger is booked in ERPNext, once.

A poll reads first, outside any transaction; then it books each posting in a transaction of its own. What cannot be
booked becomes an exception row, which is tried again at each poll until it comes through or somebody explains it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from frappe import ValidationError
from rq.timeouts import JobTimeoutException

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex import settlement
from billing_ext.integrations.tripletex.errors import Kind as ErrorKind
from billing_ext.integrations.tripletex.errors import TripletexError
from billing_ext.integrations.tripletex.read_back import VOUCHER_FIELDS, IncompleteAnswer, needed
from billing_ext.integrations.tripletex.settlement import Action, Booked, Known, Sides
from billing_ext.repositories import clock, customer_status, jobs, session
from billing_ext.repositories import settings as billing_settings
from billing_ext.repositories.tripletex import (
	alerts,
	booked,
	entries,
	payment_rows,
	settings,
	webhook_events,
)
from billing_ext.repositories.tripletex.payment_rows import LostRace, Outcome, PaymentRow, Status
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services import messages
from billing_ext.services.tripletex import connection, ledger_booking, open_items
from billing_ext.services.tripletex.connection import Link
from billing_ext.services.tripletex.open_items import Remote

POLL = "billing_ext.services.tripletex.inbound.poll"
ROUNDS = 3
"""Times that one job polls if webhooks come meanwhile: they find it running and start no other."""

_PRESENCE = (settlement.Vanished, settlement.Reappeared, settlement.Reverse)


def enqueue_all() -> None:
	"""Poll every company. For the scheduler."""
	for company in settings.enabled_companies():
		enqueue(company)


def enqueue(company: str, hint: int | None = None) -> None:
	"""Poll a company after the commit, unless such a poll waits or runs; ``hint``: id of the only invoice to read."""
	jobs.enqueue(
		POLL, queue="long", job_id=f"tripletex-poll|{company}|{hint or ''}", company=company, hint=hint
	)


def poll(company: str, hint: int | None = None) -> None:
	"""Read the customer ledger and book what is new or gone. A job; an error of Tripletex leaves it to the next poll."""
	session.act_as(billing_settings.load().service_user)
	for _round in range(ROUNDS):
		started = clock.now()
		if not _is_on(company) or not _poll_once(company, hint):
			return
		if hint or not webhook_events.came_since(company, started):
			return


def explain_exception(name: str, text: str) -> None:
	"""Settle an exception by a person's words: it is not tried any more.

	Raises DomainError ``tripletex_explanation_missing`` or ``tripletex_no_exception``.
	"""
	if not text.strip():
		raise DomainError("tripletex_explanation_missing")
	if not payment_rows.explain(name, text.strip()):
		raise DomainError("tripletex_no_exception")


def _is_on(company: str) -> bool:
	own = settings.load(company)
	return bool(own and own.enabled and own.payments_from_tripletex and not own.paused)


def _poll_once(company: str, hint: int | None) -> bool:
	"""One look at the ledger; False if Tripletex did not answer."""
	started = clock.now()
	try:
		link = connection.of(company)
		touched = _Poll(link, open_items.read(link, hint)).run()
	except TripletexError as error:
		if error.kind is ErrorKind.AUTH:
			reason = alerts.words(error)
			in_transaction(lambda: settings.pause(company, reason))
		return False
	in_transaction(lambda: customer_status.refresh({booked.customer_of(invoice) for invoice in touched}))
	if not hint:
		in_transaction(lambda: settings.store(company, polled_at=started))
	return True


class _Poll:
	"""A set of answers, and what the site knows of what is in them."""

	def __init__(self, link: Link, answers: Sequence[Remote]) -> None:
		self.link = link
		self.own = link.settings
		ids = [needed(answer, "id") for answer in answers]
		postings = [posting for answer in answers for posting in answer.get("postings") or []]
		vouchers = {posting["voucher"]["id"] for posting in postings if posting.get("voucher")}
		self.record = in_transaction(
			lambda: payment_rows.record(
				self.own.company, ids, {posting["id"] for posting in postings}, vouchers
			)
		)
		ours = [answer for answer in answers if answer["id"] in self.record.invoices]
		# An invoice before the credit note matched with it: both show the same payments.
		self.answers = sorted(ours, key=lambda answer: (bool(answer.get("isCreditNote")), answer["id"]))
		self.sides: dict[int, Sides] = {}
		self.touched: set[str] = set()
		self.known = Known(
			own_vouchers=frozenset(self.record.own),
			sales_vouchers=self.record.sales_vouchers,
			bank_accounts=frozenset(entries.money_accounts(self.own.company)),
			deductions=entries.deduction_numbers(self.own),
			sides=self.sides,
		)
		self.shown: dict[int, list[Remote]] = defaultdict(list)
		for answer in self.answers:
			for posting in answer.get("postings") or []:
				self.shown[posting["id"]].append(answer)

	def run(self) -> set[str]:
		"""Book all; the invoices for which something was done. Raises TripletexError."""
		for answer in self.answers:
			name = self.record.invoices[answer["id"]]
			if name in self.record.under_way:
				continue
			try:
				self._invoice(name, answer)
			except IncompleteAnswer as error:
				# It proves nothing, neither what came nor what is gone; the next answer may.
				_log(error, name)
		return self.touched

	def _invoice(self, name: str, answer: Remote) -> None:
		self._read_vouchers(name, answer)
		classified = settlement.classify(answer, self._known(name, with_open=True))
		presence = [action for action in classified if isinstance(action, _PRESENCE)]
		for action in presence:
			self._follow(name, action)
		# A payment that replaces one on its way out would find the invoice settled, and be left over as an advance.
		if not any(isinstance(action, settlement.Vanished) for action in presence):
			self._book_news(name, answer)

	def _read_vouchers(self, name: str, answer: Remote) -> None:
		for voucher in settlement.unread_vouchers(answer, self._known(name, with_open=False)):
			self.sides[voucher] = settlement.sides(
				self.link.client.get("/ledger/voucher/{id}", {"id": voucher}, fields=VOUCHER_FIELDS)
			)

	def _book_news(self, name: str, answer: Remote) -> None:
		known = self._known(name, with_open=False)
		news = [each for each in settlement.classify(answer, known) if not isinstance(each, _PRESENCE)]
		# Whether a credit is allocated shows when the payments beside it are booked.
		for action in sorted(news, key=lambda each: isinstance(each, settlement.CreditMatch)):
			self._book(name, answer, action)

	def _known(self, name: str, with_open: bool) -> Known:
		"""What is known of an invoice; without its open exceptions they are classified anew."""
		rows = [row for row in self.record.rows.values() if row.status is not Status.REVERSED]
		mine = [row for row in rows if row.invoice == name and (with_open or not row.is_open)]
		return replace(
			self.known,
			booked={row.posting_id: Booked(row.posting_id, row.kind, row.missing_reads) for row in mine},
			booked_elsewhere=frozenset(row.posting_id for row in rows if row.invoice != name),
		)

	def _book(self, name: str, answer: Remote, action: Action) -> None:
		case = ledger_booking.Case(
			own=self.own,
			action=action,
			facts=ledger_booking.facts(name, answer, action.posting_id),
			shown=[(self.record.invoices[each["id"]], each) for each in self.shown[action.posting_id]],
			registered=self.record.own,
		)
		self.touched.add(name)
		try:
			in_transaction(lambda: _conclude(case, lambda: ledger_booking.book(case)))
		except LostRace:
			pass
		except JobTimeoutException:
			raise
		except Exception as error:  # noqa: BLE001 - whatever stops one posting is written on it and must not stop the others
			self._except(case, error)
		session.forget_messages()
		self.record.rows[action.posting_id] = PaymentRow(
			action.posting_id, "", name, ledger_booking.kind_of(action), Status.BOOKED, 0, is_open=False
		)

	def _except(self, case: ledger_booking.Case, error: Exception) -> None:
		reason = _words(error, case.facts.invoice)
		outcome = Outcome(ledger_booking.kind_of(case.action), Status.EXCEPTION, reason=reason)
		with suppress(LostRace):
			in_transaction(lambda: _conclude(case, lambda: outcome))

	def _follow(self, name: str, action: Action) -> None:
		"""Count what is missing, and undo what is gone."""
		row = self.record.rows[action.posting_id]
		if isinstance(action, settlement.Vanished):
			in_transaction(lambda: payment_rows.missed(row.name, action.missing_reads))
		elif isinstance(action, settlement.Reappeared):
			in_transaction(lambda: payment_rows.missed(row.name, 0))
		else:
			self.touched.add(name)
			self._reverse(row)

	def _reverse(self, row: PaymentRow) -> None:
		try:
			in_transaction(lambda: ledger_booking.reverse(row.name))
		except JobTimeoutException:
			raise
		except Exception as error:  # noqa: BLE001 - as for bookings
			reason = _words(error, row.invoice)
			in_transaction(lambda: payment_rows.stopped(row.name, reason))
		session.forget_messages()


def _conclude(case: ledger_booking.Case, decide: Callable[[], Outcome]) -> None:
	name = payment_rows.claim(case.own.company, case.facts)
	if name:
		payment_rows.conclude(name, decide())


def _words(error: Exception, invoice: str) -> str:
	"""Why it did not come through. What is no rule of ours or of ERPNext's is an error of ours, and logged."""
	if isinstance(error, DomainError):
		return str(messages.message_of(error))
	if not isinstance(error, ValidationError):
		_log(error, invoice)
	return alerts.words(error)


def _log(error: Exception, invoice: str) -> None:
	in_transaction(lambda: payment_rows.log(error, invoice))
