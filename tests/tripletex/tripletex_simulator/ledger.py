"""Vouchers and postings, what is open and what closes what, balances."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from .errors import VAT_CLOSED, Refusal, invalid
from .fields import computed
from .money import HUNDRED, ZERO, cents
from .routing import refuse_if
from .state import Row, State

RECEIVABLES = 1500
ROUND_OFF = 7740
GAIN, LOSS = 8060, 8160


def account(state: State, number: int) -> Row:
	"""The account of a number."""
	return next(a for a in state.table("Account").values() if a["number"] == number)


def voucher_type(state: State, name: str) -> int:
	return next(t["id"] for t in state.table("VoucherType").values() if t["name"] == name)


def number_of(state: State, posting: Row) -> int:
	return state.table("Account")[posting["account"]]["number"]


def posting(
	state: State,
	number: int,
	amount: Decimal,
	*,
	currency: int = 1,
	in_currency: Decimal | None = None,
	**more: object,
) -> Row:
	"""The values of a posting: NOK, and the amount in the currency."""
	other = amount if in_currency is None else in_currency
	row: Row = {"account": account(state, number)["id"], "amount": amount, "amountCurrency": other}
	row |= {"amountGross": amount, "amountGrossCurrency": other, "currency": currency, "vatType": 0}
	return {**row, **more}


def check_open(state: State, day: str, postings: Iterable[Row]) -> None:
	"""Refuse what a filed VAT term or a closed period bars."""
	has_vat = any(p.get("vatType") or 2700 <= number_of(state, p) < 2740 for p in postings)
	refuse_if(has_vat and day <= state.settings["vat_closed_through"], invalid("date", VAT_CLOSED))
	# ASSUMED: the text, and that closed periods refuse every posting.
	closed = invalid("date", "Perioden er avsluttet for postering.")
	refuse_if(
		day <= state.settings["period_closed_through"] or day < state.settings["business_start"], closed
	)


def book(
	state: State, day: str, kind: str | int | None, description: str, postings: list[Row], **more: object
) -> Row:
	"""A voucher of postings that sum to 0; every one is dated as the voucher unless it says otherwise."""
	total = sum((p["amount"] for p in postings), ZERO)
	refuse_if(total != 0, invalid("postings", f"Summen av posteringene for {day} er ikke lik 0."))
	check_open(state, day, postings)
	year = int(day[:4])
	number = state.take(f"voucher:{year}")
	type_id = voucher_type(state, kind) if isinstance(kind, str) else kind
	row: Row = {"date": day, "year": year, "number": number, "tempNumber": 0, "voucherType": type_id}
	row |= {
		"description": description,
		"numberAsString": f"{number}-{year}",
		"displayName": f"{number}-{year}",
	}
	voucher = state.add("Voucher", {**row, **more})
	rows = [_add_posting(state, voucher, day, index, values) for index, values in enumerate(postings)]
	state.set_item(voucher, "postings", [p["id"] for p in rows])
	return voucher


def _add_posting(state: State, voucher: Row, day: str, index: int, values: Row) -> Row:
	row: Row = {
		"voucher": voucher["id"],
		"date": day,
		"row": index + 1,
		"description": voucher["description"],
	}
	row |= {
		"type": None,
		"systemGenerated": False,
		"externalRef": "",
		"invoiceNumber": "",
		"closeGroup": None,
	}
	return state.add("Posting", row | values)


def postings_of(state: State, voucher: Row, number: int | None = None) -> list[Row]:
	rows = [state.table("Posting")[key] for key in voucher.get("postings", [])]
	return [p for p in rows if number is None or number_of(state, p) == number]


# VAT.


def vat_of(state: State, vat_type: int | None) -> Decimal:
	return state.table("VatType")[vat_type or 0]["percentage"]


def split_gross(state: State, gross: Decimal, vat_type: int | None) -> tuple[Decimal, Decimal]:
	"""Net and VAT of a gross amount."""
	rate = vat_of(state, vat_type)
	net = cents(gross * HUNDRED / (HUNDRED + rate))
	return net, gross - net


def check_vat_lock(state: State, values: Row) -> None:
	"""Refuse a VAT type that the account does not allow."""
	row = state.table("Account")[values["account"]]
	vat = values.get("vatType") or 0
	if not row["vatLocked"] or vat in row["legalVatTypes"]:
		return
	locked = state.table("VatType")[row["vatType"]]
	text = f"Kontoen {row['number']} {row['name']} er låst til mva-kode {locked['number']}: {locked['name']}."
	raise invalid("postings.vatType.id", text)


# What closes what: a match is the set of receivable postings that belong together.


def match(state: State, rows: list[Row]) -> None:
	"""Join the matches of these postings; a match that sums to 0 becomes a close group."""
	keys = sorted({key for row in rows for key in members(state, row)})
	for old in {row["_match"] for row in rows if row.get("_match")}:
		state.drop_item(state.matches, old)
	number = state.take("match")
	state.set_item(state.matches, number, keys)
	for key in keys:
		state.set_item(state.table("Posting")[key], "_match", number)
	close_if_settled(state, keys)


def members(state: State, row: Row) -> list[int]:
	"""The postings of a posting's match, itself included."""
	return state.matches.get(row.get("_match") or 0, [row["id"]])


