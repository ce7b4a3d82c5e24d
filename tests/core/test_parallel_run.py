"""Rows of another system's file, and what they are compared with; and that an import charges nothing twice."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from builders import MONTH, NOK, QUARTER, YEAR, change, contract, d, line, one_off, span

from billing_ext.core.amending import amend
from billing_ext.core.billed_elsewhere import BilledRow, read
from billing_ext.core.billing import plan_charges
from billing_ext.core.contract import Amendment, Timing
from billing_ext.core.parallel_run import Agreement, OurRow, Verdict, billed_here, compare
from billing_ext.core.period import ONE_DAY

DOCTYPES = Path(__file__).parents[2] / "billing_ext" / "billing_ext" / "doctype"
HEAD = "contract;line;service_from;service_to;amount;currency;invoice;invoice_date\n"


# The file


def test_a_file_as_a_norwegian_spreadsheet_writes_it():
	file = read("\ufeffContract;Service From;Service To;Amount\nA-1;01.02.2026;28.02.2026;1 234,50\n")
	assert file.problems == ()
	(row,) = file.rows
	assert (row.contract, row.service, row.amount) == (
		"A-1",
		span("2026-02-01", "2026-03-01"),
		Decimal("1234.50"),
	)
	assert row.billed_on == d("2026-02-01")


def test_a_file_as_an_english_spreadsheet_writes_it():
	file = read(
		'contract,service_from,service_to,amount,invoice_date\nA-1,2026-02-01,2026-02-28,"1,234.50",2026-01-25\n'
	)
	(row,) = file.rows
	assert row.amount == Decimal("1234.50")
	assert row.billed_on == d("2026-01-25")


@pytest.mark.parametrize(
	("amounts", "delimiter", "expected"),
	[
		(["1.500", "2.000,00"], ";", ["1500", "2000.00"]),
		(["1,500", "2,000.00"], ";", ["1500", "2000.00"]),
		(["1.500"], ";", ["1500"]),
		(["1.500"], "\t", ["1.500"]),
		(["1.500.000", "12,5"], ";", ["1500000", "12.5"]),
		(["1\u00a0500,25", "\u2212500,00", "-1'000"], ";", ["1500.25", "-500.00", "-1000"]),
	],
)
def test_one_decimal_sign_holds_for_the_whole_file(amounts, delimiter, expected):
	rows = [delimiter.join(["A", "2026-01-01", "2026-01-31", amount]) for amount in amounts]
	head = delimiter.join(["contract", "service_from", "service_to", "amount"])
	assert [str(row.amount) for row in read("\n".join([head, *rows])).rows] == expected


@pytest.mark.parametrize(
	("row", "problem"),
	[
		("A;;2026-01-01;2026-01-31;;;;", "csv_cell_empty(row=2, column=amount)"),
		(";;2026-01-01;2026-01-31;1;;;", "csv_cell_empty(row=2, column=contract)"),
		("A;;01/02/2026;2026-02-28;1;;;", "csv_date(row=2, column=service_from, value=01/02/2026)"),
		("A;;2026-01-01;2026-01-31;1;;;soon", "csv_date(row=2, column=invoice_date, value=soon)"),
		("A;;2026-02-01;2026-01-31;1;;;", "csv_period(row=2)"),
		("A;;2026-01-01;2026-01-31;NOK 5;;;", "csv_amount(row=2, value=NOK 5)"),
		("A;;2026-01-01;2026-01-31;1;;;;;x", "csv_cells(row=2, delimiter=;)"),
	],
)
def test_a_row_that_cannot_be_read_is_named_with_its_column_and_the_others_are_read(row, problem):
	file = read(f"{HEAD}{row}\nB;;2026-01-01;2026-01-31;7;;;\n")
	assert [str(found) for found in file.problems] == [problem]
	assert [found.contract for found in file.rows] == ["B"]


def test_a_file_without_what_is_needed():
	assert [str(found) for found in read("contract;amount\nA;1\n").problems] == [
		"csv_column_missing(column=service_from)",
		"csv_column_missing(column=service_to)",
	]
	assert [found.code for found in read(HEAD).problems] == ["csv_empty"]
	assert [found.code for found in read("PK\x03\x04\0\0").problems] == ["csv_not_text"]


# The comparison


def ours(service, amount, line_id="L1", due="", **more):
	period = span(*service.split(" "))
	return OurRow(line_id, period, Decimal(amount), d(due) if due else period.start, "formula", **more)


def theirs(service, amount, line_name="", contract_id="A-1", billed="", **more):
	period = span(*service.split(" "))
	return BilledRow(
		2, contract_id, line_name, period, Decimal(amount), invoice_date=d(billed) if billed else None, **more
	)


def agreement(*rows, **names):
	called = names or {"L1": "hosting"}
	known = {line_id: frozenset({name, line_id.casefold()}) for line_id, name in called.items()}
	return Agreement("BC-1", "NOK", known, rows, "A-1")


def verdicts(agreed, *rows, days="2026-01-01 2027-01-01", **more):
	found = compare([agreed], rows, span(*days.split(" ")), **more)
	return [(entry.verdict.value, str(entry.our_amount), str(entry.their_amount)) for entry in found]


JANUARY, FEBRUARY, MARCH = "2026-01-01 2026-02-01", "2026-02-01 2026-03-01", "2026-03-01 2026-04-01"
QUARTER_1 = "2026-01-01 2026-04-01"


def test_each_verdict():
	agreed = agreement(ours(JANUARY, "500"), ours(FEBRUARY, "500"), ours(MARCH, "500"))
	found = verdicts(
		agreed,
		theirs(JANUARY, "500"),
		theirs(FEBRUARY, "400"),
		theirs("2026-05-01 2026-06-01", "500"),
		theirs(JANUARY, "90", contract_id="A-9"),
	)
	assert found == [
		("Contract Unknown", "0", "90"),
		("Same", "500", "500"),
		("Amount Differs", "500", "400"),
		("Only Here", "500", "0"),
		("Only There", "0", "500"),
	]


def test_periods_that_are_cut_differently_are_compared_by_their_sums():
	months = (ours(JANUARY, "500"), ours(FEBRUARY, "500"), ours(MARCH, "500"))
	assert verdicts(agreement(*months), theirs(QUARTER_1, "1500")) == [("Same", "1500", "1500")]
	parts = [theirs(month, "500") for month in (JANUARY, FEBRUARY, MARCH)]
	assert verdicts(agreement(ours(QUARTER_1, "1500")), *parts) == [("Same", "1500", "1500")]


def test_a_credit_for_the_same_days_is_part_of_the_sum():
	found = verdicts(
		agreement(ours(JANUARY, "250")), theirs(JANUARY, "500"), theirs("2026-01-16 2026-02-01", "-250")
	)
	assert found == [("Same", "250", "250")]


def test_lines_are_told_apart_by_name_and_not_where_no_name_is_given():
	agreed = agreement(ours(JANUARY, "500"), ours(JANUARY, "80", "L2"), L1="hosting", L2="backup")
	assert verdicts(agreed, theirs(JANUARY, "500", "Hosting"), theirs(JANUARY, "80", "l2")) == [
		("Same", "500", "500"),
		("Same", "80", "80"),
	]
	assert verdicts(agreed, theirs(JANUARY, "580")) == [("Same", "580", "580")]
	assert verdicts(agreed, theirs(JANUARY, "580", "Cleaning"))[-1] == ("Only There", "0", "580")


def test_two_lines_of_the_same_item_are_one_comparison():
	agreed = agreement(ours(JANUARY, "500"), ours(JANUARY, "80", "L2"), L1="seats", L2="seats")
	assert verdicts(agreed, theirs(JANUARY, "80", "seats"), theirs(JANUARY, "500", "seats")) == [
		("Same", "580", "580")
	]


def test_another_currency_is_no_counterpart():
	found = compare(
		[agreement(ours(JANUARY, "500"))],
		[theirs(JANUARY, "500", currency="EUR")],
		span(*QUARTER_1.split(" ")),
	)
	assert [(entry.verdict, entry.currency) for entry in found] == [
		(Verdict.ONLY_HERE, "NOK"),
		(Verdict.ONLY_THERE, "EUR"),
	]


def test_a_one_off_line_that_is_named_is_found_on_whatever_day_it_was_billed():
	agreed = agreement(ours("2026-01-05 2026-01-06", "900", one_off=True))
	assert verdicts(agreed, theirs("2026-02-10 2026-02-11", "900", "hosting")) == [("Same", "900", "900")]
	assert len(verdicts(agreed, theirs("2026-02-10 2026-02-11", "900"))) == 2


def test_a_difference_up_to_the_tolerance_is_none():
	agreed = agreement(ours(JANUARY, "500.00"))
	assert verdicts(agreed, theirs(JANUARY, "500.50"), tolerance=Decimal("0.5"))[0][0] == "Same"
	assert verdicts(agreed, theirs(JANUARY, "500.51"), tolerance=Decimal("0.5"))[0][0] == "Amount Differs"


def test_what_was_billed_outside_the_days_counts_only_as_the_counterpart_of_something_inside():
	agreed = agreement(ours(JANUARY, "500", due="2025-12-20"), ours(FEBRUARY, "500"), ours(MARCH, "500"))
	days = "2026-01-01 2026-02-15"
	# Theirs of January is within, ours was due before; ours of March is neither within nor billed there.
	assert verdicts(agreed, theirs(JANUARY, "500"), theirs(FEBRUARY, "500"), days=days) == [
		("Same", "500", "500"),
		("Same", "500", "500"),
	]
	# Theirs of February came early; theirs of March is outside on both sides.
	early = theirs(FEBRUARY, "500", billed="2025-12-31"), theirs(MARCH, "500", billed="2026-03-01")
	assert verdicts(agreed, *early, days=days) == [("Same", "500", "500")]


def test_a_quarter_in_arrears_that_falls_due_after_the_days_meets_its_three_months():
	quarter = ours(QUARTER_1, "1500", due="2026-04-01")
	parts = [theirs(month, "500") for month in (JANUARY, FEBRUARY, MARCH)]
	days = "2026-01-01 2026-04-01"
	assert verdicts(agreement(quarter), *parts, days=days) == [("Same", "1500", "1500")]
	assert verdicts(agreement(quarter), *parts[:2], days=days) == [("Only There", "0", "500")] * 2


def test_every_verdict_can_be_stored():
	rows = json.loads((DOCTYPES / "billing_parallel_run_row" / "billing_parallel_run_row.json").read_text())
	(options,) = [field["options"] for field in rows["fields"] if field["fieldname"] == "verdict"]
	assert options.split("\n") == [verdict.value for verdict in Verdict]


# What would have been billed here


SIGNED = contract(
	line("2025-01-31", "500", "monthly", MONTH),
	line("2025-01-31", "900", "arrears", QUARTER, timing=Timing.IN_ARREARS),
	line("2025-02-15", "12000", "yearly", YEAR),
	one_off("2025-06-10", "700", "setup"),
	line("2025-03-01", "70", "ended", MONTH, end=d("2026-02-01")),
	lead_days=10,
)
AGREED = amend(SIGNED, (Amendment("", d("2026-03-10"), (change("monthly", price="650"),)),))
DAYS = [d("2025-06-01") + timedelta(days=step) for step in range(366)]


def opened(day):
	"""The contract as it is imported on a day on which another system has billed all that was due."""
	rows = list(billed_here(AGREED, day))
	through = {row.line: row.service.end for row in sorted(rows, key=lambda row: row.service)}
	return replace(
		AGREED, lines=tuple(replace(entry, opening=through.get(entry.id)) for entry in AGREED.lines)
	)


def test_what_is_billed_here_is_what_daily_runs_bill_and_a_billed_through_date_hides_nothing_of_it():
	rows = list(billed_here(opened(d("2026-01-01")), d("2026-01-01")))
	assert sum(row.amount for row in rows) == sum(
		row.amount for row in plan_charges(AGREED, {}, d("2026-01-01"))
	)
	assert {row.due for row in rows if row.line == "monthly"} >= {
		d("2025-01-21"),
		d("2025-02-18"),
		d("2025-03-21"),
	}


def test_credits_are_no_history():
	credit = replace(one_off("2025-01-31", "-300", "opening credit"), credit=True)
	assert not list(billed_here(replace(AGREED, lines=(credit,)), d("2026-01-01")))


def test_a_long_history_of_many_lines_stays_below_the_safety_bound():
	lines = [line("2015-01-01", "1", f"L{number}") for number in range(20)]
	assert len(list(billed_here(contract(*lines), d("2025-12-31")))) == 20 * 12 * 11


@pytest.mark.parametrize("start", range(0, len(DAYS), 61))
def test_the_first_run_after_an_import_bills_nothing_that_was_billed_and_the_next_ones_all_the_rest(start):
	for day in DAYS[start : start + 61]:
		imported = opened(day)
		assert plan_charges(imported, {}, day) == [], day
		later = day + timedelta(days=400)
		rest = sorted(
			(row.line, row.service, row.amount) for row in billed_here(AGREED, later) if row.due > day
		)
		charged = sorted((row.line, row.service, row.amount) for row in plan_charges(imported, {}, later))
		assert charged == rest, day


def test_a_billed_through_date_a_day_short_bills_that_day():
	"""The law above would be empty if nothing were ever billed."""
	imported = opened(d("2026-01-05"))
	short = replace(
		imported, lines=tuple(replace(entry, opening=entry.opening - ONE_DAY) for entry in imported.lines)
	)
	charged = plan_charges(short, {}, d("2026-01-20"))
	one_day = [(row.line, row.amount) for row in charged if row.service.days == 1 and row.line != "ended"]
	assert one_day == [
		("monthly", NOK.round(Decimal(500) / 31)),
		("arrears", NOK.round(Decimal(900) / 92)),
		("setup", Decimal("700.00")),
	]
