"""Bounds around every filter, so that no single one can take the memory or the time of the whole site."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from typing import Any

from liquid.exceptions import Error, FilterArgumentError, FilterValueError, ResourceLimitError
from liquid.undefined import Undefined

from billing_ext.rendering import limits

Filter = Callable[..., Any]

_DEPTH = 6
_TEXT = frozenset(
	"append capitalize downcase escape escape_once lstrip markdown newline_to_br prepend remove remove_first "
	"remove_last replace replace_first replace_last rstrip split strip strip_html strip_newlines truncate "
	"truncatewords upcase url_decode url_encode base64_encode base64_url_safe_encode t translate date unit "
	"qr_code barcode kid".split()
)
"""Filters that take any value as text: they would show a list or a map in Python's words."""
_UNFIT = "these values do not fit"
CRASHES = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError, AssertionError)
"""What the library lets through when a template's values are not what it expects."""


class TimeLimitError(ResourceLimitError):
	"""Rendering took too long."""


def check_time(deadline: float) -> None:
	"""Raises TimeLimitError after ``deadline``, of time.monotonic()."""
	if time.monotonic() > deadline:
		raise TimeLimitError("time limit reached")


def guarded(name: str, function: Filter) -> Filter:
	"""``function`` with bounded time, input and output.

	Raises ResourceLimitError beyond limits.TEXT and limits.ITEMS, and every other failure as liquid's Error.
	"""
	wanted = [key for key in ("context", "environment") if getattr(function, f"with_{key}", False)]

	@wraps(function)
	def bounded(value: Any, *args: Any, context: Any, **kwargs: Any) -> Any:
		check_time(context.deadline)
		for part in (value, *args, *kwargs.values()):
			check_size(name, part)
		if name in _TEXT:
			value, args = readable(value), tuple(map(readable, args))
			kwargs = {key: readable(part) for key, part in kwargs.items()}
		elif name == "join" and issubclass(type(value), list | tuple):
			value = [readable(item) if type(item) is dict else item for item in value]
		_check_growth(name, value, args, kwargs)
		own = {"context": context, "environment": context.env}
		result = _called(name, function, value, args, {**kwargs, **{key: own[key] for key in wanted}})
		check_size(name, result)
		return result

	bounded.with_context = True  # type: ignore[attr-defined]
	bounded.with_environment = False  # type: ignore[attr-defined] # wraps() copied the filter's own
	return bounded


def readable(value: Any) -> Any:
	"""A value that prints as in an output: a list as its members, a map, which has no text of its own, as nothing."""
	if type(value) is dict:
		return ""
	if issubclass(type(value), list | tuple):
		return "".join(str(readable(item)) for item in value if item is not None)
	return value


def _called(name: str, function: Filter, value: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
	try:
		return function(value, *args, **kwargs)
	except FilterValueError as error:
		if value is None:
			return None
		raise FilterArgumentError(f"{name}: {_UNFIT}") from error  # the library would leave the filter out
	except FilterArgumentError as error:
		raise FilterArgumentError(_named(name, error.message)) from error
	except CRASHES as error:
		raise FilterArgumentError(f"{name}: {_UNFIT}") from error


def _named(name: str, message: object) -> str:
	"""A message that starts with the filter's name and shows nothing of Python."""
	if isinstance(message, Exception):
		return f"{name}: {_UNFIT}"
	return str(message) if str(message).startswith(name) else f"{name}: {message}"


def in_words(error: BaseException) -> Error:
	"""A failure of the library outside filters as its own Error, without Python's words or a whole document's."""
	if isinstance(error, Error) and "<class" not in str(error.message):
		return error
	return Error(_UNFIT)


def check_size(name: str, value: Any) -> None:
	"""Raises ResourceLimitError when a value is more than a filter or an output may hold."""
	items, characters = _measured(value)
	if characters > limits.TEXT:
		raise ResourceLimitError(f"{name}: a text of {characters} characters, at most {limits.TEXT}")
	limit = limits.QUADRATIC if name == "uniq" else limits.ITEMS
	if items > limit:
		raise ResourceLimitError(f"{name}: {items} items, at most {limit}")
	if issubclass(type(value), Decimal) and value and abs(value.adjusted()) > limits.DIGITS:
		raise FilterArgumentError(f"{name}: a number of more than {limits.DIGITS} digits")


def weight(value: Any) -> int:
	"""About the bytes of a value that a template keeps."""
	items, characters = (0, 0) if issubclass(type(value), range) else _measured(value)
	return 64 + 8 * items + characters


def _measured(value: Any, depth: int = _DEPTH) -> tuple[int, int]:
	"""How many items and characters a value has, those of the lists in it too; counting ends beyond the limits."""
	kind = type(value)  # not isinstance, which asks an undefined name for its class, and that is an error
	if issubclass(kind, str):
		return 0, len(value)
	if issubclass(kind, range):
		return max(0, value.stop - value.start), 0  # len() ends at 2**63
	if not depth or not issubclass(kind, list | tuple):
		return 0, 0
	items, characters = len(value), 0
	for item in value if items <= limits.ITEMS else ():
		inner, text = _measured(item, depth - 1)
		items, characters = items + inner, characters + text
		if items > limits.ITEMS or characters > limits.TEXT:
			break
	return items, characters


def _check_growth(name: str, value: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
	"""Raises ResourceLimitError where the result of small parts would be large."""
	if issubclass(type(value), Undefined):
		return
	size = 0
	if name == "replace" and args:
		size = _replaced(str(value), str(args[0]), str(args[1]) if len(args) > 1 else "")
	elif name == "join" and args:
		size = (len(value) if isinstance(value, list | tuple | range) else 0) * len(str(args[0]))
	elif name in ("t", "translate"):
		size = sum(_replaced(str(value), f"{{{key}}}", str(part)) for key, part in kwargs.items())
	if size > limits.TEXT:
		raise ResourceLimitError(f"{name}: a text of {size} characters, at most {limits.TEXT}")


def _replaced(text: str, old: str, new: str) -> int:
	return len(text) + (text.count(old) if old else len(text) + 1) * (len(new) - len(old))
