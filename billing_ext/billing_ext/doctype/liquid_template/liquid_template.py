from frappe.model.document import Document

from billing_ext.repositories import templates
from billing_ext.services import liquid_templates


class LiquidTemplate(Document):
	"""What documents of one type are printed through, or a part that such templates use."""

	def onload(self):
		self.set_onload("standard_changed", liquid_templates.standard_changed(self))

	def validate(self):
		liquid_templates.validate(self)

	def on_update(self):
		templates.add_version(self)
		templates.sync_print_format(self)

	def on_trash(self):
		liquid_templates.refuse_to_delete(self)
		templates.delete_print_formats(self.name)
		templates.delete_versions(self.name)
