"""What a person may do with a message of the outbox. Nothing here sends again what may have arrived.

Every action is written on the message: who, when, what and why.
"""

from __future__ import annotations

from typing import Any

from frappe import _

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex import canonical, decimal_json, delivery
from billing_ext.integrations.tripletex.delivery import Found, Operation, State
from billing_ext.integrations.tripletex.errors import Kind as ErrorKind
from billing_ext.integrations.tripletex.read_back import CUSTOMER_FIELDS
from billing_ext.repositories import clock
from billing_ext.repositories.tripletex import booked, documents, drifts, mappings, outbox, settings
from billing_ext.repositories.tripletex import panel as rows
from billing_ext.repositories.tripletex.mappings import Kind, Mapping
from billing_ext.repositories.tripletex.outbox import Message
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services import messages
from billing_ext.services.tripletex import connection, outgoing, setup_checks
from billing_ext.services.tripletex.operations import HANDLERS
from billing_ext.services.tripletex.operations.base import Handler, Request, Skip, Wait
from billing_ext.services.tripletex.plain_errors import in_words

NOT_STARTED = (State.WAITING, State.PENDING, State.BLOCKED)
"""States of a message that may be taken back, unless something of it has arrived."""
_CLEAN = {"error_text": None, "error_code": None, "error_kind": None, "request_id": None}


# Messages


def check_again(name: str) -> str:
	"""Look an unknown message up in Tripletex, now and without sending anything; what was found, in words.

	Raises DomainError ``tripletex_action_state``, or those of ``plain_errors`` if the look-up fails too.
	"""
	row = in_transaction(lambda: _claim(name, State.UNKNOWN))
	try:
		found, remote_id = _look_up(row)
	except BaseException:
		in_transaction(lambda: outbox.move(row, State.UNKNOWN, release=True))
		raise
	in_transaction(lambda: _after_look_up(row, found, remote_id))
	return _found_text(found)


def _claim(name: str, *states: State) -> Message:
	now = clock.now()
	row = outbox.claim(name, states, f"desk-{outbox.serial()}", now, now + delivery.LEASE)
	if row is None:
		raise DomainError("tripletex_action_state", status=[outbox.get(name)["status"]])
	return row


def _look_up(row: Message) -> tuple[Found, int]:
	def note(step: str) -> None:
		in_transaction(lambda: outbox.move(row, State.UNKNOWN, remote_step=step))

	with in_words():
		return _handler(row).look_up(decimal_json.loads(row["request_json"]), note)


def _after_look_up(row: Message, found: Found, remote_id: int) -> None:
	now = clock.now()
	if found is Found.ABSENT:
		# Counted once, however often the button is pressed: only the machine's second look, minutes later, proves absence.
		values = {"absent_reads": max(row["absent_reads"], 1), "retry_at": now + delivery.SECOND_LOOK}
		outbox.move(row, State.UNKNOWN, release=True, **values)
	elif found is Found.EQUAL:
		outbox.move(
			row, State.VERIFYING, release=True, tripletex_id=str(remote_id), retry_at=now, absent_reads=0
		)
		outgoing.start(row["name"])
	else:
		text = str(messages.words("tripletex_number_taken", {"document": row["local_key"]}))
		outbox.move(row, State.BLOCKED, release=True, error_code="number_taken", error_text=text)
		_show_trouble(row)
	rows.note(row["name"], _("Checked again: {0}").format(_found_text(found)))


def _found_text(found: Found) -> str:
	return {
		Found.EQUAL: _("Tripletex has it. It is being read back."),
		Found.DIFFERENT: _("Tripletex has something else under this number."),
		Found.ABSENT: _(
			"Tripletex does not have it. It is looked up once more in five minutes, then sent again."
		),
	}[found]


def release(name: str, reason: str = "") -> None:
	"""Send a blocked message again, made anew from its document unless a step of it is done in Tripletex already.

	An unknown one only after a look-up has not found it, and then with the very request that was sent before. Raises
	DomainError ``tripletex_action_state`` or ``tripletex_release_unknown``.
	"""
	in_transaction(lambda: _release(name, reason))


