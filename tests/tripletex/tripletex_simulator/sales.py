"""Orders and invoices."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from . import seed
from .bodies import clean
from .errors import BAD_VAT, NULL, invalid
from .fields import computed
from .ledger import (
	RECEIVABLES,
	account,
	book,
	check_open,
	match,
	posting,
	postings_of,
	vat_of,
)
from .listing import Range, contains, exact, flag, ids, listing, single
from .master import check_version, valid_vat_types
from .money import HUNDRED, ZERO, cents, iso, rate_of
from .payments import charged_one, pay
from .routing import Answer, Call, check_date, refuse_if, route
from .state import Row, State

NO_LINES = "Fakturaen inneholder ingen ordrelinjer."
NO_BANK = "Faktura kan ikke opprettes før selskapet har registrert et bankkontonummer."
PREPAID = "Både paidAmount og paymentTypeId må oppgis ved registrering av en forhåndsbetalt faktura."
CREDITED = "Hele eller deler av fakturaen er kreditert. Summen av kreditnotaene kan ikke være høyere enn fakturabeløpet."
PRICE = "Enhetspris må være {} mva siden enhetspris på ordre er {} mva."
DESCRIPTION = "Det må registreres en beskrivelse eller et produkt."

listing(
	"/order",
	"Order",
	Range("orderDate", "orderDateFrom", "orderDateTo"),
	id=ids(),
	number=exact("number"),
	customerId=ids("customer"),
	deliveryComment=contains("deliveryComment"),
	isClosed=flag("isClosed"),
	isSubscription=flag("isSubscription"),
)
single("/order/{id}", "Order")
single("/order/orderline/{id}", "OrderLine")


def _charged(call: Call) -> list[Row]:
	return [row for row in call.state.table("Invoice").values() if row["isCharged"]]


listing(
	"/invoice",
	"Invoice",
	Range("invoiceDate", "invoiceDateFrom", "invoiceDateTo"),
	rows=_charged,
	id=ids(),
	invoiceNumber=exact("invoiceNumber"),
	kid=exact("kid"),
	voucherId=ids("voucher"),
	customerId=ids("customer"),
)
single("/invoice/{id}", "Invoice")


# Orders.


def _vat_message() -> str:
	return "orderGroups.orderLines.vatType.id,orderLines.vatType.id"


def income_account(state: State, product: Row | None, vat: int) -> int:
	"""The product's account if its VAT type is the line's, otherwise the posting rule's."""
	number = seed.SALES_ACCOUNTS.get(vat)
	chosen = (
		state.get("Account", product.get("account")) if product and product.get("vatType") == vat else None
	)
	chosen = chosen or account(state, number)  # type: ignore[arg-type]
	# Code 7 has no account of its own in the standard chart. ASSUMED: it is booked on 3900.
	if vat in chosen["legalVatTypes"] or not chosen["vatLocked"] or vat == 7:
		return chosen["number"]
	name, code = (product or {}).get("number", ""), state.table("VatType")[vat]["number"]
	text = f"Finner ikke en gyldig regnskapskonto for produktet {name} og mva-koden {code}: {chosen['displayName']}"
	raise invalid("orderLines.product.id", text)


def _line(state: State, order: Row, values: Row, index: int) -> Row:
	"""The values of an order line, checked and with its amounts."""
	product = state.get("Product", values.get("product"))
	text = values.get("description") or (product or {}).get("name")
	refuse_if(not text, invalid("orderLines.description", DESCRIPTION, f"orderLines[{index}].description"))
	vat = values.get("vatType")
	vat = (
		(product or {}).get("vatType", 0) if vat is None else vat
	)  # without a product: no VAT, and no word of it
	refuse_if(vat not in valid_vat_types(state), invalid(_vat_message(), BAD_VAT))
	income_account(state, product, vat)
	gross_prices = bool(order.get("isPrioritizeAmountsIncludingVat"))
	price = _price(values, product, gross_prices)
	count = values.get("count", Decimal(1))
	discount = (HUNDRED - (values.get("discount") or 0)) / HUNDRED
	amount = cents(count * price * discount)
	rate = vat_of(state, vat)
	net = cents(amount * HUNDRED / (HUNDRED + rate)) if gross_prices else amount
	gross = amount if gross_prices else cents(amount * (HUNDRED + rate) / HUNDRED)
	row: Row = {**values, "description": text, "displayName": text, "vatType": vat, "count": count}
	row |= {
		"currency": order["currency"],
		"amountExcludingVatCurrency": net,
		"amountIncludingVatCurrency": gross,
	}
	row |= _unit_prices(price, rate, gross_prices)
	return {k: v for k, v in row.items() if k not in ("id", "version")}


