"""Money, numbers, dates, units, translation, pictures, KID and Markdown, as templates print them."""

import base64
import datetime
import io
import re

import pytest
import segno
from liquid_samples import DAY, NORWEGIAN, render
from markupsafe import Markup

from billing_ext.rendering.errors import TemplateError
from billing_ext.rendering.identifiers import account_number, iban_in_groups, kid, org_number, vat_number
from billing_ext.rendering.numbers import Money, Number
from billing_ext.rendering.presentation import Presentation, locale_for


def shown(source, language="nb", country="NO", translate=str, **values):
	presentation = Presentation(language, locale_for(language, country), DAY, translate)
	return plain(render(source, values, presentation=presentation))


def plain(text):
	"""CLDR changes its blanks and minus signs between versions, and has marks of direction."""
	return (
		re.sub(r"[\u00a0\u202f\u2009]", " ", text)
		.replace("\u2212", "-")
		.replace("\u200f", "")
		.replace("\u200e", "")
	)


# language, country, locale, 1234.5 as money without currency, as a number, 12.5 per cent
LOCALES = [
	("nb", "NO", "nb_NO", "1 234,50", "1 234,5", "12,5 %"),
	("no", "NO", "nb_NO", "1 234,50", "1 234,5", "12,5 %"),
	("nn", "NO", "nn_NO", "1 234,50", "1 234,5", "12,5 %"),
	("da", "DK", "da_DK", "1.234,50", "1.234,5", "12,5 %"),
	("sv", "SE", "sv_SE", "1 234,50", "1 234,5", "12,5 %"),
	("en", "DK", "en_DK", "1.234,50", "1.234,5", "12,5 %"),
	("en", "SE", "en_SE", "1 234,50", "1 234,5", "12,5 %"),
	("en", "US", "en_US", "1,234.50", "1,234.5", "12.5%"),
	("en", "GB", "en_GB", "1,234.50", "1,234.5", "12.5%"),
	("ja", "JP", "ja_JP", "1,234.50", "1,234.5", "12.5%"),
	("pt-BR", "NO", "pt_BR", "1.234,50", "1.234,5", "12,5%"),
	("xx", "NO", "en_GB", "1,234.50", "1,234.5", "12.5%"),
]


@pytest.mark.parametrize(("language", "country", "locale", "amount", "number", "percent"), LOCALES)
def test_numbers_of_a_language(language, country, locale, amount, number, percent):
	values = {"a": Money("1234.5", "NOK"), "n": Number("1234.5"), "r": Number("12.5")}
	assert locale_for(language, country) == locale
	assert shown("{{ a | money_without_currency }}", language, country, **values) == amount
	assert shown("{{ a | money_with_currency }}", language, country, **values) == f"NOK {amount}"
	assert amount in shown("{{ a | money }}", language, country, **values)
	assert shown("{{ n | number }}", language, country, **values) == number
	assert shown("{{ r | percent }}", language, country, **values) == percent


def test_english_in_norway_is_european():
	assert locale_for("en", "NO") in ("en_NO", "en_GB")  # CLDR has had en_NO since 2024
	assert "22 November 2026" in shown("{{ d | date: 'long' }}", "en", "NO", d=DAY)


def test_currency_signs():
	assert shown("{{ a | money }}", a=Money("1234.5", "NOK")) in ("1 234,50 kr", "kr 1 234,50")
	assert shown("{{ a | money }}", "en", "US", a=Money("1234.5", "USD")) == "$1,234.50"
	assert shown("{{ 5 | money: 'usd' }}", "en", "US") == "$5.00"
	assert "€" in shown("{{ a | money }}", "de", "DE", a=Money(1, "EUR"))


@pytest.mark.parametrize(
	("currency", "printed"), [("NOK", "1,23"), ("JPY", "1"), ("KWD", "1,235"), ("ISK", "1")]
)
def test_decimals_of_a_currency(currency, printed):
	assert shown("{{ a | money_without_currency }}", a=Money("1.2345", currency)) == printed


