"""Jinja print formats as Liquid: what converts prints the same, what does not stays as a comment with a note."""

import datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from jinja2 import Environment
from liquid_samples import NORWEGIAN, document, drop, render

from billing_ext.rendering import drops
from billing_ext.rendering.drops import LINE, TAX
from billing_ext.rendering.jinja_converter import convert
from billing_ext.rendering.numbers import Money, Number
from billing_ext.rendering.renderer import Renderer

DAY = datetime.date(2026, 11, 22)


class Row(SimpleNamespace):
	"""A document as Jinja sees it."""

	def get(self, name, default=None):
		return getattr(self, name, default)

	def get_formatted(self, name, _parent=None):
		return shown(self.get(name))


def shown(value):
	if isinstance(value, Decimal):
		return NORWEGIAN.money(value, "NOK")
	return NORWEGIAN.date(value) if isinstance(value, datetime.date) else value


def jinja_document():
	return Row(
		name="ACC-1",
		customer_name="Fjord AS",
		posting_date=DAY,
		due_date=DAY,
		grand_total=Decimal("1250.50"),
		net_total=Decimal(1000),
		discount_amount=Decimal(0),
		po_no="",
		tax_id=None,
		terms="Thank you",
		currency="NOK",
		is_return=0,
		docstatus=1,
		custom_project="P-7",
		items=[
			Row(
				item_name="Seat",
				qty=3,
				uom="Nos",
				rate=Decimal(100),
				amount=Decimal(300),
				description="Seat",
				idx=1,
			),
			Row(
				item_name="Host",
				qty=1,
				uom="Month",
				rate=Decimal(700),
				amount=Decimal(700),
				description="Disk",
				idx=2,
			),
		],
		taxes=[Row(description="MVA 25", tax_amount=Decimal("250.50"), rate=25)],
	)


def liquid_document():
	values = document()
	lines = [
		drop(LINE, number=number, name=name, quantity=Number(quantity), unit=unit, price=Money(price, "NOK"),
			net=Money(net, "NOK"), description=text)
		for number, name, quantity, unit, price, net, text in (
			(1, "Seat", 3, "Nos", 100, 300, "Seat"), (2, "Host", 1, "Month", 700, 700, "Disk")
		)
	]  # fmt: skip
	values["lines"] = lines
	values["taxes"] = [drop(TAX, name="MVA 25", amount=Money("250.50", "NOK"), rate=Number(25))]
	values["invoice"].update(
		number="ACC-1", date=DAY, due_date=DAY, total=Money("1250.50", "NOK"), net=Money(1000, "NOK"), discount=Money(0, "NOK"),
		order_reference="", note="Thank you", currency="NOK", custom={"custom_project": "P-7"},
	)  # fmt: skip
	values["customer"].update(name="Fjord AS", vat_number=None)
	return values


def in_jinja(source):
	environment = Environment(autoescape=False, extensions=["jinja2.ext.do"])  # noqa: S701 - as Frappe has it
	utils = SimpleNamespace(
		fmt_money=lambda value, currency=None: shown(Decimal(value)),
		format_date=lambda value, pattern=None: value.strftime("%d.%m.%Y") if pattern else shown(value),
		formatdate=lambda value, pattern=None: value.strftime("%d.%m.%Y") if pattern else shown(value),
		flt=lambda value, digits=None: round(value, digits) if digits else value,
	)
	frappe = SimpleNamespace(utils=utils, format=lambda value, _field: shown(value))
	return environment.from_string(source).render(doc=jinja_document(), frappe=frappe, _=str)


