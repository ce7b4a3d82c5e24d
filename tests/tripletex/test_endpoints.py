"""Our table of operations against the official description, which is not part of this repository."""

import json
import os
import re
from decimal import Decimal
from pathlib import Path

import pytest

from billing_ext.integrations.tripletex.endpoints import OPERATIONS, Gives, Takes, operation
from billing_ext.integrations.tripletex.errors import UnknownOperation, UnknownParameter

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("BILLING_EXT_TRIPLETEX_DESCRIPTION") or ROOT.parent / "shared" / "tripletex")
EVERY = pytest.mark.parametrize("ours", OPERATIONS.values(), ids=str)


@pytest.fixture(scope="module")
def description():
	file = FOLDER if FOLDER.is_file() else FOLDER / "contract-3.1.json"
	if not file.is_file():
		pytest.skip(
			f"No official description at {file}: download https://tripletex.no/v2/openapi.json and name the file in"
			" BILLING_EXT_TRIPLETEX_DESCRIPTION"
		)
	return json.loads(file.read_text())


@pytest.fixture
def official(description, ours):
	found = description["paths"].get(ours.template, {}).get(ours.method.lower())
	assert found, "not in the official description"
	return found


def parameters(official, where):
	return {entry["name"]: entry for entry in official.get("parameters", []) if entry["in"] == where}


@EVERY
def test_neither_operation_nor_parameters_are_deprecated(ours, official):
	texts = [
		official.get("summary") or "",
		*(
			entry.get("description") or ""
			for entry in parameters(official, "query").values()
			if entry["name"] in ours.query
		),
	]
	assert not official.get("deprecated")
	assert not any(
		entry.get("deprecated")
		for entry in parameters(official, "query").values()
		if entry["name"] in ours.query
	)
	assert not [text for text in texts if "DEPRECATED" in text]


@EVERY
def test_every_query_name_is_official_and_the_required_ones_are_known(ours, official):
	names = parameters(official, "query")
	required = {name for name, entry in names.items() if entry.get("required")}
	assert ours.query <= set(names)
	assert required <= ours.required <= ours.query
	assert set(ours.keys) <= ours.query
	assert ("sendToCustomer" in names) == ("sendToCustomer" in ours.required)


@EVERY
def test_the_path_has_the_official_braces(ours, official):
	assert set(re.findall(r"\{(\w+)\}", ours.template)) == set(parameters(official, "path"))


@EVERY
def test_requests_carry_what_the_description_says(ours, official):
	content = set((official.get("requestBody") or {}).get("content", {}))
	kind = Takes.FILE if "multipart/form-data" in content else Takes.JSON if content else Takes.NOTHING
	assert ours.takes is kind


@EVERY
def test_answers_hold_what_the_description_says(description, ours, official):
	answers = [answer for status, answer in official["responses"].items() if status.startswith("2")]
	content = answers[0].get("content") or {}
	schema = next(iter(content.values()), {}).get("schema", {})
	if not content:
		expected = {Gives.NOTHING}
	elif schema.get("format") == "binary":
		expected = {Gives.FILE}
	else:
		properties = description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"]
		expected = {Gives.LIST} if "values" in properties else {Gives.OBJECT, Gives.VALUE, Gives.OPTIONAL}
	assert ours.gives in expected


@EVERY
def test_keys_are_shown_in_the_rows(description, ours, official):
	if not ours.keys:
		return
	schemas = description["components"]["schemas"]
	answer = schemas[
		official["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
	]
	values = answer["properties"]["values"]
	row = schemas[values["items"]["$ref"].rpartition("/")[2]]
	assert set(ours.keys.values()) <= set(row["properties"])


@pytest.mark.parametrize(
	"ours", [entry for entry in OPERATIONS.values() if entry.writes and not entry.harmless], ids=str
)
def test_no_write_is_repeated_by_the_transport(ours):
	assert not ours.repeatable


def test_what_is_not_in_the_table_is_refused():
	with pytest.raises(UnknownOperation):
		operation("PUT", "/token/session/:create")
	with pytest.raises(UnknownOperation):
		operation("POST", "/invoice/list")


@pytest.mark.parametrize("value", [None, 1.5, Decimal("NaN"), object()], ids=repr)
def test_a_filter_without_a_usable_value_is_refused(value):
	with pytest.raises(UnknownParameter):
		operation("GET", "/customer").query_pairs({"customerAccountNumber": value})


@pytest.mark.parametrize(
	"path", [{}, {"id": ""}, {"id": ".."}, {"id": 1, "more": 2}, {"number": 1}], ids=repr
)
def test_a_path_that_would_lead_elsewhere_is_refused(path):
	with pytest.raises(UnknownParameter):
		operation("GET", "/invoice/{id}").path(path)


def test_what_fills_a_path_cannot_leave_its_segment():
	assert (
		operation("GET", "/invoice/{id}").path({"id": "1/../../x?y#z"}) == "/invoice/1%2F..%2F..%2Fx%3Fy%23z"
	)
