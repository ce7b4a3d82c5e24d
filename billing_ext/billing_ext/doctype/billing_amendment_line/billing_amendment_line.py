from frappe.model.document import Document


class BillingAmendmentLine(Document):
	pass
