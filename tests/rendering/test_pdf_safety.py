"""The filter: what stays, what goes, and that nothing comes back when it is read again."""

from __future__ import annotations

from pathlib import Path

import pytest
from pages import page

from billing_ext.rendering.pdf.css import clean_css
from billing_ext.rendering.pdf.data_uri import IMAGES, MAX_BYTES, safe_data_uri
from billing_ext.rendering.pdf.safety import clean_html

HOSTILE = sorted((Path(__file__).parent / "hostile").glob("*.html"))


def blank_remote(html: str) -> str:
	"""A page's HTML as it is printed, with its style sheets first."""
	clean = clean_html(html)
	return f"<style>{clean.css}</style>{clean.html}" if clean.css else clean.html


DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


@pytest.mark.parametrize(
	"html",
	[
		'<p class="a b" id="x" style="color: red;">text &amp; more</p>',
		'<table><thead><tr><th colspan="2" align="left">x</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>',
		f'<img src="{DOT}" alt="dot" width="10">',
		'<a href="https://example.com/pay?id=1&amp;x=2">pay</a>',
		'<svg viewbox="0 0 9 9" fill="url(#g)"><path d="M0 0L9 9" stroke="#000"></path></svg>',
		'<p dir="rtl" lang="he" data-row="1" aria-label="x">שלום</p>',
		"<p>one<br>two<hr></p>",
	],
)
def test_harmless_html_stays_as_it_is(html):
	assert blank_remote(html).replace("</p><hr>", "<hr></p>") in (
		html,
		html.replace("<hr></p>", "<hr></p><p></p>"),
	)


@pytest.mark.parametrize(
	"css",
	[
		"p { color: red; }",
		'td.amount, th:nth-child(odd) > b::before { content: "x"; width: calc(10mm + 2%) !important; }',
		"@media print { p { display: none; } }",
		f'p {{ background: url("{DOT}"); }}',
		":root { --brand: #123456; } h1 { color: var(--brand); }",
	],
)
def test_harmless_css_stays_as_it_is(css):
	assert " ".join(clean_css(css).split()) == " ".join(css.split())


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.stem)
def test_no_address_is_left(path):
	"""But links to click on, and words, in which an address is only text."""
	clean = blank_remote(path.read_text().replace("TARGET", "http://evil.test"))
	for part in ("src", "srcset", "background", "action", "poster", "data", "xlink:href", "cite", "ping"):
		assert f' {part}="http' not in clean
	assert "url(" not in clean.lower().replace("url(#", "").replace("url(&quot;data:", "")
	for (
		tag
	) in "script iframe object embed link base meta form input frame video audio template textarea".split():
		assert f"<{tag}" not in clean
	assert "@import" not in clean
	assert " on" not in clean


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.stem)
def test_clean_html_is_already_clean(path):
	"""What the filter writes means the same when it is read again: nothing hides in how it is written."""
	once = blank_remote(path.read_text().replace("TARGET", "http://evil.test"))
	assert blank_remote(once).split() == once.split()


def test_only_small_pictures_of_known_kinds():
	assert safe_data_uri(DOT, IMAGES) == DOT
	assert safe_data_uri("data:image/gif," + "x" * (MAX_BYTES + 1), IMAGES) is None
	for kind in ("text/html", "application/pdf", "image/svg", "image/x-icon", ""):
		assert safe_data_uri(f"data:{kind};base64,AAAA", IMAGES) is None
	for address in (
		"http://x/y.png",
		"file:///x.png",
		"x.png",
		"",
		"data:",
		"java\tscript:x",
		"data:image/png",
	):
		assert safe_data_uri(address, IMAGES) is None


def test_several_sheets_one_unfinished():
	"""A sheet that is not closed does not swallow the next one."""
	assert "p { color: red; }" in blank_remote(
		"<style>b { color: blue; </style><style>p { color: red; }</style>"
	)


def test_a_thousand_elements_in_each_other_are_flattened():
	clean = blank_remote("<div>" * 1_500 + "deep")
	assert clean.count("<div>") == 200
	assert "deep" in clean


def test_a_fragment_keeps_its_looks_on_somebody_else_s_page():
	css = "body { color: red; } td, .sum { padding: 1mm; } [dir=rtl] td { color: blue; } @media print { p { margin: 0; } }"
	fragment = page("<p>x</p>", css=css).fragment()
	scope = ".billing-document.billing-document"
	for wanted in (
		f"{scope} {{ color: red; }}",
		f"{scope} td, {scope} .sum {{ padding: 1mm !important; }}",
		f"{scope}[dir=rtl] td {{ color: blue; }}",
		f"@media print {{ {scope} p {{ margin: 0; }} }}",
	):
		assert wanted in fragment
