"""Take back what installation added outside the app's own DocTypes, which Frappe removes by itself."""

import frappe

from billing_ext.custom_fields import CUSTOM_FIELDS, HRMS_FIELDS
from billing_ext.install import MODULE, NYNORSK, SERVICE_USER
from billing_ext.repositories.tripletex import notifications, numbers

ROLES = (
	"Billing Manager",
	"Billing User",
	"Billing Auditor",
	"Billing Template Designer",
	"Tripletex Manager",
)


def before_uninstall():
	"""Custom fields with their columns, property setters, scheduled jobs, patches, the service user and the roles."""
	for name in frappe.get_all("Print Format", filters={"billing_ext_liquid": 1}, pluck="name"):
		frappe.delete_doc("Print Format", name, force=True)
	_delete_custom_fields()
	for name in frappe.get_all("Property Setter", filters={"module": MODULE}, pluck="name"):
		frappe.delete_doc("Property Setter", name, force=True)
	numbers.forget_series()
	notifications.remove()
	frappe.db.delete("Scheduled Job Type", {"method": ("like", "billing_ext.%")})
	frappe.db.delete("Patch Log", {"patch": ("like", "billing_ext.%")})
	for contact in frappe.get_all("Contact", filters={"user": SERVICE_USER}, pluck="name"):
		frappe.delete_doc("Contact", contact, force=True)
	frappe.delete_doc("User", SERVICE_USER, force=True, ignore_missing=True)
	if not frappe.db.exists("Customer", {"language": NYNORSK["language_code"]}):
		frappe.delete_doc("Language", NYNORSK["language_code"], force=True, ignore_missing=True)
	for role in ROLES:
		frappe.db.delete("Has Role", {"role": role})
		frappe.delete_doc("Role", role, force=True, ignore_missing=True)


def _delete_custom_fields():
	for doctype, fields in {**CUSTOM_FIELDS, **HRMS_FIELDS}.items():
		if not frappe.db.table_exists(doctype):
			continue
		for field in fields:
			name = frappe.db.get_value("Custom Field", {"dt": doctype, "fieldname": field["fieldname"]})
			if name:
				frappe.delete_doc("Custom Field", name, force=True)
			if frappe.db.has_column(doctype, field["fieldname"]):
				# Frappe keeps the column of a deleted field; we leave nothing behind.
				frappe.db.sql_ddl(f"alter table `tab{doctype}` drop column `{field['fieldname']}`")
		frappe.clear_cache(doctype=doctype)
