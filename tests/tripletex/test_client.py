"""Calls as they leave the machine, and answers as they come back."""

import ast
import base64
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import requests

from billing_ext.integrations.tripletex import decimal_json
from billing_ext.integrations.tripletex.client import CEILING, LARGEST_BODY, TripletexClient, base_url
from billing_ext.integrations.tripletex.errors import (
	Kind,
	OutcomeUnknown,
	ProgrammingError,
	Refused,
	UnknownOperation,
	UnknownParameter,
)

BASE = "https://api-test.tripletex.tech/v2"


def rows(*ids):
	return 200, {"values": [{"id": each} for each in ids]}


# What leaves the machine


def test_a_read_says_who_and_what(scripted, wire, monkeypatch):
	# An operator may name other certificates, nobody may switch the check off.
	monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
	monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
	scripted._wire._http.verify = False
	wire.script = [(200, {"value": {"id": 5, "name": "Kari"}})]
	assert scripted.get("/customer/{id}", {"id": 5}, fields="id,name") == {"id": 5, "name": "Kari"}
	request, options = wire.requests[-1], wire.options[-1]
	assert (request.method, request.url) == ("GET", f"{BASE}/customer/5?fields=id%2Cname")
	assert base64.b64decode(request.headers["Authorization"][6:]) == b"0:session-0-SECRET"
	assert (options["timeout"], options["verify"], options["stream"]) == ((5, 30), True, True)


def test_a_client_of_an_accountant_is_named_in_the_login(wire, connect):
	connect(wire, company_id=321).get("/token/session/>whoAmI")
	assert base64.b64decode(wire.requests[-1].headers["Authorization"][6:]) == b"321:session-0-SECRET"


def test_odd_paths_reach_the_server_right(scripted, wire):
	scripted.get("/token/session/>whoAmI")
	scripted.put("/invoice/{id}/:send", {"id": 7}, query={"sendType": "EHF"})
	assert wire.urls == [f"{BASE}/token/session/%3EwhoAmI", f"{BASE}/invoice/7/:send?sendType=EHF"]


def test_a_write_carries_exact_decimals_and_has_a_minute(scripted, wire):
	body = {"name": "Blåbær", "price": Decimal("0.1000000000000000055"), "count": Decimal("1E+2"), "ok": True}
	answer = scripted.post("/product", body=body)
	assert wire.requests[-1].body.decode() == (
		'{"name":"Blåbær","price":0.1000000000000000055,"count":100,"ok":true}'
	)
	assert wire.requests[-1].headers["Content-Type"] == "application/json; charset=utf-8"
	assert wire.options[-1]["timeout"] == (5, 60)
	assert (answer.value, answer.status) == ({"id": 1}, 200)


def test_dates_booleans_and_lists_in_a_query(scripted, wire):
	scripted.post("/invoice", body={}, query={"sendToCustomer": False})
	wire.script = [rows()]
	scripted.search("/order", number="A&B", orderDateFrom=date(2026, 1, 1), orderDateTo=date(2026, 1, 2))
	assert wire.urls[0].endswith("/invoice?sendToCustomer=false")
	assert "number=A%26B&orderDateFrom=2026-01-01&orderDateTo=2026-01-02" in wire.urls[1]


def test_a_file_goes_as_multipart(scripted, wire):
	scripted.upload("/order/{id}/:attach", {"id": 3}, "Faktura 1.pdf", b"%PDF-1.7 content")
	request = wire.requests[-1]
	assert (request.method, request.url) == ("PUT", f"{BASE}/order/3/:attach")
	assert request.headers["Content-Type"].startswith("multipart/form-data; boundary=")
	assert b'name="file"; filename="Faktura 1.pdf"' in request.body
	assert b"%PDF-1.7 content" in request.body


