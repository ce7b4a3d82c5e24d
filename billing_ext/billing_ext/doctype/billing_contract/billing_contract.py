from frappe.model.document import Document

from billing_ext.core.errors import DomainError
from billing_ext.repositories import contracts
from billing_ext.services import contract_change, deals, renewals, time_billing
from billing_ext.services.messages import throw


class BillingContract(Document):
	def validate(self):
		self._run(contract_change.prepare_contract, self)
		self._run(renewals.check_agreement, self)

	def after_insert(self):
		self._run(deals.link, self)

	def before_submit(self):
		self._run(deals.check_activation, self)

	def on_submit(self):
		self._run(contract_change.activate, self.name)

	def before_update_after_submit(self):
		self._run(contract_change.check_recipient, self)
		self._run(contract_change.check_language, self)
		self._run(renewals.before_edit, self)
		self._run(time_billing.check_project, self)

	def on_update_after_submit(self):
		self._run(renewals.after_edit, self)

	def before_cancel(self):
		self._run(contract_change.check_cancellable, self.name)

	def on_cancel(self):
		self.db_set({"status": "Cancelled", "next_billing_date": None})
		deals.unlink(self.name)

	def on_trash(self):
		deals.unlink(self.name)

	def _run(self, step, argument):
		try:
			step(argument)
		except DomainError as error:
			throw(error, {row.name: f"{row.idx} ({row.item_code})" for row in self.lines})


def on_doctype_update():
	contracts.add_indexes()
