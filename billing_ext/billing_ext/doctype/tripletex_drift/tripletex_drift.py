import frappe
from frappe import _
from frappe.model.document import Document


class TripletexDrift(Document):
	def before_save(self):
		if not self.is_new():
			frappe.throw(
				_("A drift is settled by its buttons: who decided, when and why is part of the books.")
			)

	def on_trash(self):
		frappe.throw(_("A drift stays, whatever became of it: it is part of the books."))
