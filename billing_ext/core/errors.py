"""Errors that name a broken rule, without the words for it: entry points translate them."""

from __future__ import annotations


class DomainError(Exception):
	"""A rule of billing was broken.

	``code`` names the rule (``"terms_before_line_start"``), ``context`` holds the values that a message needs.
	The messages, translated, are in ``billing_ext.services.messages``.
	"""

	def __init__(self, code: str, /, **context: object) -> None:
		super().__init__(code, context)
		self.code = code
		self.context = context

	def __str__(self) -> str:
		details = ", ".join(f"{key}={value}" for key, value in self.context.items())
		return f"{self.code}({details})"
