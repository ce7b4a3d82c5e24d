from frappe.model.document import Document


class TripletexWebhookEvent(Document):
	pass
