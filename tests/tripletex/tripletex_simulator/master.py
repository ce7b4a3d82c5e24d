"""Customers, products, departments, contacts, countries, currencies, units."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from . import seed
from .bodies import clean
from .errors import BAD_VAT, NULL, UNIQUE_TEXT, invalid, stale
from .fields import computed
from .listing import contains, exact, flag, ids, least, listing, most, single, words
from .money import iso, rate_of
from .routing import Answer, Call, refuse_if, route
from .state import Row, State

NORWAY = 161
ORGANIZATION_TEXT = "The organization number must consist of 9 numbers and cannot have any spaces."

listing("/country", "Country", id=ids(), code=words("isoAlpha2Code"), unused="isDisabled supportedInZtl")
single("/country/{id}", "Country")
listing("/currency", "Currency", id=ids(), code=words("code"))
single("/currency/{id}", "Currency")
listing(
	"/department",
	"Department",
	id=ids(),
	name=contains("name"),
	departmentNumber=exact("departmentNumber"),
	isInactive=flag("isInactive"),
	unused="departmentManagerId",
)
single("/department/{id}", "Department")
listing(
	"/product/unit",
	"ProductUnit",
	id=ids(),
	name=contains("name"),
	nameShort=contains("nameShort"),
	commonCode=exact("commonCode"),
)
single("/product/unit/{id}", "ProductUnit")
listing(
	"/contact",
	"Contact",
	id=ids(),
	firstName=contains("firstName"),
	lastName=contains("lastName"),
	email=contains("email"),
	customerId=ids("customer"),
	departmentId=ids("department"),
)
single("/contact/{id}", "Contact")
single("/customer/{id}", "Customer")
single("/product/{id}", "Product")
listing(
	"/product",
	"Product",
	ids=ids("id"),
	number=words("number"),
	productNumber=words("number"),
	name=contains("name"),
	ean=exact("ean"),
	isInactive=flag("isInactive"),
	currencyId=ids("currency"),
	vatTypeId=ids("vatType"),
	productUnitId=ids("productUnit"),
	departmentId=ids("department"),
	accountId=ids("account"),
	isStockItem=flag("isStockItem"),
	priceExcludingVatCurrencyFrom=least("priceExcludingVatCurrency"),
	priceExcludingVatCurrencyTo=most("priceExcludingVatCurrency"),
	unused="isSupplierProduct supplierId costExcludingVatCurrencyFrom costExcludingVatCurrencyTo "
	"priceIncludingVatCurrencyFrom priceIncludingVatCurrencyTo",
)


def _visible_customers(call: Call) -> list[Row]:
	# ASSUMED: `isInactive` is false unless it is sent, so that inactive customers are hidden, found by id only.
	wanted = call.flag("isInactive", False)
	rows = call.state.table("Customer").values()
	return [row for row in rows if call.text("id") or bool(row.get("isInactive")) == wanted]


listing(
	"/customer",
	"Customer",
	rows=_visible_customers,
	id=ids(),
	customerAccountNumber=ids("customerNumber"),
	organizationNumber=exact("organizationNumber"),
	email=contains("email"),
	invoiceEmail=contains("invoiceEmail"),
	customerName=contains("name"),
	phoneNumberMobile=exact("phoneNumberMobile"),
	known="isInactive",
	unused="accountManagerId changedSince",
)


def check_version(row: Row, values: Row) -> None:
	"""A PUT must carry the version that was read. ASSUMED: a PUT without one passes, as the documents say."""
	refuse_if("version" in values and values["version"] != row["version"], stale())


@route("GET", "/currency/{id}/rate", "date fields")
def currency_rate(call: Call) -> Answer:
	currency = call.one("Currency")
	on = call.day("date")
	row = {"id": call.id * 100_000 + iso(on).toordinal() % 100_000, "version": 0, "targetCurrency": 1}
	row |= {"sourceCurrency": call.id, "rate": rate_of(currency["code"], iso(on)), "date": on}
	return call.value("CurrencyExchangeRate", row | {"source": "NORGES_BANK"})


# Customers.


@computed("Customer", "displayName")
def _customer_display(state: State, row: Row) -> str:
	return f"{row['name']} ({row['customerNumber']})"


@computed("Address", "addressAsString")
def _address_text(state: State, row: Row) -> str:
	parts = (row.get("addressLine1"), row.get("addressLine2"), row.get("postalCode"), row.get("city"))
	return ", ".join(p for p in parts if p)


def unique_number(state: State, number: int, own: int | None = None) -> None:
	"""Refuse a customer number in use."""
	for row in state.table("Customer").values():
		if row["customerNumber"] == number and row["id"] != own:
			raise invalid("customerNumber", UNIQUE_TEXT.format(id=row["id"], name=row["name"]))


def next_customer_number(state: State) -> int:
	used = {row["customerNumber"] for row in state.table("Customer").values()}
	number = state.take("customer")
	while number in used:
		number = state.take("customer")
	return number


def _is_foreign(state: State, values: Row) -> bool:
	address = values.get("physicalAddress")
	address = address if isinstance(address, dict) else state.get("Address", address)
	return bool(address) and address.get("country") not in (None, NORWAY)


def _address(state: State, values: Row | None) -> int:
	return state.add("Address", {"country": NORWAY, **(values or {})})["id"]


def add_customer(state: State, values: Row) -> Row:
	"""A new customer with Tripletex's defaults."""
	refuse_if(not values.get("name"), invalid("name", NULL))
	if values.get("customerNumber"):
		unique_number(state, values["customerNumber"])
	# Observed: POST accepts numbers that PUT refuses, as long as they are short.
	number = values.get("organizationNumber") or ""
	refuse_if(
		" " in number and not _is_foreign(state, values), invalid("organizationNumber", ORGANIZATION_TEXT)
	)
	row: Row = {
		"invoicesDueIn": 14,
		"invoicesDueInType": "DAYS",
		"invoiceSendMethod": "EMAIL",
		"language": "NO",
	}
	row |= {"isCustomer": True, "currency": 1, "emailAttachmentType": "LINK", "organizationNumber": ""}
	row["isAutomaticSoftReminderEnabled"] = row["isAutomaticReminderEnabled"] = True  # ASSUMED
	row |= {k: v for k, v in values.items() if v is not None}
	row["customerNumber"] = values.get("customerNumber") or next_customer_number(state)
	for name in ("postalAddress", "physicalAddress"):
		row[name] = _address(state, values.get(name))
	row["ledgerAccount"] = account_id(state, 1500)
	return state.add("Customer", row)


