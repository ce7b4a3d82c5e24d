"""The site's own fields of a record, as the ``custom`` map of templates."""

from __future__ import annotations

from typing import Any

from billing_ext.repositories.printing.plain import day, money, number, text

_UNPRINTED = {
	"Password", "Table", "Table MultiSelect", "Section Break", "Column Break", "Tab Break", "HTML", "Button", "Fold",
	"Heading", "Code", "JSON", "Signature", "Geolocation", "Attach", "Attach Image", "Image", "Barcode",
}  # fmt: skip


def values(doc: Any, currency: str) -> dict[str, object]:
	"""The fields an administrator added to ``doc``'s DocType, by name, with what the reader may see of them.

	Never passwords, attachments or what the app itself added, nor fields above permission level 0 which the user
	has no access to, nor those hidden from print.
	"""
	return of_row(doc, fields(doc), currency)


def fields(doc: Any) -> list[Any]:
	"""The DocFields of ``doc`` that ``values`` takes: for all rows of a table the same, so asked for once."""
	return [field for field in doc.meta.fields if field.get("is_custom_field") and _is_printed(doc, field)]


def of_row(row: Any, printed: list[Any], currency: str) -> dict[str, object]:
	"""The ``printed`` fields of a table's row."""
	return {field.fieldname: _value(row, field, currency) for field in printed}


def _is_printed(doc: Any, field: Any) -> bool:
	if field.fieldtype in _UNPRINTED or field.print_hide or field.fieldname.startswith("billing_ext_"):
		return False
	return not field.permlevel or bool(doc.has_permlevel_access_to(field.fieldname, field))


def _value(doc: Any, field: Any, currency: str) -> object:
	value = doc.get(field.fieldname)
	if value is None or value == "":
		return None
	if field.fieldtype == "Currency":
		return money(value, currency)
	if field.fieldtype in ("Int", "Float", "Percent", "Rating", "Duration"):
		return number(value)
	if field.fieldtype == "Check":
		return bool(value)
	return day(value) if field.fieldtype == "Date" else text(value)