def _unit_prices(price: Decimal, rate: Decimal, gross_prices: bool) -> Row:
	factor = (HUNDRED + rate) / HUNDRED
	net, gross = (cents(price / factor), price) if gross_prices else (price, cents(price * factor))
	return {"unitPriceExcludingVatCurrency": net, "unitPriceIncludingVatCurrency": gross}


def _price(values: Row, product: Row | None, gross_prices: bool) -> Decimal:
	names = ["unitPriceExcludingVatCurrency", "unitPriceIncludingVatCurrency"]
	name, other = names[::-1] if gross_prices else names
	words = ("med", "inkludert") if gross_prices else ("uten", "uten")
	wrong = values.get(other) is not None
	refuse_if(wrong, invalid(f"orderLines.{other}", PRICE.format(*words)))
	if values.get(name) is not None:
		return values[name]
	return (product or {}).get(name.replace("unitPrice", "price")) or ZERO


def add_order(state: State, values: Row, today: str) -> Row:
	"""A new order with its lines and its preliminary invoice."""
	for name in ("customer", "orderDate", "deliveryDate"):
		refuse_if(not values.get(name), invalid(name, NULL))
	for name in ("orderDate", "deliveryDate"):
		check_date(name, values[name])
	number = values.get("number") or _free_order_number(state)
	_check_order_number(state, number)
	customer = state.table("Customer")[values["customer"]]
	row: Row = {"status": "NOT_CHOSEN", "invoicesDueIn": customer["invoicesDueIn"], "isClosed": False}
	row |= {"invoicesDueInType": customer["invoicesDueInType"], "orderLineSorting": "CUSTOM"}
	row |= {k: v for k, v in values.items() if k not in ("orderLines", "id", "version")} | {"number": number}
	row["currency"] = values.get("currency") or customer["currency"]
	row |= {"customerName": customer["name"], "displayName": f"{number} {customer['name']}", "orderLines": []}
	lines = [_line(state, row, line, i) for i, line in enumerate(values.get("orderLines") or [])]
	order = state.add("Order", row)
	keys = [state.add("OrderLine", {**line, "order": order["id"]})["id"] for line in lines]
	state.set_item(order, "orderLines", keys)
	state.set_item(state.order_numbers, number, order["id"])
	_add_preliminary(state, order)
	return order


def _check_order_number(state: State, number: str) -> None:
	taken = number in state.order_numbers
	refuse_if(taken, invalid("number", f"Ordrenummeret {number} er i bruk."))  # ASSUMED: the text


def _free_order_number(state: State) -> str:
	number = str(state.take("order"))
	while number in state.order_numbers:
		number = str(state.take("order"))
	return number


def _add_preliminary(state: State, order: Row) -> None:
	row: Row = {"invoiceNumber": 0, "isCharged": False, "invoiceDate": order["orderDate"], "voucher": None}
	row |= {
		"customer": order["customer"],
		"currency": order["currency"],
		"orders": [order["id"]],
		"invoiceDueDate": None,
	}
	row |= {"creditedInvoice": None, "ehfSendStatus": None, "isApproved": False}
	state.set_item(order, "preliminaryInvoice", state.add("Invoice", row)["id"])


@route("POST", "/order", model="Order")
def post_order(call: Call) -> Answer:
	order = add_order(call.state, clean(call, "Order", call.body), call.sim.today())
	answer = call.value("Order", order, 201)
	answer.payload["value"]["orderLines"] = []  # as observed, though the lines exist
	return answer


