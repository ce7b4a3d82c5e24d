from frappe.model.document import Document


class TripletexPayment(Document):
	pass
