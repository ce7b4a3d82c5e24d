"""docs/proration.md, Conventions compared: what documents would come to under each convention."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from builders import MONTH, QUARTER, amended, amendment, change, contract, d, line, terminate

from billing_ext.core.contract import CreditHandling
from billing_ext.core.conventions import compare
from billing_ext.core.period import Grid
from billing_ext.core.proration import Proration
from billing_ext.core.simulation import Books

PAGE = (Path(__file__).parents[2] / "docs" / "proration.md").read_text(encoding="utf-8")
SECTION = PAGE[PAGE.index("### Conventions compared") : PAGE.index("## Rounding")]
ROWS = [
	[cell.strip() for cell in row.strip("|").split("|")] for row in SECTION.splitlines() if row[:1] == "|"
]


@pytest.mark.parametrize("own", Proration)
@pytest.mark.parametrize("row", ROWS[2:], ids=lambda row: row[2])
def test_the_table_of_the_page_whatever_the_contracts_own_convention(row, own):
	price, unit = re.fullmatch(r"(\d+) per (\w+)", row[0]).groups()
	interval = {"Month": MONTH, "Quarter": QUARTER}[unit]
	first = row[1].split(" – ")[0]
	day = re.search(r"\d{4}-\d\d-\d\d", row[2])[0]
	starts = day if "starts" in row[2] else first
	service = line(starts, price, interval=interval, grid=Grid.anchored(d(first), interval))
	agreed = contract(service, proration=own)
	books = Books()
	drafts = books.run(agreed, d(starts))
	if "ends" in row[2]:
		agreed = amended(agreed, amendment(day, terminate(day)))
		drafts = books.run(agreed, d(day))
	if own is Proration.NONE and "ends" in row[2]:
		assert drafts == []  # nothing to show, and nothing to compare
		return
	totals = compare(agreed, [drafts])
	assert {key.value: total for key, total in totals.items()} == dict(
		zip(ROWS[0][3:], map(Decimal, row[3:]), strict=True)
	)


def test_a_change_is_compared_without_what_was_billed_before():
	"""A stub that was billed under the contract's convention does not come back under another one."""
	service = line("2026-01-16", "300", grid=Grid.anchored(d("2026-01-01"), MONTH))
	agreed = contract(service)
	books = Books()
	books.run(agreed, d("2026-01-16"))
	changed = amended(agreed, amendment("2026-01-24", change(price="600")))
	drafts = books.run(changed, d("2026-02-01"))
	totals = compare(changed, [drafts])
	# Actual: January 300 x 8/31 = 77.42 and 600 x 8/31 = 154.84, less the stub's 154.84, and February 600
	assert totals[Proration.ACTUAL] == Decimal("677.42") == sum(draft.amount for draft in drafts)
	# 30/360: 24 to 30 January weigh 7 days, before that 8: 80 + 140 - 150 = 70
	assert totals[Proration.THIRTY_360] == Decimal("670.00")
	assert totals[Proration.NONE] == Decimal("600.00")


def test_a_credit_that_is_deducted_over_two_dates_counts_once():
	agreed = contract(line("2026-04-01", "300"), credit_handling=CreditHandling.NEXT_INVOICE)
	books = Books()
	books.run(agreed, d("2026-04-01"))
	changed = amended(agreed, amendment("2026-04-04", change(price="100")))
	runs = [books.run(changed, d(day)) for day in ("2026-05-01", "2026-06-01")]
	totals = compare(changed, runs)
	# (100 - 300) x 27/30 = -180 of 100 + 100
	assert totals[Proration.ACTUAL] == totals[Proration.THIRTY_360] == Decimal("20.00")
	assert totals[Proration.NONE] == Decimal("200.00")


def test_a_line_that_a_cancelled_amendment_had_added_is_credited_alike_everywhere():
	service, added = (
		line("2026-04-01", "300"),
		line("2026-04-16", "90", id="L2", grid=Grid.anchored(d("2026-04-01"), MONTH)),
	)
	books = Books()
	books.run(contract(service, added), d("2026-04-16"))
	drafts = books.run(contract(service), d("2026-05-01"))
	totals = compare(contract(service), [drafts])
	assert set(totals.values()) == {Decimal("255.00")}  # May's 300 less 45
