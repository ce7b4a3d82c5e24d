"""The endpoints of the ledger: accounts, VAT, periods, vouchers, postings, balances."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from . import seed
from .bodies import clean
from .errors import NULL, WRONG_TYPE, invalid, not_found, unmapped
from .ledger import (
	RECEIVABLES,
	account,
	balance,
	book,
	check_vat_lock,
	number_of,
	postings_of,
	reopen,
	reverse,
	split_gross,
	unmatch,
)
from .listing import Range, contains, exact, flag, ids, least, listing, most, page, select, single, words
from .master import check_version, valid_vat_types
from .money import ZERO, cents, iso, rate_of
from .payments import close, open_postings
from .routing import PAGE, Answer, Call, check_date, refuse_if, route
from .state import Row, State

SYSTEM_ROW = "Posteringene på rad 0 (guiRow 0) er systemgenererte og kan ikke opprettes eller endres på utsiden av Tripletex."
NOT_EDITABLE = "Det er foreløpig ikke mulig å endre dette feltet for denne bilagstypen via API-et."
GROSS = "Beløp (amountGross) må være det samme som valutabeløpet (amountGrossCurrency)."
DIMENSIONS = "accountingDimensionValue1Id accountingDimensionValue2Id accountingDimensionValue3Id"
YEARS = range(2020, 2036)

listing(
	"/ledger/account",
	"Account",
	id=ids(),
	number=ids("number"),
	isBankAccount=flag("isBankAccount"),
	isInactive=flag("isInactive"),
	ledgerType=exact("ledgerType"),
	saftCode=exact("saftCode"),
	unused="isApplicableForSupplierInvoice isBalanceAccount",
)
single("/ledger/account/{id}", "Account")
listing("/ledger/voucherType", "VoucherType", name=contains("name"))
single("/ledger/voucherType/{id}", "VoucherType")
single("/ledger/vatType/{id}", "VatType")
single("/ledger/voucher/{id}", "Voucher")
single("/ledger/posting/{id}", "Posting")
single("/ledger/closeGroup/{id}", "CloseGroup")
listing("/ledger/closeGroup", "CloseGroup", Range("date", "dateFrom", "dateTo"), id=ids())
listing("/vatTermSizeSettings", "VatTermSizeSettings")


# Accounts and settings.


@route("PUT", "/ledger/account/{id}", model="Account")
def put_account(call: Call) -> Answer:
	row = call.one("Account")
	values = clean(call, "Account", call.body)
	check_version(row, values)
	number = values.get("bankAccountNumber")
	refuse_if(
		number and not _valid_bank_account(number), invalid("bankAccountNumber", "Ugyldig kontonummer.")
	)
	call.state.change("Account", row, {k: v for k, v in values.items() if k not in ("id", "version")})
	return call.value("Account", row)


@route("POST", "/ledger/account", model="Account")
def post_account(call: Call) -> Answer:
	values = clean(call, "Account", call.body)
	for name in ("number", "name"):
		refuse_if(not values.get(name), invalid(name, NULL))
	taken = any(a["number"] == values["number"] for a in call.state.table("Account").values())
	refuse_if(taken, invalid("number", "Nummeret er allerede i bruk."))
	row: Row = {"legalVatTypes": [values.get("vatType", 0)], "vatType": 0, "vatLocked": False, "currency": 1}
	row |= {"type": _account_type(values["number"]), "ledgerType": "GENERAL", "isCloseable": False}
	row |= {"numberPretty": str(values["number"]), "displayName": f"{values['number']} {values['name']}"}
	return call.value("Account", call.state.add("Account", row | values), 201)


def _account_type(number: int) -> str:
	kinds = {"1": "ASSETS", "2": "LIABILITIES", "3": "OPERATING_REVENUES", "8": "INVESTMENT_INCOME"}
	return kinds.get(str(number)[0], "OPERATING_EXPENSES")


def _valid_bank_account(text: str) -> bool:
	digits = [int(c) for c in text if c.isdigit()]
	weights = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
	return len(digits) == 11 and sum(d * w for d, w in zip(digits, weights, strict=True)) % 11 == 0


def _vat_types(call: Call) -> Iterable[Row]:
	kind = call.text("typeOfVat")
	chosen = {"OUTGOING": valid_vat_types(call.state) & set(seed.OUTGOING), "": None}.get(
		kind, set(seed.INCOMING)
	)
	return [row for row in call.state.table("VatType").values() if chosen is None or row["id"] in chosen]


listing(
	"/ledger/vatType",
	"VatType",
	rows=_vat_types,
	id=ids(),
	number=words("number"),
	known="typeOfVat vatDate shouldIncludeSpecificationTypes",
)


@route("GET", "/ledger/vatSettings", "fields")
def vat_settings(call: Call) -> Answer:
	status = "VAT_REGISTERED" if call.state.settings["vat_registered"] else "VAT_NOT_REGISTERED"
	return call.value("VatSettings", {"id": 1, "version": 1, "vatRegistrationStatus": status})


@route("PUT", "/ledger/vatSettings", model="VatSettings")
def put_vat_settings(call: Call) -> Answer:
	values = clean(call, "VatSettings", call.body)
	registered = values.get("vatRegistrationStatus") == "VAT_REGISTERED"
	call.state.set_item(call.state.settings, "vat_registered", registered)
	return vat_settings(call)


@route("GET", "/ledger/postingRules", "fields")
def posting_rules(call: Call) -> Answer:
	row: Row = {"id": 1, "version": 1, "accountReceivableCustomersId": account(call.state, RECEIVABLES)["id"]}
	row |= {"accountDebtVendorsId": account(call.state, 2400)["id"], "vatPerDepartment": False}
	return call.value("PostingRules", row | {"accountRoundDiffId": account(call.state, 7740)["id"]})


def periods(call: Call) -> list[Row]:
	"""The months of all years; closed up to the setting."""
	closed, rows = call.state.settings["period_closed_through"], []
	for index, (year, month) in enumerate((y, m) for y in YEARS for m in range(1, 13)):
		first, last = f"{year}-{month:02}-01", f"{year}-{month:02}-{monthrange(year, month)[1]}"
		end = f"{year + month // 12}-{month % 12 + 1:02}-01"
		row: Row = {"id": 21_000_000 + index, "version": 1, "name": f"{year}-{month:02}", "number": index + 1}
		rows.append(row | {"start": first, "end": end, "isClosed": last <= closed})
	return rows


listing(
	"/ledger/accountingPeriod",
	"AccountingPeriod",
	Range("start", "startFrom", "startTo", False),
	Range("end", "endFrom", "endTo", False),
	rows=periods,
	id=ids(),
	numberFrom=least("number"),
	numberTo=most("number"),
)


@route("GET", "/ledger/accountingPeriod/{id}", "fields")
def accounting_period(call: Call) -> Answer:
	row = next((p for p in periods(call) if p["id"] == call.id), None)
	if row is None:
		raise not_found()
	return call.value("AccountingPeriod", row)


# Vouchers.


def _vouchers(call: Call) -> list[Row]:
	return list(call.state.table("Voucher").values())


@route("GET", "/ledger/voucher", f"id number numberFrom numberTo typeId dateFrom dateTo {PAGE}")
def vouchers(call: Call) -> Answer:
	rules = {"id": ids(), "number": ids("number"), "numberFrom": least("number"), "numberTo": most("number")}
	rows = select(
		call, _vouchers(call), rules | {"typeId": ids("voucherType")}, [Range("date", "dateFrom", "dateTo")]
	)
	return page(call, "Voucher", rows, totalNumberOfPostings=sum(len(r.get("postings", [])) for r in rows))


listing(
	"/ledger/voucher/>externalVoucherNumber",
	"Voucher",
	rows=_vouchers,
	externalVoucherNumber=exact("externalVoucherNumber"),
)


def _posting_values(state: State, values: Row, index: int, day: str) -> list[Row]:
	"""One sent posting, and the VAT posting that Tripletex makes of it."""
	path = f"postings[{index}]"
	refuse_if(not values.get("row"), invalid("postings.row", SYSTEM_ROW, f"{path}.row"))
	refuse_if(not values.get("account"), invalid("postings.account", NULL, f"{path}.account"))
	number = number_of(state, values)
	missing = number == RECEIVABLES and not values.get("customer")
	refuse_if(missing, invalid("postings.customer.id", "Kunde mangler.", f"{path}.customer.id"))
	check_vat_lock(state, values)
	gross, gross_currency = _gross(state, values, day, path)
	vat = values.get("vatType") or 0
	net, tax = split_gross(state, gross, vat)
	net_currency, tax_currency = split_gross(state, gross_currency, vat)
	row: Row = {k: v for k, v in values.items() if v is not None and k not in ("id", "version", "date")}
	row |= {
		"amount": net,
		"amountCurrency": net_currency,
		"amountGross": gross,
		"amountGrossCurrency": gross_currency,
	}
	row |= {"vatType": vat, "currency": values.get("currency") or 1}
	if not tax:
		return [row]
	taxed: Row = {"amount": tax, "amountCurrency": tax_currency, "amountGross": tax, "vatType": 0, "row": 0}
	taxed |= {"amountGrossCurrency": tax_currency, "currency": row["currency"], "systemGenerated": True}
	return [row, taxed | {"account": account(state, seed.VAT_ACCOUNTS[vat])["id"]}]


def _gross(state: State, values: Row, day: str, path: str) -> tuple[Decimal, Decimal]:
	"""Only gross amounts count; NOK and the currency's must agree for NOK."""
	gross, other = values.get("amountGross"), values.get("amountGrossCurrency")
	refuse_if(gross is None and other is None, invalid("postings.amountGross", NULL, f"{path}.amountGross"))
	currency = values.get("currency") or 1
	if currency == 1:
		gross, other = (other if gross is None else gross), (gross if other is None else other)
		refuse_if(gross != other, invalid("postings.amountGross", GROSS, f"{path}.amountGross"))
	elif gross is None:
		row = state.table("Currency")[currency]
		gross = other * rate_of(row["code"], iso(day)) / row["factor"]
	return cents(gross), cents(gross if other is None else other)


