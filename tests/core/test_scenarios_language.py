"""The language of the scenarios: its page lists every sentence, and what cannot be read is said with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
import scenario

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
FILES = sorted((ROOT / "tests" / "scenarios").rglob("*.txt"))
HEAD = "# Title\nContract from 2026-01-01, monthly in advance, NOK\n  Line Support: 500 a month\n"


def read(tmp_path, text):
	path = tmp_path / "story.txt"
	path.write_text(HEAD + text, encoding="utf-8")
	return scenario.read(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_scenario_can_be_read_and_has_a_title(path):
	assert scenario.read(path).title


def test_there_are_scenarios():
	assert len(FILES) >= 60


def test_the_page_lists_every_sentence():
	sentences = {scenario.shown(words) for place in scenario.GRAMMAR.values() for words in place.values()}
	missing = [words for words in sentences if f"| `{words.replace('|', chr(92) + '|')}` |" not in PAGE]
	assert missing == []


def test_the_example_of_the_page_is_a_scenario_that_is_tested():
	example = PAGE.split("```\n")[1]
	assert example in [path.read_text(encoding="utf-8") for path in FILES]


@pytest.mark.parametrize(
	("text", "words"),
	[
		(
			"On 2026-01-01 the run produces\n",
			"story.txt:4: «On 2026-01-01 the run produces» is not understood",
		),
		("On 2026-01-01 the run produces\n", "On <day> the run makes[ nothing]"),
		("On 2026-01-01 the run makes\n", "story.txt:4: say what the run makes"),
		("On 2026-02-30 the run makes nothing\n", "story.txt:4: there is no day 2026-02-30"),
		(
			"On 2026-01-02 the run makes nothing\nOn 2026-01-01 the run makes nothing\n",
			"story.txt:5: 2026-01-01 is before",
		),
		("On 2026-01-01 the run makes\n  Bill 500.00\n", "story.txt:5: «Bill 500.00» is not understood"),
		(
			"On 2026-01-01 the run makes\n  Invoice 500.00\n   Invoice 1.00\n",
			"<line> <day>[ to <day>]: <net>",
		),
		(
			"On 2026-01-01 the run makes\n    Invoice 500.00\n  Invoice 1.00\n",
			"story.txt:6: indent this line by 4",
		),
		("On 2026-01-01 cancel document 1\n  Invoice 500.00\n", "Refused: <words>"),
		("On 2026-01-01 amend from 2026-01-01: Support costs 5, at once\n", "«at once» is not understood"),
		("Contract from 2026-01-01\n", "begins with one contract"),
	],
)
def test_what_cannot_be_read_is_said_with_its_place_and_what_is_possible(tmp_path, text, words):
	with pytest.raises(scenario.ScenarioError) as raised:
		read(tmp_path, text)
	assert words in str(raised.value)


def test_comments_and_the_depth_of_indentation_do_not_matter(tmp_path):
	story = read(
		tmp_path,
		"\n# Why\nOn 2026-01-01 the run makes  # the first\n      Invoice 500.00\n          Support 2026-01-01: 500\n",
	)
	(document,) = story.events[0].inside
	assert (document.text, document.inside[0].text) == ("Invoice 500.00", "Support 2026-01-01: 500")
