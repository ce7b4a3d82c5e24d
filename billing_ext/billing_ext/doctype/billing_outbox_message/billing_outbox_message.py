from frappe.model.document import Document

from billing_ext.repositories import outbox


class BillingOutboxMessage(Document):
	pass


def on_doctype_update():
	outbox.add_indexes()
