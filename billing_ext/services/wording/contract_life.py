"""The words for rules of pauses, renewals and transfers."""

from __future__ import annotations

from collections.abc import Callable

from frappe import _

WORDS: dict[str, Callable[[], tuple[str, str]]] = {
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
	"transfer_paused": lambda: (
		_("The contract is paused on {date}, and a pause is not taken over."),
		_("Resume it on that day or cancel the pause, then transfer it and pause the new contract."),
	),
	"renewal_without_term": lambda: (
		_("The contract is to go on after its term, but has no end."),
		_("Enter Last Service Day or Term in Months, or choose Ends under At the End of the Term."),
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
		# Frappe replaces the plain name in braces wherever a page has it, and the desk's page has all translations.
		_("The price index {price_index} has no value for {month}."),
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
}
