"""Set-up at the desk: which company the tokens reach, what it lacks, and maps proposed from what it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from frappe import _

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex.client import TripletexClient
from billing_ext.integrations.tripletex.errors import Kind, TripletexError
from billing_ext.integrations.tripletex.numbering import MAX_NUMBER
from billing_ext.integrations.tripletex.read_back import NO_VAT
from billing_ext.integrations.tripletex.secret import Secret
from billing_ext.integrations.tripletex.session import Sessions, TokenPair
from billing_ext.repositories import clock
from billing_ext.repositories.tripletex import calls, settings, setup_rows
from billing_ext.repositories.tripletex.rate_limit import RedisLimiter
from billing_ext.repositories.tripletex.sessions import RedisSessionStore
from billing_ext.repositories.tripletex.settings import Settings
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services import messages
from billing_ext.services.tripletex import connection, map_proposals
from billing_ext.services.tripletex.connection import Link
from billing_ext.services.tripletex.map_proposals import Remote, RemoteAccount, RemoteVat
from billing_ext.services.tripletex.plain_errors import in_words

Probe = Callable[[TripletexClient, date], object]

_PROBES: dict[str, tuple[Callable[[], str], Probe]] = {
	# Keys that nothing has: one short answer each, whatever the company holds.
	"customer": (
		lambda: _("Customers"),
		lambda c, d: c.find("/customer", "customerAccountNumber", MAX_NUMBER),
	),
	"product": (lambda: _("Products"), lambda c, d: c.find("/product", "productNumber", "E-0-0")),
	"order": (
		lambda: _("Orders"),
		lambda c, d: c.find("/order", "number", "-", orderDateFrom=d, orderDateTo=d + timedelta(days=1)),
	),
	"invoice": (
		lambda: _("Invoices"),
		lambda c, d: c.find(
			"/invoice", "invoiceNumber", MAX_NUMBER, invoiceDateFrom=d, invoiceDateTo=d + timedelta(days=1)
		),
	),
	"payment_type": (
		lambda: _("Payment types"),
		lambda c, d: c.search("/invoice/paymentType", fields="id"),
	),
	"account": (lambda: _("Chart of accounts"), lambda c, d: c.find("/ledger/account", "number", 1500)),
	"vat": (lambda: _("VAT types"), lambda c, d: c.find("/ledger/vatType", "number", "3")),
	"voucher": (
		lambda: _("Vouchers (Advanced Voucher)"),
		lambda c, d: c.search(
			"/ledger/voucher", number="0", dateFrom=d, dateTo=d + timedelta(days=1), fields="id"
		),
	),
	"posting": (
		lambda: _("Ledger postings"),
		lambda c, d: c.search(
			"/ledger/posting",
			accountNumberFrom=1500,
			accountNumberTo=1500,
			dateFrom=d,
			dateTo=d + timedelta(days=1),
			fields="id",
		),
	),
	"department": (lambda: _("Departments"), lambda c, d: c.search("/department", fields="id")),
	"event": (lambda: _("Webhooks"), lambda c, d: c.search("/event/subscription", fields="id")),
}


# Connection


def check_connection(company: str) -> dict[str, Any]:
	"""Which company the tokens reach, and what it lacks; kept in the settings.

	The first time its id is remembered. Raises DomainError ``tripletex_other_company`` for another one later, since test
	and production are easily mixed up, and those of ``plain_errors``.
	"""
	with in_words():
		link = connection.of(company)
		who = link.client.get("/token/session/>whoAmI", fields="*")
		number = link.settings.client_company or int(who["companyId"])
		reached = link.client.get("/company/{id}", {"id": number}, fields="id,name,organizationNumber")
	_refuse_another(link.settings, number, reached)
	with in_words():
		missing = missing_rights(link.client)
		warnings = _warnings(link, reached, missing)
	facts = {
		"language": (who.get("language") or "").upper(),
		"warnings": warnings,
		"organization_number": reached.get("organizationNumber") or "",
	}
	in_transaction(lambda: _store_connection(company, number, reached, missing, facts))
	return {"company": reached.get("name"), "id": number, "missing": missing, **facts}


def _refuse_another(own: Settings, number: int, reached: Mapping[str, Any]) -> None:
	if own.tripletex_company_id and own.tripletex_company_id != str(number):
		raise DomainError(
			"tripletex_other_company",
			reached=f"{reached.get('name')} ({number})",
			expected=own.tripletex_company_id,
			company=own.company,
		)


def _store_connection(
	company: str, number: int, reached: Mapping[str, Any], missing: list[str], facts: Mapping[str, Any]
) -> None:
	settings.store(
		company,
		tripletex_company=reached.get("name"),
		tripletex_company_id=str(number),
		checked_at=clock.now(),
		missing_rights="\n".join(missing) or None,
		unauthorized_since=None,
	)
	setup_rows.store_facts(company, facts)


def missing_rights(client: TripletexClient) -> list[str]:
	"""What the user of the token may not read, in words; reads only. Raises TripletexError for other trouble."""
	missing = []
	for label, probe in _PROBES.values():
		try:
			probe(client, clock.today())
		except TripletexError as error:
			if error.kind is not Kind.RIGHTS:
				raise
			missing.append(label())
	return missing


def _warnings(link: Link, reached: Mapping[str, Any], missing: list[str]) -> list[str]:
	"""What of the company will bar invoices or is probably a mistake."""
	codes = []
	ours, theirs = setup_rows.organization_number(link.settings.company), reached.get("organizationNumber")
	if ours and theirs and ours[:9] != "".join(filter(str.isdigit, theirs))[:9]:
		codes.append(("tripletex_organization_differs", {"ours": ours, "theirs": theirs}))
	if _PROBES["account"][0]() not in missing and not _has_bank_account(link.client):
		codes.append(("tripletex_no_bank_account", {}))
	if _PROBES["vat"][0]() not in missing and not link.client.find("/ledger/vatType", "number", "3"):
		codes.append(("tripletex_no_vat_registration", {}))
	return [str(messages.words(code, values)) for code, values in codes]


def _has_bank_account(client: TripletexClient) -> bool:
	rows = client.search("/ledger/account", isBankAccount=True, fields="id,number,bankAccountNumber")
	return any(row.get("bankAccountNumber") for row in rows)


def log_out(company: str, fingerprint: str, environment: str) -> None:
	"""End the session of tokens that are no longer used, in Tripletex too. A job; a dead session is no error."""
	where = settings.simulator_address() if environment == "Simulator" else environment.lower()
	# The tokens are gone; their session is found by the fingerprint.
	nobody = TokenPair(Secret(""), Secret(""))
	client = TripletexClient(
		where,
		Sessions(nobody, RedisSessionStore(fingerprint)),
		limiter=RedisLimiter(fingerprint),
		journal=calls.CallLog(company),
		allow_local=environment == "Simulator",
	)
	try:
		client.logout()
	except TripletexError:
		# Forgotten here in any case; Tripletex ends it within two days.
		return


# Maps


def propose_maps(company: str) -> dict[str, Any]:
	"""Rows for all maps, what is saved kept as it is, and what Tripletex has to choose from."""
	with in_words():
		remote = read_remote(connection.of(company).client)
	stored = setup_rows.stored_maps(company)
	local = setup_rows.accounts(company)
	rules = _merged(
		stored["vat_rules"],
		map_proposals.vat_rules(setup_rows.tax_templates(company), remote),
		("sales_taxes_template", "item_tax_template", "income_account", "rate"),
	)
	accounts = _merged(
		stored["accounts"], map_proposals.account_rows(local, rules, remote), ("account", "vat_code")
	)
	kinds = {account.name: account.kind for account in local}
	for row in accounts:
		row["kind"] = kinds.get(row["account"], "")
	proposed = {
		"vat_rules": rules,
		"accounts": accounts,
		"payment_types": _merged(
			stored["payment_types"], map_proposals.payment_type_rows(accounts, remote), ("account",)
		),
		"departments": _merged(
			stored["departments"],
			map_proposals.department_rows(setup_rows.cost_centers(company), remote),
			("cost_center",),
		),
	}
	return {
		"maps": proposed,
		"choices": _choices(remote),
		"problems": _map_problems(company, proposed, remote),
	}


def _merged(stored: list[dict], proposed: list[dict], key: tuple[str, ...]) -> list[dict]:
	"""What is saved, then what is proposed for the rest: a choice once made is not unmade."""

	def of(row: dict) -> tuple:
		return tuple(row.get(name) or ("" if name != "rate" else 0) for name in key)

	known = {of(row) for row in stored}
	return [{**row, "certain": True, "saved": True} for row in stored] + [
		row for row in proposed if of(row) not in known
	]


def _choices(remote: Remote) -> dict[str, Any]:
	return {
		"vat": [{"value": row.code, "label": f"{row.code} – {row.name}"} for row in remote.vat.values()],
		"accounts": [
			{"value": row.number, "label": row.name, "locked_to": row.locked_to, "inactive": row.is_inactive}
			for row in remote.accounts.values()
		],
		"payment_types": [
			{"value": str(key), "label": name} for key, (name, _n) in remote.payment_types.items()
		],
		"departments": [
			{"value": number, "label": name} for number, (_id, name) in remote.departments.items()
		],
	}


def apply_maps(company: str, chosen: Mapping[str, list[dict[str, Any]]]) -> list[str]:
	"""Save the chosen rows with the ids, names and locks that Tripletex has for them; what contradicts, in words.

	Rows without a choice are left out. Raises DomainError as the form does, and those of ``plain_errors``.
	"""
	with in_words():
		remote = read_remote(connection.of(company).client)
	maps = {
		"vat_rules": [_with_vat(row, remote) for row in chosen.get("vat_rules", []) if row.get("vat_code")],
		"accounts": [_with_account(row, remote) for row in chosen.get("accounts", []) if row.get("number")],
		"payment_types": [
			{**row, "description": remote.payment_types.get(int(row["payment_type_id"]), ("", 0))[0]}
			for row in chosen.get("payment_types", [])
			if row.get("payment_type_id")
		],
		"departments": [
			_with_department(row, remote)
			for row in chosen.get("departments", [])
			if row.get("department_number")
		],
	}
	setup_rows.save_maps(company, maps)
	return _map_problems(company, maps, remote)


def _with_vat(row: dict[str, Any], remote: Remote) -> dict[str, Any]:
	found = remote.vat.get(str(row["vat_code"]))
	return {
		**row,
		"vat_type_id": str(found.id) if found else None,
		"vat_type_name": found.name if found else None,
	}


def _with_account(row: dict[str, Any], remote: Remote) -> dict[str, Any]:
	found = remote.accounts.get(int(row["number"]))
	return {
		**row,
		"tripletex_id": str(found.id) if found else None,
		"account_name": found.name if found else None,
		"locked_to": found.locked_to if found else None,
	}


def _with_department(row: dict[str, Any], remote: Remote) -> dict[str, Any]:
	key, name = remote.departments.get(str(row["department_number"]), (None, None))
	return {**row, "tripletex_id": str(key) if key else None, "department_name": name}


def _map_problems(company: str, maps: Mapping[str, list[dict[str, Any]]], remote: Remote) -> list[str]:
	income = [row.name for row in setup_rows.accounts(company) if row.kind == setup_rows.INCOME]
	rules = [row for row in maps["vat_rules"] if row.get("vat_code")]
	accounts = [row for row in maps["accounts"] if row.get("number")]
	found = map_proposals.problems(rules, accounts, remote, income)
	return [str(messages.words(problem.code, problem.context)) for problem in found]


def read_remote(client: TripletexClient) -> Remote:
	"""VAT codes of sales, accounts, payment types and departments of the company. Raises TripletexError."""
	types = client.search(
		"/ledger/vatType", typeOfVat="OUTGOING", vatDate=clock.today(), fields="id,number,name,percentage"
	)
	vat = {
		row["number"]: RemoteVat(
			row["id"], row["number"], row.get("name") or "", Decimal(row["percentage"] or 0)
		)
		for row in types
		if row["number"] in map_proposals.SALES_CODES
	}
	accounts = client.search(
		"/ledger/account", fields="id,number,name,vatLocked,isInactive,vatType(id,number)"
	)
	kinds = client.search("/invoice/paymentType", fields="id,description,debitAccount(id,number)")
	return Remote(
		vat=vat,
		accounts={row["number"]: _account(row) for row in accounts},
		payment_types={
			row["id"]: (row.get("description") or "", (row.get("debitAccount") or {}).get("number") or 0)
			for row in kinds
		},
		departments={
			row["departmentNumber"]: (row["id"], row.get("name") or "")
			for row in client.search("/department", fields="id,departmentNumber,name")
			if row.get("departmentNumber")
		},
	)


def _account(row: Mapping[str, Any]) -> RemoteAccount:
	locked = str((row.get("vatType") or {}).get("number") or NO_VAT) if row.get("vatLocked") else ""
	return RemoteAccount(row["id"], row["number"], row.get("name") or "", locked, bool(row.get("isInactive")))
