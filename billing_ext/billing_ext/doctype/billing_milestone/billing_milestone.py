from frappe.model.document import Document


class BillingMilestone(Document):
	pass
