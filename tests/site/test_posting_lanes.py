"""Both posting lanes write the same: every column of every row, for invoices made by chance.

``BILLING_EXT_LANE_CASES`` is how many; 60 are enough to notice a change, thousands are for a release.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import frappe
import posting_cases
import pytest
from site_builders import unique

from billing_ext.core.lanes import Reason
from billing_ext.overrides import sales_invoice as own_hooks
from billing_ext.repositories import invoices
from billing_ext.repositories.posting_lanes import BulkLane, Order, SentBack, comparison
from billing_ext.repositories.posting_lanes.comparison import Finding
from billing_ext.services.wording import posting

pytestmark = pytest.mark.usefixtures("db")
CASES = int(os.environ.get("BILLING_EXT_LANE_CASES", "60"))
BATCH = 20


@pytest.mark.parametrize("alike", [False, True], ids=["of many kinds", "alike"])
def test_both_lanes_write_the_same_rows(alike):
	made = posting_cases.world()
	chance = random.Random(20260401)
	lane = BulkLane(patience=0)
	ways: Counter[str] = Counter()
	for _ in range(max(1, CASES // BATCH)):
		_compare(lane, [posting_cases.invoice(chance, made, alike=alike) for _ in range(BATCH)], ways)
	# Where an exchange rate leaves a difference, ERPNext posts it to the round-off account by itself.
	rounded = sum(count for way, count in ways.items() if way.startswith(Reason.ROUND_OFF.value))
	assert ways["bulk"] + rounded == ways.total(), ways
	assert ways["bulk"] > 0.7 * ways.total()


def _compare(lane: BulkLane, batch: list[Order], ways: Counter[str]) -> None:
	for order, found in zip(batch, comparison.made_both_ways(batch, lane), strict=True):
		assert found.finding in (Finding.EQUAL, Finding.SENT_BACK), (found, order)
		ways[found.detail or "bulk"] += 1


def _on_savepoint(work: Any) -> Any:
	frappe.db.savepoint("lane")
	try:
		return work()
	finally:
		frappe.db.rollback(save_point="lane")
		frappe.local.cache.pop("party_gle_currency", None)


def test_every_reason_has_words_for_the_run_and_a_row_in_the_docs():
	page = (Path(__file__).parents[2] / "docs/bulk-lane.md").read_text()
	assert set(posting.WORDS) == set(Reason)
	assert [reason.value for reason in Reason if f"`{reason.value}`" not in page] == []


EVENTS = (
	"before_validate",
	"validate",
	"before_submit",
	"after_insert",
	"on_update",
	"before_change",
	"on_change",
	"on_submit",
)


@pytest.fixture
def seen(monkeypatch):
	"""What another app's hooks on Sales Invoice are called with: event and document, in order."""
	calls: list[tuple[str, str, Any]] = []
	hooks = {
		doctype: {event: list(paths) for event, paths in events.items()}
		for doctype, events in frappe.get_doc_hooks().items()
	}
	for event in EVENTS:
		name = f"seen_{event}"

		def see(doc, method=None):
			calls.append((method, doc.name, _as_seen(doc)))

		monkeypatch.setattr(own_hooks, name, see, raising=False)
		hooks["Sales Invoice"].setdefault(event, []).append(f"billing_ext.overrides.sales_invoice.{name}")
	monkeypatch.setattr(frappe.local, "doc_events_hooks", hooks)
	monkeypatch.setattr(
		"billing_ext.repositories.posting_lanes.facts.HARMLESS_EARLY",
		frozenset(
			(
				"billing_ext.overrides.sales_invoice.before_validate",
				"billing_ext.overrides.sales_invoice.seen_before_validate",
			)
		),
	)
	return calls


def _as_seen(doc: Any) -> dict[str, Any]:
	rows = {
		table.fieldname: [row.get_valid_dict() for row in doc.get(table.fieldname) or []]
		for table in doc.meta.get_table_fields()
	}
	names = {doc.name, *(row.name for children in rows.values() for row in children)}

	return {
		**comparison.without_names(doc.get_valid_dict(), names),
		**{
			table: [comparison.without_names(row, names) for row in children]
			for table, children in rows.items()
		},
		"is_new": bool(doc.is_new()),
		"docstatus": int(doc.docstatus),
		"action": getattr(doc, "_action", None),
	}