def _release(name: str, reason: str) -> None:
	row = outbox.get(name)
	state = State(row["status"])
	unknown = state is State.UNKNOWN or (
		state is State.BLOCKED and row["error_kind"] == ErrorKind.UNKNOWN.value
	)
	if unknown and not row["absent_reads"]:
		raise DomainError("tripletex_release_unknown")
	values: dict[str, Any] = {"retry_at": clock.now(), "rebuilds": 0, "absent_reads": 0, **_CLEAN}
	if not unknown and not row["remote_step"]:
		values["request_json"] = None
	_act(row, (State.BLOCKED, State.UNKNOWN), State.PENDING, **values)
	_show_waiting(row)
	rows.note(name, _with_reason(_("Released"), reason))
	outgoing.start(name)


def adopt(name: str, remote_id: int, reason: str) -> None:
	"""Tie a message to what a person has found in Tripletex, once it was read and is what was to be sent.

	Raises DomainError ``tripletex_reason_missing``, ``tripletex_action_state``, ``tripletex_adopt_differs``,
	``tripletex_adopt_waits``, and those of ``plain_errors``.
	"""
	_needs_reason(reason)
	row = in_transaction(lambda: _claim(name, State.BLOCKED, State.UNKNOWN, State.PENDING, State.WAITING))
	state = State(row["status"])
	try:
		values = _adopted(row, remote_id)
	except BaseException:
		in_transaction(lambda: outbox.move(row, state, release=True))
		raise
	in_transaction(lambda: _store_adopted(row, remote_id, values, reason))


def _adopted(row: Message, remote_id: int) -> dict[str, Any]:
	"""What the message becomes: read back by the worker, or for a customer, brought up to date by it."""
	with in_words():
		handler = _handler(row)
		if row["operation"] == Operation.CUSTOMER.value:
			_check_customer(handler, remote_id)
			return {"request_json": None}
		request = decimal_json.loads(row["request_json"]) if row["request_json"] else _prepared(handler)
		read = handler.read_back(request, remote_id)
	wrong = [difference for difference in read.differences if not difference.rounding]
	if wrong:
		text = "; ".join(f"{each.field}: {each.ours} / {each.theirs}" for each in wrong)
		raise DomainError("tripletex_adopt_differs", id=remote_id, differences=text)
	return {
		"request_json": canonical.canonical_json(request),
		"request_hash": canonical.content_hash(request),
	}


def _prepared(handler: Handler) -> Request:
	try:
		return handler.prepare()
	except (Wait, Skip):
		problem = DomainError("tripletex_adopt_waits")
	raise problem


def _check_customer(handler: Handler, remote_id: int) -> None:
	"""Tie a customer that has the same organisation number, or without one the same name."""
	company, key = handler.settings.company, handler.row["local_key"]
	remote = handler.client.get("/customer/{id}", {"id": remote_id}, fields=CUSTOMER_FIELDS)
	ours = documents.customer(key, remote["customerNumber"], handler.settings)
	theirs = remote.get("organizationNumber") or ""
	same = theirs == ours.organization_number if theirs else remote.get("name") == ours.name
	if not same:
		differences = f"{ours.name} {ours.organization_number} / {remote.get('name')} {theirs}"
		raise DomainError("tripletex_adopt_differs", id=remote_id, differences=differences)
	mapping = Mapping(
		company=company,
		kind=Kind.CUSTOMER,
		local_key=key,
		id=remote_id,
		number=str(remote["customerNumber"]),
		reference_doctype="Customer",
		reference_name=key,
	)
	in_transaction(lambda: mappings.save(mapping))


def _store_adopted(row: Message, remote_id: int, values: dict[str, Any], reason: str) -> None:
	state = State.PENDING if row["operation"] == Operation.CUSTOMER.value else State.VERIFYING
	values = {**values, "tripletex_id": str(remote_id), "retry_at": clock.now(), "note": reason, **_CLEAN}
	outbox.move(row, state, release=True, **values)
	_show_waiting(row)
	rows.note(row["name"], _with_reason(_("Adopted id {0}").format(remote_id), reason))
	outgoing.start(row["name"])