@pytest.mark.parametrize(
	"call",
	[
		lambda client: client.search("/customer", name="Fjordkraft"),
		lambda client: client.search("/customer", customerAccountNumber=None),
		lambda client: client.search("/invoice", invoiceNumber=1),
		lambda client: client.search("/customer", **{"from": 5}),
		lambda client: client.find("/customer", "email", "a@b.no"),
		lambda client: client.find("/customer", "organizationNumber", ""),
		lambda client: client.post("/invoice", body={}),
		lambda client: client.get("/customer/{id}", {}),
		lambda client: client.get("/customer"),
		lambda client: client.search("/token/session/>whoAmI"),
		lambda client: client.post("/invoice/list", body=[]),
		lambda client: client.post("/customer"),
		lambda client: client.put("/ledger/voucher/{id}/:reverse", {"id": 1}, {}, {"date": date(2026, 1, 1)}),
		lambda client: client.upload("/customer", None, "a.pdf", b"x"),
	],
)
def test_a_call_outside_the_table_never_leaves_the_machine(scripted, wire, call):
	with pytest.raises(ProgrammingError):
		call(scripted)
	assert wire.requests == []


@pytest.mark.parametrize(
	"amount", [1.5, Decimal("NaN"), Decimal("Infinity"), Decimal("1E+99"), object()], ids=repr
)
def test_what_is_no_exact_amount_is_not_sent(scripted, wire, amount):
	with pytest.raises((TypeError, ValueError)):
		scripted.post("/product", body={"price": amount})
	assert wire.requests == []


def test_the_two_programming_errors_have_names(scripted):
	with pytest.raises(UnknownOperation, match="GET /supplier"):
		scripted.search("/supplier")
	with pytest.raises(UnknownParameter, match="customerNumberFrom"):
		scripted.search("/customer", customerNumberFrom=1)


# Where it may go


def test_one_module_knows_requests_and_none_knows_frappe():
	found = {}
	for source in Path(decimal_json.__file__).parent.glob("*.py"):
		nodes = list(ast.walk(ast.parse(source.read_text())))
		names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
		names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
		found[source.name] = {name.partition(".")[0] for name in names}
	assert [name for name, imported in found.items() if imported & {"requests", "urllib3"}] == ["client.py"]
	assert [name for name, imported in found.items() if imported & {"frappe", "erpnext"}] == []


@pytest.mark.parametrize(
	"where",
	[
		"https://evil.example/v2",
		"https://tripletex.no.evil.example/v2",
		"https://tripletex.no/v2/",
		"http://tripletex.no/v2",
		"http://127.0.0.1:8000/v2",
		"",
	],
)
def test_only_the_fixed_addresses_are_taken(where):
	with pytest.raises(ProgrammingError):
		base_url(where)


@pytest.mark.parametrize(
	"where",
	[
		"http://127.0.0.1/v2",
		"http://127.0.0.1:8000/other",
		"http://127.0.0.1:8000/v2?x",
		"http://127.0.0.1:80@evil.example:80/v2",
		"http://localhost.evil.example:80/v2",
		"http://10.0.0.1:80/v2",
		"https://127.0.0.1:99999/v2",
	],
)
def test_local_means_this_machine(where):
	with pytest.raises(ProgrammingError):
		base_url(where, allow_local=True)


def test_the_simulator_on_this_machine_can_be_allowed():
	assert base_url("http://127.0.0.1:8765/v2", allow_local=True) == "http://127.0.0.1:8765/v2"
	assert base_url("http://localhost:8765/v2", allow_local=True) == "http://localhost:8765/v2"
	assert base_url("production") == "https://tripletex.no/v2"


def test_redirections_are_not_followed(scripted, wire):
	wire.script = [(302, b"", {"Location": "https://evil.example/"})]
	with pytest.raises(OutcomeUnknown, match="redirection"):
		scripted.post("/customer", body={})
	assert len(wire.urls) == 1


