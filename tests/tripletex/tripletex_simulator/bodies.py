"""Bodies of requests: unknown fields, wrong types, lengths, references; and what a strict client must not send."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from .errors import NULL, UNKNOWN_FIELD, WRONG_TYPE, invalid, unmapped
from .models import OWNED, Field, fields_of
from .routing import Call
from .state import Row

INTEGER_LIMIT = 2_147_483_647
# Read-only or not, these come with every object.
IDENTITY = {"id", "version"}


def clean(call: Call, model: str, body: Any, path: str = "") -> Row:
	"""The body as values: references as ids, numbers as Decimal, read-only fields dropped."""
	if not isinstance(body, dict):
		raise unmapped(path or "request body", WRONG_TYPE)
	fields = fields_of(model)
	values = {}
	for name, value in body.items():
		where = f"{path}.{name}" if path else name
		field = fields.get(name)
		if field is None:
			call.sim.violate(f"unknown body field {where} in {call.route.method} {call.route.template}")
			raise unmapped(where, UNKNOWN_FIELD)
		if field.read_only:
			call.sim.violate(f"read-only field {where} sent to {call.route.method} {call.route.template}")
			continue
		if value is not None or call.route.method == "PUT":
			values[name] = _value(call, model, field, value, where)
	_forbid_identity(call, body, path)
	return values


def _forbid_identity(call: Call, body: Row, path: str) -> None:
	if call.route.method == "POST" and not path and IDENTITY & set(body):
		call.sim.violate(f"id or version sent to POST {call.route.template}")


def _value(call: Call, model: str, field: Field, value: Any, where: str) -> Any:
	if value is None:
		return None
	if field.kind in ">*" and (model, field.name) in OWNED:
		return _owned(call, field, value, where)
	if field.kind == ">":
		return _reference(call, field.target, value, where)
	if field.kind == "*":
		return value if isinstance(value, list) else _wrong(where)
	return _SCALARS[field.kind](call, field, value, where)


def _owned(call: Call, field: Field, value: Any, where: str) -> Any:
	if field.kind == ">":
		return clean(call, field.target, value, where)
	if not isinstance(value, list):
		raise unmapped(where, WRONG_TYPE)
	return [clean(call, field.target, item, f"{where}[{i}]") for i, item in enumerate(value)]


def _reference(call: Call, model: str, value: Any, where: str) -> int:
	if not isinstance(value, dict):
		raise unmapped(where, WRONG_TYPE)
	if "id" not in value:
		# Observed for accounts named by number; ASSUMED for the rest.
		name = f"{where}.{'name' if model == 'Account' else 'id'}"
		raise invalid(_plain(name), NULL, name)
	if call.state.get(model, _integer(call, None, value["id"], where)) is None:
		raise invalid(_plain(f"{where}.id"), "Finner ikke objektet.", f"{where}.id")  # ASSUMED: the text
	return int(value["id"])


def _plain(path: str) -> str:
	"""`postings[0].account` without its indices."""
	return "".join(part.split("]")[-1] for part in path.split("["))


def _wrong(where: str) -> Any:
	raise unmapped(where, WRONG_TYPE)


def _coerced(call: Call, value: Any, where: str) -> None:
	if isinstance(value, str):
		call.sim.violate(f"text sent for the number {where}")


def _integer(call: Call, field: Field | None, value: Any, where: str) -> int:
	_coerced(call, value, where)
	if isinstance(value, bool):
		raise unmapped(where, WRONG_TYPE)
	try:
		number = int(str(value))
	except ValueError:
		raise unmapped(where, WRONG_TYPE) from None
	if field and field.name not in ("id", "globalLocationNumber") and abs(number) > INTEGER_LIMIT:
		raise unmapped(where, WRONG_TYPE)
	return number


def _number(call: Call, field: Field, value: Any, where: str) -> Decimal:
	_coerced(call, value, where)
	if isinstance(value, bool):
		raise unmapped(where, WRONG_TYPE)
	try:
		return Decimal(str(value))
	except InvalidOperation:
		raise unmapped(where, WRONG_TYPE) from None


def _boolean(call: Call, field: Field, value: Any, where: str) -> bool:
	if not isinstance(value, bool):
		raise unmapped(where, WRONG_TYPE)
	return value


def _text(call: Call, field: Field, value: Any, where: str) -> str:
	if isinstance(value, (dict, list)):
		raise unmapped(where, WRONG_TYPE)
	text = value if isinstance(value, str) else str(value)
	if field.choices and text not in field.choices:
		raise unmapped(where, WRONG_TYPE)
	if field.max_length and len(text) > field.max_length:
		# ASSUMED: the text.
		raise invalid(_plain(where), f"Teksten kan ikke være lengre enn {field.max_length} tegn.", where)
	return text


_SCALARS = {
	"i": _integer,
	"n": _number,
	"b": _boolean,
	"s": _text,
	"o": lambda call, field, value, where: value,
}
