"""From deal to contract: opportunity, quotation and sales order become a contract, and what that contract bills."""

import re
from datetime import date, timedelta
from pathlib import Path

import frappe
import pytest
from erpnext.crm.doctype.opportunity.opportunity import make_quotation
from erpnext.selling.doctype.quotation.quotation import make_sales_order, set_expired_status
from erpnext.selling.doctype.sales_order.sales_order import make_sales_invoice
from frappe.model.mapper import make_mapped_doc
from site_builders import COMPANY, bill, customer, item, rows, unique

from billing_ext.api import deals as deals_api
from billing_ext.repositories import clock, deals
from billing_ext.tasks import billing_ext_daily

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("db")]

START = date(2026, 4, 1)
PAGE = (Path(__file__).parents[2] / "docs" / "deals.md").read_text()


@pytest.fixture
def activating():
	"""Billing Settings with Activate Contracts of Accepted Quotations."""
	frappe.db.set_single_value("Billing Settings", "activate_on_acceptance", 1)
	yield
	frappe.db.rollback()
	frappe.db.set_single_value("Billing Settings", "activate_on_acceptance", 0)
	frappe.db.commit()


def row(rate, line_type="Recurring", **values):
	"""An item's row; names of the app's own fields without their prefix."""
	ours = ("from", "interval_count", "interval", "price_period", "timing")
	own = {f"billing_ext_{name}": values.pop(name) for name in ours if name in values}
	return {
		"item_code": values.pop("item_code", None) or item(),
		"qty": 1,
		"rate": rate,
		"price_list_rate": rate,
		"billing_ext_line_type": line_type,
		**own,
		**values,
	}


def quotation(*items, submit=True, **values):
	doc = frappe.get_doc(
		{
			"doctype": "Quotation",
			"company": COMPANY,
			"quotation_to": "Customer",
			"party_name": values.pop("party_name", None) or customer(),
			"transaction_date": "2026-03-20",
			"valid_till": "2099-12-31",
			"currency": "NOK",
			"ignore_pricing_rule": 1,
			"billing_ext_start_date": START,
			"items": list(items) or [row(500)],
			**values,
		}
	).insert()
	if submit:
		doc.submit()
	frappe.db.commit()
	return doc


def order_of(quote, submit=True, change=None):
	order = make_sales_order(quote.name)
	order.transaction_date = frappe.utils.getdate(quote.transaction_date)
	order.delivery_date = max(order.transaction_date, START)
	for each in order.items:
		each.delivery_date = order.delivery_date
	if change:
		change(order)
	order.insert()
	if submit:
		order.submit()
	frappe.db.commit()
	return order


def made(method, source):
	"""The contract that the button of the desk opens, saved."""
	contract = make_mapped_doc(f"billing_ext.api.deals.make_from_{method}", source.name).insert()
	frappe.db.commit()
	return contract


def stored(doctype, name, *fields):
	return frappe.db.get_value(doctype, name, fields[0] if len(fields) == 1 else list(fields))


def refuses(words):
	return pytest.raises(frappe.ValidationError, match=words)


def ramp(code, **values):
	"""Three years of one service: 10 at 100, then 20 at 95, then 30 at 95 less 10 %."""
	year = {"item_code": code, **values}
	return [
		row(100, qty=10, **year),
		row(95, qty=20, **{"from": "2027-04-01"}, **year),
		row(85.5, qty=30, price_list_rate=95, discount_percentage=10, **{"from": "2028-04-01"}, **year),
	]


