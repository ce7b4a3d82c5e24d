from frappe.model.document import Document


class TripletexReconciliationRow(Document):
	pass
