"""What the app adds to ERPNext's DocTypes: one list, shared by installation and removal."""

from typing import Any

CUSTOM_FIELDS: dict[str, list[dict[str, Any]]] = {
	"Sales Invoice": [
		{
			"fieldname": "billing_ext_contract",
			"fieldtype": "Link",
			"label": "Billing Contract",
			"options": "Billing Contract",
			"insert_after": "due_date",
			"depends_on": "billing_ext_contract",
			"read_only": 1,
			"no_copy": 1,
			"search_index": 1,
			"in_standard_filter": 1,
			"print_hide": 1,
		},
		{
			"fieldname": "billing_ext_run",
			"fieldtype": "Link",
			"label": "Billing Run",
			"options": "Billing Run",
			"insert_after": "billing_ext_contract",
			"depends_on": "billing_ext_run",
			"read_only": 1,
			"no_copy": 1,
			"search_index": 1,
			"print_hide": 1,
		},
	],
	"Print Format": [
		{
			"fieldname": "billing_ext_liquid",
			"fieldtype": "Check",
			"label": "Prints through Liquid",
			"insert_after": "custom_format",
			"depends_on": "billing_ext_liquid",
			"read_only": 1,
			"no_copy": 1,
		},
		{
			"fieldname": "billing_ext_liquid_template",
			"fieldtype": "Link",
			"label": "Liquid Template",
			"options": "Liquid Template",
			"insert_after": "billing_ext_liquid",
			"depends_on": "billing_ext_liquid",
			"description": "Empty: chosen by the Liquid Template Rules.",
			"read_only": 1,
			"no_copy": 1,
		},
	],
	"Tax Category": [
		{
			"fieldname": "billing_ext_invoice_text",
			"fieldtype": "Small Text",
			"label": "Text on Invoices without VAT",
			"insert_after": "title",
			"description": "Printed where no VAT is charged, such as: Omvendt avgiftsplikt – Merverdiavgift ikke beregnet",
		},
	],
	"Sales Invoice Item": [
		{
			"fieldname": "billing_ext_contract_line",
			"fieldtype": "Data",
			"label": "Contract Line",
			"insert_after": "service_end_date",
			"read_only": 1,
			"no_copy": 1,
			"print_hide": 1,
		},
		{
			"fieldname": "billing_ext_charge",
			"fieldtype": "Link",
			"label": "Billing Charge",
			"options": "Billing Charge",
			"insert_after": "billing_ext_contract_line",
			"read_only": 1,
			"no_copy": 1,
			"print_hide": 1,
		},
	],
}