def test_recurring_one_off_and_ramp_rows_bill_what_was_quoted():
	hosting, setup, support = item(), item(), item()
	quote = quotation(
		row(4000, "One-off", item_code=setup),
		*ramp(hosting),
		row(12000, item_code=support, interval="Month", price_period="Year", timing="In Arrears"),
		row(999, "", item_code=item()),
		billing_ext_term_months=36,
		billing_ext_renewal="Renews for a Term",
	)
	contract = made("quotation", quote)
	contract.submit()
	frappe.db.commit()

	assert [(line.item_code, line.line_type) for line in contract.lines] == [
		(setup, "One-off"),
		(hosting, "Recurring"),
		(support, "Recurring"),
	]
	assert (contract.end_date, contract.renewal) == (date(2029, 3, 31), "Renews for a Term")
	(first,) = bill(contract, START)
	assert rows(first) == [
		(4000, "2026-04-01", "2026-04-01"),
		(1000, "2026-04-01", "2026-04-30"),
	]
	second_year = bill(contract, date(2027, 4, 1))[-1]
	assert rows(second_year)[-1] == (1000, "2027-03-01", "2027-03-31")  # support, in arrears
	assert (1900, "2027-04-01", "2027-04-30") in rows(second_year)
	third_year = bill(contract, date(2028, 4, 1))[-1]
	assert (2565, "2028-04-01", "2028-04-30") in rows(third_year)


def test_the_example_of_the_page_bills_what_it_says():
	quoted = table("What is quoted")
	codes = {name: item() for name in {cells[0] for cells in quoted}}
	quote = quotation(*(quoted_row(codes, *cells) for cells in quoted), billing_ext_term_months=36)
	contract = made("quotation", quote)
	contract.submit()
	frappe.db.commit()

	for day, *amounts in table("What is billed"):
		first_day = date.fromisoformat(day)
		invoice = bill(contract, first_day - timedelta(days=1), first_day)[-1]
		assert str(invoice.posting_date) == day
		assert invoice.net_total == number(amounts[-1])
		found = {row.item_code: row.net_amount for row in invoice.items if str(row.service_start_date) == day}
		shown = dict(zip(codes_in_order(quoted, codes), map(number, amounts[:-1]), strict=True))
		assert found == {code: amount for code, amount in shown.items() if amount}


def codes_in_order(quoted, codes):
	return [codes[name] for name in dict.fromkeys(cells[0] for cells in quoted)]


def quoted_row(codes, name, line_type, first_day, quantity, rate, interval, price_period):
	values = {"from": first_day} if first_day else {}
	values |= {"interval": interval} if interval else {}
	values |= {"price_period": price_period} if price_period else {}
	return row(number(rate), line_type, item_code=codes[name], qty=number(quantity), **values)


def table(heading):
	"""The rows of the first table below a heading of the page, as lists of cells."""
	section = PAGE.split(f"### {heading}\n", 1)[1]
	found = re.search(r"^\| ---.*\n((?:\|.*\n)+)", section, flags=re.MULTILINE)[1]
	return [[cell.strip() for cell in line.strip("|").split("|")] for line in found.splitlines()]


def number(text):
	return float(text.replace(",", "") or 0)


def test_what_the_quotation_says_about_invoices_is_taken_over():
	buyer = customer()
	terms = frappe.db.get_value("Payment Terms Template", {}) or payment_terms()
	taxes = frappe.db.get_value("Sales Taxes and Charges Template", {"company": COMPANY})
	quote = quotation(
		row(500), party_name=buyer, payment_terms_template=terms, taxes_and_charges=taxes, language="nb"
	)
	order = order_of(quote, change=lambda order: order.update({"po_no": "PO-17"}))
	contract = made("sales_order", order)
	assert (contract.customer, contract.company, contract.currency) == (buyer, COMPANY, "NOK")
	assert (contract.payment_terms_template, contract.taxes_and_charges) == (terms, taxes)
	assert (contract.po_no, contract.language) == ("PO-17", "nb")
	assert contract.price_list == quote.selling_price_list


def payment_terms():
	term = frappe.get_doc(
		{
			"doctype": "Payment Term",
			"payment_term_name": unique("14 dager"),
			"invoice_portion": 100,
			"due_date_based_on": "Day(s) after invoice date",
			"credit_days": 14,
		}
	).insert()
	template = {"payment_term": term.name, "invoice_portion": 100, "credit_days": 14}
	template["due_date_based_on"] = term.due_date_based_on
	return (
		frappe.get_doc(
			{"doctype": "Payment Terms Template", "template_name": unique("14 dager"), "terms": [template]}
		)
		.insert()
		.name
	)


