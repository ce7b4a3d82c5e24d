"""Where a template is wrong, and what may have been meant."""

import pytest
from liquid_samples import document, render

from billing_ext.rendering import limits
from billing_ext.rendering.errors import TemplateError
from billing_ext.rendering.renderer import Renderer


def failure(source, partials=None, values=None):
	with pytest.raises(TemplateError) as raised:
		render(source, document() if values is None else values, partials)
	return raised.value


def place(error):
	return error.template, error.line, error.column, error.source_line


CASES = {
	# code: source, line, column, suggestion
	"liquid_unknown_name": ("a\n  {{ invoice.nmber }}", 2, 6, "invoice.number"),
	"liquid_unknown_filter": ("a\n  {{ invoice.number | upcas }}", 2, 23, "upcase"),
	"liquid_unknown_tag": ("a\n  {% fro x in lines %}", 2, 6, "for"),
	"liquid_partial_missing": ("a\n{% render 'foot' %}", 2, 12, ""),
	"liquid_syntax": ("a\n{{ invoice.number", 2, 1, ""),
	"liquid_wrong_value": ("a\n {{ 1 | divided_by: 0 }}", 2, 2, ""),
	"liquid_filter_too_big": ("a\n{{ (1..9999999) | size }}", 2, 1, ""),
	"liquid_too_many_turns": ("a\n{% for i in (1..9999999) %}{% endfor %}", 2, 1, ""),
	"liquid_too_many_partials": ("a\n{% render 'again' %}", 1, 1, ""),
	"liquid_too_much_memory": ("{% capture a %}{% for i in (1..90000) %}aaaaaaaaaa{% endfor %}{% endcapture %}\n{% assign b = a | append: '' %}\n {% assign c = a | append: '' %}", 3, 2, ""),
	"liquid_too_deep": ("{% if true %}" * 61 + "{% endif %}" * 61, 0, 0, ""),
	"liquid_source_too_long": ("x" * 200_001, 0, 0, ""),
}  # fmt: skip


@pytest.mark.parametrize("code", CASES)
def test_every_code_says_where(code):
	source, line, column, suggestion = CASES[code]
	error = failure(source, {"again": "{% render 'again' %}"})
	assert (error.code, error.line, error.suggestion) == (code, line, suggestion)
	assert error.column == column


def test_too_slow_and_too_long(monkeypatch):
	monkeypatch.setattr(limits, "SECONDS", 0.05)
	source = "\n{% for i in (1..99999) %}\n{{ i | times: i | times: i }}{% endfor %}"
	slow = failure(source)
	assert (slow.code, slow.line in (2, 3)) == ("liquid_too_slow", True)  # the loop or what is in it
	monkeypatch.setattr(limits, "OUTPUT", 100)
	source = "\n{% for i in (1..99999) %}\n{{ i }}{% endfor %}"
	assert (failure(source).code, failure(source).line) == ("liquid_too_long", 2)


