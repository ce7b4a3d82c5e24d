"""Set the app up on a site. Every step may be done again: it also runs after each migration."""

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_fields

from billing_ext.custom_fields import CUSTOM_FIELDS, HRMS_FIELDS
from billing_ext.repositories import expense_claims
from billing_ext.repositories.tripletex import notifications
from billing_ext.services import liquid_templates

MODULE = "Billing Ext"
SERVICE_USER = "billing-service@localhost.invalid"
NYNORSK = {"language_code": "nn", "language_name": "Norsk nynorsk", "flag": "no", "enabled": 1}
SERVICE_ROLES = ("Accounts User", "Billing Manager")


def after_install():
	"""Custom fields, and the user as whom billing jobs run."""
	after_migrate()
	_create_service_user()


def after_migrate():
	"""Custom fields and standard templates as this version wants them."""
	add_custom_fields()
	liquid_templates.sync_standard()
	notifications.ensure()
	_add_language()


def after_app_install(app: str):
	"""The HR app was installed: its Expense Claims get their field."""
	if app == expense_claims.APP:
		add_custom_fields()


def add_custom_fields():
	"""The fields that the app adds to ERPNext's documents, and to those of the HR app where it is installed."""
	wanted = {**CUSTOM_FIELDS, **(HRMS_FIELDS if expense_claims.available() else {})}
	create_custom_fields(
		{doctype: [{**field, "module": MODULE} for field in fields] for doctype, fields in wanted.items()}
	)


def _add_language():
	"""Nynorsk, which Frappe does not list and in which public bodies may ask for their letters (språklova § 12)."""
	if not frappe.db.exists("Language", NYNORSK["language_code"]):
		frappe.get_doc({"doctype": "Language", **NYNORSK}).insert(ignore_permissions=True)


def _create_service_user():
	"""Not the Administrator, whom ERPNext bars from frozen periods whatever the roles. The user cannot log in."""
	if not frappe.db.exists("User", SERVICE_USER):
		user = frappe.get_doc(
			{
				"doctype": "User",
				"email": SERVICE_USER,
				"first_name": "Billing",
				"last_name": "Service",
				"send_welcome_email": 0,
				"user_type": "System User",
				"roles": [{"role": role} for role in SERVICE_ROLES],
			}
		)
		user.flags.no_welcome_mail = True
		user.insert(ignore_permissions=True)
	frappe.db.set_single_value("Billing Settings", "service_user", SERVICE_USER)
