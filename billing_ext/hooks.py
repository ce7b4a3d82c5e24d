app_name = "billing_ext"
app_title = "Billing"
app_publisher = "billing_ext contributors"
app_description = "Contract-driven subscription billing for ERPNext"
app_license = "gpl-3.0"
required_apps = ["erpnext"]

after_install = "billing_ext.install.after_install"
after_migrate = "billing_ext.install.after_migrate"
after_app_install = "billing_ext.install.after_app_install"
before_uninstall = "billing_ext.uninstall.before_uninstall"

jinja = {
	"methods": [
		"billing_ext.api.printing.billing_ext_liquid",
		"billing_ext.api.printing.billing_ext_statement",
	]
}
pdf_generator = "billing_ext.api.printing.pdf"
after_request = ["billing_ext.api.printing.close_printer"]
after_job = ["billing_ext.api.printing.close_printer"]

process_soa_html = {
	"General Ledger": "billing_ext/templates/statements/general_ledger.html",
	"Accounts Receivable": "billing_ext/templates/statements/accounts_receivable.html",
}

doc_events = {
	"Customer": {"on_update": "billing_ext.overrides.customer.on_update"},
	"Address": {"on_update": "billing_ext.overrides.customer.address_on_update"},
	"Contact": {"on_update": "billing_ext.overrides.customer.address_on_update"},
	"Print Format": {"before_validate": "billing_ext.overrides.print_format.before_validate"},
	"Payment Entry": {
		"on_submit": "billing_ext.overrides.payment_entry.on_submit",
		"before_cancel": "billing_ext.overrides.payment_entry.before_cancel",
		"on_cancel": "billing_ext.overrides.payment_entry.on_cancel",
	},
	"Quotation": {
		"before_submit": "billing_ext.overrides.quotation.before_submit",
		"on_cancel": "billing_ext.overrides.quotation.on_cancel",
	},
	"Sales Order": {
		"before_submit": "billing_ext.overrides.sales_order.before_submit",
		"on_submit": "billing_ext.overrides.sales_order.on_submit",
		"on_cancel": "billing_ext.overrides.sales_order.on_cancel",
	},
	"Expense Claim": {
		"on_submit": "billing_ext.overrides.expense_claim.changed",
		"on_update_after_submit": "billing_ext.overrides.expense_claim.changed",
		"on_cancel": "billing_ext.overrides.expense_claim.changed",
	},
	"Task": {"on_update": "billing_ext.overrides.task.on_update"},
	"Timesheet": {
		"on_submit": "billing_ext.overrides.timesheet.on_submit",
		"on_update_after_submit": "billing_ext.overrides.timesheet.on_update_after_submit",
		"before_cancel": "billing_ext.overrides.timesheet.before_cancel",
		"on_cancel": "billing_ext.overrides.timesheet.on_cancel",
	},
	"Sales Invoice": {
		"before_validate": "billing_ext.overrides.sales_invoice.before_validate",
		"validate": "billing_ext.overrides.sales_invoice.validate",
		"before_submit": "billing_ext.overrides.sales_invoice.before_submit",
		"before_cancel": "billing_ext.overrides.sales_invoice.before_cancel",
		"on_submit": "billing_ext.overrides.sales_invoice.on_submit",
		"on_cancel": "billing_ext.overrides.sales_invoice.on_cancel",
		"on_trash": "billing_ext.overrides.sales_invoice.on_trash",
	},
}

app_include_js = "billing_ext.bundle.js"
app_include_css = "billing_ext.bundle.css"

doctype_js = {
	"Customer": "public/js/customer.js",
	"Data Import": "public/js/data_import.js",
	"Opportunity": "public/js/opportunity.js",
	"Quotation": "public/js/quotation.js",
	"Sales Invoice": "public/js/sales_invoice.js",
	"Sales Order": "public/js/sales_order.js",
}

override_doctype_dashboards = {
	"Customer": "billing_ext.overrides.customer.dashboard",
	"Opportunity": "billing_ext.overrides.opportunity.dashboard",
	"Quotation": "billing_ext.overrides.quotation.dashboard",
	"Sales Order": "billing_ext.overrides.sales_order.dashboard",
}

# The nightly run starts at 02:15, or in the first hour after that in which the scheduler is up.
# The names' last part must be unique on the site: Frappe names the job type after it.
scheduler_events = {
	"cron": {
		"15 2-23 * * *": ["billing_ext.tasks.billing_ext_nightly"],
		"*/5 * * * *": ["billing_ext.tasks.billing_ext_frequent"],
		"30 3 * * *": ["billing_ext.tasks.billing_ext_tripletex_daily"],
		"30 5 * * *": ["billing_ext.tasks.billing_ext_tripletex_reconcile"],
	},
	"hourly": ["billing_ext.tasks.billing_ext_hourly", "billing_ext.tasks.billing_ext_tripletex_hourly"],
	"daily": ["billing_ext.tasks.billing_ext_daily"],
	"weekly_long": ["billing_ext.tasks.billing_ext_weekly"],
}

auto_cancel_exempted_doctypes = ["Billing Contract", "Billing Amendment"]

# Results of a comparison keep no contract from being deleted.
ignore_links_on_delete = ["Billing Parallel Run"]
