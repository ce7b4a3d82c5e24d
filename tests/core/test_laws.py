"""The laws of billing, L1 to L29, each tried on generated lives of contracts.

The conventions that a law does not hold for are named in its docstring, and nothing else is left out.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from draws import CONSERVING_CONVENTIONS, PRICES, contracts, lines
from histories import Entry, accepted, course_changes, histories, net
from hypothesis import assume, given
from hypothesis import strategies as st
from lawbook import ADJUSTMENTS, cost, for_all, for_all_histories, periods, settled, wanted
from oracle import Agreed

from billing_ext.core.billing import next_due, plan_charges
from billing_ext.core.contract import (
	Amendment,
	ChangeTerms,
	EndLine,
	Renew,
	Revision,
)
from billing_ext.core.invoicing import plan_invoices
from billing_ext.core.period import Grid, Interval, Period, Unit
from billing_ext.core.proration import Proration, day_count, share
from billing_ext.core.simulation import Books, forecast, simulate

A_FEW_PERIODS = 14
A_FEW_WEEKS = 31
A_FEW_MONTHS = 80


@given(lines(recurring=True), st.integers(-40, 40))
def test_L01_tiling(line, index):
	"""No day is in two billing periods, and none is in no period."""
	ours = [line.grid.period(number) for number in range(index, index + A_FEW_PERIODS)]
	assert all(before.end == after.start for before, after in pairwise(ours))
	assert all(period.days > 0 for period in ours)


@given(lines(recurring=True), st.integers(-60, 60))
def test_L02_anchor(line, index):
	"""A contract billed on the 31st is billed on the 31st again after a short month."""
	boundary = line.grid.boundary(index)
	if line.grid.interval.months:
		last = (
			date(boundary.year + boundary.month // 12, boundary.month % 12 + 1, 1) - timedelta(days=1)
		).day
		assert boundary.day == min(line.grid.day, last)
	else:
		assert (boundary - line.grid.anchor).days == index * line.grid.interval.days


@for_all(histories(CONSERVING_CONVENTIONS))
def test_L03_day_conservation(history):
	"""Every day of service is paid once, at the terms of that day, whatever was amended and whenever billing ran.

	Days that are paused, free or billed elsewhere are not paid. Counted day by day from the amendments themselves; each
	of a period's terms is rounded on its own. Not claimed for actual/360, whose parts do not add up to the whole.
	"""
	books, _ = history.settle()
	billed = settled(history, books)
	unit = history.base.currency.smallest_unit
	agreed = Agreed(history.base, history.standing)
	for line in agreed.lines.values():
		if line.credit:
			continue
		for period in periods(line, history):
			costs = agreed.cost_by_terms(line, period)
			paid = billed.pop((line.id, period), Decimal(0))
			assert abs(sum(costs.values()) - Fraction(paid)) <= Fraction(unit) / 2 * len(costs)
	assert not billed


@for_all_histories
def test_L04_money_conservation(history):
	"""In the end a customer has paid, for every line and period, exactly what the contract says."""
	books, _ = history.settle()
	credits = {line.id for line in history.final.lines if line.credit}
	assert settled(history, books) == {
		key: cost for key, cost in wanted(history).items() if key[0] not in credits
	}


@for_all_histories
def test_L05_idempotence(history):
	"""Running billing twice on one day bills nothing the second time, waiting credits included."""
	books, _ = history.play()
	for day in history.runs[-1:]:
		assert books.run(history.known_on(day), day) == []
	books.run(history.final, history.settlement)
	assert books.run(history.final, history.settlement) == []


@given(histories(), st.lists(st.integers(-30, 400), max_size=8))
def test_L06_run_independence(history, offsets):
	"""An outage of the nightly run costs nobody anything: other run dates end in the same amounts.

	Compared once all lines have ended, for corrections that wait for the next invoice are then out too. How much of a
	credit that was given finds an invoice to be deducted from depends on the invoices.
	"""
	begin = history.base.lines[0].start
	others = sorted(begin + timedelta(days=offset) for offset in offsets)
	some, _ = history.settle()
	other, _ = history.settle(day for day in others if day <= history.end)
	once, _ = history.settle([])
	assert settled(history, some) == settled(history, other) == settled(history, once)
	if history.end <= begin + timedelta(days=A_FEW_WEEKS):
		daily, _ = history.settle(begin + timedelta(days=number) for number in range(A_FEW_WEEKS))
		assert settled(history, daily) == settled(history, once)


@given(histories(), st.randoms(use_true_random=False))
def test_L07_order_independence(history, random):
	"""Two amendments entered in the other order give the same contract, if they take effect on their own dates."""
	entries = list(history.entries)
	random.shuffle(entries)
	shuffled = replace(history, entries=tuple(entries))
	assert shuffled.final.lines == history.final.lines
	assert net(shuffled.settle()[0]) == net(history.settle()[0])


@for_all_histories
def test_L08_backdating_is_doing_it_in_time(history):
	"""An amendment entered late ends in the same amounts as one entered in time, if not in the same documents."""
	in_time = replace(
		history,
		entries=tuple(replace(entry, entered=date.min) for entry in history.entries if not entry.withdrawn),
	)
	assert settled(history, history.settle()[0]) == settled(history, in_time.settle()[0])


@given(histories(), PRICES, st.integers(0, 100))
def test_L09_a_change_that_is_changed_back_on_the_same_day(history, price, offset):
	"""Nothing is billed for it."""
	line = history.base.lines[0]
	effective = line.start + timedelta(days=offset)
	before = history.final.line(line.id).revision_on(effective).terms.price
	there = Amendment("there", effective, (ChangeTerms(line.id, price=price),), 50)
	back = Amendment("back", effective, (ChangeTerms(line.id, price=before),), 51)
	both = history.with_entries(Entry(there, date.min), Entry(back, date.min))
	assert settled(both, both.settle()[0]) == settled(history, history.settle()[0])


@given(histories(), st.sampled_from(["pause", "resume", "renew", "terminate", "end", "price"]), st.data())
def test_L09_an_amendment_that_is_cancelled(history, kind, data):
	"""Leaves the invoices as if it had never been: a pause, a renewal, a termination of any kind."""
	line = history.base.lines[0]
	entered = line.start + timedelta(days=data.draw(st.integers(0, 100)))
	effective = entered
	if kind == "renew":
		effective = history.known_on(entered).term_end or entered
		change = Renew(data.draw(st.sampled_from([1, 12, None])))
	elif kind in ("end", "price"):
		change = EndLine(line.id, entered) if kind == "end" else ChangeTerms(line.id, price=data.draw(PRICES))
	else:
		change = data.draw(course_changes(kind, entered))
	undone = Entry(Amendment("undone", effective, (change,), 50), entered, entered + timedelta(days=40))
	taken = accepted(history.base, (*history.entries, undone))
	assume(replace(undone, withdrawn=None) not in taken)
	without = tuple(entry for entry in taken if entry != undone)
	for_ever = replace(history, entries=without)
	assert settled(replace(history, entries=taken), replace(history, entries=taken).settle()[0]) == settled(
		for_ever, for_ever.settle()[0]
	)


@given(contracts(CONSERVING_CONVENTIONS), st.data())
def test_L10_split_invariance(agreed, data):
	"""Cutting a period where nothing changes does not change what it costs. Not claimed for actual/360."""
	contract, line = agreed
	period = line.grid.period(line.grid.index_at(line.start) + data.draw(st.integers(0, 2)))
	cuts = data.draw(st.lists(st.integers(1, period.days), max_size=4))
	terms = line.history[0].terms
	days = sorted({period.start + timedelta(days=cut) for cut in cuts} - {line.start})
	days = [day for day in days if day > line.start]
	cut = replace(line, history=(*line.history, *(Revision(day, terms) for day in days)))
	assert cost(contract, line.id, period) == cost(replace(contract, lines=(cut,)), line.id, period)


@given(contracts(), st.integers(0, 40))
def test_L12_full_periods_cost_the_full_price(agreed, index):
	"""A whole billing period costs its price, whether the month has 28 days or 31."""
	contract, line = agreed
	period = line.grid.period(line.grid.index_at(line.start) + index)
	if period.start >= line.start:
		full = contract.currency.round(line.history[0].terms.amount * line.price_factor)
		assert cost(contract, line.id, period) == full


@given(contracts(), PRICES, st.data())
def test_L13_bounds_and_monotonicity(agreed, price, data):
	"""No part of a period costs more than the whole, more days never cost less, and an upgrade never pays the customer.

	A part is at most the whole price, but under actual/360 at most 31/30 of it; with a free or full first period the
	days of that period are not compared. An upgrade and the rest of its period are rounded each on their own, so an
	upgrade that is worth less than a smallest unit may come out one unit off.
	"""
	contract, line = agreed
	period = line.grid.period_at(line.start)
	period = period if period.start == line.start else line.grid.period_at(period.end)
	shorter, longer = sorted(data.draw(st.integers(1, period.days)) for _ in range(2))
	costs = [
		cost(
			replace(contract, lines=(replace(line, end=period.start + timedelta(days=days)),)),
			line.id,
			period,
		)
		for days in (shorter, longer, period.days)
	]
	assert 0 <= costs[0] <= costs[1]
	assert costs[1] <= costs[2] or contract.proration.value == "Actual/360"
	upgrade = replace(
		line,
		history=(
			*line.history,
			Revision(period.start + timedelta(days=shorter), replace(line.history[0].terms, price=price)),
		),
	)
	same = replace(
		upgrade, history=(*line.history, Revision(upgrade.history[-1].effective, line.history[0].terms))
	)
	before, after = (cost(replace(contract, lines=(cut,)), line.id, period) for cut in (same, upgrade))
	unit = contract.currency.smallest_unit
	if price >= line.history[0].terms.price:
		assert after >= before - unit
	else:
		assert after <= before + unit


@given(contracts(), st.integers(0, 50))
def test_L14_linearity(agreed, seats):
	"""Ten seats cost ten times one seat, up to half a smallest unit per seat."""
	contract, line = agreed
	period = line.grid.period_at(line.start)

	def for_seats(quantity: int) -> Decimal:
		terms = replace(line.history[0].terms, quantity=Decimal(quantity))
		sized = replace(line, history=(replace(line.history[0], terms=terms),))
		return cost(replace(contract, lines=(sized,)), line.id, period)

	assert abs(for_seats(seats) - seats * for_seats(1)) <= (seats + 1) * contract.currency.smallest_unit / 2


@given(contracts(), st.sampled_from(Proration), st.integers(0, 30), st.integers(1, 40))
def test_L15_conventions(agreed, convention, index, days):
	"""A whole period is one price under every convention, and a calendar month has 30 days under 30/360, cut anywhere."""
	_, line = agreed
	period = line.grid.period(index)
	assert share(convention, line.grid, period, period) == 1
	calendar = Grid.on_calendar(line.start, Interval(1, Unit.MONTH))
	month = calendar.period(index)
	cut = min(month.start + timedelta(days=days), month.end - timedelta(days=1))
	parts = Period(month.start, cut), Period(cut, month.end)
	assert sum(day_count(Proration.THIRTY_360, calendar, month, part)[0] for part in parts) == 30


@for_all_histories
def test_L16_preview_equals_posting(history):
	"""A preview for a date is what is then billed, and a forecast is what will be billed, on no day earlier."""
	books, _ = history.play()
	start = max([*history.runs, history.base.lines[0].start])
	contract = history.known_on(start)
	preview = plan_invoices(contract, books.ledger, tuple(books.carriers), start)
	assert preview == books.run(contract, start)
	foreseen = Books(list(books.entries), list(books.carriers), books.documents)
	announced = list(forecast(contract, foreseen, start, 3))
	dates = {day for day, _ in announced}
	nights = (
		dates
		| {day - timedelta(days=1) for day in dates}
		| {start + timedelta(days=days) for days in (1, 2, 9)}
	)
	runs = [(day, contract) for day in sorted(nights) if start < day <= max(dates, default=date.max)]
	happened = [(day, drafts) for day, drafts in simulate(runs, books) if drafts]
	assert happened == announced


@for_all_histories
def test_L16_the_next_due_date(history):
	"""It is the first day on which a run would bill something new, found by trying each of the days that follow."""
	books, _ = history.play()
	start = max([*history.runs, history.base.lines[0].start])
	contract = history.known_on(start)
	books.run(contract, start)
	announced = next_due(contract, books.ledger, start)
	for day in (start + timedelta(days=number) for number in range(1, A_FEW_MONTHS)):
		charges = plan_charges(contract, books.ledger, day)
		if any(charge.kind not in ADJUSTMENTS for charge in charges):
			assert day == announced
			return
	assert announced is None or announced > day


@for_all_histories
def test_L25_precision(history):
	"""No amount has a fraction of the smallest unit."""
	books, _ = history.settle()
	digits = history.base.currency.digits
	assert all(-entry.amount.as_tuple().exponent == digits for entry in books.entries)


@for_all_histories
def test_L29_concurrency(history):
	"""Two runs at the same moment plan the same keys, so the ledger's unique key lets only one of them post."""
	books, _ = history.play()
	taken = {f"{entry.line}|{entry.period.start}|{entry.sequence}" for entry in books.entries}
	assert len(taken) == len(books.entries)
	first, second = (
		[
			charge.key
			for draft in plan_invoices(history.final, books.ledger, books.carriers, history.settlement)
			for row in draft.rows
			for charge in row.charges
		]
		for _ in range(2)
	)
	assert first == second
	assert len({*first}) == len(first)
	assert not taken & {*first}