def add_voucher(state: State, values: Row) -> Row:
	"""A voucher by hand."""
	for name in ("date", "description"):
		refuse_if(not values.get(name), invalid(name, NULL))
	day = check_date("date", values["date"])
	given = values.get("postings") or []
	refuse_if(not given, invalid("postings", "Et bilag kan ikke registreres uten posteringer."))
	kind = values.get("voucherType")
	sale = kind and state.table("VoucherType")[kind]["name"] == "Utgående faktura"
	refuse_if(sale, invalid("voucherType", "Bilagstypen kan ikke brukes."))  # ASSUMED: the text
	rows = [row for i, sent in enumerate(given) for row in _posting_values(state, sent, i, day)]
	# ASSUMED: two vouchers may carry the same external number.
	return book(
		state,
		day,
		kind,
		values["description"],
		rows,
		externalVoucherNumber=values.get("externalVoucherNumber") or "",
	)


@route("POST", "/ledger/voucher", "sendToLedger", model="Voucher")
def post_voucher(call: Call) -> Answer:
	return call.value("Voucher", add_voucher(call.state, clean(call, "Voucher", call.body)), 201)


@route("PUT", "/ledger/voucher/{id}", "sendToLedger", model="Voucher")
def put_voucher(call: Call) -> Answer:
	row = call.one("Voucher")
	values = clean(call, "Voucher", call.body)
	check_version(row, values)
	# ASSUMED: of a hand-made voucher only the external number can be changed.
	for name in ("description", "date", "postings", "voucherType"):
		changed = name in values and values[name] != row.get(name)
		refuse_if(changed, invalid(name, NOT_EDITABLE))
	if "externalVoucherNumber" in values:
		call.state.change("Voucher", row, {"externalVoucherNumber": values["externalVoucherNumber"]})
	return call.value("Voucher", row)


