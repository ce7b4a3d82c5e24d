"""What is printed, and on what paper, in every engine."""

from __future__ import annotations

import base64
import io
import subprocess
from decimal import Decimal

import pytest
from pages import NUMBERED, page, pages_of, reader, table, text_of
from PIL import Image

from billing_ext.core.errors import DomainError
from billing_ext.rendering.pdf import ENGINES, Attachment, Margins, PdfPrinter
from billing_ext.rendering.pdf import printer as printing

REPEATING = ("Chromium", "WeasyPrint")
"""Engines that print head, header and footer on each page; wkhtmltopdf without a patched Qt cannot."""


def test_the_text_is_that_of_the_html(printer):
	text = text_of(printer.pdf(page("<h1>Faktura 1 – Blåbær &amp; sønn</h1><p>1 234,50 kr</p><p>€ ½ ×</p>")))
	for word in ("Faktura 1 – Blåbær & sønn", "1 234,50 kr", "€", "½", "×"):
		assert word in text


@pytest.mark.parametrize("engine", ENGINES)
def test_a_long_table_is_printed_whole(engine, printers):
	pages = pages_of(printers(engine).pdf(page(table(500), header="<p>ACME</p>", footer=NUMBERED)))
	text = "".join(pages)
	assert [f"row{row:03}" for row in range(500) if f"row{row:03}" not in text] == []
	assert len(pages) > 10
	if engine in REPEATING:
		for number, one in enumerate(pages, start=1):
			assert f"Page {number} of {len(pages)}" in one
			assert "ACME" in one
			assert "Amount" in one or "row" not in one
	else:
		assert text.count("ACME") == 1
		assert f"Page {len(pages)} of {len(pages)}" in pages[-1]


def test_rows_break_at_the_same_places_in_both_good_engines(printers):
	body = f"<h1>Invoice</h1>{table(200)}"
	first, second = (pages_of(printers(engine).pdf(page(body))) for engine in REPEATING)
	assert [one.split()[-3:] for one in first] == [one.split()[-3:] for one in second]


@pytest.mark.parametrize(
	("size", "orientation", "width", "height"),
	[
		("A4", "Portrait", 210, 297),
		("A4", "Landscape", 297, 210),
		("A3", "Portrait", 297, 420),
		("A5", "Landscape", 210, 148),
		("Letter", "Portrait", 215.9, 279.4),
		("Legal", "Portrait", 215.9, 355.6),
	],
)
def test_paper(size, orientation, width, height, printer):
	"""To a millimetre: wkhtmltopdf knows whole points only."""
	box = reader(printer.pdf(page("<p>x", size=size, orientation=orientation))).pages[0].mediabox
	assert float(box.width) * 25.4 / 72 == pytest.approx(width, abs=1)
	assert float(box.height) * 25.4 / 72 == pytest.approx(height, abs=1)


def test_title_and_language(printer):
	read = reader(printer.pdf(page("<p>x", language="nb")))
	assert read.metadata.title == "Invoice 1"
	assert read.trailer["/Root"]["/Lang"] == "nb"


@pytest.mark.parametrize("engine", REPEATING)
def test_screen_readers_find_tags(engine, printers):
	assert "/StructTreeRoot" in reader(printers(engine).pdf(page(table(3)))).trailer["/Root"]


def test_right_to_left(printer):
	"""The first word stands to the right of the second, and Hebrew arrives as Hebrew."""
	content = printer.pdf(
		page("<p>אחת</p><table><tr><td>first<td>second</tr></table>", direction="rtl", language="he")
	)
	text = text_of(content)
	assert text.index("second") < text.index("first")
	assert "אחת" in text


def test_break_helpers(printer):
	body = (
		'<p class="page-break">one</p><p>two</p><div class="keep-together">' + "<p>kept</p>" * 30 + "</div>"
	)
	pages = pages_of(printer.pdf(page(f"{body}<div class=keep-together>{'<p>also</p>' * 30}</div>")))
	assert "one" in pages[0]
	assert "two" not in pages[0]
	assert {one.count("kept") for one in pages} == {0, 30}
	assert {one.count("also") for one in pages} == {0, 30}


