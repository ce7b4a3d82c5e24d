"""A year paid in advance: deferred in ERPNext month by month, and the same in Tripletex by one voucher a month."""

from datetime import date, datetime, timezone
from decimal import Decimal

import frappe
import pytest
from site_builders import COMPANY, customer, item
from tripletex_books import differences, empty_ledgers, reconcile

from billing_ext.services.tripletex import accrual

pytestmark = pytest.mark.commits
MONTHS = [date(2026, month, 1) for month in range(1, 13)]


@pytest.fixture
def accruing(tripletex):
	"""A company that accrues, its ledgers empty on both sides, in the middle of January 2026."""
	tripletex.now = datetime(2026, 1, 15, 11, 0, tzinfo=timezone.utc)
	tripletex.forget_session()
	tripletex.settings(accrue_deferred=1)
	with empty_ledgers():
		yield tripletex


def prepaid(books, amount=12_000, start=date(2026, 1, 1), end=date(2026, 12, 31), **values):
	"""An invoice for a year of service, all of it deferred."""
	code = item(enable_deferred_revenue=1, no_of_months=12)
	invoice = books.invoice(
		amount,
		submit=False,
		posting_date=values.pop("posting_date", date(2026, 1, 10)),
		due_date=date(2026, 2, 24),
		party=customer(),
	)
	row = invoice.items[0]
	row.update(
		{
			"item_code": code,
			"enable_deferred_revenue": 1,
			"deferred_revenue_account": "Deferred Revenue - FS",
			"service_start_date": start,
			"service_end_date": end,
		}
	)
	invoice.save()
	invoice.submit()
	frappe.db.commit()
	return invoice


def earn(month):
	"""ERPNext's own deferred accounting of a month, as its scheduler does it."""
	first = month.replace(day=1)
	last = frappe.utils.getdate(frappe.utils.get_last_day(first))
	frappe.get_doc(
		{
			"doctype": "Process Deferred Accounting",
			"company": COMPANY,
			"type": "Income",
			"posting_date": last,
			"start_date": first,
			"end_date": last,
		}
	).submit()
	frappe.db.commit()


def month_passes(books, month):
	"""The first days of the next month: ERPNext earns, the accrual runs, the queue is worked on."""
	after = frappe.utils.getdate(frappe.utils.add_days(frappe.utils.get_last_day(month), 2))
	books.now = datetime(after.year, after.month, after.day, 3, 0, tzinfo=timezone.utc)
	earn(month)
	queued = accrual.accrue(COMPANY)
	books.deliver()
	return queued


def ledger(*accounts, through):
	"""Debit less credit in ERPNext."""
	(amount,) = frappe.db.sql(
		"""select coalesce(sum(debit - credit), 0) from `tabGL Entry`
		where company = %s and account in %s and is_cancelled = 0 and posting_date <= %s""",
		(COMPANY, accounts, through),
	)[0]
	return round(Decimal(str(amount)), 2)


def vouchers(books):
	"""External number -> what the voucher moved to deferred revenue."""
	return {
		row["externalVoucherNumber"]: -sum(
			posting["amount"] for posting in row["postings"] if posting["account"]["number"] == 2970
		)
		for row in books.sim.vouchers()
		if row.get("externalVoucherNumber")
	}


def assert_same_balances(books, through):
	assert books.sim.balance(2970, through) == ledger("Deferred Revenue - FS", through=through)
	income = sum(books.sim.balance(number, through) for number in (3000, 3090, 3107))
	assert income == ledger("Sales - FS", through=through)


def test_a_year_month_by_month(accruing):
	prepaid(accruing, 12_345.67)
	for month in MONTHS:
		assert month_passes(accruing, month) == 1
		last = frappe.utils.getdate(frappe.utils.get_last_day(month))
		assert_same_balances(accruing, last)
		doc = reconcile(month)
		assert (differences(doc), doc.status) == ({}, "Green")
	assert accruing.sim.balance(2970) == 0
	assert -accruing.sim.balance(3000) - accruing.sim.balance(3090) == Decimal("12345.67")
	assert len(vouchers(accruing)) == 12
	assert "ERPN-DEF-FS-2026-12-r1" in vouchers(accruing)
	assert accruing.sim.violations == []


def test_the_month_that_is_not_over_is_compared_together_with_income(accruing):
	prepaid(accruing)
	accruing.deliver()
	doc = reconcile(date(2026, 1, 1))
	assert (differences(doc), doc.status) == ({}, "Green")


