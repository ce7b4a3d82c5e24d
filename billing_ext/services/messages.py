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
	"lines_missing": lambda: (
		_("The contract has no lines."),
		_("Add one under Lines, or tick Bill Approved Timesheets."),
	),
	"milestone_line": lambda: (
		_("Milestone {row} names line {line}, which is not billed by milestones."),
		_("Choose Milestones as the line's Type, or enter another number under Line."),
	),
	"milestone_missing": lambda: (
		_("Line {line} is billed by milestones, and there are none."),
		_("Add its milestones under Milestones, with the line's number under Line."),
	),
	"milestone_share": lambda: (
		_("Milestone {row}, {title}, needs either a share or an amount."),
		_("Fill in Share or Amount, and leave the other at zero."),
	),
	"milestone_sum": lambda: (
		_("The milestones of line {line} are not the whole of it: {missing} is missing."),
		_("Shares must add up to 100 %, amounts to the line's price times quantity, less discount."),
	),
	"milestone_task": lambda: (
		_("Milestone {row}: the task {task} does not belong to the project {project}."),
		_("Choose one of the project's tasks, or another Project on the contract."),
	),
	"milestone_unknown": lambda: (
		_("The contract {contract} has no milestone {milestone}."),
		_("Load the contract again and choose one of its milestones."),
	),
	"milestone_future": lambda: (
		_("The milestone {title} cannot be completed on {date}: that day is still to come."),
		_("Enter today or an earlier day under Completed on."),
	),
	"milestone_done": lambda: (
		_("The milestone {title} was completed on {date}."),
		_("To change the day, reopen it first."),
	),
	"milestone_open": lambda: (
		_("The milestone {title} is not completed."),
		_("There is nothing to reopen."),
	),
	"time_project": lambda: (
		_("The contract bills hours or expenses, but it has no project."),
		_("Choose the Project whose work it bills."),
	),
	"expense_currency": lambda: (
		_("The contract bills expenses, which are in the company's currency, but it is in {currency}."),
		_("Empty Item for Expenses, or make a contract in the company's currency for them."),
	),
	"time_rates": lambda: (
		_("The contract bills timesheets, but it has no rates."),
		_("Add a row under Rates; one without Activity Type holds for all activities."),
	),
	"time_rate_twice": lambda: (
		_("Rates, row {row}: the activity type {activity} has a rate already."),
		_("Delete one of the two rows."),
	),
	"time_rate_whole": lambda: (
		_("Rates, row {row}: the item {item} is counted in whole numbers only."),
		_("Choose an item whose unit is Hour, or untick Must be Whole Number in its unit."),
	),
	"time_billed_twice": lambda: (
		_("The hours or expenses of the project {project} are billed by the contract {contract} already."),
		_("Choose another Project, or let one of the contracts bill them only."),
	),
	"time_billed_elsewhere": lambda: (
		_("Row {row}: the hours of {timesheet} are already billed on {invoice}."),
		_("Delete the row from this invoice."),
	),
	"terms_before_line_start": lambda: (
		_("Line {line} starts on {start}, after the change would take effect."),
		_("Choose {start} or later under Effective From."),
	),
	"end_before_start": lambda: (
		_("Line {line} would end on {end}, before it starts on {start}."),
		_("Correct Start Date or Last Service Day."),
	),
	"pause_order": lambda: (
		_("The pause from {start} would already be over on {resume}."),
		_("Enter a later day under First Day of Service Again, or leave it empty."),
	),
	"not_paused": lambda: (
		_("The contract is not paused on {date}."),
		_("Choose a day within the pause under Effective From."),
	),
	"no_term": lambda: (
		_("{contract} runs without end."),
		_("Terminate it instead, with a Last Service Day."),
	),
	"renewal_date": lambda: (
		_("A renewal from {date} does not fit: the term ends on the day before {expected}."),
		_(
			"The term may have been renewed or moved by a pause. Cancel that amendment first, or make a new renewal."
		),
	),
	"line_number": lambda: (
		_("Row {row}: the contract has no line number {line_no}."),
		_("Enter the number of a row of Lines under Line."),
	),
	"no_line_by_months": lambda: (
		_("{contract} has no running line that is billed by months."),
		_("A billing day applies to months, quarters and years only."),
	),
	"transfer_same_customer": lambda: (
		_("The contract already belongs to {customer}."),
		_("Choose another customer under New Customer."),
	),
	"nothing_to_transfer": lambda: (
		_("No line of {contract} runs on {date}."),
		_("Choose an earlier day under Effective From."),
	),
	"renewal_without_term": lambda: (
		_("The contract is to go on after its term, but has no end."),
		_("Enter End Date or Term in Months, or choose Ends under At the End of the Term."),
	),
	"renewal_months_missing": lambda: (
		_("The first term from {start} to {end} is not a number of whole months."),
		_("Enter Renewal Term (Months)."),
	),
	"renewal_rule_incomplete": lambda: (
		_("The price rule of the renewal needs {field}."),
		_("Fill it in, or choose Same Price under Price at Renewal."),
	),
	"index_floor_over_cap": lambda: (
		_("The increase is to be at least {floor} % and at most {cap} %."),
		_("Enter no more under At Least than under At Most."),
	),
	"no_reminder_email": lambda: (
		_("The customer is to be reminded, but Billing E-mail is empty."),
		_("Enter an address, or clear Remind the Customer Too."),
	),
	"index_month_twice": lambda: (
		_("The month {month} stands there twice."),
		_("Remove one of the two rows."),
	),
	"index_value": lambda: (
		_("The index of {month} is not more than zero."),
		_("Enter the published value."),
	),
	"index_value_missing": lambda: (
		_("The price index {index} has no value for {month}."),
		_(
			"Enter it in the Billing Price Index as soon as it is published. The renewal is then made by itself."
		),
	),
	"price_list_currency": lambda: (
		_("The prices of {price_list} are not in {currency}, the contract's currency."),
		_("Choose another Price List, or another rule under Price at Renewal."),
	),
	"list_price_missing": lambda: (
		_("The price list {price_list} has no price for {item} on {date}."),
		_("Add the Item Price, or renew the contract by hand with Renew and a price of its own."),
	),
	"nothing_to_renew": lambda: (
		_("No line of {contract} runs until the end of its term."),
		_("There is nothing to renew; add lines in a new contract."),
	),
	"nothing_to_decline": lambda: (
		_("{contract} does not renew by itself."),
		_("It ends with its term; to end it earlier, terminate it."),
	),
	"declined_before": lambda: (
		_("{contract} is already marked as not renewing."),
		_("Nothing needs to be done."),
	),
	"notice_passed": lambda: (
		_("The last day to cancel was {date}."),
		_("A Billing Manager may let the customer go all the same."),
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
	"nothing_to_invoice": lambda: (
		_("Nothing of {contract} is invoiced by {date}."),
		_("Choose a later date."),
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
	"contract_exists": lambda: (
		_("{contract} is the contract of {document}."),
		_("Open that one; to make another, cancel or delete it first."),
	),
	"no_contract_rows": lambda: (
		_("No row of {document} belongs to a contract."),
		_("Choose a Contract Line Type in the rows that do."),
	),
	"deal_not_agreed": lambda: (
		_("{document} is {status}."),
		_("Submit the quotation or order, or set the opportunity to Converted; then make the contract."),
	),
	"deal_without_customer": lambda: (
		_("{party} is not a customer yet."),
		_("Create the customer first, then make the contract."),
	),
	"from_before_start": lambda: (
		_("Row {row}: From is {day}, before the contract starts on {start}."),
		_("Correct From in the row, or Contract Start Date."),
	),
	"step_differs": lambda: (
		_("Row {row} is a later step of row {first}, but is not billed in the same way."),
		_(
			"Give both the same UOM, Bill Every, Billing Interval, Price Period, Timing and accounting, or use another item."
		),
	),
	"tax_in_rates": lambda: (
		_("{template} includes the tax in the rates of {document}; contract prices are without tax."),
		_("Choose another Sales Taxes and Charges Template on the quotation or order."),
	),
	"order_differs": lambda: (
		_("{order} differs from {document}, of which the contract {contract} was made."),
		_("Correct the contract, then submit it."),
	),
	"order_row_invoiced": lambda: (
		_("{item} of {order} has been invoiced without the contract."),
		_("Cancel or credit that invoice, or take the line off the contract."),
	),
	"row_in_contract": lambda: (
		_("Row {row}: {item} of {order} is billed by the contract {contract}."),
		_("Remove the row."),
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
	"external_id_taken": lambda: (
		_("{contract} has the Number in the Former System {external_id} already."),
		_("Correct the number, or delete that contract first."),
	),
	"import_without_contracts": lambda: (
		_("{data_import} has not inserted any contracts."),
		_("Open a Data Import of new Billing Contracts."),
	),
	"import_billed": lambda: (
		_("{contract} has been billed here."),
		_("It stays; change or end it by an amendment."),
	),
	"parallel_run_dates": lambda: (
		_("Billed to is before Billed from."),
		_("Correct one of the two dates."),
	),
	"parallel_run_no_file": lambda: (
		_("There is no file with the invoices of the other system."),
		_("Attach one under Invoices of the Other System, then press Compare."),
	),
	"csv_not_text": lambda: (
		_("The file is not a CSV file."),
		_("Save the sheet as CSV (UTF-8) and attach that."),
	),
	"csv_empty": lambda: (
		_("The file has no rows."),
		_("Fill in a row for each invoice line."),
	),
	"csv_column_missing": lambda: (
		_("The file has no column {column}."),
		_("Name the columns in the first row as in the template."),
	),
	"csv_cells": lambda: (
		_("Row {row} of the file has more cells than there are columns."),
		_("Put texts and amounts that hold the separator {delimiter} into quotation marks."),
	),
	"csv_cell_empty": lambda: (
		_("Row {row} of the file: {column} is empty."),
		_("Fill it in, or delete the row."),
	),
	"csv_date": lambda: (
		_("Row {row} of the file: {column} is {value}, which is not a date."),
		_("Write it as YYYY-MM-DD or DD.MM.YYYY."),
	),
	"csv_period": lambda: (
		_("Row {row} of the file: service_to is before service_from."),
		_("Correct one of the two dates."),
	),
	"csv_amount": lambda: (
		_("Row {row} of the file: amount is {value}, which is not an amount."),
		_("Write digits with the same decimal sign in the whole file, without currency."),
	),
	"audit_no_tax_id": lambda: (
		_("The company {customer} has no tax ID."),
		_("Fill in Tax ID on the customer."),
	),
	"audit_no_address": lambda: (
		_("There is no address for {customer}."),
		_("Add an address to the customer, or choose Billing Address on its contracts."),
	),
	"audit_duplicate_customer": lambda: (
		_("{customer} has the same {field} as {other}."),
		_(
			"If they are one customer, rename one to the other and tick Merge with existing; else correct {field}."
		),
	),
	"audit_no_terms": lambda: (
		_("Neither {contract} nor its customer has payment terms, so invoices are due at once."),
		_("Choose a Payment Terms Template on the contract or the customer."),
	),
	"audit_no_taxes": lambda: (
		_(
			"{contract} would be invoiced without tax: it has no tax template, and no tax rule or default fits."
		),
		_("Choose a Sales Taxes and Charges Template on the contract, or make one the company's default."),
	),
	"audit_price": lambda: (
		_("{line} costs {price} after discount; {price_list} says {listed}."),
		_("Correct Price or Discount (%), unless it was agreed so."),
	),
	"audit_ended": lambda: (
		_("{contract} ended on {end} and has never been billed here."),
		_("Correct End Date, or delete the contract."),
	),
	"audit_history": lambda: (
		_("{line} has no Billed through: the first run would bill {amount} {currency} for {start} to {end}."),
		_(
			"Enter the last day that the other system has billed under Billed through, unless nobody has billed these days."
		),
	),
	"audit_overlap": lambda: (
		_("{contract} and {other} both bill {item} from {start} on."),
		_("End one of the two lines, unless the customer has bought it twice."),
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
	"billing_ext_start_date": lambda: _("Contract Start Date"),
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
	"renewal_percent": lambda: _("Increase"),
	"price_index": lambda: _("Price Index"),
	"index_base_month": lambda: _("Base Month"),
	"price_list": lambda: _("Price List"),
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
