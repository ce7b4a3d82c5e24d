"""Plain calls to a simulator, for its own tests and for trying things by hand."""

from __future__ import annotations

from datetime import timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

from .app import Simulator

BASE = "https://api-test.tripletex.tech/v2"


class Caller:
	"""A logged-in session; `call` gives the response, the named helpers the object."""

	def __init__(self, sim: Simulator, base_url: str = BASE, login: bool = True):
		self.sim, self.base = sim, base_url
		self.http = requests.Session()
		self.http.trust_env = False
		self.http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
		if base_url == BASE:
			self.http.mount(BASE, sim.adapter())
		if login:
			self.login()

	def login(self) -> None:
		consumer, employee = self.sim.tokens
		body = {"consumerToken": consumer, "employeeToken": employee}
		body["expirationDate"] = (self.sim.local_date() + timedelta(days=2)).isoformat()
		answer = self.call("POST", "/token/session/:create", body)
		self.http.auth = ("0", answer.json()["value"]["token"])

	def call(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
		"""One call. Query names are written as they are, so that `from_` stands for `from`."""
		query = {name.rstrip("_"): self._text(value) for name, value in query.items()}
		return self.http.request(method, self.base + path, params=query, json=body, timeout=5)

	@staticmethod
	def _text(value: Any) -> Any:
		return str(value).lower() if isinstance(value, bool) else value

	def value(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
		"""The object of an answer that must be good."""
		answer = self.call(method, path, body, **query)
		if answer.status_code >= 300:
			raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
		return answer.json()["value"]

	def values(self, path: str, **query: Any) -> list[Any]:
		"""The objects of a list."""
		answer = self.call("GET", path, **query)
		if answer.status_code >= 300:
			raise AssertionError(f"GET {path}: {answer.status_code} {answer.text}")
		return answer.json()["values"]

	def customer(self, number: int = 200001, **fields: Any) -> dict[str, Any]:
		address = {
			"addressLine1": "Kirkegata 5",
			"postalCode": "0153",
			"city": "Oslo",
			"country": {"id": 161},
		}
		body = {"name": f"Kunde {number} AS", "customerNumber": number, "postalAddress": address, **fields}
		return self.value("POST", "/customer", body)

	def account(self, number: int) -> dict[str, Any]:
		return self.values("/ledger/account", number=number)[0]

	def product(self, account: int = 3000, vat_type: int = 3, **fields: Any) -> dict[str, Any]:
		number = f"E-{account}-{vat_type}"
		body = {"name": number, "number": number, "vatType": {"id": vat_type}, **fields}
		return self.value("POST", "/product", body | {"account": {"id": self.account(account)["id"]}})

	def invoice_body(
		self, number: int | None, customer: int, *lines: Any, day: str = "", **fields: Any
	) -> Any:
		"""A body of POST /invoice; a line is (price, VAT type) or a dict."""
		day = day or self.sim.today()
		currency = fields.pop("currency", {"id": 1})
		order = {"customer": {"id": customer}, "orderDate": day, "deliveryDate": day, "currency": currency}
		order |= {"isPrioritizeAmountsIncludingVat": False, "orderLines": [line_body(line) for line in lines]}
		if number:
			order["number"] = f"SINV-{number}"
			fields["invoiceNumber"] = number
		due = (self.sim.local_date() + timedelta(days=14)).isoformat()
		body = {"invoiceDate": day, "invoiceDueDate": due, "customer": {"id": customer}, "currency": currency}
		return {**body, "orders": [order], **fields}

	def invoice(self, number: int | None, customer: int, *lines: Any, **fields: Any) -> dict[str, Any]:
		body = self.invoice_body(number, customer, *lines, **fields)
		return self.value("POST", "/invoice", body, sendToCustomer=False)

	def read(self, invoice: dict[str, Any], fields: str = "*,postings(*)") -> dict[str, Any]:
		return self.value("GET", f"/invoice/{invoice['id']}", fields=fields)


def line_body(line: Any) -> dict[str, Any]:
	"""A line of an order from (price, VAT type)."""
	if isinstance(line, dict):
		return line
	price, vat_type = line
	body = {"description": "Abonnement", "count": 1, "unitPriceExcludingVatCurrency": price}
	return {**body, "vatType": {"id": vat_type}}
