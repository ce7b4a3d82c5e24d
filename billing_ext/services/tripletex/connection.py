"""A client for a company: its tokens, the quota and session that all workers share, the log of calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex.client import TripletexClient
from billing_ext.integrations.tripletex.mapper import MasterIds
from billing_ext.integrations.tripletex.read_back import IncompleteAnswer, needed
from billing_ext.integrations.tripletex.refusals import Rules
from billing_ext.integrations.tripletex.secret import Secret
from billing_ext.integrations.tripletex.session import Sessions, TokenPair
from billing_ext.repositories.tripletex import calls, references, settings
from billing_ext.repositories.tripletex.documents import Maps, maps
from billing_ext.repositories.tripletex.rate_limit import RedisLimiter
from billing_ext.repositories.tripletex.sessions import RedisSessionStore
from billing_ext.repositories.tripletex.settings import Settings


@dataclass
class Link:
	"""A company's settings, its client and what both know of each other."""

	settings: Settings
	client: TripletexClient

	@cached_property
	def maps(self) -> Maps:
		"""VAT, accounts and departments."""
		return maps(self.settings.company)

	@cached_property
	def master_ids(self) -> MasterIds:
		"""Ids of countries and currencies, asked for once a day."""
		company = self.settings.company
		return MasterIds(
			countries=references.cached(company, "countries", self._countries),
			currencies=references.cached(company, "currencies", self._currencies),
		)

	@cached_property
	def rules(self) -> Rules:
		"""What a document is checked against before it is sent."""
		own = self.settings
		return Rules(
			strategy=own.strategy,
			vat_rates={rule.vat_code: rule.rate for rule in self.maps.vat},
			currencies=frozenset(self.master_ids.currencies),
			first_number=own.first_number,
			last_number=own.last_number,
			go_live=own.go_live_date,
			closed_until=self._closed_until(),
		)

	def _closed_until(self) -> date | None:
		"""The last day of the latest closed period. A filed VAT term does not show in the API."""
		kept = references.cached(
			self.settings.company, "closed", lambda: {"until": self._last_closed_day()}, references.AN_HOUR
		)
		return date.fromisoformat(kept["until"]) if kept["until"] else None

	def _last_closed_day(self) -> str:
		rows = self.client.search("/ledger/accountingPeriod", fields="id,end,isClosed")
		ends = [row["end"] for row in rows if row.get("isClosed") and row.get("end")]
		# A period's end is the first day after it.
		return str(date.fromisoformat(max(ends)) - timedelta(days=1)) if ends else ""

	def _countries(self) -> dict[str, int]:
		return _ids_by(self.client.search("/country", fields="id,isoAlpha2Code"), "isoAlpha2Code")

	def _currencies(self) -> dict[str, int]:
		return _ids_by(self.client.search("/currency", fields="id,code"), "code")


def _ids_by(rows: list[dict[str, Any]], code: str) -> dict[str, int]:
	"""Ids by code, to be kept for a day. Raises IncompleteAnswer rather than keep nothing."""
	ids = {row[code]: needed(row, "id") for row in rows if row.get(code)}
	if not ids:
		raise IncompleteAnswer(code)
	return ids


def of(company: str) -> Link:
	"""The link of a company. Raises DomainError ``tripletex_no_settings`` or ``tripletex_no_tokens``."""
	own = settings.load(company)
	if own is None:
		raise DomainError("tripletex_no_settings", company=company)
	return Link(own, client(own))


def client(own: Settings) -> TripletexClient:
	"""A client that shares session and quota with all workers of the site."""
	tokens = TokenPair(
		Secret(settings.secret(own.company, "consumer_token")),
		Secret(settings.secret(own.company, "employee_token")),
	)
	if not (tokens.consumer and tokens.employee):
		raise DomainError("tripletex_no_tokens", company=own.company)
	return TripletexClient(
		_address(own.environment),
		Sessions(tokens, RedisSessionStore(tokens.fingerprint)),
		limiter=RedisLimiter(tokens.fingerprint),
		journal=calls.CallLog(own.company),
		company_id=own.client_company,
		allow_local=own.environment == "Simulator",
	)


def _address(environment: str) -> str:
	"""Name or address that the client takes: the local simulator's, or ``test`` or ``production`` of its fixed list.

	Raises DomainError ``tripletex_no_simulator``.
	"""
	if environment != "Simulator":
		return environment.lower()
	address = settings.simulator_address()
	if not address:
		raise DomainError("tripletex_no_simulator")
	return address
