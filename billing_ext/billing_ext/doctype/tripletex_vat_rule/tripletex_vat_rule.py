from frappe.model.document import Document


class TripletexVATRule(Document):
	pass
