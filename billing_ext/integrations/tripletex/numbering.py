"""Invoice numbers and KID: check digits, series without gaps, ranges that Tripletex can hold. Nothing here draws a number.

Sources: bokføringsforskriften § 5-1-3 (a controllable unbroken series); Nets, OCR giro systemspesifikasjon (KID);
Tripletex takes KIDs of 7, 10 or 13 digits with MOD10 and numbers that fit 32 bits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise

from stdnum import luhn

MAX_NUMBER = 2_147_483_647
"""The largest ``invoiceNumber`` and ``customerNumber``: both are int32."""
KID_LENGTHS = (7, 10, 13)


@dataclass(frozen=True, slots=True)
class Gap:
	"""Numbers of a series that no document has, ``first`` and ``last`` included."""

	first: int
	last: int


def kid_for(number: int, length: int) -> str:
	"""The KID of a document number: padded with zeros to ``length`` digits, MOD10's check digit last.

	Raises ValueError for a length that Tripletex does not read, a number below 1 and one that does not fit.
	"""
	if length not in KID_LENGTHS:
		raise ValueError(f"a KID has 7, 10 or 13 digits in Tripletex, not {length}")
	if number < 1 or len(str(number)) >= length:
		raise ValueError(f"{number} does not fit a KID of {length} digits")
	payload = str(number).zfill(length - 1)
	return payload + str(luhn.calc_check_digit(payload))


def check_kid(kid: str) -> bool:
	"""Is ``kid`` of a length that Tripletex reads, all ASCII digits, with the right check digit?"""
	return len(kid) in KID_LENGTHS and kid.isascii() and kid.isdigit() and bool(luhn.is_valid(kid))


def range_problem(first: int, last: int, kid_length: int | None = None) -> str | None:
	"""Why a series cannot run from ``first`` to ``last``, as a code; None when it can.

	``tripletex_range_bounds``: below 1 or beyond int32. ``tripletex_range_order``: the last is before the first.
	``tripletex_range_kid``: the last does not fit a KID of ``kid_length`` digits, or there are no such KIDs.
	"""
	if first < 1 or last > MAX_NUMBER:
		return "tripletex_range_bounds"
	if last < first:
		return "tripletex_range_order"
	if kid_length is not None and (kid_length not in KID_LENGTHS or len(str(last)) >= kid_length):
		return "tripletex_range_kid"
	return None


def in_range(number: int, first: int, last: int) -> bool:
	"""Does ``number`` belong to the series from ``first`` to ``last``, both included?"""
	return first <= number <= last


def ranges_meet(first: int, last: int, other_first: int, other_last: int) -> bool:
	"""Do two series share a number? Tripletex's own counter is blind to imported numbers, so they may not."""
	return first <= other_last and other_first <= last


def series_gaps(numbers: Iterable[int], explained: Collection[int] = ()) -> tuple[Gap, ...]:
	"""What is missing between the lowest and the highest number, but for the ``explained`` ones; in order."""
	taken = sorted({*numbers})
	if not taken:
		return ()
	low, high = taken[0], taken[-1]
	known = sorted({*taken, *(number for number in explained if low < number < high)})
	return tuple(Gap(before + 1, after - 1) for before, after in pairwise(known) if after - before > 1)


def series_doubles(numbers: Iterable[int]) -> tuple[int, ...]:
	"""Numbers that more than one document has, in order."""
	return tuple(sorted(number for number, times in Counter(numbers).items() if times > 1))