@route("PUT", "/order/{id}", "updateLinesAndGroups", model="Order")
def put_order(call: Call) -> Answer:
	order = call.one("Order")
	values = clean(call, "Order", call.body)
	check_version(order, values)
	if values.get("number") not in (None, order["number"]):
		_check_order_number(call.state, values["number"])
		call.state.drop_item(call.state.order_numbers, order["number"])
		call.state.set_item(call.state.order_numbers, values["number"], order["id"])
	lines = values.pop("orderLines", None)
	# ASSUMED: lines are replaced if they are sent; those with an id keep it.
	if lines:
		rows = [_line(call.state, order | values, line, i) for i, line in enumerate(lines)]
		keys = [call.state.add("OrderLine", {**row, "order": order["id"]})["id"] for row in rows]
		values["orderLines"] = keys
	call.state.change("Order", order, {k: v for k, v in values.items() if k not in ("id", "version")})
	return call.value("Order", order)


@route("DELETE", "/order/{id}")
def delete_order(call: Call) -> Answer:
	order = call.one("Order")
	used = any(order["id"] in (i.get("orders") or []) for i in _charged(call))
	refuse_if(used, invalid("Internt felt (id)", "<ul><li>Fakturaer er registrert.</li></ul>"))
	_drop_preliminary(call.state, order)
	call.state.drop_item(call.state.order_numbers, order["number"])
	call.state.remove("Order", call.id)
	return Answer(None, 204)


@route("POST", "/order/orderline", model="OrderLine")
def post_line(call: Call) -> Answer:
	values = clean(call, "OrderLine", call.body)
	refuse_if(not values.get("order"), invalid("order", NULL))
	order = call.state.table("Order")[values["order"]]
	line = call.state.add("OrderLine", _line(call.state, order, values, 0))
	call.state.change("Order", order, {"orderLines": [*order["orderLines"], line["id"]]})
	return call.value("OrderLine", line, 201)


# From an order to an invoice.


@dataclass
class Sums:
	"""What a set of lines comes to, in the invoice's currency."""

	net: dict[tuple[int, int], Decimal]
	vat: dict[int, Decimal]

	@property
	def total_net(self) -> Decimal:
		return sum(self.net.values(), ZERO)

	@property
	def total(self) -> Decimal:
		return self.total_net + sum(self.vat.values(), ZERO)


def sums_of(state: State, lines: list[Row], rounding: str) -> Sums:
	"""Net by (income account, VAT type), VAT by type; rounded per rate or per line."""
	net: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
	by_line: dict[int, Decimal] = defaultdict(Decimal)
	base: dict[int, Decimal] = defaultdict(Decimal)
	for line in lines:
		vat = line["vatType"]
		number = income_account(state, state.get("Product", line.get("product")), vat)
		net[number, vat] += line["amountExcludingVatCurrency"]
		base[vat] += line["amountExcludingVatCurrency"]
		by_line[vat] += line["amountIncludingVatCurrency"] - line["amountExcludingVatCurrency"]
	by_rate = {vat: cents(amount * vat_of(state, vat) / HUNDRED) for vat, amount in base.items()}
	chosen = by_line if rounding == "line" else by_rate
	return Sums(dict(net), {vat: amount for vat, amount in chosen.items() if amount})


def to_nok(state: State, amount: Decimal, currency: int, day: str) -> Decimal:
	row = state.table("Currency")[currency]
	return cents(amount * rate_of(row["code"], iso(day)) / row["factor"])


def _sale_postings(state: State, sums: Sums, draft: Row) -> list[Row]:
	"""Income and VAT on credit, the receivable on debit; in NOK they sum to 0 whatever the rate."""
	day, currency = draft["invoiceDate"], draft["currency"]
	more = {"currency": currency, "department": draft.get("_department"), "customer": draft["customer"]}
	rows = []
	for (number, vat), amount in sums.net.items():
		nok = -to_nok(state, amount, currency, day)
		gross = cents(amount * (HUNDRED + vat_of(state, vat)) / HUNDRED)
		row = posting(state, number, nok, in_currency=-amount, vatType=vat, **more)
		rows.append(
			row | {"amountGrossCurrency": -gross, "amountGross": -to_nok(state, gross, currency, day)}
		)
	for vat, amount in sums.vat.items():
		nok = -to_nok(state, amount, currency, day)
		number = seed.VAT_ACCOUNTS[vat]
		rows.append(posting(state, number, nok, in_currency=-amount, systemGenerated=True, row=0, **more))
	total = -sum((row["amount"] for row in rows), ZERO)
	receivable = posting(state, RECEIVABLES, total, in_currency=sums.total, **more)
	receivable |= {"type": "OUTGOING_INVOICE_CUSTOMER_POSTING", "invoiceNumber": str(draft["invoiceNumber"])}
	receivable |= {"termOfPayment": draft["invoiceDueDate"], "externalRef": draft.get("kid", ""), "row": 0}
	return [receivable, *rows]


