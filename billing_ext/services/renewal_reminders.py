"""Reminders before a contract's last day to cancel, or before its end: a task for its owner, an e-mail to the customer."""

from __future__ import annotations

from datetime import date
from functools import partial

import frappe
from frappe import _
from frappe.utils import escape_html, formatdate
from rq.timeouts import JobTimeoutException

from billing_ext.core.period import ONE_DAY
from billing_ext.repositories import clock, contracts, jobs, mail, outbox, renewals, session, settings, todos
from billing_ext.repositories.contract_rows import Renewal, Row
from billing_ext.repositories.unit_of_work import in_transaction

Text = tuple[str, str]
"""Subject and HTML."""


def remind_due() -> int:
	"""Give every reminder whose day has come, once for each term, also after days without a scheduler. A job.

	Each in a transaction of its own.
	"""
	session.act_as(settings.load().service_user)
	return sum(_remind(name) for name in renewals.names_to_remind(clock.today()))


def _remind(name: str) -> bool:
	try:
		in_transaction(partial(_remind_once, name))
	except JobTimeoutException:
		raise
	except Exception:  # noqa: BLE001 - one reminder must stop neither the others nor billing; it is due again in an hour
		in_transaction(lambda: jobs.log_failure("Billing Contract", name))
		return False
	finally:
		session.forget_messages()
	return True


def _remind_once(name: str) -> None:
	contracts.lock([name])
	contract = contracts.header(name)
	term_end = contract["term_end"]
	if term_end is None or contract["reminded_for"] == term_end:
		return
	today = clock.today()
	todos.assign("Billing Contract", contract, _task(contract, today), deadline(contract))
	if contract["remind_customer"] and contract["contact_email"] and deadline(contract) >= today:
		outbox.put(
			outbox.RENEWAL_REMINDER,
			"Billing Contract",
			name,
			contract,
			contract["contact_email"],
			clock.now(),
			occasion=term_end.isoformat(),
		)
	renewals.set_reminded(name, term_end)


def renews(contract: Row) -> bool:
	"""Will a further term follow unless somebody cancels?"""
	return contract["renewal"] != Renewal.ENDS.value and not contract["renewal_declined"]


def deadline(contract: Row) -> date:
	"""The day that the reminder is about: the last day to cancel, or of a contract that ends its last day."""
	return contract["last_cancellation_day"] if renews(contract) else contract["term_end"]


def _task(contract: Row, today: date) -> str:
	"""What the account owner reads, in his language."""
	lang = todos.language_of_owner(contract)
	ends, last = formatdate(contract["term_end"]), formatdate(deadline(contract))
	passed = deadline(contract) < today
	if not renews(contract):
		text = (
			_("{0}: the contract ended on {1}.", lang)
			if passed
			else _("{0}: the contract ends on {1}.", lang)
		)
		text = text.format(contract["customer_name"], ends)
	elif passed:
		text = _(
			"{0}: the last day to cancel was {1}; the contract renews after {2}. Nobody was reminded in time.",
			lang,
		).format(contract["customer_name"], last, ends)
	else:
		text = _(
			"{0}: the term ends on {1}. It renews unless it is cancelled by {2}.",
			lang,
		).format(contract["customer_name"], ends, last)
	return escape_html(text)


def deliver(message: Row) -> None:
	"""Send a reminder that waits in the outbox, or drop it where the day that it is about has passed."""
	contract = contracts.header(message["reference_name"])
	if contract["reminded_for"] != contract["term_end"] or deadline(contract) < clock.today():
		outbox.drop(message["name"], _("The day that it was to remind of has passed."))
		return
	mail.send_renewal_reminder(message, *_text(contract))
	outbox.succeed(message["name"], clock.now())


def _text(contract: Row) -> Text:
	if contract["renewal_email_template"]:
		values = {**contract, "renewal_date": contract["term_end"] + ONE_DAY, "renews": renews(contract)}
		return mail.from_template(contract["renewal_email_template"], values)
	lang = contract["language"] or frappe.get_cached_value("Customer", contract["customer"], "language")
	ends, last = formatdate(contract["term_end"]), formatdate(deadline(contract))
	if renews(contract):
		subject = _("Agreement {0} with {1} renews after {2}", lang)
		body = _(
			"Our agreement {0} runs until {1}. It renews after that day unless you cancel it by {2}.", lang
		)
	else:
		subject = _("Agreement {0} with {1} ends on {2}", lang)
		body = _("Our agreement {0} ends on {1}. Contact us if you want to go on.", lang)
	subject = subject.format(contract["name"], contract["company"], ends)
	return subject, f"<p>{escape_html(body.format(contract['name'], ends, last))}</p>"
