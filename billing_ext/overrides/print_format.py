"""Print Format: those with our mark call our renderer."""

from typing import Any

from billing_ext.repositories import templates


def before_validate(doc: Any, method: str | None = None) -> None:
	"""Write the wrapper that Frappe renders."""
	if templates.is_ours(doc):
		templates.write_wrapper(doc)
