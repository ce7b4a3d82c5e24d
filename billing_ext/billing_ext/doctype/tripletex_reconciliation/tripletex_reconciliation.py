from frappe.model.document import Document


class TripletexReconciliation(Document):
	pass
