"""The preview is the invoice: what the endpoint answers is what a run then makes, and it writes nothing."""

from datetime import date

import frappe
import pytest
from site_builders import amendment, change, contract, invoices_of, line

from billing_ext import api
from billing_ext.api import contracts as contract_api
from billing_ext.services import contract_billing

pytestmark = pytest.mark.usefixtures("db")

REFERENCE = {
	"currency": "NOK",
	"start_date": "2026-04-01",
	"lines": [{"id": "hosting", "price": "500"}],
	"amendments": [
		{"effective_date": "2026-04-16", "lines": [{"contract_line": "hosting", "new_price": "750"}]}
	],
}


def amounts(result):
	return [
		[
			(row["amount"], row["service_start"], row["service_end"])
			for document in run["documents"]
			for row in document["rows"]
		]
		for run in result["runs"]
	]


def test_the_reference_example_as_json():
	result = api.preview(REFERENCE, run_dates=["2026-04-01", "2026-04-16", "2026-05-01"])
	assert amounts(result) == [
		[("500.00", "2026-04-01", "2026-04-30")],
		[],
		[("125.00", "2026-04-16", "2026-04-30"), ("750.00", "2026-05-01", "2026-05-31")],
	]
	assert (
		result["runs"][2]["documents"][0]["rows"][0]["charges"][0]["formula"]
		== "(750.00 - 500.00) × 15/30 = 125.00"
	)
	assert (result["mrr"], result["lines"][0]["billed_through"]) == ("750.00", "2026-05-31")


def test_one_date_and_no_history():
	assert amounts(api.preview(REFERENCE, as_of="2026-04-20")) == [
		[("250.00", "2026-04-01", "2026-04-15"), ("375.00", "2026-04-16", "2026-04-30")]
	]


def test_an_amendment_is_known_from_the_day_it_was_entered():
	late = {**REFERENCE, "amendments": [{**REFERENCE["amendments"][0], "entered_on": "2026-05-20"}]}
	result = api.preview(late, run_dates=["2026-04-01", "2026-05-01", "2026-06-01"])
	assert [[row[0] for row in run] for run in amounts(result)] == [
		["500.00"],
		["500.00"],
		["125.00", "250.00", "750.00"],
	]


@pytest.mark.parametrize(
	("fields", "message"),
	[
		({"colour": "red"}, "no field colour"),
		({"timing": "Sometimes"}, "Allowed are: In Advance, In Arrears"),
		({"start_date": "1st of May"}, "Write it as YYYY-MM-DD"),
		({"lines": [{"price": "a lot"}]}, "Price: a lot is not a number"),
		({"lines": [{"price": -5}]}, "Price is -5, less than zero"),
		({"lines": [{"price": 5, "discount_percentage": 101}]}, "100 or less"),
		({"lines": [{"price": 5, "billing_interval": "Week", "price_period": "Month"}]}, "of the same kind"),
		({"alignment": "Billing Day", "billing_day": 40}, "1 to 31"),
		(
			{
				"amendments": [
					{"effective_date": "2026-04-16", "lines": [{"contract_line": "x", "new_price": 1}]}
				]
			},
			"no contract line x",
		),
		({"lines": ["hosting"]}, "not a JSON object"),
	],
)
def test_bad_input_names_the_field_and_the_remedy(fields, message):
	with pytest.raises(frappe.ValidationError, match=message):
		api.preview({**REFERENCE, "amendments": [], **fields}, as_of="2026-04-01")


@pytest.mark.parametrize("contract", ["{", "[]", "7"])
def test_what_is_not_an_object_is_refused(contract):
	with pytest.raises(frappe.ValidationError, match="JSON"):
		api.preview(contract, as_of="2026-04-01")


def test_dates_in_wrong_order_are_refused():
	with pytest.raises(frappe.ValidationError, match="earliest to the latest"):
		api.preview(REFERENCE, run_dates=["2026-05-01", "2026-04-01"])


def test_it_writes_nothing():
	writes = frappe.db.transaction_writes
	api.preview(REFERENCE, run_dates=["2026-04-01", "2026-05-01"])
	assert frappe.db.transaction_writes == writes


@pytest.mark.commits
def test_the_preview_of_a_contract_is_what_the_run_makes():
	agreement = contract(
		line(99.95, quantity=3, discount_percentage=7),
		line(1200, billing_interval="Year", price_period="Year"),
	)
	contract_billing.bill(agreement.name, date(2026, 4, 1))
	amendment(
		agreement, date(2026, 4, 9), change(agreement, new_quantity=5), change(agreement, 1, new_price=1500)
	)
	promised = contract_api.preview(agreement.name, "2026-05-01")
	contract_billing.bill(agreement.name, date(2026, 5, 1))
	made = [[f"{row.net_amount:.2f}" for row in invoice.items] for invoice in invoices_of(agreement)[1:]]
	assert [
		[row["amount"] for row in document["rows"]] for document in promised["runs"][0]["documents"]
	] == made


