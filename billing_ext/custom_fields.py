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
