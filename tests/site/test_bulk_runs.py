"""Billing nights in bulk: what is billed, exactly once whatever happens, and the comparison that must pass first."""

import signal
from collections import Counter
from datetime import date

import frappe
import pytest
import site_workers
from click.testing import CliRunner
from site_builders import amendment, change, charges_of, contract, customer, invoices_of, item, line
from test_runs import counter, wait_until

from billing_ext import commands
from billing_ext.api import runs as runs_api
from billing_ext.core import lanes
from billing_ext.overrides import sales_invoice as own_hooks
from billing_ext.repositories import clock, runs, settings
from billing_ext.repositories.posting_lanes import BulkLane, comparison, figures
from billing_ext.services import billing_run, bulk_posting

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]
APRIL = date(2026, 4, 1)
FIRST_OF_ITS_KIND = "the first of its kind: the others follow its pattern"


@pytest.fixture(autouse=True)
def compared():
	"""Both lanes have been compared on this site; afterwards nothing is known of that."""
	frappe.db.set_single_value("Billing Settings", {"post_in_bulk": 1})
	settings.save_bulk_check("Passed", "", clock.now())
	frappe.db.commit()
	yield
	frappe.db.rollback()
	settings.save_bulk_check("", "", clock.now())
	frappe.db.commit()


@pytest.fixture
def service():
	return item()


def agreed(service, price=500, **values):
	return contract(line(price, item_code=service), start_date=APRIL, **values)


def bill(agreements, as_of=APRIL):
	"""A finished run over contracts, in one chunk."""
	run = runs.create(as_of, "User")
	attempt = runs.start(run, len(agreements), 1, clock.now())
	frappe.db.commit()
	billing_run.bill_chunk(run, attempt, as_of.isoformat(), [(each.name,) for each in agreements])
	frappe.set_user("Administrator")
	return frappe.get_doc("Billing Run", run)


def lanes_of(run):
	return {row.lane: row.documents for row in run.lanes}


def numbers_of(agreements):
	return sorted(int(invoice.name[-5:]) for each in agreements for invoice in invoices_of(each))


def next_number():
	(series,) = frappe.get_meta("Sales Invoice").get_field("naming_series").options.split("\n")[:1]
	prefix = series.replace(".YYYY.", str(clock.today().year))
	return frappe.db.get_value("Series", prefix, "current", order_by=None) + 1


def is_unbroken(numbers):
	return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def various(service, other):
	"""Contracts that a night may bring: prices, seats, orders, several lines, a discount, a raise to catch up with."""
	made = [agreed(service, 100 + index, po_no=f"PO {index}") for index in range(6)]
	made += [
		contract(line(49, item_code=service, quantity=seats), line(500, item_code=other), start_date=APRIL)
		for seats in (3, 7, 12)
	]
	made += [
		contract(line(80, item_code=other, discount_percentage=10), start_date=date(2026, 3, 1))
		for _ in range(3)
	]
	for each in made[:3]:
		amendment(each, date(2026, 4, 16), change(each, new_price=900))
	return made


def test_a_night_in_bulk_is_the_night_one_by_one(service):
	other = item()
	nights = {}
	for way, wanted in (("bulk", 1), ("one by one", 0)):
		frappe.db.set_single_value("Billing Settings", {"post_in_bulk": wanted})
		made = various(service, other)
		run = bill(made)
		may = bill(made, date(2026, 5, 1))
		nights[way] = (
			[[comparison.stored_rows(invoice.name) for invoice in invoices_of(each)] for each in made],
			[_of_the_contract(each) for each in made],
		)
		assert {row.reason for row in run.lanes} - {""} == (
			{FIRST_OF_ITS_KIND} if wanted else {"Post in Bulk is off in Billing Settings"}
		)
		assert (run.status, run.invoices, may.invoices) == ("Completed", 12, 12)
		assert lanes_of(run).get("Bulk", 0) == (10 if wanted else 0)
		totals = [(total.net, total.tax, total.gross) for total in (*run.totals, *may.totals)]
		nights[way] += (totals,)
	_same_but_for_names(*nights.values())


