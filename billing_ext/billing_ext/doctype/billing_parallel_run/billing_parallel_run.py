from frappe.model.document import Document

from billing_ext.core.errors import DomainError
from billing_ext.services import parallel_run
from billing_ext.services.messages import throw


class BillingParallelRun(Document):
	def validate(self):
		try:
			parallel_run.prepare(self)
		except DomainError as error:
			throw(error)
