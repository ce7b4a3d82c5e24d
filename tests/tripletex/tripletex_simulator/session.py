"""Sessions: tokens, who is logged in, which companies."""

from __future__ import annotations

import secrets
from datetime import timedelta

from .errors import NULL, forbidden, invalid, not_found, unauthorized
from .listing import page
from .money import iso
from .routing import PAGE, Answer, Call, check_date, refuse_if, route

LONGEST = timedelta(days=184)


def _create(call: Call, wanted: dict[str, str], status: int) -> Answer:
	for name in ("consumerToken", "employeeToken", "expirationDate"):
		refuse_if(not wanted.get(name), invalid(name, NULL))
	expires = check_date("expirationDate", wanted["expirationDate"])
	today = call.sim.local_date()
	# ASSUMED: the texts of both refusals.
	refuse_if(iso(expires) <= today, invalid("expirationDate", "Datoen må være i fremtiden."))
	refuse_if(iso(expires) - today > LONGEST, invalid("expirationDate", "Datoen er for langt frem i tid."))
	given = (wanted["consumerToken"], wanted["employeeToken"])
	refuse_if(given != tuple(call.sim.tokens), unauthorized())  # ASSUMED: same body as for a bad session
	token = secrets.token_urlsafe(24)
	call.state.set_item(call.state.sessions, token, expires)
	number = call.state.take("session")
	value = {"id": number, "version": 0, "url": f"tripletex.no/v2/token/session/{number}", "token": token}
	value |= {"consumerToken": None, "employeeToken": None, "expirationDate": expires, "encryptionKey": ""}
	return Answer({"value": value}, status)


@route("POST", "/token/session/:create", model="PostSessionTokenBody", open=True)
def create(call: Call) -> Answer:
	return _create(call, call.body if isinstance(call.body, dict) else {}, 201)


@route(
	"PUT",
	"/token/session/:create",
	"consumerToken employeeToken expirationDate",
	deprecated=True,
	open=True,
)
def create_by_query(call: Call) -> Answer:
	return _create(call, {name: values[0] for name, values in call.query.items()}, 200)


@route("DELETE", "/token/session/{token}")
def delete(call: Call) -> Answer:
	refuse_if(call.args["token"] not in call.state.sessions, not_found())
	call.state.drop_item(call.state.sessions, call.args["token"])
	return Answer(None, 204)


@route("GET", "/token/session/>whoAmI", "fields")
def who_am_i(call: Call) -> Answer:
	row = {"employeeId": 4101, "actualEmployeeId": 4101, "employee": 4101, "language": "no"}
	row |= {"companyId": call.state.company_id, "company": call.state.company_id}
	return call.value("LoggedInUserInfo", row)


@route("GET", "/company/>withLoginAccess", PAGE)
def companies(call: Call) -> Answer:
	return page(call, "Client", list(call.state.table("Company").values()))


@route("GET", "/company/{id}", "fields")
def company(call: Call) -> Answer:
	refuse_if(call.id not in (0, call.state.company_id), forbidden())
	return call.value("Company", call.one("Company", call.state.company_id))


@route("GET", "/company/salesmodules", PAGE)
def modules(call: Call) -> Answer:
	names = ("SMART", "API_V2", "OCR")
	return page(call, "SalesModule", [{"name": n, "costStartDate": "2024-01-01"} for n in names])
