"""Each way a call can fail, and what its caller learns."""

import ssl

import pytest
import requests
import urllib3

from billing_ext.integrations.tripletex.errors import (
	AuthFailed,
	FieldMessage,
	Kind,
	NotSent,
	OutcomeUnknown,
	Refused,
	TripletexError,
	kind_of,
)


def failure(client, wire, *steps):
	wire.script = list(steps)
	with pytest.raises(TripletexError) as caught:
		client.post("/customer", body={"name": "Kari"})
	assert caught.value.__cause__ is caught.value.__context__ is None
	return caught.value


def body(status, code=None, message="Nei.", messages=None):
	return status, {
		"status": status,
		"code": code,
		"message": message,
		"validationMessages": messages,
		"requestId": "r-1",
	}


@pytest.mark.parametrize(
	("status", "code", "kind"),
	[
		(400, 4000, Kind.INVALID),
		(400, 11000, Kind.INVALID),
		(403, 9000, Kind.RIGHTS),
		(404, 6000, Kind.MISSING),
		(409, 7000, Kind.DUPLICATE),
		(409, 8000, Kind.STALE),
		(409, 10000, Kind.CONFLICT),
		(409, 14000, Kind.DUPLICATE),
		(409, 25000, Kind.CONFLICT),
		(409, None, Kind.CONFLICT),
		(415, None, Kind.INVALID),
		(422, 16000, Kind.INVALID),
		(422, 18000, Kind.INVALID),
	],
)
def test_refusals(scripted, wire, status, code, kind):
	error = failure(scripted, wire, body(status, code))
	assert isinstance(error, Refused)
	assert (error.kind, error.status, error.code, error.request_id) == (kind, status, code, "r-1")
	assert len(wire.urls) == 1


@pytest.mark.parametrize(
	"text",
	[
		'Nummeret er allerede i bruk: <a href="/x?customerId=5">Kari &amp; Co</a>',
		"Produktnummeret 4823 er i bruk.",
		"The number is already in use.",
	],
)
def test_a_taken_number_is_known_by_its_sentence(scripted, wire, text):
	entry = {"field": "number", "message": text, "path": None}
	assert failure(scripted, wire, body(422, 18000, messages=[entry])).kind is Kind.DUPLICATE
	assert failure(scripted, wire, body(422, 18000, message=text)).kind is Kind.DUPLICATE


def test_like_words_are_no_taken_number():
	assert kind_of(422, 18000, "Beløpet er feil i brukerens valuta. Contained in users.") is Kind.INVALID


def test_fields_and_html_are_made_readable(scripted, wire):
	entries = [
		{
			"field": "postings.account.name",
			"message": "Kan ikke være null.",
			"path": "postings[0].account.name",
		},
		{
			"field": "id",
			"message": "<ul><li>Ordrer er registrert.</li>\n<li>A &amp; B</li></ul>",
			"path": None,
		},
		"nonsense",
	]
	error = failure(scripted, wire, body(422, 18000, "Validering feilet.", entries))
	assert error.fields == (
		FieldMessage("postings.account.name", "Kan ikke være null.", "postings[0].account.name"),
		FieldMessage("id", "Ordrer er registrert. A & B", ""),
	)
	assert str(error) == (
		"422/18000 Validering feilet. (postings[0].account.name: Kan ikke være null.; "
		"id: Ordrer er registrert. A & B) [r-1]"
	)


def test_the_header_names_the_request(scripted, wire):
	status, content = body(404, 6000)
	assert failure(scripted, wire, (status, content, {"x-tlx-request-id": "r-2"})).request_id == "r-2"


@pytest.mark.parametrize("status", [300, 408, 500, 502, 503, 504, 599])
def test_what_tells_nothing_is_unknown(scripted, wire, status):
	assert failure(scripted, wire, body(status, 1000)).kind is Kind.UNKNOWN


@pytest.mark.parametrize("status", [403, 404, 409, 422, 500])
def test_a_page_of_somebody_in_between_is_unknown(scripted, wire, status):
	page = b"<html><title>Feilsituasjon - Tripletex</title></html>"
	assert failure(scripted, wire, (status, page)).kind is Kind.UNKNOWN


def test_a_status_without_a_body_speaks_for_itself(scripted, wire):
	error = failure(scripted, wire, (404, b""))
	assert (error.kind, error.message) == (Kind.MISSING, "HTTP status 404.")


def test_a_refused_session_is_renewed_once(scripted, wire):
	wire.script = [body(401, 3000)]
	assert scripted.post("/customer", body={}).value == {"id": 1}
	assert len(wire.tokens) == 2
	assert len(wire.urls) == 2
	error = failure(scripted, wire, body(401, 3000), body(401, 3000))
	assert isinstance(error, AuthFailed)
	assert (error.kind, error.status) == (Kind.AUTH, 401)
	assert len(wire.urls) == 4


def max_retries(reason):
	return urllib3.exceptions.MaxRetryError(None, "/v2/token/session/SECRET", reason)


NEW = urllib3.exceptions.NewConnectionError(None, "refused")
BEFORE = [
	requests.exceptions.ConnectTimeout(max_retries(urllib3.exceptions.ConnectTimeoutError())),
	requests.exceptions.ConnectionError(max_retries(NEW)),
	requests.exceptions.ConnectionError(
		max_retries(urllib3.exceptions.NameResolutionError("h", None, OSError()))
	),
	requests.exceptions.ProxyError(max_retries(urllib3.exceptions.ProxyError("tunnel", OSError("403")))),
	requests.exceptions.SSLError(
		max_retries(urllib3.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed")))
	),
]
PERHAPS = [
	requests.exceptions.ReadTimeout("t"),
	requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError("aborted", ConnectionResetError())),
	requests.exceptions.ConnectionError(),
	requests.exceptions.ChunkedEncodingError("incomplete"),
	requests.exceptions.SSLError(max_retries(urllib3.exceptions.SSLError(ssl.SSLEOFError()))),
	ConnectionResetError("reset"),
]


@pytest.mark.parametrize("trouble", BEFORE, ids=lambda error: type(error).__name__)
def test_no_connection_means_surely_not_sent(scripted, wire, trouble):
	error = failure(scripted, wire, trouble)
	assert isinstance(error, NotSent)
	assert error.kind is Kind.NOT_SENT
	assert len(wire.urls) == 1


@pytest.mark.parametrize("trouble", PERHAPS, ids=lambda error: type(error).__name__)
def test_a_broken_connection_leaves_it_open(scripted, wire, trouble):
	assert isinstance(failure(scripted, wire, trouble), OutcomeUnknown)


# Without a session nothing was sent, whatever became of the login


@pytest.mark.parametrize(
	"step", [body(500), requests.exceptions.ReadTimeout(), (201, {"value": {}})], ids=str
)
def test_a_login_in_trouble_means_not_sent(scripted, wire, step):
	wire.logins = [step] * 3
	error = failure(scripted, wire)
	assert isinstance(error, NotSent)
	assert wire.urls == []


@pytest.mark.parametrize("status", [401, 403, 422])
def test_a_refused_login_is_a_matter_of_tokens(scripted, wire, status):
	wire.logins = [body(status, message="Ugyldig token")]
	error = failure(scripted, wire)
	assert isinstance(error, AuthFailed)
	assert (error.kind, error.status, error.message) == (Kind.AUTH, status, "No session: Ugyldig token")
