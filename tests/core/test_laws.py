"""The laws of billing, L1 to L29, each tried on generated lives of contracts.

The conventions that a law does not hold for are named in its docstring, and nothing else is left out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from found import FOUND
from histories import CONSERVING_CONVENTIONS, PRICES, Entry, History, contracts, histories, lines, net
from hypothesis import example, given
from hypothesis import strategies as st
from oracle import cost_by_terms

from billing_ext.core.billing import ChargeKind, expected, next_due, plan_charges
from billing_ext.core.contract import (
	Amendment,
	ChangeTerms,
	Contract,
	CorrectionBilling,
	CreditHandling,
	EndLine,
	Revision,
)
from billing_ext.core.invoicing import DocumentKind, plan_invoices
from billing_ext.core.period import Grid, Interval, Period, Unit
from billing_ext.core.proration import Proration, day_count, share
from billing_ext.core.simulation import Books, forecast, simulate

A_FEW_PERIODS = 14
A_FEW_WEEKS = 31


def for_all(strategy):
	"""For the generated histories, and for those that once broke a law."""

	def decorate(law):
		for history in FOUND:
			law = example(history)(law)
		return given(strategy)(law)

	return decorate


for_all_histories = for_all(histories())


def cost(contract: Contract, line_id: str, period: Period) -> Decimal:
	line = contract.line(line_id)
	return sum((segment.amount for segment in expected(contract, line, period)), Decimal(0))


def wanted(history: History) -> dict[tuple[str, Period], Decimal]:
	"""What each period costs under the terms that stand in the end."""
	costs = {}
	for line in history.final.lines:
		if line.one_off:
			periods = [Period(line.start, line.start + timedelta(days=1))]
		else:
			first, last = line.grid.index_at(line.start), line.grid.index_at(max(line.start, history.end))
			periods = [line.grid.period(index) for index in range(first, last + 1)]
		costs |= {(line.id, period): cost(history.final, line.id, period) for period in periods}
	return {key: amount for key, amount in costs.items() if amount}


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

	Counted day by day; each of a period's terms is rounded on its own. Not claimed for actual/360, whose parts do not
	add up to the whole.
	"""
	books, _ = history.settle()
	billed = net(books)
	unit = history.base.currency.smallest_unit
	for line in history.final.lines:
		if line.one_off:
			continue
		first, last = line.grid.index_at(line.start), line.grid.index_at(max(line.start, history.end))
		for period in (line.grid.period(index) for index in range(first, last + 1)):
			costs = cost_by_terms(history.final, line, period)
			paid = billed.get((line.id, period), Decimal(0))
			assert abs(sum(costs.values()) - Fraction(paid)) <= Fraction(unit) / 2 * len(costs)


@for_all_histories
def test_L04_money_conservation(history):
	"""In the end a customer has paid, for every line and period, exactly what the contract says."""
	books, _ = history.settle()
	assert net(books) == wanted(history)


@for_all_histories
def test_L05_idempotence(history):
	"""Running billing twice on one day bills nothing the second time, waiting credits included."""
	books, _ = history.play()
	for day in history.runs[-1:]:
		assert books.run(history.known_on(day), day) == []
	books.run(history.final, history.settlement)
	assert books.run(history.final, history.settlement) == []
	assert plan_charges(history.final, books.ledger, history.settlement) == []


@given(histories(), st.lists(st.integers(-30, 400), max_size=8))
def test_L06_run_independence(history, offsets):
	"""An outage of the nightly run costs nobody anything: other run dates end in the same amounts.

	Compared once all lines have ended, for corrections that wait for the next invoice are then out too.
	"""
	begin = history.base.lines[0].start
	others = sorted(begin + timedelta(days=offset) for offset in offsets)
	some, _ = history.settle()
	other, _ = history.settle(day for day in others if day <= history.end)
	once, _ = history.settle([])
	assert net(some) == net(other) == net(once)
	if history.end <= begin + timedelta(days=A_FEW_WEEKS):
		daily, _ = history.settle(begin + timedelta(days=number) for number in range(A_FEW_WEEKS))
		assert net(daily) == net(once)


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
	assert net(history.settle()[0]) == net(in_time.settle()[0])


@given(histories(), PRICES, st.integers(0, 100))
def test_L09_reversal(history, price, offset):
	"""A change that is changed back on the same day, or cancelled, leaves the invoices as if it had never been."""
	line = history.base.lines[0]
	effective = line.start + timedelta(days=offset)
	before = history.final.line(line.id).revision_on(effective).terms.price
	there = Amendment("there", effective, (ChangeTerms(line.id, price=price),), 50)
	back = Amendment("back", effective, (ChangeTerms(line.id, price=before),), 51)
	ended = Amendment("ended", effective, (EndLine(line.id, effective),), 52)
	settled = net(history.settle()[0])
	assert net(history.with_entries(Entry(there, date.min), Entry(back, date.min)).settle()[0]) == settled
	for undone in (there, ended):
		entered, withdrawn = effective, effective + timedelta(days=40)
		assert net(history.with_entries(Entry(undone, entered, withdrawn)).settle()[0]) == settled


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


@for_all_histories
def test_L11_credit_cap(history):
	"""Nobody is credited more than was billed: no document has the wrong sign, no row is credited beyond its amount."""
	books, drafts = history.settle()
	assert all(draft.amount >= 0 for draft in drafts if draft.kind is DocumentKind.INVOICE)
	assert all(row.amount >= 0 for draft in drafts if not draft.against for row in draft.rows)
	assert all(row.amount < 0 and row.corrects for draft in drafts if draft.against for row in draft.rows)
	assert all(charge.amount for draft in drafts for row in draft.rows for charge in row.charges)
	credited = Counter()
	for draft in drafts:
		for row in draft.rows:
			credited[row.corrects] -= row.amount if row.corrects else 0
	posted = {row.charges[0].key: row.amount for draft in drafts if not draft.against for row in draft.rows}
	assert all(total <= posted[key] for key, total in credited.items() if key)
	assert all(
		carrier.remaining == posted[carrier.entry] - credited[carrier.entry] for carrier in books.carriers
	)


@for_all_histories
def test_L11_no_credit_is_forgotten(history):
	"""After a run, a credit is out, or a later charge of its line is there to carry it, or it waits for an invoice."""
	books, _ = history.play()
	day = max([*history.runs, history.base.lines[0].start])
	contract = history.known_on(day)
	books.run(contract, day)
	left = plan_charges(contract, books.ledger, day)
	if all(charge.kind is ChargeKind.CORRECTION for charge in left) and _waits(contract, books, day):
		return
	assert all(charge.amount < 0 for charge in left)
	for charge in left:
		assert contract.credit_handling is CreditHandling.NEXT_INVOICE
		family = [line for line in contract.lines if line.id == charge.line or line.replaces]
		assert next_due(replace(contract, lines=tuple(family)), books.ledger, day)


def _waits(contract: Contract, books: Books, day: date) -> bool:
	waiting = contract.correction_billing is CorrectionBilling.NEXT_INVOICE
	return waiting and next_due(contract, books.ledger, day) is not None


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
