"""Payments of invoices: from a client, from the bank, by an accountant; write-offs and roundings."""

from __future__ import annotations

from decimal import Decimal

from .errors import invalid
from .ledger import GAIN, LOSS, RECEIVABLES, book, match, outstanding, posting, postings_of
from .listing import contains, ids, listing, single
from .money import cents
from .routing import Answer, Call, refuse_if, route
from .state import Row, State

AMOUNT_MISSING = "Feltet må fylles ut."

listing(
	"/invoice/paymentType",
	"PaymentType",
	id=ids(),
	description=contains("description"),
	query=contains("description"),
)
single("/invoice/paymentType/{id}", "PaymentType")


def charged_one(call: Call) -> Row:
	"""The invoice of the path. ASSUMED: nothing can be done with a preliminary one."""
	invoice = call.one("Invoice")
	refuse_if(not invoice["isCharged"], invalid("id", "Fakturaen er ikke opprettet."))
	return invoice


def book_value(state: State, invoice: Row, in_currency: Decimal) -> Decimal:
	"""What a part of an invoice stands for in NOK on 1500."""
	if invoice["currency"] == 1:
		return in_currency
	open_nok, open_currency = (outstanding(state, invoice, f) for f in ("amount", "amountCurrency"))
	if in_currency == open_currency:
		return open_nok
	return cents(invoice["amount"] * in_currency / invoice["amountCurrency"])


def register(
	state: State,
	invoice: Row,
	day: str,
	against: int,
	nok: Decimal,
	in_currency: Decimal,
	kind: str = "Betaling",
	external_ref: str = "",
) -> Row:
	"""The voucher of a payment. ASSUMED: gain or loss on exchange is part of it, so that 1500 closes in NOK too."""
	value = book_value(state, invoice, in_currency)
	text = f"Betaling: Faktura nummer {invoice['invoiceNumber']}"
	receivable = posting(state, RECEIVABLES, -value, in_currency=-in_currency, currency=invoice["currency"])
	receivable |= {"customer": invoice["customer"], "invoiceNumber": str(invoice["invoiceNumber"])}
	receivable["externalRef"] = external_ref
	rows = [receivable, posting(state, against, nok)]
	if difference := value - nok:
		rows.append(posting(state, LOSS if difference > 0 else GAIN, difference))
	voucher = book(state, day, kind, text, rows)
	ours = postings_of(state, voucher, RECEIVABLES)[0]
	match(state, [state.table("Posting")[invoice["_posting"]], ours])
	state.change("Invoice", invoice, {})
	return voucher


def pay(
	state: State,
	invoice: Row,
	day: str,
	kind: int,
	amount: Decimal,
	in_currency: Decimal | None = None,
) -> Row:
	"""A payment by one of the payment types, as `:payment` registers it."""
	payment_type = state.get("PaymentType", kind)
	refuse_if(payment_type is None, invalid("paymentTypeId", "Ugyldig betalingstype."))  # ASSUMED: the text
	missing = amount == 0 or (invoice["currency"] != 1 and not in_currency)
	refuse_if(missing, invalid("Internt felt (amountBasisCurrency)", AMOUNT_MISSING))
	against = state.table("Account")[payment_type["debitAccount"]]["number"]
	paid = amount if invoice["currency"] == 1 else in_currency
	return register(state, invoice, day, against, cents(amount), cents(paid))


@route("PUT", "/invoice/{id}/:payment", "paymentDate paymentTypeId paidAmount paidAmountCurrency")
def put_payment(call: Call) -> Answer:
	invoice = charged_one(call)
	day = call.day("paymentDate")
	for name in ("paymentTypeId", "paidAmount"):
		call.required(name)
	kind, amount = call.integer("paymentTypeId"), call.decimal("paidAmount")
	pay(call.state, invoice, day, kind, amount, call.decimal("paidAmountCurrency"))
	return call.value("Invoice", invoice)


def settle_rest(
	state: State, invoice: Row, day: str, amount: Decimal, against: int, kind: str, text: str
) -> Row:
	"""Take an amount off an invoice without money: rounding, loss."""
	row = posting(state, RECEIVABLES, -amount, customer=invoice["customer"])
	row["invoiceNumber"] = str(invoice["invoiceNumber"])
	voucher = book(state, day, kind, text, [row, posting(state, against, amount)])
	ours = postings_of(state, voucher, RECEIVABLES)[0]
	match(state, [state.table("Posting")[invoice["_posting"]], ours])
	return voucher


def open_postings(state: State, day: str) -> list[Row]:
	"""What is open before a day (which is excluded) on the accounts that can be closed."""
	chosen = []
	for row in state.table("Posting").values():
		closeable = state.table("Account")[row["account"]]["isCloseable"]
		if closeable and row["date"] < day and not _closed_before(state, row, day):
			chosen.append(row)
	return chosen


def _closed_before(state: State, row: Row, day: str) -> bool:
	group = state.get("CloseGroup", row.get("closeGroup"))
	return bool(group) and group["date"] < day


def close(state: State, keys: list[int]) -> list[Row]:
	"""`:closePostings`. ASSUMED: a rest is allowed, and stays open on the posting of its sign; the texts."""
	rows = [state.table("Posting")[key] for key in keys if key in state.table("Posting")]
	problems = [
		{"postingId": k, "message": "Posteringen finnes ikke."}
		for k in keys
		if k not in state.table("Posting")
	]
	problems += [
		{"postingId": r["id"], "message": "Posteringen er allerede lukket."}
		for r in rows
		if r.get("closeGroup")
	]
	if len({(r["account"], r.get("customer"), r["currency"]) for r in rows}) > 1:
		problems += [{"postingId": r["id"], "message": "Ulik konto, kunde eller valuta."} for r in rows]
	if len(rows) < 2 and not problems:
		problems += [{"postingId": r["id"], "message": "Det må være minst to posteringer."} for r in rows]
	if not problems:
		match(state, rows)
	return problems