def test_hooks_of_other_apps_see_the_same_documents_in_the_same_order(seen):
	made = posting_cases.world(3)
	chance = random.Random(7)
	batch = [posting_cases.invoice(chance, made, alike=True) for _ in range(5)]
	_on_savepoint(lambda: [invoices.create(order.header, order.rows) for order in batch])
	standard = _by_document(seen)
	seen.clear()
	outcomes = _on_savepoint(lambda: BulkLane(patience=0).create_many(batch))
	assert not [made for made in outcomes if isinstance(made, SentBack)]
	bulk = _by_document(seen)
	for one, other in zip(standard, bulk, strict=True):
		assert [event for event, _doc in other] == [event for event, _doc in one]
		for (event, expected), (_event, found) in zip(one, other, strict=True):
			different = {key: (value, found[key]) for key, value in expected.items() if found[key] != value}
			# Before validation ERPNext has filled nothing in; the hooks of other apps there bar the lane.
			assert not different or event == "before_validate", (event, _of_rows(different))


def _by_document(calls: list[Any]) -> list[list[tuple[str, Any]]]:
	documents: dict[str, list[tuple[str, Any]]] = {}
	for event, name, doc in calls:
		documents.setdefault(name, []).append((event, doc))
	return list(documents.values())


EVENTS_OF_RULES = ("on_update", "after_insert", "on_submit", "on_change")


@pytest.fixture
def rules(monkeypatch):
	"""Notifications, webhooks and server scripts for what happens to a Sales Invoice."""
	monkeypatch.setattr("frappe.utils.safe_exec.is_safe_exec_enabled", lambda: True)
	for event in ("New", "Submit"):
		_insert(
			"Notification", subject="{{ doc.name }}", document_type="Sales Invoice", event=event,
			channel="System Notification", message="{{ doc.grand_total }} {{ doc.status }}",
			recipients=[{"receiver_by_role": "Accounts User"}],
		)  # fmt: skip
	for event in EVENTS_OF_RULES:
		_insert(
			"Webhook", webhook_doctype="Sales Invoice", webhook_docevent=event, enabled=1,
			request_url="https://hooks.example.com", request_method="POST", request_structure="JSON", webhook_json="{}",
		)  # fmt: skip
	for event in ("After Insert", "After Submit"):
		_insert(
			"Server Script", script_type="DocType Event", reference_doctype="Sales Invoice",
			doctype_event=event,
			script='frappe.get_doc({"doctype": "ToDo", "description": doc.name + " " + doc.status}).insert()',
		)  # fmt: skip
	yield
	frappe.db.rollback()
	frappe.cache.delete_value(["notifications", "webhooks", "server_script_map"])


def _insert(doctype: str, **values: Any) -> None:
	frappe.get_doc({"doctype": doctype, "enabled": 1, "name": unique(doctype), **values}).insert()


def test_notifications_webhooks_and_server_scripts_run_for_each_invoice_as_one_by_one(rules):
	made = posting_cases.world(3)
	chance = random.Random(13)
	batch = [posting_cases.invoice(chance, made, alike=True) for _ in range(4)]
	lane = BulkLane(patience=0)
	standard = _on_savepoint(
		lambda: _what_rules_did([invoices.create(order.header, order.rows).name for order in batch])
	)
	bulk = _on_savepoint(lambda: _what_rules_did([made.name for made in lane.create_many(batch)]))
	assert standard == bulk
	assert all(each["told"] and each["scripts"] and set(each["webhooks"]) >= {"on_submit"} for each in bulk)


def _what_rules_did(names: list[str]) -> list[dict[str, Any]]:
	queue = getattr(frappe.local, "_webhook_queue", None) or []
	found = [
		{
			"told": frappe.get_all(
				"Notification Log",
				filters={"document_name": name},
				fields=["for_user", "email_content"],
				order_by="for_user, email_content",
			),
			"webhooks": [each.webhook.webhook_docevent for each in queue if each.doc.name == name],
			"scripts": sorted(
				text.removeprefix(name)
				for text in frappe.get_all(
					"ToDo", {"description": ("like", f"{name} %")}, pluck="description"
				)
			),
		}
		for name in names
	]
	queue.clear()
	return found