def cancel(name: str, reason: str) -> None:
	"""Take back a message of which nothing was ever sent.

	Raises DomainError ``tripletex_reason_missing``, ``tripletex_action_state`` or ``tripletex_sent_before``.
	"""
	_needs_reason(reason)
	in_transaction(lambda: _cancel(name, reason))


def _cancel(name: str, reason: str) -> None:
	row = outbox.get(name)
	if row["remote_step"] or row["tripletex_id"] or row["error_kind"] == ErrorKind.UNKNOWN.value:
		raise DomainError("tripletex_sent_before")
	_act(row, NOT_STARTED, State.CANCELLED, done_at=clock.now(), note=reason)
	rows.note(name, _with_reason(_("Cancelled"), reason))


def mark_explained(name: str, reason: str) -> None:
	"""Accept that what Tripletex has differs, or that it is right though nobody can prove it; its drifts are explained.

	Raises DomainError ``tripletex_reason_missing`` or ``tripletex_action_state``.
	"""
	_needs_reason(reason)
	in_transaction(lambda: _mark_explained(name, reason))


def _mark_explained(name: str, reason: str) -> None:
	row = outbox.get(name)
	sent_or_not = row["error_code"] == "sent_or_not"
	states = (State.DRIFTED, State.BLOCKED) if sent_or_not else (State.DRIFTED,)
	_act(row, states, State.SYNCED, done_at=row["done_at"] or clock.now(), note=reason, **_CLEAN)
	for drift in drifts.open_of(row["company"], row["reference_doctype"], row["reference_name"]):
		drifts.settle(drift["name"], drifts.Status.EXPLAINED, reason)
	if _is_invoice(row):
		booked.set_status(row["reference_name"], "Booked")
	rows.note(name, _with_reason(_("Marked as explained"), reason))


def _act(row: Message, states: tuple[State, ...], state: State, **values: Any) -> None:
	if not outbox.act(row["name"], states, state, **values):
		raise DomainError("tripletex_action_state", status=[row["status"]])


def _handler(row: Message) -> Handler:
	return HANDLERS[Operation(row["operation"])](connection.of(row["company"]), row)


def _is_invoice(row: Message) -> bool:
	return row["operation"] in (Operation.INVOICE.value, Operation.CREDIT_NOTE.value)


def _show_trouble(row: Message) -> None:
	if _is_invoice(row):
		booked.set_status(row["reference_name"], "Needs Attention")


def _show_waiting(row: Message) -> None:
	if _is_invoice(row):
		booked.set_status(row["reference_name"], outgoing.BOOKED_IN_TRIPLETEX)


def _needs_reason(reason: str) -> None:
	if not reason.strip():
		raise DomainError("tripletex_reason_missing")


def _with_reason(text: str, reason: str) -> str:
	return f"{text}: {reason.strip()}" if reason.strip() else text


# The company's queue


def pause(company: str, reason: str) -> None:
	"""Stop sending until somebody resumes. Raises DomainError ``tripletex_reason_missing``."""
	_needs_reason(reason)
	in_transaction(lambda: _set_pause(company, reason.strip()))


def resume(company: str) -> None:
	"""Go on sending, at once."""
	in_transaction(lambda: _set_pause(company, ""))


def _set_pause(company: str, reason: str) -> None:
	settings.store(
		company,
		paused=int(bool(reason)),
		pause_reason=reason or None,
		breaker_until=None,
		failures_in_a_row=0,
	)
	rows.note(company, _("Paused: {0}").format(reason) if reason else _("Resumed"), settings.DOCTYPE)
	if not reason:
		setup_checks.send_now(company)


def send_now(company: str) -> None:
	"""Have the queue worked on at once, also what would be tried again later. Raises ``tripletex_is_paused``."""
	own = settings.load(company)
	if own is None or own.paused or not own.enabled:
		raise DomainError("tripletex_is_paused")
	in_transaction(lambda: _wake(company))


def _wake(company: str) -> None:
	settings.store(company, breaker_until=None, failures_in_a_row=0)
	rows.wake_pending(company)
	setup_checks.send_now(company)
