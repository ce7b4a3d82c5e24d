from frappe.model.document import Document

from billing_ext.core.errors import DomainError
from billing_ext.services.messages import throw
from billing_ext.services.tripletex import setup_checks


class TripletexSettings(Document):
	"""What an administrator sets for a company's sync with Tripletex."""

	def validate(self):
		"""Check the settings, and bring into line what a change of tokens, environment or maps makes stale."""
		before = self.get_doc_before_save()
		try:
			setup_checks.check(self, before)
		except DomainError as error:
			throw(error)
		self.flags.old_link = setup_checks.settle(self, before)

	def on_update(self):
		"""End the old session, and have the queue go on, once this is committed."""
		setup_checks.after_save(self, self.get_doc_before_save(), self.flags.old_link)

	def after_delete(self):
		"""The company's documents stay here from now on."""
		setup_checks.after_removal()
