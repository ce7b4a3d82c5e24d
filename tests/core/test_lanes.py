"""The rule that chooses a posting lane: whatever is not known to be harmless goes by the standard lane."""

from dataclasses import fields, replace

import pytest

from billing_ext.core.lanes import InvoiceFacts, Lane, Reason, SiteFacts, choose

SITE = SiteFacts(
	erpnext="15.99.1",
	frappe="15.101.1",
	mariadb=True,
	workflow=False,
	replaced_class=False,
	early_hooks=(),
	ledger_hooks=(),
	ledger_automation=False,
	regional_overrides=(),
	naming_by_series=True,
	authorization_rules=False,
	budgets=False,
	cost_center_allocations=False,
	balancing_dimensions=False,
	common_party=False,
	followed_documents=False,
	credit_limit=False,
	writes_prices=False,
	fields_of_the_moment=(),
)
INVOICE = InvoiceFacts(
	submitted=True,
	correction=False,
	nothing_to_pay=False,
	timesheets=False,
	stock_items=False,
	tax_rule=False,
	customer_barred=False,
	internal_customer=False,
	loyalty=False,
	tax_withholding=False,
	credit_limit=False,
	sales_team=False,
	other_currencies=False,
)


def test_a_plain_invoice_on_a_plain_site_is_posted_in_bulk():
	assert choose(SITE, INVOICE).lane is Lane.BULK
	assert choose(SITE, INVOICE).reasons == ()


@pytest.mark.parametrize("fact", [each.name for each in fields(SiteFacts)])
def test_a_fact_of_the_site_that_is_unknown_or_otherwise_bars_the_bulk_lane(fact):
	for value in (None, _opposite(getattr(SITE, fact))):
		choice = choose(replace(SITE, **{fact: value}), INVOICE)
		assert (choice.lane, len(choice.reasons)) == (Lane.STANDARD, 1)


@pytest.mark.parametrize("fact", [each.name for each in fields(InvoiceFacts)])
def test_a_fact_of_the_invoice_that_is_unknown_or_otherwise_bars_the_bulk_lane(fact):
	for value in (None, _opposite(getattr(INVOICE, fact))):
		choice = choose(SITE, replace(INVOICE, **{fact: value}))
		assert (choice.lane, len(choice.reasons)) == (Lane.STANDARD, 1)


def _opposite(value):
	if isinstance(value, str):
		return "14.0.0"
	return not value if isinstance(value, bool) else ("some.hook",)


@pytest.mark.parametrize(
	("version", "served"),
	[
		("15.99.1", True),
		("15.99.0", True),
		("15.98.9", False),
		("15.100.0", False),
		("15.x-develop", False),
		("", False),
	],
)
def test_only_versions_of_the_tested_range_are_served(version, served):
	assert (choose(replace(SITE, erpnext=version), INVOICE).lane is Lane.BULK) == served


def test_every_reason_is_named():
	choice = choose(replace(SITE, workflow=True, budgets=True), replace(INVOICE, stock_items=True))
	assert choice.reasons == (Reason.WORKFLOW, Reason.BUDGET, Reason.STOCK_ITEM)
