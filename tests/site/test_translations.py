"""Users and customers read their own language: Norwegian, which the app brings."""

from datetime import date

import frappe
import pytest
from frappe.translate import clear_cache, get_translations_from_csv
from site_builders import amendment, change, contract, invoices_of, line

from billing_ext.services import contract_billing

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def norwegian(site, monkeypatch):
	"""A user who has chosen Norwegian Bokmål."""
	clear_cache()  # of the file as it was before
	monkeypatch.setattr(frappe.local, "lang", "nb")


def test_a_refusal_says_in_norwegian_what_happened_and_what_to_do(norwegian):
	with pytest.raises(frappe.ValidationError) as refused:
		contract(line(500), alignment="Billing Day", billing_day=32)
	assert str(refused.value) == (
		"Faktureringsdagen er 32. Skriv en dag fra 1 til 31; 31 betyr den siste dagen i hver måned."
	)


def test_a_refusal_names_the_field_as_the_form_does(norwegian):
	with pytest.raises(frappe.ValidationError, match=r"^Pris er -500.* Skriv null eller mer"):
		contract(line(-500))


@pytest.mark.commits
def test_an_invoice_explains_its_rows_in_the_customers_language():
	clear_cache()
	agreement = contract(line(500), start_date=date(2026, 4, 1), language="nb")
	contract_billing.bill(agreement.name, date(2026, 4, 1))
	amendment(agreement, date(2026, 4, 16), change(agreement, new_price=800))
	contract_billing.bill(agreement.name, date(2026, 5, 1))
	rows = [row.description for row in invoices_of(agreement)[-1].items]
	assert any("Endring for " in row for row in rows)
	assert not any("Change for " in row for row in rows)


def test_no_words_hold_what_frappe_replaces_in_a_page():
	"""The desk's page brings all translations in a script; with `{index}` or `{next}` in one it would not start."""
	words = get_translations_from_csv("nb", "billing_ext")
	assert not [text for pair in words.items() for text in pair if "{index}" in text or "{next}" in text]