def test_a_netrc_of_the_server_is_not_used(scripted, wire, tmp_path, monkeypatch):
	netrc = tmp_path / "netrc"
	netrc.write_text("machine api-test.tripletex.tech login somebody password other\n")
	netrc.chmod(0o600)
	monkeypatch.setenv("NETRC", str(netrc))
	scripted.get("/token/session/>whoAmI")
	login, call = wire.requests
	assert "Authorization" not in login.headers
	assert base64.b64decode(call.headers["Authorization"][6:]) == b"0:session-0-SECRET"


# What comes back


def test_amounts_come_back_as_decimals(scripted, wire):
	wire.script = [(200, b'{"value": {"id": 1, "amount": 147890.63, "count": 1e2}}')]
	value = scripted.get("/invoice/{id}", {"id": 1})
	assert (value["amount"], value["count"]) == (Decimal("147890.63"), Decimal(100))
	assert isinstance(value["amount"], Decimal)


def test_json_is_the_same_after_a_round_trip():
	text = '{"a":[1,-2.50,true,null,"æ\\"\\n"],"b":{"c":0.1}}'
	assert decimal_json.dumps(decimal_json.loads(text)) == text


def test_pages_until_one_is_not_full(scripted, wire):
	wire.script = [rows(1, 2), rows(3, 4), rows(5)]
	assert [row["id"] for row in scripted.search("/country", count=2)] == [1, 2, 3, 4, 5]
	assert [url.partition("?")[2] for url in wire.urls] == [
		"from=0&count=2",
		"from=2&count=2",
		"from=4&count=2",
	]


def test_a_last_page_that_is_full_costs_one_more(scripted, wire):
	wire.script = [rows(1, 2), rows()]
	assert len(scripted.search("/country", count=2)) == 2


def test_a_search_that_never_ends_is_cut(scripted, wire):
	wire.script = [rows(*range(5_000))] * 9
	with pytest.raises(Refused) as caught:
		scripted.search("/country", count=5_000)
	assert (caught.value.kind, caught.value.code) == (Kind.INVALID, 23000)
	assert len(wire.urls) == CEILING // 5_000 + 1


def customers(*numbers):
	return 200, {"values": [{"id": number, "customerNumber": number} for number in numbers]}


def test_a_look_up_believes_only_its_key(scripted, wire):
	wire.script = [customers(7, 200001), customers(7)]
	assert scripted.find_one("/customer", "customerAccountNumber", 200001)["id"] == 200001
	assert scripted.find_one("/customer", "customerAccountNumber", 200001) is None


def test_a_look_up_refuses_two_and_rows_without_key(scripted, wire):
	wire.script = [customers(7, 7), rows(1)]
	with pytest.raises(Refused, match="2 objects"):
		scripted.find_one("/customer", "customerAccountNumber", 7)
	with pytest.raises(OutcomeUnknown, match="customerNumber"):
		scripted.find_one("/customer", "customerAccountNumber", 7)


def test_a_file_is_bytes_and_a_page_is_no_file(scripted, wire):
	wire.script = [(200, b"%PDF-1.7", {"Content-Type": "application/octet-stream"})]
	assert scripted.download("/invoice/{invoiceId}/pdf", {"invoiceId": 1}) == b"%PDF-1.7"
	wire.script = [(200, b"<html>", {"Content-Type": "text/html"})] * 3
	with pytest.raises(OutcomeUnknown):
		scripted.download("/invoice/{invoiceId}/pdf", {"invoiceId": 1})


def test_a_huge_answer_is_refused(scripted, wire):
	wire.script = [(200, b" " * (LARGEST_BODY + 1))]
	with pytest.raises(OutcomeUnknown, match="10 MB"):
		scripted.post("/customer", body={})


def test_nothing_is_enough_where_nothing_is_promised(scripted, wire):
	wire.script = [(204, b""), (200, b""), (204, b"")]
	assert scripted.put("/invoice/{id}/:send", {"id": 7}, query={"sendType": "EHF"}).status == 204
	assert scripted.delete("/event/subscription/{id}", {"id": 7}).value == {}
	assert scripted.get("/bank/reconciliation/>lastClosed", accountId=1) == {}


