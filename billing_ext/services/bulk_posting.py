"""Posting in bulk: may a run do it, and the comparison with ERPNext's own way that must pass first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import frappe
from frappe import _
from rq.timeouts import JobTimeoutException

from billing_ext.core.invoicing import DocumentKind
from billing_ext.core.lanes import Lane, Reason
from billing_ext.repositories import charges, clock, contracts, jobs, settings
from billing_ext.repositories.charges import Posting
from billing_ext.repositories.posting_lanes import BulkLane, Order
from billing_ext.repositories.posting_lanes.comparison import Compared, Finding, compare
from billing_ext.repositories.unit_of_work import in_discarded_transaction, in_transaction
from billing_ext.services import invoice_planning
from billing_ext.services.wording import posting

BATCH = 50
"""Contracts billed in one transaction. More save little, and hold the row of the number series longer."""
SAMPLE = 30
"""Contracts whose next invoices are compared."""
PASSED, FAILED = "Passed", "Failed"
MOST_DIFFERENCES = 5


@dataclass(frozen=True, slots=True)
class Comparison:
	"""``result`` is *Passed*, *Failed*, or empty where nothing could be compared; ``report`` says it in words."""

	result: str
	report: str


def lane() -> tuple[BulkLane | None, Posting]:
	"""The bulk lane if a run may use it; else None, and what is noted of what goes by the standard lane."""
	state = settings.load()
	compared = state.bulk_checked_versions == settings.installed_versions()
	if not state.post_in_bulk:
		reason = Reason.SWITCHED_OFF
	elif compared and state.bulk_check_result == PASSED:
		return BulkLane(), Posting(Lane.BULK)
	elif compared and state.bulk_check_result == FAILED:
		reason = Reason.NOT_EQUAL
	else:
		reason = Reason.NOT_COMPARED
	return None, Posting(Lane.STANDARD, reason.value)


def ensure_compared() -> None:
	"""Compare both lanes if posting in bulk is wanted and that has not been done with the installed versions.

	At the top level of a job only: ends the open transaction. If it fails that is logged, and what follows is posted one
	by one. Raises JobTimeoutException.
	"""
	state = settings.load()
	done = state.bulk_check_result and state.bulk_checked_versions == settings.installed_versions()
	if done or not state.post_in_bulk:
		return
	try:
		compare_lanes()
	except JobTimeoutException:
		raise
	except Exception:  # noqa: BLE001 - no invoice may be missed for a comparison
		in_transaction(lambda: jobs.log_failure("Billing Settings", "Billing Settings"))


def compare_lanes() -> Comparison:
	"""Make the next invoices of some contracts of the site by both lanes, undo them, and note what came of it.

	At the top level of a job or request only: ends the open transaction. Nothing else is written.
	"""
	found = in_discarded_transaction(lambda: _compare(clock.today()))
	comparison = Comparison(_result(found), _report(found))
	in_transaction(lambda: settings.save_bulk_check(comparison.result, comparison.report, clock.now()))
	return comparison


def _compare(today: date) -> list[Compared]:
	names = contracts.various(SAMPLE)
	contracts.lock(names)
	plans, _barred = invoice_planning.plans(names, today, look_ahead=True)
	drawn = [
		invoice_planning.draw_up(document, plans, today, None, Posting(Lane.BULK))
		for _unit, documents in invoice_planning.documents(plans)
		for document in documents
		if document.kind is DocumentKind.INVOICE
	]
	charges.insert([row for each in drawn for row in each.ledger_rows])
	orders = [Order(replace(each.header, submit=True), each.rows, unit=each.document) for each in drawn]
	return compare(orders, BulkLane(patience=0))


def _result(found: Sequence[Compared]) -> str:
	findings = {each.finding for each in found}
	if Finding.DIFFERENT in findings:
		return FAILED
	return PASSED if Finding.EQUAL in findings else ""


def _report(found: Sequence[Compared]) -> str:
	counts = Counter(each.finding for each in found)
	lines = [
		_("{0} invoices made both ways: {1} equal, {2} different.").format(
			len(found), counts[Finding.EQUAL], counts[Finding.DIFFERENT]
		)
	]
	different = [each.detail for each in found if each.finding is Finding.DIFFERENT]
	lines += different[:MOST_DIFFERENCES]
	sent_back = Counter(each.detail for each in found if each.finding is Finding.SENT_BACK)
	lines += [
		_("{0} posted one by one: {1}").format(count, posting.reason(code))
		for code, count in sent_back.most_common()
	]
	lines += [
		_("ERPNext refuses one: {0}").format(frappe.utils.strip_html(each.detail))
		for each in found
		if each.finding is Finding.REFUSED
	]
	return "\n".join(lines)
