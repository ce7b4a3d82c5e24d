from frappe.model.document import Document

from billing_ext.repositories.tripletex import outbox
from billing_ext.services.tripletex import hints


class TripletexOutboxMessage(Document):
	"""A message to Tripletex; written by the sync only."""

	def onload(self):
		"""Tell the form what the state means and what to do about it."""
		hint = hints.of(self.as_dict())
		if hint:
			self.set_onload("hint", {"cause": hint.cause, "advice": hint.advice})


def on_doctype_update():
	outbox.add_indexes()
