from frappe.model.document import Document


class TripletexMapping(Document):
	pass