def account_id(state: State, number: int) -> int:
	return next(a["id"] for a in state.table("Account").values() if a["number"] == number)


def change_customer(state: State, row: Row, values: Row) -> None:
	"""A PUT: absent fields stay; an address is changed in place if its id is named, and replaced otherwise."""
	check_version(row, values)
	if values.get("customerNumber"):
		unique_number(state, values["customerNumber"], row["id"])
	number = values.get("organizationNumber")
	bad = number and not (number.isdigit() and len(number) == 9)
	refuse_if(bad and not _is_foreign(state, row | values), invalid("organizationNumber", ORGANIZATION_TEXT))
	for name in ("postalAddress", "physicalAddress"):
		if values.get(name) is not None:
			values[name] = _changed_address(state, row.get(name), values[name])
	state.change("Customer", row, _without_identity(values))


def _changed_address(state: State, current: int | None, values: Row) -> int:
	address = state.get("Address", current)
	if address is None or values.get("id") != current:
		return _address(state, _without_identity(values))
	state.change("Address", address, _without_identity(values))
	return address["id"]


def _without_identity(values: Row) -> Row:
	return {k: v for k, v in values.items() if k not in ("id", "version")}


@route("POST", "/customer", model="Customer")
def post_customer(call: Call) -> Answer:
	return call.value("Customer", add_customer(call.state, clean(call, "Customer", call.body)), 201)


@route("PUT", "/customer/{id}", model="Customer")
def put_customer(call: Call) -> Answer:
	row = call.one("Customer")
	change_customer(call.state, row, clean(call, "Customer", call.body))
	return call.value("Customer", row)


