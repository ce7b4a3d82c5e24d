from frappe.model.document import Document


class TripletexAccount(Document):
	pass
