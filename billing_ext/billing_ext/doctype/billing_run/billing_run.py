import frappe
from frappe import _
from frappe.model.document import Document

from billing_ext.core.errors import DomainError
from billing_ext.services import billing_run
from billing_ext.services.messages import throw


class BillingRun(Document):
	def validate(self):
		try:
			billing_run.check_date(frappe.utils.getdate(self.as_of))
			billing_run.check_scope(self.company, self.customer, self.contract)
		except DomainError as error:
			throw(error)

	def on_trash(self):
		if self.invoices or self.credit_notes:
			frappe.throw(_("A run that has made invoices cannot be deleted: it is their audit trail."))
