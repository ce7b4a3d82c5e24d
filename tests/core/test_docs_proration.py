"""docs/proration.md, recomputed: every table of periods, every table of shares, every story of a contract."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from builders import amendment, change, d, line, terminate

from billing_ext.core.amending import amend
from billing_ext.core.billing import plan_charges
from billing_ext.core.contract import (
	AddLine,
	Amendment,
	Contract,
	CorrectionBilling,
	CreditHandling,
	FirstPeriod,
	Terms,
	Timing,
)
from billing_ext.core.derivation import formula
from billing_ext.core.invoicing import InvoiceDraft, Row
from billing_ext.core.money import Currency
from billing_ext.core.period import ONE_DAY, Grid, Interval, Unit
from billing_ext.core.proration import Proration
from billing_ext.core.simulation import Books

PAGE = Path(__file__).parents[2] / "docs" / "proration.md"
NOK = Currency("NOK", 2)
OPTIONS = {
	"Proration": ("proration", Proration),
	"First Short Period": ("first_period", FirstPeriod),
	"Bill Changes": ("correction_billing", CorrectionBilling),
	"Credits": ("credit_handling", CreditHandling),
}
DAY = r"\d{4}-\d\d-\d\d"


@dataclass(frozen=True)
class Table:
	"""A table of the page with the text above it; ``line`` is the number of its first row."""

	heading: str
	intro: str
	columns: tuple[str, ...]
	rows: tuple[tuple[str, ...], ...]
	line: int


def tables(text: str) -> Iterator[Table]:
	"""All tables of a Markdown page."""
	lines = text.split("\n")
	heading = intro = ""
	for number, content in enumerate(lines):
		if content.startswith("#"):
			heading = content.lstrip("# ")
		elif content.startswith("Contract:"):
			intro = content.removeprefix("Contract:").strip(" .")
		elif content.startswith("| ---"):
			body = []
			for row in lines[number + 1 :]:
				if not row.startswith("|"):
					break
				body.append(cells(row))
			yield Table(heading, intro, cells(lines[number - 1]), tuple(body), number + 1)


def cells(row: str) -> tuple[str, ...]:
	"""The cells of a table's row."""
	return tuple(cell.strip() for cell in row.strip().strip("|").split("|"))


TABLES = tuple(tables(PAGE.read_text()))


def of_kind(column: str) -> list[Any]:
	"""The tables whose last column is ``column``, as parameters of a test."""
	return [pytest.param(table, id=table.heading) for table in TABLES if table.columns[-1] == column]


def check(table: Table, computed: list[str]) -> None:
	"""Compare the last column; ``UPDATE_GOLDEN=1`` writes it instead."""
	if os.environ.get("UPDATE_GOLDEN"):
		lines = PAGE.read_text().split("\n")
		for offset, (row, value) in enumerate(zip(table.rows, computed, strict=True)):
			lines[table.line + offset] = f"| {' | '.join((*row[:-1], value))} |"
		PAGE.write_text("\n".join(lines))
	else:
		assert [row[-1] for row in table.rows] == computed


def test_the_page_has_its_worked_examples():
	"""A column that is renamed would leave its table unchecked."""
	assert len(of_kind("Billing periods begin on")) == 1
	assert len(of_kind("Amount")) == 1
	assert len(of_kind("What is billed")) >= 12


@pytest.mark.parametrize("table", of_kind("Billing periods begin on"))
def test_billing_periods(table):
	computed = []
	for alignment, start, every, shown in table.rows:
		periods = grid(alignment, d(start), every).periods_from(d(start))
		count = shown.count(",") + 1 if shown else 4
		computed.append(", ".join(next(periods).start.isoformat() for _ in range(count)))
	check(table, computed)


@pytest.mark.parametrize("table", of_kind("Amount"))
def test_shares_of_a_period(table):
	computed = []
	for convention, price, period, served, _amount in table.rows:
		(start, last), (first, until) = (re.findall(DAY, text) for text in (period, served))
		amount, unit = price.split(" per ")
		rhythm = Interval(1, Unit(unit))
		served_line = line(
			first, amount, grid=Grid.anchored(d(start), rhythm), end=d(until) + ONE_DAY, price_period=rhythm
		)
		assert served_line.grid.period_at(d(start)).last_day == d(last)
		agreed = Contract("C1", NOK, (served_line,), Proration(convention))
		computed.append("; ".join(formula(charge) for charge in plan_charges(agreed, {}, d(until))) or "0.00")
	check(table, computed)


