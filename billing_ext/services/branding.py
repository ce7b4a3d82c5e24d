"""A company's branding: what is entered must be printable."""

from __future__ import annotations

import re
from typing import Any

import frappe
from frappe import _

from billing_ext.rendering import identifiers
from billing_ext.repositories.printing import parties

PLACEHOLDERS = ("invoice", "amount", "currency", "reference")


def validate(doc: Any) -> None:
	"""Check colours, logo, KID and payment link. Throws, naming the field and the remedy."""
	for label, value in ((_("Main Colour"), doc.primary_color), (_("Second Colour"), doc.accent_color)):
		if not re.fullmatch("#[0-9a-fA-F]{6}", value or ""):
			frappe.throw(_("{0} is not a colour. Choose one, or write it as #1f4e79.").format(label))
	if doc.logo and not parties.image(doc.logo):
		frappe.throw(
			_("Logo: the file cannot be printed. Attach a PNG, JPEG, GIF, WebP or SVG of at most 1 MB.")
		)
	if doc.kid_length and not 2 <= doc.kid_length <= identifiers.MAX_KID:
		frappe.throw(
			_("KID Length is {0}. Enter 2 to 25 as agreed with the bank, or 0 for no KID.").format(
				doc.kid_length
			)
		)
	_validate_link(doc)
	_validate_account(doc)


def _validate_link(doc: Any) -> None:
	if doc.payment_qr == "Payment Link" and not doc.payment_link:
		frappe.throw(_("QR Code is set to Payment Link, but Payment Link is empty. Enter an address."))
	if not doc.payment_link:
		return
	unknown = [name for name in re.findall(r"{(.*?)}", doc.payment_link) if name not in PLACEHOLDERS]
	if not doc.payment_link.startswith("https://") or unknown:
		frappe.throw(
			_("Payment Link must begin with https:// and may only hold {0}.").format(
				", ".join("{" + name + "}" for name in PLACEHOLDERS)
			)
		)


def _validate_account(doc: Any) -> None:
	owner = doc.bank_account and frappe.db.get_value(
		"Bank Account", doc.bank_account, ["is_company_account", "company"]
	)
	if owner and owner != (1, doc.company):
		frappe.throw(
			_("Bank Account {0} is not an account of {1}. Choose another one.").format(
				doc.bank_account, doc.company
			)
		)
