"""The operations panel and what people do with the queue: each button, and what it must never do."""

from __future__ import annotations

import frappe
import pytest
from site_builders import COMPANY, customer

from billing_ext.api import tripletex as api
from billing_ext.repositories import clock
from billing_ext.repositories.tripletex import notifications
from billing_ext.services.tripletex import alerting, webhook_subscription, worker

pytestmark = pytest.mark.commits
MESSAGE = "Tripletex Outbox Message"


def change(message, **values):
	frappe.db.set_value(MESSAGE, message.name, values)
	frappe.db.commit()


def comments(message):
	rows = frappe.get_all("Comment", {"reference_name": message.name}, ["content", "owner"])
	return [(row.owner, row.content) for row in rows]


def user(*roles):
	doc = frappe.get_doc(
		{
			"doctype": "User",
			"email": f"{frappe.generate_hash(length=8)}@example.com",
			"first_name": "Test",
			"send_welcome_email": 0,
			"roles": [{"role": role} for role in roles],
		}
	).insert()
	frappe.db.commit()
	return doc.name


@pytest.fixture
def unknown(tripletex):
	"""An invoice that Tripletex has booked, though its answer was lost."""
	invoice = tripletex.invoice(100)
	tripletex.sim.faults.plan("POST", "/invoice", "timeout_after_commit")
	tripletex.deliver()
	message = tripletex.message(invoice, "Invoice")
	assert message.status == "Unknown"
	return message


@pytest.fixture
def absent(tripletex):
	"""An invoice that never arrived, which nobody knows."""
	invoice = tripletex.invoice(100)
	tripletex.sim.faults.plan("POST", "/invoice", "timeout_before")
	tripletex.deliver()
	return tripletex.message(invoice, "Invoice")


@pytest.fixture
def blocked(tripletex):
	"""An invoice that Tripletex refuses: the company has no bank account."""
	tripletex.sim.gui.remove_bank_account()
	invoice = tripletex.invoice(100)
	tripletex.deliver()
	message = tripletex.message(invoice, "Invoice")
	assert message.status == "Blocked"
	return message


def writes(tripletex):
	return [
		each
		for each in tripletex.sim.requests
		if each.method != "GET" and "session" not in each.path_template
	]


# Check again


def test_check_again_finds_what_was_booked_and_sends_nothing(tripletex, unknown):
	tripletex.sim.requests.clear()
	assert "Tripletex has it" in api.check_again(unknown.name)
	assert writes(tripletex) == []
	tripletex.deliver()
	unknown.reload()
	assert unknown.status == "Synced"
	assert len(tripletex.sim.invoices()) == 1
	assert any("Checked again" in text for _owner, text in comments(unknown))


def test_check_again_pressed_often_proves_nothing(tripletex, absent):
	tripletex.sim.requests.clear()
	for _press in range(3):
		assert "does not have it" in api.check_again(absent.name)
	tripletex.deliver()
	absent.reload()
	assert (absent.status, absent.absent_reads) == ("Unknown", 1)
	assert writes(tripletex) == []


def test_a_failed_look_up_leaves_the_message_as_it_was(tripletex, unknown):
	tripletex.sim.faults.plan("GET", "/invoice", "403")
	with pytest.raises(frappe.ValidationError, match="may not do this"):
		api.check_again(unknown.name)
	unknown.reload()
	assert (unknown.status, unknown.lease_owner) == ("Unknown", None)


def test_only_an_unknown_message_is_checked_again(tripletex, blocked):
	with pytest.raises(frappe.ValidationError, match="Its status is Blocked"):
		api.check_again(blocked.name)


# Release


def test_a_blocked_invoice_is_released_once_its_cause_is_mended(tripletex, blocked):
	account = next(a for a in tripletex.sim.state.table("Account").values() if a["number"] == 1920)
	with tripletex.sim.change() as state:
		state.change("Account", account, {"bankAccountNumber": "15032080119"})
	api.release(blocked.name)
	tripletex.deliver()
	blocked.reload()
	assert blocked.status == "Synced"
	assert comments(blocked) == [("Administrator", "Released")]


def test_an_unknown_message_is_not_released_before_it_was_looked_up(tripletex, unknown):
	with pytest.raises(frappe.ValidationError, match="Press Check Again first"):
		api.release(unknown.name)
	unknown.reload()
	assert unknown.status == "Unknown"


def test_an_unknown_message_that_was_not_found_is_released_with_the_same_request(tripletex, absent):
	api.check_again(absent.name)
	sent = frappe.db.get_value(MESSAGE, absent.name, "request_json")
	api.release(absent.name, "Seen in Tripletex: it is not there")
	assert frappe.db.get_value(MESSAGE, absent.name, "request_json") == sent
	tripletex.deliver()
	assert len(tripletex.sim.invoices()) == 1