def test_an_invoice_that_a_hook_refuses_falls_out_alone_and_leaves_no_gap_in_the_numbers(monkeypatch):
	made = posting_cases.world(3)
	chance = random.Random(11)
	batch = [posting_cases.invoice(chance, made, alike=True) for _ in range(6)]
	refused = batch[2].rows[0].description

	def validate(doc, method=None):
		if doc.items[0].description == refused:
			frappe.throw("not this one")

	monkeypatch.setattr(own_hooks, "validate", validate)
	outcomes = BulkLane(patience=0).create_many(batch)
	assert [isinstance(each, SentBack) for each in outcomes] == [False, False, True, False, False, False]
	assert (outcomes[2].reasons, str(outcomes[2].error)) == ((Reason.FAILED,), "not this one")
	numbers = [int(each.name[-5:]) for each in outcomes if not isinstance(each, SentBack)]
	assert numbers == list(range(numbers[0], numbers[0] + 5))
	after = invoices.create(batch[0].header, batch[0].rows).name
	assert int(after[-5:]) == numbers[-1] + 1


@pytest.mark.parametrize(
	("changed", "taken"),
	[("terms", True), ("billing_ext_kid", True), ("remarks", False), ("discount_amount", False)],
)
def test_what_a_hook_changes_is_honoured_or_left_to_the_standard_lane(monkeypatch, changed, taken):
	made = posting_cases.world(1)
	batch = [posting_cases.invoice(random.Random(3), made, alike=True)]
	value = 5.0 if changed == "discount_amount" else "of a hook"
	monkeypatch.setattr(own_hooks, "validate", lambda doc, method=None: doc.set(changed, value))
	(outcome,) = BulkLane(patience=0).create_many(batch)
	if taken:
		assert frappe.db.get_value("Sales Invoice", outcome.name, changed) == value
	else:
		assert outcome.reasons == (Reason.CHANGED_BY_HOOK,)


def test_a_kind_that_occurs_once_is_not_recorded():
	made = posting_cases.world(1)
	chance = random.Random(5)
	order = posting_cases.invoice(chance, made, alike=True)
	lane = BulkLane()
	assert lane.create_many([order])[0].reasons == (Reason.FIRST_OF_ITS_KIND,)
	assert not isinstance(lane.create_many([order])[0], SentBack)


def test_a_changed_account_is_noticed_between_two_batches():
	made = posting_cases.world(1)
	order = posting_cases.invoice(random.Random(5), made, alike=True)
	lane = BulkLane(patience=0)
	lane.create_many([order])
	frappe.get_doc("Account", made.income_accounts[1]).db_set("disabled", 1)
	(outcome,) = lane.create_many([order])
	assert isinstance(outcome, SentBack)
	assert "disabled" in str(outcome.error)


@pytest.mark.parametrize(
	("field", "reason"),
	[
		("disabled", Reason.CUSTOMER_BARRED),
		("is_frozen", Reason.CUSTOMER_BARRED),
		("loyalty_program", Reason.LOYALTY),
		("tax_withholding_category", Reason.TAX_WITHHOLDING),
		("is_internal_customer", Reason.INTERNAL_CUSTOMER),
	],
)
def test_customers_that_need_more_go_by_the_standard_lane(field, reason):
	made = posting_cases.world(1)
	order = posting_cases.invoice(random.Random(5), made, alike=True)
	value = "X" if field in ("loyalty_program", "tax_withholding_category") else 1
	frappe.db.set_value("Customer", order.rows[0].contract["customer"], field, value)
	(outcome,) = BulkLane(patience=0).create_many([order])
	assert outcome.reasons == (reason,)


def _of_rows(different: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
	return {
		key: comparison.differences({key: expected}, {key: found})
		if isinstance(expected, list)
		else (expected, found)
		for key, (expected, found) in different.items()
	}
