from frappe.model.document import Document


class TripletexDepartment(Document):
	pass
