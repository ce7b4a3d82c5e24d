"""Sites that have saved their settings before get the default of *Post in Bulk*, which is on."""

import frappe


def execute():
	"""Switch it on; it is used only once the comparison of both ways has passed."""
	frappe.db.set_single_value("Billing Settings", {"post_in_bulk": 1}, update_modified=False)
