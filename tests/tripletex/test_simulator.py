"""The simulator's conventions: sessions, envelopes, fields, filters, bodies, customers, products."""

from datetime import datetime, timezone

import pytest
import requests
from tripletex_simulator import Simulator
from tripletex_simulator.caller import Caller

NOW = datetime(2026, 11, 22, 10, 0, 3, tzinfo=timezone.utc)


class Watch:
	"""A clock that moves when it is set."""

	def __init__(self):
		self.now = NOW

	def __call__(self):
		return self.now


@pytest.fixture
def watch():
	return Watch()


@pytest.fixture
def company(watch):
	return Simulator(clock=watch)


@pytest.fixture
def caller(company):
	return Caller(company)


def error(answer):
	"""Status, code and first text of a refusal."""
	body = answer.json()
	messages = body["validationMessages"] or [{"message": body["message"]}]
	return answer.status_code, body["code"], messages[0]["message"]


class TestSessions:
	def test_who_am_i(self, caller, company):
		assert caller.value("GET", "/token/session/>whoAmI")["companyId"] == company.state.company_id
		assert company.violations == []

	def test_login_by_query_works_but_is_deprecated(self, company):
		caller = Caller(company, login=False)
		query = {"consumerToken": "consumer", "employeeToken": "employee", "expirationDate": "2026-11-24"}
		assert caller.call("PUT", "/token/session/:create", **query).status_code == 200
		assert company.violations == ["deprecated operation PUT /token/session/:create"]

	def test_no_session(self, company):
		answer = Caller(company, login=False).call("GET", "/customer")
		assert error(answer) == (401, 3000, "Unauthorized")
		text = "Could not log in. Check login info in Authorization header."
		assert answer.json()["developerMessage"] == text

	@pytest.mark.parametrize(("hour", "minute", "status"), [(22, 59, 200), (23, 1, 401)])
	def test_a_session_ends_at_midnight_in_oslo(self, company, watch, hour, minute, status):
		caller = Caller(company)  # for 2026-11-24
		watch.now = datetime(2026, 11, 23, hour, minute, tzinfo=timezone.utc)
		assert caller.call("GET", "/customer").status_code == status

	@pytest.mark.parametrize(("user", "status"), [("", 200), ("0", 200), ("7306021", 200), ("12", 403)])
	def test_the_user_name_is_a_company(self, caller, user, status):
		caller.http.auth = (user, caller.http.auth[1])
		answer = caller.call("GET", "/customer")
		assert answer.status_code == status
		if status == 403:
			assert error(answer) == (403, 9000, "You do not have permission to access this feature.")

	def test_logout(self, caller):
		token = caller.http.auth[1]
		assert caller.call("DELETE", f"/token/session/{token}").status_code == 204
		assert caller.call("GET", "/customer").status_code == 401

	def test_headers(self, caller):
		answer = caller.call("GET", "/customer")
		assert answer.headers["content-type"] == "application/json;charset=UTF-8"
		assert answer.headers["x-tlx-request-id"]
		assert answer.headers["set-cookie"].startswith("JSESSIONID=")

	def test_a_client_that_keeps_the_cookie_is_told_on(self, company):
		http = requests.Session()
		http.mount("https://tripletex.no/", company.adapter())
		for _ in range(2):
			http.get("https://tripletex.no/v2/country", timeout=1)
		assert company.violations == ["cookie sent to GET /country"]


class TestRateLimit:
	def test_a_hundred_in_ten_seconds_aligned_to_the_clock(self, caller, watch, company):
		for _ in range(100):
			answer = caller.call("GET", "/department")
		assert answer.headers["X-Rate-Limit-Limit"] == "100"
		assert answer.headers["X-Rate-Limit-Remaining"] == "0"
		assert answer.headers["X-Rate-Limit-Reset"] == "6"
		refused = caller.call("GET", "/department")
		assert refused.status_code == 429
		assert "X-Rate-Limit-Reset" not in refused.headers
		assert company.calls_per_window() == 101
		watch.now = NOW.replace(second=10)
		assert caller.call("GET", "/department").status_code == 200


