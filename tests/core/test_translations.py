"""Every string that users see has a Norwegian translation, and none is left over."""

from __future__ import annotations

import ast
import csv
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from billing_ext.custom_fields import CUSTOM_FIELDS, HRMS_FIELDS

APP = Path(__file__).parents[2] / "billing_ext"
EVERYWHERE = ""
"""Shown without a context: only a translation without one is found."""

PRINTED = "Billing Print"
"""The context of the words of printed documents, which tests/rendering/test_templates.py compares with the templates."""


def desk_rows(path: Path) -> list[list[str]]:
	"""Source, translation and context of what the desk shows; none where only documents are translated."""
	with path.open(newline="", encoding="utf-8") as file:
		return [row for row in csv.reader(file) if row[2] != PRINTED]


TRANSLATIONS = [path for path in sorted((APP / "translations").glob("*.csv")) if desk_rows(path)]

JS_CALL = re.compile(r"(?<![\w.$])__\(\s*")
JS_LITERAL = re.compile(r"""(["'])(?P<text>(?:\\.|(?!\1).)*)\1\s*(?:,\s*|(?=\)))""")
JS_CONTEXT = re.compile(r"""(?:null|\[[^\[\]]*\]),\s*"(?P<context>[^"]*)"\s*\)""")
COMMENT = re.compile(r"^\s*//.*$", flags=re.MULTILINE)
PLACEHOLDER = re.compile(r"\{\w*\}")
TAG = re.compile(r"<[^>]*>")

Found = Iterator[tuple[str, str]]
"""A string, and its context: the DocType whose field it describes, or EVERYWHERE."""


def in_python(code: str) -> Found:
	for node in ast.walk(ast.parse(code)):
		if isinstance(node, ast.Call) and ast.unparse(node.func) in ("_", "frappe._"):
			assert isinstance(node.args[0], ast.Constant), f"line {node.lineno}: not a literal"
			contexts = [ast.literal_eval(word.value) for word in node.keywords if word.arg == "context"]
			yield node.args[0].value, (contexts or [EVERYWHERE])[0]


def in_javascript(code: str) -> Found:
	code = COMMENT.sub("", code)
	for call in JS_CALL.finditer(code):
		literal = JS_LITERAL.match(code, call.end())
		if literal:
			context = JS_CONTEXT.match(code, literal.end())
			yield re.sub(r"\\(.)", r"\1", literal["text"]), context["context"] if context else EVERYWHERE
		else:
			# __(unit) may be, if the values of `unit` are translated where they come from; __("a" + b) may not.
			assert re.match(r"[\w.]+[,)]", code[call.end() :]), code[call.start() : call.end() + 60]


def in_field(field: dict[str, Any], doctype: str) -> Found:
	yield field.get("label") or "", doctype
	yield field.get("description") or "", doctype
	if field["fieldtype"] == "HTML":
		yield field.get("options") or "", EVERYWHERE
	if field["fieldtype"] == "Select" and field["fieldname"] != "naming_series":
		# The desk looks them up with their DocType in forms and without it in lists.
		yield from (
			(option, where) for option in field["options"].split("\n") for where in (doctype, EVERYWHERE)
		)


def in_doctype(doc: dict[str, Any]) -> Found:
	yield doc["name"], EVERYWHERE
	yield doc.get("description") or "", EVERYWHERE
	for field in doc["fields"]:
		yield from in_field(field, doc["name"])
	yield from ((state["title"], EVERYWHERE) for state in doc.get("states", []))
	yield from ((link.get("group") or "", EVERYWHERE) for link in doc.get("links", []))


def in_workspace(doc: dict[str, Any]) -> Found:
	yield doc["label"], EVERYWHERE
	for table in ("charts", "links", "number_cards", "quick_lists", "shortcuts"):
		for row in doc.get(table, []):
			yield from ((row.get(column) or "", EVERYWHERE) for column in ("label", "description", "format"))
	for block in json.loads(doc["content"]):
		# The desk translates what a header says, not its HTML.
		yield TAG.sub("", block["data"].get("text", "")), EVERYWHERE


