from frappe.model.document import Document


class BillingPriceIndexValue(Document):
	pass
