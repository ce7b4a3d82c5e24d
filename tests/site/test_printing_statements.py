"""ERPNext's Process Statement of Accounts attaches our statement where a rule names one, else its own."""

from datetime import date

import frappe
import pytest
from site_builders import COMPANY, bill, contract, line
from test_printing import words_of

from billing_ext.repositories.templates import DEFAULTS

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]
APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)


@pytest.mark.parametrize("report", ["General Ledger", "Accounts Receivable"])
def test_statements_of_accounts(report):
	# Needs a site, which there is not yet when tests are collected.
	from erpnext.accounts.doctype.process_statement_of_accounts.process_statement_of_accounts import (
		get_statement_dict,
	)

	agreement = contract(line(500))
	invoices = bill(agreement, APRIL, MAY)
	process = frappe.get_doc(
		{
			"doctype": "Process Statement Of Accounts",
			"report": report,
			"company": COMPANY,
			"from_date": "2026-05-01",
			"to_date": "2026-05-31",
			"posting_date": "2026-05-31",
			"currency": "NOK",
			"orientation": "Portrait",
			"customers": [{"customer": agreement.customer, "billing_email": "kunde@example.com"}],
		}
	)
	theirs = words_of(get_statement_dict(process)[agreement.customer])
	assert "Opening balance" not in theirs
	rule = frappe.get_doc(
		{
			"doctype": "Liquid Template Rule",
			"template": DEFAULTS["Customer"],
			"customer": agreement.customer,
		}
	).insert()
	try:
		ours = words_of(get_statement_dict(process)[agreement.customer])
		assert "Opening balance" in ours
		assert invoices[-1].name in ours
	finally:
		rule.delete()
