"""Transactions: the only place that commits.

A deadlock makes InnoDB roll the whole transaction back, so the unit is done again from its beginning; Frappe 15 does
not do that by itself (its job retry looks for an error class that ``frappe.db.sql`` has already converted).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import frappe

T = TypeVar("T")
_BEGINNING = "billing_ext_beginning"
ATTEMPTS = 5
FIRST_WAIT = 0.2
"""Seconds before the second attempt; doubled for each further one."""


def in_transaction(work: Callable[[], T]) -> T:
	"""Run ``work`` in a transaction of its own and commit; roll back on any error, start again after a deadlock.

	For the top level of a job only: it ends whatever transaction is open. Raises what ``work`` raises, and the
	deadlock or lock timeout itself after five attempts.
	"""
	for attempt in range(1, ATTEMPTS + 1):
		frappe.db.rollback()
		# Frappe notes here which documents are being saved, forgets to strike most of them out, and searches it.
		frappe.flags.currently_saving = []
		try:
			result = _whole(work)
			frappe.db.commit()
			return result
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			frappe.db.rollback()
			if attempt == ATTEMPTS:
				raise
			time.sleep(FIRST_WAIT * 2 ** (attempt - 1) + random.random() * FIRST_WAIT)  # noqa: S311
		except BaseException:
			frappe.db.rollback()
			raise
	raise AssertionError("unreachable")


def _whole(work: Callable[[], T]) -> T:
	"""Run ``work``, and see that the transaction in which it began is the one in which it ends.

	A deadlock rolls the transaction back, locks and all. Where a script of the site swallows that error the rest would be
	committed without what came before it. Raises frappe.QueryDeadlockError then; a COMMIT by such a script is let pass.
	"""
	committed: list[bool] = []
	frappe.db.savepoint(_BEGINNING)  # no read: it does not open the snapshot
	frappe.db.before_commit.add(lambda: committed.append(True))
	result = work()
	if not committed:
		try:
			frappe.db.release_savepoint(_BEGINNING)
		except frappe.db.OperationalError as error:
			raise frappe.QueryDeadlockError("the transaction was rolled back on the way") from error
	return result


def in_discarded_transaction(work: Callable[[], T]) -> T:
	"""Run ``work`` in a transaction of its own and undo whatever it has written, for what is only to be looked at.

	For the top level of a request only: it ends whatever transaction is open. Raises what ``work`` raises.
	"""
	frappe.db.rollback()
	try:
		return work()
	finally:
		frappe.db.rollback()


def before_commit(work: Callable[[set[str]], object], items: Iterable[str]) -> None:
	"""Do ``work`` once in this transaction, just before its commit, for all ``items`` that it was asked for by then.

	Not after a rollback. One to a savepoint may leave items behind, for which ``work`` must do no harm.
	"""
	_collect(frappe.db.before_commit, work, items)


def after_commit(work: Callable[[set[str]], object], items: Iterable[str]) -> None:
	"""As ``before_commit``, just after the commit."""
	_collect(frappe.db.after_commit, work, items)


@dataclass(frozen=True, slots=True)
class _Collected:
	"""What has been asked for; nothing but Frappe's own queue holds it, so it lives and dies with that."""

	work: Callable[[set[str]], object]
	items: set[str]

	def __call__(self) -> None:
		self.work(self.items)


def _collect(queue: Any, work: Callable[[set[str]], object], items: Iterable[str]) -> None:
	for waiting in queue._functions:
		if isinstance(waiting, _Collected) and waiting.work == work:
			waiting.items.update(items)
			return
	queue.add(_Collected(work, set(items)))
