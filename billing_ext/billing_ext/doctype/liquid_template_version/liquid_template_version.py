from frappe.model.document import Document


class LiquidTemplateVersion(Document):
	"""What a template was after one change. Written by the template, never by hand."""
