from frappe.model.document import Document


class TripletexCall(Document):
	pass
