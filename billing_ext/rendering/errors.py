"""What went wrong in a template, and where, in terms its author knows."""

from __future__ import annotations

from billing_ext.core.errors import DomainError


class TemplateError(DomainError):
	"""A template cannot be used or a document cannot be rendered with it.

	``line`` and ``column`` count from 1 (0 where no place is to blame), ``source_line`` is the offending line,
	``suggestion`` a name that may have been meant, ``part`` the field of the template: source, css, header, footer.
	"""

	def __init__(
		self,
		code: str,
		*,
		template: str = "",
		line: int = 0,
		column: int = 0,
		source_line: str = "",
		suggestion: str = "",
		part: str = "source",
		**context: object,
	) -> None:
		super().__init__(code, template=template, line=line, suggestion=suggestion, **context)
		self.template = template
		self.line = line
		self.column = column
		self.source_line = source_line
		self.suggestion = suggestion
		self.part = part
