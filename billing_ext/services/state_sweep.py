"""Deriving many contracts' states anew: those that the calendar has moved, and once a week all of them.

In chunks on the queue, so that no job runs into its time limit and memory does not grow with the contracts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rq.timeouts import JobTimeoutException

from billing_ext.repositories import clock, contracts, jobs
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services import contract_state

REFRESH = "billing_ext.services.state_sweep.refresh"
CHUNK = 2_000
"""Contracts of one job: well under a minute."""
BATCH = 50
"""Contracts that are locked, read and written at once: so many a billing run may have to wait for, a moment."""


def sweep() -> None:
	"""Have every contract's state derived anew, so that a wrong hint delays a charge by a week at most. A job."""
	for names in contracts.submitted_in_pages(CHUNK):
		# While last week's job of the same contracts still waits, this one is not needed.
		jobs.enqueue(REFRESH, job_id=f"billing-sweep|{names[0]}", names=names)


def advance_statuses() -> None:
	"""What the calendar changes by itself: upcoming contracts begin, served ones end. A job."""
	names = contracts.to_advance(clock.today())
	refresh(names[:CHUNK])
	for begin in range(CHUNK, len(names), CHUNK):  # on the first day of a year it may be thousands
		jobs.enqueue(REFRESH, names=names[begin : begin + CHUNK])


def refresh(names: Sequence[str]) -> None:
	"""Derive contracts' states anew, in small transactions; what cannot be is logged and stops no other. A job."""
	for begin in range(0, len(names), BATCH):
		_refresh(names[begin : begin + BATCH])


def _refresh(names: Sequence[str]) -> None:
	try:
		in_transaction(partial(contract_state.refresh_all, names))
	except JobTimeoutException:
		raise
	except Exception:  # noqa: BLE001 - whatever is wrong with one contract must not keep the others' hints wrong
		if len(names) == 1:
			in_transaction(partial(jobs.log_failure, "Billing Contract", names[0]))
			return
		for name in names:
			_refresh([name])
