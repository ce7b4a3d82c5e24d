"""What ``process`` asks a ``worker``, as JSON."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from decimal import Decimal

from billing_ext.rendering.pdf.page import Attachment, Margins, PrintPage


@dataclass(frozen=True)
class Request:
	"""One PDF to make. With ``attachments``, also with an empty tuple of them, PDF/A-3 is meant."""

	page: PrintPage
	max_pages: int
	attachments: tuple[Attachment, ...] | None = None

	def to_json(self) -> str:
		"""This request as text."""
		return json.dumps(asdict(self), default=_plain)

	@classmethod
	def from_json(cls, text: str) -> Request:
		"""The request that ``to_json`` wrote."""
		values = json.loads(text)
		margins = Margins(**{name: Decimal(side) for name, side in values["page"]["margins"].items()})
		files = values["attachments"]
		return cls(
			PrintPage(**values["page"] | {"margins": margins}),
			values["max_pages"],
			None if files is None else tuple(map(_attachment, files)),
		)


def _plain(value: object) -> str:
	return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _attachment(values: dict[str, str]) -> Attachment:
	return Attachment(
		name=values["name"],
		content=base64.b64decode(values["content"]),
		mime_type=values["mime_type"],
		relationship=values["relationship"],
		description=values["description"],
	)
