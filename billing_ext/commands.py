"""What an administrator may ask of a site on the command line: `bench --site SITE compare-posting-lanes`."""

from __future__ import annotations

from typing import Any

import click
import frappe
from frappe.commands import get_site, pass_context

from billing_ext.repositories import settings
from billing_ext.services import bulk_posting


@click.command("compare-posting-lanes")
@pass_context
def compare_posting_lanes(context: Any) -> None:
	"""Make some invoices one by one and in bulk, undo them, and say whether they were the same."""
	frappe.init(site=get_site(context))
	frappe.connect()
	try:
		frappe.set_user(settings.load().service_user)
		comparison = bulk_posting.compare_lanes()
	finally:
		frappe.destroy()
	click.echo(comparison.report)
	if comparison.result != bulk_posting.PASSED:
		raise SystemExit(1)


commands = [compare_posting_lanes]
