"""Where the fields of ERPNext's documents are among the objects of our templates."""

from __future__ import annotations

_PARTY = {
	"customer": "customer.number",
	"customer_name": "customer.name",
	"tax_id": "customer.vat_number",
	"contact_display": "customer.contact",
	"contact_person": "customer.contact",
	"contact_email": "customer.email",
	"contact_mobile": "customer.phone",
	"contact_phone": "customer.phone",
	"company": "company.name",
	"company_tax_id": "company.vat_number",
	"language": "language",
	"letter_head": "branding.logo",
}

_SOLD = {
	**_PARTY,
	"name": "invoice.number",
	"posting_date": "invoice.date",
	"transaction_date": "invoice.date",
	"due_date": "invoice.due_date",
	"delivery_date": "invoice.delivery_to",
	"from_date": "invoice.delivery_from",
	"to_date": "invoice.delivery_to",
	"currency": "invoice.currency",
	"conversion_rate": "invoice.exchange_rate",
	"po_no": "invoice.order_reference",
	"terms": "invoice.note",
	"status": "invoice.status",
	"is_return": "invoice.is_credit_note",
	"is_debit_note": "invoice.is_debit_note",
	"return_against": "invoice.credited_number",
	"net_total": "invoice.net",
	"total": "invoice.net",
	"discount_amount": "invoice.discount",
	"total_taxes_and_charges": "invoice.tax",
	"base_total_taxes_and_charges": "invoice.company_tax",
	"rounding_adjustment": "invoice.rounding",
	"grand_total": "invoice.total",
	"rounded_total": "invoice.total",
	"paid_amount": "invoice.paid",
	"outstanding_amount": "invoice.amount_due",
	"payment_terms_template": "payment.terms",
	"items": "lines",
	"taxes": "taxes",
	"payment_schedule": "payment.instalments",
}

DOCUMENTS: dict[str, dict[str, str]] = {
	"Sales Invoice": _SOLD,
	"Sales Order": _SOLD,
	"Dunning": {
		**_PARTY,
		"name": "reminder.number",
		"dunning_type": "reminder.title",
		"posting_date": "reminder.date",
		"currency": "reminder.currency",
		"body_text": "reminder.text",
		"closing_text": "reminder.closing_text",
		"rate_of_interest": "reminder.interest_rate",
		"total_interest": "reminder.interest",
		"dunning_fee": "reminder.fee",
		"total_outstanding": "reminder.principal",
		"grand_total": "reminder.total",
		"overdue_payments": "reminder.invoices",
	},
	"Billing Contract": {
		**_PARTY,
		"name": "contract.number",
		"title": "contract.title",
		"status": "contract.status",
		"start_date": "contract.start_date",
		"end_date": "contract.end_date",
		"currency": "contract.currency",
		"po_no": "contract.order_reference",
		"payment_terms_template": "contract.payment_terms",
		"lines": "contract.lines",
	},
	"Customer": {
		"name": "customer.number",
		"customer_name": "customer.name",
		"tax_id": "customer.vat_number",
		"email_id": "customer.email",
		"mobile_no": "customer.phone",
	},
}
"""The fields of a document, by document type."""

ROWS: dict[str, dict[str, str]] = {
	"line": {
		"idx": "number",
		"item_code": "code",
		"item_name": "name",
		"description": "description",
		"qty": "quantity",
		"uom": "unit",
		"stock_uom": "unit",
		"rate": "price",
		"net_rate": "price",
		"price_list_rate": "list_price",
		"discount_percentage": "discount_percent",
		"amount": "net",
		"net_amount": "net",
		"service_start_date": "period_from",
		"service_end_date": "period_to",
	},
	"tax": {
		"description": "name",
		"account_head": "name",
		"rate": "rate",
		"tax_amount": "amount",
		"tax_amount_after_discount_amount": "amount",
		"base_tax_amount": "company_amount",
		"net_amount": "base",
	},
	"instalment": {
		"due_date": "due_date",
		"payment_amount": "amount",
		"invoice_portion": "percent",
		"description": "description",
	},
	"reminded_invoice": {
		"sales_invoice": "number",
		"due_date": "due_date",
		"overdue_days": "days_overdue",
		"outstanding": "outstanding",
		"interest": "interest",
	},
	"contract_line": {
		"item_name": "name",
		"description": "description",
		"qty": "quantity",
		"uom": "unit",
		"start_date": "start_date",
		"end_date": "end_date",
	},
}
"""The fields of the rows of a document's tables, by the name of the schema that they become."""

ADDRESSES = {
	"address_display": "customer.address",
	"customer_address": "customer.address",
	"shipping_address": "customer.shipping_address",
	"shipping_address_name": "customer.shipping_address",
	"company_address_display": "company.address",
	"company_address": "company.address",
}
"""Fields that hold an address as HTML, and the address that is written out instead."""

MAIN = {
	"Sales Invoice": "invoice",
	"Sales Order": "invoice",
	"Dunning": "reminder",
	"Billing Contract": "contract",
	"Customer": "customer",
}
"""The object that has a document's own custom fields."""

NEAR = frozenset(("total", "rounded_total", "conversion_rate", "net_rate", "letter_head"))
"""Fields whose nearest field means something slightly else."""
