from frappe.model.document import Document


class BillingRunLane(Document):
	pass
