"""How amendments fold into a contract's terms."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from builders import (
	MONTH,
	QUARTER,
	WEEK,
	YEAR,
	added,
	amended,
	amendment,
	change,
	contract,
	d,
	end,
	line,
	one_off,
	span,
	terminate,
	terms,
)

from billing_ext.core.contract import Revision
from billing_ext.core.errors import DomainError
from billing_ext.core.period import Interval, Unit

BASE = contract(line("2024-01-15", "500"))


def history(agreed, line_id="L1"):
	return [(str(part.effective), part.terms, part.amendment) for part in agreed.line(line_id).history]


def test_terms_multiply_exactly():
	"""3 × 19.95 with 10 % off is 53.865, before any rounding."""
	assert terms("19.95", "3", "10").amount == Fraction("53.865")


def test_change_applies_from_its_day():
	"""The day of the change belongs to the new terms."""
	changed = amended(BASE, amendment("2024-02-10", change(price="750")))
	assert changed.line("L1").revision_on(d("2024-02-09")).terms == terms("500")
	assert changed.line("L1").revision_on(d("2024-02-10")).terms == terms("750")
	assert changed.line("L1").revision_on(d("2023-12-31")).terms == terms("500")


def test_fields_are_folded_one_by_one():
	"""A later change of the quantity keeps an earlier change of the price."""
	changed = amended(
		BASE,
		amendment("2024-03-01", change(quantity="4"), id="seats"),
		amendment("2024-02-01", change(price="750"), id="price"),
	)
	assert history(changed) == [
		("2024-01-15", terms("500"), ""),
		("2024-02-01", terms("750"), "price"),
		("2024-03-01", terms("750", "4"), "seats"),
	]


def test_on_one_day_the_last_entered_wins_field_by_field():
	"""Two corrections on one day leave one change, with the last price and the first one's discount."""
	changed = amended(
		BASE,
		amendment("2024-02-01", change(price="900"), id="second", sequence=2),
		amendment("2024-02-01", change(price="750", discount="5"), id="first", sequence=1),
	)
	assert history(changed) == [
		("2024-01-15", terms("500"), ""),
		("2024-02-01", terms("900", "1", "5"), "second"),
	]


def test_there_and_back_on_one_day_leaves_no_trace():
	"""A change that is changed back on its day is no change."""
	there = amendment("2024-02-01", change(price="750"), sequence=1)
	back = amendment("2024-02-01", change(price="500"), sequence=2)
	assert amended(BASE, there, back) == BASE


def test_a_change_that_changes_nothing_is_not_blamed():
	"""An amendment to the same price is not named as the reason of a charge."""
	same = amendment("2024-01-15", change(price="500"), id="same")
	assert history(amended(BASE, same)) == [("2024-01-15", terms("500"), "")]


def test_change_at_boundary_waits():
	"""A downgrade at the next boundary starts with the next billing period, or at once on a boundary."""
	waiting = change(price="300", at_boundary=True)
	assert history(amended(BASE, amendment("2024-02-16", waiting)))[-1][0] == "2024-03-15"
	assert history(amended(BASE, amendment("2024-02-15", waiting)))[-1][0] == "2024-02-15"


def test_changes_are_ordered_by_when_they_really_take_effect():
	"""An amendment that waits for the boundary does not override one that takes effect in between."""
	changed = amended(
		BASE,
		amendment("2024-02-16", change(price="300", at_boundary=True), id="waits", sequence=1),
		amendment("2024-03-01", change(price="750"), id="now", sequence=2),
	)
	assert [part[::2] for part in history(changed)[1:]] == [("2024-03-01", "now"), ("2024-03-15", "waits")]


def test_a_line_can_be_added_and_changed():
	"""A line that an amendment brought can be amended, in whatever order the two are given."""
	extra = added(line("2024-03-01", "100", "L2"), id="add")
	changed = amended(BASE, amendment("2024-04-01", change("L2", price="120"), id="raise"), extra)
	assert history(changed, "L2") == [("2024-03-01", terms("100"), ""), ("2024-04-01", terms("120"), "raise")]


