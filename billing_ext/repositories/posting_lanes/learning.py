"""What the bulk lane has learnt: patterns of kinds of invoices, and amounts by figures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from billing_ext.core.lanes import Reason
from billing_ext.repositories.posting_lanes import figures
from billing_ext.repositories.posting_lanes.answers import Answers
from billing_ext.repositories.posting_lanes.assembly import Given
from billing_ext.repositories.posting_lanes.figures import Pattern, Refused, Rows
from billing_ext.repositories.posting_lanes.recording import record

Kind = tuple[Any, ...]
MOST_AMOUNTS = 500
"""Sets of figures that are remembered, about 20 KB each. Prices of a list come again, hours worked do not."""
MOST_PATTERNS = 200


@dataclass(slots=True)
class Learnt:
	"""Patterns and amounts; what cannot be done is remembered as well.

	``patience`` is how many invoices of a new kind are left to the standard lane before one is recorded.
	"""

	patience: int
	answers: Answers = field(default_factory=Answers)
	_patterns: dict[Kind, Pattern | Refused] = field(default_factory=dict)
	_amounts: dict[Kind, Rows | Refused] = field(default_factory=dict)
	_seen: Counter[Kind] = field(default_factory=Counter)

	def forget(self) -> None:
		"""The site has changed. How often a kind has been seen is kept."""
		self._patterns.clear()
		self._amounts.clear()

	def pattern(self, kind: Kind, given: Given, identity: dict[str, Any]) -> Pattern:
		"""The pattern of a kind of invoice and its kinds of rows. Raises Refused, and what ERPNext raises."""
		known = _or_raise(self._patterns.get(kind))
		if known and known.knows(given.row_kinds):
			return known
		precise = (kind, given.row_kinds)
		exact = _or_raise(self._patterns.get(precise))
		return exact or self._learn(kind, precise, given, identity)

	def _learn(self, kind: Kind, precise: Kind, given: Given, identity: dict[str, Any]) -> Pattern:
		self._seen[precise] += 1
		if self._seen[precise] <= self.patience:
			raise Refused(Reason.FIRST_OF_ITS_KIND)
		if len(self._patterns) >= MOST_PATTERNS:
			self._patterns.clear()
		try:
			pattern = figures.learn(given, record(given), identity)
		except Refused as refused:
			# The next may be another's: ERPNext has written then what the first of all has to write.
			if refused.reason is not Reason.FIRST_OF_ITS_KIND:
				self._patterns[precise] = refused
			raise
		if pattern.taxed_by_items:
			# The taxes belong to these rows only.
			self._patterns[precise] = pattern
			return pattern
		known = _or_raise(self._patterns.setdefault(kind, pattern))
		assert known is not None  # noqa: S101 - for mypy
		known.rows.update(pattern.rows)
		return known

	def amounts(self, kind: Kind, pattern: Pattern, given: Given) -> Rows:
		"""The rows of an invoice with these figures, to be filled in. Raises Refused, and what ERPNext raises."""
		key = (kind, given.row_kinds, given.figures)
		if key not in self._amounts:
			if len(self._amounts) >= MOST_AMOUNTS:
				self._amounts.clear()
			try:
				with self.answers.reading():
					self._amounts[key] = figures.calculate(pattern, given)
			except Refused as refused:
				self._amounts[key] = refused
		found = _or_raise(self._amounts[key])
		assert found is not None  # noqa: S101 - for mypy
		return found


def _or_raise(found: Any) -> Any:
	if isinstance(found, Refused):
		raise found
	return found