def check_bank_account(state: State) -> None:
	accounts = state.table("Account").values()
	found = any(a.get("bankAccountNumber") and a.get("isInvoiceAccount") for a in accounts)
	refuse_if(not found, invalid(None, NO_BANK))


def own_number(state: State) -> int:
	"""Tripletex's own next number; its counter does not see numbers that came from outside."""
	number = state.take("invoice")
	check_number(state, number)
	return number


def check_number(state: State, number: int) -> None:
	# ASSUMED: the code and the text of a duplicate (the setting can be changed); that numbers start at 1.
	status, code = state.settings["duplicate_number"]
	refusal = invalid("invoiceNumber", f"Fakturanummer {number} er allerede i bruk.", code=code)
	refusal.status = status
	refuse_if(number in state.numbers, refusal)
	refuse_if(number < 0, invalid("invoiceNumber", "Må være større enn eller lik 0."))


def add_invoice(state: State, order: Row, draft: Row, rounding: str) -> Row:
	"""Charge an order: number, amounts, voucher, the receivable."""
	lines = [state.table("OrderLine")[key] for key in order["orderLines"]]
	sums = sums_of(state, lines, rounding)
	draft |= {
		"_department": order.get("department"),
		"customer": order["customer"],
		"currency": order["currency"],
	}
	_check_department(state, draft)
	postings = _sale_postings(state, sums, draft)
	check_open(state, draft["invoiceDate"], postings)
	invoice = state.add("Invoice", _invoice_row(state, order, draft, sums, postings))
	state.set_item(state.numbers, draft["invoiceNumber"], invoice["id"])
	postings[0]["_invoice"] = invoice["id"]
	kind = "Kreditnota" if sums.total < 0 else "Faktura"
	name = state.table("Customer")[order["customer"]]["name"]
	text = f"{kind} nummer {draft['invoiceNumber']} til {name}"
	voucher = book(state, draft["invoiceDate"], "Utgående faktura", text, postings)
	state.set_item(invoice, "voucher", voucher["id"])
	state.set_item(invoice, "_posting", postings_of(state, voucher, RECEIVABLES)[0]["id"])
	_drop_preliminary(state, order)
	state.event("invoice.charged", "Invoice", invoice["id"])
	return invoice


def _check_department(state: State, draft: Row) -> None:
	# ASSUMED: the text.
	missing = state.settings["required_department"] and not draft["_department"]
	refuse_if(missing, invalid("department.id", "Avdeling må fylles ut."))


def _drop_preliminary(state: State, order: Row) -> None:
	key = order.get("preliminaryInvoice")
	if key in state.table("Invoice"):
		state.drop_item(state.table("Invoice"), key)
	state.set_item(order, "preliminaryInvoice", None)


def _invoice_row(state: State, order: Row, draft: Row, sums: Sums, postings: list[Row]) -> Row:
	net = -sum((p["amount"] for p in postings[1:] if not p.get("systemGenerated")), ZERO)
	row: Row = {"orders": [order["id"]], "orderLines": list(order["orderLines"]), "isCharged": True}
	row |= {"amount": postings[0]["amount"], "amountCurrency": sums.total, "amountExcludingVat": net}
	row |= {"amountExcludingVatCurrency": sums.total_net, "isCreditNote": sums.total < 0, "isCredited": False}
	row |= {"creditedInvoice": None, "isApproved": True, "kid": "", "deliveryDate": order.get("deliveryDate")}
	row |= {"invoiceComment": order.get("invoiceComment") or "", "ehfSendStatus": None}
	return row | {
		k: v for k, v in draft.items() if v is not None and k not in ("orders", "paymentTypeId", "paidAmount")
	}


def send(state: State, invoice: Row, method: str, address: str = "") -> None:
	"""What Tripletex would send to the customer."""
	customer = state.table("Customer")[invoice["customer"]]
	to = address or customer.get("invoiceEmail") or customer.get("email") or ""
	note = {
		"kind": "credit note" if invoice["isCreditNote"] else "invoice",
		"invoiceNumber": invoice["invoiceNumber"],
	}
	note |= {"method": method or customer["invoiceSendMethod"], "to": to, "customer": customer["id"]}
	state.append(state.sent, {**note, "at": state.now})


