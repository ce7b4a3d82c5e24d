from frappe.model.document import Document

from billing_ext.services import branding


class BillingBranding(Document):
	"""A company's look on printed documents, and what the law wants shown of it."""

	def validate(self):
		branding.validate(self)
