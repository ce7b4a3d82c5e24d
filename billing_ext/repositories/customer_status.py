"""Whether a customer has paid, as the customer's record shows it."""

from __future__ import annotations

from collections.abc import Collection

import frappe

from billing_ext.repositories import bulk_rows, clock, unit_of_work

FIELD = "billing_ext_payment_status"

# What of an invoice was payable before today, by its schedule, is compared with what was paid of it.
_CHANGED = """select customer.name, ifnull(wanted.status, '') from `tabCustomer` customer
	left join (
		select customer, case
			when max(outstanding_amount > 0 and (due_date < %(today)s
				or if(party_account_currency = currency, grand_total, base_grand_total) - outstanding_amount + 0.004 < (
					select sum(if(party_account_currency = currency, term.payment_amount, term.base_payment_amount))
					from `tabPayment Schedule` term
					where term.parent = invoice.name and term.parenttype = 'Sales Invoice' and term.due_date < %(today)s)
				)) then 'Overdue'
			when max(outstanding_amount > 0) then 'Pending'
			else 'Paid' end status
		from `tabSales Invoice` invoice where docstatus = 1 and is_return = 0 {of_some} group by customer
	) wanted on wanted.customer = customer.name
	where ifnull(customer.billing_ext_payment_status, '') != ifnull(wanted.status, '') {named}"""


def refresh(customers: Collection[str] | None = None) -> int:
	"""Bring the payment status of these customers, or of all, up to date; how many it was another for.

	*Overdue*: an invoice, or an instalment of one, is unpaid after its due date. *Pending*: something is unpaid.
	*Paid*: there are invoices, and nothing is. Empty: there are none. On its due date an invoice is not overdue.

	Read first and written only where it changed: an UPDATE with a subquery would lock every invoice that it reads.
	Written in the order of names, so that two transactions cannot wait for each other.
	"""
	if customers is not None and not customers:
		return 0
	values = {"today": clock.today(), "customers": tuple(customers or ())}
	some = customers is not None
	query = _CHANGED.format(
		of_some="and customer in %(customers)s" if some else "",
		named="and customer.name in %(customers)s" if some else "",
	)
	changed = dict(sorted(frappe.db.sql(query, values)))
	bulk_rows.update("Customer", {name: {FIELD: status} for name, status in changed.items()})
	return len(changed)


def refresh_before_commit(customer: str) -> None:
	"""Bring a customer's status up to date when the transaction is about to end, with all others that it has touched."""
	unit_of_work.before_commit(refresh, {customer})
