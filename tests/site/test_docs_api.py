"""docs/api.md and the table of messages: every example is run, every list of fields and messages is compared."""

import json
import re
from pathlib import Path

import pytest

from billing_ext import api
from billing_ext.core.contract import (
	CorrectionBilling,
	CreditHandling,
	FirstPeriod,
	Timing,
	UnderchargeHandling,
)
from billing_ext.core.period import Unit
from billing_ext.core.proration import Proration
from billing_ext.repositories.contract_rows import Alignment, AmendmentType, LineChange, Renewal, UnusedTime
from billing_ext.services import messages, preview

pytestmark = pytest.mark.usefixtures("db")

DOCS = Path(__file__).parents[2] / "docs"
API = (DOCS / "api.md").read_text()
RUNS = (DOCS / "billing-runs.md").read_text()
TRIPLETEX = (DOCS / "tripletex.md").read_text()
CODE = re.compile(r"`([^`]+)`")


def examples():
	"""Each request with its response, by the heading above it."""
	found = []
	for section in re.split(r"^## ", API, flags=re.MULTILINE):
		blocks = re.findall(r"^```json\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)
		if blocks:
			request, response = (json.loads(block) for block in blocks)
			found.append(pytest.param(request, response, id=section.split("\n")[0]))
	return found


def table(page, heading):
	"""The rows of the first table below a heading, as lists of cells."""
	section = page.split(f"## {heading}\n", 1)[1]
	rows = re.search(r"^\| ---.*\n((?:\|.*\n)+)", section, flags=re.MULTILINE)[1]
	return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows.splitlines()]


def fields(heading):
	"""The field names that a table of the page lists."""
	return {field for first, *_rest in table(API, heading) for field in CODE.findall(first)}


@pytest.mark.parametrize(("request_json", "response"), examples())
def test_the_examples_are_what_the_endpoint_answers(request_json, response):
	assert {"message": api.preview(**request_json)} == response


def test_there_are_three_examples():
	assert len(examples()) == 3


@pytest.mark.parametrize(
	("heading", "known"),
	[
		("Contract", preview.CONTRACT_FIELDS),
		("Line", preview.LINE_FIELDS),
		("Step", preview.STEP_FIELDS),
		("Amendment", preview.AMENDMENT_FIELDS),
		("Change", preview.CHANGE_FIELDS),
	],
)
def test_the_page_lists_the_fields_that_the_endpoint_knows(heading, known):
	assert fields(heading) == known


@pytest.mark.parametrize(
	("heading", "field", "kind"),
	[
		("Contract", "billing_interval", Unit),
		("Contract", "price_period", Unit),
		("Contract", "timing", Timing),
		("Contract", "alignment", Alignment),
		("Contract", "proration", Proration),
		("Contract", "first_period", FirstPeriod),
		("Contract", "correction_billing", CorrectionBilling),
		("Contract", "credit_handling", CreditHandling),
		("Contract", "undercharge_handling", UnderchargeHandling),
		("Contract", "renewal", Renewal),
		("Amendment", "amendment_type", AmendmentType),
		("Amendment", "unused_time", UnusedTime),
		("Change", "change", LineChange),
	],
)
def test_the_page_lists_the_values_that_a_field_allows(heading, field, kind):
	(row,) = (row for row in table(API, heading) if row[0] == f"`{field}`")
	assert CODE.findall(row[3]) == [member.value for member in kind]
	assert CODE.findall(row[2])[0] in CODE.findall(row[3])


def test_the_limits_are_the_codes():
	assert f"{preview.MAX_RUNS} at most" in API


@pytest.mark.parametrize("page", [RUNS, TRIPLETEX], ids=["billing", "tripletex"])
def test_the_page_of_messages_is_what_users_read(page):
	section = page.split("## Messages\n", 1)[1]
	shown = dict(re.findall(r"^\| `([a-z0-9_]+)` \| (.*) \|$", section, flags=re.MULTILINE))
	written = {
		code: " | ".join(part.replace("|", "\\|") for part in words())
		for code, words in messages._WORDS.items()
		if code.startswith("tripletex_") == (page is TRIPLETEX)
	}
	assert shown == written