def test_discounts_are_kept_where_they_give_the_agreed_price_and_else_are_in_the_price():
	quote = quotation(
		row(90, price_list_rate=100, discount_percentage=10),
		row(66.66, price_list_rate=99.99, discount_percentage=33.33),
		row(0, price_list_rate=100, discount_percentage=100),
	)
	lines = made("quotation", quote).lines
	assert [(line.price, line.discount_percentage) for line in lines] == [(100, 10), (66.66, 0), (100, 100)]


def test_a_discount_on_the_whole_quotation_is_in_the_prices():
	quote = quotation(row(1000), row(500, qty=2), apply_discount_on="Net Total", discount_amount=100)
	contract = made("quotation", quote)
	assert [(line.price, line.quantity) for line in contract.lines] == [(950, 1), (475, 2)]


def test_a_price_without_period_is_for_what_is_billed_at_once():
	contract = made("quotation", quotation(row(3000, interval="Month", interval_count=3)))
	assert contract.lines[0].period_amount == 3000
	contract = made("quotation", quotation(row(12000, interval="Quarter", price_period="Year")))
	assert contract.lines[0].period_amount == 3000


def test_two_ramps_of_one_item_stay_two_lines():
	code = item()
	later = {"from": "2027-04-01"}
	quote = quotation(
		row(100, item_code=code),
		row(110, item_code=code, **later),
		row(200, item_code=code),
		row(220, item_code=code, **later),
	)
	contract = made("quotation", quote)
	assert [line.price for line in contract.lines] == [100, 200]
	assert [(step.line_no, step.price) for step in contract.ramp_steps] == [(1, 110), (2, 220)]


def test_steps_may_be_quoted_in_any_order():
	code = item()
	quote = quotation(row(110, item_code=code, **{"from": "2027-04-01"}), row(100, item_code=code))
	contract = made("quotation", quote)
	assert [(line.price, line.start_date) for line in contract.lines] == [(100, None)]
	assert [(step.line_no, step.price) for step in contract.ramp_steps] == [(1, 110)]


def test_a_service_that_begins_later_is_a_line_that_begins_later():
	quote = quotation(row(100), row(50, **{"from": "2026-07-01"}))
	contract = made("quotation", quote)
	assert not contract.ramp_steps
	contract.submit()
	frappe.db.commit()
	bill(contract, date(2026, 6, 1))
	assert rows(bill(contract, date(2026, 7, 1))[-1]) == [
		(100, "2026-07-01", "2026-07-31"),
		(50, "2026-07-01", "2026-07-31"),
	]


def test_milestones_begin_as_one():
	contract = made("quotation", quotation(row(500), row(90000, "Milestones")))
	assert [(step.line_no, step.percent) for step in contract.milestones] == [(2, 100)]


@pytest.mark.parametrize(
	("items", "values", "words"),
	[
		([{"interval": "Month", "price_period": "Week"}], {}, r"1 \(.*a price per day or week cannot"),
		([{"from": "2027-04-01"}], {"billing_ext_start_date": None}, "Contract Start Date is empty"),
		([{"from": "2026-03-01"}], {}, "Row 1: From is 01.03.2026, before the contract starts on 01.04.2026"),
		([{}, {"from": "2027-04-01", "interval": "Year"}], {}, "Row 2 is a later step of row 1"),
	],
)
def test_a_quotation_that_could_not_become_a_contract_is_not_submitted(items, values, words):
	code = item()
	draft = quotation(*(row(100, item_code=code, **each) for each in items), submit=False, **values)
	with refuses(words):
		draft.submit()


def test_rates_with_tax_are_refused():
	draft = quotation(submit=False)
	account = frappe.db.get_value("Account", {"company": COMPANY, "account_type": "Tax", "is_group": 0})
	tax = {"charge_type": "On Net Total", "account_head": account, "rate": 25, "description": "MVA"}
	draft.set("taxes", [{**tax, "included_in_print_rate": 1}])
	draft.save()
	with refuses("includes the tax in the rates"):
		draft.submit()


