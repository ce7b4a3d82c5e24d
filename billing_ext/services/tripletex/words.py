"""The words for what bars a document from Tripletex: what happened, and what to do, as an accountant would say it."""

from __future__ import annotations

from collections.abc import Callable

from frappe import _

WORDS: dict[str, Callable[[], tuple[str, str]]] = {
	# Numbers and cancelling
	"tripletex_range_used_up": lambda: (
		_("The number range of {company} ends at {last_number} and is used up."),
		_("Raise Last Number in Tripletex Settings."),
	),
	"tripletex_cancel_booked": lambda: (
		_("{document} is booked in Tripletex; a booked sales document is not cancelled."),
		_("Make a credit note for it."),
	),
	"tripletex_cancel_under_way": lambda: (
		_("{document} is on its way to Tripletex ({status})."),
		_("Wait until it is booked, then make a credit note for it."),
	),
	# Connection
	"tripletex_no_settings": lambda: (
		_("{company} has no Tripletex Settings."),
		_("Make them under Tripletex Settings."),
	),
	"tripletex_no_tokens": lambda: (
		_("Consumer Token or Employee Token of {company} is empty."),
		_("Enter both in Tripletex Settings."),
	),
	"tripletex_no_simulator": lambda: (
		_("No simulator is known to this site."),
		_("Choose the environment Test or Production in Tripletex Settings."),
	),
	# Maps
	"tripletex_no_vat_rule": lambda: (
		_("Row {row}: no VAT rule fits {rate} % with tax template {template} and account {account}."),
		_("Add one under Maps in Tripletex Settings."),
	),
	"tripletex_no_account": lambda: (
		_("Row {row}: account {account} has no account in Tripletex."),
		_("Add it under Maps in Tripletex Settings."),
	),
	"tripletex_maps_unresolved": lambda: (
		_("Account {account} or VAT code {code} has not been looked up in Tripletex."),
		_("Press Propose Maps in Tripletex Settings and save."),
	),
	# Customers
	"tripletex_customer_ambiguous": lambda: (
		_("Tripletex has several customers with the organisation number of {customer}: {numbers}."),
		_("Make all but one inactive there, or adopt the right one's id."),
	),
	"tripletex_customer_name": lambda: (
		_("Customer {customer} has no name."),
		_("Enter Customer Name."),
	),
	"tripletex_customer_number": lambda: (
		_("Customer number {number} is not possible in Tripletex; the last one is {last}."),
		_("Correct First Customer Number in Tripletex Settings."),
	),
	"tripletex_organization_number": lambda: (
		_(
			"The organisation number {number} of {customer} is wrong: it needs nine digits and the right check digit."
		),
		_("Correct Tax ID of the customer, or the country of its address."),
	),
	"tripletex_country_unknown": lambda: (
		_("Tripletex does not know the country {country} of {customer}."),
		_("Correct Country in the customer's address."),
	),
	"tripletex_due_days": lambda: (
		_("{days} days to pay are not possible for {customer}; the most are {limit}."),
		_("Correct the customer's Payment Terms Template."),
	),
	"tripletex_ehf_address": lambda: (
		_("{customer} is to get EHF, but has no postal address or no organisation number."),
		_("Add both to the customer, or choose another sender."),
	),
	"tripletex_email_missing": lambda: (
		_("{customer} is to get e-mail from Tripletex, but has no e-mail address."),
		_("Add one to the customer's contact, or choose another sender."),
	),
	"tripletex_text_too_long": lambda: (
		_("{field} has {length} characters; Tripletex takes {limit}."),
		_("Shorten it."),
	),
	"tripletex_currency_unknown": lambda: (
		_("Tripletex does not know the currency {currency}."),
		_("Use another currency, or switch it on in Tripletex."),
	),
	# Documents
	"tripletex_no_lines": lambda: (_("{document} has no rows."), _("Credit it and make it anew.")),
	"tripletex_zero_amount": lambda: (
		_("The total of {document} is zero, though its rows are not."),
		_("Cancel it, and make an invoice and a credit note."),
	),
	"tripletex_negative_amount": lambda: (
		_("The total of {document} is negative: {gross}."),
		_("Cancel it, and make a credit note instead."),
	),
	"tripletex_rounding_adjustment": lambda: (
		_("{document} is rounded by {amount}; Tripletex books to the øre."),
		_("Tick Disable Rounded Total in Global Defaults, then credit the document and make it anew."),
	),
	"tripletex_taxes_not_vat": lambda: (
		_("{document} charges taxes that are no Norwegian VAT: {taxes}."),
		_("Compute VAT On Net Total, and enter other charges as Actual or as rows."),
	),
	"tripletex_amount_precision": lambda: (
		_("{field} of {document} is {amount}; Tripletex keeps two decimals."),
		_("Round the amount in ERPNext."),
	),
	"tripletex_totals_differ": lambda: (
		_("{field} of {document} does not add up: {sum} is not {stated}."),
		_("Look for discounts or taxes that no row carries; credit the document and make it anew."),
	),
	"tripletex_vat_code_unknown": lambda: (
		_("VAT code {code} of {document} is not in the VAT map."),
		_("Add it under Maps in Tripletex Settings."),
	),
	"tripletex_vat_rate": lambda: (
		_("{document} charges {rate} % under VAT code {code}; the VAT map says {theirs} %."),
		_("Correct the VAT map, or the tax template of the document."),
	),
	"tripletex_vat_differs": lambda: (
		_("VAT of {document} under code {code} is {amount}; {rate} % of {base} are {expected}."),
		_("Correct the tax rows: VAT must be the rate times its base."),
	),
	"tripletex_number_missing": lambda: (
		_("{document} has no legal number: it was submitted before the company was enabled."),
		_("Credit it, or set Go-live Date after it."),
	),
	"tripletex_number_outside_range": lambda: (
		_("Number {number} of {document} is not between {first} and {last}."),
		_("Correct the number range in Tripletex Settings."),
	),
	"tripletex_kid_wrong": lambda: (
		_("KID {kid} of {document} has a wrong check digit or length."),
		_("Correct KID Length in Tripletex Settings."),
	),
	"tripletex_credited_unknown": lambda: (
		_("{document} does not name an invoice that Tripletex has ({credited})."),
		_("Make the credit note from the invoice; book the invoice first."),
	),
	"tripletex_before_go_live": lambda: (
		_("{document} is dated {date}, before the go-live date {go_live}."),
		_("Book it in Tripletex by hand, or set an earlier Go-live Date."),
	),
	"tripletex_period_closed": lambda: (
		_("{document} is dated {date}; Tripletex is closed until {closed_until}."),
		_("Open the period there, or credit the document and invoice anew with today's date."),
	),
	"tripletex_due_before_date": lambda: (
		_("{document} of {date} is due before that, on {due_date}."),
		_("Correct its due date."),
	),
	"tripletex_conversion_rate": lambda: (
		_("The exchange rate of {document} from {currency} is {rate}."),
		_("Correct Exchange Rate; for NOK it is 1."),
	),
	# Settings
	"tripletex_range_bounds": lambda: (
		_("First Number and Last Number must lie between 1 and 2,147,483,647."),
		_("Correct the number range."),
	),
	"tripletex_range_order": lambda: (
		_("Last Number comes before First Number."),
		_("Correct the number range."),
	),
	"tripletex_range_kid": lambda: (
		_("The numbers do not fit the KID Length: one digit is the check digit."),
		_("Choose a longer KID, or lower Last Number."),
	),
	"tripletex_not_booked": lambda: (
		_("{document} is not booked in Tripletex."),
		_("Release its own message first."),
	),
	"tripletex_number_taken": lambda: (
		_("Tripletex has something else under the number of {document}."),
		_(
			"Find out what it is; give a document made by hand another number, or adopt the id if it is the same."
		),
	),
	"tripletex_duplicate_not_found": lambda: (
		_("Tripletex says that a number of {document} is taken, but has no invoice under its legal number."),
		_(
			"Look for an order or customer with the same number there; remove it or adopt the id, then release."
		),
	),
	"tripletex_sent_or_not": lambda: (
		_("Nobody knows whether {document} was sent to the customer."),
		_(
			"Look into the document's history in Tripletex; then press Mark Explained, or Release to send it again."
		),
	),
	# Not sent, and that is right
	"tripletex_dry_run": lambda: (_("Checked only: the company is in dry run."), ""),
	"tripletex_nothing_to_book": lambda: (_("Its amount is zero: there is nothing to book."), ""),
	"tripletex_no_order": lambda: (_("There is no order to close."), ""),
	"tripletex_no_original": lambda: (_("There is no invoice in Tripletex to match it with."), ""),
	"tripletex_matched_already": lambda: (_("It is matched already."), ""),
	"tripletex_no_voucher": lambda: (_("There is no voucher to attach it to."), ""),
	"tripletex_sent_by_erpnext": lambda: (_("ERPNext sends it."), ""),
	"tripletex_never_registered": lambda: (_("The payment was never registered."), ""),
	# Set-up
	"tripletex_company_currency": lambda: (
		_("{company} keeps its books in {currency}; Tripletex keeps them in NOK only."),
		_("Choose a company with NOK as its currency."),
	),
	"tripletex_maps_missing": lambda: (
		_("Without VAT rules and accounts no document can be booked."),
		_("Fill in Maps, or leave Dry Run on for now."),
	),
	"tripletex_customer_start": lambda: (
		_(
			"First Customer Number is {number}: Tripletex numbers its own customers from 10000 and would meet ours."
		),
		_("Choose {first} or more."),
	),
	"tripletex_range_low": lambda: (
		_(
			"First Number is {first}: Tripletex's own invoice numbers may come there, and it does not see ours."
		),
		_("Choose {lowest} or more, far from the numbers that Tripletex gives."),
	),
	"tripletex_range_used": lambda: (
		_("The numbers from {first} to {last} are in use already."),
		_("Choose a First Number above them."),
	),
	"tripletex_rule_twice": lambda: (
		_("Two VAT rules speak of the same: {rule}, {rate} %."),
		_("Delete one, or give it another Valid From."),
	),
	"tripletex_mapped_twice": lambda: (_("{account} is mapped twice."), _("Delete one of the rows.")),
	"tripletex_environment_booked": lambda: (
		_(
			"Documents are booked in {environment} already; their ids mean nothing in another company's books."
		),
		_("Try other environments on a copy of the site."),
	),
	"tripletex_go_live_booked": lambda: (
		_("Documents are booked since {date}; the go-live date stays."),
		"",
	),
	"tripletex_strategy_queue": lambda: (
		_("{count} invoices are on their way as they are booked now."),
		_("Wait until they are done, then change how invoices are booked."),
	),
	"tripletex_strategy_range": lambda: (
		_("How invoices are booked changes only at a new number range; this one began at {first}."),
		_("Enter a new First Number too."),
	),
	"tripletex_other_company": lambda: (
		_(
			"These tokens reach {reached}, but {company} is tied to the company with id {expected} in Tripletex."
		),
		_("Check that the tokens and the environment, test or production, are the right ones."),
	),
	"tripletex_organization_differs": lambda: (
		_("The organisation number is {ours} in ERPNext and {theirs} in Tripletex."),
		_("Is it the right company?"),
	),
	"tripletex_no_bank_account": lambda: (
		_(
			"The company has no bank account number in Tripletex, which then answers every invoice with: Faktura kan ikke "
			"opprettes før selskapet har registrert et bankkontonummer."
		),
		_("Enter it in Tripletex under Company > Settings > Bank accounts, as the account for invoices."),
	),
	"tripletex_no_vat_registration": lambda: (
		_("The company does not charge VAT in Tripletex: VAT code 3 is missing."),
		_("Register it for VAT in Tripletex under Company > Settings > VAT, then propose the maps anew."),
	),
	"tripletex_no_go_live": lambda: (_("There is no go-live date."), _("Enter Go-live Date and save.")),
	"tripletex_webhook_https": lambda: (
		_("Tripletex sends events by https only; this site is {address}."),
		_("Have the site served by https, and its address in site_config.json under host_name."),
	),
	# Maps that contradict
	"tripletex_map_code": lambda: (
		_("The company has no VAT code {code} in Tripletex ({rate} %)."),
		_("Choose another code, or register the company for VAT there."),
	),
	"tripletex_map_rate": lambda: (
		_("VAT code {code} is {theirs} % in Tripletex, and {rate} % in the rule."),
		_("Choose the code of that rate."),
	),
	"tripletex_map_account": lambda: (
		_("Tripletex has no account {number} ({account})."),
		_("Choose another one, or make it there."),
	),
	"tripletex_map_inactive": lambda: (
		_("Account {number} ({account}) is inactive in Tripletex."),
		_("Make it active there, or choose another one."),
	),
	"tripletex_map_lock": lambda: (
		_("Account {number} ({account}) takes VAT code {locked_to} only, not {code}."),
		_("Add a row under Accounts for VAT code {code}, with an account that takes it."),
	),
	"tripletex_map_no_account": lambda: (
		_("None of the mapped income accounts takes VAT code {code}; in Tripletex, account {number} does."),
		_("Press Propose Maps again, or add a row under Accounts that is for this VAT code only."),
	),
	"tripletex_map_no_rule": lambda: (
		_("No VAT rule gives a code that account {number} ({account}) takes: it takes {locked_to} only."),
		_("Add a rule, or map the account to another one."),
	),
	# The dry run
	"tripletex_dry_run_taken": lambda: (
		_("Tripletex has another invoice under number {number}: {other}."),
		_("Somebody makes invoices in our number range. Choose a First Number further away."),
	),
	"tripletex_there_already": lambda: (
		_("Tripletex has this document already under number {number}: {other}."),
		_("It was booked by hand or by another system. Move Go-live Date past it."),
	),
	# The answer to a person's call
	"tripletex_unreachable": lambda: (_("Tripletex gives no answer: {text}"), _("Try again in a minute.")),
	"tripletex_busy": lambda: (
		_("Tripletex takes no more calls for the moment."),
		_("Try again in ten seconds."),
	),
	"tripletex_tokens_refused": lambda: (
		_("Tripletex refuses the tokens: {text}"),
		_("Check both tokens, and that they are of the chosen environment."),
	),
	"tripletex_right_missing": lambda: (
		_("The user of the token may not do this: {text}"),
		_("Have a Tripletex administrator give the right; Check Connection shows what is missing."),
	),
	"tripletex_not_there": lambda: (_("Tripletex does not have it: {text}"), _("Check the id.")),
	"tripletex_refused": lambda: (_("Tripletex refuses: {text}"), ""),
	# Actions on the queue
	"tripletex_action_state": lambda: (
		_("Its status is {status}, or a worker has it at this moment."),
		_("Reload the form and try again."),
	),
	"tripletex_release_unknown": lambda: (
		_("Nobody knows yet whether it has arrived; sent again it might be booked twice."),
		_("Press Check Again first."),
	),
	"tripletex_reason_missing": lambda: (
		_("There is no reason."),
		_("Enter why, for those who come after you."),
	),
	"tripletex_adopt_differs": lambda: (
		_("What Tripletex has under id {id} is not this: {differences}."),
		_("Check the id."),
	),
	"tripletex_adopt_waits": lambda: (
		_("It waits for its customer or for another document."),
		_("Have that one booked or adopted first."),
	),
	"tripletex_sent_before": lambda: (
		_("Something of it may have reached Tripletex already."),
		_("Make a credit note instead, or adopt what is there."),
	),
	"tripletex_is_paused": lambda: (
		_("The company is paused or not enabled."),
		_("Resume it first."),
	),
	# Drift, reconciliation and accrual
	"tripletex_drift_state": lambda: (
		_("The difference is settled already ({status})."),
		_("Reload the form."),
	),
	"tripletex_drift_not_customer": lambda: (
		_("{document} cannot be pushed or accepted: only the data of a customer that Tripletex has can."),
		_("Correct it by a credit note or in Tripletex, or explain it."),
	),
	"tripletex_accept_field": lambda: (
		_("{field} is not taken over from Tripletex: only name, e-mail and address are."),
		_("Change it in ERPNext by hand, push ours, or explain it."),
	),
	"tripletex_accept_empty": lambda: (
		_("{field} is empty in Tripletex."),
		_("Push ours, or change it in ERPNext by hand."),
	),
	"tripletex_accept_address": lambda: (
		_("{customer} has no such address in ERPNext; Tripletex got the postal address for both."),
		_("Add an address of type Shipping, or push ours."),
	),
	"tripletex_row_unknown": lambda: (_("The reconciliation has no such difference."), _("Reload the form.")),
	"tripletex_row_explained": lambda: (
		_("{label} was explained by {user} already."),
		_("An explanation is not changed; compare again if it is wrong."),
	),
	"tripletex_before_books": lambda: (
		_("{company} books into Tripletex from {go_live} on; {month} lies before that or ahead."),
		_("Choose a month that both sides have."),
	),
	# Payments from Tripletex
	"tripletex_no_money_account": lambda: (
		_("The money came to account {number} in Tripletex, which is no bank or cash account of the maps."),
		_("Add that account under Maps in Tripletex Settings; the payment is then booked at the next poll."),
	),
	"tripletex_money_currency": lambda: (
		_("Account {account} is in {currency}, neither the invoice's currency nor the company's."),
		_(
			"Map the bank account in Tripletex to another account, or book the payment by hand and explain it here."
		),
	),
	"tripletex_no_exchange_account": lambda: (
		_("{company} has no Exchange Gain / Loss Account."),
		_("Set it in the company; the payment is then booked at the next poll."),
	),
	"tripletex_deduction_unmapped": lambda: (
		_(
			"Something besides money is in the voucher, such as a rounding, a loss or a fee, and nothing says where it goes."
		),
		_(
			"Set Rounding Account and Write Off Account in Tripletex Settings, or book it by hand and explain it here."
		),
	),
	"tripletex_foreign_credit_note": lambda: (
		_("A credit note of Tripletex's own, voucher {voucher} of {amount}, which ERPNext does not know."),
		_(
			"Make the same credit note in ERPNext without sending it, or undo it in Tripletex; then explain it here."
		),
	),
	"tripletex_reminder": lambda: (
		_("A reminder fee or interest of Tripletex's own dunning, voucher {voucher} of {amount}."),
		_("Book it in ERPNext by hand if it is paid, then explain it here."),
	),
	"tripletex_posting_type": lambda: (
		_("Voucher {voucher} ({kind}) of {amount} is neither a payment nor anything else that is known."),
		_(
			"Add its account under Maps in Tripletex Settings if it is a bank account; else book it by hand and explain it here."
		),
	),
	"tripletex_mixed_voucher": lambda: (
		_(
			"Voucher {voucher} holds money and a deduction for several postings, so nobody can tell which is whose."
		),
		_("Book it by hand, then explain it here."),
	),
	"tripletex_invoice_gone": lambda: (
		_("{document} is cancelled or deleted in ERPNext, but has a payment in Tripletex."),
		_("Find out which of the two is right, and explain it here."),
	),
	"tripletex_outstanding_differs": lambda: (
		_(
			"{document} is matched with a credit note in Tripletex: {theirs} are open there, {ours} in ERPNext."
		),
		_("Reconcile the credit note with its invoice in ERPNext; this is then settled at the next poll."),
	),
	"tripletex_advance": lambda: (
		_("{amount} {currency} more than was open: kept as an advance."),
		_("Allocate it to another invoice, or pay it back."),
	),
	"tripletex_posted_later": lambda: (
		_("Paid on {date}; the books of that day are closed, so it is posted on {day}."),
		"",
	),
	"tripletex_own_payment_undone": lambda: (
		_("{document} was registered in Tripletex and has been undone there, but stands in ERPNext."),
		_("Cancel it here if the customer has not paid; else register it in Tripletex again."),
	),
	"tripletex_reversed_later": lambda: (
		_(
			"Taken back in Tripletex after the books of its day were closed here: reversed by a Journal Entry."
		),
		_("Reconcile that with the entry it reverses."),
	),
	"tripletex_payment_remark": lambda: (_("Tripletex: {kind}, voucher {voucher}, of {date}."), ""),
	"tripletex_reversal_remark": lambda: (_("Taken back in Tripletex: voucher {voucher}."), ""),
	"tripletex_explanation_missing": lambda: (
		_("The explanation is empty."),
		_("Write what an auditor needs to know."),
	),
	"tripletex_no_exception": lambda: (
		_("This is no exception any more."),
		_("Reload the form."),
	),
	# Payments to Tripletex
	"tripletex_payment_from_there": lambda: (
		_("{document} was booked because Tripletex has the payment."),
		_("Correct the payment in Tripletex; ERPNext follows."),
	),
	"tripletex_payment_under_way": lambda: (
		_("{document} is on its way to Tripletex ({status})."),
		_("Wait until it is registered there, then cancel it."),
	),
	"tripletex_no_payment_type": lambda: (
		_("Money on {account} has no payment type in Tripletex any more."),
		_("Add it under Payment Types in Tripletex Settings."),
	),
	"tripletex_reversed_already": lambda: (_("It is reversed in Tripletex already."), ""),
	"tripletex_no_accrual_account": lambda: (
		_("Tripletex has no account {number} for the accrual of deferred revenue."),
		_("Correct it under Deferred Revenue in Tripletex Settings, or add the account in Tripletex."),
	),
}
