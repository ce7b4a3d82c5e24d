from frappe.model.document import Document


class BillingCharge(Document):
	pass
