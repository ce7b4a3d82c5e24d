"""What Tripletex Settings must keep to, checked when they are saved. Nothing here can call Tripletex."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex import numbering
from billing_ext.integrations.tripletex.documents import Strategy
from billing_ext.integrations.tripletex.mapper import HOME_CURRENCY
from billing_ext.integrations.tripletex.secret import Secret
from billing_ext.integrations.tripletex.session import TokenPair
from billing_ext.repositories import jobs
from billing_ext.repositories.tripletex import numbers, references, settings, setup_rows
from billing_ext.services.tripletex import outgoing

FIRST_FREE_NUMBER = 100_000
"""Below, Tripletex's own counters run: customers from 10000, invoices from 1 or wherever the company began."""
LOG_OUT = "billing_ext.services.tripletex.setup.log_out"
_OTHER_BOOKS = ("environment", "client_company")
_KEYS = {
	"vat_rules": ("vat_code", ("vat_type_id", "vat_type_name")),
	"accounts": ("number", ("tripletex_id", "account_name", "locked_to")),
	"payment_types": ("payment_type_id", ("description",)),
	"departments": ("department_number", ("tripletex_id", "department_name")),
}
"""Table -> the field that a row's ids were looked up by, and those ids."""
_MAPPED_BY = {
	"accounts": ("account", "vat_code"),
	"payment_types": ("account",),
	"departments": ("cost_center",),
}


@dataclass(frozen=True, slots=True)
class OldLink:
	"""The session that must end because a token or the environment was changed; no secret is part of it."""

	fingerprint: str
	environment: str


def check(doc: Any, before: Any) -> None:
	"""Raise a DomainError for the first rule that the settings break. ``before``: as saved, None for new ones."""
	own = setup_rows.currency(doc.company)
	if own != HOME_CURRENCY:
		raise DomainError("tripletex_company_currency", company=doc.company, currency=own or "-")
	for problem in (*_number_problems(doc), *_map_problems(doc)):
		raise problem
	if doc.enabled and not doc.dry_run and not (doc.vat_rules and doc.accounts):
		raise DomainError("tripletex_maps_missing")
	if before:
		_check_change(doc, before)


def _number_problems(doc: Any) -> Iterator[DomainError]:
	start = doc.customer_number_start or 0
	if not FIRST_FREE_NUMBER <= start <= numbering.MAX_NUMBER:
		yield DomainError("tripletex_customer_start", number=start, first=FIRST_FREE_NUMBER)
	if doc.strategy == Strategy.TRIPLETEX_NUMBERS.value:
		return
	first, last = doc.first_number or 0, doc.last_number or 0
	problem = numbering.range_problem(first, last, int(doc.kid_length) if doc.kid_length else None)
	if problem:
		yield DomainError(problem, first=first, last=last, length=doc.kid_length or "-")
	if first < FIRST_FREE_NUMBER:
		yield DomainError("tripletex_range_low", first=first, lowest=FIRST_FREE_NUMBER)


def _map_problems(doc: Any) -> Iterator[DomainError]:
	rules = Counter(
		(
			rule.sales_taxes_template or "",
			rule.item_tax_template or "",
			rule.income_account or "",
			float(rule.rate or 0),
			str(rule.valid_from or ""),
		)
		for rule in doc.vat_rules
	)
	for rule, times in rules.items():
		if times > 1:
			named = ", ".join(filter(None, rule[:3])) or "-"
			yield DomainError("tripletex_rule_twice", rule=named, rate=f"{rule[3]:g}")
	for table, *key in (
		("accounts", "account", "vat_code"),
		("payment_types", "account"),
		("departments", "cost_center"),
	):
		for names, times in Counter(
			tuple(row.get(field) or "" for field in key) for row in doc.get(table)
		).items():
			if times > 1:
				yield DomainError("tripletex_mapped_twice", account=names[0])


def _check_change(doc: Any, before: Any) -> None:
	booked = setup_rows.is_anything_booked(doc.company)
	if booked and any(doc.has_value_changed(field) for field in _OTHER_BOOKS):
		raise DomainError("tripletex_environment_booked", environment=before.environment)
	if booked and before.go_live_date and doc.has_value_changed("go_live_date"):
		raise DomainError("tripletex_go_live_booked", date=before.go_live_date)
	if doc.strategy != before.strategy:
		_check_strategy(doc, before, booked)
	if doc.first_number != before.first_number:
		_check_range(doc, before)


def _check_strategy(doc: Any, before: Any, booked: bool) -> None:
	waiting = setup_rows.invoices_under_way(doc.company)
	if waiting:
		raise DomainError("tripletex_strategy_queue", count=waiting)
	keeps_range = doc.first_number == before.first_number
	used = bool(numbers.drawn_so_far(doc.company, doc.first_number))
	if booked and doc.strategy != Strategy.TRIPLETEX_NUMBERS.value and keeps_range and used:
		raise DomainError("tripletex_strategy_range", first=before.first_number)


def _check_range(doc: Any, before: Any) -> None:
	drawn = numbers.drawn_so_far(doc.company, before.first_number)
	last_used = before.first_number + drawn - 1
	if drawn and numbering.ranges_meet(doc.first_number, doc.last_number, before.first_number, last_used):
		raise DomainError("tripletex_range_used", first=before.first_number, last=last_used)


def settle(doc: Any, before: Any) -> OldLink | None:
	"""Bring fields into line with what was changed, before they are saved; the session that must end, if any."""
	if not doc.paused:
		doc.pause_reason = None
	if before is None:
		return None
	if not doc.flags.maps_resolved:
		_forget_changed_ids(doc, before)
	other_books = any(doc.has_value_changed(field) for field in _OTHER_BOOKS)
	tokens = [setup_rows.new_token(doc, field) for field in ("consumer_token", "employee_token")]
	if not other_books and tokens == [None, None]:
		return None
	if other_books:
		doc.tripletex_company = doc.tripletex_company_id = None
		for table, (_key, fields) in _KEYS.items():
			for row in doc.get(table):
				setup_rows.forget_ids(row, *fields)
	doc.checked_at = doc.missing_rights = doc.setup_json = doc.unauthorized_since = None
	return _old_link(doc, before)


def _forget_changed_ids(doc: Any, before: Any) -> None:
	"""An id that was looked up for another number or code would book there."""
	for table, (key, fields) in _KEYS.items():
		known = {row.name: row.get(key) for row in before.get(table)}
		for row in doc.get(table):
			if row.name in known and str(known[row.name]) != str(row.get(key)):
				setup_rows.forget_ids(row, *fields)


def _old_link(doc: Any, before: Any) -> OldLink:
	pair = TokenPair(
		Secret(settings.secret(doc.company, "consumer_token")),
		Secret(settings.secret(doc.company, "employee_token")),
	)
	return OldLink(pair.fingerprint, before.environment)


def after_save(doc: Any, before: Any, old: OldLink | None) -> None:
	"""What follows from a change, once it is committed: the old session ends, the queue goes on."""
	settings.forget_known()
	if old:
		references.forget(doc.company)
		jobs.enqueue(
			LOG_OUT,
			queue="short",
			company=doc.company,
			fingerprint=old.fingerprint,
			environment=old.environment,
		)
	if before is None:
		return
	revived = setup_rows.revive_dry_run(doc.company) if before.dry_run and not doc.dry_run else 0
	if revived or (before.paused and not doc.paused):
		send_now(doc.company)


def after_removal() -> None:
	"""The company has no settings any more."""
	settings.forget_known()


def send_now(company: str) -> None:
	"""Have workers go through the company's queue."""
	outgoing.start_all({company})
