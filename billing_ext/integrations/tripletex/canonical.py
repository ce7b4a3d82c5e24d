"""One text for equal content: what a request is frozen as, and what hashes are made of."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from decimal import Decimal

from billing_ext.integrations.tripletex import decimal_json


def content_hash(request: object) -> str:
	"""SHA-256 of the canonical form, in hex: equal for equal content, whatever the order of keys or trailing zeros."""
	return hashlib.sha256(canonical_json(request).encode()).hexdigest()


def canonical_json(value: object) -> str:
	"""JSON with sorted keys, amounts without trailing zeros, dates in ISO form. Raises TypeError on a float."""
	return decimal_json.dumps(_canonical(value))


def _canonical(value: object) -> object:
	if isinstance(value, Mapping):
		return {name: _canonical(value[name]) for name in sorted(value)}
	if isinstance(value, list | tuple):
		return [_canonical(item) for item in value]
	if isinstance(value, Decimal):
		# Adding 0 makes -0 a 0.
		return value.normalize() + 0
	return value.isoformat() if isinstance(value, datetime.date) else value
