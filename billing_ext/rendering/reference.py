"""The reference of the template language, made from what the code itself says: docs/liquid-reference.md."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from billing_ext.rendering import drops, filters, limits
from billing_ext.rendering.environment import Environment

_TAGS = {
	"assign": "Keeps a value under a name: `{% assign first = lines.first %}`",
	"block": "A part of a base that an extending template may replace; `{{ block.super }}` is the base's own",
	"break": "Ends the loop",
	"capture": "Keeps what is between the tags under a name",
	"case": "One of several: `{% case invoice.kind %}{% when 'credit_note' %}…{% else %}…{% endcase %}`",
	"comment": "Is not printed",
	"continue": "Goes on with the loop's next turn",
	"cycle": "One of its values after the other, turn by turn: `{% cycle 'odd', 'even' %}`",
	"decrement": "Counts down from -1 and prints",
	"echo": "The same as `{{ … }}`, for use inside `liquid`",
	"extends": "Takes a base and replaces its blocks: `{% extends 'Letter' %}`",
	"for": "Once for each member of a list: `{% for line in lines limit: 5 %}…{% else %}…{% endfor %}`; `forloop.index`, "
	"`first`, `last`, `length`",
	"if": "`==`, `!=`, `<`, `>`, `<=`, `>=`, `contains`, `and`, `or`; `elsif`, `else`. No brackets; read from the right",
	"ifchanged": "Prints only what is not the same as the last time",
	"include": "A partial that sees and may change this template's names; prefer `render`",
	"increment": "Counts up from 0 and prints",
	"liquid": "Several tags, one a line, without `{% %}`",
	"raw": "Prints tags as they are",
	"render": "A partial: `{% render 'Foot', size: 'small' %}`, `{% render 'Row' for lines as line %}`. It sees the "
	"document and what it is given, not this template's names",
	"tablerow": "A row of a table with a cell for each member",
	"unless": "The opposite of `if`",
	"#": "A comment of one line: `{% # why %}`",
}
_NOT_SHOWN = frozenset(("statement", "literal", "illegal", "statement_literal", "comment_text"))

_LIBRARY = {
	"Text": "append capitalize downcase escape escape_once lstrip prepend remove remove_first remove_last replace "
	"replace_first replace_last rstrip slice split strip strip_newlines truncate truncatewords upcase url_decode "
	"url_encode base64_encode base64_url_safe_encode",
	"Lists": "compact concat first join last map reverse size sort sort_natural uniq where",
	"Any value": "default",
}

_HEAD = """# Liquid reference

Everything a template can use. Generated from the code by `billing_ext/rendering/reference.py`; `UPDATE_GOLDEN=1 pytest
tests/rendering/test_reference.py` rewrites it.

## What a template is

An invoice, a reminder, a contract or a statement is an HTML page that a template prints. If you know Liquid from Shopify
or Zendesk, you know this one: `{{ … }}` prints a value, `{% … %}` decides and repeats, and filters behind a `|` change
what is printed.

```liquid
<h1>{{ 'Invoice' | t }} {{ invoice.number }}</h1>
<p>{{ customer.name }} · {{ 'due' | t }} {{ invoice.due_date | date }}</p>
<table>
  {% for line in lines %}
    <tr><td>{{ line.name }}</td><td>{{ line.quantity | unit: line.unit }}</td><td>{{ line.net | money }}</td></tr>
  {% endfor %}
</table>
<p>{{ 'To pay' | t }}: {{ payment.amount | money }}</p>
```

Four things differ from a shop's Liquid:

* **Values are printed as text.** A customer named `<b>Fjord</b>` prints with its angle brackets. HTML is what you write in
  the template, and what `markdown`, `newline_to_br` and `strip_html` make.
* **A name that is not there is an error**, with its line and the name that may have been meant. A field *of nothing* is
  nothing: `contract.number` on a document without a contract prints nothing. `default` works for both.
* **Numbers are exact.** `{{ 0.1 | plus: 0.2 }}` is 0.3, halves of an øre round away from zero, and an amount knows its
  currency: `{{ invoice.total | money }}` needs no code.
* **Money, numbers, dates and units follow the document's language and the company's country.** A template has no decimal
  signs and no names of months.

As in all Liquid, `0` and an empty text are *true* in `if`: write `{% if invoice.discount != 0 %}` and
`{% if invoice.note != blank %}`.
"""

_ABSENT = """## What is not there, and why