def _delete_reasons(state: State, voucher: Row) -> list[str]:
	"""ASSUMED: only the last hand-made voucher of a year can be deleted."""
	last = max(v["number"] for v in state.table("Voucher").values() if v["year"] == voucher["year"])
	made_here = any(p.get("_invoice") for p in postings_of(state, voucher))
	reasons = ["Bilaget er ikke det siste."] if voucher["number"] != last else []
	return reasons + (["Bilaget er en faktura."] if made_here else [])


@route("GET", "/ledger/voucher/{id}/options", "fields")
def voucher_options(call: Call) -> Answer:
	reasons = _delete_reasons(call.state, call.one("Voucher"))
	return Answer({"value": {"delete": {"available": not reasons, "reasons": reasons}}})


@route("DELETE", "/ledger/voucher/{id}")
def delete_voucher(call: Call) -> Answer:
	state, voucher = call.state, call.one("Voucher")
	for reason in _delete_reasons(state, voucher):
		raise invalid("Internt felt (id)", reason)
	drop_voucher(state, voucher)
	return Answer(None, 204)


def drop_voucher(state: State, voucher: Row) -> None:
	"""Delete a voucher with its postings; what they closed is open again."""
	for row in postings_of(state, voucher):
		unmatch(state, row) if row.get("_match") else reopen(state, row)
		state.drop_item(state.table("Posting"), row["id"])
	state.remove("Voucher", voucher["id"])


