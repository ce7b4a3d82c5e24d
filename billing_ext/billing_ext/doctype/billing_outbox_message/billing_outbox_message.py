from frappe.model.document import Document


class BillingOutboxMessage(Document):
	pass