def _reasons(state: State, key: int) -> list[str]:
	orders = any(o["customer"] == key for o in state.table("Order").values())
	invoices = any(i["customer"] == key for i in state.table("Invoice").values())
	postings = any(p.get("customer") == key for p in state.table("Posting").values())
	return [
		text
		for found, text in (
			(orders, "Ordrer er registrert."),
			(invoices, "Fakturaer er registrert."),
			(postings, "Posteringer er registrert på kunden."),
		)
		if found
	]


@route("DELETE", "/customer/{id}")
def delete_customer(call: Call) -> Answer:
	call.one("Customer")
	if reasons := _reasons(call.state, call.id):
		items = "\n".join(f"<li>{text}</li>" for text in reasons)
		raise invalid("Internt felt (id)", f"<ul>{items}</ul>")
	call.state.remove("Customer", call.id)
	return Answer(None, 204)


# Products.


@computed("Product", "displayName")
def _product_display(state: State, row: Row) -> str:
	return f"{row.get('number', '')} {row['name']}".strip()


@computed("Product", "displayNumber")
def _product_number(state: State, row: Row) -> str:
	return str(row.get("number") or "")


def valid_vat_types(state: State) -> set[int]:
	"""The outgoing VAT types a company may use."""
	return {0, *seed.OUTGOING} if state.settings["vat_registered"] else {0, 6}


def _check_product(state: State, values: Row, own: int | None = None) -> None:
	for row in state.table("Product").values():
		taken = values.get("number") and row.get("number") == values["number"] and row["id"] != own
		refuse_if(taken, invalid("number", f"Produktnummeret {values.get('number')} er i bruk."))
	vat = values.get("vatType")
	refuse_if(
		vat is not None and vat not in valid_vat_types(state), invalid("Internt felt (vatTypeId)", BAD_VAT)
	)


@route("POST", "/product", model="Product")
def post_product(call: Call) -> Answer:
	values = clean(call, "Product", call.body)
	refuse_if(not values.get("name"), invalid("name", NULL))
	_check_product(call.state, values)
	default = 3 if call.state.settings["vat_registered"] else 6  # ASSUMED: the default VAT type
	row: Row = {"vatType": default, "currency": 1, "isDeletable": True, "number": ""}
	row |= {"priceExcludingVatCurrency": Decimal(0)}
	return call.value("Product", call.state.add("Product", row | values), 201)


@route("PUT", "/product/{id}", model="Product")
def put_product(call: Call) -> Answer:
	row = call.one("Product")
	values = clean(call, "Product", call.body)
	check_version(row, values)
	_check_product(call.state, values, row["id"])
	call.state.change("Product", row, _without_identity(values))
	return call.value("Product", row)


@route("DELETE", "/product/{id}")
def delete_product(call: Call) -> Answer:
	call.one("Product")
	used = any(line.get("product") == call.id for line in call.state.table("OrderLine").values())
	refuse_if(used, invalid("Internt felt (id)", "<ul><li>Ordrer er registrert.</li></ul>"))
	call.state.remove("Product", call.id)
	return Answer(None, 204)


# Small tables.


def _simple(template: str, model: str, display: Any, deletable: bool = True) -> None:
	"""POST and PUT of objects without rules of their own."""

	@route("POST", template, model=model)
	def post(call: Call) -> Answer:
		values = clean(call, model, call.body)
		return call.value(model, call.state.add(model, {**values, "displayName": display(values)}), 201)

	@route("PUT", template + "/{id}", model=model)
	def put(call: Call) -> Answer:
		row = call.one(model)
		values = clean(call, model, call.body)
		check_version(row, values)
		call.state.change(model, row, _without_identity(values))
		return call.value(model, row)

	if not deletable:
		return

	@route("DELETE", template + "/{id}")
	def delete(call: Call) -> Answer:
		call.one(model)
		call.state.remove(model, call.id)
		return Answer(None, 204)


_simple("/department", "Department", lambda v: f"{v.get('departmentNumber', '')} {v.get('name', '')}".strip())
_simple("/product/unit", "ProductUnit", lambda v: v.get("name", ""))
_simple("/contact", "Contact", lambda v: f"{v.get('firstName', '')} {v.get('lastName', '')}".strip(), False)