@route("PUT", "/ledger/voucher/{id}/:reverse", "date")
def reverse_voucher(call: Call) -> Answer:
	return call.value("Voucher", reverse(call.state, call.one("Voucher"), call.day("date")))


@route("POST", "/ledger/voucher/{voucherId}/attachment")
def attach(call: Call) -> Answer:
	voucher = call.one("Voucher", call.args["voucherId"])
	refuse_if(not call.files, invalid("file", NULL))
	name, content = call.files[0]
	document = call.state.add(
		"Document", {"fileName": name, "size": len(content), "mimeType": "application/pdf"}
	)
	call.state.change("Voucher", voucher, {"attachment": document["id"]})
	return call.value("Voucher", voucher, 201)


# Postings and balances.


def _postings(call: Call) -> list[Row]:
	rows, table = call.state.table("Posting").values(), call.state.table("Account")
	first, last = call.integer("accountNumberFrom", 0), call.integer("accountNumberTo", 99_999)
	only_open = call.text("openPostings").lower() == "true"
	chosen = [r for r in rows if first <= table[r["account"]]["number"] <= last]
	return [r for r in chosen if not (only_open and r.get("closeGroup"))]


POSTING_FILTERS: dict[str, Any] = {
	"accountId": ids("account"),
	"customerId": ids("customer"),
	"departmentId": ids("department"),
	"productId": ids("product"),
	"supplierId": ids("supplier"),
	"employeeId": ids("employee"),
	"projectId": ids("project"),
}
listing(
	"/ledger/posting",
	"Posting",
	Range("date", "dateFrom", "dateTo"),
	rows=_postings,
	unused=DIMENSIONS,
	known="openPostings accountNumberFrom accountNumberTo",
	type=exact("type"),
	**POSTING_FILTERS,
)
listing("/ledger/postingByDate", "Posting", Range("date", "dateFrom", "dateTo"))


def _open_rows(call: Call) -> list[Row]:
	numbers = {r["id"] for r in _postings(call)}
	return [r for r in open_postings(call.state, call.day("date")) if r["id"] in numbers]


listing(
	"/ledger/posting/openPost",
	"Posting",
	rows=_open_rows,
	unused=DIMENSIONS,
	known="date accountNumberFrom accountNumberTo",
	**POSTING_FILTERS,
)