SAME = """
<p>plain <b>HTML</b> &amp; {{ doc.name }}</p>
{{ doc.customer_name }} {{ doc.currency }}
{{ doc.get_formatted("grand_total") }}|{{ doc.get_formatted('net_total', doc) }}|{{ doc.get_formatted("posting_date") }}
{{ doc.get_formatted("customer_name") }}{{ doc.get("terms") }}{{ doc["name"] }}
{{ frappe.utils.fmt_money(doc.grand_total, currency=doc.currency) }}{{ frappe.utils.fmt_money(doc.net_total) }}
{{ frappe.utils.formatdate(doc.due_date) }} {{ frappe.utils.format_date(doc.due_date, "dd.MM.yyyy") }}
{{ frappe.format(doc.due_date, {'fieldtype': 'Date'}) }} {{ frappe.format(doc.net_total, {"fieldtype": "Currency"}) }}
{{ _("Invoice") }} {{ _("Page {0} of {1}").format(1, 2) }} {{ _(doc.terms) }}
{{ doc.customer_name|upper }} {{ doc.customer_name | lower | replace("fjord", "dal") }} {{ doc.terms|e }}{{ doc.terms|length }}
{{ " x "|trim }} {{ doc.po_no or "none" }} {{ doc.tax_id or '-' }} {{ doc.terms|default("x") }} {{ doc.name.upper() }}
{{ "a" ~ doc.name ~ "b" }} {{ _("No: ") + doc.name }} {{ doc.customer_name.split(" ")|first }}
{{ doc.custom_project }} {{ doc.items|length }} {{ doc.items[0].item_name }} {{ (doc.items|last).item_name }}
{% if doc.discount_amount %}discount{% else %}none{% endif %}
{% if doc.po_no %}po{% elif doc.terms %}terms{% endif %}
{% if not doc.tax_id %}no tax id{% endif %}{% if not doc.terms %}no terms{% endif %}
{% if doc.is_return %}credit{% else %}invoice{% endif %}{% if not doc.is_return %}!{% endif %}
{% if doc.docstatus == 2 %}cancelled{% endif %}{% if doc.docstatus != 2 %}valid{% endif %}
{% if doc.grand_total > 1000 and doc.net_total <= 1000 %}both{% endif %}
{% if doc.po_no or doc.tax_id or doc.grand_total >= 5000 %}any{% else %}no{% endif %}
{% if doc.terms and (doc.po_no or doc.grand_total > 1) %}brackets{% endif %}
{% if (doc.po_no or doc.terms) and (doc.tax_id or doc.name == "ACC-1") %}two brackets{% endif %}
{% if doc.po_no and doc.terms or doc.name %}left{% endif %}
{% if not (doc.po_no or doc.tax_id) %}neither{% endif %}{% if not (doc.terms and doc.name) %}x{% endif %}
{% if doc.currency in ["NOK", "SEK"] %}Nordic{% endif %}{% if doc.currency not in ("EUR", "USD") %}not euro{% endif %}
{% if "AS" in doc.customer_name %}company{% endif %}{% if "AB" not in doc.customer_name %}not Swedish{% endif %}
{% if doc.tax_id is none %}none{% endif %}{% if doc.terms is defined %}defined{% endif %}
{% if 0 < doc.net_total < 5000 %}between{% endif %}
{% for row in doc.items %}{{ loop.index }}/{{ loop.length }} {{ row.item_name }} {{ row.qty }} {{ row.uom }} {{ row.get_formatted("rate", doc) }} {{ row.get_formatted("amount") }}{% if row.description != row.item_name %} {{ row.description }}{% endif %}{% if not loop.last %};{% endif %}{% if loop.first %}1st{% endif %}{% endfor %}
{% for tax in doc.taxes %}{{ tax.description }} {{ tax.get_formatted("tax_amount") }}{% else %}no tax{% endfor %}
{% for row in doc.items if row.qty > 1 %}{{ row.item_name }}{% endfor %}
{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(1, 3) %}{{ i }}{% endfor %}
{% for row in doc.items %}{{ loop.cycle("odd", "even") }}{% endfor %}
{% set total = doc.net_total * 2 %}{{ total == 2000 }}{% if total > 1000 %}big{% endif %}{% set who = doc.customer_name if doc.is_return else "us" %}{{ who }}
{% set block %}in {{ doc.name }}{% endset %}{{ block }}{% with x = doc.name %}{{ x }}{% endwith %}
{% if (doc.grand_total - doc.net_total) > 250 %}minus{% endif %}{% if doc.net_total / 3 > 333 %}div{% endif %}{% if doc.net_total % 3 == 1 %}mod{% endif %}{% if 7 // 2 == 3 %}floor{% endif %}{% if 1 / 2 == 0.5 %}half{% endif %}
{{ "due" if doc.due_date else "" }}{{ "x" if doc.po_no }}{{ ("a" if doc.po_no else "b") ~ "c" }}
{{ doc.items|map(attribute="item_name")|join(", ") }} {{ doc.items|map(attribute="uom")|join }}{{ -1 }}
{# a note #}{{- doc.name -}} {% raw %}{{ as it is }}{% endraw %}{{ "it's" }}{% if true %}T{% endif %}
""".strip().splitlines()


