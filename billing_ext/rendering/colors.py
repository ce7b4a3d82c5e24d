"""Colours that stay readable, by the contrast rule of WCAG 2.1 (success criterion 1.4.3)."""

from __future__ import annotations

import colorsys
import re

ENOUGH = 4.5
"""Contrast of text of ordinary size."""

_FALLBACK = (0x1F, 0x4E, 0x79)

RGB = tuple[int, int, int]


def contrast(one: str, other: str) -> float:
	"""Contrast of two colours, #rrggbb, from 1 to 21."""
	lighter, darker = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))), reverse=True)
	return (lighter + 0.05) / (darker + 0.05)


def readable_on(background: str) -> str:
	"""Black or white, whichever is read better on ``background``."""
	return max(("#ffffff", "#000000"), key=lambda color: contrast(color, background))


def darkened_to_read(color: str) -> str:
	"""``color``, darkened as little as it takes to be read on white."""
	hue, lightness, saturation = colorsys.rgb_to_hls(*(part / 255 for part in _rgb(color)))
	while contrast(written := _hex(colorsys.hls_to_rgb(hue, lightness, saturation)), "#ffffff") < ENOUGH:
		lightness -= 0.02
	return written


def _rgb(color: str) -> RGB:
	match = re.fullmatch(r"#?([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", color.strip())
	return (int(match[1], 16), int(match[2], 16), int(match[3], 16)) if match else _FALLBACK


def _hex(parts: tuple[float, float, float]) -> str:
	return "#" + "".join(f"{round(max(part, 0) * 255):02x}" for part in parts)


def _luminance(rgb: RGB) -> float:
	linear = [
		part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
		for part in (p / 255 for p in rgb)
	]
	return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