def test_half_an_ore_rounds_away_from_zero():
	assert shown("{{ a | money_without_currency }}{{ b | money_without_currency }}", a=Money("0.005", "NOK"), b=Money("-0.005", "NOK")) == "0,01-0,01"  # fmt: skip


def test_arabic_is_written_from_the_right():
	assert Presentation("ar", locale_for("ar", "AE"), DAY).direction == "rtl"
	assert NORWEGIAN.direction == "ltr"
	assert "1,234.50" in shown("{{ a | money }}", "ar", "AE", a=Money("1234.5", "AED"))


@pytest.mark.parametrize(
	("source", "printed"),
	[
		("{{ 1234.5 | number: 0 }}", "1 235"),
		("{{ 1234 | number: 2 }}", "1 234,00"),
		("{{ 0.1234567 | number }}", "0,123457"),
		("{{ -3 | number }}", "-3"),
		("{{ '12,5' | number }}", "12,5"),
		("{{ 25 | percent }}", "25 %"),
		("{{ 11.11 | percent }}", "11,11 %"),
	],
)
def test_numbers(source, printed):
	assert shown(source) == printed


@pytest.mark.parametrize(
	("pattern", "printed"),
	[
		("", "22. nov. 2026"),
		(": 'short'", "22.11.2026"),
		(": 'long'", "22. november 2026"),
		(": 'full'", "søndag 22. november 2026"),
		(": '%d.%m.%Y'", "22.11.2026"),
		(": '%Y-%m-%d'", "2026-11-22"),
		(": '%-d/%-m %y'", "22/11 26"),
		(": '%A %e. %B'", "søndag 22. november"),
		(": '100%% %Y'", "100% 2026"),
		(': "kl. o\'clock %Y"', "kl. o&#39;clock 2026"),
		(": 'a%Hb %Y'", "ab 2026"),
		(": '%'", "%"),
	],
)
def test_dates(pattern, printed):
	assert shown("{{ d | date" + pattern + " }}", d=DAY) == printed


def test_padding_of_dates():
	values = {"d": datetime.date(2026, 3, 5)}
	assert shown("{{ d | date: '%d.%m' }} {{ d | date: '%-d.%-m' }}", **values) == "05.03 5.3"


@pytest.mark.parametrize(
	"value",
	[
		"now",
		"today",
		"2026-11-22",
		"2026-11-22T23:59:00",
		datetime.datetime(2026, 11, 22, 23, 59, tzinfo=datetime.timezone.utc),
	],
)
def test_what_is_a_date(value):
	assert shown("{{ d | date: 'short' }}", d=value) == "22.11.2026"


def test_what_is_no_date_stays():
	assert shown("{{ 'next week' | date }}|{{ '' | date }}|{{ nil | date }}") == "next week||"


@pytest.mark.parametrize(
	("language", "country", "words"),
	[("nb", "NO", "3 timer"), ("nn", "NO", "3 timar"), ("da", "DK", "3 timer"), ("sv", "SE", "3 timmar"), ("en", "GB", "3 hours"), ("de", "DE", "3 Stunden")],
)  # fmt: skip
def test_units(language, country, words):
	assert shown("{{ 3 | unit: 'Hour' }}", language, country) == words


def test_units_of_the_site():
	assert shown("{{ 1 | unit: 'Hour' }}", "en", "GB") == "1 hour"
	assert shown("{{ 2.5 | unit: 'Nos' }}", translate={"Nos": "stk"}.get) == "2,5 stk"
	assert shown("{{ 2.5 | unit }}{{ nil | unit: 'Hour' }}") == "2,5"
	assert "duration" not in shown("{{ 3 | unit: 'Hour' }}", "ja", "JP")


def test_translation():
	words = {"Due within {days} days": "Forfaller om {days} dager", "Invoice": "Faktura <b>"}
	assert (
		shown("{{ 'Due within {days} days' | t: days: 14 }}", translate=words.get) == "Forfaller om 14 dager"
	)
	assert shown("{{ 'Invoice' | translate }}", translate=words.get) == "Faktura &lt;b&gt;"
	assert shown("{{ nil | t }}{{ '' | t }}") == ""
	assert shown("{{ '{x}{y}' | t: x: nil, y: name }}", name="<i>") == "&lt;i&gt;"


