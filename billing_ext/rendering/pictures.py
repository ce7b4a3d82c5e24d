"""QR codes, barcodes and charts as SVG in a data URI, which every PDF engine draws without a network."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from decimal import Decimal
from html import escape

import barcode as barcodes
import segno
from barcode.errors import BarcodeError
from barcode.writer import SVGWriter
from liquid.exceptions import FilterArgumentError

MAX_QR = 1500
MAX_BARS = 60


def qr_code(payload: str, error: str = "m") -> str:
	"""A QR code (ISO/IEC 18004), for an img tag's src. Raises FilterArgumentError when the text is too long."""
	if len(payload) > MAX_QR:
		raise FilterArgumentError(f"qr_code: {len(payload)} characters, at most {MAX_QR}")
	return str(segno.make(payload, error=error, micro=False).svg_data_uri(border=0, scale=4))


def barcode(value: str, kind: str = "code128") -> str:
	"""A barcode (code128, ean13 …), for an img tag's src. Raises FilterArgumentError for what it cannot hold."""
	if kind not in barcodes.PROVIDED_BARCODES:
		raise FilterArgumentError(f"barcode: {kind} is not one of {', '.join(barcodes.PROVIDED_BARCODES)}")
	out = io.BytesIO()
	try:
		barcodes.get(kind, value[:80], writer=SVGWriter()).write(out, {"write_text": False, "quiet_zone": 1})
	except BarcodeError as error:
		raise FilterArgumentError(f"barcode: {error}") from error
	return _data_uri(out.getvalue())


def bar_chart(bars: Sequence[tuple[str, Decimal, str]], color: str = "#4f46e5") -> str:
	"""A bar for each of (label, value, value in words), for an img tag's src; negative values hang below the line."""
	if len(bars) > MAX_BARS:
		raise FilterArgumentError(f"bar_chart: {len(bars)} bars, at most {MAX_BARS}")
	if not re.fullmatch(r"#[0-9a-fA-F]{3,8}|[a-z]{3,20}", color):
		raise FilterArgumentError(f"bar_chart: {color[:20]} is not a colour")
	return _data_uri(_chart(bars, color).encode())


def _chart(bars: Sequence[tuple[str, Decimal, str]], color: str) -> str:
	width, height, top, bottom = 640, 180, 18, 22
	highest = max([value for _, value, _ in bars] + [Decimal(0)])
	lowest = min([value for _, value, _ in bars] + [Decimal(0)])
	scale = Decimal(height - top - bottom) / ((highest - lowest) or Decimal(1))
	base = top + highest * scale
	step = Decimal(width) / max(len(bars), 1)
	parts = [
		_bar(step * index, step, base, value * scale, label, words, color, height)
		for index, (label, value, words) in enumerate(bars)
	]
	return (
		f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
		f'font-family="Helvetica, Arial, sans-serif" font-size="11" text-anchor="middle">{"".join(parts)}'
		f'<line x1="0" x2="{width}" y1="{base:.1f}" y2="{base:.1f}" stroke="#9ca3af"/></svg>'
	)


def _bar(
	left: Decimal,
	step: Decimal,
	base: Decimal,
	size: Decimal,
	label: str,
	words: str,
	color: str,
	height: int,
) -> str:
	middle, wide = left + step / 2, min(step * Decimal("0.7"), Decimal(60))
	upper = base - size if size > 0 else base
	return (
		f'<rect x="{middle - wide / 2:.1f}" y="{upper:.1f}" width="{wide:.1f}" height="{abs(size):.1f}" '
		f'rx="2" fill="{color}"/>'
		f'<text x="{middle:.1f}" y="{upper - 5:.1f}" fill="#111827">{escape(words)}</text>'
		f'<text x="{middle:.1f}" y="{height - 6}" fill="#6b7280">{escape(label)}</text>'
	)


def _data_uri(svg: bytes) -> str:
	return "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