def test_a_quotation_without_contract_rows_is_none_of_our_business():
	quote = quotation(row(100, ""), billing_ext_start_date=None)
	with refuses("No row of .* belongs to a contract"):
		made("quotation", quote)


def test_the_contract_names_the_chain_and_each_deal_shows_it(activating):
	buyer = customer()
	won = frappe.get_doc(
		{
			"doctype": "Opportunity",
			"opportunity_from": "Customer",
			"party_name": buyer,
			"company": COMPANY,
			"currency": "NOK",
			"billing_ext_term_months": 12,
			"items": [row(300, interval="Year")],
		}
	).insert()
	quote = make_quotation(won.name)
	assert quote.billing_ext_term_months == 12
	quote.submit()
	assert quote.items[0].billing_ext_interval == "Year"
	order = order_of(quote)
	contract = frappe.get_doc("Billing Contract", order.billing_ext_contract)
	assert (contract.opportunity, contract.quotation, contract.sales_order) == (
		won.name,
		quote.name,
		order.name,
	)
	assert (contract.docstatus, contract.lines[0].price, contract.term_months) == (1, 300, 12)
	for doctype in ("Opportunity", "Quotation", "Sales Order"):
		found = frappe.get_meta(doctype).get_dashboard_data()
		shown = [name for group in found.transactions for name in group["items"]]
		field = (found.non_standard_fieldnames or {}).get("Billing Contract", found.fieldname)
		assert "Billing Contract" in shown
		assert field == {"Opportunity": "opportunity", "Quotation": "quotation"}.get(doctype, "sales_order")


def test_a_won_opportunity_becomes_a_contract_and_an_open_one_does_not():
	won = frappe.get_doc(
		{
			"doctype": "Opportunity",
			"opportunity_from": "Customer",
			"party_name": customer(),
			"company": COMPANY,
			"currency": "NOK",
			"billing_ext_start_date": START,
			"items": [row(300)],
		}
	).insert()
	with refuses("is Open"):
		made("opportunity", won)
	won.status = "Converted"
	won.save()
	contract = made("opportunity", won)
	assert stored("Opportunity", won.name, "billing_ext_contract") == contract.name
	contract.submit()
	frappe.db.commit()
	assert rows(bill(contract, START)[0]) == [(300, "2026-04-01", "2026-04-30")]


def test_the_draft_of_an_opportunity_is_activated_by_the_order_that_follows(activating):
	won = frappe.get_doc(
		{
			"doctype": "Opportunity",
			"opportunity_from": "Customer",
			"party_name": customer(),
			"company": COMPANY,
			"currency": "NOK",
			"items": [row(300)],
		}
	).insert()
	won.status = "Converted"
	won.save()
	contract = made("opportunity", won)
	quote = make_quotation(won.name)
	quote.submit()
	with refuses("is the contract of"):
		made("quotation", quote)
	order = order_of(quote)
	assert stored("Billing Contract", contract.name, "docstatus", "sales_order") == (1, order.name)


def test_a_lead_must_be_a_customer_first():
	lead = frappe.get_doc(
		{"doctype": "Lead", "lead_name": unique("Kari"), "company_name": unique("AS")}
	).insert()
	quote = quotation(quotation_to="Lead", party_name=lead.name)
	with refuses("is not a customer yet"):
		made("quotation", quote)
	buyer = customer(lead_name=lead.name)
	assert made("quotation", quote).customer == buyer


def test_no_second_contract_until_the_first_is_cancelled():
	quote = quotation()
	first = made("quotation", quote)
	assert stored("Quotation", quote.name, "billing_ext_contract") == first.name
	with refuses(f"{first.name} is the contract of {quote.name}"):
		made("quotation", quote)
	with refuses(f"{first.name} is the contract of"):
		made("sales_order", order_of(quote))
	first.reload()
	first.submit()
	first.cancel()
	assert stored("Quotation", quote.name, "billing_ext_contract") is None
	second = made("quotation", quote)
	frappe.delete_doc("Billing Contract", second.name)
	assert stored("Quotation", quote.name, "billing_ext_contract") is None


