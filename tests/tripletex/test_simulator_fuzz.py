"""Whatever is sent, the simulator answers or refuses; it never breaks, and its books balance."""

import random
import re

import pytest
from tripletex_simulator import Simulator
from tripletex_simulator.caller import Caller
from tripletex_simulator.models import fields_of
from tripletex_simulator.routing import ROUTES

DAY = "2026-11-22"
ODD = (
	None,
	0,
	-1,
	2**40,
	1.5,
	"",
	"x",
	DAY,
	"2026-13-45",
	True,
	[],
	{},
	"1e99",
	1e30,
	"NaN",
	[None],
	[{}],
	{"id": "a"},
)
QUERY = (
	"",
	"x",
	"1",
	"-1",
	"2026-01-01",
	"2027-01-01",
	"true",
	"1,2",
	"1e5",
	"REMINDER",
	"EMAIL",
	"NaN",
	"9" * 20,
)
TABLES = {
	"customer": "Customer",
	"product": "Product",
	"order": "Order",
	"invoice": "Invoice",
	"ledger": "Voucher",
}
# What makes a body likely to get through.
NEARLY = {
	"OrderLine": {"description": "Vare", "vatType": {"id": 3}},
	"Posting": {"row": 1, "amountGross": 1, "amountGrossCurrency": 1},
	"Invoice": {"invoiceDate": DAY, "invoiceDueDate": DAY},
	"Voucher": {"date": DAY, "description": "Bilag"},
	"Order": {"orderDate": DAY, "deliveryDate": DAY},
}
INNER = {
	"Invoice": ("orders", "Order"),
	"Voucher": ("postings", "Posting"),
	"Order": ("orderLines", "OrderLine"),
}


class Monkey:
	"""Makes calls at random, the same for the same seed."""

	def __init__(self, seed):
		self.chance = random.Random(seed)
		self.sim = Simulator(rate_limit=None)
		self.caller = Caller(self.sim)
		self.customer = self.caller.customer()["id"]
		self.caller.invoice(500001, self.customer, (100, 3))

	def key(self, model):
		return self.chance.choice([*list(self.sim.state.table(model))[-6:], 1])

	def body(self, model, depth=0):
		fields = list(fields_of(model).values())
		chosen = self.chance.sample(fields, min(len(fields), self.chance.randint(0, 6)))
		body = {field.name: self.value(field, depth) for field in chosen}
		if self.chance.random() < 0.8:
			body |= NEARLY.get(model, {})
			if model in ("Order", "Invoice"):
				body["customer"] = {"id": self.customer}
			if model == "Posting":
				body["account"] = {"id": self.key("Account")}
			if model in INNER and depth < 3:
				name, inner = INNER[model]
				body[name] = [self.body(inner, depth + 1) for _ in range(2 if model == "Voucher" else 1)]
		return body

	def value(self, field, depth):
		if self.chance.random() < 0.3:
			return self.chance.choice(ODD)
		if field.kind == ">":
			return {"id": self.key(field.target)}
		if field.kind == "*":
			return [self.body(field.target, depth + 1)] if field.target and depth < 2 else []
		return {"i": 1, "n": 1.25, "b": True, "s": "abc", "o": 1}[field.kind]

	def call(self):
		route = self.chance.choice([r for r in ROUTES if "token" not in r.template])
		table = TABLES.get(route.template.split("/")[1], "Customer")
		path = re.sub(r"\{\w+\}", lambda _: str(self.key(table)), route.template)
		query = {
			name: self.chance.choice(QUERY) for name in sorted(route.query) if self.chance.random() < 0.4
		}
		if "dateFrom" in route.query:
			query |= {"dateFrom": "2026-01-01", "dateTo": "2027-01-01"}
		body = (
			self.body(route.model)
			if route.model
			else None
			if route.method == "GET"
			else self.chance.choice(ODD)
		)
		return self.caller.http.request(
			route.method, self.caller.base + path, params=query, json=body, timeout=9
		)


@pytest.mark.parametrize("seed", range(3))
def test_anything_is_answered(seed):
	monkey = Monkey(seed)
	statuses = {monkey.call().status_code for _ in range(700)}
	assert statuses <= {200, 201, 204, 400, 403, 404, 409, 422}
	assert {200, 201, 204, 422} <= statuses
	for voucher in monkey.sim.vouchers():
		assert sum(posting["amount"] for posting in voucher["postings"]) == 0
