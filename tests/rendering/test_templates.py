"""The shipped templates: every kind of document, what the law wants on it, its words, its colours, its look.

The pages of ``golden/`` are compared word by word: UPDATE_GOLDEN=1 writes them anew, and git shows what changed.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from billing_ext.rendering import colors, samples, shipped
from billing_ext.rendering.drops import Drop
from billing_ext.rendering.pdf.css import clean_css
from billing_ext.rendering.pdf.safety import clean_html
from billing_ext.rendering.presentation import Presentation, Translate, locale_for
from billing_ext.rendering.renderer import Renderer

GOLDEN = Path(__file__).parent / "golden"
TRANSLATIONS = Path(shipped.__file__).parents[1] / "translations"
CONTEXT = "Billing Print"
TRANSLATED = ("nb", "nn", "da", "sv")
INVOICES = ("classic_invoice", "modern_invoice", "minimal_invoice")

HANDED_OVER = set(
	"""Active;Cancelled;Credit Note;Day;Draft;Ended;Half-Year;In Advance;In Arrears;Invoice;Journal Entry;Month;
	Needs Attention;Not due;Payment;Quarter;Upcoming;Week;Year""".replace("\n\t", "").split(";")
)
"""Words that a template shows and that reach it translated: repositories/printing."""

THE_SAME = {"BIC", "Bank", "Draft", "IBAN", "KID", "Per", "Period", "Quarter", "Subtotal"}
"""Words that are the same in English and in one of the others."""

BY_FOLDER = {template.folder: template for template in shipped.templates()}
RENDERED = [(folder, kind) for folder, one in BY_FOLDER.items() for kind in samples.KINDS[one.document_type]]
LITERAL = re.compile(r"'([^']+)'\s*\|\s*(?:t|translate)\b")
VOID = {"br", "hr", "img"}


@cache
def words(language: str) -> dict[str, str]:
	with (TRANSLATIONS / f"{language}.csv").open(newline="", encoding="utf-8") as file:
		return {source: text for source, text, context in csv.reader(file) if context == CONTEXT}


def translator(language: str) -> Translate:
	"""What the site does with the words of a template."""
	return str if language == "en" else lambda text: words(language).get(text, text)


RENDERER = Renderer(shipped.partial)


@cache
def sample(document_type: str, kind: str) -> Drop:
	return samples.sample(document_type, kind)


@cache
def part(folder: str, kind: str, language: str, name: str) -> str:
	template = BY_FOLDER[folder]
	values = sample(template.document_type, kind) | {"language": language}
	presentation = Presentation(language, locale_for(language, "NO"), samples.TODAY, translator(language))
	return RENDERER.render(getattr(template, name), template.name, values, presentation)


def page(folder: str, kind: str, language: str = "nb") -> str:
	return part(folder, kind, language, "source") + part(folder, kind, language, "footer")


def text_of(html: str) -> str:
	"""What is read on the page, with one kind of space."""
	return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html))).replace(" .", ".").strip()


def sources() -> Iterator[tuple[str, str]]:
	"""Every shipped Liquid source but the style sheets."""
	for template in shipped.templates():
		yield f"{template.folder}/body", template.source
		yield f"{template.folder}/header", template.header
		yield f"{template.folder}/footer", template.footer
	for name in shipped.partials():
		if not name.endswith("_css"):
			yield name, shipped.partial(name) or ""


# --- The files


def test_every_template_is_read():
	assert {(template.folder, template.document_type) for template in shipped.templates()} == {
		("classic_invoice", "Sales Invoice"),
		("modern_invoice", "Sales Invoice"),
		("minimal_invoice", "Sales Invoice"),
		("pro_forma_order", "Sales Order"),
		("reminder", "Dunning"),
		("contract", "Billing Contract"),
		("usage_report", "Billing Contract"),
		("statement", "Customer"),
	}
	assert all(template.source and template.css and template.footer for template in shipped.templates())


@pytest.mark.parametrize("name", ["nothing", "../classic_invoice/body", "/etc/passwd", ""])
def test_only_partials_are_partials(name):
	assert shipped.partial(name) is None


def test_every_partial_is_used():
	everything = "".join(source for _name, source in sources())
	everything += "".join(template.css for template in shipped.templates())
	everything += "".join(shipped.partial(name) or "" for name in shipped.partials())
	assert set(re.findall(r"render '(\w+)'", everything)) == set(shipped.partials())


# --- The pages


@pytest.mark.parametrize(("folder", "kind"), RENDERED)
def test_every_kind_renders_as_well_formed_html(folder, kind):
	html = page(folder, kind)
	checker = Nesting()
	checker.feed(html)
	checker.close()
	assert not checker.open
	assert "None" not in text_of(html)


class Nesting(HTMLParser):
	"""Fails on an end tag that ends something else."""

	def __init__(self) -> None:
		super().__init__()
		self.open: list[str] = []

	def handle_starttag(self, tag, attrs):
		if tag not in VOID:
			self.open.append(tag)

	def handle_endtag(self, tag):
		assert self.open, f"</{tag}> ends nothing"
		assert self.open.pop() == tag, f"line {self.getpos()[0]}"


@pytest.mark.parametrize(("folder", "kind"), RENDERED)
def test_nothing_is_lost_when_the_page_is_made_safe(folder, kind):
	html = page(folder, kind)
	assert text_of(clean_html(html).html) == text_of(html)
	assert html.count("<img") == clean_html(html).html.count("<img")


@pytest.mark.parametrize("folder", BY_FOLDER)
def test_the_style_is_safe_and_within_what_every_engine_knows(folder):
	css = part(folder, samples.KINDS[BY_FOLDER[folder].document_type][0], "nb", "css")
	assert len(clean_css(css).split()) >= len(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL).split()) * 0.9
	assert not re.search(r"url\(|@import|var\(|flex|grid|calc\(|\b(?:inset|padding|margin)-inline", css)


GOLDEN_PAGES = [
	(folder, kind, language)
	for folder, kind in RENDERED
	if kind != "long"
	for language in (
		("nb", "nn", "da", "sv", "en")
		if kind == samples.KINDS[BY_FOLDER[folder].document_type][0]
		else ("nb",)
	)
]


@pytest.mark.parametrize(("folder", "kind", "language"), GOLDEN_PAGES)
def test_pages_are_as_they_were(folder, kind, language):
	path = GOLDEN / f"{folder}-{kind}-{language}.html"
	html = re.sub(r"data:[^\"]*", _short, page(folder, kind, language))
	html = re.sub(r"\s*\n\s*", "\n", html).strip() + "\n"
	if os.environ.get("UPDATE_GOLDEN"):
		path.parent.mkdir(exist_ok=True)
		path.write_text(html, encoding="utf-8")
	assert path.exists(), "UPDATE_GOLDEN=1 writes it"
	assert html == path.read_text(encoding="utf-8")


def _short(match: re.Match[str]) -> str:
	return "data:" + hashlib.sha256(match[0].encode()).hexdigest()[:12]


def test_no_golden_page_is_left_over():
	assert {path.stem for path in GOLDEN.glob("*.html")} == {"-".join(golden) for golden in GOLDEN_PAGES}


# --- The law: bokføringsforskriften kap. 5

LEGAL = {
	"5-1-1 nr 1, number": ("invoice", ["500123"]),
	"5-1-1 nr 1, date of issue": ("invoice", ["Fakturadato 22. nov. 2026"]),
	"5-1-1 nr 2, seller": ("invoice", ["Fjord Software AS", "Strandkaien 14", "5013 Bergen"]),
	"5-1-1 nr 2, buyer": ("invoice", ["Nordlys Hotell AS"]),
	"5-1-1 nr 3, nature and extent": (
		"invoice",
		["Fjord Booking Pro", "12 stk", "Kurs for nytilsatte", "3 timer"],
	),
	"5-1-1 nr 4, time of delivery": ("invoice", ["Levering 1. nov. 2026 – 30. nov. 2026"]),
	"5-1-1 nr 4, place of delivery": ("invoice", ["Leveringssted Tromsø"]),
	"5-1-1 nr 5, consideration": ("invoice", ["8 542,53", "9 625,66"]),
	"5-1-1 nr 5, due date": ("invoice", ["Forfallsdato 6. des. 2026"]),
	"5-1-1 nr 6, VAT": ("invoice", ["573,13", "510,00"]),
	"5-1-1 nr 6, VAT in NOK": ("foreign", ["NOK 1 951,82", "Valutakurs : 1 EUR = 11,4255 NOK"]),
	"5-1-2, seller's number and MVA": ("invoice", ["NO 999 999 999 MVA"]),
	"5-1-2, buyer's address": ("invoice", ["Sjøgata 38", "9008 Tromsø"]),
	"5-1-2, buyer's number": ("invoice", ["Org.nr. 888 888 888"]),
	"foretaksregisterloven 10-2": ("invoice", ["Foretaksregisteret", "Forretningskontor: Bergen"]),
	"5-1-5, rates apart": ("invoice", ["25 %", "2 292,53", "15 %", "3 400,00", "0 %", "2 850,00"]),
	"5-1-1, reverse charge": ("foreign", [samples.REVERSE_CHARGE, "DE136695976"]),
	"good practice, reason of no VAT": ("invoice", ["Unntatt etter merverdiavgiftsloven § 3-5"]),
	"5-2-7, credit note names the original": (
		"credit_note",
		["Kreditnota", "Gjelder faktura 500123 av 2. nov. 2026"],
	),
	"payment, KID": ("invoice", ["KID 0005001235"]),
	"payment, account": ("invoice", ["Kontonummer 1234 56 78903", "IBAN NO71 1234 5678 903", "BIC FJBKNO22"]),
	"forsinkelsesrenteloven": ("invoice", ["forsinkelsesrenteloven, for tiden 12,25 % per år"]),
}


@pytest.mark.parametrize("folder", INVOICES)
@pytest.mark.parametrize(("kind", "expected"), LEGAL.values(), ids=LEGAL)
def test_the_law_is_met(folder, kind, expected):
	text = text_of(page(folder, kind)).replace("Valutakurs:", "Valutakurs :")
	assert [words for words in expected if words not in text] == []


@pytest.mark.parametrize("folder", INVOICES)
@pytest.mark.parametrize(
	("language", "title"),
	[("nb", "Faktura"), ("nn", "Faktura"), ("da", "Faktura"), ("sv", "Faktura"), ("en", "Invoice")],
)
def test_the_language_is_one_that_the_law_allows(folder, language, title):  # 5-1-1a
	assert re.search(rf"<h1>{title}\b", page(folder, "invoice", language))


@pytest.mark.parametrize("folder", INVOICES)
@pytest.mark.parametrize("kind", ["credit_note", "pro_forma", "cancelled"])
def test_only_an_invoice_asks_for_money_by_kid(folder, kind):
	text = text_of(page(folder, kind))
	assert "0005001235" not in text
	assert "Å betale" not in text


@pytest.mark.parametrize("folder", INVOICES)
def test_a_credit_note_asks_for_nothing(folder):
	text = text_of(part(folder, "credit_note", "nb", "source"))
	assert "1234 56 78903" not in text
	assert "Det er ingenting å betale." in text


@pytest.mark.parametrize("folder", [*INVOICES, "pro_forma_order"])
def test_a_pro_forma_says_that_it_is_none(folder):
	text = text_of(page(folder, "pro_forma"))
	assert "Proformafaktura" in text
	assert "ikke et salgsdokument" in text
	assert "500123" not in text


@pytest.mark.parametrize("folder", INVOICES)
def test_a_cancelled_invoice_is_marked(folder):
	assert "Annullert" in text_of(page(folder, "cancelled"))
	assert "Annullert" not in text_of(page(folder, "invoice"))


@pytest.mark.parametrize("folder", INVOICES)
def test_a_proration_is_explained_below_its_line(folder):
	text = text_of(page(folder, "invoice"))
	assert "9. nov. 2026 – 30. nov. 2026 : 22/30 × 750,00 = 550,00" in text.replace("2026:", "2026 :")


@pytest.mark.parametrize("folder", INVOICES)
def test_parts_of_the_payment_discounts_and_notes_are_shown(folder):
	text = text_of(page(folder, "hard"))
	assert "30 % 6. des. 2026" in text
	assert "70 % 6. jan. 2027" in text
	assert "etter rabatt på 1,500" in text
	assert "<script>alert(1)</script>" in text, "as text"


@pytest.mark.parametrize("folder", INVOICES)
def test_every_line_of_a_long_invoice_is_there(folder):
	assert part(folder, "long", "nb", "source").count('<tr class="line">') == samples.LONG_LINES


@pytest.mark.parametrize(
	("kind", "title"),
	[("reminder", "Betalingspåminnelse"), ("second", "Andre gangs purring"), ("notice", "Inkassovarsel")],
)
def test_a_reminder_shows_its_claim_part_by_part(kind, title):
	text = text_of(page("reminder", kind))
	for expected in (
		title, "500087", "15. sep. 2026", "500104", "15. okt. 2026", "6. des. 2026", "Hovedstol 7 912,50",
		"Purregebyr 38,00", "1234 56 78903", "0005000877", "Har du innvendinger mot kravet?",
	):  # fmt: skip
		assert expected in text
	assert ("12,25 % per år 149,34" in text) == (kind != "reminder")
	assert ("sendt til inkasso" in text) == (kind == "notice")


# --- The words


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_word_is_translated_and_none_is_left_over(language):
	wanted = HANDED_OVER | {word for _name, source in sources() for word in LITERAL.findall(source)}
	assert set(words(language)) - wanted == set()
	assert wanted - set(words(language)) == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_are_whole(language):
	for source, text in words(language).items():
		assert text == text.strip() != ""
		assert sorted(re.findall(r"\{\w+\}", source)) == sorted(re.findall(r"\{\w+\}", text)), source
		assert not source.endswith(".") or text.endswith("."), source
		assert text != source or source in THE_SAME, source


@pytest.mark.parametrize(("name", "source"), [pytest.param(*one, id=one[0]) for one in sources()])
def test_no_word_is_written_without_translation(name, source):
	assert not re.search(r"\|\s*t(?:ranslate)?\b", LITERAL.sub("", source)), "only literals are translated"
	source = re.sub(r"\{%-?\s*comment.*?endcomment\s*-?%\}", "", source, flags=re.DOTALL)
	written = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|<[^>]*>|&#?\w+;", " ", source, flags=re.DOTALL)
	assert not re.findall(r"[^\W\d_]+", written)


# --- The colours

BRANDS = ("#1d4f91", "#ffd400", "#e11d48", "#00bfa5", "#000000", "#ffffff", "#7c7c7c")
GROUNDS = ("#ffffff", "#f6f7f9", "#f2f4f7")
"""Behind text: paper, and the panels of Modern Invoice and Statement of Account."""


def rules(css: str) -> Iterator[tuple[str, str | None, str | None]]:
	"""Selector, colour and background of each rule."""
	for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
		color = re.search(r"(?<![\w-])color:\s*(#\w+)", body)
		background = re.search(r"background:\s*(#\w+)", body)
		yield selector.strip(), color and color[1], background and background[1]


@pytest.mark.parametrize("folder", BY_FOLDER)
@pytest.mark.parametrize("brand", BRANDS)
def test_text_can_be_read(folder, brand):
	template = BY_FOLDER[folder]
	values = sample(template.document_type, samples.KINDS[template.document_type][0])
	look = {
		"primary_color": brand,
		"on_primary_color": colors.readable_on(brand),
		"primary_text_color": colors.darkened_to_read(brand),
	}
	branded = {**values, "branding": {**values["branding"], **look}}
	presentation = Presentation("nb", "nb_NO", samples.TODAY)
	css = RENDERER.render(template.css, template.name, branded, presentation)
	for selector, color, background in rules(css):
		if background == brand and background not in GROUNDS:
			assert color == look["on_primary_color"], selector
			assert colors.contrast(color, background) >= colors.ENOUGH, selector
		elif color and color not in look.values():
			grounds = [background] if background else GROUNDS
			assert min(colors.contrast(color, ground) for ground in grounds) >= colors.ENOUGH, selector
		elif color and color != look["on_primary_color"]:
			assert colors.contrast(color, "#ffffff") >= colors.ENOUGH, selector


# --- The samples


@pytest.mark.parametrize(
	("document_type", "kind"), [(one, kind) for one in samples.KINDS for kind in samples.KINDS[one]]
)
def test_samples_are_right(document_type, kind):
	made = samples.sample(document_type, kind)
	invoice = made.get("invoice")
	if invoice:
		assert invoice["net"] == sum(line["net"] for line in invoice["lines"])
		assert invoice["total"] == invoice["net"] + invoice["tax"]
		assert invoice["tax"] == sum(tax["amount"] for tax in invoice["taxes"])
		parts = [part["amount"] for line in invoice["lines"][:1] for part in line["prorations"]]
		assert not parts or sum(parts) == invoice["lines"][0]["net"]


@pytest.mark.parametrize(("document_type", "kind"), [("Item", ""), ("Dunning", "invoice")])
def test_other_samples_are_refused(document_type, kind):
	with pytest.raises(ValueError, match="no sample"):
		samples.sample(document_type, kind)