OWN = {
	"customer", "customer_name", "title", "party", "against", "billing_ext_contract", "billing_ext_contract_line",
	"billing_ext_charge", "billing_ext_run", "voucher_no", "against_voucher", "name", "parent",
	"against_voucher_no", "voucher_detail_no",
}  # fmt: skip


def _of_the_contract(agreement):
	fields = ["status", "next_billing_date", "service_end", "mrr", "billing_error"]
	charged = [
		(row.amount, row.status, str(row.service_start), row.formula, bool(row.sales_invoice_item))
		for row in charges_of(agreement)
	]
	return frappe.db.get_value("Billing Contract", agreement.name, fields), sorted(charged)


def _same_but_for_names(one, other):
	(invoices, states, totals), (others, other_states, other_totals) = one, other
	assert (states, totals) == (other_states, other_totals)
	for made, expected in zip(invoices, others, strict=True):
		assert len(made) == len(expected) == 2
		for rows, expected_rows in zip(made, expected, strict=True):
			different = {
				text.split(":")[0].split(".")[1] for text in comparison.differences(rows, expected_rows)
			}
			assert different <= OWN, different


def test_a_second_run_and_a_second_worker_at_once_find_nothing_to_do(service):
	made = [agreed(service) for _ in range(12)]
	run = runs.create(APRIL, "User")
	runs.start(run, 24, 2, clock.now())
	frappe.db.commit()
	names = [each.name for each in made]
	workers = [
		site_workers.start(site_workers.bill_chunk, run, names, APRIL),
		site_workers.start(site_workers.bill_chunk, run, names[::-1], APRIL),
	]
	for worker in workers:
		worker.join(90)
	assert [worker.exitcode for worker in workers] == [0, 0]
	frappe.db.rollback()
	assert [len(invoices_of(each)) for each in made] == [1] * 12
	assert [len(charges_of(each)) for each in made] == [1] * 12
	assert is_unbroken(numbers_of(made))
	assert frappe.get_doc("Billing Run", run).errors == 0
	assert bill(made).invoices == 0


def test_a_worker_killed_before_the_commit_leaves_nothing_and_no_gap(service):
	made = [agreed(service) for _ in range(5)]
	run = runs.create(APRIL, "User")
	frappe.db.commit()
	before = next_number()
	worker = site_workers.start(site_workers.die_after_bulk, run, [each.name for each in made], APRIL)
	worker.join(90)
	assert worker.exitcode == -signal.SIGKILL
	frappe.db.rollback()
	assert [charges_of(each) for each in made] == [[]] * 5
	assert frappe.db.count("GL Entry", {"party": ("in", [each.customer for each in made])}) == 0
	assert next_number() == before
	assert bill(made).invoices == 5
	assert numbers_of(made) == list(range(before, before + 5))


def test_a_deadlock_in_bulk_is_done_again_from_the_start(service, monkeypatch):
	made = [agreed(service) for _ in range(6)]
	create_many, failures = BulkLane.create_many, [frappe.QueryDeadlockError("Deadlock found")]

	def deadlocked_once(lane, batch):
		outcomes = create_many(lane, batch)
		if failures:
			raise failures.pop()
		return outcomes

	monkeypatch.setattr(BulkLane, "create_many", deadlocked_once)
	run = bill(made)
	assert (run.status, run.invoices, run.errors) == ("Completed", 6, 0)
	assert [len(charges_of(each)) for each in made] == [1] * 6
	assert is_unbroken(numbers_of(made))


