from frappe.model.document import Document

from billing_ext.core.errors import DomainError
from billing_ext.services import contract_change, renewals
from billing_ext.services.messages import throw


class BillingAmendment(Document):
	def validate(self):
		self._run(contract_change.prepare_amendment)

	def before_submit(self):
		self._run(renewals.check_decline)

	def on_submit(self):
		self._run(contract_change.apply_amendment)

	def on_cancel(self):
		self._run(contract_change.undo_amendment)

	def _run(self, step):
		try:
			step(self)
		except DomainError as error:
			titles = {row.contract_line: row.line_title for row in self.lines}
			throw(error, titles | {row.name: f"{row.idx} ({row.line_title})" for row in self.lines})
