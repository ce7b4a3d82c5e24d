from frappe.model.document import Document


class BillingRunError(Document):
	pass