def test_two_forms_opened_at_once_make_one_contract():
	quote = quotation()
	one, two = (make_mapped_doc("billing_ext.api.deals.make_from_quotation", quote.name) for _ in range(2))
	one.insert()
	with refuses("is the contract of"):
		two.insert()


def test_two_orders_of_one_quotation_may_have_a_contract_each():
	quote = quotation(row(100), row(200))
	halves = [
		order_of(quote, change=lambda order, keep=keep: order.set("items", [order.items[keep]]))
		for keep in (0, 0)  # the second order is offered what is left
	]
	assert [made("sales_order", half).lines[0].price for half in halves] == [100, 200]
	with refuses("is the contract of"):
		made("quotation", quote)


def test_submitting_the_order_activates_the_quotations_draft(activating):
	quote = quotation()
	contract = made("quotation", quote)
	order = order_of(quote)
	contract.reload()
	assert (contract.docstatus, contract.sales_order) == (1, order.name)
	assert order.billing_ext_contract == contract.name
	assert contract.next_billing_date == START


def test_without_the_setting_the_draft_is_linked_and_stays_a_draft():
	quote = quotation()
	contract = made("quotation", quote)
	order = order_of(quote)
	contract.reload()
	assert (contract.docstatus, contract.sales_order) == (0, order.name)
	assert not stored("Sales Order", order_of(quotation()).name, "billing_ext_contract")


def test_an_order_is_submitted_even_if_its_contract_cannot_be(activating):
	quote = quotation()
	contract = made("quotation", quote)
	frappe.db.set_value("Billing Contract", contract.name, "send_invoice", 1)  # and no e-mail to send them to
	frappe.db.commit()
	order = order_of(quote)
	assert stored("Sales Order", order.name, "docstatus") == 1
	assert stored("Billing Contract", contract.name, "docstatus", "sales_order") == (0, order.name)
	(said,) = [message for message in frappe.local.message_log if "not active" in str(message)]
	assert "Billing E-mail is empty" in str(said)
	task = frappe.get_doc("ToDo", {"reference_name": contract.name})
	assert "Billing E-mail is empty" in task.description
	assert (task.allocated_to, task.date) == (contract.owner, clock.today())
	assert frappe.db.exists(
		"Comment", {"reference_name": contract.name, "content": ("like", "%E-mail is empty%")}
	)


def test_an_order_that_differs_from_its_quotation_does_not_activate_the_quotations_contract(activating):
	quote = quotation(row(100, qty=5))
	contract = made("quotation", quote)

	def fewer(order):
		order.items[0].qty = 3

	order = order_of(quote, change=fewer)
	assert stored("Billing Contract", contract.name, "docstatus") == 0
	task = frappe.get_doc("ToDo", {"reference_name": contract.name})
	assert f"{order.name} differs from {quote.name}" in task.description


def test_an_order_whose_contract_cannot_be_made_says_so_on_the_order(activating, monkeypatch):
	def fails(contract, *, unasked):
		frappe.throw("The contract's customer is frozen")

	monkeypatch.setattr(deals, "insert", fails)
	order = order_of(quotation())
	assert stored("Sales Order", order.name, "docstatus") == 1
	assert "customer is frozen" in frappe.get_doc("ToDo", {"reference_name": order.name}).description


def test_a_seller_without_billing_roles_activates_by_submitting_the_order(activating):
	quote = quotation()
	order = order_of(quote, submit=False)
	frappe.set_user(user("Sales User"))
	order = frappe.get_doc("Sales Order", order.name)
	order.submit()
	assert frappe.db.get_value("Billing Contract", {"sales_order": order.name}, "docstatus") == 1