def test_a_released_message_with_a_step_done_keeps_its_request(tripletex, blocked):
	change(blocked, remote_step="order:1")
	api.release(blocked.name)
	assert frappe.db.get_value(MESSAGE, blocked.name, "request_json")


# Adopt


def test_the_id_of_the_same_invoice_is_adopted(tripletex, unknown):
	change(unknown, status="Blocked", error_code="number_taken")
	remote = tripletex.sim.invoices()[0]["id"]
	api.adopt(unknown.name, remote, "Found in Tripletex")
	tripletex.deliver()
	unknown.reload()
	assert (unknown.status, unknown.tripletex_id, unknown.note) == (
		"Synced",
		str(remote),
		"Found in Tripletex",
	)
	assert comments(unknown) == [("Administrator", f"Adopted id {remote}: Found in Tripletex")]


def test_the_id_of_another_invoice_is_refused(tripletex, blocked):
	tripletex.sim.state.change(
		"Account",
		next(a for a in tripletex.sim.state.table("Account").values() if a["number"] == 1920),
		{"bankAccountNumber": "15032080119"},
	)
	tripletex.sim.state.commit()
	other = tripletex.sim.gui.add_customer("En annen AS")
	remote = tripletex.sim.gui.make_invoice(other["id"], 999)
	with pytest.raises(frappe.ValidationError, match="is not this"):
		api.adopt(blocked.name, remote["id"], "It must be it")
	blocked.reload()
	assert (blocked.status, blocked.tripletex_id, blocked.lease_owner) == ("Blocked", None, None)


def test_an_id_that_does_not_exist_is_refused(tripletex, blocked):
	with pytest.raises(frappe.ValidationError, match="Tripletex does not have it"):
		api.adopt(blocked.name, 999999999, "It must be it")


def test_one_of_two_customers_with_the_same_number_is_adopted(tripletex):
	party = customer(tax_id="974760673")
	first = tripletex.sim.gui.add_customer("En", organizationNumber="974760673")
	tripletex.sim.gui.add_customer("To", organizationNumber="974760673")
	invoice = tripletex.invoice(100, party=party)
	tripletex.deliver()
	message = tripletex.message(party)
	assert message.status == "Blocked"
	with pytest.raises(frappe.ValidationError, match="is not this"):
		api.adopt(
			message.name, tripletex.sim.gui.add_customer("Tre", organizationNumber="995525828")["id"], "x"
		)
	api.adopt(message.name, first["id"], "The older one")
	tripletex.deliver()
	tripletex.deliver()
	assert tripletex.booked(invoice)["customer"]["id"] == first["id"]


# Cancel and explain


def test_a_message_that_was_never_sent_is_cancelled_with_a_reason(tripletex, blocked):
	with pytest.raises(frappe.ValidationError, match="no reason"):
		api.cancel(blocked.name, " ")
	api.cancel(blocked.name, "Booked by hand")
	blocked.reload()
	assert (blocked.status, blocked.note) == ("Cancelled", "Booked by hand")
	assert comments(blocked) == [("Administrator", "Cancelled: Booked by hand")]


def test_what_may_have_arrived_is_not_cancelled(tripletex, unknown):
	with pytest.raises(frappe.ValidationError, match="may have reached Tripletex"):
		api.cancel(unknown.name, "Away with it")


def test_a_difference_is_explained(tripletex, monkeypatch):
	invoice = tripletex.invoice(100)
	number = int(invoice.billing_ext_number)

	def somebody_is_quick(moment):
		if moment == "after send" and tripletex.sim.invoice_by_number(number):
			monkeypatch.setattr(worker, "crash_point", lambda moment: None)
			tripletex.sim.gui.edit_invoice_amount(number, 5)

	monkeypatch.setattr(worker, "crash_point", somebody_is_quick)
	tripletex.deliver()
	message = tripletex.message(invoice, "Invoice")
	assert message.status == "Drifted"
	api.mark_explained(message.name, "Corrected by the auditor")
	message.reload()
	assert (message.status, message.note) == ("Synced", "Corrected by the auditor")
	filters = {"reference_name": invoice.name}
	rows = frappe.get_all("Tripletex Drift", filters, ["status", "explanation", "resolved_by"])
	assert rows
	assert {tuple(row.values()) for row in rows} == {
		("Explained", "Corrected by the auditor", "Administrator")
	}


# The company's queue


def test_a_pause_stops_sending_until_it_is_resumed(tripletex):
	api.pause(COMPANY, "The accountant closes the month")
	invoice = tripletex.invoice(100)
	tripletex.deliver()
	assert tripletex.sim.invoices() == []
	with pytest.raises(frappe.ValidationError, match="Resume it first"):
		api.send_now(COMPANY)
	api.resume(COMPANY)
	tripletex.deliver()
	assert tripletex.booked(invoice)


