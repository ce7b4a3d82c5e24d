from frappe.model.document import Document


class BillingTimeRate(Document):
	pass
