"""The stories of tests/scenarios, told on the site. Each is one transaction that is rolled back at its end."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path

import frappe
import pytest
import scenario
from scenario_site import Story

from billing_ext.repositories import clock, renewals

FOLDER = Path(__file__).parents[1] / "scenarios"
DOCS = Path(__file__).parents[2] / "docs"
STORIES = {str(path.relative_to(FOLDER).with_suffix("")): path.read_text() for path in FOLDER.rglob("*.txt")}
for page in DOCS.glob("*.md"):
	STORIES |= {f"docs/{title}": text for title, text in scenario.in_page(page).items()}


@pytest.fixture
def one_transaction(db, monkeypatch):
	"""A commit is a savepoint, and a rollback goes back to the last one: as if committed, and gone at the end."""
	undo = frappe.db.rollback
	monkeypatch.setattr(frappe.db, "commit", lambda: frappe.db.savepoint("story"))
	monkeypatch.setattr(frappe.db, "rollback", lambda save_point="story", **_: undo(save_point=save_point))
	frappe.db.savepoint("story")
	yield
	monkeypatch.undo()
	undo()


@pytest.mark.commits
@pytest.mark.parametrize("name", sorted(STORIES))
def test_scenario(name, one_transaction, monkeypatch, request):
	story = Story(scenario.parsed(STORIES[name], name))
	monkeypatch.setattr(clock, "today", lambda: story.today)
	monkeypatch.setattr(clock, "now", lambda: datetime.combine(story.today, time(12)))
	due = renewals.names_due
	monkeypatch.setattr(
		renewals, "names_due", lambda day: [name for name in due(day) if name in story.contracts]
	)
	problem = ""
	decimals = frappe.db.get_default("currency_precision")
	try:
		story.tell()
	except scenario.ScenarioError as error:
		problem = str(error)
	if frappe.db.get_default("currency_precision") != decimals:
		request.addfinalizer(frappe.clear_cache)  # the rollback does not reach what is cached
	if problem:
		pytest.fail(problem, pytrace=False)