def test_a_successor_ends_its_predecessor():
	"""Another billing interval is another line, without a day between the two."""
	yearly = line("2024-04-10", "5000", "L2", interval=YEAR, replaces="L1")
	changed = amended(BASE, added(yearly, id="to yearly"))
	assert (changed.line("L1").end, changed.line("L1").ended_by) == (d("2024-04-10"), "to yearly")


def test_two_successors_on_one_day_follow_each_other():
	"""A plan that is changed twice on one day has both steps, in the order in which they were entered."""
	second = replace(added(line("2024-04-10", "700", "L3", replaces="L2"), id="second"), sequence=2)
	first = replace(added(line("2024-04-10", "600", "L2", replaces="L1"), id="first"), sequence=1)
	changed = amended(BASE, second, first)
	assert [part.active for part in changed.lines] == [True, False, True]
	assert changed.line("L1").end == d("2024-04-10")


def test_the_last_day_is_served():
	"""The last day of service that a user enters is still a day of service."""
	assert amended(BASE, amendment("2024-05-20", end("2024-05-20"))).line("L1").end == d("2024-05-21")


def test_the_earliest_end_counts():
	"""A line that is ended twice ends at the earlier date, whichever was entered last."""
	changed = amended(
		BASE,
		amendment("2024-05-20", end("2024-05-20"), id="A"),
		amendment("2024-05-01", end("2024-06-30"), id="B"),
	)
	assert (changed.line("L1").end, changed.line("L1").ended_by) == (d("2024-05-21"), "A")


def test_termination_ends_every_line_and_spares_what_was_delivered():
	"""A termination ends all lines; a one-off that was due before stays, one that was to come does not."""
	base = contract(line("2024-01-15"), one_off("2024-01-20", "99"), one_off("2024-09-01", "99", "O2"))
	changed = amended(base, amendment("2024-06-30", terminate("2024-06-30")))
	assert changed.line("L1").end == d("2024-07-01")
	assert changed.line("O1").active
	assert not changed.line("O2").active


def test_an_end_before_the_start_leaves_no_service():
	"""A line that is ended before it starts is never served."""
	changed = amended(BASE, amendment("2024-01-15", end("2024-01-01")))
	assert not changed.line("L1").active
	assert changed.line("L1").service_in(span("2024-01-15", "2024-02-15")) is None


@pytest.mark.parametrize(
	("interval", "price_period", "factor"),
	[
		(MONTH, None, "1"),
		(MONTH, YEAR, "1/12"),
		(YEAR, MONTH, "12"),
		(QUARTER, YEAR, "1/4"),
		(WEEK, WEEK, "1"),
		(Interval(2, Unit.WEEK), WEEK, "2"),
	],
)
def test_price_per_year_billed_monthly(interval, price_period, factor):
	"""A price per year that is billed monthly costs a twelfth each month."""
	assert line("2024-01-01", interval=interval, price_period=price_period).price_factor == Fraction(factor)


@pytest.mark.parametrize(
	("amendments", "code"),
	[
		([amendment("2024-02-01", change("L9", price="1"))], "unknown_line"),
		([amendment("2024-02-01", end("2024-02-01", "L9"))], "unknown_line"),
		([added(line("2024-02-01"))], "duplicate_line"),
		([added(line("2024-02-01", id="L2", replaces="L9"))], "unknown_line"),
		([amendment("2024-01-14", change(price="1"))], "terms_before_line_start"),
	],
)
def test_impossible_amendments_are_refused(amendments, code):
	"""An amendment that names no line, or a day before its line, is refused by name."""
	with pytest.raises(DomainError) as error:
		amended(BASE, *amendments)
	assert error.value.code == code


def test_weeks_do_not_divide_into_months():
	"""A monthly price cannot be billed weekly: no rule converts the two."""
	with pytest.raises(DomainError) as error:
		_ = line("2024-01-01", interval=WEEK, price_period=MONTH).price_factor
	assert error.value.code == "price_period"


def test_first_terms_hold_before_their_day():
	"""A look-up before the start answers with the first terms rather than none."""
	assert BASE.line("L1").revision_on(d("2020-01-01")) == Revision(d("2024-01-15"), terms("500"))
	with pytest.raises(DomainError):
		BASE.line("L9")
