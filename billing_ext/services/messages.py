"""The words for broken rules: what happened, and what to do about it, in the user's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

import frappe
from frappe import _
from frappe.utils import escape_html, formatdate

from billing_ext.core.errors import DomainError
from billing_ext.services.tripletex.words import WORDS as TRIPLETEX_WORDS


@dataclass(frozen=True, slots=True)
class Message:
	"""What happened and what to do."""

	text: str
	remedy: str

	def __str__(self) -> str:
		return f"{self.text} {self.remedy}".strip()


Words = Callable[[], tuple[str, str]]

# Functions and not strings: one process serves many sites and languages, so translation waits until the call.
_WORDS: dict[str, Words] = {
	"interval_count": lambda: (
		_("An interval of {count} is not possible."),
		_("Enter 1 or more under Bill Every."),
	),
	"billing_day": lambda: (
		_("Billing Day is {day}."),
		_("Enter a day from 1 to 31; 31 means the last day of every month."),
	),
	"calendar_end": lambda: (_("The dates run beyond the year 9999."), _("Check the start and end dates.")),
	"price_period": lambda: (
		_("Line {line}: a price per day or week cannot be billed by months, nor the other way round."),
		_("Choose a Price Period and a Billing Interval of the same kind."),
	),
	"unknown_line": lambda: (
		_("There is no contract line {line}."),
		_("Choose one of the contract's lines."),
	),
	"line_missing": lambda: (
		_("Row {row}: Contract Line is empty."),
		_("Choose the line that is to change."),
	),
	"duplicate_line": lambda: (_("Two lines have the id {line}."), _("Give each line an id of its own.")),
	"terms_before_line_start": lambda: (
		_("Line {line} starts on {start}, after the change would take effect."),
		_("Choose {start} or later under Effective From."),
	),
	"end_before_start": lambda: (
		_("Line {line} would end on {end}, before it starts on {start}."),
		_("Correct Start Date or Last Service Day."),
	),
	"discount_over_100": lambda: (
		_("Line {line}: a discount of {value} % is more than the price."),
		_("Enter 100 or less under Discount (%)."),
	),
	"option": lambda: (
		_("{field} does not know {value}."),
		_("Allowed are: {allowed}."),
	),
	"unknown_currency": lambda: (
		_("{currency} is not a currency of this site."),
		_("Use an ISO code such as NOK, or add it under Currency."),
	),
	"new_price_missing": lambda: (
		_("The line that replaces {line} has no price."),
		_("Fill in New Price, New Quantity and New Discount (%)."),
	),
	"not_a_list": lambda: (_("The {where} entries are not a list."), _("Send a JSON list of objects.")),
	"scope_too_wide": lambda: (
		_("You may bill only some companies or customers, and this run has no {field}."),
		_("Choose one under {field}."),
	),
	"number": lambda: (_("{field}: {value} is not a number."), _("Enter digits with a decimal point.")),
	"negative": lambda: (
		_("{field} is {value}, less than zero."),
		_("Enter zero or more; to give money back, amend the contract."),
	),
	"date": lambda: (_("{field}: {value} is not a date."), _("Write it as YYYY-MM-DD.")),
	"date_missing": lambda: (_("{field} is empty."), _("Enter a date.")),
	"unknown_field": lambda: (
		_("{where} has no field {field}."),
		_("Known fields are: {allowed}."),
	),
	"not_an_object": lambda: (
		_("{where} is not a JSON object."),
		_("See the documentation of the preview endpoint."),
	),
	"not_json": lambda: (_("{where} is not valid JSON."), _("Send an object or a list as JSON.")),
	"too_many_runs": lambda: (_("{count} run dates are too many."), _("Ask for {most} at most.")),
	"run_dates_order": lambda: (
		_("Run dates are not in order."),
		_("List them from the earliest to the latest."),
	),
	"safety_bound": lambda: (
		_("More than {bound} charges would be made for {contract} at once, so none was."),
		_(
			"Check the start dates and intervals of its lines; then bill it in steps, with earlier dates first."
		),
	),
	"exchange_rate": lambda: (
		_("There is no usable exchange rate from {currency} to {company_currency} for {date}."),
		_("Add a Currency Exchange record for that day with For Selling ticked, then retry."),
	),
	"receivable_currency": lambda: (
		_("The receivable account {account} of {customer} is not in {currency}."),
		_(
			"Give the customer an account in {currency} under Accounting, or tick Allow multi-currency invoices "
			"against single party account in Accounts Settings."
		),
	),
	"tax_in_price": lambda: (
		_("The tax template {template} includes the tax in the price; contract prices are without tax."),
		_("Choose another Sales Taxes and Charges Template on the contract."),
	),
	"totals_differ": lambda: (
		_("The invoice would have said {made} where the contract says {planned}, so it was not made."),
		_("Look for pricing rules, scripts or other apps that change Sales Invoices, then retry."),
	),
	"customer_missing": lambda: (
		_("The customer {customer} does not exist any more."),
		_("Restore it, or cancel the contract."),
	),
	"customer_disabled": lambda: (
		_("The customer {customer} is disabled or frozen."),
		_("Enable it again, or terminate the contract with an amendment."),
	),
	"items_missing": lambda: (
		_("These items do not exist any more: {items}."),
		_("Create them again, or replace the contract lines with an amendment."),
	),
	"item_disabled": lambda: (
		_("These items are disabled: {items}."),
		_("Enable them, or replace the contract lines with an amendment."),
	),
	"books_frozen": lambda: (
		_("The books are frozen until {until}, and {user} may not post to {date}."),
		_(
			"Bill with a later date, or give the user in Billing Settings the role that may edit frozen accounts."
		),
	),
	"period_closed": lambda: (
		_("The accounting period {period} is closed for {date}."),
		_("Bill with a later date, or open the period."),
	),
	"fiscal_year": lambda: (
		_("No fiscal year of {company} contains {date}."),
		_("Create it under Fiscal Year, then retry."),
	),
	"deferred_account": lambda: (
		_("Item {item} defers its revenue, but {company} has no deferred revenue account."),
		_("Set Default Deferred Revenue Account on the company or on the item."),
	),
	"as_of_future": lambda: (
		_("{as_of} lies more than {days} days ahead."),
		_("Choose an earlier date: it is also the posting date of the invoices."),
	),
	"billed_contract": lambda: (
		_("{contract} has been billed."),
		_("Terminate it with an amendment, so that what was billed too much is credited."),
	),
	"line_ended": lambda: (
		_("Row {row}: the line already ends on {end}, by {amendment}."),
		_("Cancel that amendment first."),
	),
	"nothing_changes": lambda: (
		_("Row {row} changes nothing."),
		_("Enter a new price, quantity or discount, or remove the row."),
	),
	"contract_not_submitted": lambda: (
		_("{contract} is not submitted."),
		_("Submit the contract first; while it is a draft, edit it directly."),
	),
	"amendment_order": lambda: (
		_("{amendment} changes a line that {other} adds or replaces."),
		_("Cancel {amendment} first."),
	),
	"row_changed": lambda: (
		_("Row {row}: its amount is {amount}, but the contract bills {expected}."),
		_("Restore the amount; to bill something else, amend the contract."),
	),
	"release_first": lambda: (
		_("{invoice} still holds charges of {contract}."),
		_("Release them on the contract first; they will then be billed again."),
	),
	"not_held": lambda: (
		_("Charge {charge} is {status}."),
		_("Only charges of a cancelled invoice can be released."),
	),
	"no_customer_email": lambda: (
		_("Invoices are to be e-mailed, but Billing E-mail is empty."),
		_("Enter an address, or clear E-mail Invoices."),
	),
	"liquid_unknown_name": lambda: (
		_("There is no {path}."),
		_("Insert Field lists every name that can be used."),
	),
	"liquid_unknown_filter": lambda: (
		_("There is no filter {word}."),
		_("The reference of templates lists the filters."),
	),
	"liquid_unknown_tag": lambda: (
		_("There is no tag {word} here."),
		_("Check its spelling, and that every block has its end tag."),
	),
	"liquid_partial_missing": lambda: (
		_("There is no template {partial}."),
		_("Create it, or correct the name after render."),
	),
	"liquid_syntax": lambda: (
		_("This is not valid Liquid: {detail}."),
		_("Correct the marked line."),
	),
	"liquid_wrong_value": lambda: (
		_("A value does not fit: {detail}."),
		_("Correct the marked line."),
	),
	"liquid_filter_too_big": lambda: (
		_("Too much for one filter: {detail}."),
		_("Work on less at a time."),
	),
	"liquid_too_slow": lambda: (
		_("The template takes more than {limit} seconds."),
		_("Loop over less, or move work out of inner loops."),
	),
	"liquid_too_many_turns": lambda: (
		_("The template's loops turn more than {limit} times."),
		_("Loop over less, or move work out of inner loops."),
	),
	"liquid_too_long": lambda: (
		_("The document becomes longer than {limit} bytes."),
		_("Print less for each line."),
	),
	"liquid_too_much_memory": lambda: (
		_("The template's variables hold more than {limit} bytes."),
		_("Print values instead of collecting them."),
	),
	"liquid_too_many_partials": lambda: (
		_("More than {limit} templates use each other, one within the other."),
		_("Check that no template uses itself."),
	),
	"liquid_too_deep": lambda: (
		_("The template nests more than {limit} blocks."),
		_("Move inner blocks to a template of their own and use render."),
	),
	"liquid_source_too_long": lambda: (
		_("The template has {size} characters; {limit} are possible."),
		_("Move parts of it to templates of their own and use render."),
	),
	"liquid_wrong_document": lambda: (
		_("This template is for {wanted}, not for {given}."),
		_("Choose another print format."),
	),
	"liquid_page": lambda: (
		_("Nothing fits between the margins of the page."),
		_("Choose a larger Page Size, or smaller margins."),
	),
	"liquid_no_document": lambda: (
		_("A part of other templates has nothing to show by itself."),
		_("Choose a document under For, or preview a template that uses this one."),
	),
	"jinja_unknown": lambda: (
		_("No field of the templates holds this: {text}."),
		_("It was left as a comment; write it anew or delete it."),
	),
	"jinja_macro": lambda: (
		_("Liquid has no macros: {text}."),
		_("Make a template of its own from it and use render."),
	),
	"jinja_include": lambda: (
		_("Another file is included: {text}."),
		_("Make a template of its own from it and use render."),
	),
	"jinja_near": lambda: (
		_("{field} became {path}, which may mean something slightly different."),
		_("Compare the printed values."),
	),
	"jinja_unescaped": lambda: (
		_("This was printed as HTML and is text now: {text}."),
		_("Write the HTML into the template, or use the markdown filter."),
	),
	"jinja_loop_filter": lambda: (
		_("The loop leaves rows out; its index counts them too."),
		_("Count with assign and plus instead."),
	),
	"jinja_syntax": lambda: (
		_("This is not valid Jinja: {text}."),
		_("Correct the print format first, or paste what you need by hand."),
	),
	"liquid_no_type": lambda: (
		_("There are no templates for {given}."),
		_("Choose a print format of one of these: {types}."),
	),
	"pdf_engine_missing": lambda: (
		_("{engine} is not installed on the server."),
		_("Choose another engine, or have it installed."),
	),
	"pdf_failed": lambda: (
		_("{engine} could not print the document: {reason}."),
		_("Choose another engine, or simplify the template."),
	),
	"pdf_timeout": lambda: (
		_("{engine} took more than {seconds} seconds to print the document."),
		_("Make the document shorter, or simplify the template."),
	),
	"pdf_too_large": lambda: (
		_("The document is larger than {limit} MB."),
		_("Use smaller pictures."),
	),
	"pdf_too_long": lambda: (
		_("The document has more than {limit} pages."),
		_("Print it in parts."),
	),
}

_WORDS.update(TRIPLETEX_WORDS)

_FIELDS: dict[str, Callable[[], str]] = {
	"company": lambda: _("Company"),
	"customer": lambda: _("Customer"),
	"price": lambda: _("Price"),
	"quantity": lambda: _("Quantity"),
	"discount_percentage": lambda: _("Discount (%)"),
	"new_price": lambda: _("New Price"),
	"new_quantity": lambda: _("New Quantity"),
	"new_discount_percentage": lambda: _("New Discount (%)"),
	"start_date": lambda: _("Start Date"),
	"end_date": lambda: _("Last Service Day"),
	"last_service_day": lambda: _("Last Service Day"),
	"effective_date": lambda: _("Effective From"),
	"anchor_date": lambda: _("Period Anchor"),
	"billing_interval": lambda: _("Billing Interval"),
	"billing_interval_count": lambda: _("Bill Every"),
	"price_period": lambda: _("Price Period"),
	"price_period_count": lambda: _("Prices Are Per"),
	"billing_day": lambda: _("Billing Day"),
	"lead_days": lambda: _("Lead Days"),
}


def message_of(error: DomainError, titles: dict[str, str] | None = None) -> Message:
	"""The words for ``error``; ``titles`` gives lines their names instead of their ids."""
	return words(error.code, {key: _shown(key, value, titles or {}) for key, value in error.context.items()})


def words(code: str, values: Mapping[str, Any]) -> Message:
	"""The words for a code, such as an error's or a note's, with its values."""
	text, remedy = _WORDS[code]()
	return Message(text.format(**values), remedy.format(**values))


def throw(error: DomainError, titles: dict[str, str] | None = None) -> NoReturn:
	"""Raise ``error`` as Frappe shows it to a user."""
	frappe.throw(escape_html(str(message_of(error, titles))), title=_("Billing"))
	raise AssertionError("unreachable") from error


def codes() -> frozenset[str]:
	"""The rules that have words."""
	return frozenset(_WORDS)


def _shown(key: str, value: Any, titles: dict[str, str]) -> Any:
	if isinstance(value, date):
		return formatdate(value)
	if isinstance(value, Decimal):
		return format(value.normalize(), "f")
	if key == "line":
		return titles.get(value, value)
	if key == "field" and value in _FIELDS:
		return _FIELDS[value]()
	if isinstance(value, list):  # states and options, which forms show translated
		return ", ".join(map(_, value))
	return value