def _draft(call: Call) -> Row:
	values = clean(call, "Invoice", call.body)
	for name in ("invoiceDate", "invoiceDueDate"):
		refuse_if(not values.get(name), invalid(name, NULL))
		check_date(name, values[name])
	refuse_if(not values.get("orders"), invalid("orders", "Listen kan ikke være tom."))
	# ASSUMED: the text; the documents say that there must be exactly one.
	refuse_if(len(values["orders"]) > 1, invalid("orders", "Fakturaen kan bare ha én ordre."))
	return values


def _order_of(call: Call, draft: Row) -> Row:
	"""The order of an invoice's body: one that exists, or a new one."""
	values = draft["orders"][0]
	if values.get("id"):
		order = call.one("Order", values["id"])
	else:
		shared = {k: draft[k] for k in ("customer", "currency") if draft.get(k)}
		order = add_order(call.state, shared | values, call.sim.today())
	# ASSUMED: the texts of these three.
	refuse_if(order["isClosed"], invalid("orders.id", "Ordren er lukket."))
	other = draft.get("customer") not in (None, order["customer"])
	refuse_if(other, invalid("customer.id", "Kunden på fakturaen må være den samme som på ordren."))
	other = draft.get("currency") not in (None, order["currency"])
	refuse_if(other, invalid("currency.id", "Valutaen på fakturaen må være den samme som på ordren."))
	return order


def _prepayment(call: Call) -> tuple[int | None, Decimal | None]:
	kind, amount = call.integer("paymentTypeId"), call.decimal("paidAmount")
	refuse_if((kind is None) != (amount is None), invalid(None, PREPAID))
	refuse_if(amount is not None and amount < 0, invalid("paidAmount", "Må være større enn eller lik 0."))
	return kind, amount


@route("POST", "/invoice", "sendToCustomer paymentTypeId paidAmount", model="Invoice")
def post_invoice(call: Call) -> Answer:
	state = call.state
	draft = _draft(call)
	kind, amount = _prepayment(call)
	check_bank_account(state)
	number = draft.get("invoiceNumber")
	if number:
		check_number(state, number)
	order = _order_of(call, draft)
	draft["invoiceNumber"] = number or own_number(state)
	invoice = add_invoice(state, order, draft, call.sim.vat_rounding)  # the order stays open
	if kind and amount:
		pay(state, invoice, draft["invoiceDate"], kind, amount)
	if call.flag("sendToCustomer", True):
		send(state, invoice, "")
	return call.value("Invoice", invoice, 201)


@route(
	"PUT",
	"/order/{id}/:invoice",
	"invoiceDate sendToCustomer sendType invoiceIdIfIsCreditNote overrideEmailAddress",
	unused="paymentTypeId paidAmount paidAmountAccountCurrency paymentTypeIdRestAmount paidAmountAccountCurrencyRest "
	"createOnAccount amountOnAccount onAccountComment createBackorder",
)
def invoice_order(call: Call) -> Answer:
	state, order = call.state, call.one("Order")
	day = call.day("invoiceDate")
	refuse_if(not order["orderLines"], invalid(None, NO_LINES))
	check_bank_account(state)
	refuse_if(order["isClosed"], invalid("id", "Ordren er lukket."))  # ASSUMED: the text
	due = (iso(day) + timedelta(days=order["invoicesDueIn"])).isoformat()
	draft: Row = {"invoiceDate": day, "invoiceDueDate": due, "invoiceNumber": own_number(state)}
	invoice = add_invoice(state, order, draft, call.sim.vat_rounding)
	if original := state.get("Invoice", call.integer("invoiceIdIfIsCreditNote", 0)):
		_link_credit(state, original, invoice)
	state.change("Order", order, {"isClosed": True})
	if call.flag("sendToCustomer", True):
		send(state, invoice, call.text("sendType"), call.text("overrideEmailAddress"))
	return call.value("Invoice", invoice)


# Credit notes.