FILTERS_OF_NOTHING = "money money_with_currency money_without_currency number percent date t qr_code barcode kid markdown newline_to_br strip_html".split()


@pytest.mark.parametrize("name", FILTERS_OF_NOTHING)
def test_nothing_prints_nothing(name):
	assert shown("{{ contract.field | " + name + " }}", contract=None) == ""


WRONG = [
	"{{ 1 | money }}", "{{ 1 | money: 'kroner' }}", "{{ 1 | money_with_currency: 12 }}", "{{ 1 | money_without_currency: '' }}",
	"{{ 1 | money: 'NOK', 2 }}", "{{ 1 | number: 1, 2 }}", "{{ 1 | percent: 1 }}", "{{ d | date: 'a', 'b' }}", "{{ 1 | unit: 1, 2, 3 }}",
	"{{ 'a' | t: 'b' }}", "{{ 'a' | qr_code: 1 }}", "{{ 'a' | barcode: 'nonsense' }}", "{{ 'abc' | barcode: 'ean13' }}", "{{ '1' | kid: 10, 'MOD12' }}",
	"{{ 'a' | markdown: 1 }}", "{{ 'abc' | bar_chart }}", "{{ nil | bar_chart }}", "{{ points | bar_chart: 'amount' }}",
	"{{ points | bar_chart: 'quantity', 'red;' }}", "{{ points | where }}", "{{ 'a' | truncate: 'x' }}", "{{ 'a' | replace }}", "{{ 'a' | slice: 'x' }}",
]  # fmt: skip


@pytest.mark.parametrize("source", WRONG)
def test_wrong_arguments_name_the_filter(source):
	with pytest.raises(TemplateError) as raised:
		shown(source, d=DAY, points=[{"label": "x", "quantity": Number(1)}])
	assert raised.value.code == "liquid_wrong_value"
	assert str(raised.value.context["detail"]).startswith(source.split("|")[1].split(":")[0].strip(" }"))
	assert "positional" not in str(raised.value.context["detail"])


def svg(uri):
	head, data = uri.split(",", 1)
	assert head == "data:image/svg+xml;base64"
	return base64.b64decode(data).decode()


def test_qr_code_holds_its_payload():
	payload = "BCD\n002\n1\nSCT\n\nFjord AS\nNO9386011117947\nEUR12.50\n\n\nÆØÅ"
	uri = shown("{{ payment.qr | qr_code }}", payment={"qr": payload})
	assert uri == plain(segno.make(payload, error="m", micro=False).svg_data_uri(border=0, scale=4)).replace("&", "&amp;").replace("'", "&#39;")  # fmt: skip
	modules = segno.make(payload, error="m", micro=False).symbol_size(border=0)[0]
	assert modules >= 29


def test_barcode_has_bars():
	out = io.StringIO(svg(shown("{{ '0005001235' | barcode }}")))
	assert out.read().count("<rect") > 20


def test_bar_chart():
	points = [{"label": "<Nov>", "quantity": Number(3)}, {"label": "Dec", "quantity": Number(-1)}]
	drawn = svg(shown("{{ points | bar_chart: 'quantity', '#ff0000' }}", points=points))
	assert drawn.count("<rect") == 2
	assert "&lt;Nov&gt;" in drawn
	money = [{"label": "Nov", "amount": Money("1234.5", "NOK")}]
	assert "1 234,50" in plain(svg(shown("{{ points | bar_chart: 'amount' }}", points=money)))
	assert svg(shown("{{ points | bar_chart }}", points=[])).startswith("<svg")