@pytest.mark.parametrize("source", SAME)
def test_prints_the_same_as_jinja(source):
	converted = convert(source, "Sales Invoice")
	assert [note for note in converted.notes if note.code not in ("jinja_loop_filter", "jinja_near")] == []
	printed = render(converted.liquid, liquid_document())
	assert _plain(printed) == _plain(in_jinja(source))


def _plain(text):
	return text.replace("True", "true").replace("&#39;", "'").strip()


LEFT = {
	"{{ frappe.db.get_value('User', 'x', 'api_key') }}": "jinja_unknown",
	"{{ doc.unheard_of }}": "jinja_unknown",
	"{{ doc.items[0].unheard_of }}": "jinja_unknown",
	"{{ letter_head }}": "jinja_unknown",
	"{{ doc.name|batch(3) }}": "jinja_unknown",
	"{{ '%s' % doc.name }}": "jinja_unknown",
	"{{ doc.net_total ** 2 }}": "jinja_unknown",
	"{{ {'a': 1} }}": "jinja_unknown",
	"{{ 'both \" and \\'' }}": "jinja_unknown",
	"{% set a, b = 1, 2 %}": "jinja_unknown",
	"{% do doc.update({}) %}": "jinja_unknown",
	"{% for k, v in doc.items() %}{{ k }}{% endfor %}": "jinja_unknown",
	"{% for row in doc.items recursive %}x{% endfor %}": "jinja_unknown",
	"{% if no_letterhead %}x{% endif %}": "jinja_unknown",
	"{% if doc.name is string %}x{% endif %}": "jinja_unknown",
	"{% macro row(x) %}<b>{{ x }}</b>{% if x %}y{% endif %}{% endmacro %}": "jinja_macro",
	"{% include 'templates/x.html' %}": "jinja_include",
	"{% from 'x.html' import add_header %}": "jinja_unknown",
	"{% extends 'x.html' %}": "jinja_unknown",
	"{% block a %}x{% endblock %}": "jinja_unknown",
	"{% filter upper %}x{% endfilter %}": "jinja_unknown",
	"{{ doc.terms|safe }}": "jinja_unescaped",
	"{{ doc.rounded_total }}": "jinja_near",
	"{% if %}": "jinja_syntax",
}


@pytest.mark.parametrize("source", LEFT)
def test_what_has_no_equivalent_is_noted_and_parses(source):
	converted = convert("first\n" + source + "\nlast", "Sales Invoice")
	assert [(note.line, note.code) for note in converted.notes] == [(2, LEFT[source])]
	Renderer({}.get).check(converted.liquid, "main")
	if LEFT[source] not in ("jinja_unescaped", "jinja_near"):
		assert "{% comment %}" in converted.liquid
		needle = source.strip("{}% ").split()[-1].split("(")[0].strip("'\"}{%")[:8]
		assert needle in converted.liquid
	if LEFT[source] != "jinja_syntax":
		printed = render(converted.liquid, liquid_document())
		assert printed.startswith("first\n")
		assert printed.endswith("last")


