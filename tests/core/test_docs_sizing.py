"""The table of docs/sizing.md is what its formula gives."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "sizing.md").read_text()
ROWS = re.findall(r"^\| (0\.\d\d) \|((?: [\d.]+ \|){5})$", PAGE, re.MULTILINE)
WORKERS = [int(number) for number in re.findall(r"(\d+) workers \|", PAGE)]


def speed_up(share, workers):
	return 1 / (share + (1 - share) / workers)


def test_the_table_has_the_columns_that_are_checked_here():
	assert WORKERS == [2, 4, 8, 16]
	assert len(ROWS) >= 5


@pytest.mark.parametrize(("share", "cells"), ROWS)
def test_the_table_follows_from_the_formula(share, cells):
	share, shown = float(share), cells.replace("|", " ").split()
	assert shown == [f"{speed_up(share, workers):.2f}" for workers in WORKERS] + [f"{1 / share:.2f}"]


@pytest.mark.parametrize("share", [0.02, 0.4])
def test_the_share_follows_from_two_measurements_as_the_page_says(share):
	assert "`s = 2 / r - 1`" in PAGE
	assert 2 / speed_up(share, 2) - 1 == pytest.approx(share)