def test_a_finished_month_whose_voucher_is_missing_is_red(accruing):
	prepaid(accruing)
	accruing.deliver()
	accruing.now = datetime(2026, 2, 2, 3, 0, tzinfo=timezone.utc)
	earn(date(2026, 1, 1))
	doc = reconcile(date(2026, 1, 1))
	assert set(differences(doc)) == {"Income", "Deferred revenue"}


def test_asking_again_sends_nothing_more(accruing):
	prepaid(accruing)
	assert month_passes(accruing, date(2026, 1, 1)) == 1
	assert accrual.accrue(COMPANY) == 0
	accrual.monthly()
	frappe.set_user("Administrator")
	accruing.deliver()
	assert list(vouchers(accruing)) == ["ERPN-DEF-FS-2026-01-r1"]


def test_a_later_change_takes_the_voucher_back_and_sends_the_month_anew(accruing):
	prepaid(accruing)
	month_passes(accruing, date(2026, 1, 1))
	before = vouchers(accruing)["ERPN-DEF-FS-2026-01-r1"]
	# A month late, another invoice is dated in January.
	late = prepaid(accruing, 6_000, posting_date=date(2026, 1, 31))
	assert month_passes(accruing, date(2026, 2, 1)) == 3
	found = vouchers(accruing)
	assert found["ERPN-DEF-FS-2026-01-r1"] == before
	# ERPNext has earned January's part of it in January as well.
	assert found["ERPN-DEF-FS-2026-01-r2"] == round(before * 3 / 2, 2) != before
	reversal = next(row for row in accruing.sim.vouchers() if "Tilbakeføring" in row["description"])
	assert reversal["date"] == "2026-01-31"
	for month in MONTHS[:2]:
		last = frappe.utils.getdate(frappe.utils.get_last_day(month))
		assert_same_balances(accruing, last)
		assert differences(reconcile(month)) == {}
	assert accrual.accrue(COMPANY) == 0
	assert late.docstatus == 1


def test_what_was_not_sent_yet_is_replaced_instead_of_reversed(accruing):
	prepaid(accruing)
	accruing.deliver()
	accruing.now = datetime(2026, 2, 2, 3, 0, tzinfo=timezone.utc)
	assert accrual.accrue(COMPANY) == 1
	prepaid(accruing, 6_000, posting_date=date(2026, 1, 31))
	assert accrual.accrue(COMPANY) == 1
	accruing.deliver()
	assert list(vouchers(accruing)) == ["ERPN-DEF-FS-2026-01-r2"]
	assert vouchers(accruing)["ERPN-DEF-FS-2026-01-r2"] == 18_000


def test_a_lost_answer_does_not_book_twice(accruing):
	prepaid(accruing)
	accruing.deliver()
	accruing.sim.faults.plan("POST", "/ledger/voucher", "timeout_after_commit")
	month_passes(accruing, date(2026, 1, 1))
	assert accrual.accrue(COMPANY) == 0, "nobody knows yet what stands there"
	accruing.deliver(rounds=3)
	numbers = [row["externalVoucherNumber"] for row in accruing.sim.vouchers()]
	assert numbers.count("ERPN-DEF-FS-2026-01-r1") == 1
	assert_same_balances(accruing, date(2026, 1, 31))


def test_a_lost_answer_does_not_reverse_twice(accruing):
	prepaid(accruing)
	month_passes(accruing, date(2026, 1, 1))
	prepaid(accruing, 6_000, posting_date=date(2026, 1, 31))
	accruing.sim.faults.plan("PUT", "/ledger/voucher/{id}/:reverse", "timeout_after_commit")
	month_passes(accruing, date(2026, 2, 1))
	accruing.deliver(rounds=3)
	assert_same_balances(accruing, date(2026, 1, 31))
	assert accrual.accrue(COMPANY) == 0


def test_a_company_that_does_not_accrue_sends_nothing_and_is_green(accruing):
	accruing.settings(accrue_deferred=0)
	prepaid(accruing)
	assert month_passes(accruing, date(2026, 1, 1)) == 0
	assert differences(reconcile(date(2026, 1, 1))) == {}
	assert vouchers(accruing) == {}


def test_an_account_that_tripletex_lacks_is_told(accruing):
	accruing.settings(income_accrual_number=3999)
	prepaid(accruing)
	month_passes(accruing, date(2026, 1, 1))
	row = frappe.get_last_doc("Tripletex Outbox Message", {"operation": "Accrual Voucher"})
	assert (row.status, "3999" in row.error_text) == ("Blocked", True)
