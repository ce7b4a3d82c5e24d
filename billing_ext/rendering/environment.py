"""Liquid for authors who are not administrators: strict, escaped, bounded, blind to everything but the drops."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from io import StringIO
from typing import Any, TextIO

from liquid import Environment as LiquidEnvironment
from liquid import Mode
from liquid.ast import Node, ParseTree
from liquid.builtin.statement import StatementNode
from liquid.chain_map import ReadOnlyChainMap
from liquid.context import UNDEFINED, Context
from liquid.exceptions import (
	Error,
	LiquidSyntaxError,
	LocalNamespaceLimitError,
	LoopIterationLimitError,
	TemplateNotFound,
)
from liquid.expression import Expression, LoopExpression
from liquid.extra import add_inheritance_tags
from liquid.extra.tags.extends import BlockNode as InheritedBlockNode
from liquid.loaders import BaseLoader, TemplateSource
from liquid.output import LimitedStringIO
from liquid.stringify import to_liquid_string
from liquid.template import BoundTemplate
from liquid.undefined import StrictDefaultUndefined

from billing_ext.rendering import limits
from billing_ext.rendering.filters import FILTERS
from billing_ext.rendering.guards import (
	CRASHES,
	TimeLimitError,
	check_size,
	check_time,
	guarded,
	in_words,
	readable,
	weight,
)
from billing_ext.rendering.presentation import Presentation
from billing_ext.rendering.scanner import check_conditions, check_tags, nesting

__all__ = ["Environment", "NestingError", "Sources", "TimeLimitError", "UnknownPath", "nesting"]

# "safe" would switch escaping off; the others show a template's author nothing that a document needs.
_REMOVED_FILTERS = ("safe", "base64_decode", "base64_url_safe_decode")

Sources = Callable[[str], str | None]
"""The source of a template by its name; None when there is none."""


class UnknownPath(str):
	"""The message about a name that is not there, with the name and the one that may have been meant."""

	__slots__ = ("path", "suggestion")
	path: str
	suggestion: str


class UnknownName(StrictDefaultUndefined):
	"""A name that is not there: any use of it is an error, except ``default``."""

	__slots__ = ()


class NestingError(LiquidSyntaxError):
	"""Blocks, brackets or conditions go too deep."""


class _TimedStringIO(LimitedStringIO):
	"""Output that also looks at the clock: every loop that does anything writes."""

	def __init__(self, limit: int, deadline: float) -> None:
		super().__init__(limit)
		self.deadline = deadline

	def write(self, text: str) -> int:
		check_time(self.deadline)
		return super().write(text)


class PrintContext(Context):
	"""A render context that knows the document's presentation and its deadline, and in which nothing has no fields.

	``source_name`` is the template whose text is being rendered: with inheritance not the one it began with.
	"""

	__slots__ = ("deadline", "held", "presentation", "source_name")
	presentation: Presentation
	deadline: float
	source_name: str

	def __init__(self, *args: Any, **kwargs: Any) -> None:
		super().__init__(*args, **kwargs)
		self.held = 0
		# Without the library's "now" and "today": those read the server's clock.
		self.scope = ReadOnlyChainMap(self.locals, self.globals, self.counters)

	def copy(self, *args: Any, **kwargs: Any) -> Context:
		"""A context for a partial, with the same presentation and deadline."""
		copied = super().copy(*args, **kwargs)
		copied.presentation, copied.deadline = self.presentation, self.deadline  # type: ignore[attr-defined]
		copied.source_name = self.source_name  # type: ignore[attr-defined]
		return copied

	def get_buffer(self, buf: TextIO | None = None) -> StringIO:
		"""A buffer for what is left of the limit, the outer buffers' text counted."""
		left = buf.limit - buf.size if isinstance(buf, LimitedStringIO) else limits.OUTPUT
		return _TimedStringIO(left, self.deadline)

	def assign(self, key: str, val: Any) -> None:
		"""Keep a value under a name. The library would add up all values every time."""
		self.held += weight(val) - (weight(self.locals[key]) if key in self.locals else 0)
		self.locals[key] = val
		if self.get_size_of_locals() > limits.NAMESPACE:
			raise LocalNamespaceLimitError("local namespace limit reached")

	def get_size_of_locals(self) -> int:
		"""The bytes of all values, those of the calling templates too."""
		return self.held + int(self.local_namespace_size_carry)

	def get(self, path: Any, default: object = UNDEFINED) -> object:
		"""The value at a path; a field of nothing is nothing, a field nobody has is an error with a suggestion."""
		if isinstance(path, str):
			return self._resolve(path, default)
		found = self._resolve(path[0], default)
		for index, key in enumerate(path[1:], 1):
			if found is None:
				return None
			try:
				found = self.getitem(found, key)
			except (KeyError, IndexError, TypeError):
				return self._missing(path[: index + 1], found) if default is UNDEFINED else default
		return found

	def _resolve(self, name: str, default: object = UNDEFINED) -> Any:
		check_time(self.deadline)
		try:
			return self.scope[name]
		except KeyError:
			return self._missing([name], self.scope) if default is UNDEFINED else default

	def parentloop(self) -> object:
		"""The loop around this one."""
		return self.loops[-1] if self.loops else _unknown(["parentloop"], [])

	def _missing(self, path: list[Any], holder: object) -> object:
		if isinstance(holder, list | tuple) and isinstance(path[-1], int):
			return None  # lines[7] of five lines is nothing, as in Liquid everywhere
		words = list(holder) if isinstance(holder, Mapping) else []
		return _unknown(path, [str(word) for word in words])


