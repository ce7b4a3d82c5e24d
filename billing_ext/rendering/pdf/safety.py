"""HTML that loads nothing and runs nothing: the first line of defence, the same for every engine.

The page is parsed, and written anew from the elements and attributes that are allowed. Whatever an engine's
parser makes of the result, it finds nothing else in it: text and values are escaped, and no element is left
whose contents are not plain text (style, script, template, title, comments).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from lxml import etree

from billing_ext.rendering.pdf.attributes import (
	DROPPED_TAGS,
	HTML_TAGS,
	SVG_TAGS,
	VOID_TAGS,
	safe_attribute,
)
from billing_ext.rendering.pdf.css import clean_css

MAX_DEPTH = 200
"""Elements below are opened no more, only their text is printed: engines work recursively."""

_KNOWN = HTML_TAGS | SVG_TAGS


@dataclass(frozen=True)
class Clean:
	"""A fragment of HTML without style sheets, and the style sheets that stood in it."""

	html: str
	css: str


def clean_html(html: str, classes: Mapping[str, str] | None = None) -> Clean:
	"""``html``, a fragment or a whole document, filtered. ``classes`` renames classes of elements."""
	root = _parsed(html)
	if root is None:
		return Clean("", "")
	css = (
		clean_css("".join(style.itertext())) for style in root.iter("style")
	)  # each: one may be unfinished
	return Clean("".join(_written(root, classes or {})), "\n".join(filter(None, css)))


def _parsed(html: str) -> Any:
	parser = etree.HTMLParser(
		encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True
	)
	data = html.encode("utf-8", errors="replace").replace(b"\x00", b"")
	return etree.fromstring(data, parser) if data.strip() else None


def _written(root: Any, classes: Mapping[str, str]) -> Iterator[str]:
	walker = etree.iterwalk(root, events=("start", "end"))
	open_tags: list[str] = []
	depth = 0
	for event, element in walker:
		if event == "end":
			closing = open_tags.pop()
			depth -= bool(closing)
			yield closing
			yield escape(element.tail or "") if element is not root else ""
			continue
		if element.tag in DROPPED_TAGS:
			walker.skip_subtree()
			open_tags.append("")
			continue
		opened = element.tag in _KNOWN and depth < MAX_DEPTH
		open_tags.append(f"</{element.tag}>" if opened and element.tag not in VOID_TAGS else "")
		depth += bool(open_tags[-1])
		yield _opening(element, classes) if opened else ""
		yield escape(element.text or "")


def _opening(element: Any, classes: Mapping[str, str]) -> str:
	attributes = {name.lower(): value for name, value in element.attrib.items()}
	safe = {name: safe_attribute(element.tag, name, value) for name, value in attributes.items()}
	if safe.get("class"):
		safe["class"] = " ".join(classes.get(name, name) for name in attributes["class"].split())
	written = [f' {name}="{escape(value)}"' for name, value in safe.items() if value is not None]
	return f"<{element.tag}{''.join(written)}>"
