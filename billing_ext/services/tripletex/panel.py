"""How the sync of a company does, for the form, the workspace and the alerts. Reads the site only, never Tripletex."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from billing_ext.integrations.tripletex.errors import TripletexError
from billing_ext.integrations.tripletex.secret import Secret
from billing_ext.integrations.tripletex.session import TokenPair
from billing_ext.repositories import clock
from billing_ext.repositories.tripletex import panel as rows
from billing_ext.repositories.tripletex import settings, setup_rows
from billing_ext.repositories.tripletex.sessions import RedisSessionStore
from billing_ext.services.tripletex import hints

EXAMPLES = 5
"""Messages that the panel names of each cause."""


def panel(company: str) -> dict[str, Any]:
	"""All that the form shows of a company: steps of the set-up, the queue, what stopped, connection and calls."""
	state = rows.state_of(company)
	dry_run = setup_rows.stored_json(company, "dry_run_json")
	return {
		"state": state,
		"facts": setup_rows.stored_json(company, "setup_json"),
		"steps": steps(company, state, dry_run),
		"dry_run": dry_run,
		"queue": rows.counts(company),
		"oldest": rows.oldest_unfinished(company),
		"blocked": [_group(group) for group in hints.by_cause(rows.blocked(company))],
		"drifts": rows.open_drifts(company),
		"exceptions": rows.exceptions(company),
		"calls": rows.calls_of_last_hour(company),
		"session_ends": session_end(company),
	}


def _group(group: hints.Group) -> dict[str, Any]:
	return {
		"cause": group.hint.cause,
		"advice": group.hint.advice,
		"count": len(group.messages),
		"messages": group.messages[:EXAMPLES],
	}


def session_end(company: str) -> datetime | None:
	"""When Tripletex ends the session at hand, in the site's time; None without one."""
	pair = TokenPair(
		Secret(settings.secret(company, "consumer_token")), Secret(settings.secret(company, "employee_token"))
	)
	try:
		session = RedisSessionStore(pair.fingerprint).get()
	except TripletexError:
		return None
	return clock.from_aware(session.ends_at) if session else None


# Set-up


def steps(company: str, state: Mapping[str, Any], dry_run: Mapping[str, Any]) -> list[dict[str, Any]]:
	"""The steps of the set-up in their order, each done or not."""
	maps = setup_rows.stored_maps(company)
	checked = bool(state["checked_at"] and state["tripletex_company_id"])
	done = {
		"connect": setup_rows.has_tokens(company),
		"company": checked and not state["missing_rights"],
		"maps": _are_resolved(maps),
		"numbers": bool(state["go_live_date"]),
		"dry_run": bool(dry_run) and not dry_run.get("problems") and not dry_run.get("error"),
		"live": bool(state["enabled"] and not state["dry_run"]),
	}
	return [{"step": step, "done": is_done} for step, is_done in done.items()]


def _are_resolved(maps: Mapping[str, list[dict[str, Any]]]) -> bool:
	rules, accounts = maps["vat_rules"], maps["accounts"]
	return (
		bool(rules and accounts)
		and all(rule["vat_type_id"] for rule in rules)
		and all(account["tripletex_id"] for account in accounts)
	)


# Number cards


def oldest_hours() -> float:
	"""Hours that the oldest unfinished message of all companies has waited; 0 without one."""
	oldest = rows.oldest_unfinished()
	return round(rows.minutes_since(oldest["creation"]) / 60, 1) if oldest else 0


def green_until() -> str:
	"""The month that is green in all companies, as MM.YYYY; a dash if one has none."""
	month = rows.last_month_green_everywhere()
	return f"{month:%m.%Y}" if month else "–"
