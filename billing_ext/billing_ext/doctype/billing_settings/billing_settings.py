from frappe.model.document import Document


class BillingSettings(Document):
	pass