@pytest.mark.parametrize("table", of_kind("What is billed"))
def test_stories(table):
	base = contract(table.intro)
	amendments: list[Amendment] = []
	books = Books()
	computed = []
	for day, event, _billed in table.rows:
		if event == "run":
			computed.append(shown(books.run(amend(base, tuple(amendments)), d(day))))
		else:
			happen(event, day, base, amendments)
			computed.append("")
	check(table, computed)


def contract(intro: str) -> Contract:
	"""The contract that a story's first line describes, such as ``start 2026-04-01 · price 500 per Month``."""
	values: dict[str, str] = {}
	for part in intro.split(" · "):
		name, _, value = part.partition(": ") if ": " in part else part.partition(" ")
		values[name] = value
	start = d(values["start"])
	price, unit = values["price"].split(" per ")
	priced = line(
		values["start"],
		price,
		quantity=values.get("quantity", "1"),
		grid=grid(values.get("periods", "Contract Start"), start, values.get("every", "Month")),
		price_period=Interval(1, Unit(unit)),
		timing=Timing(values.get("Timing", "In Advance")),
	)
	conventions = {field: kind(values[label]) for label, (field, kind) in OPTIONS.items() if label in values}
	lead_days = int(values.get("lead", "0").split()[0])
	known = {"start", "price", "quantity", "periods", "every", "Timing", "lead", *OPTIONS}
	assert set(values) <= known, f"unknown: {set(values) - known}"
	return Contract("C1", NOK, (priced,), lead_days=lead_days, **conventions)


def grid(alignment: str, start: date, every: str) -> Grid:
	"""The grid for what a user chooses under Periods Begin On and Billing Interval."""
	count, _, unit = every.rpartition(" ")
	interval = Interval(int(count or 1), Unit(unit))
	if alignment == "Calendar":
		return Grid.on_calendar(start, interval)
	if alignment.startswith("Billing Day"):
		return Grid.on_billing_day(start, interval, int(alignment.split()[-1]))
	return Grid.anchored(start, interval)


def happen(event: str, day: str, base: Contract, amendments: list[Amendment]) -> None:
	"""Enter or cancel an amendment as a story's table words it."""
	number = len(amendments) + 1
	cancelled = re.fullmatch(rf"the amendment of ({DAY}) is cancelled", event)
	if cancelled:
		amendments[:] = [entry for entry in amendments if entry.id != cancelled[1]]
		return
	last_day = re.fullmatch(rf"terminated, last service day ({DAY})", event)
	if last_day:
		after = (d(last_day[1]) + ONE_DAY).isoformat()
		amendments.append(amendment(after, terminate(last_day[1]), id=day, sequence=number))
		return
	replaced = re.fullmatch(rf"from ({DAY}): replaced by a line at price ([\d.]+)", event)
	if replaced:
		old = base.lines[0]
		new = line(replaced[1], replaced[2], id="L2", grid=old.grid, replaces=old.id)
		amendments.append(amendment(replaced[1], AddLine(new), id=day, sequence=number))
		return
	effective, changed, at_boundary = re.fullmatch(
		rf"from ({DAY}): ([\w. ,]+?)( at the next billing period)?", event
	).groups()
	fields = dict(field.split(" ") for field in changed.split(", "))
	assert set(fields) <= set(Terms.__dataclass_fields__), event
	entered = change(at_boundary=bool(at_boundary), **fields)
	amendments.append(amendment(effective, entered, id=day, sequence=number))


def shown(drafts: list[InvoiceDraft]) -> str:
	"""Documents as the page shows them."""
	return "<br>".join(part for draft in drafts for part in document(draft)) or "nothing"


def document(draft: InvoiceDraft) -> list[str]:
	return [f"**{draft.kind.value} {draft.amount}**", *(row_text(row) for row in draft.rows)]


def row_text(row: Row) -> str:
	first, *deducted = row.charges
	text = f"{first.service.start} – {first.service.last_day}: {formula(first)}"
	return ", less ".join([text, *(formula(charge) for charge in deducted)])