def test_a_list_after_a_write(scripted, wire):
	wire.script = [rows(1)]
	assert scripted.put("/ledger/posting/:closePostings", body=[1, 2]).values == [{"id": 1}]
	assert json.loads(wire.requests[-1].body) == [1, 2]


# Repeating


TROUBLES = [
	requests.exceptions.ReadTimeout("slow"),
	requests.exceptions.ConnectionError("reset"),
	(500, {"status": 500, "code": 1000, "message": "Exception"}),
	(502, b"<html>Bad gateway</html>"),
	(200, b'{"value": {"id": 1'),
	(200, b"<html>Feilsituasjon</html>"),
	(200, {"value": None}),
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_a_read_is_tried_three_times(scripted, wire, clock, trouble):
	before = clock.now()
	wire.script = [trouble, trouble, (200, {"value": {"id": 4}})]
	assert scripted.get("/customer/{id}", {"id": 4}) == {"id": 4}
	assert (clock.now() - before).total_seconds() == 5
	wire.script = [trouble] * 3
	with pytest.raises(OutcomeUnknown):
		scripted.get("/customer/{id}", {"id": 4})
	assert len(wire.urls) == 6


@pytest.mark.parametrize("trouble", [*TROUBLES, (200, {"value": {"name": "no id"}})], ids=str)
def test_a_write_is_sent_once(scripted, wire, trouble):
	wire.script = [trouble]
	with pytest.raises(OutcomeUnknown) as caught:
		scripted.post("/customer", body={"name": "Kari"})
	assert caught.value.kind is Kind.UNKNOWN
	assert len(wire.urls) == 1


# The journal


def test_every_attempt_is_noted(scripted, wire, journal):
	limits = {"X-Rate-Limit-Limit": "100", "X-Rate-Limit-Remaining": "97", "x-tlx-request-id": "abc"}
	refusal = {"status": 422, "code": 18000, "message": "Validering feilet."}
	wire.script = [requests.exceptions.ReadTimeout(), (200, {"value": {}}, limits), (422, refusal, limits)]
	scripted.get("/customer/{id}", {"id": 123456789})
	with pytest.raises(Refused):
		scripted.post("/customer", body={"name": "Personal"})
	seen = [
		(c.method, c.template, c.status, c.code, c.request_id, c.remaining, c.outcome) for c in journal.calls
	]
	assert seen == [
		("POST", "/token/session/:create", 201, None, "", None, "ok"),
		("GET", "/customer/{id}", None, None, "", None, "unknown"),
		("GET", "/customer/{id}", 200, None, "abc", 97, "ok"),
		("POST", "/customer", 422, 18000, "abc", 97, "invalid"),
	]
	assert "123456789" not in str(journal.calls)
	assert "Personal" not in str(journal.calls)


def test_a_killed_job_is_noted_and_stays_killed(scripted, wire, journal):
	class Killed(Exception):
		pass

	wire.script = [Killed()]
	with pytest.raises(Killed):
		scripted.get("/customer/{id}", {"id": 1})
	assert journal.calls[-1].outcome == "interrupted"


def test_a_broken_journal_does_not_undo_a_write(wire, connect, caplog):
	class Broken:
		def record(self, call):
			raise RuntimeError("no space for session-0-SECRET")

	assert connect(wire, journal=Broken()).post("/customer", body={}).value == {"id": 1}
	assert "RuntimeError" in caplog.text
	assert "SECRET" not in caplog.text


def test_milliseconds_are_those_of_the_clock(wire, connect, journal, clock):
	send = wire.send

	def slow(request, **options):
		clock.advance(1.25)
		return send(request, **options)

	wire.send = slow
	connect(wire).get("/token/session/>whoAmI")
	assert journal.calls[-1].milliseconds == 1250


def test_connecting_from_a_notebook_sends_nothing():
	tokens = {"consumer_token": "a", "employee_token": "b"}
	with TripletexClient.connect(environment="test", **tokens) as client:
		assert "api-test.tripletex.tech" in repr(client)
