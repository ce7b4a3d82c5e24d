from frappe.model.document import Document


class BillingContractLine(Document):
	pass