class TestLists:
	def test_envelope(self, caller):
		body = caller.call("GET", "/currency", count=3).json()
		assert (body["from"], body["count"], len(body["values"])) == (0, 3, 3)
		assert body["versionDigest"] == "'If-None-Match' header not specified"

	def test_digest(self, caller):
		caller.http.headers["If-None-Match"] = "anything"
		digest = caller.call("GET", "/ledger/vatType").json()["versionDigest"]
		caller.http.headers["If-None-Match"] = digest
		answer = caller.call("GET", "/ledger/vatType")
		assert (answer.status_code, answer.content) == (304, b"")

	def test_unknown_query_names_are_ignored_and_recorded(self, caller, company):
		caller.customer(200001)
		caller.customer(200002)
		assert len(caller.values("/customer", name="Fjordkraft")) == 2
		assert company.violations == ["unknown query name name in GET /customer"]

	def test_pages_and_sorting(self, caller):
		for number in (200001, 200002, 200003):
			caller.customer(number)
		found = caller.values("/customer", sorting="-customerNumber", from_=1, count=1)
		assert [row["customerNumber"] for row in found] == [200002]

	def test_the_last_day_of_a_range_is_excluded(self, caller):
		caller.invoice(500001, caller.customer()["id"], (100, 3), day="2026-11-30")
		query = {"invoiceDateFrom": "2026-11-01", "fields": "id"}
		assert caller.values("/invoice", invoiceDateTo="2026-11-30", **query) == []
		assert len(caller.values("/invoice", invoiceDateTo="2026-12-01", **query)) == 1

	def test_ranges_are_wanted_and_not_empty(self, caller):
		answer = caller.call("GET", "/invoice")
		assert error(answer)[::2] == (422, "Kan ikke være null.")
		assert answer.json()["validationMessages"][0]["field"] == "invoiceDateFrom"
		answer = caller.call("GET", "/invoice", invoiceDateFrom="2026-11-01", invoiceDateTo="2026-11-01")
		assert error(answer)[2].startswith("'From and including' value (2026-11-01) is greater than or equal")

	def test_more_than_ten_thousand_rows_are_refused(self, caller, company):
		rows = company.state.table("Country")
		rows |= {key: {"id": key, "version": 1} for key in range(10_000, 20_000)}
		answer = caller.call("GET", "/country", count=1)
		assert error(answer) == (422, 23000, "Result set too large. Limit of 10000 reached.")

	def test_unknown_path(self, caller, company):
		answer = caller.call("GET", "/invoice/1/:createFromOrder")
		assert error(answer) == (404, 6000, "Object not found")
		assert company.violations == ["unknown operation GET /invoice/1/:createFromOrder"]


class TestFields:
	def test_references_are_short_unless_they_are_asked_for(self, caller):
		key = caller.customer()["id"]
		customer = caller.value("GET", f"/customer/{key}")
		assert set(customer["postalAddress"]) == {"id", "url"}
		assert "changes" not in customer
		fields = "id,postalAddress(city,country(isoAlpha2Code)),changes"
		found = caller.value("GET", f"/customer/{key}", fields=fields)
		assert found["postalAddress"] == {"city": "Oslo", "country": {"isoAlpha2Code": "NO"}}
		assert found["changes"][0]["changeType"] == "CREATE"

	@pytest.mark.parametrize(
		("fields", "name", "model"),
		[("id,wrong", "wrong", "Customer"), ("*,postalAddress(street)", "street", "Address")],
	)
	def test_unknown_names_are_refused(self, caller, fields, name, model):
		text = (
			f"Illegal field in fields filter: {name}. {name} does not match a field in the model: {model}DTO"
		)
		assert error(caller.call("GET", "/customer", fields=fields)) == (400, 11000, text)

	def test_invoices_have_no_field_payments(self, caller):
		query = {"invoiceDateFrom": "2026-11-01", "invoiceDateTo": "2026-12-01"}
		assert error(caller.call("GET", "/invoice", fields="payments(*)", **query))[:2] == (400, 11000)

	def test_unset_text_is_empty_and_unset_references_are_null(self, caller):
		customer = caller.customer()
		assert (customer["email"], customer["department"]) == ("", None)


class TestBodies:
	def test_unknown_fields(self, caller, company):
		answer = caller.call("POST", "/customer", {"name": "A", "quantity": 1})
		assert error(answer) == (422, 16000, "Feltet eksisterer ikke i objektet.")
		assert answer.json()["message"] == "Request mapping failed"
		assert company.violations == ["unknown body field quantity in POST /customer"]

	def test_read_only_fields_are_dropped(self, caller, company):
		assert caller.value("POST", "/customer", {"name": "A", "isCustomer": False})["isCustomer"] is True
		assert company.violations == ["read-only field isCustomer sent to POST /customer"]

	def test_text_is_coerced_to_numbers(self, caller, company):
		assert (
			caller.value("POST", "/customer", {"name": "A", "customerNumber": "5500"})["customerNumber"]
			== 5500
		)
		assert company.violations == ["text sent for the number customerNumber"]

	@pytest.mark.parametrize("body", [{"name": "A", "customerNumber": "x"}, {"name": "A", "currency": 1}])
	def test_wrong_types(self, caller, body):
		answer = caller.call("POST", "/customer", body)
		assert error(answer) == (422, 16000, "Verdien er ikke av korrekt type for dette feltet.")

	def test_broken_json(self, caller):
		answer = caller.http.post(
			f"{caller.base}/customer", data=b"{", headers={"content-type": "application/json"}
		)
		assert error(answer)[:2] == (422, 22000)

	def test_lenient_mode_records_nothing(self):
		company = Simulator(strict=False)
		Caller(company).call("GET", "/customer", name="A")
		assert company.violations == []


