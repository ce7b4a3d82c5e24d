"""What the simulated company holds: tables of objects, counters, sessions, and a journal to undo a refused call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Row = dict[str, Any]

# Numbers of the size that real companies show.
FIRST_ID = {
	"Customer": 81_000_100,
	"Address": 91_000_100,
	"Product": 71_000_100,
	"Order": 401_000_100,
	"OrderLine": 1_601_000_100,
	"Invoice": 2_147_400_100,
	"Voucher": 608_000_100,
	"Posting": 3_412_000_100,
	"CloseGroup": 11_000_100,
	"Account": 362_000_100,
	"Currency": 1000,
	"VatType": 1000,
	"Subscription": 5100,
}
FIRST_VERSION = {"Voucher": 5, "Invoice": 2}
EVENTS = {"Customer": "customer", "Product": "product", "Order": "order", "Account": "account"}
EVENTS |= {"Voucher": "voucher", "CloseGroup": "closeGroup", "Contact": "contact"}


class State:
	"""All of it plain dicts, lists and Decimals, so that it can be pickled."""

	def __init__(self, company_id: int):
		self.company_id = company_id
		self.now = ""
		self.tables: dict[str, dict[int, Row]] = {}
		self.ids: dict[str, int] = {}
		self.counters: dict[str, int] = {"invoice": 1, "order": 1, "customer": 10000, "product": 1}
		self.settings: dict[str, Any] = {
			"vat_registered": True,
			"vat_closed_through": "",
			"period_closed_through": "",
			"reconciled_through": {},
			"term_size": "TWO_MONTHS",
			"duplicate_number": (422, 18000),
			"required_department": False,
			"business_start": "2020-01-01",
		}
		self.sessions: dict[str, str] = {}
		self.matches: dict[int, list[int]] = {}
		self.numbers: dict[int, int] = {}
		self.order_numbers: dict[str, int] = {}
		self.queue: list[dict[str, Any]] = []
		self.sent: list[dict[str, Any]] = []
		self._undo: list[Callable[[], Any]] = []

	def __getstate__(self) -> dict[str, Any]:
		return {**self.__dict__, "_undo": []}

	def table(self, model: str) -> dict[int, Row]:
		return self.tables.setdefault(model, {})

	def get(self, model: str, key: int | None) -> Row | None:
		return self.table(model).get(key) if key is not None else None

	def take(self, counter: str) -> int:
		"""The next number of a series."""
		value = self.counters.get(counter, 1)
		self.set_item(self.counters, counter, value + 1)
		return value

	def set_item(self, holder: dict[Any, Any], key: Any, value: Any) -> None:
		"""Set and remember how to undo it."""
		missing = key not in holder
		old = holder.get(key)
		self._undo.append(lambda: holder.pop(key, None) if missing else holder.__setitem__(key, old))
		holder[key] = value

	def drop_item(self, holder: dict[Any, Any], key: Any) -> None:
		old = holder.pop(key)
		self._undo.append(lambda: holder.__setitem__(key, old))

	def append(self, holder: list[Any], value: Any) -> None:
		holder.append(value)
		self._undo.append(holder.pop)

	def add(self, model: str, values: Row, key: int | None = None) -> Row:
		"""A new object."""
		if key is None:
			key = self.ids.get(model) or FIRST_ID.get(model, 1100)
			self.ids[model] = key + 1
		row = {"id": key, "version": FIRST_VERSION.get(model, 1), **values}
		row["_changes"] = [("CREATE", self.now)]
		self.set_item(self.table(model), key, row)
		self.emit(model, key, "create")
		return row

	def change(self, model: str, row: Row, values: Row, event: bool = True) -> None:
		"""Change an object; its version goes up."""
		changes = [*row.get("_changes", []), ("UPDATE", self.now)]
		for key, value in {**values, "version": row["version"] + 1, "_changes": changes}.items():
			self.set_item(row, key, value)
		if event:
			self.emit(model, row["id"], "update")

	def remove(self, model: str, key: int) -> None:
		self.drop_item(self.table(model), key)
		self.emit(model, key, "delete")

	def emit(self, model: str, key: int, verb: str) -> None:
		"""Queue an event for the subscribers."""
		if name := EVENTS.get(model):
			self.event(f"{name}.{verb}", model, key)

	def event(self, name: str, model: str, key: int) -> None:
		self.append(self.queue, {"event": name, "model": model, "id": key})

	def commit(self) -> None:
		self._undo.clear()

	def rollback(self) -> None:
		while self._undo:
			self._undo.pop()()