def test_send_now_does_not_wait_for_the_next_attempt(tripletex):
	invoice = tripletex.invoice(100)
	message = tripletex.message(invoice, "Invoice")
	change(message, retry_at=clock.now().replace(year=2027))
	tripletex.deliver()
	assert tripletex.sim.invoices() == []
	api.send_now(COMPANY)
	tripletex.deliver()
	assert tripletex.booked(invoice)


# Who may


def test_an_accounts_user_reads_and_a_manager_acts(tripletex, blocked):
	clerk, manager, lead = user("Accounts User"), user("Accounts Manager"), user("Tripletex Manager")
	for name, may_read, may_set in ((clerk, False, False), (manager, True, False), (lead, True, True)):
		assert frappe.has_permission(MESSAGE, "read", user=name)
		assert not frappe.has_permission(MESSAGE, "write", user=name)
		assert frappe.has_permission("Tripletex Settings", "read", user=name) is may_read
		assert frappe.has_permission("Tripletex Settings", "write", user=name) is may_set
	frappe.set_user(clerk)
	for act in (
		lambda: api.release(blocked.name),
		lambda: api.pause(COMPANY, "x"),
		lambda: api.panel(COMPANY),
	):
		with pytest.raises(frappe.PermissionError):
			act()
	frappe.set_user(manager)
	with pytest.raises(frappe.PermissionError):
		api.check_connection(COMPANY)
	api.release(blocked.name)
	assert [owner for owner, _text in comments(blocked)] == [manager]


# The panel


def test_the_panel_groups_what_is_blocked_and_says_what_to_do(tripletex, blocked):
	tripletex.invoice(200)
	tripletex.deliver()
	panel = api.panel(COMPANY)
	assert [(group["count"], group["cause"]) for group in panel["blocked"]] == [
		(2, "The company has no bank account number in Tripletex, so it makes no invoices.")
	]
	assert "Company > Settings > Bank accounts" in panel["blocked"][0]["advice"]
	assert panel["queue"] == {"Blocked": 2}
	assert panel["oldest"]["reference_name"] == blocked.reference_name


@pytest.mark.parametrize(
	("text", "cause"),
	[
		(
			"422/18000 Validering feilet. (date: Regnskapet er låst for mva-posteringer på følgende dato.)",
			"VAT return",
		),
		("422/18000 (Internt felt (vatTypeId): Ugyldig mva-kode.)", "does not use this VAT code"),
		("422/18000 (invoiceNumber: Fakturanummer 500001 er allerede i bruk.)", "number is taken"),
		(
			"Finner ikke en gyldig regnskapskonto for produktet E-3000-52 og mva-koden 52",
			"locked to another VAT code",
		),
		("422/18000 (department.id: Avdeling må fylles ut.)", "wants a department"),
	],
)
def test_the_form_explains_tripletexs_own_texts(tripletex, blocked, text, cause):
	change(blocked, error_text=text)
	blocked.reload()
	blocked.run_method("onload")
	assert cause in blocked.get("__onload")["hint"]["cause"]


def test_number_cards_answer(tripletex, blocked):
	frappe.db.set_value(MESSAGE, blocked.name, "creation", frappe.utils.add_to_date(clock.now(), hours=-3))
	assert api.oldest_unfinished()["value"] >= 3
	assert api.last_green_month() == "–"
	tripletex.settings(last_green_month="2026-09-01")
	assert api.last_green_month() == "09.2026"


# The webhook


@pytest.fixture
def https(monkeypatch):
	monkeypatch.setattr(
		"billing_ext.repositories.tripletex.panel.site_address", lambda: "https://erp.example.no"
	)


def subscriptions(tripletex):
	return list(tripletex.sim.state.table("Subscription").values())


def test_subscribing_covers_all_events_with_secrets_of_their_own(tripletex, https):
	assert api.subscribe(COMPANY) == "Active"
	made = subscriptions(tripletex)
	assert {row["event"] for row in made} == set(webhook_subscription.EVENTS)
	key = frappe.db.get_value("Tripletex Settings", COMPANY, "webhook_key")
	assert {row["targetUrl"] for row in made} == {
		f"https://erp.example.no/api/method/billing_ext.api.tripletex_webhook.receive?key={key}"
	}
	secret = made[0]["hmacSharedSecret"]
	doc = frappe.get_doc("Tripletex Settings", COMPANY)
	assert doc.get_password("webhook_secret") == secret
	doc.save()
	assert frappe.get_doc("Tripletex Settings", COMPANY).get_password("webhook_secret") == secret
	assert secret not in frappe.as_json(doc.as_dict())
	api.subscribe(COMPANY)
	assert len(subscriptions(tripletex)) == len(webhook_subscription.EVENTS)


