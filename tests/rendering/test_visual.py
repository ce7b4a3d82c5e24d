"""The shipped templates on paper: nothing runs over, nothing is lost between pages, and each looks as it did.

The pictures of ``golden/`` are the first pages, small and grey: UPDATE_GOLDEN=1 writes them anew. They are Chromium's,
with Liberation Sans and DejaVu Sans.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat
from test_templates import BY_FOLDER, GOLDEN, INVOICES, RENDERED, RENDERER, sample, text_of, translator

from billing_ext.rendering import samples
from billing_ext.rendering.drops import Drop
from billing_ext.rendering.pdf import Margins, PdfPrinter, PrintPage
from billing_ext.rendering.presentation import Presentation, locale_for

MM = 72 / 25.4
"""Points in a millimetre."""

KINDS = [
	(folder, kind) for folder, kind in RENDERED if kind not in ("cancelled", "draft")
]  # a word more each
ALL = [(folder, kind, "nb") for folder, kind in KINDS] + [(folder, "hard", "ar") for folder in BY_FOLDER]
WITH_LINES = [(folder, kind) for folder, kind in RENDERED if kind == "long"]
PICTURED = [
	(folder, kind)
	for folder, template in BY_FOLDER.items()
	for kind in (
		("invoice", "credit_note", "pro_forma", "foreign")
		if folder in INVOICES
		else samples.KINDS[template.document_type][:1]
	)
]

MEAN, WORST = 0.6, 18
"""How much a picture may differ, of 255: on average, and in the worst square of 8 by 8 points.