def in_number_card(doc: dict[str, Any]) -> Found:
	yield doc["label"], EVERYWHERE


def in_report(doc: dict[str, Any]) -> Found:
	yield doc["name"], EVERYWHERE


IN_RECORD: dict[str, Callable[[dict[str, Any]], Found]] = {
	"DocType": in_doctype,
	"Workspace": in_workspace,
	"Number Card": in_number_card,
	"Report": in_report,
}


def found() -> Found:
	for path in APP.rglob("*.py"):
		yield from in_python(path.read_text())
	for path in APP.rglob("*.js"):
		if "dist" not in path.parts:
			yield from in_javascript(path.read_text())
	for path in (APP / "billing_ext").rglob("*.json"):
		record = json.loads(path.read_text())
		yield from IN_RECORD[record["doctype"]](record)
	for doctype, fields in {**CUSTOM_FIELDS, **HRMS_FIELDS}.items():
		for field in fields:
			yield from in_field(field, doctype)


@pytest.fixture(scope="module")
def sources() -> dict[str, set[str]]:
	"""Every string that users see, with its contexts."""
	contexts = defaultdict(set)
	for source, context in found():
		if re.search("[A-Za-z]", source):
			contexts[source].add(context)
	return contexts


@pytest.fixture(scope="module", params=TRANSLATIONS, ids=lambda path: path.stem)
def rows(request) -> list[list[str]]:
	"""The lines of one language's file: source, translation, context."""
	return desk_rows(request.param)


def test_there_is_a_norwegian_translation():
	assert "nb" in [path.stem for path in TRANSLATIONS]


def test_all_kinds_of_strings_are_collected(sources):
	for example in (
		"There is no contract line {line}.",  # Python
		"Billing Day",  # a label
		"In Arrears",  # an option
		"First day of service.",  # a description
		"Billing Contract",  # a DocType and the label of a custom field
		"Active Contracts",  # a number card of the workspace
	):
		assert example in sources


def test_every_string_has_a_translation(sources, rows):
	translated = {(source, context) for source, _, context in rows}
	missing = [
		(source, context)
		for source, contexts in sources.items()
		for context in contexts
		if not translated & {(source, EVERYWHERE), (source, context)}
	]
	assert not missing


def test_no_translation_is_left_over_or_given_twice(sources, rows):
	keys = [(source, context) for source, _, context in rows]
	left_over = [
		(source, context)
		for source, context in keys
		if source not in sources or context not in {EVERYWHERE, *sources[source]}
	]
	assert not left_over
	assert len(set(keys)) == len(keys)


def test_placeholders_are_the_sources(rows):
	differing = [
		source
		for source, translation, _ in rows
		if set(PLACEHOLDER.findall(source)) != set(PLACEHOLDER.findall(translation))
	]
	assert not differing


def test_nothing_is_empty_or_padded(rows):
	assert not [row for row in rows if not all(row[:2]) or any(cell != cell.strip() for cell in row)]


def test_a_sentence_stays_a_sentence(rows):
	"""What happened and the remedy are shown one after the other."""
	unfinished = [source for source, text, _ in rows if source.endswith(".") and not text.endswith(".")]
	assert not unfinished


@pytest.mark.parametrize(
	("code", "expected"),
	[
		('__("Bill Now")', ("Bill Now", EVERYWHERE)),
		("__('Now')", ("Now", EVERYWHERE)),
		('__("{0} a month", [money(mrr)])', ("{0} a month", EVERYWHERE)),
		('__("Amend", null, "Billing Contract")', ("Amend", "Billing Contract")),
		('__("from {0}", [day], "Period")', ("from {0}", "Period")),
		('__(\n\t"Say \\"when\\"",\n)', ('Say "when"', EVERYWHERE)),
	],
)
def test_javascript_is_read(code, expected):
	assert list(in_javascript(code)) == [expected]


@pytest.mark.parametrize("code", ['__("Bill " + day)', "__(`Bill ${day}`)"])
def test_strings_put_together_in_javascript_are_refused(code):
	with pytest.raises(AssertionError):
		list(in_javascript(code))