def test_a_disabled_subscription_is_enabled_again_by_the_daily_check(tripletex, https):
	api.subscribe(COMPANY)
	subscriptions(tripletex)[0]["status"] = "DISABLED_TOO_MANY_ERRORS"
	webhook_subscription.check_all()
	assert {row["status"] for row in subscriptions(tripletex)} == {"ACTIVE"}
	assert frappe.db.get_value("Tripletex Settings", COMPANY, "webhook_status") == "Enabled again"


def test_a_lost_subscription_is_made_anew(tripletex, https):
	api.subscribe(COMPANY)
	with tripletex.sim.change() as state:
		state.remove("Subscription", subscriptions(tripletex)[0]["id"])
	webhook_subscription.check_all()
	assert {row["event"] for row in subscriptions(tripletex)} == set(webhook_subscription.EVENTS)


def test_unsubscribing_leaves_nothing(tripletex, https):
	api.subscribe(COMPANY)
	api.unsubscribe(COMPANY)
	assert subscriptions(tripletex) == []
	doc = frappe.get_doc("Tripletex Settings", COMPANY)
	assert not doc.webhook_key
	assert doc.get_password("webhook_secret", raise_exception=False) is None


def test_a_site_without_https_is_refused(tripletex):
	with pytest.raises(frappe.ValidationError, match="by https only"):
		api.subscribe(COMPANY)
	assert subscriptions(tripletex) == []


# Alerts


@pytest.fixture
def mail(tripletex):
	"""A site that can send e-mail, and its Notifications."""
	account = frappe.get_doc(
		{
			"doctype": "Email Account",
			"email_account_name": "Tripletex tests",
			"email_id": "drift@example.com",
			"enable_outgoing": 1,
			"default_outgoing": 1,
			"smtp_server": "localhost",
			"awaiting_password": 1,
		}
	)
	account.flags.ignore_validate = True
	account.insert(ignore_permissions=True)
	notifications.ensure()
	frappe.db.commit()
	yield user("Tripletex Manager")
	frappe.db.rollback()
	frappe.delete_doc("Email Account", account.name, force=True)
	frappe.db.commit()


def mails_to(address):
	rows = frappe.get_all("Email Queue Recipient", {"recipient": address}, pluck="parent")
	texts = [frappe.db.get_value("Email Queue", name, "message") for name in rows]
	return [frappe.utils.cstr(text) for text in texts]


def test_a_pause_is_told_once_a_day(tripletex, mail):
	api.pause(COMPANY, "Tokens are refused")
	assert alerting.tell(COMPANY) == ["tripletex_paused"]
	assert alerting.tell(COMPANY) == []
	assert len(mails_to(mail)) == 1
	assert "Tokens are refused" in mails_to(mail)[0]
	tripletex.wait(days=1)
	assert alerting.tell(COMPANY) == ["tripletex_paused"]


def test_what_was_mended_and_comes_back_is_told_again(tripletex, mail):
	for _time in range(2):
		api.pause(COMPANY, "Once more")
		assert alerting.tell(COMPANY) == ["tripletex_paused"]
		api.resume(COMPANY)
		assert alerting.tell(COMPANY) == []


def test_what_is_unknown_for_half_an_hour_and_blocked_for_a_day_is_told(tripletex, mail, unknown):
	assert alerting.tell(COMPANY) == []
	tripletex.wait(minutes=31)
	assert alerting.tell(COMPANY) == ["tripletex_unknown"]
	change(unknown, status="Blocked", creation=frappe.utils.add_to_date(clock.now(), days=-2))
	assert alerting.tell(COMPANY) == ["tripletex_blocked"]
	assert len(mails_to(mail)) == 2


def test_a_disabled_notification_sends_nothing_and_stays_disabled(tripletex, mail):
	frappe.db.set_value("Notification", "Tripletex: Paused", "enabled", 0)
	frappe.db.commit()
	frappe.cache.hdel("notifications", "Tripletex Settings")
	try:
		notifications.ensure()
		api.pause(COMPANY, "Quietly")
		alerting.tell(COMPANY)
		assert mails_to(mail) == []
	finally:
		frappe.db.set_value("Notification", "Tripletex: Paused", "enabled", 1)
		frappe.cache.hdel("notifications", "Tripletex Settings")
		frappe.db.commit()


def test_open_rows_before_the_vat_filing_are_told_of(tripletex, mail, blocked):
	change(blocked, sort_date="2026-10-05")
	tripletex.wait(days=50)  # 4 December: the term of September and October is filed by the 10th
	assert "tripletex_filing" not in alerting.tell(COMPANY)
	tripletex.wait(days=1)
	assert "tripletex_filing" in alerting.tell(COMPANY)


def test_removal_leaves_no_notification(tripletex, mail):
	notifications.remove()
	assert not frappe.db.exists("Notification", {"document_type": "Tripletex Settings"})
	frappe.db.rollback()