def _unknown(path: list[Any], words: list[str]) -> UnknownName:
	dotted = ".".join(str(part)[:100] if isinstance(part, str | int) else "?" for part in path)
	close = difflib.get_close_matches(str(path[-1])[:100], words, n=1, cutoff=0.6)
	message = UnknownPath(f"'{dotted}' is undefined")
	message.path = dotted
	message.suggestion = ".".join([*dotted.split(".")[:-1], close[0]]) if close else ""
	return UnknownName(dotted, hint=message)


class PrintTemplate(BoundTemplate):
	"""A parsed template."""

	context_class = PrintContext

	def document(self, values: Mapping[str, object], presentation: Presentation) -> str:
		"""The template with ``values``. Raises liquid's errors, all of them Error."""
		context = PrintContext(self.env, globals=self.make_globals(dict(values)), template=self)
		context.presentation, context.source_name = presentation, self.name
		context.deadline = time.monotonic() + limits.SECONDS
		buffer = context.get_buffer()
		self.render_with_context(context, buffer)
		return buffer.getvalue()

	def render_with_context(self, context: Context, buffer: TextIO, *args: Any, **kwargs: Any) -> None:
		"""Render into ``buffer``; errors meanwhile are this template's."""
		with _source(context, str(self.path or self.name)):
			super().render_with_context(context, buffer, *args, **kwargs)


@contextmanager
def _source(context: Context, name: str) -> Iterator[None]:
	assert isinstance(context, PrintContext)  # noqa: S101 - for mypy
	outer, context.source_name = context.source_name, name
	try:
		yield
	finally:
		context.source_name = outer


class _Located(Node):
	"""A node whose errors say on which line of which template it stands, also within a loop, and that looks at the clock."""

	def render_to_output(self, context: Context, buffer: TextIO) -> bool | None:
		assert isinstance(context, PrintContext)  # noqa: S101 - for mypy
		check_time(context.deadline)
		try:
			return super().render_to_output(context, buffer)  # type: ignore[safe-super]
		except (Error, *CRASHES) as failure:
			error = in_words(failure)
			error.linenum = error.linenum or self.token().linenum
			error.filename = error.filename or context.source_name
			raise error from (None if error is failure else failure)


class _Output(StatementNode):
	"""Output of a bounded size, and nothing of Python in it."""

	def render_to_output(self, context: Context, buffer: TextIO) -> bool | None:
		value: Any = self.expression.evaluate(context)
		check_size("output", value)
		if issubclass(type(value), list | tuple):
			value = [readable(item) for item in value]
		elif type(value) is dict:
			value = ""  # a map has no text of its own; an object has (drops.Drop)
		buffer.write(to_liquid_string(value, context.autoescape))
		return None


