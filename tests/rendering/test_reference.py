"""docs/liquid-reference.md is what the code does today. ``UPDATE_GOLDEN=1`` rewrites it."""

import os
import re
from pathlib import Path

import pytest
from liquid_samples import document, render

from billing_ext.rendering import drops, reference

PAGE = Path(__file__).parents[2] / "docs" / "liquid-reference.md"


def test_page():
	text = reference.markdown()
	if os.environ.get("UPDATE_GOLDEN"):
		PAGE.write_text(text)
	assert PAGE.read_text() == text


def test_every_tag_and_filter_is_there():
	assert reference.undocumented() == set()


@pytest.mark.parametrize("document_type", drops.DOCUMENTS)
def test_every_field_is_there_and_prints(document_type):
	text = reference.markdown()
	values = document(document_type)
	for path in drops.paths(drops.DOCUMENTS[document_type]):
		if "[]" not in path.path:
			render("{{ " + path.path + " }}", values)
		if "." in path.path:
			assert f"| `{path.field.name}` | {path.field.kind}" in text


def test_its_example_works():
	source = re.search(r"```liquid\n(.+?)```", reference.markdown(), re.DOTALL)[1]
	assert "1\u00a0234,50" in render(source, document())
