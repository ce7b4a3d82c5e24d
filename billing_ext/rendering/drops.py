"""What a template sees: every object and field, with the words that document it.

This list is the contract with the authors of templates. Adding a field is a small change; to remove or rename one
breaks templates, so it waits for a major version. The reference page and the editor's *Insert Field* are made from
it, and a value that is not listed here does not reach a template.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

TEXT = "text"
NUMBER = "number"
MONEY = "money"
DATE = "date"
FLAG = "true or false"
IMAGE = "image"
OBJECT = "object"
LIST = "list"
MAP = "map"


@dataclass(frozen=True)
class Field:
	"""One value of an object: its kind, what it is, and for an object or a list what it holds."""

	name: str
	kind: str
	about: str
	of: Schema | None = None


@dataclass(frozen=True)
class Schema:
	"""An object of the templates. ``prints`` is the field that shows when the object itself is printed."""

	name: str
	about: str
	fields: tuple[Field, ...]
	prints: str = "name"

	def names(self) -> tuple[str, ...]:
		"""The fields' names."""
		return tuple(field.name for field in self.fields)


class Drop(dict[str, object]):
	"""The values of one object, exactly the fields of its schema. Raises ValueError on any other field."""

	__slots__ = ("schema",)

	def __init__(self, schema: Schema, values: Mapping[str, object]) -> None:
		names = schema.names()
		if extra := values.keys() - set(names):
			raise ValueError(f"{schema.name} has no {', '.join(sorted(extra))}")
		if missing := set(names) - values.keys():
			raise ValueError(f"{schema.name} lacks {', '.join(sorted(missing))}")
		super().__init__((name, values[name]) for name in names)
		self.schema = schema

	def __str__(self) -> str:
		return str(self.get(self.schema.prints) or "")


def _text(name: str, about: str) -> Field:
	return Field(name, TEXT, about)


def _date(name: str, about: str) -> Field:
	return Field(name, DATE, about)


def _money(name: str, about: str) -> Field:
	return Field(name, MONEY, about)


def _number(name: str, about: str) -> Field:
	return Field(name, NUMBER, about)


def _flag(name: str, about: str) -> Field:
	return Field(name, FLAG, about)


def _object(name: str, schema: Schema, about: str = "") -> Field:
	return Field(name, OBJECT, about or schema.about, schema)


def _list(name: str, schema: Schema, about: str) -> Field:
	return Field(name, LIST, about, schema)


_CUSTOM = Field("custom", MAP, "The site's own fields of this record, by field name; passwords never")

ADDRESS = Schema(
	"address",
	"A postal address",
	(
		_text("name", "Title of the address"),
		_text("line1", "Street and number"),
		_text("line2", "Second line"),
		_text("postal_code", "Postal code"),
		_text("city", "Town"),
		_text("state", "State or province"),
		_text("country", "Country in the document's language"),
		_text("country_code", "ISO 3166 code, such as NO"),
		Field("lines", LIST, "The address as it is written on a letter, line by line"),
	),
	prints="line1",
)

COMPANY = Schema(
	"company",
	"Who sends the document",
	(
		_text("name", "Name"),
		_text("country_code", "ISO 3166 code of the company's country"),
		_text("org_number", "Organisation number as it is written in the country: 999 999 999"),
		_text("vat_number", "VAT number as an invoice must show it: NO 999 999 999 MVA"),
		_flag("vat_registered", "Is the company registered for VAT?"),
		_text("register_note", "Foretaksregisteret, where the law wants it on the invoice; else empty"),
		_text("registered_office", "Registered office"),
		_object("address", ADDRESS, "The company's address"),
		_text("phone", "Telephone"),
		_text("email", "E-mail address"),
		_text("website", "Web site"),
		_CUSTOM,
	),
)

BRANDING = Schema(
	"branding",
	"The company's look",
	(
		Field("logo", IMAGE, "Logo, for an img tag's src; empty when there is none"),
		_text("primary_color", "Main colour, #rrggbb"),
		_text("on_primary_color", "Black or white, whichever is readable on the main colour"),
		_text("accent_color", "Second colour, #rrggbb"),
		_text("primary_text_color", "The main colour, darkened until it is readable as text on white"),
		_text("font", "Font family"),
		_text("footer_text", "The company's own line for the foot of the page"),
		_flag("show_usage", "Does the company want the usage appendix on its invoices?"),
	),
	prints="primary_color",
)