BASE = "<h1>\n{% block title %}Title{% endblock %}\n{% block body %}\n{{ company.nme }}{% endblock %}"
PLACES = {
	"within a loop": ("{% for line in lines %}\n\n  {{ line.nme }}\n{% endfor %}", {}, ("main", 3, 6)),
	"within nested loops": ("{% for a in groups %}{% for b in a.lines %}\n{{ b.nme }}{% endfor %}{% endfor %}", {}, ("main", 2, 4)),
	"assign within for": ("{% for line in lines %}\n{% assign x = line.nme | append: 'x' %}{{ x }}\n{% endfor %}", {}, ("main", 2, 15)),
	"if within for": ("{% for line in lines %}\n\n{% if line.nme > 1 %}x{% endif %}{% endfor %}", {}, ("main", 3, 7)),
	"elsif": ("{% if false %}\n{% elsif invoice.nme == 1 %}x{% endif %}", {}, ("main", 2, 10)),
	"unless": ("\n{% unless invoice.nme == 1 %}x{% endunless %}", {}, ("main", 2, 11)),
	"case": ("\n{% case invoice.nme %}{% when 1 %}x{% endcase %}", {}, ("main", 2, 9)),
	"for over": ("\n{% for x in invoice.lnes %}{% endfor %}", {}, ("main", 2, 13)),
	"echo": ("\n{% echo invoice.nme %}", {}, ("main", 2, 9)),
	"cycle": ("\n{% for i in (1..2) %}\n{% cycle invoice.nme, 'b' %}{% endfor %}", {}, ("main", 3, 10)),
	"liquid": ("{% liquid\n\nassign a = 1\necho invoice.nme\n%}", {}, ("main", 4, 6)),
	"capture": ("{% capture x %}\n{{ invoice.nme }}{% endcapture %}{{ x }}", {}, ("main", 2, 4)),
	"tablerow": ("{% tablerow i in lines %}\n{{ i.nme }}{% endtablerow %}", {}, ("main", 2, 4)),
	"over several lines": ("<p>\n{{ invoice.number\n  | append: invoice.nme\n  | upcase }}", {}, ("main", 3, 13)),
	"in a style sheet": ("<style>\n.a {\n  color: {{ branding.clor }};\n}\n</style>", {}, ("main", 3, 13)),
	"in a rendered partial": ("\n{% render 'p', x: 1 %}", {"p": "a\nb\n {{ y }}"}, ("p", 3, 5)),
	"in an included partial": ("{% for l in lines %}\n{% include 'p' %}{% endfor %}", {"p": "a\n{{ l.nme }}"}, ("p", 2, 4)),
	"in a partial for each": ("\n{% render 'p' for lines as l %}", {"p": "\n\n{{ l.nme }}"}, ("p", 3, 4)),
	"in a base": ("{% extends 'base' %}{% block title %}x{% endblock %}", {"base": BASE}, ("base", 4, 4)),
	"in a block of a base": ("{% extends 'base' %}\n{% block body %}\n {{ company.nme }}{% endblock %}", {"base": BASE}, ("main", 3, 5)),
	"in a partial's syntax": ("\n{% render 'p' %}", {"p": "a\n{% if %}{% endif %}"}, ("p", 2, 1)),
	"in a partial's filter": ("\n{% render 'p' %}", {"p": "a\n{{ 1 | upcas }}"}, ("p", 2, 8)),
	"a partial that is missing": ("\n{% for x in lines %}\n{% include 'gone' %}{% endfor %}", {}, ("main", 3, 13)),
	"a partial missing in a partial": ("\n{% render 'p' %}", {"p": "a\n\n{% render 'gone' %}"}, ("p", 3, 12)),
}  # fmt: skip


@pytest.mark.parametrize("case", PLACES)
def test_place(case):
	source, partials, expected = PLACES[case]
	error = failure(source, partials)
	assert (error.template, error.line, error.column) == expected
	assert error.source_line == {"main": source, **partials}[error.template].splitlines()[error.line - 1]


def test_check_finds_syntax_without_values():
	with pytest.raises(TemplateError) as raised:
		Renderer({}.get).check("a\n\n{% endif %}", "mine")
	assert place(raised.value) == ("mine", 3, 4, "{% endif %}")


@pytest.mark.parametrize(("source", "line"), [("a\n{% if a %}\nb", 2), ("a\n{% for x of y %}{% endfor %}", 2), ("{{ a | }}", 1), ("a\n\n{{ 'a }}", 3), ("{% break %}", 1)])  # fmt: skip
def test_syntax(source, line):
	error = failure(source)
	assert (error.code, error.line) == ("liquid_syntax", line)
	assert error.context["detail"]


def test_a_field_of_nothing_is_nothing():
	values = document()
	values["contract"] = None
	assert render("[{{ contract.number }}{{ contract.lines.first.name }}{{ lines[9].name }}]", values) == "[]"


def test_default_for_what_is_not_there():
	assert render("{{ invoice.nothing | default: 'x' }}{{ nothing | default: 'y' }}", document()) == "xy"


def test_a_suggestion_is_of_the_same_object():
	assert failure("{{ custmer.name }}").suggestion == "customer"
	assert failure("{{ customer.address.cty }}").suggestion == "customer.address.city"
	assert failure("{{ customer.zzzzzz }}").suggestion == ""


def test_the_longer_name_before_it_is_not_to_blame():
	error = failure("{{ invoice.number }} {{ invoice.num }}")
	assert (error.line, error.column) == (1, 25)


@pytest.mark.parametrize("tag", ["if", "elsif", "unless"])
def test_a_single_equals_sign_is_no_comparison(tag):
	opening = "{% if false %}" if tag == "elsif" else ""
	source = (
		f"a\n{opening}{{% {tag} invoice.kind = 'credit_note' %}}x{{% end{'if' if tag == 'elsif' else tag} %}}"
	)
	error = failure(source)
	assert (error.code, error.line) == ("liquid_syntax", 2)
	assert "==" in str(error)


def test_equals_signs_in_texts_are_texts():
	assert render("{% if 'a=b' == 'a=b' and 1 >= 1 and 1 <= 1 and 1 != 2 %}x{% endif %}", document()) == "x"
