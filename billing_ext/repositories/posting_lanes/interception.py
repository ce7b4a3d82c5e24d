"""Seeing each statement before it reaches the database, for a while and in this thread only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import frappe

Execute = Callable[..., Any]


@contextmanager
def intercepted(around: Callable[[Execute], Execute]) -> Iterator[None]:
	"""Run every ``frappe.db.sql`` through what ``around`` makes of it; the connection is this thread's own."""
	database = frappe.local.db
	installed = database.__dict__.get("sql")
	database.sql = around(database.sql)
	try:
		yield
	finally:
		if installed is None:
			del database.sql
		else:
			database.sql = installed
