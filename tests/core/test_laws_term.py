"""Laws of a contract's term: ramps (L27), renewals (L28), pauses, and amendments that do not wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate, pairwise

import pytest
from builders import MONTH, amended, amendment, change, contract, d, end, line, terminate
from draws import CONVENTIONS, PRICES, STARTS, contracts
from histories import histories
from hypothesis import given
from hypothesis import strategies as st

from billing_ext.core.amending import amend
from billing_ext.core.billing import ChargeKind, expected
from billing_ext.core.contract import (
	Amendment,
	ChangeTerms,
	Contract,
	ContractLine,
	CorrectionBilling,
	Pause,
	Renew,
	Resume,
	Terminate,
)
from billing_ext.core.errors import DomainError
from billing_ext.core.period import Grid, Interval, Period, Unit, add_months
from billing_ext.core.proration import Proration
from billing_ext.core.renewal import last_cancellation_day, percent_factor, renewed_lines, renewed_price
from billing_ext.core.simulation import Books

NOTICES = st.builds(Interval, st.integers(1, 12), st.sampled_from([Unit.DAY, Unit.WEEK, Unit.MONTH]))
TERMS = st.lists(st.sampled_from([1, 1, 3, 12]), min_size=1, max_size=6)


def billed_by_interval(agreed: Contract, cuts: list[date]) -> list[Decimal]:
	"""What the line's rows between each two of ``cuts`` add up to; every row lies in one interval."""
	(one,) = agreed.lines
	index = one.grid.index_at(cuts[0])
	last = one.grid.index_at(cuts[-1])
	rows = [
		row for number in range(index, last + 1) for row in expected(agreed, one, one.grid.period(number))
	]
	totals = [
		sum((row.amount for row in rows if row.service.intersect(part) == row.service), Decimal(0))
		for part in (Period(*pair) for pair in pairwise(cuts))
	]
	assert sum(totals) == sum(row.amount for row in rows)
	return totals


@given(contracts(), st.lists(st.tuples(st.integers(1, 900), PRICES), max_size=4), st.data())
def test_L27_ramp_totals(agreed, steps, data):
	"""The intervals of a ramp add up to the contract's total value, and so do any others that they are cut into."""
	base, one = agreed
	term_end = one.start + timedelta(days=data.draw(st.integers(30, 1_000)))
	days = sorted({one.start + timedelta(days=offset) for offset, _ in steps})
	changes = [ChangeTerms(one.id, price=price) for _, price in steps]
	ramp = tuple(Amendment("", day, (change,)) for day, change in zip(days, changes, strict=False))
	base = replace(base, start=one.start, term_end=term_end, lines=(replace(one, follows_term=True),))
	total = sum((draft.amount for draft in Books().run(amend(base, ramp), term_end)), Decimal(0))
	others = [one.start + timedelta(days=data.draw(st.integers(1, 999))) for _ in range(3)]
	for inside in ([day for day in days if day < term_end], [day for day in others if day < term_end]):
		cuts = sorted({one.start, term_end, *inside})
		cut = replace(base, lines=(replace(base.lines[0], cuts=tuple(inside)),))
		assert sum(billed_by_interval(amend(cut, ramp), cuts)) == total


def test_L27_zuoras_ramp():
	"""Zuora's example: billed every half-year on the 10th, reported by calendar year and by price; 5400.97 in all."""
	days = [d("2021-01-01"), d("2022-01-01"), d("2022-07-01"), d("2023-01-01"), d("2024-01-01")]
	half_year = Interval(1, Unit.HALF_YEAR)
	grid = Grid.on_billing_day(days[0], half_year, 10)
	one = line("2021-01-01", "100", grid=grid, price_period=MONTH, follows_term=True)
	agreed = contract(one, proration=Proration.MONTHS_FIRST, start=days[0], term_end=days[-1])
	raised = amendment("2022-07-01", change(price="200"))

	def by_interval(*cuts: date) -> list[str]:
		cut = replace(agreed, lines=(replace(one, cuts=cuts[1:-1]),))
		return [str(total) for total in billed_by_interval(amended(cut, raised), [*cuts])]

	assert by_interval(*days) == ["1200.00", "599.03", "1201.94", "2400.00"]
	assert by_interval(days[0], days[-1]) == ["5400.97"]


