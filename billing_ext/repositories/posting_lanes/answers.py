"""Identical questions to the database, asked while nothing is written, answered once.

ERPNext's calculators read the same settings, accounts and dimensions for every invoice.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from billing_ext.repositories.posting_lanes.interception import Execute, intercepted


@dataclass(slots=True)
class Answers:
	"""Answers of the database within one transaction, for work that only reads."""

	_known: dict[str, Any] = field(default_factory=dict)

	@contextmanager
	def reading(self) -> Iterator[None]:
		"""Answer repeated SELECTs from memory. Raises RuntimeError where something is written after all."""

		def around(execute: Execute) -> Execute:
			def sql(query: Any, values: Any = (), *args: Any, **kwargs: Any) -> Any:
				text = str(query)
				if text.lstrip()[:6].lower() != "select" or "for update" in text[-40:].lower():
					raise RuntimeError(text)
				key = repr((text, values, args, sorted(kwargs.items())))
				if key not in self._known:
					self._known[key] = execute(query, values, *args, **kwargs)
				return copy.deepcopy(self._known[key])

			return sql

		with intercepted(around):
			yield

	def forget(self) -> None:
		"""Another transaction begins, or something has been written."""
		self._known.clear()
