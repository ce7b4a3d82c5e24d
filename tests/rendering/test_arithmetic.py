"""The library counts a Decimal as 0 and answers in binary floats; our filters count in Decimal."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid import Environment
from liquid_samples import render

from billing_ext.rendering.arithmetic import FILTERS
from billing_ext.rendering.errors import TemplateError
from billing_ext.rendering.numbers import Money, Number

STOCK = Environment()

# filter → a template, what is right, and what the library makes of it: 0, a float's tail, or nothing.
CASES = {
	"plus": ("{{ a | plus: b }}", "0.3", "0"),
	"minus": ("{{ a | minus: b }}", "-0.1", "0"),
	"times": ("{{ a | times: 3 }}", "0.3", "0"),
	"divided_by": ("{{ c | divided_by: 4 }}", "0.75", "0"),
	"modulo": ("{{ c | modulo: 2 }}", "1", "0"),
	"round": ("{{ d | round: 2 }}", "2.68", "0"),
	"ceil": ("{{ d | ceil }}", "3", "0"),
	"floor": ("{{ d | floor }}", "2", "0"),
	"abs": ("{{ e | abs }}", "1.5", "0"),
	"at_least": ("{{ d | at_least: 1 }}", "2.675", "1"),
	"at_most": ("{{ d | at_most: 100 }}", "2.675", "0"),
	"sum": ("{{ all | sum }}", "0.3", "0"),
}
VALUES = {"a": "0.1", "b": "0.2", "c": "3", "d": "2.675", "e": "-1.5"}


def values(kind):
	made = {name: kind(value) for name, value in VALUES.items()}
	return {**made, "all": [made["a"], made["b"]]}


def test_all_of_the_librarys_arithmetic_is_replaced():
	assert set(CASES) == set(FILTERS)


@pytest.mark.parametrize("name", CASES)
def test_the_library_counts_a_decimal_as_nothing(name):
	template, _, wrong = CASES[name]
	assert STOCK.from_string(template).render(**values(Decimal)) == wrong


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(
	"kind", [Decimal, Number, lambda value: Money(value, "NOK")], ids=["Decimal", "Number", "Money"]
)
def test_ours_counts_it_exactly(name, kind):
	template, right, _ = CASES[name]
	assert Decimal(render(template, values(kind))) == Decimal(right)


@pytest.mark.parametrize("name", [name for name in CASES if name != "sum"])
def test_money_stays_money(name):
	template = CASES[name][0].replace(" }}", " | money_with_currency }}")
	made = {key: Money(value, "NOK") for key, value in VALUES.items()}
	assert render(template, made).startswith("NOK\u00a0")


def test_the_sum_of_money_is_money_unless_the_currencies_differ():
	lines = [{"net": Money("0.1", "NOK")}, {"net": Money("0.2", "NOK")}]
	assert render("{{ lines | sum: 'net' | money_with_currency }}", {"lines": lines}) == "NOK\u00a00,30"
	lines[0]["net"] = Money(1, "SEK")
	with pytest.raises(TemplateError) as raised:
		render("{{ lines | sum: 'net' | money }}", {"lines": lines})
	assert raised.value.code == "liquid_wrong_value"


AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=4, allow_nan=False)


@given(AMOUNTS, AMOUNTS)
def test_agrees_with_decimal(a, b):
	made = {"a": Number(a), "b": Number(b)}
	assert Decimal(render("{{ a | plus: b }}", made)) == a + b
	assert Decimal(render("{{ a | minus: b }}", made)) == a - b
	assert Decimal(render("{{ a | times: b }}", made)) == Number(a) * Number(b)
	assert Decimal(render("{{ a | round: 2 }}", made)) == a.quantize(Decimal("0.01"), ROUND_HALF_UP)
	assert Decimal(render("{{ a | at_least: b }}", made)) == max(a, b)


@given(AMOUNTS, st.integers(1, 10_000))
def test_modulo_and_division_make_the_number_again(a, n):
	whole = FILTERS["floor"](FILTERS["divided_by"](Number(a), Number(n)))
	assert whole * n + FILTERS["modulo"](Number(a), n) == a


@pytest.mark.parametrize(
	("condition", "holds"),
	[
		("a == 0.1", True),
		("0.1 == a", True),
		("a != 0.1", False),
		("a < 0.2", True),
		("a <= 0.1", True),
		("a > 0.1", False),
		("a >= 0.1", True),
		("0.2 > a", True),
		("0.1 < a", False),
		("a == b", False),
		("total == 1250", True),
		("total > 1249.99", True),
		("total == 0", False),
		("zero == 0", True),
		("zero == 0.0", True),
	],
)
def test_comparison_with_literals(condition, holds):
	made = {"a": Number("0.1"), "b": Number("0.2"), "total": Money("1250.00", "NOK"), "zero": Number(0)}
	assert render(f"{{% if {condition} %}}yes{{% endif %}}", made) == ("yes" if holds else "")


@pytest.mark.parametrize(
	("source", "printed"),
	[
		("{{ '1,5' | plus: 1 }}", "2.5"),
		("{{ ' 12 ' | times: 2 }}", "24"),
		("{{ 'abc' | plus: 1 }}", "1"),
		("{{ '' | plus: 1 }}", "1"),
		("{{ nil | plus: 1 }}", "1"),
		("{{ '1e3' | plus: 0 }}", "1000"),
		("{{ 0.1 | plus: 0.2 }}", "0.3"),
		("{{ 7 | divided_by: 2 }}", "3"),
		("{{ -7 | divided_by: 2 }}", "-4"),
		("{{ 7.0 | divided_by: 2 }}", "3.5"),
		("{{ -7 | modulo: 3 }}", "2"),
		("{{ 2.5 | round }}", "3"),
		("{{ -2.5 | round }}", "-3"),
		("{{ '1.005' | round: 2 }}", "1.01"),
		("{{ 1.5 | ceil }}{{ -1.5 | floor }}{{ -1.5 | abs }}", "2-21.5"),
	],
)
def test_texts_and_literals(source, printed):
	assert render(source) == printed


@pytest.mark.parametrize(
	"source",
	[
		"{{ 1 | divided_by: 0 }}",
		"{{ 1 | modulo: 0.0 }}",
		"{{ 'nan' | plus: 1 }}",
		"{{ 'inf' | abs }}",
		"{{ '1e5000' | plus: 1 }}",
		"{{ 1 | plus }}",
		"{{ 1 | plus: 1, 2 }}",
	],
)
def test_what_cannot_be_counted_names_the_filter(source):
	with pytest.raises(TemplateError) as raised:
		render(source)
	assert raised.value.code == "liquid_wrong_value"
	assert str(raised.value.context["detail"]).startswith(source.split("|")[1].split(":")[0].strip(" }"))
