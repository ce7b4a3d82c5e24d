from frappe.model.document import Document


class BillingRampStep(Document):
	pass
