"""Which elements and attributes may stand in a page. What is not named here does not stay."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from billing_ext.rendering.pdf.css import clean_declarations, is_safe_value
from billing_ext.rendering.pdf.data_uri import IMAGES, RASTER, safe_data_uri

VOID_TAGS = frozenset("br col hr img wbr".split())

HTML_TAGS = VOID_TAGS | frozenset(
	"""a abbr address article aside b bdi bdo big blockquote caption center cite code colgroup dd del dfn div dl
	dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hgroup i ins kbd li main mark nav ol p pre q rp
	rt ruby s samp section small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul
	var""".split()
)

SVG_TAGS = frozenset(
	"""svg g defs symbol use path rect circle ellipse line polyline polygon text tspan textpath image
	lineargradient radialgradient stop clippath mask pattern marker""".split()
)

DROPPED_TAGS = frozenset(
	"""applet audio button canvas datalist dialog fencedframe frameset iframe map math noembed noframes noscript
	object optgroup option output plaintext portal progress script select style template textarea title
	video xmp animate animatemotion animatetransform set foreignobject feimage handler listener discard""".split()
)
"""Gone with all they hold. Of other unknown elements the contents stay: a parser that does not know that <embed>
is always empty takes the rest of the page for its contents."""

_PLAIN = frozenset(
	"""abbr align alt axis bgcolor border char charoff class color compact datetime dir face frame headers id
	lang noshade nowrap reversed role rules scope size start summary title type valign value xml:lang
	clippathunits cx cy d dominant-baseline dx dy font-family font-size font-style font-weight fx fy
	gradienttransform gradientunits letter-spacing markerheight markerunits markerwidth maskunits
	maskcontentunits offset opacity orient patterncontentunits patterntransform patternunits points
	preserveaspectratio r refx refy rotate rx ry spreadmethod text-anchor textlength transform version viewbox
	x x1 x2 xml:space y y1 y2 shape-rendering fill-opacity fill-rule clip-rule stroke-dasharray
	stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width stop-opacity
	xmlns""".split()
)

_PAINT = frozenset(
	"fill stroke stop-color clip-path mask filter marker marker-start marker-mid marker-end".split()
)

_LARGEST = {
	"width": 20_000,
	"height": 20_000,
	"hspace": 1_000,
	"vspace": 1_000,
	"cellpadding": 1_000,
	"cellspacing": 1_000,
	"colspan": 1_000,
	"rowspan": 1_000,
	"span": 1_000,
}

_FREE = re.compile(r"(data|aria)-[a-z0-9_-]+")
_NUMBER = re.compile(r"\s*(\d{1,9}(?:\.\d{0,9})?)\s*[a-z%]{0,3}\s*", re.IGNORECASE)
_LINKS = frozenset(("http", "https", "mailto", "tel"))


def safe_attribute(tag: str, name: str, value: str) -> str | None:
	"""The value of an attribute as it may be printed, None if it may not. Names are in lower case."""
	if name == "style":
		return clean_declarations(value) or None
	if name in ("src", "href", "xlink:href"):
		return _address(tag, name, value)
	if name in _PAINT:
		return value if is_safe_value(value) else None
	if name in _LARGEST:
		return _bounded(value, _LARGEST[name])
	return value if name in _PLAIN or _FREE.fullmatch(name) else None


def _address(tag: str, name: str, value: str) -> str | None:
	if tag == "img" and name == "src":
		return safe_data_uri(value, IMAGES)
	if tag == "image" and name != "src":
		return safe_data_uri(value, RASTER)
	if tag == "a" and name == "href":
		return _link(value)
	return value if name != "src" and value.startswith("#") else None


def _link(value: str) -> str | None:
	"""An address to click on, which nothing loads while the page is printed. Relative ones lead nowhere."""
	value = "".join(character for character in value.strip() if character.isprintable())
	try:
		scheme = urlsplit(value).scheme.lower()
	except ValueError:
		return None
	return value if scheme in _LINKS or value.startswith("#") else None


def _bounded(value: str, largest: int) -> str | None:
	number = _NUMBER.fullmatch(value)
	return value if number and float(number[1]) <= largest else None