def test_a_real_deadlock_while_a_kind_is_recorded_costs_a_second_attempt_and_nothing_else(service):
	"""There the batch has written its charges, and is on a savepoint that the database forgets."""
	made = [agreed(service) for _ in range(6)]
	bill([agreed(service) for _ in range(2)])
	run = runs.create(APRIL, "User")
	frappe.db.commit()
	before = counter("Innodb_deadlocks")
	# InnoDB gives up the transaction that has changed less, so this one changes a lot.
	frappe.db.bulk_insert("ToDo", ["name", "description"], [[f"bulk-deadlock-{n}", "x"] for n in range(5000)])
	frappe.db.sql("select name from `tabFiscal Year` for update")
	names = [each.name for each in made]
	worker = site_workers.start(site_workers.bill_after_touching_a_locked_row, run, names, APRIL)
	wait_until(lambda: counter("Innodb_row_lock_current_waits"))
	frappe.db.sql("select name from `tabBilling Contract` where name = %s for update", names[0])
	frappe.db.rollback()
	worker.join(60)
	assert counter("Innodb_deadlocks") == before + 1
	assert worker.exitcode == 0
	frappe.db.rollback()
	assert [len(invoices_of(each)) for each in made] == [1] * 6
	assert [bool(row.sales_invoice) for each in made for row in charges_of(each)] == [True] * 6
	assert "Bulk" in {row.posting_lane for each in made for row in charges_of(each)}


def test_one_that_cannot_be_billed_falls_out_alone_and_is_named(service, monkeypatch):
	made = [agreed(service) for _ in range(8)]
	refused = made[4]

	def validate(doc, method=None):
		if doc.billing_ext_contract == refused.name:
			frappe.throw("not this one")

	monkeypatch.setattr(own_hooks, "validate", validate)
	run = bill(made)
	assert (run.status, run.invoices, run.errors) == ("Completed With Errors", 7, 1)
	assert lanes_of(run) == {"Bulk": 6, "Standard": 1}
	assert charges_of(refused) == []
	assert is_unbroken(numbers_of(made))
	assert "not this one" in frappe.db.get_value("Billing Contract", refused.name, "billing_error")
	monkeypatch.undo()
	again = bill([refused])
	assert (again.status, again.invoices) == ("Completed", 1)
	assert frappe.db.get_value("Billing Run", run.name, "status") == "Completed"


def test_a_barred_contract_does_not_stop_those_that_share_its_batch(service):
	made = [agreed(service) for _ in range(5)]
	frappe.db.set_value("Customer", made[2].customer, "disabled", 1)
	run = bill(made)
	assert (run.invoices, run.errors) == (4, 1)
	assert [len(invoices_of(each)) for each in made] == [1, 1, 0, 1, 1]


def test_the_run_says_what_was_posted_one_by_one_and_why(service):
	made = [agreed(service) for _ in range(4)]
	draft = agreed(service, invoice_action="Left as Draft")
	limited = agreed(service)
	buyer = frappe.get_doc("Customer", limited.customer)
	buyer.append("credit_limits", {"company": limited.company, "credit_limit": 1e9})
	buyer.save()
	run = bill([*made, draft, limited])
	assert {row.reason: row.documents for row in run.lanes if row.lane == "Standard"} == {
		FIRST_OF_ITS_KIND: 1,
		"it stays a draft": 1,
		"the customer has a credit limit": 1,
	}
	assert lanes_of(run)["Bulk"] == 3
	assert invoices_of(draft)[0].docstatus == 0
	assert {row.posting_lane for row in charges_of(made[-1])} == {"Bulk"}


def test_contracts_that_share_an_invoice_are_on_one_in_bulk_too(service):
	pairs = []
	for _ in range(4):
		buyer = customer()
		pairs.append([agreed(service, customer=buyer, invoice_grouping="One per Customer") for _ in range(2)])
	run = runs.create(APRIL, "User")
	attempt = runs.start(run, 8, 1, clock.now())
	frappe.db.commit()
	units = [tuple(sorted(each.name for each in pair)) for pair in pairs]
	billing_run.bill_chunk(run, attempt, APRIL.isoformat(), units)
	found = frappe.get_doc("Billing Run", run)
	assert (found.invoices, lanes_of(found)) == (4, {"Bulk": 3, "Standard": 1})
	for one, other in pairs:
		(row,), (other_row,) = charges_of(one), charges_of(other)
		assert row.sales_invoice == other_row.sales_invoice
		assert frappe.db.get_value("Sales Invoice", row.sales_invoice, "net_total") == 1000


