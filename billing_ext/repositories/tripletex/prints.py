"""A document's PDF for Tripletex, as the customer gets it."""

from __future__ import annotations

import frappe

from billing_ext.repositories import mail


def pdf(doctype: str, name: str) -> bytes:
	"""The document printed as its contract or the template rules say. Raises what printing raises."""
	doc = frappe.get_doc(doctype, name)
	contract = (
		frappe.get_cached_doc("Billing Contract", doc.billing_ext_contract)
		if doc.billing_ext_contract
		else None
	)
	return mail.pdf_of(doc, contract)["fcontent"]