class TestCustomers:
	def test_defaults(self, caller):
		customer = caller.value("POST", "/customer", {"name": "A"})
		assert customer["customerNumber"] == 10000
		assert (customer["invoicesDueIn"], customer["invoicesDueInType"]) == (14, "DAYS")
		assert (customer["invoiceSendMethod"], customer["version"]) == ("EMAIL", 1)
		assert customer["postalAddress"]["id"] != customer["physicalAddress"]["id"]

	def test_numbers_are_unique(self, caller):
		caller.customer(200001)
		answer = caller.call("POST", "/customer", {"name": "B", "customerNumber": 200001})
		assert error(answer)[2].startswith("Nummeret er allerede i bruk: <a href=")

	def test_short_organization_numbers_pass_post_and_fail_put(self, caller):
		customer = caller.customer(organizationNumber="12345")
		body = {"version": customer["version"], "organizationNumber": "12345"}
		answer = caller.call("PUT", f"/customer/{customer['id']}", body)
		text = "The organization number must consist of 9 numbers and cannot have any spaces."
		assert error(answer) == (422, 18000, text)

	def test_foreign_organization_numbers(self, caller):
		customer = caller.customer(physicalAddress={"country": {"id": 206}})
		body = {"version": customer["version"], "organizationNumber": "SE556000-1234"}
		assert (
			caller.value("PUT", f"/customer/{customer['id']}", body)["organizationNumber"] == "SE556000-1234"
		)

	def test_put_is_partial_and_wants_the_version(self, caller):
		customer = caller.customer(email="a@example.com")
		path = f"/customer/{customer['id']}"
		address = {"id": customer["postalAddress"]["id"], "city": "Bergen"}
		changed = caller.value("PUT", path, {"version": 1, "name": "Ny", "postalAddress": address})
		assert (changed["name"], changed["email"], changed["version"]) == ("Ny", "a@example.com", 2)
		assert changed["postalAddress"]["id"] == customer["postalAddress"]["id"]
		assert error(caller.call("PUT", path, {"version": 1, "name": "Gammel"}))[:2] == (409, 8000)

	def test_look_up(self, caller):
		caller.customer(200001, organizationNumber="987654325")
		key = caller.customer(200002)["id"]
		assert [c["id"] for c in caller.values("/customer", customerAccountNumber=200002)] == [key]
		assert len(caller.values("/customer", organizationNumber="987654325")) == 1

	def test_delete(self, caller):
		used, unused = caller.customer(200001), caller.customer(200002)
		caller.invoice(500001, used["id"], (100, 3))
		answer = caller.call("DELETE", f"/customer/{used['id']}")
		assert "<li>Ordrer er registrert.</li>" in error(answer)[2]
		assert answer.json()["validationMessages"][0]["field"] == "Internt felt (id)"
		assert caller.call("DELETE", f"/customer/{unused['id']}").status_code == 204
		assert caller.call("GET", f"/customer/{unused['id']}").status_code == 404


class TestProducts:
	def test_numbers_are_unique(self, caller):
		caller.product()
		answer = caller.call("POST", "/product", {"name": "B", "number": "E-3000-3"})
		assert error(answer)[2] == "Produktnummeret E-3000-3 er i bruk."
		assert answer.json()["validationMessages"][0]["field"] == "number"

	def test_vat_types_that_are_not_of_sales_are_refused(self, caller):
		answer = caller.call("POST", "/product", {"name": "B", "vatType": {"id": 1}})
		assert error(answer)[2] == "Ugyldig mva-kode."

	def test_repeated_numbers_find_several(self, caller):
		caller.product(3000, 3)
		caller.product(3100, 5)
		answer = caller.http.get(f"{caller.base}/product?productNumber=E-3000-3&productNumber=E-3100-5")
		assert len(answer.json()["values"]) == 2


class TestSettings:
	def test_currency_rates(self, caller):
		sek = caller.values("/currency", code="SEK")[0]
		assert (sek["id"], sek["factor"]) == (2, 100)
		first, second = (
			caller.value("GET", f"/currency/{sek['id']}/rate", date=day)["rate"]
			for day in ("2026-11-20", "2026-11-21")
		)
		assert 80 < first < 130
		assert first != second

	def test_sales_vat_types(self, caller):
		found = caller.values("/ledger/vatType", typeOfVat="OUTGOING", vatDate="2026-11-22")
		assert {v["number"]: v["id"] for v in found} == {
			"3": 3, "31": 31, "32": 311, "33": 32, "5": 5, "51": 51, "52": 52, "6": 6, "7": 7
		}  # fmt: skip

	def test_a_fresh_company_is_not_registered(self):
		caller = Caller(Simulator(fresh=True))
		assert [v["number"] for v in caller.values("/ledger/vatType", typeOfVat="OUTGOING")] == ["6"]
		caller.value("PUT", "/ledger/vatSettings", {"vatRegistrationStatus": "VAT_REGISTERED"})
		assert len(caller.values("/ledger/vatType", typeOfVat="OUTGOING")) == 9

	def test_the_state_survives_in_a_file(self, tmp_path):
		first = Simulator()
		first.keep_in(tmp_path / "company.state")
		Caller(first).customer(200001)
		second = Simulator()
		second.keep_in(tmp_path / "company.state")
		assert [c["customerNumber"] for c in second.customers()] == [200001]

	def test_two_base_addresses(self, company):
		http = requests.Session()
		http.mount("https://tripletex.no/", company.adapter())
		assert http.get("https://tripletex.no/v2/customer", timeout=1).status_code == 401