class _Block(InheritedBlockNode):
	"""A block whose errors name the template that wrote it."""

	def render_to_output(self, context: Context, buffer: TextIO) -> bool | None:
		stack = context.tag_namespace.get("extends", {}).get(self.name)
		if not stack:
			return super().render_to_output(context, buffer)
		with _source(context, stack[0].source_name):
			return super().render_to_output(context, buffer)


@lru_cache(maxsize=64)
def _located(node_class: type[Node]) -> type[Node]:
	better = {"StatementNode": _Output, "EchoNode": _Output}.get(node_class.__name__, node_class)
	if node_class is InheritedBlockNode:
		better = _Block
	return type(f"Located{node_class.__name__}", (_Located, better), {})


class _BoundedIterable(Expression):
	"""What a loop runs over, refused before the library makes a list of a billion numbers of it."""

	__slots__ = ("iterable",)

	def __init__(self, iterable: Expression) -> None:
		self.iterable = iterable

	def __str__(self) -> str:
		return str(self.iterable)

	def evaluate(self, context: Context) -> object:
		value = self.iterable.evaluate(context)
		if type(value) is range and value.stop - value.start > limits.ITERATIONS:
			raise LoopIterationLimitError("loop iteration limit reached")
		return value

	def children(self) -> list[Expression]:
		return [self.iterable]


class _Sources(BaseLoader):
	"""Partials by name from wherever the site keeps them; never a path of the machine."""

	def __init__(self, source_of: Sources) -> None:
		super().__init__()
		self.source_of = source_of

	def get_source(self, env: LiquidEnvironment, template_name: str) -> TemplateSource:
		"""A partial's source. Raises TemplateNotFound."""
		source = self.source_of(template_name)
		if source is None:
			raise TemplateNotFound(template_name)
		return TemplateSource(source, template_name, None)


class Environment(LiquidEnvironment):
	"""Our Liquid: strict about names and filters, escaping, with limits, and partials from ``source_of``."""

	context_depth_limit = limits.PARTIALS
	loop_iteration_limit = limits.ITERATIONS
	local_namespace_limit = limits.NAMESPACE
	output_stream_limit = limits.OUTPUT
	template_class = PrintTemplate

	def __init__(self, source_of: Sources, *, autoescape: bool = True) -> None:
		super().__init__(
			tolerance=Mode.STRICT,
			undefined=UnknownName,
			strict_filters=True,
			autoescape=autoescape,
			loader=_Sources(source_of),
			cache_size=0,
		)

		parse_loop = self.parse_loop_expression_value

		def bounded_loop(*args: Any, **kwargs: Any) -> LoopExpression:
			loop = parse_loop(*args, **kwargs)
			loop.iterable = _BoundedIterable(loop.iterable)
			return loop

		self.parse_loop_expression_value = bounded_loop

	def parse(self, source: str) -> ParseTree:
		"""The syntax tree of a source, which is the same for every environment. Raises LiquidSyntaxError."""
		if len(source) > limits.SOURCE:
			raise LiquidSyntaxError(f"{len(source)} characters, at most {limits.SOURCE}")
		return _parsed(source) if len(source) <= limits.CACHED else _parsed.__wrapped__(source)

	def setup_tags_and_filters(self) -> None:
		"""Liquid's own, inheritance and ours; every filter bounded."""
		super().setup_tags_and_filters()
		add_inheritance_tags(self)
		for tag in self.tags.values():
			if hasattr(tag, "node_class"):
				tag.node_class = _located(tag.node_class)  # type: ignore[attr-defined]
		for name in _REMOVED_FILTERS:
			del self.filters[name]
		self.filters.update(FILTERS)
		for name, function in list(self.filters.items()):
			self.filters[name] = guarded(name, function)


@lru_cache(maxsize=64)
def _parsed(source: str) -> ParseTree:
	check_tags(source)
	check_conditions(source)
	if nesting(source) > limits.NESTING:
		raise NestingError("too many blocks within blocks")
	try:
		return LiquidEnvironment.parse(_parser(), source)
	except RecursionError as error:
		raise NestingError("too deep") from error


@lru_cache(maxsize=1)
def _parser() -> Environment:
	return Environment(lambda _name: None)
