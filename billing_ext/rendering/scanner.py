"""A look at a template's tags before the library's lexer, whose patterns take forever over some texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from liquid.exceptions import LiquidSyntaxError

from billing_ext.rendering import limits

_TAG = re.compile(r"\{\{|\{%-?\s*(#|\w*)")
_RAW = re.compile(r"\{%-?\s*raw\s*-?%\}")
_END_RAW = re.compile(r"\{%-?\s*endraw\s*-?%\}")
_BLANKS = re.compile(rf"\s{{{limits.BLANKS + 1}}}")
_BLOCKS = frozenset("if unless for case capture tablerow ifchanged block".split())


@dataclass(frozen=True)
class _Found:
	name: str
	start: int
	end: int
	body: str


def check_tags(source: str) -> None:
	"""Raises LiquidSyntaxError for a tag without end, or with a run of blanks longer than limits.BLANKS."""
	for tag in _tags(source):
		if _BLANKS.search(source, tag.start, tag.end):
			line = source.count("\n", 0, tag.start) + 1
			raise LiquidSyntaxError(f"more than {limits.BLANKS} blanks in a row inside a tag", linenum=line)


_CONDITIONS = frozenset("if elsif unless".split())
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_SINGLE = re.compile(r"(?<![=!<>])=(?!=)")


def check_conditions(source: str) -> None:
	"""Raises LiquidSyntaxError for ``{% if a = b %}``, which the library takes for ``{% if a %}``."""
	for tag in _tags(source):
		if tag.name in _CONDITIONS and _SINGLE.search(_QUOTED.sub("", source[tag.start : tag.end])):
			line = source.count("\n", 0, tag.start) + 1
			raise LiquidSyntaxError("a single = compares nothing; write == instead", linenum=line)


def nesting(source: str) -> int:
	"""How many blocks deep a template goes."""
	depth = deepest = 0
	try:
		for word in _words(source):
			if word in _BLOCKS:
				depth += 1
				deepest = max(deepest, depth)
			elif word.startswith("end"):
				depth = max(depth - 1, 0)
	except LiquidSyntaxError:
		return deepest  # the parser says so
	return deepest


def _words(source: str) -> Iterator[str]:
	"""The names of all tags outside comments, those in a liquid tag too."""
	hidden = False
	for tag in _tags(source):
		if tag.name in ("comment", "endcomment"):
			hidden = tag.name == "comment"
		elif not hidden:
			yield tag.name
			if tag.name == "liquid":
				yield from (line.split(maxsplit=1)[0] for line in tag.body.splitlines() if line.strip())


def _tags(source: str) -> Iterator[_Found]:
	position = 0
	while match := _TAG.search(source, position):
		if raw := _RAW.match(source, match.start()):
			position = _end(source, _END_RAW.search(source, raw.end()), "{% endraw %}", match.start())
			continue
		closing = re.compile(re.escape("}}" if match[0] == "{{" else "%}"))
		found = closing.search(source, match.end())
		position = _end(source, found, closing.pattern.replace("\\", ""), match.start())
		yield _Found(match[1] or "", match.start(), position, source[match.end() : position - 2])


def _end(source: str, found: re.Match[str] | None, expected: str, start: int) -> int:
	if not found:
		raise LiquidSyntaxError(
			f"expected '{expected}', found 'eof'", linenum=source.count("\n", 0, start) + 1
		)
	return found.end()
