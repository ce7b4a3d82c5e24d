"""Made-up documents with every field, for the editor's preview of a template and for tests. Not a single real one.

The numbers of companies, accounts and KIDs are well-formed: they pass their check digits.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from billing_ext.rendering import drops
from billing_ext.rendering.drops import Drop, scope
from billing_ext.rendering.numbers import Money, Number

KINDS: dict[str, tuple[str, ...]] = {
	"Sales Invoice": ("invoice", "credit_note", "pro_forma", "cancelled", "foreign", "long", "hard"),
	"Sales Order": ("pro_forma", "foreign", "long", "hard"),
	"Dunning": ("reminder", "second", "notice", "hard"),
	"Billing Contract": ("contract", "draft", "hard"),
	"Customer": ("statement", "long", "hard"),
}
"""The kinds of sample of each document type, the plain one first."""

TODAY = date(2026, 11, 22)
REVERSE_CHARGE = "Omvendt avgiftsplikt – Merverdiavgift ikke beregnet"
LONG_LINES = 500

_LOGO = (
	'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 252 48" width="252" height="48">'
	'<rect width="48" height="48" rx="11" fill="#1d4f91"/>'
	'<path d="M9 33l10-17 7 11 4-6 9 12z" fill="#fff"/>'
	'<text x="60" y="32" font-family="Helvetica, Arial, sans-serif" font-size="25" font-weight="700" '
	'fill="#12315c">Fjord Software</text></svg>'
)
_LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
_RTL_NAME = "شركة النور للضيافة والفنادق والخدمات السياحية المحدودة"


@dataclass(frozen=True)
class _Item:
	"""A line before it is a Drop: its prorations are (kind, formula, first day, last day, amount)."""

	name: str
	description: str | None
	quantity: str
	unit: str
	price: str
	tax: str = "25"
	discount: str = "0"
	days: tuple[date, date] | None = (date(2026, 11, 1), date(2026, 11, 30))
	prorations: tuple[tuple[str, str, date, date, str], ...] = ()


_FIRST, _CHANGE, _LAST = date(2026, 11, 1), date(2026, 11, 9), date(2026, 11, 30)

_SUBSCRIPTION = (
	_Item(
		"Fjord Booking Pro",
		"Bookingsystem, lisens per hotell",
		"1",
		"stk",
		"683.33",
		prorations=(
			("charge", "8/30 × 500,00", _FIRST, date(2026, 11, 8), "133.33"),
			("charge", "22/30 × 750,00", _CHANGE, _LAST, "550.00"),
		),
	),
	_Item("Brukere i resepsjonen", "12 navngitte brukere", "12", "stk", "149", discount="10"),
)
_CATERING = (
	_Item("Frokostpakke til kurs", None, "40", "stk", "85", tax="15", days=(date(2026, 11, 17),) * 2),
	_Item("Kurs for nytilsatte", "Opplæring, unntatt merverdiavgift", "3", "Hour", "950", tax="0", days=None),
)
_HARD = (
	_Item(_LONG_WORD, _LONG_WORD * 2, "123456.789", "stk", "987654.321"),
	_Item(_RTL_NAME, "اشتراك شهري", "1", "Month", "121932631112635.269", discount="12.5"),
	_Item('<b>Ikke HTML</b> & "anførselstegn"', "Linje én\nLinje to", "-1", "Hour", "0.005", tax="0"),
)


def sample(document_type: str, kind: str = "", *, lines: int = 4) -> Drop:
	"""A made-up document as a template sees it. Raises ValueError for an unknown type or kind.

	``kind`` is one of KINDS, the plain one unless told. ``lines`` is ignored by the kind ``long``, which has 500.
	"""
	if document_type not in KINDS:
		raise ValueError(f"no sample for {document_type}")
	kind = kind or KINDS[document_type][0]
	if kind not in KINDS[document_type]:
		raise ValueError(f"no sample of {document_type} is called {kind}")
	return _SAMPLES[document_type](kind, LONG_LINES if kind == "long" else lines)


def _sold(document_type: str) -> Callable[[str, int], Drop]:
	def made(kind: str, lines: int) -> Drop:
		invoice = _invoice(kind, lines, is_order=document_type == "Sales Order")
		groups = invoice["groups"]
		contract = groups[0]["contract"] if len(groups) == 1 else None  # type: ignore[arg-type,index]
		return scope(
			document_type,
			{
				**_everywhere(kind),
				"invoice": invoice,
				"lines": invoice["lines"],
				"groups": groups,
				"taxes": invoice["taxes"],
				"payment": _payment(invoice),
				"contract": contract,
				"usage": [_usage("Brukere i resepsjonen", "stk", 149)] if kind == "invoice" else [],
			},
		)

	return made


def _dunning(kind: str, lines: int) -> Drop:
	code = _currency(kind)
	level = {"reminder": 1, "second": 2, "notice": 3}.get(kind, 1)
	scale = 10**12 if kind == "hard" else 1
	rows = [
		("500087", date(2026, 9, 1), date(2026, 9, 15), "4812.50", "109.81"),
		("500104", date(2026, 10, 1), date(2026, 10, 15), "3100.00", "39.53"),
	][: max(lines, 1)]
	reminded = [_reminded(*row, code=code, scale=scale) for row in rows]
	principal = sum((Decimal(row[3]) for row in rows), Decimal(0)) * scale
	interest = sum((Decimal(row[4]) for row in rows), Decimal(0)) * scale if level > 1 else Decimal(0)
	fee = Decimal(38)
	total = Money(principal + interest + fee, code)
	due = TODAY + timedelta(days=14)
	reminder = Drop(
		drops.REMINDER,
		{
			"number": f"P-2026-0003{level}",
			"title": None,
			"level": Number(level),
			"date": TODAY,
			"due_date": due,
			"text": None,
			"closing_text": None,
			"invoices": reminded,
			"principal": Money(principal, code),
			"interest_rate": Number("12.25"),
			"interest": Money(interest, code),
			"fee": Money(fee, code),
			"total": total,
			"currency": code,
			"custom": {},
		},
	)
	return scope(
		"Dunning", {**_everywhere(kind), "reminder": reminder, "payment": _pay(total, due, "0005000877")}
	)


def _reminded(number: str, day: date, due: date, total: str, interest: str, *, code: str, scale: int) -> Drop:
	amount = Money(Decimal(total) * scale, code)
	return Drop(
		drops.REMINDED,
		{
			"number": number,
			"date": day,
			"due_date": due,
			"days_overdue": Number((TODAY - due).days),
			"total": amount,
			"outstanding": amount,
			"interest": Money(Decimal(interest) * scale, code),
			"kid": {"500087": "0005000877", "500104": "0005001045"}[number],
		},
	)


def _agreement(kind: str, _lines: int) -> Drop:
	usage = [_usage("Brukere i resepsjonen", "stk", 149), _usage("Tekstmeldinger", "stk", 1, 420)]
	return scope(
		"Billing Contract",
		{
			**_everywhere(kind),
			"contract": _contract(_currency(kind), kind),
			"usage": usage,
		},
	)


def _account(kind: str, lines: int) -> Drop:
	code = _currency(kind)
	scale = 10**12 if kind == "hard" else 1
	movements = [
		(date(2026, 9, 1), "Faktura", "500087", None, date(2026, 9, 15), "4812.50"),
		(date(2026, 9, 14), "Betaling", "I-2026-0412", "Takk for betalingen", None, "-2000.00"),
		(date(2026, 10, 1), "Faktura", "500104", None, date(2026, 10, 15), "3100.00"),
		(date(2026, 10, 9), "Kreditnota", "500109", "Gjelder faktura 500087", None, "-812.50"),
		(date(2026, 11, 1), "Faktura", "500123", None, date(2026, 11, 15), "9912.63"),
	]
	movements = movements * (LONG_LINES // len(movements)) if kind == "long" else movements
	movements = movements if kind == "long" else movements[: max(lines, 1) + 1]
	balance = opening = Decimal("1250.00") * scale
	entries = []
	for day, name, number, text, due, value in movements:
		amount = Decimal(value) * scale
		balance += amount
		entries.append(
			Drop(
				drops.ENTRY,
				{
					"date": day,
					"kind": name,
					"number": number,
					"text": text,
					"due_date": due,
					"debit": Money(amount, code) if amount > 0 else None,
					"credit": Money(-amount, code) if amount < 0 else None,
					"balance": Money(balance, code),
				},
			)
		)
	shares = (
		("Ikke forfalt", "9912.63"),
		("1–30", "0"),
		("31–60", "3100.00"),
		("61–90", "2000.00"),
		("91+", "1250.00"),
	)
	overdue = sum((Decimal(value) for _label, value in shares[1:]), Decimal(0)) * scale
	statement = Drop(
		drops.STATEMENT,
		{
			"from": date(2026, 9, 1),
			"to": TODAY,
			"currency": code,
			"opening": Money(opening, code),
			"debit": _sum(entries, "debit", code),
			"credit": _sum(entries, "credit", code),
			"closing": Money(balance, code),
			"overdue": Money(overdue, code),
			"entries": entries,
			"ageing": [
				Drop(drops.AGEING, {"label": label, "amount": Money(Decimal(value) * scale, code)})
				for label, value in shares
			],
		},
	)
	return scope(
		"Customer",
		{
			**_everywhere(kind),
			"statement": statement,
			"payment": _pay(Money(balance, code), None, None, "10042"),
		},
	)


_SAMPLES: dict[str, Callable[[str, int], Drop]] = {
	"Sales Invoice": _sold("Sales Invoice"),
	"Sales Order": _sold("Sales Order"),
	"Dunning": _dunning,
	"Billing Contract": _agreement,
	"Customer": _account,
}


def _currency(kind: str) -> str:
	return {"foreign": "EUR", "hard": "KWD"}.get(kind, "NOK")


def _everywhere(kind: str) -> dict[str, object]:
	return {
		"company": _company(kind),
		"branding": _branding(kind),
		"bank": _bank(),
		"customer": _customer(kind),
		"language": "ar" if kind == "hard" else "nb",
		"direction": "rtl" if kind == "hard" else "ltr",
		"today": TODAY,
	}


def _address(*lines: str, city: str, postal_code: str, country: str, code: str) -> Drop:
	return Drop(
		drops.ADDRESS,
		{
			"name": None,
			"line1": lines[0],
			"line2": None,
			"postal_code": postal_code,
			"city": city,
			"state": None,
			"country": country,
			"country_code": code,
			"lines": list(lines),
		},
	)


def _company(kind: str) -> Drop:
	address = _address(
		"Strandkaien 14", "5013 Bergen", city="Bergen", postal_code="5013", country="Norge", code="NO"
	)
	return Drop(
		drops.COMPANY,
		{
			"name": f"{_LONG_WORD} AS" if kind == "hard" else "Fjord Software AS",
			"country_code": "NO",
			"org_number": "999 999 999",
			"vat_number": "NO 999 999 999 MVA",
			"vat_registered": True,
			"register_note": "Foretaksregisteret",
			"registered_office": "Bergen",
			"address": address,
			"phone": "+47 55 00 00 00",
			"email": "faktura@fjord.example",
			"website": "fjord.example",
			"custom": {},
		},
	)


def _branding(kind: str) -> Drop:
	return Drop(
		drops.BRANDING,
		{
			"logo": None
			if kind == "hard"
			else "data:image/svg+xml;base64," + base64.b64encode(_LOGO.encode()).decode(),
			"primary_color": "#1d4f91",
			"on_primary_color": "#ffffff",
			"accent_color": "#e8a33d",
			"primary_text_color": "#1d4f91",
			"font": None,
			"footer_text": None,
			"show_usage": True,
		},
	)


def _bank() -> Drop:
	return Drop(
		drops.BANK,
		{
			"name": "Fjordbanken",
			"account_number": "1234 56 78903",
			"iban": "NO71 1234 5678 903",
			"bic": "FJBKNO22",
			"account_holder": "Fjord Software AS",
		},
	)


def _customer(kind: str) -> Drop:
	contact: str | None
	lines: tuple[str, ...]
	if kind == "hard":
		name, contact, lines = _RTL_NAME, _LONG_WORD, (_LONG_WORD, "13001 مدينة الكويت", "الكويت")
	elif kind == "foreign":
		name, contact, lines = (
			"Nordlys Hospitality GmbH",
			None,
			("Elbchaussee 9", "22765 Hamburg", "Tyskland"),
		)
	else:
		name, contact, lines = "Nordlys Hotell AS", "Ingrid Solvang", ("Sjøgata 38", "9008 Tromsø")
	postal_code, city = lines[1].split(" ", 1)
	code = {"hard": "KW", "foreign": "DE"}.get(kind, "NO")
	address = _address(*lines, city=city, postal_code=postal_code, country="Norge", code=code)
	return Drop(
		drops.CUSTOMER,
		{
			"name": name,
			"number": "10042",
			"org_number": "888 888 888" if code == "NO" else None,
			"vat_number": "DE136695976" if code == "DE" else None,
			"is_company": True,
			"contact": contact,
			"email": "regnskap@nordlys.example",
			"phone": None,
			"address": address,
			"shipping_address": address,
			"custom": {},
		},
	)


def _invoice(kind: str, lines: int, *, is_order: bool) -> Drop:
	state = "pro_forma" if is_order else kind if kind in ("credit_note", "pro_forma") else "invoice"
	code = _currency(kind)
	groups = _groups(kind, lines, sign=-1 if state == "credit_note" else 1)
	rows = [line for group in groups for line in group["lines"]]  # type: ignore[attr-defined]
	taxes = _taxes(rows, kind, code)
	net = _sum(rows, "net", code)
	tax = _sum(taxes, "amount", code)
	paid = Money(500 if kind == "invoice" and not is_order else 0, code)
	total = Money(net + tax, code)
	is_open = state == "invoice"
	return Drop(
		drops.INVOICE,
		{
			"number": {"credit_note": "500131", "pro_forma": "SO-2026-0077" if is_order else None}.get(
				state, "500123"
			),
			"kind": state,
			"is_credit_note": state == "credit_note",
			"is_debit_note": False,
			"is_pro_forma": state == "pro_forma",
			"is_cancelled": kind == "cancelled",
			"date": TODAY,
			"due_date": date(2026, 12, 6) if is_open else None,
			"delivery_from": _FIRST,
			"delivery_to": _LAST,
			"delivery_place": _LONG_WORD if kind == "hard" else "Hamburg" if kind == "foreign" else "Tromsø",
			"currency": code,
			"company_currency": "NOK",
			"exchange_rate": Number({"EUR": "11.4255", "KWD": "33.1"}.get(code, "1")),
			"is_foreign_currency": code != "NOK",
			"buyer_reference": "Ingrid Solvang",
			"order_reference": "PO-7741",
			"our_reference": "Marius Dahl",
			"credited_number": "500123" if state == "credit_note" else None,
			"credited_date": date(2026, 11, 2) if state == "credit_note" else None,
			"note": f"{_LONG_WORD}\n<script>alert(1)</script> {_RTL_NAME}" if kind == "hard" else None,
			"net": net,
			"discount": Money("1.5" if kind == "hard" else 0, code),
			"tax": tax,
			"company_tax": _sum(taxes, "company_amount", "NOK"),
			"rounding": Money(0, code),
			"total": total,
			"paid": paid if is_open else Money(0, code),
			"amount_due": Money(total - paid, code) if is_open else Money(0, code),
			"status": None,
			"lines": rows,
			"groups": groups,
			"taxes": taxes,
			"custom": {},
		},
	)


def _groups(kind: str, lines: int, sign: int) -> list[Drop]:
	code = _currency(kind)
	if kind == "hard":
		parts: list[tuple[str, Sequence[_Item]]] = [("CON-2026-0007", _HARD)]
	elif kind == "foreign":
		parts = [("CON-2026-0007", _SUBSCRIPTION)]
	else:
		items = [*_SUBSCRIPTION, *_CATERING]
		first = [items[number % 2] for number in range(max(lines - 2, 1))]
		parts = [("CON-2026-0007", first), ("CON-2026-0011", items[2 : 2 + max(lines - len(first), 0)])]
	groups, number = [], 0
	for contract, members in parts:
		rows = []
		for item in members:
			number += 1
			rows.append(
				_line(item, number, code, sign, tax="0" if kind == "foreign" and number > 1 else item.tax)
			)
		if rows:
			title = "Bookingsystem" if contract.endswith("7") else "Kurs og servering"
			groups.append(
				Drop(
					drops.GROUP,
					{
						"contract": _contract(code, kind, contract, title),
						"title": f"{title} · {contract}",
						"lines": rows,
						"net": _sum(rows, "net", code),
					},
				)
			)
	return groups


def _line(item: _Item, number: int, code: str, sign: int, tax: str) -> Drop:
	list_price, discount = Decimal(item.price), Decimal(item.discount)
	price = list_price * (100 - discount) / 100
	places = Decimal("0.001") if code == "KWD" else Decimal("0.01")
	prorations = [
		Drop(
			drops.PRORATION,
			{
				"kind": kind if sign > 0 else "credit",
				"formula": formula,
				"from": first,
				"to": last,
				"amount": Money(sign * Decimal(amount), code),
			},
		)
		for kind, formula, first, last, amount in item.prorations
	]
	return Drop(
		drops.LINE,
		{
			"number": Number(number),
			"code": None,
			"name": item.name,
			"description": item.description,
			"quantity": Number(sign * Decimal(item.quantity)),
			"unit": item.unit,
			"price": Money(price, code),
			"list_price": Money(list_price, code),
			"discount_percent": Number(discount),
			"net": Money((sign * price * Decimal(item.quantity)).quantize(places), code),
			"tax_rate": Number(tax),
			"period_from": item.days[0] if item.days else None,
			"period_to": item.days[1] if item.days else None,
			"is_prorated": bool(prorations),
			"prorations": prorations,
			"contract_line": item.name,
			"custom": {},
		},
	)


def _taxes(lines: list[Drop], kind: str, code: str) -> list[Drop]:
	exchange = Decimal({"EUR": "11.4255", "KWD": "33.1"}.get(code, "1"))
	places = Decimal("0.001") if code == "KWD" else Decimal("0.01")
	taxes = []
	for rate in sorted({line["tax_rate"] for line in lines}, reverse=True):  # type: ignore[type-var]
		base = _sum([line for line in lines if line["tax_rate"] == rate], "net", code)
		amount = (base * rate / 100).quantize(places)  # type: ignore[operator]
		reason = None
		if not rate:
			reason = REVERSE_CHARGE if kind == "foreign" else "Unntatt etter merverdiavgiftsloven § 3-5"
		taxes.append(
			Drop(
				drops.TAX,
				{
					"name": "Utgående mva." if rate else "Uten mva.",
					"rate": rate,
					"base": base,
					"amount": Money(amount, code),
					"company_base": Money((base * exchange).quantize(Decimal("0.01")), "NOK"),
					"company_amount": Money((amount * exchange).quantize(Decimal("0.01")), "NOK"),
					"reason": reason,
				},
			)
		)
	return taxes


def _sum(rows: Sequence[Drop], field: str, code: str) -> Money:
	return Money(_added(rows, field), code)


def _added(rows: Sequence[Drop], field: str) -> Decimal:
	values = [row[field] for row in rows]
	return sum((value for value in values if isinstance(value, Decimal)), Decimal(0))


def _payment(invoice: Drop) -> Drop:
	amount, due = invoice["amount_due"], invoice["due_date"]
	kid = "0005001235" if invoice["kind"] == "invoice" and not invoice["is_cancelled"] else None
	return _pay(amount, due, kid, invoice["number"])  # type: ignore[arg-type]


def _pay(amount: Money, due: date | None, kid: str | None, reference: str | None = None) -> Drop:
	return Drop(
		drops.PAYMENT,
		{
			"amount": amount,
			"due_date": due,
			"terms": "14 dager netto",
			"kid": kid,
			"reference": kid or reference,
			"qr": f"https://betal.fjord.example/{kid}" if kid else None,
			"link": f"https://betal.fjord.example/{kid}" if kid else None,
			"instalments": _instalments(amount) if amount.currency == "KWD" else [],
			"interest_rate": Number("12.25"),
		},
	)


def _instalments(amount: Money) -> list[Drop]:
	first = Money((amount * 3 / 10).quantize(Decimal("0.001")), amount.currency)
	parts = ((first, 30, date(2026, 12, 6)), (Money(amount - first, amount.currency), 70, date(2027, 1, 6)))
	return [
		Drop(
			drops.INSTALMENT,
			{"due_date": due, "amount": part, "percent": Number(percent), "description": _LONG_WORD},
		)
		for part, percent, due in parts
	]


def _contract(
	code: str, kind: str, number: str = "CON-2026-0007", title: str = "Bookingsystem for Nordlys Hotell"
) -> Drop:
	items = _HARD[:2] if kind == "hard" else _SUBSCRIPTION
	lines = [_agreed(item, code) for item in items]
	if kind != "hard":
		lines.append(_agreed(_Item("Oppsett og import", None, "1", "stk", "7500"), code, once=True))
	return Drop(
		drops.CONTRACT,
		{
			"number": number,
			"title": _LONG_WORD if kind == "hard" else title,
			"status": "Draft" if kind == "draft" else "Aktiv",
			"start_date": date(2026, 1, 1),
			"end_date": date(2028, 12, 31),
			"term_months": Number(36),
			"currency": code,
			"order_reference": "PO-7741",
			"payment_terms": "14 dager netto",
			"next_billing_date": date(2026, 12, 1),
			"monthly_amount": _sum([line for line in lines if not line["is_one_time"]], "amount", code),
			"lines": lines,
			"custom": {},
		},
	)


def _agreed(item: _Item, code: str, *, once: bool = False) -> Drop:
	price = Decimal("750") if item.prorations else Decimal(item.price)
	amount = price * Decimal(item.quantity) * (100 - Decimal(item.discount)) / 100
	return Drop(
		drops.CONTRACT_LINE,
		{
			"name": item.name,
			"description": item.description,
			"quantity": Number(item.quantity),
			"unit": item.unit,
			"price": Money(price, code),
			"discount_percent": Number(item.discount),
			"amount": Money(amount, code),
			"price_period": None if once else "Måned",
			"billing_period": None if once else "Måned",
			"timing": None if once else "På forskudd",
			"start_date": date(2026, 1, 1),
			"end_date": None,
			"is_one_time": once,
		},
	)


def _usage(name: str, unit: str, price: int, most: int = 12) -> Drop:
	months = ("jan.", "feb.", "mars", "apr.", "mai", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "des.")
	points = []
	for month in range(1, 12):
		first = date(2026, month, 1)
		last = date(2026, month + 1, 1) - timedelta(days=1)
		quantity = max(most * (6 + month % 5 + month // 3) // 14, 1)
		points.append(
			Drop(
				drops.USAGE_POINT,
				{
					"label": months[month - 1],
					"from": first,
					"to": last,
					"quantity": Number(quantity),
					"amount": Money(quantity * price, "NOK"),
				},
			)
		)
	return Drop(
		drops.USAGE,
		{
			"name": name,
			"unit": unit,
			"points": points,
			"quantity": Number(_added(points, "quantity")),
			"amount": _sum(points, "amount", "NOK"),
		},
	)
