"""Pictures and fonts within the page itself: the only addresses that may stay."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_to_bytes

RASTER = frozenset(("image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp"))
IMAGES = RASTER | {"image/svg+xml"}
FONTS = frozenset(
	f"{kind}/{name}"
	for kind in ("font", "application")
	for name in ("woff", "woff2", "ttf", "otf", "font-woff", "font-woff2", "x-font-ttf", "x-font-otf")
)

MAX_BYTES = 5 * 1024 * 1024
"""Of one picture or font, decoded."""


def safe_data_uri(address: str, kinds: frozenset[str]) -> str | None:
	"""``address`` if it is a ``data:`` URI of one of ``kinds`` and not above MAX_BYTES, else None.

	SVG is a document that may itself load and run things: it comes back filtered, in base64.
	"""
	head, comma, body = address.strip().partition(",")
	if not comma or len(body) > MAX_BYTES * 3 or head[:5].lower() != "data:":
		return None
	kind, *parameters = [part.strip().lower() for part in head[5:].split(";")]
	if kind not in kinds:
		return None
	content = _decoded(body, "base64" in parameters)
	if content is None or len(content) > MAX_BYTES:
		return None
	if kind == "image/svg+xml":
		return _svg(content)
	return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _decoded(body: str, in_base64: bool) -> bytes | None:
	content = unquote_to_bytes(body)
	if not in_base64:
		return content
	try:
		return base64.b64decode(b"".join(content.split()) + b"==", validate=False)
	except binascii.Error:
		return None


def _svg(content: bytes) -> str | None:
	from billing_ext.rendering.pdf.svg import (
		clean_svg,
	)  # which needs this module for the pictures in a picture

	cleaned = clean_svg(content)
	return f"data:image/svg+xml;base64,{base64.b64encode(cleaned).decode()}" if cleaned else None
