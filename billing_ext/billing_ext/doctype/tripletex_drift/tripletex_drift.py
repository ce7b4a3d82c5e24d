from frappe.model.document import Document


class TripletexDrift(Document):
	pass
