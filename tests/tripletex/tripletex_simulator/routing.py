"""Which function answers which call, and what a call brings along."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import NULL, WRONG_TYPE, Refusal, invalid, not_found
from .fields import plan_for, render
from .state import Row, State

if TYPE_CHECKING:
	from .app import Simulator

PAGE = "from count sorting fields"


class Route(NamedTuple):
	"""One operation."""

	method: str
	template: str
	pattern: re.Pattern[str]
	query: frozenset[str]
	handler: Callable[[Call], Answer]
	model: str
	unused: frozenset[str]
	deprecated: bool
	open: bool


class Answer(NamedTuple):
	"""What a handler returns; the payload is JSON unless it is bytes."""

	payload: Any
	status: int = 200
	content_type: str = "application/json;charset=UTF-8"


@dataclass
class Call:
	"""One request, as far as a handler cares."""

	sim: Simulator
	route: Route
	args: dict[str, Any]
	query: dict[str, list[str]]
	body: Any = None
	files: list[tuple[str, bytes]] = field(default_factory=list)
	headers: dict[str, str] = field(default_factory=dict)

	@property
	def state(self) -> State:
		return self.sim.state

	@property
	def id(self) -> int:
		return self.args["id"]

	def text(self, name: str, default: str = "") -> str:
		return self.query.get(name, [default])[0]

	def required(self, name: str) -> str:
		if not self.text(name):
			raise invalid(name, NULL)
		return self.text(name)

	def day(self, name: str) -> str:
		return check_date(name, self.required(name))

	def decimal(self, name: str) -> Decimal | None:
		try:
			value = Decimal(self.text(name)) if self.text(name) else None
		except InvalidOperation:
			raise invalid(name, WRONG_TYPE, code=15000) from None
		refuse_if(value is not None and not value.is_finite(), invalid(name, WRONG_TYPE, code=15000))
		return value

	def integer(self, name: str, default: int | None = None) -> int | None:
		text = self.text(name)
		refuse_if(text and not re.fullmatch(r"-?\d+", text), invalid(name, WRONG_TYPE, code=15000))
		return int(text) if text else default

	def flag(self, name: str, default: bool) -> bool:
		text = self.text(name)
		return text.lower() == "true" if text else default

	def one(self, model: str, key: int | None = None) -> Row:
		"""The object of the path, or 404."""
		row = self.state.get(model, self.id if key is None else key)
		if row is None:
			raise not_found()
		return row

	def value(self, model: str, row: Row, status: int = 200) -> Answer:
		"""One object in its envelope."""
		return Answer({"value": render(self.state, model, row, plan_for(model, self.text("fields")))}, status)


def check_date(name: str, text: Any) -> str:
	try:
		return date.fromisoformat(text).isoformat()
	except (ValueError, TypeError):
		raise invalid(name, WRONG_TYPE, code=15000) from None


ROUTES: list[Route] = []


def route(
	method: str,
	template: str,
	query: str = "",
	*,
	model: str = "",
	unused: str = "",
	deprecated: bool = False,
	open: bool = False,
) -> Callable[[Callable[[Call], Answer]], Callable[[Call], Answer]]:
	"""Register a handler. `model`: of the body. `unused`: query names that the simulator does not act on."""
	escaped = re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
	pattern = re.sub(r"\{(token|eventType)\}", r"(?P<\1>[^/]+)", escaped)
	pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>-?\\d+)", pattern) + "$")

	def register(handler: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
		names = frozenset(query.split()) | frozenset(unused.split())
		unused_names = frozenset(unused.split())
		found = Route(method, template, pattern, names, handler, model, unused_names, deprecated, open)
		ROUTES.append(found)
		return handler

	return register


def find(method: str, path: str) -> tuple[Route, dict[str, Any]] | None:
	"""The operation of a path; literal paths win over those with an id."""
	best = None
	for candidate in ROUTES:
		match = candidate.pattern.match(path) if candidate.method == method else None
		if match and (best is None or len(match.groupdict()) < len(best[1])):
			best = candidate, match.groupdict()
	if best is None:
		return None
	return best[0], {k: int(v) if re.fullmatch(r"-?\d+", v) else v for k, v in best[1].items()}


def refuse_if(condition: Any, refusal: Refusal) -> None:
	"""Say what must not be."""
	if condition:
		raise refusal