def _link_credit(state: State, original: Row, credit: Row) -> None:
	refuse_if(
		credited(state, original) + credit["amountCurrency"] + original["amountCurrency"] < 0, _over_credit()
	)
	state.set_item(credit, "creditedInvoice", original["id"])
	state.set_item(credit, "isCreditNote", True)
	state.change("Invoice", original, {"isCredited": True})
	both = [state.table("Posting")[i["_posting"]] for i in (original, credit)]
	if not any(p.get("closeGroup") for p in both):
		match(state, both)


def credited(state: State, original: Row) -> Decimal:
	"""What linked credit notes took off an invoice, negative."""
	rows = state.table("Invoice").values()
	return sum((r["amountCurrency"] for r in rows if r.get("creditedInvoice") == original["id"]), ZERO)


def _over_credit() -> Any:
	return invalid(None, CREDITED)


@route(
	"PUT",
	"/invoice/{id}/:createCreditNote",
	"date comment sendToCustomer sendType creditNoteEmail",
)
def create_credit_note(call: Call) -> Answer:
	state, original = call.state, charged_one(call)
	day = call.day("date")
	refuse_if(
		original["isCreditNote"], invalid("id", "Kan ikke kreditere en kreditnota.")
	)  # ASSUMED: the text
	refuse_if(original["isCredited"], _over_credit())
	order = _credit_order(state, original, day)
	draft: Row = {"invoiceDate": day, "invoiceDueDate": day, "invoiceNumber": own_number(state)}
	draft["comment"] = call.text("comment")
	credit = add_invoice(state, order, draft, call.sim.vat_rounding)
	_link_credit(state, original, credit)
	if call.flag("sendToCustomer", True):
		send(state, credit, call.text("sendType"), call.text("creditNoteEmail"))
	return call.value("Invoice", credit)


def _credit_order(state: State, original: Row, day: str) -> Row:
	"""A closed order with the lines of the original, negative."""
	source = state.table("Order")[original["orders"][0]]
	kept = ("customer", "currency", "department", "project", "isPrioritizeAmountsIncludingVat", "reference")
	order = add_order(state, {k: source.get(k) for k in kept} | {"orderDate": day, "deliveryDate": day}, day)
	keys = []
	for key in original["orderLines"]:
		line = {k: v for k, v in state.table("OrderLine")[key].items() if k not in ("id", "version")}
		for name in ("count", "amountExcludingVatCurrency", "amountIncludingVatCurrency"):
			line[name] = -line[name]
		keys.append(state.add("OrderLine", {**line, "order": order["id"]})["id"])
	state.change("Order", order, {"orderLines": keys, "isClosed": True})
	return order


# Sending and documents.


@route("PUT", "/invoice/{id}/:send", "sendType overrideEmailAddress")
def send_invoice(call: Call) -> Answer:
	invoice = charged_one(call)
	kind = call.required("sendType")
	customer = call.state.table("Customer")[invoice["customer"]]
	address = call.state.get("Address", customer.get("postalAddress")) or {}
	addressed = address.get("addressLine1") and address.get("postalCode")
	reachable = {"EHF": addressed and customer.get("organizationNumber"), "PAPER": addressed}
	refuse_if(not reachable.get(kind, True), invalid(None, f"Faktura kan ikke sendes via {kind}"))
	send(call.state, invoice, kind, call.text("overrideEmailAddress"))
	return Answer(None, 204)


@route("GET", "/invoice/{invoiceId}/pdf", "download")
def invoice_pdf(call: Call) -> Answer:
	invoice = call.one("Invoice", call.args["invoiceId"])
	text = f"Faktura {invoice['invoiceNumber']}"
	return Answer(f"%PDF-1.4\n% {text}\n%%EOF\n".encode(), 200, "application/pdf")


@route("PUT", "/order/{id}/:attach")
def attach(call: Call) -> Answer:
	order = call.one("Order")
	refuse_if(not call.files, invalid("file", NULL))
	name, content = call.files[0]
	row: Row = {"fileName": name, "size": len(content), "mimeType": "application/pdf"}
	document = call.state.add("Document", row)
	call.state.change("Order", order, {"attachment": [*order.get("attachment", []), document["id"]]})
	return call.value(
		"DocumentArchive", row | {"id": document["id"], "version": 0, "archiveDate": call.sim.today()}
	)


@computed("Invoice", "sumRemits")
def _remits(state: State, row: Row) -> Decimal:
	return ZERO
