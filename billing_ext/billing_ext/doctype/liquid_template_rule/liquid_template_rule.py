from frappe.model.document import Document

from billing_ext.services import liquid_templates


class LiquidTemplateRule(Document):
	"""Which template is used for a contract, a customer, a company or a language."""

	def validate(self):
		liquid_templates.validate_rule(self)
