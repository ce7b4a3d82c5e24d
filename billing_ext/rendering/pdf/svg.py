"""Vector pictures that load nothing."""

from __future__ import annotations

from typing import Any

from lxml import etree

from billing_ext.rendering.pdf.attributes import SVG_TAGS, safe_attribute
from billing_ext.rendering.pdf.css import clean_css

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}"


def clean_svg(content: bytes) -> bytes | None:
	"""The SVG document ``content`` with known elements and attributes only; None if it is not SVG.

	Entities stay unresolved and the document type is left out: neither can load, or multiply, anything.
	"""
	parser = etree.XMLParser(
		resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
	)
	try:
		root = etree.fromstring(content, parser)
	except (etree.XMLSyntaxError, ValueError):
		return None
	if root.tag not in (f"{_SVG}svg", "svg"):
		return None
	_drop_unknown(root)
	for element in root.iter():
		_clean(element)
	return bytes(etree.tostring(root))


def _drop_unknown(root: Any) -> None:
	for element in list(root.iter()):
		if not _is_known(element) and element.getparent() is not None:
			element.getparent().remove(element)


def _is_known(element: Any) -> bool:
	if not isinstance(element.tag, str):  # an entity
		return False
	name = element.tag.removeprefix(_SVG)
	return name == "style" or name.lower() in SVG_TAGS


def _clean(element: Any) -> None:
	tag = element.tag.removeprefix(_SVG).lower()
	if tag == "style":
		element.text = clean_css(element.text or "")
	for name, value in list(element.attrib.items()):
		safe = safe_attribute(tag, name.replace(_XLINK, "xlink:").lower(), value)
		if safe is None:
			del element.attrib[name]
		else:
			element.set(name, safe)
