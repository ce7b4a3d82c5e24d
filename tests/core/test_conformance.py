"""Each published case of another system, and the table of them in docs/conformance.md."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conformance import businesscentral, credits, engines, erp, killbill, lago, life, recurring  # noqa: F401 - they register themselves
from conformance.report import report
from conformance.verdicts import OBSERVED_BUGS, Verdict, expected_of, judge, load_cases, same

CASES = load_cases()
TABLE = Path(__file__).parents[2] / "docs" / "conformance.md"


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(case):
	"""Somebody who moves here from that system is billed the same, or is told why not."""
	outcome = judge(case)
	agrees = same(outcome.answer.ours, expected_of(case))
	if outcome.verdict is Verdict.AGREES:
		assert agrees
	elif outcome.verdict is Verdict.DIFFERS:
		assert not agrees
	for key in OBSERVED_BUGS & {*case["expected"]} & {*outcome.answer.ours}:
		assert not same(outcome.answer.ours[key], case["expected"][key])


def test_table():
	"""The published table is what the core does today. ``UPDATE_GOLDEN=1`` rewrites it."""
	text = report([judge(case) for case in CASES])
	if os.environ.get("UPDATE_GOLDEN"):
		TABLE.write_text(text)
	assert TABLE.read_text() == text
