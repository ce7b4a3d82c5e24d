"""Every answer of the simulator fits a description of the API, and the description's complaints are recorded."""

import os
from datetime import datetime, timezone

import pytest
from tripletex_simulator import Simulator, contract
from tripletex_simulator.caller import Caller
from tripletex_simulator.routing import ROUTES

TODAY = "2026-11-22"
SKIP = (
	"There is no description of the API. Download https://tripletex.no/v2/openapi.json (or a corrected copy of it) "
	f"and name its folder in {contract.VARIABLE}."
)


@pytest.fixture(scope="module")
def description():
	path = contract.default_path()
	if not contract.installed():
		pytest.skip("openapi-core is not installed: it is part of the extra `test`.")
	if not path or not os.path.exists(path):
		pytest.skip(SKIP)
	contract.load(path)
	return path


@pytest.fixture
def company(description):
	return Simulator(
		clock=lambda: datetime(2026, 11, 22, 10, tzinfo=timezone.utc),
		contract_path=description,
		check_answers=True,
		rate_limit=None,
	)


@pytest.fixture
def caller(company):
	return Caller(company)


PERIOD = {"dateFrom": "2026-01-01", "dateTo": "2027-01-01"}
SALES = {"invoiceDateFrom": "2026-01-01", "invoiceDateTo": "2027-01-01"}
NUMBERS = {"accountNumberFrom": 1000, "accountNumberTo": 9999}
QUERIES = {
	"/invoice": {
		**SALES,
		"fields": "*,orders(*),orderLines(*),postings(*),customer(*),currency(*),voucher(*)",
	},
	"/order": {
		"orderDateFrom": "2026-01-01",
		"orderDateTo": "2027-01-01",
		"fields": "*,orderLines(*),changes",
	},
	"/customer": {"fields": "*,postalAddress(*,country(*)),ledgerAccount(*)"},
	"/ledger/account": {"fields": "*,legalVatTypes(*),vatType(*),currency(*)"},
	"/ledger/voucher": {**PERIOD, "fields": "*,postings(*,account(*)),voucherType(*)"},
	"/ledger/posting": {**PERIOD, **NUMBERS},
	"/ledger/posting/openPost": {"date": "2026-12-01", **NUMBERS},
	"/ledger/openPost": {"date": "2026-12-01"},
	"/ledger/postingByDate": PERIOD,
	"/ledger": PERIOD,
	"/ledger/closeGroup": PERIOD,
	"/ledger/voucher/>externalVoucherNumber": {"externalVoucherNumber": "DEF-1"},
	"/balanceSheet": PERIOD,
	"/reminder": PERIOD,
}


