"""Numbers, KID and series."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_ext.integrations.tripletex.numbering import (
	KID_LENGTHS,
	MAX_NUMBER,
	Gap,
	check_kid,
	in_range,
	kid_for,
	range_problem,
	ranges_meet,
	series_doubles,
	series_gaps,
)


def test_the_kid_of_the_guides_example():
	assert kid_for(500123, 10) == "0005001235"


def luhn(digits: str) -> int:
	"""MOD10 by its definition: weights 2 and 1 from the right, sums of digits."""
	total = 0
	for index, digit in enumerate(reversed(digits)):
		product = int(digit) * (2 if index % 2 == 0 else 1)
		total += product // 10 + product % 10
	return -total % 10


@given(st.integers(1, 999_999), st.sampled_from(KID_LENGTHS))
def test_a_kid_has_its_length_its_number_and_its_check_digit(number, length):
	kid = kid_for(number, length)
	assert (len(kid), int(kid[:-1]), int(kid[-1])) == (length, number, luhn(kid[:-1]))
	assert check_kid(kid)


@given(st.integers(1, 999_999), st.integers(0, 6), st.integers(1, 9))
def test_a_wrong_digit_is_found(number, place, by):
	kid = kid_for(number, 7)
	wrong = kid[:place] + str((int(kid[place]) + by) % 10) + kid[place + 1 :]
	assert not check_kid(wrong)


@pytest.mark.parametrize(("number", "length"), [(1_000_000, 7), (0, 10), (-5, 10), (12, 9), (MAX_NUMBER, 10)])
def test_what_has_no_kid(number, length):
	with pytest.raises(ValueError, match="KID"):
		kid_for(number, length)


@pytest.mark.parametrize(
	"kid", ["", "000500123", "00050012350", "000500123-", "٠٠٠٥٠٠١٢٣٥", "000500123²", " 005001235"]
)
def test_what_is_no_kid(kid):
	assert not check_kid(kid)


@pytest.mark.parametrize(
	("first", "last", "kid_length", "problem"),
	[
		(500001, 599999, 7, None),
		(500001, MAX_NUMBER, None, None),
		(500001, MAX_NUMBER, 13, None),
		(0, 10, None, "tripletex_range_bounds"),
		(1, MAX_NUMBER + 1, None, "tripletex_range_bounds"),
		(10, 9, None, "tripletex_range_order"),
		(500001, 1_000_000, 7, "tripletex_range_kid"),
		(500001, MAX_NUMBER, 10, "tripletex_range_kid"),
		(1, 5, 8, "tripletex_range_kid"),
	],
)
def test_ranges(first, last, kid_length, problem):
	assert range_problem(first, last, kid_length) == problem


def test_both_ends_belong_to_a_range():
	assert in_range(1, 1, 5)
	assert in_range(5, 1, 5)
	assert not in_range(6, 1, 5)
	assert ranges_meet(1, 5, 5, 9)
	assert not ranges_meet(1, 5, 6, 9)


def test_gaps_and_doubles():
	assert series_gaps([9, 1, 2, 5, 2]) == (Gap(3, 4), Gap(6, 8))
	assert series_gaps([9, 1, 2, 5], explained=[3, 7, 100]) == (Gap(4, 4), Gap(6, 6), Gap(8, 8))
	assert series_gaps([]) == ()
	assert series_gaps([1, MAX_NUMBER]) == (Gap(2, MAX_NUMBER - 1),)
	assert series_doubles([3, 1, 3, 2, 1]) == (1, 3)


@given(st.sets(st.integers(1, 60), min_size=1), st.sets(st.integers(1, 60)))
def test_gaps_are_what_is_missing_and_not_explained(numbers, explained):
	missing = {number for gap in series_gaps(numbers, explained) for number in range(gap.first, gap.last + 1)}
	assert missing == set(range(min(numbers), max(numbers) + 1)) - numbers - explained
