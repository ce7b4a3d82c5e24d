"""Since invoices may carry rows of several contracts, each row names its own."""

from billing_ext.install import add_custom_fields
from billing_ext.repositories import invoices


def execute():
	# The field is new, and custom fields are otherwise made only after the patches.
	add_custom_fields()
	invoices.name_contracts_on_rows()
