"""Invoices reach the billing contact, once, after the commit, with their PDF; what fails is tried again."""

from datetime import date, timedelta

import frappe
import pytest
from site_builders import contract, invoices_of, line

from billing_ext.repositories import clock, jobs, outbox, runs
from billing_ext.services import billing_run, contract_billing, sending

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]
APRIL = date(2026, 4, 1)


@pytest.fixture
def outgoing_mail():
	account = frappe.get_doc(
		{
			"doctype": "Email Account",
			"email_account_name": "Outgoing",
			"email_id": "billing@fjord.example",
			"enable_outgoing": 1,
			"default_outgoing": 1,
			"smtp_server": "localhost",
			"awaiting_password": 0,
			"no_smtp_authentication": 1,
		}
	)
	account.flags.ignore_validate = True  # no SMTP server answers here: Frappe would try it at once
	frappe.delete_doc("Email Account", account.email_account_name, force=True, ignore_missing=True)
	account.insert()
	frappe.db.commit()
	yield account
	frappe.db.rollback()
	frappe.set_user("Administrator")
	account.delete(force=True)
	frappe.db.commit()


@pytest.fixture
def nothing_else_waits():
	frappe.db.delete("Billing Outbox Message", {"status": "Waiting"})
	frappe.db.commit()


def billed(**values):
	agreement = contract(
		line(500), start_date=APRIL, send_invoice=1, contact_email="kunde@example.com", **values
	)
	contract_billing.bill(agreement.name, APRIL)
	return agreement


def message_of(agreement):
	(name,) = frappe.get_all("Billing Outbox Message", filters={"contract": agreement.name}, pluck="name")
	return frappe.get_doc("Billing Outbox Message", name)


def queued_mails(invoice):
	return frappe.get_all(
		"Email Queue",
		filters={"reference_doctype": "Sales Invoice", "reference_name": invoice.name},
		pluck="name",
	)


def test_a_submitted_invoice_is_e_mailed_once_with_its_pdf(outgoing_mail):
	agreement = billed()
	(invoice,) = invoices_of(agreement)
	message = message_of(agreement)
	assert (message.status, message.recipient) == ("Waiting", "kunde@example.com")
	sending.deliver(message.name)
	sending.deliver(message.name)
	assert (message_of(agreement).status, message_of(agreement).last_error) == ("Sent", None)
	(mail,) = queued_mails(invoice)
	content = frappe.get_doc("Email Queue", mail)
	assert [recipient.recipient for recipient in content.recipients] == ["kunde@example.com"]
	assert f"Invoice {invoice.name} from Fjord Software AS" in content.message
	assert "application/pdf" in content.message


def test_nothing_is_sent_for_a_contract_that_does_not_want_it():
	agreement = contract(line(500), start_date=APRIL)
	contract_billing.bill(agreement.name, APRIL)
	assert not frappe.db.exists("Billing Outbox Message", {"contract": agreement.name})


def test_a_draft_is_sent_when_it_is_submitted_and_not_before():
	agreement = billed(invoice_action="Left as Draft")
	assert not frappe.db.exists("Billing Outbox Message", {"contract": agreement.name})
	invoices_of(agreement)[0].submit()
	frappe.db.commit()
	assert message_of(agreement).status == "Waiting"


def test_a_failure_is_kept_tried_again_later_and_given_up_after_the_set_number_of_attempts(monkeypatch):
	agreement = billed()
	monkeypatch.setattr(sending.mail, "send_invoice", fail)
	before = clock.now()
	sending.deliver(message_of(agreement).name)
	message = message_of(agreement)
	assert (message.status, message.attempts, message.last_error) == ("Waiting", 1, "the mail server is away")
	assert message.retry_at >= before + timedelta(minutes=5)
	assert message.name not in outbox.due(clock.now(), 1000)
	for _ in range(7):
		sending.deliver(message.name)
	assert (message_of(agreement).status, message_of(agreement).attempts) == ("Failed", 8)


