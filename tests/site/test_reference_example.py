"""The promise on the first page: 500 a month, raised to 750 in mid-cycle, to the øre and into the ledger."""

from datetime import date

import pytest
from site_builders import amendment, change, charges_of, contract, gl_of, invoices_of, line

from billing_ext.services import contract_billing

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]

APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)


def test_an_upgrade_in_mid_cycle_is_on_the_next_invoice_and_in_the_ledger():
	agreement = contract(line(500), start_date=APRIL)
	contract_billing.bill(agreement.name, APRIL)
	amendment(agreement, date(2026, 4, 16), change(agreement, new_price=750))
	assert contract_billing.bill(agreement.name, date(2026, 4, 20)) == ()
	contract_billing.bill(agreement.name, MAY)

	april, may = invoices_of(agreement)
	assert [row.net_amount for row in april.items] == [500.00]
	# 125.00 = (750 - 500) x 15/30
	assert [
		(row.net_amount, str(row.service_start_date), str(row.service_end_date)) for row in may.items
	] == [
		(125.00, "2026-04-16", "2026-04-30"),
		(750.00, "2026-05-01", "2026-05-31"),
	]
	assert "(750,00 - 500,00) × 15/30 = 125,00" in may.items[0].description
	assert (may.net_total, may.total_taxes_and_charges, may.grand_total) == (875.00, 218.75, 1093.75)
	assert (may.docstatus, may.status, str(may.posting_date)) == (1, "Overdue", "2026-05-01")
	assert gl_of(april) == {"Debtors - FS": 625.00, "Sales - FS": -500.00, "Output VAT 25% - FS": -125.00}
	assert gl_of(may) == {"Debtors - FS": 1093.75, "Sales - FS": -875.00, "Output VAT 25% - FS": -218.75}


def test_every_charge_points_to_its_invoice_row_and_explains_itself():
	agreement = contract(line(500), start_date=APRIL)
	contract_billing.bill(agreement.name, APRIL)
	raised = amendment(agreement, date(2026, 4, 16), change(agreement, new_price=750))
	contract_billing.bill(agreement.name, MAY)

	first, correction, second = charges_of(agreement)
	_april, may = invoices_of(agreement)
	assert [charge.status for charge in (first, correction, second)] == ["Invoiced"] * 3
	assert (correction.sales_invoice, correction.sales_invoice_item) == (may.name, may.items[0].name)
	assert may.items[0].billing_ext_charge == correction.name
	assert correction.amendment == raised.name
	assert correction.formula == "(750.00 - 500.00) × 15/30 = 125.00"
	assert (first.kind, correction.kind) == ("Recurring", "Correction")