BANK = Schema(
	"bank",
	"Where to pay",
	(
		_text("name", "The bank's name"),
		_text("account_number", "Account number as it is written in the country: 1234 56 78903"),
		_text("iban", "IBAN in groups of four"),
		_text("bic", "BIC (SWIFT)"),
		_text("account_holder", "Whose account it is"),
	),
	prints="account_number",
)

CUSTOMER = Schema(
	"customer",
	"Who receives the document",
	(
		_text("name", "Name"),
		_text("number", "Customer number; empty where it is the name"),
		_text("org_number", "Organisation number as it is written in the customer's country"),
		_text("vat_number", "VAT number"),
		_flag("is_company", "Is the customer a company?"),
		_text("contact", "Contact person"),
		_text("email", "E-mail address"),
		_text("phone", "Telephone"),
		_object("address", ADDRESS, "Billing address"),
		_object("shipping_address", ADDRESS, "Delivery address"),
		_CUSTOM,
	),
)

PRORATION = Schema(
	"proration",
	"Why a line is not a full period's price",
	(
		_text("kind", "charge, credit or adjustment"),
		_text("formula", "The calculation without its result: 22/30 × 250,00"),
		_date("from", "First day"),
		_date("to", "Last day"),
		_money("amount", "What it comes to"),
	),
	prints="formula",
)

LINE = Schema(
	"line",
	"One row of the document",
	(
		_number("number", "Position, from 1"),
		_text("code", "Item code"),
		_text("name", "What is sold"),
		_text("description", "Description, as text"),
		_number("quantity", "Quantity"),
		_text("unit", "Unit of measure"),
		_money("price", "Price per unit without VAT, after the discount"),
		_money("list_price", "Price per unit without VAT, before the discount"),
		_number("discount_percent", "Discount in percent; 0 when there is none"),
		_money("net", "Amount without VAT"),
		_number("tax_rate", "VAT rate in percent"),
		_date("period_from", "First day of the service; empty when the line has no period"),
		_date("period_to", "Last day of the service"),
		_flag("is_prorated", "Is this a part of a period's price?"),
		_list("prorations", PRORATION, "The calculations that make up a prorated line"),
		_text("contract_line", "The contract line that was billed"),
		_CUSTOM,
	),
)

CONTRACT_LINE = Schema(
	"contract_line",
	"One line of a contract",
	(
		_text("name", "What is sold"),
		_text("description", "Description, as text"),
		_number("quantity", "Quantity"),
		_text("unit", "Unit of measure"),
		_money("price", "Price per unit and price period"),
		_number("discount_percent", "Discount in percent"),
		_money("amount", "Price of one price period after the discount"),
		_text("price_period", "The period the price is for: Month"),
		_text("billing_period", "How often it is billed: 3 Months"),
		_text("timing", "In Advance or In Arrears"),
		_date("start_date", "First day of service"),
		_date("end_date", "Last day of service; empty when open-ended"),
		_flag("is_one_time", "Is it charged once?"),
	),
)

CONTRACT = Schema(
	"contract",
	"The Billing Contract; empty on documents without one",
	(
		_text("number", "Contract number"),
		_text("title", "Title"),
		_text("status", "Draft, Active, Ended …"),
		_date("start_date", "First day"),
		_date("end_date", "Last day; empty when open-ended"),
		_number("term_months", "Agreed term in months; 0 when open-ended"),
		_text("currency", "ISO 4217 code"),
		_text("order_reference", "The customer's order number"),
		_text("payment_terms", "Payment terms"),
		_date("next_billing_date", "When the next invoice is made"),
		_money("monthly_amount", "Recurring amount per month, without VAT"),
		_list("lines", CONTRACT_LINE, "The contract's lines"),
		_CUSTOM,
	),
	prints="number",
)

GROUP = Schema(
	"group",
	"The lines of one contract",
	(
		_object("contract", CONTRACT, "The contract; empty for lines without one"),
		_text("title", "The contract's title; its number where the title is only the customer's name"),
		_list("lines", LINE, "Its lines"),
		_money("net", "Their sum without VAT"),
	),
	prints="title",
)

TAX = Schema(
	"tax",
	"The VAT of one rate",
	(
		_text("name", "Name of the tax"),
		_number("rate", "Rate in percent"),
		_money("base", "Amount the tax is taken of"),
		_money("amount", "Tax"),
		_money("company_base", "The base in the company's currency"),
		_money(
			"company_amount", "The tax in the company's currency, as the law wants it on foreign invoices"
		),
		_text("reason", "Why there is no tax (reverse charge, export, exempt); else empty"),
	),
)

