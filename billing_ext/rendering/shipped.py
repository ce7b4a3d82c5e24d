"""The templates that come with the app, as they lie in ``templates/``: a folder each, and the parts they share."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "templates"
PARTIALS = FOLDER / "partials"


@dataclass(frozen=True)
class Shipped:
	"""One shipped template. Margins are in millimetres; header and footer are empty when there is none."""

	folder: str
	name: str
	document_type: str
	description: str
	page_size: str
	orientation: str
	margin_top: int
	margin_right: int
	margin_bottom: int
	margin_left: int
	source: str
	css: str
	header: str
	footer: str


@cache
def templates() -> tuple[Shipped, ...]:
	"""Every shipped template, by folder."""
	return tuple(_read(path.parent) for path in sorted(FOLDER.glob("*/template.json")))


@cache
def partials() -> tuple[str, ...]:
	"""The names of the parts that the templates share."""
	return tuple(sorted(path.stem for path in PARTIALS.glob("*.liquid")))


@cache
def partial(name: str) -> str | None:
	"""The source of a shared part; None when there is none of that name."""
	return (
		_text(PARTIALS / f"{name}.liquid")
		if re.fullmatch("[a-z0-9_]+", name) and name in partials()
		else None
	)


def _read(folder: Path) -> Shipped:
	settings = json.loads(_text(folder / "template.json"))
	return Shipped(
		folder=folder.name,
		source=_text(folder / "body.liquid"),
		css=_text(folder / "style.css"),
		header=_text(folder / "header.liquid"),
		footer=_text(folder / "footer.liquid"),
		**settings,
	)


def _text(path: Path) -> str:
	return path.read_text(encoding="utf-8") if path.exists() else ""
