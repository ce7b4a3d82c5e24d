"""The words for rules of contracts, amendments, runs and their documents."""

from __future__ import annotations

from collections.abc import Callable

from frappe import _

WORDS: dict[str, Callable[[], tuple[str, str]]] = {
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
	"terms_before_line_start": lambda: (
		_("Line {line} starts on {start}, after the change would take effect."),
		_("Choose {start} or later under Effective From."),
	),
	"end_before_start": lambda: (
		_("Line {line} would end on {end}, before it starts on {start}."),
		_("Correct Start Date or Last Service Day."),
	),
	"line_number": lambda: (
		_("Row {row}: the contract has no line number {line_no}."),
		_("Enter the number of a row of Lines under Line."),
	),
	"discount_over_100": lambda: (
		_("Line {line}: a discount of {value} % is more than the price."),
		_("Enter 100 or less under Discount (%)."),
	),
	"option": lambda: (
		_("{field} does not know {value}."),
		_("Allowed are: {allowed}."),
	),
	"unknown_language": lambda: (
		_("Language: {language} is not a language of this site."),
		_("Use a code such as nb, or add it under Language."),
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
}