INSTALMENT = Schema(
	"instalment",
	"One part of the payment",
	(
		_date("due_date", "When it is due"),
		_money("amount", "Amount"),
		_number("percent", "Share in percent"),
		_text("description", "Description"),
	),
	prints="amount",
)

PAYMENT = Schema(
	"payment",
	"How and when to pay",
	(
		_money("amount", "What is still to be paid"),
		_date("due_date", "When"),
		_text("terms", "Payment terms in words"),
		_text("kid", "Norwegian customer identification (KID); empty without an agreement with the bank"),
		_text("reference", "What the payer is to quote: the KID, else the invoice number"),
		_text("qr", "Payload of the payment QR code, for the qr_code filter; empty when there is none"),
		_text("link", "Address of the payment page; empty when there is none"),
		_list("instalments", INSTALMENT, "The parts, when it is paid in more than one"),
		_number("interest_rate", "Interest on late payment in percent a year; empty when not set"),
	),
	prints="reference",
)

INVOICE = Schema(
	"invoice",
	"The invoice, credit note or pro forma invoice",
	(
		_text("number", "Invoice number; empty on a pro forma"),
		_text("kind", "invoice, credit_note or pro_forma"),
		_flag("is_credit_note", "Is it a credit note?"),
		_flag("is_debit_note", "Is it a debit note, which charges more for an earlier invoice?"),
		_flag("is_pro_forma", "Is it a pro forma, that is not yet an invoice?"),
		_flag("is_cancelled", "Was it cancelled?"),
		_date("date", "Invoice date"),
		_date("due_date", "Due date"),
		_date("delivery_from", "First day of delivery or service"),
		_date("delivery_to", "Last day of delivery or service"),
		_text("delivery_place", "Place of delivery"),
		_text("currency", "ISO 4217 code"),
		_text("company_currency", "The company's currency"),
		_number("exchange_rate", "One unit of the currency in the company's currency"),
		_flag("is_foreign_currency", "Is the currency another than the company's?"),
		_text("buyer_reference", "The buyer's reference"),
		_text("order_reference", "The buyer's order number"),
		_text("our_reference", "The seller's contact"),
		_text("credited_number", "Number of the invoice that this credit or debit note is for"),
		_date("credited_date", "Date of that invoice"),
		_text("note", "Terms and notes, as text"),
		_money("net", "Sum without VAT"),
		_money("discount", "Discount on the whole"),
		_money("tax", "VAT"),
		_money("company_tax", "VAT in the company's currency"),
		_money("rounding", "Rounding"),
		_money("total", "Sum with VAT"),
		_money("paid", "What has been paid or credited"),
		_money("amount_due", "What is left to pay"),
		_text("status", "Paid, Unpaid, Overdue …"),
		_list("lines", LINE, "All lines"),
		_list("groups", GROUP, "The lines by contract"),
		_list("taxes", TAX, "VAT per rate"),
		_CUSTOM,
	),
	prints="number",
)

USAGE_POINT = Schema(
	"usage_point",
	"One period of a line",
	(
		_text("label", "The period in short: Nov 2026"),
		_date("from", "First day"),
		_date("to", "Last day"),
		_number("quantity", "Quantity billed"),
		_money("amount", "Amount billed"),
	),
	prints="label",
)

USAGE = Schema(
	"usage",
	"What one contract line has been billed for, period by period",
	(
		_text("name", "The contract line"),
		_text("unit", "Unit of measure"),
		_list("points", USAGE_POINT, "The periods, oldest first, at most twelve"),
		_number("quantity", "Quantity of all periods"),
		_money("amount", "Amount of all periods"),
	),
)

REMINDED = Schema(
	"reminded_invoice",
	"One invoice of a reminder",
	(
		_text("number", "Invoice number"),
		_date("date", "Invoice date"),
		_date("due_date", "When it was due"),
		_number("days_overdue", "Days since then"),
		_money("total", "The invoice's sum"),
		_money("outstanding", "What is left to pay"),
		_money("interest", "Interest on it"),
		_text("kid", "Its KID"),
	),
	prints="number",
)