@pytest.mark.commits
def test_the_preview_of_an_amendment_shows_with_and_without_it():
	agreement = contract(line(500))
	contract_billing.bill(agreement.name, date(2026, 4, 1))
	draft = amendment(agreement, date(2026, 4, 16), change(agreement, new_price=750), submit=False)
	result = contract_api.preview_amendment(draft.as_json())
	first = {side: result[side]["runs"][0] for side in ("with_amendment", "without_amendment")}
	assert (first["with_amendment"]["total"], first["without_amendment"]["total"]) == ("875.00", "500.00")
	assert first["with_amendment"]["run_date"] == "2026-05-01"


@pytest.mark.commits
def test_the_overview_shows_terms_documents_and_what_is_coming():
	agreement = contract(line(500), end_date="2026-08-31")
	contract_billing.bill(agreement.name, date(2026, 4, 1))
	raised = amendment(agreement, date(2026, 4, 16), change(agreement, new_price=750))
	result = contract_api.contract_overview(agreement.name)
	(shown,) = result["lines"]
	assert [(terms["effective"], terms["price"], terms["amendment"]) for terms in shown["terms"]] == [
		("2026-04-01", "500.0", ""),
		("2026-04-16", "750.0", raised.name),
	]
	assert (shown["billed_through"], shown["last_day"]) == ("2026-04-30", "2026-08-31")
	assert len(result["invoices"]) == 1
	assert [(run["date"], run["amount"]) for run in result["coming"]] == [
		("2026-05-01", "875.00"),
		("2026-06-01", "750.00"),
		("2026-07-01", "750.00"),
		("2026-08-01", "750.00"),
	]


@pytest.mark.parametrize(
	("fields", "code"),
	[
		({"lines": 5}, "not_a_list"),
		({"lines": [{"id": "a", "price": 1}, {"id": "a", "price": 2}]}, "duplicate_line"),
		({"lines": [{"price": 1, "line_type": "one-off"}]}, "option"),
		({"lines": [{"price": 1e400}]}, "number"),
		({"lines": [{"price": 10**13}]}, "number"),
		({"currency": "XXQ"}, "unknown_currency"),
		({"amendments": [{"amendment_type": "terminate", "effective_date": "2026-05-01"}]}, "option"),
	],
)
def test_the_answer_to_bad_input_names_the_rule_for_programs_too(fields, code):
	with pytest.raises(frappe.ValidationError):
		api.preview({**REFERENCE, "amendments": [], **fields}, as_of="2026-04-01")
	assert frappe.local.response["error_code"] == code


def test_an_interval_of_a_line_may_give_the_count_alone():
	line = {"price": 100, "billing_interval_count": 3}
	result = api.preview({"start_date": "2026-04-01", "lines": [line]}, as_of="2026-04-01")
	assert amounts(result) == [[("300.00", "2026-04-01", "2026-06-30")]]


@pytest.mark.commits
def test_a_preview_compares_the_conventions():
	agreement = contract(
		line(300), start_date=date(2026, 1, 16), alignment="Billing Day", billing_day=1, submit=False
	)
	result = contract_api.preview(agreement.name, "2026-01-16")
	# 300 x 16/31, x 15/30, x 16/30, x 16/31 and the whole price
	assert [(row["convention"], row["total"], row["own"]) for row in result["conventions"]] == [
		("Actual Days", "154.84", True),
		("30/360", "150.00", False),
		("Actual/360", "160.00", False),
		("Months First", "154.84", False),
		("None", "300.00", False),
	]


@pytest.mark.commits
def test_an_amendments_preview_compares_what_it_changes():
	agreement = contract(line(300), start_date=date(2026, 1, 1), proration="30/360")
	contract_billing.bill(agreement.name, date(2026, 1, 1))
	draft = amendment(agreement, date(2026, 1, 16), change(agreement, new_price=600), submit=False)
	result = contract_api.preview_amendment(draft.as_dict())
	# 3 x 600, and 300 more for 15 of 30 days; 16 of 31 days: 145.16 + 309.68 - 300
	assert [(row["convention"], row["total"], row["own"]) for row in result["conventions"]] == [
		("Actual Days", "1954.84", False),
		("30/360", "1950.00", True),
		("Actual/360", "1970.00", False),
		("Months First", "1954.84", False),
		("None", "1800.00", False),
	]
