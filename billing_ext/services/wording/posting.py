"""The words for why an invoice was posted one by one instead of in bulk."""

from __future__ import annotations

from collections.abc import Callable

from frappe import _

from billing_ext.core.lanes import Reason

WORDS: dict[Reason, Callable[[], str]] = {
	Reason.SWITCHED_OFF: lambda: _("Post in Bulk is off in Billing Settings"),
	Reason.NOT_COMPARED: lambda: _(
		"both ways were not compared yet with the installed versions: press Compare Both Ways in Billing Settings"
	),
	Reason.NOT_EQUAL: lambda: _("the comparison found differences: see Findings in Billing Settings"),
	Reason.VERSION: lambda: _(
		"this version of ERPNext or Frappe is not one that bulk posting was tested with"
	),
	Reason.DATABASE: lambda: _("the database is not MariaDB"),
	Reason.WORKFLOW: lambda: _("Sales Invoice has a workflow"),
	Reason.REPLACED_CLASS: lambda: _(
		"another app replaces the class of Sales Invoice or of the ledgers' entries"
	),
	Reason.EARLY_HOOK: lambda: _("a hook or script runs before ERPNext has filled the invoice in"),
	Reason.LEDGER_HOOK: lambda: _("another app has hooks on the entries of the ledgers"),
	Reason.LEDGER_AUTOMATION: lambda: _(
		"a notification, webhook, script or rule is for the entries of the ledgers"
	),
	Reason.REGION: lambda: _("ERPNext has special rules for the company's country"),
	Reason.NAMING: lambda: _("Sales Invoices are not named by their naming series alone"),
	Reason.AUTHORIZATION: lambda: _("there are Authorization Rules"),
	Reason.BUDGET: lambda: _("the company has a Budget"),
	Reason.COST_CENTER_ALLOCATION: lambda: _("the company has a Cost Center Allocation"),
	Reason.BALANCING_DIMENSION: lambda: _("an Accounting Dimension balances its entries"),
	Reason.COMMON_PARTY: lambda: _("Common Party Accounting is on"),
	Reason.FOLLOWED: lambda: _("the user who bills follows the documents that they create"),
	Reason.COMPANY_CREDIT_LIMIT: lambda: _("the company has a credit limit for its customers"),
	Reason.PRICE_LIST: lambda: _("invoices update Item Prices"),
	Reason.FIELD_OF_THE_MOMENT: lambda: _("a custom field takes the time of creation"),
	Reason.DRAFT: lambda: _("it stays a draft"),
	Reason.CORRECTION: lambda: _("it is a credit note or a debit note"),
	Reason.NOTHING_TO_PAY: lambda: _("there is nothing to pay"),
	Reason.TIMESHEET: lambda: _("it bills hours of Timesheets"),
	Reason.STOCK_ITEM: lambda: _("it has a stock item or an asset"),
	Reason.TAX_RULE: lambda: _("Tax Rules decide on its taxes"),
	Reason.CUSTOMER_BARRED: lambda: _("the customer is disabled or frozen"),
	Reason.INTERNAL_CUSTOMER: lambda: _("the customer is internal"),
	Reason.LOYALTY: lambda: _("the customer has a Loyalty Program"),
	Reason.TAX_WITHHOLDING: lambda: _("the customer has a Tax Withholding Category"),
	Reason.CREDIT_LIMIT: lambda: _("the customer has a credit limit"),
	Reason.SALES_TEAM: lambda: _("the customer has a sales team"),
	Reason.PARTY_CURRENCY: lambda: _("the customer has entries in another currency"),
	Reason.FIRST_OF_ITS_KIND: lambda: _("the first of its kind: the others follow its pattern"),
	Reason.NOT_REPRODUCED: lambda: _("ERPNext makes it differently in a way that is not known"),
	Reason.ROUND_OFF: lambda: _("the exchange rate leaves a difference that ERPNext rounds off"),
	Reason.BALANCE_OF_ACCOUNT: lambda: _("an account has Balance Must Be set"),
	Reason.OTHER_WRITES: lambda: _("ERPNext writes more for it than is known"),
	Reason.CHANGED_BY_HOOK: lambda: _("a hook changes a field that others depend on"),
	Reason.TOGETHER: lambda: _("another document of the same contracts is posted one by one"),
	Reason.FAILED: lambda: _("it was refused in bulk, or posting in bulk failed"),
	Reason.UNKNOWN: lambda: _("the customer was not found"),
}


_BY_CODE = {reason.value: words for reason, words in WORDS.items()}


def reason(codes: str, example: str = "") -> str:
	"""The words for ``codes``, separated by commas, with the details of one invoice as an ``example``.

	A code of another version is shown as it is.
	"""
	words = "; ".join(_BY_CODE.get(code, lambda code=code: code)() for code in codes.split(", ") if code)
	return _("{0} (for example: {1})").format(words, example) if example else words
