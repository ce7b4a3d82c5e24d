"""Everything that a site has registered for Sales Invoices, run for a document in memory as Frappe would run it.

Frappe's and ERPNext's own hooks are known: those that do nothing on this site are left out, those that do the same for
every document of a company and day are run once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import erpnext
import frappe
from erpnext.support.doctype.service_level_agreement.service_level_agreement import (
	get_documents_with_active_service_level_agreement,
)
from frappe.automation.doctype.milestone_tracker.milestone_tracker import get_milestone_trackers
from frappe.core.doctype.server_script.server_script_utils import (
	EVENT_MAP,
	get_server_script_map,
	run_server_script_for_doc_event,
)
from frappe.integrations.doctype.webhook import run_webhooks
from frappe.social.doctype.energy_point_settings.energy_point_settings import is_energy_point_enabled

from billing_ext.repositories.posting_lanes.facts import INVOICE


def _never() -> bool:
	return False


def _has_attachments() -> bool:
	return bool(frappe.get_meta(INVOICE).get("fields", {"fieldtype": ["in", ["Attach", "Attach Image"]]}))


def _assigned() -> bool:
	return bool(frappe.db.exists("Assignment Rule", {"document_type": INVOICE, "disabled": 0}))


def _other_user_types() -> bool:
	return bool(frappe.db.exists("User Type", {"is_standard": 0}))


_MAY_ACT: dict[str, Callable[[], bool]] = {
	# A workflow bars the lane.
	"frappe.workflow.doctype.workflow_action.workflow_action.process_workflow_actions": _never,
	"frappe.core.doctype.file.utils.attach_files_to_document": _has_attachments,
	"frappe.automation.doctype.assignment_rule.assignment_rule.apply": _assigned,
	"frappe.automation.doctype.assignment_rule.assignment_rule.update_due_date": _assigned,
	"frappe.core.doctype.user_type.user_type.apply_permissions_for_non_standard_user_type": _other_user_types,
	"frappe.search.sqlite_search.update_doc_index": lambda: bool(frappe.get_hooks("sqlite_search")),
	"frappe.social.doctype.energy_point_rule.energy_point_rule.process_energy_points": is_energy_point_enabled,
	"frappe.automation.doctype.milestone_tracker.milestone_tracker.evaluate_milestone": lambda: bool(
		get_milestone_trackers(INVOICE)
	),
	"erpnext.support.doctype.service_level_agreement.service_level_agreement.apply": lambda: (
		INVOICE in get_documents_with_active_service_level_agreement()
	),
	"erpnext.regional.create_transaction_log": lambda: erpnext.get_region() in ("France", "Germany"),
	"erpnext.regional.italy.utils.sales_invoice_on_submit": lambda: bool(
		frappe.db.exists("Company", {"country": ("like", "%Ital%")})
	),
}
"""Hooks of Frappe and ERPNext, and whether this site has something for them to do."""

_ONCE = frozenset(
	(
		"frappe.desk.notifications.clear_doctype_notifications",
		"erpnext.setup.doctype.transaction_deletion_record.transaction_deletion_record.check_for_running_deletion_job",
		"erpnext.accounts.doctype.accounting_period.accounting_period.validate_accounting_period_on_doc_save",
	)
)
"""Hooks that do the same for all documents of a company and day."""


@dataclass(slots=True)
class Events:
	"""What is registered, as it is when a batch begins."""

	_handlers: dict[str, list[tuple[str, Callable[..., Any]]]] = field(default_factory=dict)
	_done: set[tuple[Any, ...]] = field(default_factory=set)
	_acting: dict[str, bool] = field(default_factory=dict)
	_notifications: list[Any] | None = None

	def any(self, *events: str) -> bool:
		"""Would something run for every document?"""
		return any(self._runs_for_each(event) for event in events)

	def any_of_changes(self) -> bool:
		"""Would something run when the status of a submitted invoice is changed?"""
		if self._of("before_change") or self._of("on_change"):
			return True
		on_value_change = any(each.event == "Value Change" for each in self._all_notifications())
		return on_value_change or any(each.webhook_docevent == "on_change" for each in _webhooks())

	def run(self, document: Any, event: str) -> None:
		"""Run what is registered for an event, as Document.run_method does, without the controller's own method."""
		for path, handler in self._of(event):
			if path not in _ONCE:
				handler(document, event)
		self.run_once(document, event)
		if self._all_notifications():
			document.run_notifications(event)
		run_webhooks(document, event)
		run_server_script_for_doc_event(document, event)

	def run_once(self, header: Any, event: str) -> None:
		"""Run the hooks of an event that do the same for all documents of a company and day, if not done yet."""
		for path, handler in self._of(event):
			key = (path, header.company, header.posting_date)
			if path in _ONCE and key not in self._done:
				self._done.add(key)
				handler(header, event)

	def begin_again(self) -> None:
		"""The documents are done once more, after a rollback."""
		self._done.clear()

	def _runs_for_each(self, event: str) -> bool:
		if any(path not in _ONCE for path, _handler in self._of(event)):
			return True
		# Notifications and webhooks are few, so their events are not told apart.
		scripts = get_server_script_map().get(INVOICE, {}).get(EVENT_MAP.get(event, ""))
		return bool(scripts or self._all_notifications() or _webhooks())

	def _of(self, event: str) -> list[tuple[str, Callable[..., Any]]]:
		if event not in self._handlers:
			events = frappe.get_doc_hooks()
			paths = events.get(INVOICE, {}).get(event, []) + events.get("*", {}).get(event, [])
			self._handlers[event] = [(path, frappe.get_attr(path)) for path in paths if self._may_act(path)]
		return self._handlers[event]

	def _may_act(self, path: str) -> bool:
		if path not in self._acting:
			self._acting[path] = path not in _MAY_ACT or _MAY_ACT[path]()
		return self._acting[path]

	def _all_notifications(self) -> list[Any]:
		if self._notifications is None:
			self._notifications = frappe.get_all(
				"Notification",
				filters={"enabled": 1, "document_type": INVOICE},
				fields=["name", "event", "method"],
			)
		return self._notifications


def _webhooks() -> list[Any]:
	from frappe.integrations.doctype.webhook import get_all_webhooks

	return frappe.cache.get_value("webhooks", get_all_webhooks).get(INVOICE, [])
