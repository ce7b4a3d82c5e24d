"""What follows a failed call: the state, the wait, and whether anything may be sent again."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_ext.integrations.tripletex import delivery
from billing_ext.integrations.tripletex.delivery import Found, Operation, Progress, State
from billing_ext.integrations.tripletex.errors import Kind

NOW = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
FRESH = Progress()


def after_write(kind, progress=FRESH, **values):
	return delivery.after_failed_write(kind, progress, NOW, **values)


def test_a_lost_answer_is_looked_up_after_a_minute_and_never_sent_at_once():
	step = after_write(Kind.UNKNOWN)
	assert (step.state, step.retry_at - NOW) == (State.UNKNOWN, timedelta(seconds=60))


def test_it_is_sent_again_only_after_two_looks_five_minutes_apart():
	first = delivery.after_look_up(Found.ABSENT, Operation.INVOICE, FRESH, NOW)
	assert (first.state, first.retry_at - NOW) == (State.UNKNOWN, timedelta(minutes=5))
	second = delivery.after_look_up(Found.ABSENT, Operation.INVOICE, first.progress, NOW)
	assert (second.state, second.retry_at) == (State.PENDING, NOW)


def test_whether_an_invoice_was_sent_to_the_customer_is_for_a_person_to_find_out():
	step = delivery.after_look_up(Found.ABSENT, Operation.SEND, replace(FRESH, absent_reads=9), NOW)
	assert (step.state, step.code) == (State.BLOCKED, "sent_or_not")


def test_something_else_under_our_number_is_for_a_person():
	step = delivery.after_look_up(Found.DIFFERENT, Operation.INVOICE, FRESH, NOW)
	assert (step.state, step.code) == (State.BLOCKED, "number_taken")


def test_what_was_found_is_read_back():
	assert delivery.after_look_up(Found.EQUAL, Operation.INVOICE, FRESH, NOW).state is State.VERIFYING


def test_too_many_calls_count_as_no_attempt():
	later = NOW + timedelta(seconds=7)
	step = after_write(Kind.WAIT, retry_at=later)
	assert (step.state, step.retry_at, step.progress.attempts) == (State.PENDING, later, 0)


def test_a_stale_object_is_read_and_sent_anew_once():
	first = after_write(Kind.STALE)
	assert (first.state, first.rebuild) == (State.PENDING, True)
	assert after_write(Kind.STALE, first.progress).state is State.BLOCKED


def test_a_taken_number_is_looked_up_at_once():
	step = after_write(Kind.DUPLICATE)
	assert (step.state, step.retry_at) == (State.UNKNOWN, NOW)


def test_refused_tokens_pause_the_company():
	assert after_write(Kind.AUTH).pause
	assert delivery.after_failed_read(State.VERIFYING, Kind.AUTH, FRESH, NOW).pause


@pytest.mark.parametrize("kind", [Kind.RIGHTS, Kind.MISSING, Kind.CONFLICT, Kind.INVALID])
def test_what_is_refused_is_for_a_person(kind):
	assert after_write(kind).state is State.BLOCKED


@given(st.sampled_from(Kind), st.sampled_from([State.UNKNOWN, State.VERIFYING]), st.integers(0, 50))
def test_a_failed_look_never_lets_anything_be_sent(kind, state, look_ups):
	step = delivery.after_failed_read(state, kind, Progress(look_ups=look_ups), NOW, NOW)
	assert step.state is state


@given(st.lists(st.sampled_from(Found), max_size=12))
def test_absence_is_proved_by_two_looks_in_a_row(looks):
	progress = FRESH
	for index, found in enumerate(looks):
		step = delivery.after_look_up(found, Operation.INVOICE, progress, NOW)
		if step.state is State.PENDING:
			assert looks[index - 1 : index + 1] == [Found.ABSENT, Found.ABSENT]
		if step.state is not State.UNKNOWN:
			break
		progress = step.progress


def test_the_waits_grow_to_a_day():
	waits = [delivery.ladder(step) for step in range(1, 9)]
	assert waits == sorted(waits)
	assert (waits[0], waits[-1]) == (timedelta(minutes=1), timedelta(days=1))


@pytest.mark.parametrize(
	("in_a_row", "failing", "calls", "rests"),
	[(4, 4, 9, False), (5, 5, 5, True), (1, 5, 10, True), (1, 4, 10, False), (0, 0, 0, False)],
)
def test_a_queue_rests_when_tripletex_does_not_answer(in_a_row, failing, calls, rests):
	assert delivery.must_rest(in_a_row, failing, calls) is rests


def test_dependencies_come_before_what_needs_them():
	assert Operation.CUSTOMER.level < Operation.INVOICE.level < Operation.CREDIT_NOTE.level
	assert Operation.CREDIT_NOTE.level < Operation.MATCH_CREDIT.level


def test_what_is_taken_but_cannot_be_found_is_for_a_person_and_not_sent_for_ever():
	step = delivery.after_look_up(Found.ABSENT, Operation.INVOICE, FRESH, NOW, refused=True)
	assert (step.state, step.code) == (State.BLOCKED, "duplicate_not_found")
