"""Where Tripletex's webhooks arrive."""

from __future__ import annotations

import frappe

from billing_ext.services.tripletex import webhook


@frappe.whitelist(allow_guest=True, methods=["POST"])
def receive() -> None:
	"""Take a delivery in: 200 whatever it says if it is proved to come from Tripletex, else 401 without a reason.

	Open to everybody: the signature is the permission. ``key`` in the address finds the company; Frappe passes no query
	on beside a JSON body.
	"""
	request = frappe.local.request
	headers = {name.lower(): value for name, value in request.headers.items()}
	if not webhook.receive(request.args.get("key", ""), headers, request.get_data()):
		frappe.local.response.http_status_code = 401