The same program and fonts differ by nothing, a shift of 0.03 mm by 0.5 and 17; the mutants below by more.
"""

MUTANTS = {
	"a logo that is missing": ".logo { visibility: hidden; }",
	"text that is larger by a tenth": "body { font-size: 9.9pt; }",
	"a block that is 3 mm lower": ".facts { position: relative; top: 3mm; }",
	"a band that is lighter": ".band { background: #3a6cab; }",
	"a part that is lost": ".payment { visibility: hidden; }",
}


class Word(NamedTuple):
	"""Where a word stands on its sheet, in points from the upper left corner."""

	left: float
	top: float
	right: float
	bottom: float
	text: str


class Sheet(NamedTuple):
	width: float
	height: float
	words: list[Word]

	@property
	def text(self) -> str:
		return " ".join(word.text for word in self.words)


class Printed(NamedTuple):
	page: PrintPage
	pdf: bytes
	sheets: list[Sheet]

	@property
	def html(self) -> str:
		return self.page.body + self.page.footer


Print = Callable[..., Printed]


@pytest.fixture(scope="module")
def printed(printers: Callable[[str], PdfPrinter]) -> Iterator[Print]:
	"""Prints a sample; each but once."""
	done: dict[tuple[str, ...], Printed] = {}

	def one(folder: str, kind: str, language: str = "nb", engine: str = "Chromium") -> Printed:
		key = (folder, kind, language, engine)
		if key not in done:
			page = page_of(folder, kind, language)
			pdf = printers(engine).pdf(page)
			done[key] = Printed(page, pdf, sheets_of(pdf))
		return done[key]

	yield one
	done.clear()


def page_of(folder: str, kind: str, language: str) -> PrintPage:
	template = BY_FOLDER[folder]
	values = sample(template.document_type, kind) | {"language": language}
	values = numbered(values) if kind == "long" else values
	translate = str if language == "ar" else translator(language)  # no Arabic words come with the app
	presentation = Presentation(language, locale_for(language, "NO"), samples.TODAY, translate)
	parts = {
		name: RENDERER.render(getattr(template, name), template.name, values, presentation)
		for name in ("source", "css", "header", "footer")
	}
	sides = (template.margin_top, template.margin_right, template.margin_bottom, template.margin_left)
	return PrintPage(
		folder,
		parts["source"],
		parts["css"],
		header=parts["header"],
		footer=parts["footer"],
		size=template.page_size,
		orientation=template.orientation,
		margins=Margins(*sides),
		language=language,
		direction=values["direction"],
	)


def numbered(values: Drop) -> Drop:
	"""The same with a number in each line that none other has."""
	if "statement" in values:
		entries = [
			entry | {"number": f"L{number:03}"} for number, entry in enumerate(values["statement"]["entries"])
		]
		return values | {"statement": values["statement"] | {"entries": entries}}
	number, groups = 0, []
	for group in values["invoice"]["groups"]:
		lines = []
		for line in group["lines"]:
			lines.append(line | {"name": f"L{number:03}"})
			number += 1
		groups.append(group | {"lines": lines})
	return values | {"invoice": values["invoice"] | {"groups": groups}}


# --- What pdftotext and pdftoppm see

PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', re.DOTALL)
WORD = re.compile(r'<word xMin="(\S+)" yMin="(\S+)" xMax="(\S+)" yMax="(\S+)">(.*?)</word>')


def sheets_of(pdf: bytes) -> list[Sheet]:
	found = subprocess.run(
		["pdftotext", "-bbox-layout", "-", "-"], input=pdf, capture_output=True, check=True
	)
	return [
		Sheet(
			float(width),
			float(height),
			[Word(*map(float, sides), unescape(text)) for *sides, text in WORD.findall(content)],
		)
		for width, height, content in PAGE.findall(found.stdout.decode())
	]


def picture_of(pdf: bytes) -> Image.Image:
	"""The first page, 220 points wide."""
	command = "pdftoppm -gray -scale-to-x 220 -scale-to-y -1 -f 1 -l 1 -"
	found = subprocess.run(command.split(), input=pdf, capture_output=True, check=True)
	return Image.open(io.BytesIO(found.stdout)).convert("L")


# --- Nothing runs over


@pytest.mark.parametrize(("folder", "kind", "language"), ALL)
def test_words_stand_between_the_margins(printed, folder, kind, language):
	done = printed(folder, kind, language)
	margins, near = done.page.margins, 1 * MM
	for number, sheet in enumerate(done.sheets, 1):
		assert sheet.words, f"page {number} is empty"
		end = sheet.height - margins.bottom * MM  # the footer stands below it
		outside = [
			word
			for word in sheet.words
			if word.left < margins.left * MM - near
			or word.right > sheet.width - margins.right * MM + near
			or word.top < margins.top * MM - near
			or word.bottom > sheet.height - near
			or (word.top < end - near and word.bottom > end + near)
		]
		assert outside == [], f"page {number}"


@pytest.mark.parametrize(("folder", "kind", "language"), ALL)
def test_no_word_lies_on_another(printed, folder, kind, language):
	for number, sheet in enumerate(printed(folder, kind, language).sheets, 1):
		assert list(overlaps(sheet)) == [], f"page {number}"


def overlaps(sheet: Sheet) -> Iterator[tuple[Word, Word]]:
	"""Pairs that share more than half a point of their width and a third of their height.

	The boxes are those of the font: lines that are set close share a little of them.
	"""
	words = sorted(sheet.words, key=lambda word: word.top)
	for index, one in enumerate(words):
		for other in words[index + 1 :]:
			if other.top >= one.bottom:
				break
			wide = min(one.right, other.right) - max(one.left, other.left)
			high = min(one.bottom, other.bottom) - other.top
			if wide > 0.5 and high > min(one.bottom - one.top, other.bottom - other.top) / 3:
				yield one, other


@pytest.mark.parametrize(("folder", "kind", "language"), ALL)
def test_amounts_are_whole(printed, folder, kind, language):
	"""Every amount stands on one line, with nothing cut off, as often as on the page before it was printed."""
	done = printed(folder, kind, language)
	wanted = Counter(re.sub(r"\s", "", amount) for amount in AMOUNT.findall(text_with_spaces(done.page.body)))
	assert wanted or folder == "usage_report"
	found = Counter(amount for sheet in done.sheets for run in runs(sheet) for amount in AMOUNT.findall(run))
	assert wanted - found == Counter()


AMOUNT = re.compile(r"(?<![\d.,])\d[\d\u00a0\u202f.,]*[.,]\d{2,3}(?![\d/]|\s?%)")


def text_with_spaces(html: str) -> str:
	return unescape(re.sub(r"<[^>]*>", " ", html))


def runs(sheet: Sheet) -> Iterator[str]:
	"""What stands in a row, from left to right, without more than a space between; spaces left out."""
	rows: dict[tuple[int, int], list[Word]] = {}
	for word in sheet.words:
		rows.setdefault((round(word.top * 2), round(word.bottom * 2)), []).append(word)
	for row in rows.values():
		run, end = "", None
		for word in sorted(row):
			if end is not None and word.left - end > 0.35 * (word.bottom - word.top):
				yield run
				run = ""
			run, end = run + word.text, word.right
		yield run


@pytest.mark.parametrize(
	("folder", "kind"), [(folder, kind) for folder, kind in KINDS if kind not in ("hard", "long")]
)
def test_no_word_is_lost(printed, folder, kind):
	done = printed(folder, kind)
	on_paper = " ".join(sheet.text for sheet in done.sheets)
	assert letters(text_of(done.html)) - letters(on_paper) == set()


def letters(text: str) -> set[str]:
	"""The words without punctuation, and without case: style sheets change it."""
	return set(re.findall(r"\w+", text.lower()))


# --- Pages


@pytest.mark.parametrize("folder", INVOICES)
def test_an_invoice_fits_one_page_and_one_of_usage(printed, folder):
	first, second = printed(folder, "invoice").sheets
	assert "Forbruk" not in first.text
	assert second.text.startswith("Forbruk")
	assert "12,25 %" in first.text, "the last words of the invoice"


@pytest.mark.parametrize(
	("folder", "kind"), [(folder, kind) for folder, kind in PICTURED if kind not in ("invoice", "contract")]
)
def test_a_plain_document_fits_one_page(printed, folder, kind):
	assert len(printed(folder, kind).sheets) == 1


@pytest.mark.parametrize(("folder", "kind"), WITH_LINES)
def test_every_line_is_printed_once(printed, folder, kind):
	found = [
		word.text
		for sheet in printed(folder, kind).sheets
		for word in sheet.words
		if re.fullmatch(r"L\d{3}", word.text)
	]
	assert found == [f"L{number:03}" for number in range(samples.LONG_LINES)]


@pytest.mark.parametrize(("folder", "kind"), WITH_LINES)
def test_lines_have_heads_on_every_page(printed, folder, kind):
	head = "Dato Bilag" if folder == "statement" else "Beskrivelse Antall"
	for number, sheet in enumerate(printed(folder, kind).sheets, 1):
		lines = len(re.findall(r"\bL\d{3}\b", sheet.text))
		assert sheet.text.count(head) == (1 if lines else 0), f"page {number}"


@pytest.mark.parametrize(("folder", "kind", "language"), ALL)
def test_pages_are_numbered(printed, folder, kind, language):
	sheets = printed(folder, kind, language).sheets
	words = "Page {} of {}" if language == "ar" else "Side {} av {}"
	for number, sheet in enumerate(sheets, 1):
		expected = Counter(words.format(number, len(sheets)).split())
		rows: dict[int, Counter[str]] = {}
		for word in sheet.words:
			if word.top > sheet.height - 18 * MM:
				rows.setdefault(round(word.top), Counter())[word.text] += 1
		assert any(not expected - row for row in rows.values()), f"page {number}"


@pytest.mark.parametrize(("folder", "kind"), WITH_LINES)
def test_totals_stay_together_below_a_line(printed, folder, kind):
	done = printed(folder, kind)
	table = re.search(r'<table class="(?:totals|ageing-table)">(.*?)</table>', done.page.body, re.DOTALL)[1]
	amounts = {re.sub(r"\s", "", amount) for amount in AMOUNT.findall(text_with_spaces(table))}
	pages = [set("|".join(runs(sheet)).split("|")) for sheet in done.sheets]
	found = [{amount for run in page for amount in AMOUNT.findall(run)} for page in pages]
	holders = [number for number, page in enumerate(found) if amounts <= page]
	assert holders, "the totals are on two pages"
	assert any(re.search(r"\bL\d{3}\b", done.sheets[number].text) for number in holders), "no line with them"


# --- The look


@pytest.mark.parametrize(("folder", "kind"), PICTURED)
def test_the_first_page_looks_as_it_did(printed, tmp_path, folder, kind):
	path = GOLDEN / f"{folder}-{kind}.png"
	now = picture_of(printed(folder, kind).pdf)
	if os.environ.get("UPDATE_GOLDEN"):
		now.save(path, optimize=True)
	assert path.exists(), "UPDATE_GOLDEN=1 writes it"
	assert path.stat().st_size < 12_000
	before = Image.open(path).convert("L")
	assert now.size == before.size
	mean, worst = differences(now, before)
	assert looks_the_same(mean, worst), told(tmp_path, now, before, mean, worst)


@pytest.mark.parametrize("css", MUTANTS.values(), ids=MUTANTS)
def test_a_change_is_seen(printers, printed, css):
	page = printed("modern_invoice", "invoice").page
	now = picture_of(printers("Chromium").pdf(replace(page, css=page.css + css)))
	before = picture_of(printed("modern_invoice", "invoice").pdf)
	assert not looks_the_same(*differences(now, before))


def looks_the_same(mean: float, worst: float) -> bool:
	return mean <= MEAN and worst <= WORST


def differences(one: Image.Image, other: Image.Image) -> tuple[float, float]:
	"""On average, and in the worst square of 8 by 8 points."""
	soft = ImageFilter.GaussianBlur(1)  # or a letter that is set a tenth of a point beside counts as another
	difference = ImageChops.difference(one.filter(soft), other.filter(soft))
	return ImageStat.Stat(difference).mean[0], difference.reduce(8).getextrema()[1]


def told(folder: Path, now: Image.Image, before: Image.Image, mean: float, worst: float) -> str:
	pictures = {
		"now": now,
		"before": before,
		"difference": ImageChops.invert(ImageChops.difference(now, before)),
	}
	for name, picture in pictures.items():
		picture.save(folder / f"{name}.png")
	return (
		f"It looks different: {mean:.2f} on average (at most {MEAN}), {worst} in the worst square (at most {WORST}).\n"
		f"Compare {', '.join(str(folder / f'{name}.png') for name in pictures)}.\n"
		"Is it meant, UPDATE_GOLDEN=1 writes the pictures anew. Are all different, this machine has other fonts: "
		"they were taken with Liberation Sans and DejaVu Sans (`fc-match Arial`)."
	)


def test_no_picture_is_left_over():
	assert {path.stem for path in GOLDEN.glob("*.png")} == {f"{folder}-{kind}" for folder, kind in PICTURED}


# --- WeasyPrint


@pytest.mark.parametrize(("folder", "kind"), PICTURED)
def test_weasyprint_prints_the_same_words(printed, folder, kind):
	chromium, weasyprint = printed(folder, kind), printed(folder, kind, engine="WeasyPrint")
	assert set(weasyprint.sheets[0].text.split()) == set(chromium.sheets[0].text.split())
	if kind == "invoice":
		assert len(weasyprint.sheets) == len(chromium.sheets)
