"""Documents made from the schemas of the drops, for templates to print."""

import datetime

from billing_ext.rendering import drops
from billing_ext.rendering.numbers import Money, Number
from billing_ext.rendering.presentation import Presentation
from billing_ext.rendering.renderer import Renderer

DAY = datetime.date(2026, 11, 22)
NORWEGIAN = Presentation("nb", "nb_NO", DAY)
_PLAIN = {
	drops.NUMBER: Number(2),
	drops.MONEY: Money("1234.5", "NOK"),
	drops.DATE: DAY,
	drops.FLAG: False,
	drops.IMAGE: "data:image/png;base64,iVBORw0KGgo=",
	drops.MAP: {"custom_ref": "R-1", "custom_day": DAY, "custom_sum": Money(5, "NOK")},
}


def document(document_type="Sales Invoice"):
	"""Everything a template of ``document_type`` sees; texts are named after their fields."""
	return drops.scope(document_type, _values(drops.DOCUMENTS[document_type]))


def drop(schema, **values):
	"""One object, with ``values`` in place of those made from its schema."""
	return drops.Drop(schema, {**_values(schema), **values})


def render(source, values=None, partials=None, presentation=NORWEGIAN):
	"""A template called ``main`` rendered."""
	return Renderer((partials or {}).get).render(source, "main", values or {}, presentation)


def _values(schema):
	return {field.name: _value(field) for field in schema.fields}


def _value(field):
	if field.kind == drops.LIST:
		return [drop(field.of), drop(field.of)] if field.of else ["Storgata 1", "0155 Oslo"]
	if field.kind == drops.OBJECT:
		return drop(field.of)
	return _PLAIN.get(field.kind, field.name)
