"""Both books convert at the rate that Tripletex has for the day."""

from datetime import date
from decimal import Decimal

import frappe
import pytest
from site_builders import COMPANY, contract
from tripletex_site import EXPORT

from billing_ext.repositories.tripletex import exchange
from billing_ext.services.tripletex import exchange_rates

pytestmark = pytest.mark.commits


@pytest.fixture
def without_rates(tripletex):
	day = tripletex.local().date()
	frappe.db.delete("Currency Exchange", {"date": day})
	frappe.db.commit()
	yield day
	frappe.db.delete("Currency Exchange", {"date": day})
	frappe.db.commit()


def test_the_rate_of_the_day_is_stored_once_for_one_unit(tripletex, without_rates):
	frappe.db.set_single_value(
		"Accounts Settings", "allow_multi_currency_invoices_against_single_party_account", 1
	)
	for currency in ("EUR", "SEK"):
		contract(currency=currency, start_date=date(2026, 10, 1))
	assert {"EUR", "SEK"} <= set(exchange_rates.fetch_for(COMPANY))
	stored = {
		row.from_currency: row.exchange_rate
		for row in frappe.get_all(
			"Currency Exchange", {"date": without_rates}, ["from_currency", "exchange_rate"]
		)
	}
	client = tripletex.client()
	euro = client.find_one("/currency", "code", "EUR", fields="id,code")["id"]
	krona = client.find_one("/currency", "code", "SEK", fields="id,code")["id"]
	theirs = {
		code: float(client.get("/currency/{id}/rate", {"id": id_}, date=without_rates, fields="rate")["rate"])
		for code, id_ in (("EUR", euro), ("SEK", krona))
	}
	assert stored["EUR"] == theirs["EUR"]
	# Tripletex quotes kronor for a hundred.
	assert stored["SEK"] == pytest.approx(theirs["SEK"] / 100, abs=1e-9)
	assert exchange_rates.fetch_for(COMPANY) == []


def test_a_rate_entered_by_hand_stands(tripletex, without_rates):
	contract(currency="EUR", start_date=date(2026, 10, 1))
	exchange.store("NOK", without_rates, {"EUR": Decimal(12)})
	frappe.db.commit()
	assert "EUR" not in exchange_rates.fetch_for(COMPANY)


def test_a_foreign_invoice_is_booked_at_the_same_kroner(tripletex, without_rates):
	contract(currency="EUR", start_date=date(2026, 10, 1))
	exchange_rates.fetch_for(COMPANY)
	day = without_rates
	rate = frappe.db.get_value("Currency Exchange", {"date": day, "from_currency": "EUR"}, "exchange_rate")
	invoice = tripletex.invoice(
		99.99,
		currency="EUR",
		conversion_rate=rate,
		posting_date=day,
		due_date=day,
		taxes_and_charges=EXPORT,
	)
	tripletex.deliver()
	assert tripletex.message(invoice, "Invoice").status == "Synced"
	assert float(tripletex.booked(invoice)["amount"]) == invoice.base_grand_total
