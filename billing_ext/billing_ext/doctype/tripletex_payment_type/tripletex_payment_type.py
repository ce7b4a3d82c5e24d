from frappe.model.document import Document


class TripletexPaymentType(Document):
	pass