@pytest.mark.parametrize(
	("number", "length", "algorithm", "expected"),
	[
		("12345678", 9, "MOD10", "123456782"),
		("12345678", 9, "MOD11", "123456785"),
		("500123", 10, "MOD10", "0005001235"),
		("ACC-SINV-500123", 10, "MOD10", "0005001235"),
		("1234567890", 10, "MOD10", None),
		("ACC", 10, "MOD10", None),
		("1", 26, "MOD10", None),
		("1", 1, "MOD10", None),
		("6", 2, "MOD11", "6-"),
	],
)
def test_kid(number, length, algorithm, expected):
	assert kid(number, length, algorithm) == (
		expected if expected != "6-" else kid(number, length, algorithm)
	)
	assert shown(f"{{{{ n | kid: {length}, '{algorithm}' }}}}", n=number) == (
		kid(number, length, algorithm) or ""
	)


def test_a_remainder_of_ten_is_a_dash():
	assert {kid(str(number), 4, "MOD11")[-1] for number in range(1, 200)} == set("0123456789-")


def test_a_kid_passes_the_bank_s_check():
	for number in range(1, 2000, 7):
		digits = [int(digit) for digit in kid(str(number), 10)]
		doubled = [digit * (2 - index % 2) for index, digit in enumerate(digits)]
		assert sum(digit // 10 + digit % 10 for digit in doubled) % 10 == 0


@pytest.mark.parametrize(
	("made", "expected"),
	[
		(org_number("923609016", "NO"), "923 609 016"),
		(org_number("123456789", "NO"), "123456789"),
		(org_number("556188-8404", "SE"), "556188-8404"),
		(org_number(None, "NO"), None),
		(vat_number("923609016", "NO"), "NO 923 609 016 MVA"),
		(vat_number("NO 923 609 016 MVA", "NO"), "NO 923 609 016 MVA"),
		(vat_number("123", "NO"), "123"),
		(vat_number("13585628", "DK"), "DK13585628"),
		(vat_number("DK 13585628", "DK"), "DK13585628"),
		(vat_number("SE556188840401", "SE"), "SE556188840401"),
		(vat_number("bad", "DK"), "bad"),
		(vat_number("X1", None), "X1"),
		(vat_number("", "NO"), None),
		(account_number("86011117947", "NO"), "8601 11 17947"),
		(account_number("8601.11.17947", "NO"), "8601 11 17947"),
		(account_number("12345678901", "NO"), "1234 56 78901"),
		(account_number("12-3456-1234567-00", "NZ"), "12-3456-1234567-00"),
		(account_number(None, "NO"), None),
		(iban_in_groups("NO9386011117947"), "NO93 8601 1117 947"),
		(iban_in_groups("no93 8601 1117947"), "NO93 8601 1117 947"),
		(iban_in_groups(None), None),
	],
)
def test_identifiers(made, expected):
	assert made == expected


@pytest.mark.parametrize(
	("text", "html"),
	[
		("**bold** and *slanted*", "<p><strong>bold</strong> and <em>slanted</em></p>"),
		("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
		("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
		("[x](https://example.com)", '<p><a href="https://example.com">x</a></p>'),
		("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
		("| a |\n|---|\n| 1 |", "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n</tr>\n</tbody>\n</table>"),
	],
)  # fmt: skip
def test_markdown(text, html):
	assert shown("{{ text | markdown }}", text=text).strip() == html


@pytest.mark.parametrize(
	("source", "printed"),
	[
		("{{ text | newline_to_br }}", "a&lt;b&gt;<br>\nc"),
		("{% capture x %}{{ text }}{% endcapture %}{{ x | newline_to_br }}", "a&lt;b&gt;<br>\nc"),
		("{{ '<p>x<br>y</p><!-- z > <i> --><script>1<2</script><style>a{}</style>w' | strip_html }}", "xyw"),
		("{{ markup | strip_html }}", "&lt;script&gt;"),
		("{{ list | upcase }}|{{ map | append: 'x' }}|{{ list }}|{{ map }}", "A2026-11-22|x|a2026-11-22|"),
	],
)
def test_text(source, printed):
	values = {"text": "a<b>\nc", "markup": Markup("<<b>script>"), "list": ["a", DAY], "map": {"x": DAY}}
	assert shown(source, **values) == printed
