"""The client against the simulator: what the two make of each other, faults included."""

from datetime import timedelta
from decimal import Decimal

import pytest

from billing_ext.integrations.tripletex.client import TripletexClient
from billing_ext.integrations.tripletex.errors import Kind, TripletexError

CUSTOMER = {"name": "Kari & Co <AS>", "customerNumber": 200001}


def by_number(client, number=200001):
	return client.find_one("/customer", "customerAccountNumber", number)


def test_odd_paths_arrive(client, sim):
	assert client.get("/token/session/>whoAmI")["companyId"] == sim.state.company_id
	assert [call.path_template for call in sim.requests] == [
		"/token/session/:create",
		"/token/session/>whoAmI",
	]


def test_write_look_up_change(client):
	answer = client.post("/customer", body=CUSTOMER)
	assert (answer.status, by_number(client)["id"]) == (201, answer.value["id"])
	change = {"id": answer.value["id"], "version": answer.value["version"], "name": "Ola"}
	assert client.put("/customer/{id}", {"id": answer.value["id"]}, change).value["name"] == "Ola"
	with pytest.raises(TripletexError) as caught:
		client.put("/customer/{id}", {"id": answer.value["id"]}, change)
	assert caught.value.kind is Kind.STALE


def test_a_taken_number(client):
	client.post("/customer", body=CUSTOMER)
	with pytest.raises(TripletexError) as caught:
		client.post("/customer", body=CUSTOMER)
	assert caught.value.kind is Kind.DUPLICATE
	assert "<" not in str(caught.value.fields)


def test_what_is_missing(client):
	with pytest.raises(TripletexError) as caught:
		client.get("/customer/{id}", {"id": 1})
	assert caught.value.kind is Kind.MISSING
	assert caught.value.request_id
	assert by_number(client, 299999) is None


def test_pages_hold_each_row_once(client):
	for number in range(200001, 200008):
		client.post("/customer", body={"name": f"Kunde {number}", "customerNumber": number})
	rows = client.search("/customer", count=3, fields="id,customerNumber")
	numbers = [row["customerNumber"] for row in rows]
	assert len(numbers) == len(set(numbers))
	assert set(range(200001, 200008)) <= set(numbers)


def test_amounts_arrive_exactly(client):
	body = {"name": "X", "number": "E-3000-3", "priceExcludingVatCurrency": Decimal("19.99")}
	stored = client.post("/product", body=body).value["id"]
	assert client.get("/product/{id}", {"id": stored})["priceExcludingVatCurrency"] == Decimal("19.99")


@pytest.mark.parametrize(
	("fault", "kind", "stored"),
	[
		("timeout_before", Kind.UNKNOWN, False),
		("timeout_after_commit", Kind.UNKNOWN, True),
		("reset_mid_body", Kind.UNKNOWN, True),
		("500_json", Kind.UNKNOWN, False),
		("500_html", Kind.UNKNOWN, False),
		("500_after_commit", Kind.UNKNOWN, True),
		("truncated_json", Kind.UNKNOWN, True),
		("403", Kind.RIGHTS, False),
		("409_8000", Kind.STALE, False),
	],
)
def test_faults_of_a_write(client, sim, fault, kind, stored):
	sim.faults.plan("POST", "/customer", fault)
	with pytest.raises(TripletexError) as caught:
		client.post("/customer", body=CUSTOMER)
	assert caught.value.kind is kind
	assert bool(by_number(client)) is stored
	assert (
		len([call for call in sim.requests if call.path_template == "/customer" and call.method == "POST"])
		== 1
	)


@pytest.mark.parametrize("fault", ["401", "429", "extra_fields", "null_fields", "slow"])
def test_faults_that_a_write_survives(client, sim, fault):
	sim.faults.plan("POST", "/customer", fault)
	stored = client.post("/customer", body=CUSTOMER).value["id"]
	assert by_number(client)["id"] == stored


@pytest.mark.parametrize(
	"fault",
	["timeout_before", "reset_mid_body", "500_json", "500_html", "truncated_json", "401", "429", "slow"],
)
def test_faults_that_a_read_survives(client, sim, fault):
	stored = client.post("/customer", body=CUSTOMER).value["id"]
	sim.faults.plan("GET", "/customer", fault)
	assert by_number(client)["id"] == stored


def test_midnight_in_the_middle_of_work(client, sim, clock):
	client.get("/token/session/>whoAmI")
	clock.advance(timedelta(days=3).total_seconds())
	client.get("/token/session/>whoAmI")
	assert [call.path_template for call in sim.requests].count("/token/session/:create") == 2
	assert 401 not in [call.status for call in sim.requests]


def test_the_limit_is_kept(client, sim):
	for _ in range(350):
		client.get("/token/session/>whoAmI")
	assert sim.calls_per_window() <= 91
	assert 429 not in [call.status for call in sim.requests]


def test_a_wrong_token(sim, connect):
	with pytest.raises(TripletexError) as caught:
		connect(sim.adapter()).get("/token/session/>whoAmI")
	assert caught.value.kind is Kind.AUTH


def test_over_a_real_connection(sim, connect, clock):
	server = pytest.importorskip("tripletex_simulator.server")
	consumer, employee = sim.tokens
	with (
		server.Server(sim) as running,
		TripletexClient.connect(
			running.base_url,
			consumer_token=consumer,
			employee_token=employee,
			clock=clock.now,
			sleep=clock.sleep,
			allow_local=True,
		) as client,
	):
		assert client.get("/token/session/>whoAmI")["companyId"] == sim.state.company_id
		stored = client.post("/customer", body=CUSTOMER).value["id"]
		with pytest.raises(TripletexError) as caught:
			client.put("/invoice/{id}/:send", {"id": 1}, query={"sendType": "EMAIL"})
		assert caught.value.kind is Kind.MISSING
		sim.faults.plan("POST", "/customer", "reset_mid_body")
		with pytest.raises(TripletexError) as caught:
			client.post("/customer", body={**CUSTOMER, "customerNumber": 200002})
		assert caught.value.kind is Kind.UNKNOWN
		assert by_number(client, 200002)
		sim.faults.plan("GET", "/customer", "reset_mid_body")
		assert by_number(client)["id"] == stored
		client.logout()
	templates = [call.path_template for call in sim.requests]
	assert "/invoice/{id}/:send" in templates
	assert templates[-1] == "/token/session/{token}"
