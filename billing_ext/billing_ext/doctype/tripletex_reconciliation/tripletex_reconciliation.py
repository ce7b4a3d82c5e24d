import frappe
from frappe import _
from frappe.model.document import Document

from billing_ext.core.errors import DomainError
from billing_ext.services.messages import throw
from billing_ext.services.tripletex import reconciliation


class TripletexReconciliation(Document):
	def before_insert(self):
		try:
			reconciliation.begin(self)
		except DomainError as error:
			throw(error)

	def after_insert(self):
		reconciliation.start(self.name)

	def before_save(self):
		if not self.is_new():
			frappe.throw(_("A reconciliation is not changed; compare again for a new one."))

	def on_trash(self):
		frappe.throw(_("A reconciliation stays: it is proof that the books were compared."))
