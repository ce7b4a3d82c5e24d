"""Lists: filters, ranges, sorting, pages, digests."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from .errors import NULL, WRONG_TYPE, invalid, too_large
from .fields import plan_for, render, value_at
from .routing import PAGE, Answer, Call, check_date, route
from .state import Row

LIMIT = 10_000
NO_DIGEST = "'If-None-Match' header not specified"
Test = Callable[[Row], bool]


class Filter(NamedTuple):
	"""One query name and how it selects."""

	field: str
	kind: str


def ids(name: str = "id") -> Filter:
	"""A comma separated list of numbers, of an id, a reference or a number."""
	return Filter(name, "ids")


def exact(name: str) -> Filter:
	return Filter(name, "exact")


def words(name: str) -> Filter:
	"""One of several texts."""
	return Filter(name, "words")


def contains(name: str) -> Filter:
	return Filter(name, "contains")


def flag(name: str) -> Filter:
	return Filter(name, "flag")


def least(name: str) -> Filter:
	return Filter(name, "least")


def most(name: str) -> Filter:
	return Filter(name, "most")


class Range(NamedTuple):
	"""A date range: from including, to excluding."""

	field: str
	start: str
	end: str
	required: bool = True


def _numbers(texts: list[str]) -> set[int]:
	return {int(part) for text in texts for part in text.split(",") if part.strip().lstrip("-").isdigit()}


def _test(rule: Filter, texts: list[str]) -> Test:
	name, kind = rule
	if kind == "ids":
		wanted = _numbers(texts)
		return lambda row: row.get(name) in wanted
	if kind == "words":
		options = {part.strip() for text in texts for part in text.split(",")}
		return lambda row: str(row.get(name) or "") in options
	text = texts[0]
	if kind == "contains":
		return lambda row: text.lower() in str(row.get(name) or "").lower()
	if kind == "flag":
		return lambda row: bool(row.get(name)) == (text.lower() == "true")
	if kind in ("least", "most"):
		sign, limit = (1 if kind == "least" else -1), _limit(name, text)
		return lambda row: sign * ((row.get(name) or 0) - limit) >= 0
	return lambda row: str(row.get(name) or "") == text


def _limit(name: str, text: str) -> Decimal:
	if not re.fullmatch(r"-?\d+(\.\d+)?", text):
		raise invalid(name, WRONG_TYPE, code=15000)
	return Decimal(text)


def range_test(call: Call, rule: Range) -> Test | None:
	"""Select by a date range; both ends are wanted where the API wants them."""
	field, start, end, required = rule
	for name in (start, end):
		if required and not call.text(name):
			raise invalid(name, NULL)
	first = check_date(start, call.text(start)) if call.text(start) else ""
	last = check_date(end, call.text(end)) if call.text(end) else "9999"
	if first >= last:
		text = f"'From and including' value ({first}) is greater than or equal 'To and excluding' value ({last}) in filter."
		raise invalid(start, text)
	return lambda row: first <= (row.get(field) or "") < last


def select(call: Call, rows: Iterable[Row], rules: dict[str, Filter], ranges: Iterable[Range]) -> list[Row]:
	tests = [range_test(call, rule) for rule in ranges]
	tests += [_test(rule, call.query[name]) for name, rule in rules.items() if call.text(name)]
	return [row for row in rows if all(test(row) for test in tests if test)]


def page(call: Call, model: str, rows: list[Row], **extra: Any) -> Answer:
	"""The envelope of a list."""
	if len(rows) > LIMIT:
		raise too_large()
	plan = plan_for(model, call.text("fields"))
	rows = _sorted(call, model, rows)
	start, count = call.integer("from", 0) or 0, call.integer("count", 1000)
	shown = rows[start : start + (count or 0)]
	values = [render(call.state, model, row, plan) for row in shown]
	asked = call.headers.get("If-None-Match")
	digest = hashlib.sha256(repr(values).encode()).hexdigest()[:32] if asked else NO_DIGEST
	if asked and asked.strip('"') == digest:
		return Answer(None, 304)
	envelope = {"fullResultSize": len(rows), "from": start, "count": len(values), "versionDigest": digest}
	return Answer({**envelope, **extra, "values": values})


def _sorted(call: Call, model: str, rows: list[Row]) -> list[Row]:
	for key in reversed([k.strip() for k in call.text("sorting").split(",") if k.strip()]):
		name = key.lstrip("-")
		keyed = [(value_at(call.state, model, row, name), row) for row in rows]
		keyed.sort(key=lambda pair: (pair[0] is not None, pair[0]), reverse=key.startswith("-"))
		rows = [row for _, row in keyed]
	return rows


def listing(
	template: str,
	model: str,
	*ranges: Range,
	rows: Callable[[Call], Iterable[Row]] | None = None,
	unused: str = "",
	known: str = "",
	**rules: Filter,
) -> None:
	"""Register `GET template` as a list of a model. `known`: names that `rows` itself looks at."""
	names = [*rules, PAGE, known, *(f"{r.start} {r.end}" for r in ranges)]

	@route("GET", template, " ".join(names), unused=unused)
	def answer(call: Call) -> Answer:
		source = rows(call) if rows else list(call.state.table(model).values())
		return page(call, model, select(call, source, rules, ranges))


def single(template: str, model: str) -> None:
	"""Register `GET template` as one object of a model."""

	@route("GET", template, "fields")
	def answer(call: Call) -> Answer:
		return call.value(model, call.one(model))
