"""Reminders: their voucher, their fee, their list."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from .errors import NULL, invalid
from .fields import computed
from .ledger import RECEIVABLES, book, match, outstanding, posting, postings_of
from .listing import Filter, Range, ids, listing, single
from .money import ZERO, iso
from .payments import charged_one
from .routing import Answer, Call, refuse_if, route
from .state import Row, State

FEE_ACCOUNT = 3950
FEES = {"REMINDER": Decimal(35), "NOTICE_OF_DEBT_COLLECTION": Decimal(35)}  # ASSUMED: the amounts
KINDS = ("SOFT_REMINDER", "REMINDER", "NOTICE_OF_DEBT_COLLECTION")

listing(
	"/reminder",
	"Reminder",
	Range("reminderDate", "dateFrom", "dateTo"),
	id=ids(),
	invoiceId=Filter("_invoice", "ids"),
	customerId=Filter("_customer", "ids"),
	unused="termOfPaymentTo termOfPaymentFrom",
)
single("/reminder/{id}", "Reminder")


def remind(state: State, invoice: Row, kind: str, day: str, with_fee: bool) -> Row:
	"""A reminder; its fee is a voucher of its own on the customer. ASSUMED: interest is never charged."""
	fee = FEES.get(kind, ZERO) if with_fee else ZERO
	due = (iso(day) + timedelta(days=14)).isoformat()
	row: Row = {"reminderDate": day, "type": kind, "termOfPayment": due, "currency": invoice["currency"]}
	row |= {"charge": fee, "chargeCurrency": fee, "totalCharge": fee, "totalChargeCurrency": fee}
	row |= {"kid": invoice.get("kid", ""), "_invoice": invoice["id"], "_customer": invoice["customer"]}
	reminder = state.add("Reminder", row)
	if fee:
		text = f"Purring: Faktura nummer {invoice['invoiceNumber']}"
		rows = [
			posting(state, RECEIVABLES, fee, customer=invoice["customer"]),
			posting(state, FEE_ACCOUNT, -fee),
		]
		voucher = book(state, day, "Purring", text, rows)
		state.set_item(reminder, "_posting", postings_of(state, voucher, RECEIVABLES)[0]["id"])
	state.change("Invoice", invoice, {"reminders": [*invoice.get("reminders", []), reminder["id"]]})
	return reminder


def pay_fee(state: State, reminder: Row, day: str, against: int) -> Row:
	"""The fee of a reminder is paid."""
	charge = state.table("Posting")[reminder["_posting"]]
	rows = [posting(state, RECEIVABLES, -charge["amount"], customer=charge["customer"])]
	rows.append(posting(state, against, charge["amount"]))
	voucher = book(state, day, "Betaling", "Betaling: purregebyr", rows)
	match(state, [charge, postings_of(state, voucher, RECEIVABLES)[0]])
	return voucher


def _open_fees(state: State, invoice: Row) -> Decimal:
	"""What is open of the fees of an invoice's reminders."""
	rows = [state.table("Reminder")[key] for key in invoice.get("reminders", [])]
	charges = [state.table("Posting")[r["_posting"]] for r in rows if r.get("_posting")]
	return sum((c["amount"] for c in charges if not c.get("closeGroup")), ZERO)


@computed("Invoice", "amountOutstandingTotal")
def _total(state: State, row: Row) -> Decimal:
	return outstanding(state, row, "amount") + _open_fees(state, row)


@computed("Invoice", "amountCurrencyOutstandingTotal")
def _total_currency(state: State, row: Row) -> Decimal:
	return outstanding(state, row, "amountCurrency") + _open_fees(state, row)


@route(
	"PUT",
	"/invoice/{id}/:createReminder",
	"type date includeCharge includeInterest dispatchType dispatchTypes email",
	unused="smsNumber address postalCode city",
)
def create_reminder(call: Call) -> Answer:
	invoice = charged_one(call)
	kind, day = call.required("type"), call.day("date")
	refuse_if(kind not in KINDS, invalid("type", NULL))
	reminder = remind(call.state, invoice, kind, day, call.flag("includeCharge", False))
	note = {"kind": "reminder", "invoiceNumber": invoice["invoiceNumber"], "customer": invoice["customer"]}
	method = call.text("dispatchType") or call.text("dispatchTypes") or "EMAIL"
	call.state.append(
		call.state.sent, note | {"method": method, "to": call.text("email"), "at": call.state.now}
	)
	return Answer({"value": reminder["id"]})