| Not there | Why | Instead |
| --- | --- | --- |
| `safe`, `raw` as a filter | Would let a customer's name be HTML | write HTML in the template; `markdown` for notes |
| `base64_decode` | The same, by a detour | – |
| Files, addresses and pictures by URL | A document must print without a network, and tell nobody that it was | `branding.logo`, `qr_code`, `barcode`, `bar_chart` |
| Partials by path | A partial is another Liquid Template, by its name | `{% render 'Name' %}` |
| The database and Python | A template's author need not be an administrator | fields of the objects; own fields in `custom` |
| `now` as a name | The server's clock is not the site's | `today`; `{{ 'now' \\| date }}` |
| Scripts and event handlers | A document does nothing | – |
| Brackets and `not` in conditions | Not in Liquid | `unless`, or `assign` first |
"""


def markdown() -> str:
	"""The whole page."""
	parts = [_HEAD, *_objects(), *_filters(), *_tags(), *_limits(), _ABSENT]
	return "\n".join(part.strip("\n") + "\n" for part in parts)


def _objects() -> Iterator[str]:
	yield "## Objects"
	yield "Which of them a template has depends on the document type."
	names = [(name, _names(schema)) for name, schema in drops.DOCUMENTS.items()]
	yield _table(("Document type", "For", "Objects"), [(n, drops.DOCUMENTS[n].about, o) for n, o in names])
	for schema in _schemas():
		yield f"### {schema.name}"
		yield f"{schema.about}. Printed as it is, it shows its `{schema.prints}`."
		yield _table(("Field", "Kind", "What it is"), [_row(field) for field in schema.fields])
	yield "### Kinds"
	yield _table(
		("Kind", "How to print it"),
		[
			(drops.MONEY, "`money`, `money_with_currency`, `money_without_currency`"),
			(drops.NUMBER, "`number`, `percent` or `unit`"),
			(drops.DATE, "`date`"),
			(drops.IMAGE, '`<img src="{{ … }}">`'),
			(drops.FLAG, "in `if`"),
			(drops.OBJECT, "by its fields"),
			(drops.LIST, "in `for`; `.size`, `.first`, `.last`, `[0]`"),
			(drops.MAP, "by name: `invoice.custom.custom_project`"),
		],
	)


def _names(schema: drops.Schema) -> str:
	return ", ".join(f"`{name}`" for name in schema.names())


def _schemas() -> list[drops.Schema]:
	"""Every object once, in the order in which the documents name them."""
	found: dict[str, drops.Schema] = {}
	for document in drops.DOCUMENTS.values():
		for path in drops.paths(document):
			if path.field.of:
				found.setdefault(path.field.of.name, path.field.of)
	return list(found.values())


def _row(field: drops.Field) -> tuple[str, str, str]:
	kind = f"{field.kind}: [{field.of.name}](#{field.of.name})" if field.of else field.kind
	return f"`{field.name}`", kind, field.about


def _filters() -> Iterator[str]:
	own = {name: _about(function) for name, function in filters.FILTERS.items()}
	yield "## Filters"
	yield "### Of this app"
	yield _table(("Filter", "What it does"), [(f"`{name}`", about) for name, about in own.items()])
	yield "### Liquid's own"
	yield "As [Shopify describes them](https://shopify.dev/docs/api/liquid/filters)."
	for kind, names in _LIBRARY.items():
		yield f"* {kind}: {', '.join(f'`{name}`' for name in names.split())}"


def _about(function: object) -> str:
	return _code((inspect.getdoc(function) or "").split("\n\n")[0])


def _code(text: str) -> str:
	return re.sub(r"``([^`]+)``", r"`\1`", text.replace("\n", " "))


def _tags() -> Iterator[str]:
	yield "## Tags"
	yield _table(("Tag", "What it does"), [(f"`{name}`", about) for name, about in sorted(_TAGS.items())])
	yield "`-` inside the braces takes the blanks beside the tag away: `{%- if … -%}`."


def _limits() -> Iterator[str]:
	yield "## Limits"
	yield "A template that goes beyond one of them ends with a message that says where."
	rows = re.findall(
		r'^([A-Z]+) = ([\d_.]+)\n"""(.+?)"""', inspect.getsource(limits), re.MULTILINE | re.DOTALL
	)
	yield _table(
		("Limit", "At most", "Why"),
		[(name.lower(), _number(value), _code(why)) for name, value, why in rows if name != "CACHED"],
	)


def _number(text: str) -> str:
	return f"{float(text):,.0f}" + (" s" if "." in text else "")


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
	lines = [
		head,
		tuple("---" for _ in head),
		*(tuple(cell.replace("|", "\\|") for cell in row) for row in rows),
	]
	return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def undocumented() -> set[str]:
	"""Tags and filters that work and are not on the page, and those on the page that do not work."""
	environment = Environment(lambda _name: None)
	told = {name for names in _LIBRARY.values() for name in names.split()} | set(filters.FILTERS)
	tags = {name for name in environment.tags if name not in _NOT_SHOWN}
	return (told ^ set(environment.filters)) | ((set(_TAGS) - {"raw"}) ^ tags)