@route("PUT", "/ledger/posting/:closePostings")
def close_postings(call: Call) -> Answer:
	keys = call.body if isinstance(call.body, list) else []
	refuse_if(not keys, invalid("request body", NULL))
	refuse_if(not all(type(key) is int for key in keys), unmapped("request body", WRONG_TYPE))
	return page(call, "PostingValidationMessage", close(call.state, keys))


@route(
	"GET",
	"/balanceSheet",
	f"dateFrom dateTo accountNumberFrom accountNumberTo {PAGE}",
	unused="customerId employeeId departmentId projectId includeSubProjects includeActiveAccountsWithoutMovements",
)
def balance_sheet(call: Call) -> Answer:
	start, end = call.day("dateFrom"), call.day("dateTo")
	first, last = call.integer("accountNumberFrom", 0), call.integer("accountNumberTo", 99_999)
	before, within = _turnover(call.state, start, end)
	rows = []
	for key in sorted(before.keys() | within.keys(), key=lambda k: call.state.table("Account")[k]["number"]):
		if first <= call.state.table("Account")[key]["number"] <= last:
			opening, change = before.get(key, ZERO), within.get(key, ZERO)
			row: Row = {"account": key, "balanceIn": opening, "balanceChange": change, "startDate": start}
			rows.append(row | {"balanceOut": opening + change, "endDate": end})
	return page(call, "BalanceSheetAccount", rows)


def _turnover(state: State, start: str, end: str) -> tuple[dict[int, Decimal], dict[int, Decimal]]:
	before: dict[int, Decimal] = {}
	within: dict[int, Decimal] = {}
	for row in state.table("Posting").values():
		if row["date"] < end:
			side = before if row["date"] < start else within
			side[row["account"]] = side.get(row["account"], ZERO) + row["amount"]
	return before, within


@route(
	"GET",
	"/ledger",
	f"dateFrom dateTo accountId customerId openPostings {PAGE}",
	unused=f"supplierId employeeId departmentId projectId productId {DIMENSIONS}",
)
def ledger(call: Call) -> Answer:
	rules = {"accountId": ids("account"), "customerId": ids("customer")}
	rows = select(call, _postings(call), rules, [Range("date", "dateFrom", "dateTo")])
	return page(call, "LedgerAccount", _ledger_accounts(call.state, rows))


def _ledger_accounts(state: State, rows: list[Row]) -> list[Row]:
	grouped: dict[int, list[Row]] = {}
	for row in rows:
		grouped.setdefault(row["account"], []).append(row)
	result = []
	for key, members in grouped.items():
		total = sum((r["amount"] for r in members), ZERO)
		other = sum((r["amountCurrency"] for r in members), ZERO)
		row: Row = {"account": key, "sumAmount": total, "sumAmountCurrency": other, "currency": 1}
		result.append(row | {"closingBalance": total, "postings": [r["id"] for r in members]})
	return result


@route(
	"GET",
	"/ledger/openPost",
	f"date accountId customerId {PAGE}",
	unused=f"supplierId employeeId departmentId projectId productId {DIMENSIONS}",
)
def open_post(call: Call) -> Answer:
	rules = {"accountId": ids("account"), "customerId": ids("customer")}
	return page(
		call, "LedgerAccount", _ledger_accounts(call.state, select(call, _open_rows(call), rules, []))
	)


# The bank.


@route("GET", "/bank/reconciliation/>lastClosed", "accountId after fields")
def last_closed(call: Call) -> Answer:
	call.required("accountId")
	key = call.integer("accountId")
	number = call.one("Account", key)["number"]
	through = call.state.settings["reconciled_through"].get(number)
	if not through:
		return Answer({"value": None})  # ASSUMED: no reconciliation yet is null
	period = next(p for p in periods(call) if p["start"] <= through < p["end"])
	row: Row = {"id": 61_000_000, "version": 1, "account": key, "accountingPeriod": period, "isClosed": True}
	row |= {"type": "MANUAL", "closedDate": through}
	return call.value(
		"BankReconciliation",
		row | {"bankAccountClosingBalanceCurrency": balance(call.state, number, through)},
	)
