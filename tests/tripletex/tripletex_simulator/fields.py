"""The `fields` query: parsing, checking against the models, and rendering objects by it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from .errors import illegal_field
from .models import Field, fields_of
from .state import Row, State

Plan = tuple[tuple[str, Field, Any], ...]
PATHS = {
	"VatType": "ledger/vatType",
	"Account": "ledger/account",
	"Voucher": "ledger/voucher",
	"Posting": "ledger/posting",
	"VoucherType": "ledger/voucherType",
	"CloseGroup": "ledger/closeGroup",
	"AccountingPeriod": "ledger/accountingPeriod",
	"OrderLine": "order/orderline",
	"PaymentType": "invoice/paymentType",
	"ProductUnit": "product/unit",
	"Subscription": "event/subscription",
}
DATES = {"date", "start", "end", "termOfPayment", "subscriptionPeriodStart", "subscriptionPeriodEnd"}

# Values that are worked out when they are asked for.
COMPUTED: dict[tuple[str, str], Callable[[State, Row], Any]] = {}


def computed(model: str, name: str) -> Callable[[Callable[[State, Row], Any]], Callable[[State, Row], Any]]:
	"""Register what works out one field of a model."""

	def register(function: Callable[[State, Row], Any]) -> Callable[[State, Row], Any]:
		COMPUTED[model, name] = function
		return function

	return register


def url_of(model: str, key: int) -> str:
	path = PATHS.get(model) or model[0].lower() + model[1:]
	return f"tripletex.no/v2/{path}/{key}"


@lru_cache(maxsize=2000)
def plan_for(model: str, text: str) -> Plan:
	"""What to render. Refuses names that the model lacks."""
	tokens = re.findall(r"[^,()\s]+|[,()]", text or "*")
	plan, rest = _parse(model, tokens)
	if rest:
		raise illegal_field(rest[0], model)
	return plan


def _parse(model: str, tokens: list[str]) -> tuple[Plan, list[str]]:
	fields, wanted = fields_of(model), {}
	while tokens and tokens[0] != ")":
		name, tokens = tokens[0], tokens[1:]
		if name == ",":
			continue
		if name == "*":
			wanted = {n: (n, f, None) for n, f in fields.items() if n != "changes"} | wanted
			continue
		if name not in fields:
			raise illegal_field(name, model)
		sub = None
		if tokens and tokens[0] == "(":
			sub, tokens = _parse(fields[name].target or "Plain", tokens[1:])
			tokens = tokens[1:]
		wanted[name] = (name, fields[name], sub)
	return tuple(wanted.values()), tokens


def render(state: State, model: str, row: Row, plan: Plan) -> Row:
	"""The object as the API shows it."""
	out = {}
	for name, field, sub in plan:
		work_out = COMPUTED.get((model, name))
		value = work_out(state, row) if work_out else row.get(name, _MISSING)
		out[name] = _value(state, model, row, field, value, sub)
	return out


_MISSING = object()


def _value(state: State, model: str, row: Row, field: Field, value: Any, sub: Plan | None) -> Any:
	if field.name == "url":
		return url_of(model, row["id"]) if "id" in row else ""
	if field.name == "changes":
		changes = row.get("_changes", [])
		return [{"employeeId": 4101, "timestamp": when, "changeType": kind} for kind, when in changes]
	if field.kind == ">":
		return None if value is _MISSING or value is None else _object(state, field.target, value, sub)
	if field.kind == "*":
		return [_object(state, field.target, v, sub) for v in (() if value is _MISSING else value or ())]
	return unset(field) if value is _MISSING else value


def _object(state: State, model: str, value: Any, sub: Plan | None) -> Any:
	if not model:
		return value
	row = value if isinstance(value, dict) else state.get(model, value)
	if row is None:
		return None
	if sub is None:
		summary = {"id": row["id"], "url": url_of(model, row["id"])} if "id" in row else None
		return summary or render(state, model, row, plan_for(model, "*"))
	return render(state, model, row, sub)


def unset(field: Field) -> Any:
	"""What the API shows for what nobody set: empty text, null for dates and choices, 0, false."""
	if field.kind == "s":
		date = field.name in DATES or field.name.lower().endswith("date")
		return None if date or field.choices else ""
	return {"b": False, "n": 0, "i": 0}.get(field.kind)


def value_at(state: State, model: str, row: Row, path: str) -> Any:
	"""The value at `customer.name`, for sorting."""
	name, _, rest = path.partition(".")
	field = fields_of(model).get(name)
	if field is None:
		raise illegal_field(name, model)
	work_out = COMPUTED.get((model, name))
	value = work_out(state, row) if work_out else row.get(name)
	if field.kind != ">" or not rest:
		return value if value is not None else unset(field)
	inner = state.get(field.target, value) if isinstance(value, int) else value
	return value_at(state, field.target, inner, rest) if inner else None
