"""The documentation as a whole: links and pictures resolve, functions it names exist, fields are described."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(page for folder in (ROOT, ROOT / "docs", ROOT / "fixtures") for page in folder.glob("*.md"))
DOCTYPES = ROOT / "billing_ext" / "billing_ext" / "doctype"
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
STRUCTURE = {"Section Break", "Column Break", "Tab Break", "HTML"}


def prose(page: Path) -> str:
	"""A page without its code blocks."""
	return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
	"""The anchors that GitHub makes of a page's headings."""
	headings = re.findall(r"^#+ (.*)$", prose(page), flags=re.MULTILINE)
	return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def taken_by_a_desk_test(picture: Path) -> bool:
	"""Is it a picture that a desk test saves, which may not have run here yet?"""
	desk_tests = "".join(path.read_text() for path in (ROOT / "tests" / "desk").glob("test_*.py"))
	return f'screenshot("{picture.stem}"' in desk_tests


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_pictures_resolve(page):
	broken = []
	for link in LINK.findall(prose(page)):
		if link.startswith(("https://", "http://")):
			continue
		name, _, anchor = link.partition("#")
		target = (page.parent / name).resolve() if name else page
		there = target.exists() or taken_by_a_desk_test(target)
		if not there or (anchor and anchor not in anchors(target)):
			broken.append(link)
	assert not broken


def test_the_functions_that_the_architecture_names_exist():
	named = re.findall(r"\]\((billing_ext/\S+?\.py)\)\s+`(\w+)`", (ROOT / "ARCHITECTURE.md").read_text())
	missing = [
		f"{path} {name}"
		for path, name in named
		if not re.search(rf"^(?:def|class) {name}\b", (ROOT / path).read_text(), flags=re.MULTILINE)
	]
	assert len(named) >= 20
	assert not missing


def test_the_number_of_conformance_cases_is_the_tables():
	(total,) = re.findall(
		r"^\| \*\*All\*\* \| (\d+) ", (ROOT / "docs" / "conformance.md").read_text(), flags=re.MULTILINE
	)
	for page in (ROOT / "README.md", ROOT / "docs" / "proration.md"):
		assert re.findall(r"(\d+) numeric cases", page.read_text()) == [total]


@pytest.mark.parametrize(
	("doctype", "page"),
	[
		("billing_contract", "contracts.md"),
		("billing_contract_line", "contracts.md"),
		("billing_amendment", "amendments.md"),
		("billing_amendment_line", "amendments.md"),
		("billing_settings", "installation.md"),
	],
)
def test_every_field_that_users_fill_in_is_described(doctype, page):
	text = " ".join((ROOT / "docs" / page).read_text().split())
	fields = json.loads((DOCTYPES / doctype / f"{doctype}.json").read_text())["fields"]
	undescribed = [
		field["label"]
		for field in fields
		if field["fieldtype"] not in STRUCTURE
		and not field.get("hidden")
		and not field.get("read_only")
		and f"**{field['label']}**" not in text
	]
	assert not undescribed
