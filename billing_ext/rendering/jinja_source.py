"""The text of a Jinja template beside its syntax tree: comments, which the tree lacks, and the source of a node."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import Environment, nodes

_COMMENT = "jinja_comment_"
_SYMBOLS = {
	"eq": "==", "ne": "!=", "lt": "<", "gt": ">", "lteq": "<=", "gteq": ">=", "in": "in", "notin": "not in",
	"And": "and", "Or": "or", "Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "FloorDiv": "//", "Mod": "%",
	"Pow": "**",
}  # fmt: skip


class Source:
	"""A template's text. ``marked`` has outputs in place of its comments, so that they have a place in the tree."""

	def __init__(self, text: str) -> None:
		self.tokens = list(Environment().lex(text))  # noqa: S701 - nothing is rendered
		self.comments: list[str] = []
		self.marked = "".join(self._marked(kind, value) for _, kind, value in self.tokens)

	def _marked(self, kind: str, value: str) -> str:
		if kind == "comment_begin":
			return "{{-" if value.endswith("-") else "{{"
		if kind == "comment":
			self.comments.append(value)
			return f" {_COMMENT}{len(self.comments) - 1} " + "\n" * value.count("\n")
		if kind == "comment_end":
			return ("-}}" if value.startswith("-") else "}}") + value[value.index("}") + 1 :]
		return value

	def comment(self, name: str) -> str | None:
		"""The comment whose mark is ``name``."""
		mark = re.fullmatch(rf"{_COMMENT}(\d+)", name)
		return self.comments[int(mark[1])] if mark else None

	def statement(self, node: nodes.Node) -> str:
		"""The text of a statement, from its tag to its end."""
		word = _words(node)
		opened = depth = 0
		text: list[str] = []
		for index, (line, kind, value) in enumerate(self.tokens):
			if kind == "block_begin":
				name = self._name(index)
				opened = opened or int(
					line >= node.lineno - 1 and name == word and self._line(index) >= node.lineno
				)
				depth += (name == word) - (name == f"end{word}") if opened else 0
			if opened:
				text.append(value)
				if kind == "block_end" and (not depth or word in _SINGLE):
					break
		return "".join(text).strip() or word

	def _name(self, begin: int) -> str:
		return next((value for _, kind, value in self.tokens[begin:] if kind == "name"), "")

	def _line(self, begin: int) -> int:
		return next((line for line, kind, _ in self.tokens[begin:] if kind == "name"), 0)


_SINGLE = frozenset(("include", "import", "from", "extends", "do"))


def _words(node: nodes.Node) -> str:
	names = {
		"Assign": "set",
		"AssignBlock": "set",
		"FromImport": "from",
		"ExprStmt": "do",
		"CallBlock": "call",
		"FilterBlock": "filter",
	}
	name = type(node).__name__
	return names.get(name, name.lower())


def unparsed(node: Any) -> str:
	"""An expression as it is written."""
	if isinstance(node, nodes.Const):
		return repr(node.value)
	if isinstance(node, nodes.Name):
		return str(node.name)
	if isinstance(node, nodes.BinExpr):
		return f"{unparsed(node.left)} {_SYMBOLS[type(node).__name__]} {unparsed(node.right)}"
	made = _WRITTEN.get(type(node).__name__)
	return made(node) if made else f"<{type(node).__name__}>"


def _all(parts: list[Any]) -> str:
	return ", ".join(map(unparsed, parts))


def _arguments(node: Any) -> str:
	return ", ".join(
		[*map(unparsed, node.args), *(f"{one.key}={unparsed(one.value)}" for one in node.kwargs)]
	)


def _conditional(node: nodes.CondExpr) -> str:
	tail = f" else {unparsed(node.expr2)}" if node.expr2 else ""
	return f"{unparsed(node.expr1)} if {unparsed(node.test)}{tail}"


def _filter(node: nodes.Filter) -> str:
	arguments = _arguments(node)
	return f"{unparsed(node.node)}|{node.name}" + (f"({arguments})" if arguments else "")


_WRITTEN: dict[str, Any] = {
	"Getattr": lambda node: f"{unparsed(node.node)}.{node.attr}",
	"Getitem": lambda node: f"{unparsed(node.node)}[{unparsed(node.arg)}]",
	"Call": lambda node: f"{unparsed(node.node)}({_arguments(node)})",
	"Filter": _filter,
	"Test": lambda node: f"{unparsed(node.node)} is {node.name}",
	"Compare": lambda node: (
		unparsed(node.expr) + "".join(f" {_SYMBOLS[one.op]} {unparsed(one.expr)}" for one in node.ops)
	),
	"Not": lambda node: f"not {unparsed(node.node)}",
	"Neg": lambda node: f"-{unparsed(node.node)}",
	"Concat": lambda node: " ~ ".join(map(unparsed, node.nodes)),
	"CondExpr": _conditional,
	"List": lambda node: f"[{_all(node.items)}]",
	"Tuple": lambda node: f"({_all(node.items)})",
	"Dict": lambda node: (
		"{" + ", ".join(f"{unparsed(one.key)}: {unparsed(one.value)}" for one in node.items) + "}"
	),
	"Slice": lambda node: ":".join(unparsed(one) if one else "" for one in (node.start, node.stop)),
}