def test_accepting_a_quotation_activates_and_wins():
	quote = quotation()
	name = deals_api.accept_quotation(quote.name)
	frappe.db.commit()
	contract = frappe.get_doc("Billing Contract", name)
	assert (contract.docstatus, contract.quotation) == (1, quote.name)
	accepted = ("status", "billing_ext_accepted_on", "billing_ext_contract")
	assert stored("Quotation", quote.name, *accepted) == ("Ordered", frappe.utils.getdate(), name)
	frappe.db.set_value("Quotation", quote.name, "valid_till", "2026-03-21")
	set_expired_status()
	assert stored("Quotation", quote.name, "status") == "Expired"
	billing_ext_daily()
	assert stored("Quotation", quote.name, "status") == "Ordered"
	contract.cancel()
	assert stored("Quotation", quote.name, *accepted) == ("Open", None, None)


def test_accepting_uses_the_draft_that_is_there():
	quote = quotation()
	draft = made("quotation", quote)
	assert deals_api.accept_quotation(quote.name) == draft.name
	assert stored("Billing Contract", draft.name, "docstatus") == 1


def test_a_draft_follows_its_quotation_to_the_next_order():
	quote = quotation()
	contract = made("quotation", quote)
	order = order_of(quote)
	order.reload()
	order.cancel()
	assert stored("Billing Contract", contract.name, "sales_order") is None
	assert stored("Sales Order", order.name, "billing_ext_contract") is None
	again = order_of(quote)
	assert stored("Billing Contract", contract.name, "sales_order") == again.name


def test_the_draft_of_a_cancelled_order_cannot_be_activated():
	order = order_of(quotation())
	contract = made("sales_order", order)
	order.reload()
	order.cancel()
	contract.reload()
	with refuses(f"Cannot link cancelled document: Sales Order: {order.name}"):
		contract.submit()


def test_an_order_cannot_be_cancelled_under_its_active_contract():
	order = order_of(quotation())
	contract = made("sales_order", order)
	contract.submit()
	frappe.db.commit()
	order.reload()
	with pytest.raises(frappe.LinkExistsError):
		order.cancel()
	frappe.db.rollback()
	contract.reload()
	contract.cancel()
	order.reload()
	order.cancel()


def test_the_order_does_not_bill_what_its_contract_bills(activating):
	hardware = row(7000, "")
	order = order_of(quotation(row(500), hardware))
	invoice = make_sales_invoice(order.name)
	with refuses(rf"Row 1: .* of {order.name} is billed by the contract {order.billing_ext_contract}"):
		invoice.insert()
	invoice = make_sales_invoice(order.name)
	invoice.set("items", [each for each in invoice.items if each.item_code == hardware["item_code"]])
	invoice.insert().submit()
	assert invoice.net_total == 7000


def test_the_contract_does_not_bill_what_its_order_has_billed():
	order = order_of(quotation(row(500), row(900, "One-off")))
	contract = made("sales_order", order)
	invoice = make_sales_invoice(order.name)
	invoice.set("items", invoice.items[1:])
	invoice.insert().submit()
	with refuses(f"of {order.name} has been invoiced without the contract"):
		contract.submit()
	contract.reload()
	contract.set("lines", contract.lines[:1])
	contract.save()
	contract.submit()


def user(*roles):
	doc = frappe.get_doc(
		{
			"doctype": "User",
			"email": f"{frappe.generate_hash(length=8)}@example.com",
			"first_name": unique("User"),
			"send_welcome_email": 0,
			"roles": [{"role": role} for role in roles],
		}
	).insert()
	frappe.db.commit()
	return doc.name


@pytest.mark.parametrize(
	("roles", "may_make", "may_accept"),
	[
		(("Sales User",), False, False),
		(("Billing User",), False, False),
		(("Sales User", "Billing Auditor"), False, False),
		(("Sales User", "Billing User"), True, True),
	],
)
def test_making_needs_both_documents(roles, may_make, may_accept):
	quote = quotation()
	frappe.set_user(user(*roles))
	for allowed, call in (
		(may_make, deals_api.make_from_quotation),
		(may_accept, deals_api.accept_quotation),
	):
		if allowed:
			call(quote.name)
		else:
			with pytest.raises(frappe.PermissionError):
				call(quote.name)