def test_pictures_in_the_page_are_printed(printer):
	"""A bitmap and a drawing; both are addresses of the only kind that is left."""
	bitmap = io.BytesIO()
	Image.new("RGB", (9, 9), "#ff0000").save(bitmap, "PNG")
	drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path fill="#00ff00" d="M0 0H9V9H0z"/></svg>'
	printed = printer.pdf(
		page(f"<p>{picture('png', bitmap.getvalue())}{picture('svg+xml', drawing.encode())}</p>")
	)
	drawn = subprocess.run(
		["pdftoppm", "-r", "36", "-png", "-"], input=printed, capture_output=True, check=True
	)
	pixels = Image.open(io.BytesIO(drawn.stdout)).convert("RGB").getcolors(99_999)
	colours = {
		tuple(band // 16 for band in colour) for _, colour in pixels
	}  # wkhtmltopdf makes JPEGs of bitmaps
	assert {(15, 0, 0), (0, 15, 0)} <= colours


def picture(kind: str, content: bytes) -> str:
	return f'<img width="90" height="90" src="data:image/{kind};base64,{base64.b64encode(content).decode()}">'


@pytest.mark.parametrize("engine", REPEATING)
def test_headers_keep_their_own_words_and_the_template_s_style(engine, printers):
	"""Chromium fills elements of the classes title, date and url with its own words, were they not renamed."""
	header = '<h1 class="title">ACME</h1><span class="date">yesterday</span><span class="url">example</span>'
	css = ".title { text-transform: uppercase } .date { text-transform: uppercase }"
	text = text_of(
		printers(engine).pdf(page("<p>x", css=css, header=header, margins=Margins(30, 15, 15, 15)))
	)
	assert "ACME" in text
	assert "YESTERDAY" in text
	assert "example" in text


def test_the_same_page_prints_the_same(printer):
	one = page(table(60), header="<p>A</p>", footer=NUMBERED)
	first, second = printer.pdf(one), printer.pdf(one)
	assert text_of(first) == text_of(second)
	assert len(reader(first).pages) == len(reader(second).pages)


def test_the_preview_shows_header_and_footer_once():
	one = page(
		"<p>body</p>", header="<b>head</b>", footer=NUMBERED, margins=Margins(Decimal("12.5"), 10, 10, 10)
	)
	shown = one.html(screen=True)
	assert shown.index("<b>head</b>") < shown.index("<p>body</p>") < shown.index("Page <span")
	assert '<span class="page-number">1</span>' in shown
	assert "<b>head</b>" not in one.html()
	assert "margin: 12.5mm 10mm 10mm 10mm" in shown


def test_values_cannot_leave_their_place():
	one = page("<p>x", language='en"><script>', css="</style><script>")
	assert "<script" not in one.html()
	assert "<script" not in printing.PrintPage("</title><script>", "", "").html()


@pytest.mark.parametrize(
	"wrong",
	[{"size": "A0"}, {"orientation": "portrait"}, {"direction": "up"}, {"margins": Margins(150, 0, 150, 0)}],
)
def test_paper_that_does_not_exist(wrong):
	with pytest.raises(ValueError, match=r"no such|no room"):
		page("<p>x", **wrong)


def test_without_a_name_the_best_engine_prints():
	with PdfPrinter() as printer:
		assert reader(printer.pdf(page("<p>x"))).metadata["/Producer"].startswith("Skia")


def test_an_engine_that_is_missing(monkeypatch):
	with pytest.raises(ValueError, match="no such engine"):
		PdfPrinter("Word")
	monkeypatch.setattr(printing, "engines_present", lambda: ("WeasyPrint",))
	assert PdfPrinter().engine == "WeasyPrint"
	with pytest.raises(DomainError, match="pdf_engine_missing"):
		PdfPrinter("Chromium")
	monkeypatch.setattr(printing, "engines_present", lambda: ())
	with pytest.raises(DomainError, match="pdf_engine_missing"):
		PdfPrinter()


def test_an_archive_holds_its_files():
	"""PDF/A-3b, as its own description says, and the very bytes that were attached."""
	files = [
		Attachment("factur-x.xml", b"<Invoice/>", "text/xml", "Alternative", "The invoice, for programs"),
		Attachment("data.bin", b"\x00\x01", "application/vnd.example", "Data"),
	]
	with PdfPrinter("WeasyPrint") as printer:
		read = reader(printer.archive(page(table(40), footer=NUMBERED), files))
	assert read.attachments == {"factur-x.xml": [b"<Invoice/>"], "data.bin": [b"\x00\x01"]}
	described = read.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
	assert "pdfaid:part>3<" in described or 'pdfaid:part="3"' in described
	assert "pdfaid:conformance>B<" in described or 'pdfaid:conformance="B"' in described
	entries = [entry.get_object() for entry in read.trailer["/Root"]["/AF"]]
	assert {entry["/UF"]: entry["/AFRelationship"] for entry in entries} == {
		"factur-x.xml": "/Alternative",
		"data.bin": "/Data",
	}
	types = {entry["/UF"]: entry["/EF"]["/F"].get_object()["/Subtype"] for entry in entries}
	assert types == {"factur-x.xml": "/text/xml", "data.bin": "/application/vnd.example"}
