"""Whole books for the reconciliation: a company without documents of other tests, and what a month of it looks like."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import frappe
from site_builders import COMPANY

from billing_ext.repositories.tripletex import numbers
from billing_ext.services.tripletex import comparison

DOCUMENTS = {
	"Sales Invoice": ("Sales Invoice Item", "Sales Taxes and Charges", "Payment Schedule"),
	"Payment Entry": ("Payment Entry Reference", "Payment Entry Deduction"),
	"Journal Entry": ("Journal Entry Account",),
	"Process Deferred Accounting": (),
}
LEDGERS = ("GL Entry", "Payment Ledger Entry")


@contextmanager
def empty_ledgers() -> Iterator[None]:
	"""Without any document of the company, before and after."""
	empty()
	yield
	frappe.db.rollback()
	empty()


def empty() -> None:
	for doctype, children in DOCUMENTS.items():
		for name in frappe.get_all(doctype, {"company": COMPANY}, pluck="name"):
			for child in children:
				frappe.db.delete(child, {"parent": name})
			frappe.db.delete(doctype, {"name": name})
	for ledger in LEDGERS:
		frappe.db.delete(ledger, {"company": COMPANY})
	numbers.forget_series()
	frappe.db.commit()


def reconcile(month: date = date(2026, 10, 1)) -> Any:
	"""A comparison of a month, as a person starts it; the finished document."""
	doc = frappe.get_doc({"doctype": "Tripletex Reconciliation", "company": COMPANY, "month": month}).insert()
	frappe.db.commit()
	comparison.compare(doc.name)
	return frappe.get_doc("Tripletex Reconciliation", doc.name)


def differences(doc: Any) -> dict[str, tuple[str, str]]:
	"""Label -> ours and theirs of a reconciliation's differences."""
	assert not doc.error, doc.error
	return {row.label: (row.ours, row.theirs) for row in doc.differences}


def pay(invoice: Any, amount: float | None = None, day: date = date(2026, 10, 12)) -> Any:
	"""A Payment Entry on the bank account that both systems know."""
	from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

	entry = get_payment_entry("Sales Invoice", invoice.name, bank_account="Operating Account - FS")
	entry.update({"posting_date": day, "reference_no": "TLX", "reference_date": day})
	if amount is not None:
		entry.update({"paid_amount": amount, "received_amount": amount})
		entry.references[0].allocated_amount = amount
	entry.insert()
	entry.submit()
	frappe.db.commit()
	return entry
