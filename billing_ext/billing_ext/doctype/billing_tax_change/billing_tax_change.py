from frappe.model.document import Document


class BillingTaxChange(Document):
	pass
