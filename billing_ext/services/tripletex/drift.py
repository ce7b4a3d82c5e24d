"""What somebody has changed in Tripletex: found every night, and settled by a person or by the company's policy.

Name, e-mail and address may be taken over or overwritten without asking, if the settings say so. Organisation number,
VAT and whatever else is no matter of taste waits for a person.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex import canonical, mapper
from billing_ext.integrations.tripletex.delivery import NEVER_SENT, Operation, State
from billing_ext.integrations.tripletex.read_back import CUSTOMER_FIELDS, Difference, compare_customer
from billing_ext.repositories import jobs, session
from billing_ext.repositories import settings as billing_settings
from billing_ext.repositories.contract_rows import Row
from billing_ext.repositories.tripletex import (
	accepted_values,
	documents,
	drifts,
	mappings,
	outbox,
	settings,
)
from billing_ext.repositories.tripletex.drifts import Status
from billing_ext.repositories.tripletex.mappings import Kind, Mapping
from billing_ext.repositories.tripletex.settings import Settings
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services.tripletex import connection, outgoing
from billing_ext.services.tripletex.connection import Link

CUSTOMER = "Customer"
MAPPING = "mapping"
"""The field of a drift that says that the customer is gone from Tripletex."""
PAGE = 200
"""Customers for each call. Asked for by id: Tripletex then shows inactive ones too, and no list grows too long."""
PUSH_OURS, ACCEPT_THEIRS = "Push ours", "Accept theirs"

_log = logging.getLogger(__name__)


def nightly() -> None:
	"""Look for changed customers in every company. A job."""
	for company in settings.enabled_companies():
		jobs.enqueue(
			"billing_ext.services.tripletex.drift.detect",
			queue="long",
			job_id=f"tripletex-drift|{company}",
			company=company,
		)


def detect(company: str) -> int:
	"""Compare a company's customers with what Tripletex holds now; how many differ. A job.

	Raises TripletexError if they cannot be read; what was compared before stands.
	"""
	session.act_as(billing_settings.load().service_user)
	link = connection.of(company)
	if link.settings.paused:
		return 0
	doubtful = drifts.with_open(company, CUSTOMER)
	differing = 0
	for mapping, remote in _customers(link):
		untouched = remote and canonical.content_hash(drifts.plain(remote)) == mapping.remote_hash
		if not untouched or mapping.local_key in doubtful:
			differing += _compare(link, mapping, remote)
	return differing


def _customers(link: Link) -> Iterator[tuple[Mapping, dict[str, Any] | None]]:
	"""Every mapped customer with what Tripletex holds; None if it holds nothing."""
	mapped = mappings.all_of(link.settings.company, Kind.CUSTOMER)
	for start in range(0, len(mapped), PAGE):
		page = mapped[start : start + PAGE]
		ids = ",".join(str(mapping.id) for mapping in page)
		found = link.client.search("/customer", id=ids, fields=CUSTOMER_FIELDS, count=PAGE)
		by_id = {row["id"]: row for row in found}
		yield from ((mapping, by_id.get(mapping.id)) for mapping in page)


def _compare(link: Link, mapping: Mapping, remote: dict[str, Any] | None) -> bool:
	own, ids = link.settings, link.master_ids
	differs = in_transaction(lambda: _record(own, mapping, remote, ids))
	if differs:
		_apply_policy(own, mapping.local_key)
	return differs


def _record(own: Settings, mapping: Mapping, remote: dict[str, Any] | None, ids: mapper.MasterIds) -> bool:
	customer = mapping.local_key
	if outbox.unfinished_like(own.company, Operation.CUSTOMER, customer):
		# On its way: its own read-back will tell.
		return False
	if remote is None:
		differences = [Difference(MAPPING, mapping.number, None)]
	else:
		data = documents.customer(customer, int(mapping.number), own)
		differences = compare_customer(data, remote, ids)
	drifts.record_differences(own.company, CUSTOMER, customer, differences, Operation.CUSTOMER.value)
	return bool(differences)


def _apply_policy(own: Settings, customer: str) -> None:
	found = drifts.open_of(own.company, CUSTOMER, customer)
	acceptable = [drift for drift in found if accepted_values.can_accept(drift["field"])]
	if own.customer_policy == ACCEPT_THEIRS:
		for drift in acceptable:
			_try_to_accept(drift)
	elif own.customer_policy == PUSH_OURS and acceptable and len(acceptable) == len(found):
		# A push carries the whole customer, so it waits for a person if anything else differs.
		in_transaction(lambda: _push(own.company, customer))


def _try_to_accept(drift: Row) -> None:
	try:
		in_transaction(lambda: _accept(drift))
	except Exception as error:  # noqa: BLE001 - what ERPNext refuses, such as half an e-mail address, is left to a person
		_log.info("%s of %s is not taken over: %s", drift["field"], drift["reference_name"], error)


# What a person decides


def push_ours(name: str) -> None:
	"""Have Tripletex overwritten with the customer as ERPNext has it. Raises DomainError ``tripletex_drift_state`` or
	``tripletex_drift_not_customer``.
	"""
	drift = _open_customer(name)
	_push(drift["company"], drift["reference_name"])


def _push(company: str, customer: str) -> None:
	drifts.ask_push(company, CUSTOMER, customer)
	outgoing.queue(outgoing.customer_message(company, customer, f"{customer}|{outbox.serial()}"))


def accept_theirs(name: str) -> None:
	"""Take Tripletex's value over into ERPNext. Raises DomainError as ``push_ours`` and ``accepted_values.accept`` do."""
	_accept(_open_customer(name))


def _accept(drift: Row) -> None:
	company, customer = drift["company"], drift["reference_name"]
	before = {row["name"] for row in _pending(company, customer)}
	accepted_values.accept(customer, drift["field"], drift["theirs"] or "")
	drifts.settle(drift["name"], Status.ACCEPTED)
	if before:
		# Something else of the customer is on its way; it will carry this as well.
		return
	# Saving the customer has queued a push of what Tripletex has told us. A company of the same site that differs keeps its.
	for row in _pending(company, customer):
		outbox.act(row["name"], NEVER_SENT, State.CANCELLED)
	_remember_content(company, customer)


def _pending(company: str, customer: str) -> list[Row]:
	return outbox.unfinished_like(company, Operation.CUSTOMER, customer)


def _remember_content(company: str, customer: str) -> None:
	mapping = mappings.find(company, Kind.CUSTOMER, customer)
	if mapping:
		content = outgoing.content_of(customer, int(mapping.number), settings.load(company))
		mappings.save(replace(mapping, content_hash=content))


def explain(name: str, reason: str) -> None:
	"""Leave things as they are, and say why. Raises DomainError ``tripletex_reason_missing`` or ``tripletex_drift_state``."""
	if not reason.strip():
		raise DomainError("tripletex_reason_missing")
	_open(name)
	drifts.settle(name, Status.EXPLAINED, reason.strip())


def _open_customer(name: str) -> Row:
	drift = _open(name)
	if drift["reference_doctype"] != CUSTOMER or drift["field"] == MAPPING:
		raise DomainError("tripletex_drift_not_customer", document=drift["reference_name"])
	return drift


def _open(name: str) -> Row:
	drift = drifts.get(name)
	if drift["status"] != Status.OPEN.value:
		raise DomainError("tripletex_drift_state", status=[drift["status"]])
	return drift
