from frappe.model.document import Document

from billing_ext.core.errors import DomainError
from billing_ext.services import renewals
from billing_ext.services.messages import throw


class BillingPriceIndex(Document):
	def validate(self):
		try:
			renewals.prepare_index(self)
		except DomainError as error:
			throw(error)
