from frappe.model.document import Document


class BillingParallelRunRow(Document):
	pass
