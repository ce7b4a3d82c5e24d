from frappe.model.document import Document


class BillingParallelRunTotal(Document):
	pass