@given(STARTS, TERMS, NOTICES, PRICES, st.sampled_from(["0", "3.5", "10", "-5"]), CONVENTIONS)
def test_L28_renewals(start, months, notice, price, percent, conventions):
	"""Each term begins the day after the one before, on the contract's own day of the month, at a price raised once.

	The last day to cancel lies in the term or before it, and never after its last day.
	"""
	one = ContractLine(
		"L1", start, (line(str(start), str(price)).history), Grid.anchored(start, MONTH), MONTH
	)
	first, *others = accumulate(months)
	agreed = Contract(
		"C",
		lines=(replace(one, follows_term=True),),
		start=start,
		term_end=add_months(start, first),
		**conventions,
	)
	prices, renewals = [price], []
	for number, term in enumerate(months[1:], start=1):
		now = amend(agreed, tuple(renewals))
		assert [carried.id for carried in renewed_lines(now)] == ["L1"]
		prices.append(renewed_price(prices[-1], percent_factor(Decimal(percent)), now.currency))
		uplift = ChangeTerms("L1", price=prices[-1])
		renewals.append(Amendment(f"R{number}", now.term_end, (Renew(term), uplift), number))
	ends = [amend(agreed, tuple(renewals[:count])).term_end for count in range(len(months))]
	assert ends == [add_months(start, total) for total in (first, *others)]
	final = amend(agreed, tuple(renewals))
	began = [None, *ends][len(months) - 1]  # a first term did not begin by a renewal
	assert (final.renewed_on, final.lines[0].end) == (began, ends[-1])
	for begin, finish, cost in zip([start, *ends], ends, prices, strict=False):
		assert last_cancellation_day(finish, notice) < finish
		for day in (begin, finish - timedelta(days=1)):
			assert final.lines[0].revision_on(day).terms.price == cost
	for renewal in renewals:
		again = replace(renewal, id="again", sequence=99)
		with pytest.raises(DomainError, match="renewal_date"):
			amend(agreed, (*renewals, again))


@given(
	STARTS,
	st.lists(
		st.tuples(
			st.integers(0, 300), st.sampled_from([1, 9, 31, 70, None]), st.sampled_from([None, 1, 5, 30])
		),
		min_size=1,
		max_size=4,
	),
)
def test_a_pause_that_extends_the_term_costs_no_day_of_service(start, pauses):
	"""However pauses overlap and whenever service begins again: the customer is served for as many days as agreed."""
	agreed = replace(
		contract(line(str(start), follows_term=True)), start=start, term_end=add_months(start, 12)
	)
	days = (agreed.term_end - start).days
	taken = ()
	for number, (offset, length, resumed) in enumerate(pauses):
		on = start + timedelta(days=offset)
		until = None if length is None else on + timedelta(days=length)
		steps = [Amendment(f"P{number}", on, (Pause(until, extends_term=True),), number)]
		if resumed is not None or until is None:
			steps.append(Amendment(f"R{number}", on + timedelta(days=resumed or 1), (Resume(),), number + 20))
		try:
			amend(agreed, (*taken, *steps))
		except DomainError:  # the product refuses it
			continue
		taken += tuple(steps)
	final = amend(agreed, taken)
	paused = sum(
		part.days
		for pause in final.lines[0].pauses
		if (part := pause.intersect(Period(start, final.term_end)))
	)
	assert (final.term_end - start).days - paused == days


@given(histories())
def test_no_row_goes_over_a_change_of_tax(history):
	"""A row has one tax rate, so its days lie before the change or after it."""
	_, drafts = history.settle()
	cuts = {one.id: one.cuts for one in history.final.lines}
	for charge in (charge for draft in drafts for row in draft.rows for charge in row.charges):
		if charge.kind is ChargeKind.RECURRING:
			service = charge.service
			assert not [cut for cut in cuts.get(charge.line, ()) if service.start < cut < service.end]


JUNE = contract(line("2024-06-01"), correction_billing=CorrectionBilling.NEXT_INVOICE)


@pytest.mark.parametrize(
	"changes",
	[
		(Pause(d("2024-06-20")),),
		(ChangeTerms("L1", price=Decimal(400)),),
		(end("2024-06-15"),),
		(Terminate(d("2024-06-15")),),
	],
)
@pytest.mark.parametrize("at_once", [False, True])
def test_an_amendment_whose_differences_do_not_wait(changes, at_once):
	"""The credit goes out with the next run, though the contract lets others wait for the next invoice."""
	books = Books()
	base = replace(JUNE, lines=(*JUNE.lines, line("2024-06-01", id="L2")))
	books.run(base, d("2024-06-01"))
	agreed = amend(base, (Amendment("A1", d("2024-06-10"), changes, at_once=at_once),))
	drafts = books.run(agreed, d("2024-06-11"))
	terminated = isinstance(changes[0], Terminate)  # then no invoice will follow to wait for
	assert bool(drafts) == (at_once or terminated)


def test_service_that_begins_again_at_once():
	"""What it costs is billed with the next run too."""
	books = Books()
	paused = Amendment("A1", d("2024-06-10"), (Pause(),), 1, at_once=True)
	books.run(JUNE, d("2024-06-01"))
	books.run(amend(JUNE, (paused,)), d("2024-06-10"))
	for at_once, documents in ((False, 0), (True, 1)):
		resumed = Amendment("A2", d("2024-06-16"), (Resume(),), 2, at_once=at_once)
		drafts = Books(list(books.entries), list(books.carriers)).run(
			amend(JUNE, (paused, resumed)), d("2024-06-16")
		)
		assert len(drafts) == documents


def test_a_line_that_is_ended_on_the_last_day_of_the_term_is_not_renewed():
	"""Its end is now sure, whatever becomes of the term."""
	agreed = contract(
		line("2024-01-01", follows_term=True),
		line("2024-01-01", id="L2", follows_term=True),
		start=d("2024-01-01"),
		term_end=d("2025-01-01"),
	)
	ended = amended(agreed, amendment("2025-01-01", end("2024-12-31")))
	assert [one.id for one in renewed_lines(ended)] == ["L2"]
	assert renewed_lines(amended(agreed, amendment("2025-01-01", terminate("2024-12-31")))) == ()