def test_the_rest_of_a_print_format_is_kept():
	converted = convert("{{ doc.name }}{{ doc.nothing }}<b>{{ doc.currency }}</b>", "Sales Invoice")
	assert converted.liquid == (
		"{{ invoice.number }}{% comment %}{ { doc.nothing }}{% endcomment %}<b>{{ invoice.currency }}</b>"
	)


def test_addresses_are_written_out():
	converted = convert("{{ doc.address_display }}{% if doc.shipping_address %}x{% endif %}", "Sales Invoice")
	assert converted.notes == ()
	assert render(converted.liquid, liquid_document()).startswith("Storgata 1<br>0155 Oslo")


def test_the_pages_of_the_print_builder_are_one():
	converted = convert("{% for page in layout %}<p>{{ doc.name }}</p>{% endfor %}", "Sales Invoice")
	assert [note.code for note in converted.notes] == ["jinja_unknown"]
	assert converted.liquid.endswith("<p>{{ invoice.number }}</p>")


def test_a_jinja_name_hides_no_object():
	converted = convert(
		"{% set lines = 3 %}{{ lines }}{% for line in doc.items %}.{% endfor %}", "Sales Invoice"
	)
	assert render(converted.liquid, liquid_document()) == "3.."


@pytest.mark.parametrize(
	("document_type", "source", "liquid"),
	[
		("Dunning", "{{ doc.dunning_fee }}{{ doc.get_formatted('grand_total') }}", "{{ reminder.fee }}{{ reminder.total | money }}"),
		("Dunning", "{% for r in doc.overdue_payments %}{{ r.sales_invoice }}{% endfor %}", "{% for r in reminder.invoices %}{{ r.number }}{% endfor %}"),
		("Billing Contract", "{{ doc.title }}{{ doc.custom_a }}", "{{ contract.title }}{{ contract.custom.custom_a }}"),
		("Customer", "{{ doc.customer_name }}", "{{ customer.name }}"),
		("Sales Order", "{{ doc.transaction_date }}", "{{ invoice.date }}"),
	],
)  # fmt: skip
def test_other_documents(document_type, source, liquid):
	assert convert(source, document_type).liquid == liquid


@pytest.mark.parametrize("document_type", drops.DOCUMENTS)
def test_every_field_of_the_tables_is_there(document_type):
	from billing_ext.rendering import jinja_fields

	known = {path.path for path in drops.paths(drops.DOCUMENTS[document_type])}
	assert set(jinja_fields.DOCUMENTS[document_type].values()) <= known | {"language"}
	assert jinja_fields.MAIN[document_type] in known


def test_every_row_of_the_tables_is_there():
	from billing_ext.rendering import jinja_fields

	schemas = {
		path.field.of.name: path.field.of
		for one in drops.DOCUMENTS.values()
		for path in drops.paths(one)
		if path.field.of
	}
	for name, fields in jinja_fields.ROWS.items():
		assert set(fields.values()) <= set(schemas[name].names())


@pytest.mark.parametrize(
	("condition", "expected"),
	[
		("doc.docstatus == 0", {"draft"}),
		("doc.docstatus == 1", {"submitted"}),
		("doc.docstatus == 2", {"cancelled"}),
		("doc.docstatus != 0", {"submitted", "cancelled"}),
		("doc.docstatus != 1", {"draft", "cancelled"}),
		("doc.docstatus != 2", {"draft", "submitted"}),
	],
)
def test_a_documents_status_keeps_its_meaning(condition, expected):
	liquid = convert(f"{{% if {condition} %}}yes{{% endif %}}", "Sales Invoice").liquid
	states = {
		"draft": {"is_pro_forma": True, "is_cancelled": False},
		"submitted": {"is_pro_forma": False, "is_cancelled": False},
		"cancelled": {"is_pro_forma": False, "is_cancelled": True},
	}
	renderer = Renderer(lambda _name: None)
	shown = {
		state
		for state, invoice in states.items()
		if "yes" in renderer.render(liquid, "t", {"invoice": invoice}, NORWEGIAN)
	}
	assert shown == expected
