"""From a template's source and a document's values to HTML, with every failure in its author's terms."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from liquid.exceptions import (
	ContextDepthError,
	Error,
	LiquidSyntaxError,
	LocalNamespaceLimitError,
	LoopIterationLimitError,
	NoSuchFilterFunc,
	OutputStreamLimitError,
	ResourceLimitError,
	TemplateNotFound,
	UndefinedError,
)

from billing_ext.rendering import limits
from billing_ext.rendering.environment import (
	Environment,
	NestingError,
	Sources,
	TimeLimitError,
	UnknownPath,
)
from billing_ext.rendering.errors import TemplateError
from billing_ext.rendering.presentation import Presentation

_LIMITS: dict[type[Error], tuple[str, object]] = {
	NestingError: ("liquid_too_deep", limits.NESTING),
	TimeLimitError: ("liquid_too_slow", limits.SECONDS),
	LoopIterationLimitError: ("liquid_too_many_turns", limits.ITERATIONS),
	OutputStreamLimitError: ("liquid_too_long", limits.OUTPUT),
	LocalNamespaceLimitError: ("liquid_too_much_memory", limits.NAMESPACE),
	ContextDepthError: ("liquid_too_many_partials", limits.PARTIALS),
}


class Renderer:
	"""Checks and renders templates whose partials come from ``source_of``."""

	def __init__(self, source_of: Sources) -> None:
		self.environment = Environment(source_of)
		self.unescaped = Environment(source_of, autoescape=False)
		self.source_of = source_of

	def check(self, source: str, name: str) -> None:
		"""Parse a template. Raises TemplateError."""
		if len(source) > limits.SOURCE:
			raise TemplateError(
				"liquid_source_too_long", template=name, size=len(source), limit=limits.SOURCE
			)
		try:
			self.environment.from_string(source, name=name)
		except Error as error:
			raise self._failure(error, source, name) from error

	def render(
		self,
		source: str,
		name: str,
		values: Mapping[str, object],
		presentation: Presentation,
		*,
		escaped: bool = True,
	) -> str:
		"""The document's HTML; not ``escaped`` for a style sheet, which is no HTML. Raises TemplateError."""
		self.check(source, name)
		environment = self.environment if escaped else self.unescaped
		template = environment.from_string(source, name=name)
		try:
			return template.document(values, presentation)  # type: ignore[attr-defined,no-any-return]
		except Error as error:
			raise self._failure(error, source, name) from error
		except RecursionError as error:
			raise TemplateError("liquid_too_many_partials", template=name, limit=limits.PARTIALS) from error

	def _failure(self, error: Error, source: str, name: str) -> TemplateError:
		blamed = error.name or name
		text = source if blamed == name else self.source_of(blamed) or ""
		code, needle, details = self._explained(error)
		line, column = _place(text.splitlines(), error.linenum or 0, needle)
		lines = text.splitlines()
		return TemplateError(
			code,
			template=blamed,
			line=line,
			column=column,
			source_line=lines[line - 1] if 0 < line <= len(lines) else "",
			**details,  # type: ignore[arg-type]
		)

	def _explained(self, error: Error) -> tuple[str, str, dict[str, object]]:
		"""A failure's code, the text in the template that is to blame, and the values of its message."""
		message = error.message
		if isinstance(error, UndefinedError) and isinstance(message, UnknownPath):
			return (
				"liquid_unknown_name",
				message.path,
				{"path": message.path, "suggestion": message.suggestion},
			)
		if isinstance(error, NoSuchFilterFunc):
			return self._unknown("liquid_unknown_filter", _quoted(error), self.environment.filters)
		if isinstance(error, LiquidSyntaxError) and "unexpected tag" in str(message):
			return self._unknown("liquid_unknown_tag", _quoted(error), self.environment.tags)
		if isinstance(error, TemplateNotFound):
			return "liquid_partial_missing", str(message), {"partial": str(message)}
		for kind, (code, limit) in _LIMITS.items():
			if isinstance(error, kind):
				return code, "", {"limit": limit}
		if isinstance(error, ResourceLimitError):
			return "liquid_filter_too_big", "", {"detail": str(message)}
		code = "liquid_syntax" if isinstance(error, LiquidSyntaxError) else "liquid_wrong_value"
		return code, "", {"detail": str(message)}

	def _unknown(self, code: str, word: str, words: Iterable[str]) -> tuple[str, str, dict[str, object]]:
		close = difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)
		return code, word, {"word": word, "suggestion": close[0] if close else ""}


def _quoted(error: Error) -> str:
	parts = str(error.message).split("'")
	return parts[1] if len(parts) > 1 else ""


def _place(lines: list[str], line: int, needle: str) -> tuple[int, int]:
	"""Line and column, from 1, of ``needle`` at or after ``line``: the library knows the line of the block only."""
	word = re.compile(rf"(?<![\w.]){re.escape(needle)}(?![\w-])")
	for index in range(max(line, 1) - 1, len(lines) if needle else 0):
		if found := word.search(lines[index]):
			return index + 1, found.start() + 1
	indent = len(lines[line - 1]) - len(lines[line - 1].lstrip()) if 0 < line <= len(lines) else -1
	return line, indent + 1
