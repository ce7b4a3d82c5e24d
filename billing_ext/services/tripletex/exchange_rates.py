"""The rate of the day from Tripletex, so that both books convert alike: a rate cannot be given with an invoice there.

Fetched before invoices are made, never inside a document's transaction.
"""

from __future__ import annotations

from decimal import Decimal

from billing_ext.core.errors import DomainError
from billing_ext.integrations.tripletex.errors import TripletexError
from billing_ext.repositories import clock, session
from billing_ext.repositories import settings as billing_settings
from billing_ext.repositories.tripletex import alerts, exchange, settings
from billing_ext.repositories.unit_of_work import in_transaction
from billing_ext.services.tripletex import connection


def fetch() -> None:
	"""Store today's rates that are missing, for every company. A job; a company that cannot be reached waits an hour."""
	session.act_as(billing_settings.load().service_user)
	for company in settings.enabled_companies():
		own = settings.load(company)
		if own is None or not own.fetch_rates or own.paused:
			continue
		try:
			fetch_for(company)
		except (TripletexError, DomainError) as error:
			alerts.log({"name": None, "local_key": company, "operation": "Exchange Rates"}, error)


def fetch_for(company: str) -> list[str]:
	"""The currencies whose rate of today was missing and is stored now. Raises TripletexError and DomainError."""
	today, home = clock.today(), exchange.home_currency(company)
	missing = [
		currency
		for currency in exchange.currencies_in_use(company, home)
		if not exchange.is_stored(currency, home, today)
	]
	if not missing:
		return []
	link = connection.of(company)
	known = [currency for currency in missing if currency in link.master_ids.currencies]
	rates = {currency: _rate(link, currency) for currency in known}
	in_transaction(lambda: exchange.store(home, today, rates))
	return known


def _rate(link: connection.Link, currency: str) -> Decimal:
	"""NOK for one unit: Tripletex quotes some currencies for a hundred."""
	path = {"id": link.master_ids.currencies[currency]}
	answer = link.client.get(
		"/currency/{id}/rate", path, date=clock.today(), fields="rate,sourceCurrency(id,factor)"
	)
	factor = (answer.get("sourceCurrency") or {}).get("factor") or 1
	return Decimal(answer["rate"]) / Decimal(factor)
