"""Style sheets that load nothing: parsed, filtered and written anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import tinycss2

from billing_ext.rendering.pdf.data_uri import FONTS, IMAGES, safe_data_uri

_GROUPS = frozenset(("media", "supports", "layer", "container"))
"""At-rules that hold rules. @import, @namespace, @page and @keyframes are not among them; see clean_css."""

_BLOCKS = frozenset(("font-face", "counter-style"))
"""At-rules that hold declarations."""

_LOADING = frozenset(
	("url", "src", "image", "image-set", "-webkit-image-set", "-moz-image-rect", "expression")
)
"""Functions that turn their arguments into addresses (or, in old browsers, into script)."""

_INDIRECT = frozenset(("var", "attr", "env", "if", "inherit", "random-item"))
"""Functions whose value is known only to the browser, so that nobody can check it before."""

_DROPPED = ("animation", "transition", "-webkit-animation", "-webkit-transition", "behavior", "-moz-binding")
"""Beginnings of properties that paper has no use for: what moves would print as chance has it."""

_LARGEST = 20_000
"""No length, share or number above it: 20,000 px are 18 sheets. More is a mistake, or meant to exhaust us."""

_UNBOUNDED = frozenset(("z-index", "order"))

_TOO_DEEP = 64


def clean_css(css: str, classes: Mapping[str, str] | None = None) -> str:
	"""``css`` without anything that loads, moves or is absurdly large; what is left means what it meant.

	Addresses other than ``data:`` take their whole declaration with them. ``@import`` loads; ``@page`` would
	overrule the page's own size and margins; both are dropped, as is every at-rule that is not known here.
	``classes`` renames classes in selectors.
	"""
	return _cleaned(css, tuple(sorted((classes or {}).items())))


# All documents of a template have the same style sheet, and to parse one takes longer than to render the document.
@lru_cache(maxsize=64)
def _cleaned(css: str, classes: tuple[tuple[str, str], ...]) -> str:
	rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
	try:
		return _inert("\n".join(_rules(rules, dict(classes))))
	except RecursionError:  # brackets in brackets, thousands deep: nobody styles like that
		return ""


@lru_cache(maxsize=64)
def scoped(css: str, scope: str, insisting: tuple[str, ...] = ()) -> str:
	"""``css``, already clean, for one element of a page that has style sheets of its own.

	Every selector is put below ``scope``, which also stands for html and body. Properties that begin with one of
	``insisting`` become important, all alike, so that they still override each other as they did.
	"""
	rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
	return "\n".join(text for rule in rules for text in _scoped(rule, scope, insisting))


def _scoped(rule: Any, scope: str, insisting: tuple[str, ...]) -> Iterator[str]:
	if rule.type == "qualified-rule":
		selectors = ", ".join(_below(scope, selector) for selector in _split(rule.prelude))
		yield from _braced(selectors, (_insisted(entry, insisting) for entry in _declarations(rule)))
	elif rule.lower_at_keyword in _GROUPS:
		inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
		texts = (text for entry in inner for text in _scoped(entry, scope, insisting))
		yield from _braced(f"@{rule.lower_at_keyword} {_prelude(rule.prelude).strip()}", texts)
	else:
		yield tinycss2.serialize([rule])


def _declarations(rule: Any) -> Iterator[Any]:
	found = tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True)
	return (entry for entry in found if entry.type == "declaration")


def _insisted(entry: Any, insisting: tuple[str, ...]) -> str:
	entry.important = entry.important or entry.lower_name.startswith(insisting)
	return _declaration(entry)


def _split(prelude: list[Any]) -> Iterator[str]:
	selector: list[Any] = []
	for token in prelude:
		if token.type == "literal" and token.value == ",":
			yield tinycss2.serialize(selector).strip()
			selector = []
		else:
			selector.append(token)
	yield tinycss2.serialize(selector).strip()


def _below(scope: str, selector: str) -> str:
	first, _blank, rest = selector.partition(" ")
	if first in ("html", "body", ":root"):
		return f"{scope} {rest}".strip() if rest not in ("body",) else scope
	return f"{scope}{selector}" if first.startswith("[dir") else f"{scope} {selector}"


def clean_declarations(css: str) -> str:
	"""The contents of a ``style`` attribute, filtered as in ``clean_css``."""
	found = tinycss2.parse_blocks_contents(css, skip_comments=True, skip_whitespace=True)
	try:
		return " ".join(_declaration(entry) for entry in found if _is_safe(entry))
	except RecursionError:
		return ""


def is_safe_value(value: str) -> bool:
	"""Whether ``value``, a presentation attribute of SVG such as ``fill``, loads nothing."""
	try:
		return all(map(_is_safe_token, _flat(tinycss2.parse_component_value_list(value))))
	except RecursionError:
		return False


def _rules(rules: Iterable[Any], classes: Mapping[str, str], depth: int = 0) -> Iterator[str]:
	for rule in rules:
		if rule.type == "qualified-rule" and depth < _TOO_DEEP:
			yield from _braced(_selector(rule.prelude, classes), _contents(rule, classes, depth))
		elif rule.type == "at-rule" and rule.content is not None and depth < _TOO_DEEP:
			yield from _at_rule(rule, classes, depth)


def _at_rule(rule: Any, classes: Mapping[str, str], depth: int) -> Iterator[str]:
	name = rule.lower_at_keyword
	if name in _GROUPS or name in _BLOCKS:
		yield from _braced(f"@{name} {_prelude(rule.prelude).strip()}", _contents(rule, classes, depth))


def _contents(rule: Any, classes: Mapping[str, str], depth: int) -> Iterator[str]:
	for entry in tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True):
		if entry.type == "declaration":
			if _is_safe(entry):
				yield _declaration(entry)
		else:
			yield from _rules([entry], classes, depth + 1)


def _braced(prelude: str, contents: Iterator[str]) -> Iterator[str]:
	inside = " ".join(contents)
	if inside and prelude.strip():
		yield f"{prelude.strip()} {{ {inside} }}"


def _selector(prelude: list[Any], classes: Mapping[str, str]) -> str:
	_rename(prelude, classes)
	return _prelude(prelude)


def _rename(tokens: list[Any], classes: Mapping[str, str]) -> None:
	for before, token in zip([None, *tokens], tokens, strict=False):
		if token.type == "ident" and before is not None and before == "." and token.value in classes:
			token.value = classes[token.value]
		_rename(_inside(token), classes)


def _prelude(prelude: list[Any]) -> str:
	return "" if any(token.type == "error" for token in _flat(prelude)) else str(tinycss2.serialize(prelude))


def _declaration(declaration: Any) -> str:
	priority = " !important" if declaration.important else ""
	return f"{declaration.name}: {tinycss2.serialize(declaration.value).strip()}{priority};"


def _is_safe(entry: Any) -> bool:
	if entry.type != "declaration" or entry.lower_name.startswith(_DROPPED):
		return False
	bounded = entry.lower_name not in _UNBOUNDED
	return all(_is_safe_token(token, bounded) for token in _flat(entry.value))


def _is_safe_token(token: Any, bounded: bool = True) -> bool:
	if token.type == "error":
		return False
	if token.type == "url":
		return _make_safe(token)
	if token.type == "function":
		return _is_safe_function(token)
	if token.type in ("number", "percentage", "dimension") and bounded:
		return bool(abs(token.value) <= _LARGEST)
	return True


def _is_safe_function(function: Any) -> bool:
	if function.lower_name == "attr":  # with a type, it may be an address (and WeasyPrint stumbles over it)
		return [token.type for token in function.arguments if token.type != "whitespace"] == ["ident"]
	if function.lower_name == "expression":
		return False
	return function.lower_name not in _LOADING or _loads_nothing(function)


def _loads_nothing(function: Any) -> bool:
	inside = list(_flat(function.arguments))
	if any(token.type == "function" and token.lower_name in _INDIRECT for token in inside):
		return False
	return all(_make_safe(token) for token in inside if token.type == "string")


def _make_safe(token: Any) -> bool:
	"""Whether the address in ``token`` may stay. A picture in SVG is replaced by a cleaned one."""
	if token.value.startswith("#"):
		return True
	safe = safe_data_uri(token.value, IMAGES | FONTS)
	if safe is None:
		return False
	if safe != token.value:
		token.value = safe  # base64: needs no escapes
		token.representation = f'url("{safe}")' if token.type == "url" else f'"{safe}"'
	return True


def _flat(tokens: Iterable[Any]) -> Iterator[Any]:
	for token in tokens:
		yield token
		yield from _flat(_inside(token))


def _inside(token: Any) -> list[Any]:
	return getattr(token, "arguments", None) or getattr(token, "content", None) or []


def _inert(css: str) -> str:
	"""``css`` for a ``<style>``: no text in it may end that element."""
	return css.replace("</", "<\\/").replace("<!", "<\\!")