def close_if_settled(state: State, keys: list[int]) -> None:
	rows = [state.table("Posting")[key] for key in keys]
	settled = (
		len(rows) > 1 and not sum(r["amount"] for r in rows) and not sum(r["amountCurrency"] for r in rows)
	)
	if not settled:
		return
	group = state.add("CloseGroup", {"date": max(r["date"] for r in rows), "postings": keys})
	for row in rows:
		state.set_item(row, "closeGroup", group["id"])


def unmatch(state: State, row: Row) -> None:
	"""Take a posting out of its match; the close group of the match goes."""
	keys = members(state, row)
	for key in keys:
		reopen(state, state.table("Posting")[key])
	rest = [key for key in keys if key != row["id"]]
	if row.get("_match"):
		state.set_item(state.matches, row["_match"], rest)
		state.set_item(row, "_match", None)


def reopen(state: State, row: Row) -> None:
	group = row.get("closeGroup")
	state.set_item(row, "closeGroup", None)
	if group in state.table("CloseGroup"):
		state.remove("CloseGroup", group)


def outstanding(state: State, invoice: Row, field: str) -> Decimal:
	"""What is open of an invoice: the remainder of its match, if the remainder has the invoice's sign."""
	key = invoice.get("_posting")
	if not key:
		return ZERO
	rows = [state.table("Posting")[k] for k in members(state, state.table("Posting")[key])]
	rest = sum((row[field] for row in rows), ZERO)
	bearers = [row for row in rows if row.get("_invoice") and row[field] * rest > 0]
	bearers = bearers or [row for row in rows if row.get("_invoice")]
	return rest if bearers[0]["id"] == key else ZERO


@computed("Invoice", "amountOutstanding")
def _outstanding(state: State, row: Row) -> Decimal:
	return outstanding(state, row, "amount")


@computed("Invoice", "amountCurrencyOutstanding")
def _outstanding_currency(state: State, row: Row) -> Decimal:
	return outstanding(state, row, "amountCurrency")


@computed("Invoice", "postings")
def _invoice_postings(state: State, row: Row) -> list[int]:
	key = row.get("_posting")
	return members(state, state.table("Posting")[key]) if key else []


# Reversal.


def reverse(state: State, voucher: Row, day: str) -> Row:
	"""A voucher that takes another one back. A payment's posting then leaves the invoice."""
	# ASSUMED: the texts of both refusals.
	refuse_if(voucher.get("reverseVoucher"), invalid("id", "Bilaget er allerede tilbakeført."))
	is_invoice = any(p.get("_invoice") for p in postings_of(state, voucher))
	refuse_if(
		is_invoice, invalid("id", "Bilag for utgående faktura kan ikke tilbakeføres, lag en kreditnota.")
	)
	old = postings_of(state, voucher)
	values = [_negated(p) for p in old]
	text = f"Tilbakeføring av bilag {voucher['numberAsString']}"
	back = book(state, day, voucher["voucherType"], text, values, reverseVoucher=voucher["id"])
	for first, second in zip(old, postings_of(state, back), strict=True):
		if number_of(state, first) == RECEIVABLES:
			unmatch(state, first)
			match(state, [first, second])
	state.change("Voucher", voucher, {"reverseVoucher": back["id"]})
	return back


def _negated(row: Row) -> Row:
	kept = ("account", "currency", "customer", "department", "project", "vatType", "systemGenerated", "row")
	signs = ("amount", "amountCurrency", "amountGross", "amountGrossCurrency")
	return {k: row[k] for k in kept if k in row} | {k: -row[k] for k in signs}


def find_posting(state: State, key: int) -> Row:
	row = state.get("Posting", key)
	if row is None:
		raise Refusal(404, 6000, "Object not found")
	return row


def balance(state: State, number: int, through: str | None = None) -> Decimal:
	"""The balance of an account at the end of a day."""
	rows = state.table("Posting").values()
	chosen = (
		r["amount"] for r in rows if number_of(state, r) == number and (not through or r["date"] <= through)
	)
	return sum(chosen, ZERO)