class Walk:
	"""Calls every operation once, and remembers the paths that it took."""

	def __init__(self, caller, company):
		self.caller, self.company = caller, company
		self.ids = {}

	def write(self):
		"""Make one of each."""
		caller = self.caller
		customer = caller.customer(organizationNumber="987654325", email="kunde@example.com")
		self._put("/customer/{id}", customer, {"name": "Kunde to AS", "isInactive": False})
		product = caller.product()
		self._put("/product/{id}", product, {"name": "Abonnement"})
		for path, body in (("/department", {"name": "Salg", "departmentNumber": "2"}),
			("/product/unit", {"name": "Uke", "nameShort": "uke", "nameEN": "Week", "commonCode": "WEE"}),
			("/contact", {"firstName": "Kari", "lastName": "Nordmann", "customer": {"id": customer["id"]}})):  # fmt: skip
			self._put(path + "/{id}", caller.value("POST", path, body), {})
		self._sales(customer, product)
		self._ledger()
		self._settings()

	def _put(self, template, row, changes):
		self.ids[template] = row["id"]
		self.caller.value("PUT", template.format(id=row["id"]), {"version": row["version"], **changes})

	def _sales(self, customer, product):
		caller, company = self.caller, self.company
		line = {"product": {"id": product["id"]}, "description": "Nov.", "count": 2, "vatType": {"id": 3}}
		line["unitPriceExcludingVatCurrency"] = 99.9
		invoices = [
			caller.invoice(n, customer["id"], line, kid=f"{n:010}") for n in (500001, 500002, 500003, 500004)
		]
		paid, credited, half, open_one = invoices
		kind = caller.values("/invoice/paymentType")[0]["id"]
		query = {"paymentDate": TODAY, "paymentTypeId": kind, "paidAmount": paid["amount"]}
		caller.value("PUT", f"/invoice/{paid['id']}/:payment", **query)
		caller.value("PUT", f"/invoice/{credited['id']}/:createCreditNote", date=TODAY, sendToCustomer=False)
		company.bank.ocr("0000500003", 100, TODAY)
		caller.call("PUT", f"/invoice/{open_one['id']}/:send", sendType="EMAIL")
		query = {"type": "REMINDER", "date": TODAY, "dispatchType": "EMAIL", "includeCharge": True}
		caller.value("PUT", f"/invoice/{open_one['id']}/:createReminder", **query)
		order_id = open_one["orders"][0]["id"]
		order = caller.value("GET", f"/order/{order_id}")
		self._put("/order/{id}", order, {"isClosed": True})
		body = caller.invoice_body(None, customer["id"], line)["orders"][0]
		another = caller.value("POST", "/order", body)
		self.ids["/order/orderline/{id}"] = self._order_line(another)
		caller.value("PUT", f"/order/{another['id']}/:invoice", invoiceDate=TODAY, sendToCustomer=False)
		for path in (f"/order/{order_id}/:attach", f"/ledger/voucher/{half['voucher']['id']}/attachment"):
			method = "PUT" if path.startswith("/order") else "POST"
			file = {"file": ("a.pdf", b"%PDF-1.4", "application/pdf")}
			caller.http.request(method, caller.base + path, files=file).raise_for_status()
		self.ids["/invoice/{id}"] = half["id"]
		self.ids["/invoice/paymentType/{id}"] = kind

	def _order_line(self, order):
		body = {"order": {"id": order["id"]}, "description": "Mer", "count": 1, "vatType": {"id": 3}}
		return self.caller.value("POST", "/order/orderline", body)["id"]

	def _ledger(self):
		caller = self.caller
		rows = [
			{"row": i, "account": {"id": caller.account(n)["id"]}, "amountGross": a, "amountGrossCurrency": a}
			for i, (n, a) in enumerate(((3090, 5), (2970, -5)), 1)
		]
		body = {
			"date": TODAY,
			"description": "Periodisering",
			"externalVoucherNumber": "DEF-1",
			"postings": rows,
		}
		voucher = caller.value("POST", "/ledger/voucher", body)
		self._put("/ledger/voucher/{id}", voucher, {"externalVoucherNumber": "DEF-2"})
		caller.value("GET", f"/ledger/voucher/{voucher['id']}/options")
		caller.value("PUT", f"/ledger/voucher/{voucher['id']}/:reverse", date=TODAY)
		account = caller.value("POST", "/ledger/account", {"number": 1916, "name": "Vipps underveis"})
		self._put("/ledger/account/{id}", account, {"name": "Vipps"})
		postings = caller.values("/ledger/posting/openPost", date="2026-12-01")
		caller.call("PUT", "/ledger/posting/:closePostings", [p["id"] for p in postings[:1]])

	def _settings(self):
		caller = self.caller
		caller.value("PUT", "/ledger/vatSettings", {"vatRegistrationStatus": "VAT_REGISTERED"})
		target = {
			"event": "closeGroup.create",
			"targetUrl": "https://example.com/hook",
			"hmacSharedSecret": "0123456789abcdef",
		}
		self._put(
			"/event/subscription/{id}",
			caller.value("POST", "/event/subscription", target),
			{"status": "ACTIVE"},
		)
		caller.value("GET", "/event/invoice.charged")
		self.company.gui.reconcile_bank("2026-10-31")
		query = {"accountId": caller.account(1920)["id"]}
		caller.value("GET", "/bank/reconciliation/>lastClosed", **query)
		caller.value("GET", "/currency/5/rate", date=TODAY)

	def read(self):
		"""Every GET, with full lists; then one object of each list."""
		for route in [r for r in ROUTES if r.method == "GET" and "{" not in r.template]:
			if route.template.startswith("/bank"):
				continue
			answer = self.caller.call("GET", route.template, **QUERIES.get(route.template, {}))
			assert answer.status_code == 200, (route.template, answer.text)
			values = answer.json().get("values") or []
			if values and "id" in values[0]:
				self.ids.setdefault(route.template + "/{id}", values[0]["id"])
		for route in [r for r in ROUTES if r.method == "GET" and r.template in self.ids]:
			self.caller.value("GET", route.template.format(id=self.ids[route.template]))
		self.caller.value("GET", f"/company/{self.company.state.company_id}")
		self.caller.call("GET", f"/invoice/{self.ids['/invoice/{id}']}/pdf")

	def delete(self):
		"""What can go."""
		for template in (
			"/event/subscription/{id}",
			"/department/{id}",
			"/product/unit/{id}",
		):
			assert self.caller.call("DELETE", template.format(id=self.ids[template])).status_code == 204
		customer, product = self.caller.customer(200009), self.caller.product(3100, 5)
		order = self.caller.invoice_body(None, customer["id"], (1, 3))["orders"][0]
		order = self.caller.value("POST", "/order", order)
		for path in (f"/order/{order['id']}", f"/product/{product['id']}", f"/customer/{customer['id']}"):
			assert self.caller.call("DELETE", path).status_code == 204
		self.company.gui.hand_voucher((3900, -1), (1900, 1))
		last = self.company.vouchers()[-1]["id"]
		assert self.caller.call("DELETE", f"/ledger/voucher/{last}").status_code == 204
		self.caller.call("DELETE", f"/token/session/{self.caller.http.auth[1]}")