def test_an_invoice_in_bulk_costs_few_statements(service):
	made = [agreed(service) for _ in range(41)]
	few, many = (_statements(made[:11]), _statements(made[11:]))
	each = (many - few) / 19
	assert each <= 1.5, f"{each} statements for each further invoice of a batch"


def _statements(agreements):
	count = Counter()
	original = frappe.db.sql

	def counting(*arguments, **named):
		count["sql"] += 1
		return original(*arguments, **named)

	frappe.db.sql = counting
	try:
		bill(agreements)
	finally:
		del frappe.db.sql
	return count["sql"]


def test_the_comparison_passes_on_this_site_and_leaves_nothing(service):
	various(service, item())
	frappe.db.commit()
	tables = ("Sales Invoice", "Billing Charge", "GL Entry", "Payment Ledger Entry", "Version", "ToDo")
	before = [frappe.db.count(table) for table in tables], next_number()
	runs_api.compare_lanes()
	after = [frappe.db.count(table) for table in tables], next_number()
	state = frappe.get_doc("Billing Settings")
	assert before == after
	assert (state.bulk_check_result, state.bulk_checked_versions) == ("Passed", settings.installed_versions())
	assert " 0 different" in state.bulk_check_report


def test_a_difference_keeps_runs_from_posting_in_bulk(service, monkeypatch):
	made = [agreed(service) for _ in range(3)]
	calculate = figures.calculate

	def wrong(pattern, given):
		rows = calculate(pattern, given)
		rows["GL Entry"][0]["remarks"] = "of another"
		return rows

	monkeypatch.setattr(figures, "calculate", wrong)
	monkeypatch.setattr(figures, "_check_reproduced", lambda *arguments: None)
	found = bulk_posting.compare_lanes()
	assert found.result == "Failed"
	assert "GL Entry.remarks" in found.report
	run = bill(made)
	assert [(row.lane, row.documents, row.reason) for row in run.lanes] == [
		("Standard", 3, "the comparison found differences: see Findings in Billing Settings")
	]


def test_after_an_update_both_lanes_are_compared_anew(service, monkeypatch):
	made = [agreed(service) for _ in range(3)]
	monkeypatch.setattr(settings, "installed_versions", lambda: "another")
	assert bulk_posting.lane()[1].reason == "not_compared"
	bulk_posting.ensure_compared()
	assert bill(made).lanes[0].lane == "Bulk"


def test_a_version_that_was_not_tested_is_left_to_erpnext_and_said(service, monkeypatch):
	made = [agreed(service) for _ in range(3)]
	monkeypatch.setattr(lanes, "SERVED", {"erpnext": ((16, 0), (16, 1)), "frappe": ((16, 0), (16, 1))})
	words = "this version of ERPNext or Frappe is not one that bulk posting was tested with"
	run = bill(made)
	assert [(row.lane, row.documents, row.reason) for row in run.lanes] == [("Standard", 3, words)]
	assert words in bulk_posting.compare_lanes().report
	assert bulk_posting.lane()[0] is None


def test_the_command_compares_and_only_those_who_may_change_settings_may(service):
	agreed(service)
	frappe.db.commit()
	site = frappe.local.site
	frappe.set_user("Guest")
	with pytest.raises(frappe.PermissionError):
		runs_api.compare_lanes()
	context = frappe._dict(sites=[site], force=False, profile=False, verbose=False)
	result = CliRunner().invoke(commands.compare_posting_lanes, obj=context)
	frappe.init(site=site, sites_path=".")
	frappe.connect()
	assert (result.exit_code, " 0 different" in result.output) == (0, True), result.output
