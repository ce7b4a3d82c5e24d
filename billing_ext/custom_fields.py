"""What the app adds to ERPNext's DocTypes: one list, shared by installation and removal."""

from typing import Any

_INTERVALS = "\nDay\nWeek\nMonth\nQuarter\nHalf-Year\nYear"
_OF_RECURRING = "eval:doc.billing_ext_line_type=='Recurring'"


def _in_order(after: str, fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
	"""``fields`` one behind the other, the first behind the field ``after``."""
	names = [after, *(field["fieldname"] for field in fields)]
	return [{**field, "insert_after": name} for field, name in zip(fields, names, strict=False)]


def _deal(after: str) -> list[dict[str, Any]]:
	"""What an opportunity, quotation or sales order says about its contract. ERPNext carries it from one to the next."""
	return _in_order(
		after,
		[
			{
				"fieldname": "billing_ext_section",
				"fieldtype": "Section Break",
				"label": "Billing Contract",
				"collapsible": 1,
				"collapsible_depends_on": "eval:doc.billing_ext_contract || doc.billing_ext_start_date || doc.billing_ext_term_months",
			},
			{
				"fieldname": "billing_ext_start_date",
				"fieldtype": "Date",
				"label": "Contract Start Date",
				"description": "First day of service. Empty: the day on which the contract is made.",
			},
			{
				"fieldname": "billing_ext_term_months",
				"fieldtype": "Int",
				"label": "Term in Months",
				"description": "Empty: without end.",
				"non_negative": 1,
			},
			{"fieldname": "billing_ext_column", "fieldtype": "Column Break"},
			{
				"fieldname": "billing_ext_renewal",
				"fieldtype": "Select",
				"label": "At the End of the Term",
				"options": "\nEnds\nRenews for a Term\nContinues without End",
				"description": "Empty: the contract ends.",
				"depends_on": "billing_ext_term_months",
			},
			{
				"fieldname": "billing_ext_contract",
				"fieldtype": "Link",
				"label": "Billing Contract",
				"options": "Billing Contract",
				"depends_on": "billing_ext_contract",
				"read_only": 1,
				"no_copy": 1,
				"search_index": 1,
				"in_standard_filter": 1,
				"print_hide": 1,
			},
		],
	)


def _deal_line(after: str) -> list[dict[str, Any]]:
	"""How a row of an opportunity, quotation or sales order is billed by the contract."""
	return _in_order(
		after,
		[
			{
				"fieldname": "billing_ext_section",
				"fieldtype": "Section Break",
				"label": "Billing Contract",
				"collapsible": 1,
				"collapsible_depends_on": "billing_ext_line_type",
			},
			{
				"fieldname": "billing_ext_line_type",
				"fieldtype": "Select",
				"label": "Contract Line Type",
				"options": "\nRecurring\nOne-off\nMilestones",
				"description": "Empty: not part of the contract.",
				"print_hide": 1,
			},
			{
				"fieldname": "billing_ext_from",
				"fieldtype": "Date",
				"label": "From",
				"description": "Empty: from the contract's start. A recurring row of the same item with a later date is a step of the same line: from then on its rate, quantity and discount hold.",
				"depends_on": "billing_ext_line_type",
			},
			{"fieldname": "billing_ext_column_1", "fieldtype": "Column Break"},
			{
				"fieldname": "billing_ext_interval_count",
				"fieldtype": "Int",
				"label": "Bill Every",
				"description": "Empty: 1.",
				"depends_on": _OF_RECURRING,
				"non_negative": 1,
			},
			{
				"fieldname": "billing_ext_interval",
				"fieldtype": "Select",
				"label": "Billing Interval",
				"options": _INTERVALS,
				"description": "Empty: Month.",
				"depends_on": _OF_RECURRING,
			},
			{"fieldname": "billing_ext_column_2", "fieldtype": "Column Break"},
			{
				"fieldname": "billing_ext_price_period",
				"fieldtype": "Select",
				"label": "Price Period",
				"options": _INTERVALS,
				"description": "The rate is the price of one unit for so long. Empty: for as long as is billed at once.",
				"depends_on": _OF_RECURRING,
			},
			{
				"fieldname": "billing_ext_timing",
				"fieldtype": "Select",
				"label": "Timing",
				"options": "\nIn Advance\nIn Arrears",
				"description": "Empty: In Advance.",
				"depends_on": _OF_RECURRING,
				"print_hide": 1,
			},
		],
	)


_ACCEPTED_ON = {
	"fieldname": "billing_ext_accepted_on",
	"fieldtype": "Date",
	"label": "Accepted on",
	"insert_after": "billing_ext_contract",
	"depends_on": "billing_ext_accepted_on",
	"read_only": 1,
	"no_copy": 1,
	"search_index": 1,
	"print_hide": 1,
}

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
		{
			"fieldname": "billing_ext_number",
			"fieldtype": "Data",
			"label": "Legal Number",
			"insert_after": "billing_ext_run",
			"depends_on": "billing_ext_number",
			"description": "Of the unbroken series that the law asks for; printed, and used by Tripletex.",
			"read_only": 1,
			"no_copy": 1,
			"search_index": 1,
			"in_standard_filter": 1,
			"in_global_search": 1,
			"print_hide": 1,
		},
		{
			"fieldname": "billing_ext_kid",
			"fieldtype": "Data",
			"label": "KID",
			"insert_after": "billing_ext_number",
			"depends_on": "billing_ext_kid",
			"read_only": 1,
			"no_copy": 1,
			"search_index": 1,
			"print_hide": 1,
		},
		{
			"fieldname": "billing_ext_tripletex_status",
			"fieldtype": "Select",
			"label": "Status in Tripletex",
			"options": "\nWaiting\nBooked\nDiffers\nNeeds Attention",
			"insert_after": "billing_ext_kid",
			"depends_on": "billing_ext_tripletex_status",
			"read_only": 1,
			"no_copy": 1,
			"in_standard_filter": 1,
			"print_hide": 1,
			"allow_on_submit": 1,
		},
	],
	"Customer": [
		{
			"fieldname": "billing_ext_sender",
			"fieldtype": "Select",
			"label": "Invoices are Sent by",
			"options": "\nERPNext\nTripletex: e-mail\nTripletex: EHF\nTripletex: eFaktura\nTripletex: AvtaleGiro\nTripletex: Vipps\nTripletex: paper",
			"insert_after": "payment_terms",
			"description": "Empty: as Tripletex Settings say.",
		},
		{
			"fieldname": "billing_ext_buyer_reference",
			"fieldtype": "Data",
			"label": "Buyer Reference",
			"insert_after": "billing_ext_sender",
			"description": "An EHF invoice must carry one, or an order number.",
		},
		{
			"fieldname": "billing_ext_payment_status",
			"fieldtype": "Select",
			"label": "Payment Status",
			"options": "\nPaid\nPending\nOverdue",
			"insert_after": "billing_ext_buyer_reference",
			"depends_on": "billing_ext_payment_status",
			"read_only": 1,
			"no_copy": 1,
			"in_standard_filter": 1,
			"description": "Overdue: at least one invoice is unpaid after its due date.",
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
			"fieldname": "billing_ext_contract",
			"fieldtype": "Link",
			"label": "Billing Contract",
			"options": "Billing Contract",
			"insert_after": "billing_ext_contract_line",
			"read_only": 1,
			"no_copy": 1,
			"search_index": 1,
			"print_hide": 1,
		},
		{
			"fieldname": "billing_ext_charge",
			"fieldtype": "Link",
			"label": "Billing Charge",
			"options": "Billing Charge",
			"insert_after": "billing_ext_contract",
			"read_only": 1,
			"no_copy": 1,
			"print_hide": 1,
		},
	],
	"Opportunity": _deal("items"),
	"Opportunity Item": _deal_line("amount"),
	"Quotation": [*_deal("items"), _ACCEPTED_ON],
	"Quotation Item": _deal_line("has_alternative_item"),
	"Sales Order": _deal("items"),
	"Sales Order Item": _deal_line("grant_commission"),
}

# Only where Frappe's HR app is installed.
HRMS_FIELDS: dict[str, list[dict[str, Any]]] = {
	"Expense Claim Detail": [
		{
			"fieldname": "billing_ext_billable",
			"fieldtype": "Check",
			"label": "Billable",
			"insert_after": "sanctioned_amount",
			"allow_on_submit": 1,
			"in_list_view": 1,
			"description": "Billed to the customer by the contract of the project.",
		}
	]
}