def test_every_answer_fits_the_description(caller, company):
	walk = Walk(caller, company)
	walk.write()
	walk.read()
	walk.delete()
	assert company.answer_errors == []
	assert company.violations == []
	walked = {(r.method, r.path_template) for r in company.requests}
	known = {(r.method, r.template) for r in ROUTES if not r.deprecated}
	assert known <= walked


def test_operations_and_query_names_are_those_of_the_description(description):
	loaded = contract.load(description)
	for route in ROUTES:
		assert (route.method, route.template) in loaded.operations
		operation = loaded.description["paths"][route.template][route.method.lower()]
		names = {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
		assert route.query == names, (route.method, route.template, route.query ^ names)


def test_refusals_fit_the_description(caller, company):
	company.strict = False
	for method, path, body in (
		("GET", "/invoice", None),
		("POST", "/customer", {"wrong": 1}),
		("POST", "/invoice", {}),
		("GET", "/customer/1", None),
		("POST", "/token/session/:create", {}),
	):
		assert caller.call(method, path, body).status_code >= 400
	assert company.answer_errors == []


@pytest.mark.parametrize(
	("method", "path", "body", "complaint"),
	[
		("POST", "/customer", {"name": "A" * 256}, "too long"),
		("POST", "/customer", {"email": "a@example.com"}, "'name' is a required property"),
		("POST", "/customer", {"name": "A", "language": "SV"}, "is not one of"),
		(
			"POST",
			"/invoice",
			{"invoiceDate": TODAY, "invoiceDueDate": TODAY},
			"'orders' is a required property",
		),
		("GET", "/invoice", None, "invoiceDateFrom"),
	],
)
def test_what_the_description_forbids_is_recorded(caller, company, method, path, body, complaint):
	caller.call(method, path, body)
	assert any(complaint in violation for violation in company.violations), company.violations
