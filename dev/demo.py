"""Fill a site with the demo data and bill a year of it, day by day as the scheduler would; then print what happened.

`python demo.py SITE`, run from <bench>/sites. What is there already is left as it is.
"""

import json
import sys
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import demo_tripletex
import frappe
from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

from billing_ext.core.metrics import mrr
from billing_ext.repositories import clock, contracts, runs
from billing_ext.services import billing_run, renewals, state_sweep

FIXTURES = Path(__file__).parent.parent / "fixtures"
COMPANY, ABBREVIATION = "Fjord Software AS", "FS"
FIRST_DAY, LAST_DAY = date(2025, 11, 1), date(2026, 10, 31)


def fixture(name):
	return json.loads((FIXTURES / f"{name}.json").read_text())


def main(site):
	frappe.init(site=site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	names = load()
	demo_tripletex.set_up(COMPANY)
	bill_year(names)
	demo_tripletex.book(COMPANY)
	report(names)
	demo_tripletex.report(COMPANY)
	frappe.destroy()


def load():
	"""Load what is missing; the contracts' names by their keys."""
	# Contracts in euro post to the company's one receivable account.
	frappe.db.set_single_value(
		"Accounts Settings", "allow_multi_currency_invoices_against_single_party_account", 1
	)
	insert_once(
		"Sales Taxes and Charges Template",
		f"Utførsel 0% - {ABBREVIATION}",
		title="Utførsel 0%",
		company=COMPANY,
		taxes=[
			{
				"charge_type": "On Net Total",
				"account_head": f"Output VAT 25% - {ABBREVIATION}",
				"description": "Utførsel, mval. § 6-22",
				"rate": 0,
			}
		],
	)
	insert_once(
		"Payment Terms Template",
		"14 days",
		template_name="14 days",
		terms=[{"invoice_portion": 100, "due_date_based_on": "Day(s) after invoice date", "credit_days": 14}],
	)
	brand_company()
	for item in fixture("items"):
		insert_once(
			"Item", item["item_code"], item_group="Services", stock_uom="Nos", is_stock_item=0, **item
		)
	for customer in fixture("customers"):
		insert_customer(**customer)
	for rate in fixture("currency_exchange"):
		if not frappe.db.exists("Currency Exchange", {key: rate[key] for key in ("date", "from_currency")}):
			insert("Currency Exchange", for_selling=1, for_buying=1, **rate)
	names = {row["key"]: contract_name(row) for row in fixture("contracts")}
	frappe.db.commit()
	return names


def insert_once(doctype, name, **values):
	if not frappe.db.exists(doctype, name):
		insert(doctype, **values)


def insert(doctype, **values):
	return frappe.get_doc({**values, "doctype": doctype}).insert()


def insert_customer(customer_name, email, address, **values):
	if frappe.db.exists("Customer", customer_name):
		return
	insert(
		"Customer",
		customer_name=customer_name,
		customer_group="Commercial",
		territory="Norway",
		email_id=email,
		payment_terms="14 days",
		**values,
	)
	insert(
		"Address",
		address_title=customer_name,
		address_type="Billing",
		is_primary_address=1,
		links=[{"link_doctype": "Customer", "link_name": customer_name}],
		**address,
	)


def brand_company():
	"""Logo, colours, KID and what else the company's letters show."""
	logo = "/files/fjord-software.svg"
	if not frappe.db.exists("File", {"file_url": logo}):
		content = (FIXTURES / "fjord-software.svg").read_bytes()
		insert("File", file_name="fjord-software.svg", content=content, is_private=0)
	insert_once(
		"Billing Branding",
		COMPANY,
		company=COMPANY,
		logo=logo,
		primary_color="#1c4f8f",
		accent_color="#d9822b",
		registered_office="Bergen",
		kid_length=14,
		late_interest_rate=12.25,
		show_usage=1,
	)
	category = {"doctype": "Tax Category", "title": "Utførsel"}
	if not frappe.db.exists(category["doctype"], category["title"]):
		insert(**category, billing_ext_invoice_text="Utførsel, merverdiavgiftsloven § 6-22")


def contract_name(row):
	"""The contract of a row, made and submitted if it is missing."""
	existing = frappe.db.get_value("Billing Contract", {"customer": row["customer"], "docstatus": 1})
	if existing:
		return existing
	values = {key: value for key, value in row.items() if key not in ("key", "lines")}
	lines = [{key: value for key, value in line.items() if key != "key"} for line in row["lines"]]
	contract = insert("Billing Contract", **{"company": COMPANY, "currency": "NOK", **values, "lines": lines})
	contract.submit()
	return contract.name


def bill_year(names):
	"""Enter the amendments on their days, bill each day that has not been billed, and book what is paid."""
	last = frappe.db.get_value("Billing Run", {"trigger": "Scheduler"}, "max(as_of)")
	day = last + timedelta(days=1) if last else FIRST_DAY
	amendments = defaultdict(list)
	for row in fixture("amendments"):
		amendments[date.fromisoformat(row["entered_on"])].append(row)
	while day <= LAST_DAY:
		clock.today = lambda today=day: today
		demo_tripletex.begin_day(COMPANY, day)
		for row in amendments[day]:
			amend(row, names[row["contract"]])
		renewals.renew_due()
		run = runs.create(day, "Scheduler", f"scheduled|{day.isoformat()}")
		frappe.db.commit()
		billing_run.run_now(run)
		frappe.set_user("Administrator")
		state_sweep.advance_statuses()
		book_payments(day)
		if (day + timedelta(days=1)).day == 1:
			print(f"  billed through {day:%B %Y}", flush=True)
		day += timedelta(days=1)


def book_payments(day):
	"""Customers pay in kroner when their invoice falls due; since go-live they pay at the bank of Tripletex."""
	if day > LAST_DAY - timedelta(days=30):
		return
	last_day_before = day == demo_tripletex.GO_LIVE - timedelta(days=1)
	due = {
		# What is open at go-live would have to stand in Tripletex's opening balance.
		**({} if last_day_before else {"due_date": day}),
		"posting_date": ("<", demo_tripletex.GO_LIVE),
		"docstatus": 1,
		"is_return": 0,
		"currency": "NOK",
		"outstanding_amount": (">", 0),
	}
	for invoice in frappe.get_all("Sales Invoice", filters=due, pluck="name"):
		payment = get_payment_entry("Sales Invoice", invoice)
		payment.update({"posting_date": day, "reference_no": invoice, "reference_date": day})
		payment.submit()
	frappe.db.commit()


def amend(row, contract):
	"""Enter and submit an amendment as a person would, unless an interrupted run has done it."""
	if frappe.db.exists("Billing Amendment", {"contract": contract, "reason": row["reason"]}):
		return
	lines = [
		{
			"change": "Change Terms",
			**{key: value for key, value in line.items() if key != "line"},
			"contract_line": line_id(contract, row["contract"], line["line"]) if "line" in line else None,
		}
		for line in row.get("lines", ())
	]
	values = {key: value for key, value in row.items() if key not in ("contract", "entered_on", "lines")}
	insert("Billing Amendment", contract=contract, **values, lines=lines).submit()
	frappe.db.commit()


def line_id(contract, key, line):
	"""The contract's row for a line's key."""
	lines = next(row["lines"] for row in fixture("contracts") if row["key"] == key)
	index = [entry["key"] for entry in lines].index(line) + 1
	return frappe.db.get_value("Billing Contract Line", {"parent": contract, "idx": index})


def report(names):
	invoices = frappe.get_all(
		"Sales Invoice",
		filters={"billing_ext_contract": ("in", list(names.values())), "docstatus": 1},
		fields=["name", "posting_date", "currency", "net_total", "is_return", "billing_ext_contract"],
	)
	report_contracts(names, invoices)
	report_months(names, invoices)
	report_upgrade(names["hosting"])


def report_contracts(names, invoices):
	print(
		f"\n{len(names)} contracts, {len(invoices)} documents, {sum(row.is_return for row in invoices)} of them credit notes\n"
	)
	print(
		f"  {'Contract':<15}{'Customer':<22}{'Status':<10}{'Documents':>10}{'Net billed':>15}  {'Next billing':<12}"
	)
	for name in names.values():
		contract = frappe.get_doc("Billing Contract", name)
		own = [row for row in invoices if row.billing_ext_contract == name]
		net = sum(row.net_total for row in own)
		amount = f"{net:,.2f} {contract.currency}"
		print(
			f"  {name:<15}{contract.customer:<22}{contract.status:<10}{len(own):>10}{amount:>15}  "
			f"{contract.next_billing_date or '-'!s:<12}"
		)


def report_months(names, invoices):
	records = [contracts.record(name).to_core() for name in names.values()]
	print(
		f"\n  {'Month':<10}{'Invoices':>9}{'Credits':>9}{'Net NOK':>14}{'Net EUR':>12}{'MRR NOK':>14}{'MRR EUR':>12}"
	)
	month = FIRST_DAY
	while month <= LAST_DAY:
		following = (month + timedelta(days=31)).replace(day=1)
		own = [row for row in invoices if month <= row.posting_date < following]
		net = {unit: sum(row.net_total for row in own if row.currency == unit) for unit in ("NOK", "EUR")}
		recurring = {
			unit: month_end_mrr(records, unit, following - timedelta(days=1)) for unit in ("NOK", "EUR")
		}
		credits = sum(row.is_return for row in own)
		print(
			f"  {month:%Y-%m}   {len(own) - credits:>9}{credits:>9}{net['NOK']:>14,.2f}{net['EUR']:>12,.2f}"
			f"{recurring['NOK']:>14,.2f}{recurring['EUR']:>12,.2f}"
		)
		month = following


def month_end_mrr(records, unit, day) -> Decimal:
	return sum(
		(record.currency.round(mrr(record, day)) for record in records if record.currency.code == unit),
		Decimal(0),
	)


def report_upgrade(contract):
	correction = frappe.get_all(
		"Billing Charge",
		filters={"contract": contract, "kind": "Correction"},
		fields=["service_start", "service_end", "formula", "amount", "sales_invoice"],
	)[0]
	print(
		f"\n  The upgrade in mid-cycle, on invoice {correction.sales_invoice}:\n"
		f"  {correction.service_start:%d.%m.%Y} - {correction.service_end:%d.%m.%Y}   {correction.formula}\n"
	)


if __name__ == "__main__":
	main(sys.argv[1])