REMINDER = Schema(
	"reminder",
	"The reminder (Dunning)",
	(
		_text("number", "Number"),
		_text("title", "Its type"),
		_number("level", "1 for the first reminder of these invoices, 2 for the second …"),
		_date("date", "Date"),
		_date("due_date", "New due date"),
		_text("text", "Text before the table, from the Dunning Type"),
		_text("closing_text", "Text after the table"),
		_list("invoices", REMINDED, "The overdue invoices"),
		_money("principal", "Sum of what is left to pay"),
		_number("interest_rate", "Interest in percent a year"),
		_money("interest", "Interest"),
		_money("fee", "Fee"),
		_money("total", "Everything to be paid"),
		_text("currency", "ISO 4217 code"),
		_CUSTOM,
	),
	prints="number",
)

ENTRY = Schema(
	"entry",
	"One row of a statement",
	(
		_date("date", "Date"),
		_text("kind", "Invoice, Credit Note, Payment …"),
		_text("number", "Document number"),
		_text("text", "Remarks"),
		_date("due_date", "Due date, for invoices"),
		_money("debit", "Charged"),
		_money("credit", "Paid or credited"),
		_money("balance", "Balance after it"),
	),
	prints="number",
)

AGEING = Schema(
	"ageing",
	"What is outstanding for how long",
	(_text("label", "Days overdue: 31-60"), _money("amount", "Outstanding")),
	prints="label",
)

STATEMENT = Schema(
	"statement",
	"The statement of account",
	(
		_date("from", "First day"),
		_date("to", "Last day"),
		_text("currency", "ISO 4217 code"),
		_money("opening", "Balance before the first day"),
		_money("debit", "Charged in the period"),
		_money("credit", "Paid or credited in the period"),
		_money("closing", "Balance on the last day"),
		_money("overdue", "Of which overdue"),
		_list("entries", ENTRY, "The rows"),
		_list("ageing", AGEING, "What is outstanding, by days overdue"),
	),
	prints="closing",
)

_EVERYWHERE = (
	_object("company", COMPANY),
	_object("branding", BRANDING),
	_object("bank", BANK),
	_object("customer", CUSTOMER),
	_text("language", "Language code of the document: nb"),
	_text("direction", "ltr, or rtl for languages written from right to left"),
	_date("today", "Today's date where the site is"),
)

_PAID = (
	_object("invoice", INVOICE),
	_list("lines", LINE, "The same as invoice.lines"),
	_list("groups", GROUP, "The same as invoice.groups"),
	_list("taxes", TAX, "The same as invoice.taxes"),
	_object("payment", PAYMENT),
	_object("contract", CONTRACT, "The contract, when all lines are of one; else empty"),
	_list("usage", USAGE, "What the contract's lines were billed for in the last twelve periods"),
)

DOCUMENTS: dict[str, Schema] = {
	"Sales Invoice": Schema(
		"Sales Invoice", "Invoices, credit notes and pro forma invoices", _EVERYWHERE + _PAID
	),
	"Sales Order": Schema("Sales Order", "Pro forma invoices of orders", _EVERYWHERE + _PAID),
	"Dunning": Schema(
		"Dunning",
		"Reminders",
		(*_EVERYWHERE, _object("reminder", REMINDER), _object("payment", PAYMENT)),
	),
	"Billing Contract": Schema(
		"Billing Contract",
		"Contracts",
		(*_EVERYWHERE, _object("contract", CONTRACT), _list("usage", USAGE, USAGE.about)),
	),
	"Customer": Schema(
		"Customer",
		"Statements of account",
		(*_EVERYWHERE, _object("statement", STATEMENT), _object("payment", PAYMENT)),
	),
}
"""What a template of each document type sees."""


@dataclass(frozen=True)
class Path:
	"""A field as a template names it: ``customer.address.city``; ``invoice.lines[].net`` is inside a list."""

	path: str
	field: Field


def paths(schema: Schema, prefix: str = "") -> Iterator[Path]:
	"""Every field below ``schema``, outermost first."""
	for field in schema.fields:
		path = f"{prefix}{field.name}"
		yield Path(path, field)
		if field.of:
			yield from paths(field.of, f"{path}[]." if field.kind == LIST else f"{path}.")


def scope(document_type: str, values: Mapping[str, Any]) -> Drop:
	"""The names a template of ``document_type`` starts with. Raises KeyError for an unknown document type."""
	return Drop(DOCUMENTS[document_type], values)