def fail(*arguments):
	raise OSError("the mail server is away")


def test_a_given_up_message_can_be_revived(monkeypatch):
	agreement = billed()
	frappe.db.set_value(
		"Billing Outbox Message", message_of(agreement).name, {"status": "Failed", "attempts": 8}
	)
	sending.retry(message_of(agreement).name)
	assert (message_of(agreement).status, message_of(agreement).attempts) == ("Waiting", 0)


def test_a_cancelled_invoice_is_not_sent():
	agreement = billed()
	invoices_of(agreement)[0].cancel()
	frappe.db.commit()
	assert message_of(agreement).status == "Dropped"


def test_the_sweep_delivers_what_a_crash_left_between_commit_and_queue(outgoing_mail, nothing_else_waits):
	agreement = billed()
	sending.deliver_due()
	assert message_of(agreement).status == "Sent"


def test_an_e_mail_template_of_the_site_is_used(outgoing_mail):
	template = frappe.get_doc(
		{
			"doctype": "Email Template",
			"name": f"Faktura {frappe.generate_hash(length=5)}",
			"subject": "Faktura {{ name }}",
			"response": "Hei {{ customer_name }}",
		}
	).insert()
	agreement = billed(email_template=template.name)
	(invoice,) = invoices_of(agreement)
	sending.deliver(message_of(agreement).name)
	content = frappe.get_doc("Email Queue", queued_mails(invoice)[0]).message
	assert f"Subject: Faktura {invoice.name}" in content
	assert "Hei Kunde" in content


@pytest.fixture
def queued(monkeypatch):
	"""What is put on the queues, as (method, queue, id)."""
	calls = []
	monkeypatch.setattr(
		frappe,
		"enqueue",
		lambda method, *, queue, job_id, **arguments: calls.append((method, queue, job_id)),
	)
	return calls


def test_a_runs_invoices_are_sent_together_behind_billing_and_one_made_by_hand_at_once(queued, monkeypatch):
	monkeypatch.setattr(jobs.Worker, "count", lambda queue: 3)
	buyers = [
		contract(line(500), start_date=APRIL, send_invoice=1, contact_email="kunde@example.com")
		for _ in range(2)
	]
	for buyer in buyers:
		run = runs.create(APRIL, "User", contract=buyer.name)
		frappe.db.commit()
		billing_run.run_now(run)
		frappe.set_user("Administrator")
	assert set(queued) == {
		("billing_ext.services.sending.deliver_due", "long", "billing-outbox|0"),
		("billing_ext.services.sending.deliver_due", "long", "billing-outbox|1"),
	}, "on two of three workers"
	queued.clear()
	message = message_of(billed())
	assert queued == [("billing_ext.services.sending.deliver", "default", f"billing-outbox|{message.name}")]


def test_a_sender_that_is_killed_after_the_e_mail_leaves_neither_and_the_next_sends_one(
	outgoing_mail, nothing_else_waits, monkeypatch
):
	agreement = billed()
	(invoice,) = invoices_of(agreement)

	def killed(*arguments):
		raise SystemExit

	with monkeypatch.context() as patched:
		patched.setattr(sending.outbox, "succeed", killed)
		with pytest.raises(SystemExit):
			sending.deliver(message_of(agreement).name)
	assert (message_of(agreement).status, queued_mails(invoice)) == ("Waiting", [])
	sending.deliver_due()
	assert (message_of(agreement).status, len(queued_mails(invoice))) == ("Sent", 1)


def test_senders_side_by_side_stop_when_their_time_is_up_and_leave_the_rest(monkeypatch):
	taken = []
	moments = iter([0.0, 1.0, 2.0, 99.0])
	monkeypatch.setattr(jobs.time, "monotonic", lambda: next(moments))
	for name in jobs.in_turn(lambda: ["first", "second", "third"], seconds=10):
		taken.append(name)
	assert taken == ["first", "second"]
