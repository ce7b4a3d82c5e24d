"""Set up ERPNext on a new site for a Norwegian company: `python site_setup.py SITE COMPANY ABBREVIATION`.

Run with the bench's Python from <bench>/sites. ERPNext's own set-up wizard does the most of it; the rest is what a
Norwegian accountant would set by hand before the first invoice.
"""

import sys

import frappe
from frappe.desk.page.setup_wizard.setup_wizard import setup_complete

FISCAL_YEARS = range(2024, 2029)
CURRENCIES = ("NOK", "EUR", "USD", "SEK", "DKK", "GBP")


def set_up(company: str, abbreviation: str) -> None:
	run_wizard(company, abbreviation)
	add_fiscal_years()
	set_system_settings()
	introduce(company)
	set_up_output_vat(company)
	set_up_deferred_revenue(company)
	invoice_to_the_øre()
	set_up_selling()
	settle_tables()


def run_wizard(company: str, abbreviation: str) -> None:
	setup_complete(
		{
			"language": "English",
			"country": "Norway",
			"timezone": "Europe/Oslo",
			"currency": "NOK",
			"company_name": company,
			"company_abbr": abbreviation,
			"chart_of_accounts": "Standard",
			"bank_account": "Operating Account",
			"fy_start_date": f"{FISCAL_YEARS[0]}-01-01",
			"fy_end_date": f"{FISCAL_YEARS[0]}-12-31",
			"enable_telemetry": 0,
		}
	)


def add_fiscal_years() -> None:
	for year in FISCAL_YEARS:
		if not frappe.db.exists("Fiscal Year", str(year)):
			frappe.get_doc(
				doctype="Fiscal Year",
				year=str(year),
				year_start_date=f"{year}-01-01",
				year_end_date=f"{year}-12-31",
			).insert()


def set_system_settings() -> None:
	settings = frappe.get_doc("System Settings")
	settings.update(
		{
			"language": "en",
			"date_format": "dd.mm.yyyy",
			"number_format": "# ###,##",
			"first_day_of_the_week": "Monday",
			# Half up, as Norwegian accounting systems do; the wizard's choice is banker's rounding.
			"rounding_method": "Commercial Rounding",
			"enable_scheduler": 0,
			"enable_onboarding": 0,
			"disable_system_update_notification": 1,
			"disable_change_log_notification": 1,
		}
	)
	settings.save()


def introduce(company: str) -> None:
	"""What the company's letters say about it: organisation number, address and bank account."""
	frappe.db.set_value(
		"Company",
		company,
		{
			"tax_id": "995525828",
			"email": "faktura@fjordsoftware.example",
			"phone_no": "+47 55 00 00 00",
			"website": "fjordsoftware.example",
		},
	)
	frappe.get_doc(
		doctype="Address",
		address_title=company,
		address_type="Office",
		address_line1="Bryggen 11",
		pincode="5003",
		city="Bergen",
		country="Norway",
		is_your_company_address=1,
		links=[{"link_doctype": "Company", "link_name": company}],
	).insert()
	frappe.get_doc(doctype="Bank", bank_name="Nordbank", swift_number="NBNKNO22").insert()
	frappe.get_doc(
		doctype="Bank Account",
		account_name="Drift",
		bank="Nordbank",
		is_company_account=1,
		is_default=1,
		company=company,
		account=frappe.db.get_value("Account", {"company": company, "account_name": "Operating Account"}),
		bank_account_no="86011117947",
		iban="NO9386011117947",
	).insert()


def set_up_output_vat(company: str) -> None:
	"""Replace the wizard's sales tax templates, which book output and input VAT on one account."""
	for doctype in ("Sales Taxes and Charges Template", "Item Tax Template"):
		for name in frappe.get_all(doctype, {"company": company}, pluck="name"):
			frappe.delete_doc(doctype, name)
	account = add_account(company, "Output VAT 25%", "Duties and Taxes", account_type="Tax", tax_rate=25)
	frappe.get_doc(
		doctype="Sales Taxes and Charges Template",
		title="MVA 25%",
		company=company,
		is_default=1,
		taxes=[
			{
				"charge_type": "On Net Total",
				"account_head": account,
				"description": "MVA 25 %",
				"rate": 25,
				"cost_center": frappe.db.get_value("Company", company, "cost_center"),
			}
		],
	).insert()


def set_up_deferred_revenue(company: str) -> None:
	account = add_account(company, "Deferred Revenue", "Current Liabilities")
	frappe.db.set_value("Company", company, "default_deferred_revenue_account", account)


def add_account(company: str, name: str, parent: str, **values) -> str:
	parent_account = frappe.db.get_value(
		"Account", {"company": company, "account_name": parent, "is_group": 1}
	)
	account = frappe.get_doc(
		doctype="Account", company=company, account_name=name, parent_account=parent_account, **values
	)
	return account.insert().name


def invoice_to_the_øre() -> None:
	"""Switch off whole-krone totals: electronic payments need no rounding."""
	defaults = frappe.get_doc("Global Defaults")
	defaults.disable_rounded_total = 1
	defaults.save()


def set_up_selling() -> None:
	for currency in CURRENCIES:
		frappe.db.set_value("Currency", currency, "enabled", 1)
	settings = frappe.get_doc("Selling Settings")
	settings.update(
		{
			"customer_group": "Commercial",
			"territory": "Norway",
			"selling_price_list": "Standard Selling",
			"maintain_same_sales_rate": 0,
			"editable_price_list_rate": 1,
		}
	)
	settings.save()


def settle_tables() -> None:
	"""Bring all tables to what their DocTypes say now.

	Frappe does that only when a DocType changes next, and what the wizard has set would then look like an app's doing.
	"""
	for doctype in frappe.get_all("DocType", {"issingle": 0, "is_virtual": 0}, pluck="name"):
		frappe.db.updatedb(doctype)


def main(site: str, company: str, abbreviation: str) -> None:
	frappe.init(site=site)
	frappe.connect()
	set_up(company, abbreviation)
	frappe.db.commit()
	frappe.clear_cache()
	frappe.destroy()


if __name__ == "__main__":
	main(*sys.argv[1:])
