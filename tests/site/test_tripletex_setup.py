"""Setting the sync up at the desk: which company is reached, maps from what both sides have, and what must not be mixed up."""

from __future__ import annotations

import json
from datetime import date

import frappe
import pytest
from site_builders import COMPANY, customer
from tripletex_site import EXPORT, TOKENS

from billing_ext.api import tripletex as api
from billing_ext.repositories.tripletex import references, settings, setup_rows
from billing_ext.services.tripletex import dry_run, setup_checks

pytestmark = pytest.mark.commits


@pytest.fixture
def own(tripletex):
	"""The settings as an administrator has them on the first day: tokens, and nothing else."""
	doc = frappe.get_doc("Tripletex Settings", COMPANY)
	for table in ("vat_rules", "accounts", "payment_types", "departments"):
		doc.set(table, [])
	doc.update({"enabled": 0, "dry_run": 1})
	doc.save()
	frappe.db.commit()
	return doc


@pytest.fixture
def export_template(tripletex):
	"""The template of 0 % beside the one of 25 %; its title may be changed."""
	yield EXPORT
	frappe.db.rollback()
	frappe.db.set_value("Sales Taxes and Charges Template", EXPORT, "title", "Utførsel 0%")
	frappe.db.commit()


def stored():
	frappe.clear_document_cache("Tripletex Settings", COMPANY)
	return frappe.get_doc("Tripletex Settings", COMPANY)


def save(**values):
	doc = stored()
	doc.update(values)
	doc.save()
	frappe.db.commit()
	return doc


def refuse_tokens(tripletex):
	tripletex.sim.tokens = ("other", "other")
	tripletex.sim.state.sessions.clear()


@pytest.fixture
def only_mine(tripletex, monkeypatch):
	"""The dry run sees documents of this test only; others have left theirs on the site."""
	earlier = set(setup_rows.documents_since(COMPANY, date(2026, 1, 1)))
	every = setup_rows.documents_since
	monkeypatch.setattr(
		setup_rows, "documents_since", lambda *args: [name for name in every(*args) if name not in earlier]
	)


def result_of_dry_run():
	dry_run.run(COMPANY)
	return json.loads(stored().dry_run_json)


def calls(sim):
	return {(each.method, each.path_template) for each in sim.requests if "session" not in each.path_template}


# Connection


def test_the_check_names_the_company_and_remembers_it(tripletex, own):
	found = api.check_connection(COMPANY)
	assert found["company"] == "Simulert Selskap AS"
	assert found["language"] == "NO"
	assert found["missing"] == []
	doc = stored()
	assert (doc.tripletex_company, doc.tripletex_company_id) == ("Simulert Selskap AS", "7306021")
	assert doc.checked_at == tripletex.local()
	assert tripletex.sim.violations == []


def test_another_organisation_number_is_pointed_out(tripletex, own):
	assert any(
		"995525828" in text and "987654325" in text for text in api.check_connection(COMPANY)["warnings"]
	)


def test_tokens_of_another_company_are_refused_and_nothing_is_stored(tripletex, own):
	tripletex.settings(tripletex_company_id="42", tripletex_company="Noen Andre AS")
	with pytest.raises(frappe.ValidationError, match=r"Simulert Selskap AS .7306021."):
		api.check_connection(COMPANY)
	assert stored().tripletex_company == "Noen Andre AS"


def test_missing_rights_are_listed_in_words(tripletex, own):
	for path in ("/ledger/voucher", "/event/subscription"):
		tripletex.sim.faults.plan("GET", path, "403")
	assert api.check_connection(COMPANY)["missing"] == ["Vouchers (Advanced Voucher)", "Webhooks"]
	assert stored().missing_rights.splitlines() == ["Vouchers (Advanced Voucher)", "Webhooks"]


def test_the_check_only_reads(tripletex, own):
	api.check_connection(COMPANY)
	assert {method for method, _path in calls(tripletex.sim)} == {"GET"}


def test_a_company_without_a_bank_account_is_told_what_tripletex_will_say(tripletex, own):
	tripletex.sim.gui.remove_bank_account()
	warnings = " ".join(api.check_connection(COMPANY)["warnings"])
	assert "Faktura kan ikke opprettes før selskapet har registrert et bankkontonummer" in warnings


def test_refused_tokens_are_told_in_words_without_the_tokens(tripletex, own):
	refuse_tokens(tripletex)
	with pytest.raises(frappe.ValidationError) as refused:
		api.check_connection(COMPANY)
	assert "refuses the tokens" in str(refused.value)
	assert not any(token in str(refused.value) for token in TOKENS)


# Maps


def test_maps_are_proposed_for_the_templates_and_accounts_of_the_company(tripletex, own, export_template):
	maps = api.propose_maps(COMPANY)["maps"]
	rules = [
		(rule.get("sales_taxes_template"), rule["rate"], rule["vat_code"], rule["certain"])
		for rule in maps["vat_rules"]
	]
	assert rules == [(None, 25.0, "3", True), (export_template, 0.0, "52", False)]
	numbers = {(row["account"], row["vat_code"]): row["number"] for row in maps["accounts"]}
	# Another test's company may have more accounts by now.
	assert (
		numbers.items()
		>= {
			("Debtors - FS", ""): 1500,
			("Operating Account - FS", ""): 1920,
			("Cash - FS", ""): 1900,
			("Sales - FS", ""): 3000,
			("Sales - FS", "52"): 3107,
			("Service - FS", ""): 3000,
			("Service - FS", "52"): 3107,
			("Output VAT 25% - FS", ""): 2700,
			("Deferred Revenue - FS", ""): 2970,
		}.items()
	)
	kinds = {row["account"]: row["payment_type_id"] for row in maps["payment_types"]}
	assert set(kinds) == {"Operating Account - FS", "Cash - FS"}


def test_a_zero_rate_that_says_nothing_is_left_to_the_user(tripletex, own, export_template):
	frappe.db.set_value("Sales Taxes and Charges Template", export_template, "title", "Null")
	frappe.db.commit()
	rule = api.propose_maps(COMPANY)["maps"]["vat_rules"][1]
	assert (rule["vat_code"], rule["certain"]) == ("", False)


@pytest.mark.parametrize(
	("title", "code"),
	[
		("Export", "52"),
		("Omvendt avgiftsplikt", "51"),
		("Utenfor loven", "6"),
		("Fritatt", "5"),
		("Uten mva", "7"),
	],
)
def test_the_words_of_a_title_tell_why_it_is_zero(tripletex, own, export_template, title, code):
	frappe.db.set_value("Sales Taxes and Charges Template", export_template, "title", title)
	frappe.db.commit()
	assert api.propose_maps(COMPANY)["maps"]["vat_rules"][1]["vat_code"] == code


def test_an_account_with_a_number_that_tripletex_has_goes_to_it(tripletex, own):
	frappe.db.set_value("Account", "Service - FS", "account_number", "3600")
	frappe.db.commit()
	try:
		proposed = api.propose_maps(COMPANY)["maps"]["accounts"]
		rows = {row["account"]: row for row in proposed if not row["vat_code"]}
	finally:
		frappe.db.set_value("Account", "Service - FS", "account_number", "")
		frappe.db.commit()
	assert (rows["Service - FS"]["number"], rows["Service - FS"]["certain"]) == (3600, True)
	assert rows["Sales - FS"]["certain"] is False


def test_what_is_chosen_is_saved_with_the_ids_of_tripletex(tripletex, own):
	maps = api.propose_maps(COMPANY)["maps"]
	api.apply_maps(COMPANY, json.dumps(maps))  # as the desk sends it
	doc = stored()
	assert [(rule.vat_code, rule.vat_type_id, rule.vat_type_name) for rule in doc.vat_rules] == [
		("3", "3", "Utgående avgift, høy sats"),
		("52", "52", "Avgiftsfri utførsel av varer og tjenester"),
	]
	sales = next(row for row in doc.accounts if row.account == "Sales - FS")
	assert (sales.number, sales.account_name, sales.locked_to) == (3000, "Salgsinntekt, avgiftspliktig", "3")
	assert sales.tripletex_id


def test_a_choice_once_saved_is_kept_by_the_next_proposal(tripletex, own):
	maps = api.propose_maps(COMPANY)["maps"]
	next(row for row in maps["accounts"] if row["account"] == "Service - FS")["number"] = 3600
	api.apply_maps(COMPANY, maps)
	rows = {
		(row["account"], row["vat_code"]): row["number"]
		for row in api.propose_maps(COMPANY)["maps"]["accounts"]
	}
	assert rows["Service - FS", ""] == 3600


def test_an_account_that_does_not_take_the_code_is_warned_of(tripletex, own, export_template):
	maps = api.propose_maps(COMPANY)["maps"]
	export = [row for row in maps["accounts"] if row["vat_code"] == "52"]
	for row in export:
		row["number"] = 3000
	warnings = api.apply_maps(COMPANY, maps)
	assert any("Account 3000 (Sales - FS) takes VAT code 3 only, not 52" in text for text in warnings)
	assert any(
		"None of the mapped income accounts takes VAT code 52; in Tripletex, account 3107 does" in text
		for text in warnings
	)
	for row in export:
		row["number"] = 3107
	warnings = api.apply_maps(COMPANY, maps)
	assert warnings == [
		f"Account 3107 ({account} - FS) is inactive in Tripletex. Make it active there, or choose another one."
		for account in ("Sales", "Service")
	]


def test_another_rate_than_tripletexs_is_warned_of(tripletex, own):
	maps = api.propose_maps(COMPANY)["maps"]
	maps["vat_rules"][0]["vat_code"] = "31"
	assert any("VAT code 31 is 15 % in Tripletex, and 25 %" in text for text in api.apply_maps(COMPANY, maps))


def test_an_id_does_not_outlive_the_number_it_was_looked_up_for(tripletex, own):
	api.apply_maps(COMPANY, api.propose_maps(COMPANY)["maps"])
	doc = stored()
	row = next(row for row in doc.accounts if row.account == "Sales - FS")
	row.number = 3100
	doc.save()
	assert next(row for row in stored().accounts if row.account == "Sales - FS").tripletex_id is None


# What the form refuses


@pytest.mark.parametrize(
	("values", "words"),
	[
		({"first_number": 10001}, "Choose 100000 or more"),
		({"first_number": 600000, "last_number": 500000}, "Last Number comes before"),
		({"kid_length": "7", "last_number": 999999999}, "do not fit the KID Length"),
		({"customer_number_start": 20000}, "would meet ours"),
		({"dry_run": 0, "enabled": 1, "vat_rules": []}, "Without VAT rules"),
	],
)
def test_numbers_that_would_meet_others_are_refused(tripletex, own, values, words):
	with pytest.raises(frappe.ValidationError, match=words):
		save(**values)


def test_two_rules_about_the_same_are_refused(tripletex, own):
	with pytest.raises(frappe.ValidationError, match="speak of the same"):
		save(vat_rules=[{"rate": 25, "vat_code": "3"}, {"rate": 25, "vat_code": "31"}])


def test_how_invoices_are_booked_changes_only_at_a_new_number_range(tripletex):
	tripletex.invoice(100)
	with pytest.raises(frappe.ValidationError, match="1 invoices are on their way"):
		save(strategy="Ledger voucher")
	tripletex.deliver()
	with pytest.raises(frappe.ValidationError, match="only at a new number range"):
		save(strategy="Ledger voucher")
	with pytest.raises(frappe.ValidationError, match="in use already"):
		save(strategy="Ledger voucher", first_number=500000)
	save(strategy="Ledger voucher", first_number=800001)
	assert stored().strategy == "Ledger voucher"


def test_what_is_booked_in_one_environment_bars_another(tripletex):
	tripletex.invoice(100)
	tripletex.deliver()
	with pytest.raises(frappe.ValidationError, match="booked in Test already"):
		save(environment="Production")


def test_another_environment_is_another_company(tripletex, own):
	api.apply_maps(COMPANY, api.propose_maps(COMPANY)["maps"])
	api.check_connection(COMPANY)
	save(environment="Production")
	doc = stored()
	assert (doc.tripletex_company_id, doc.checked_at) == (None, None)
	assert not any(row.tripletex_id for row in doc.accounts)


def test_a_new_token_ends_the_session_of_the_old_one(tripletex, own, monkeypatch):
	api.check_connection(COMPANY)
	references.cached(COMPANY, "currencies", lambda: {"XXX": 1})
	asked = []
	monkeypatch.setattr(setup_checks.jobs, "enqueue", lambda method, **values: asked.append((method, values)))
	save(employee_token="another-employee-secret")  # noqa: S106
	assert asked[0][0] == "billing_ext.services.tripletex.setup.log_out"
	assert "secret" not in json.dumps(asked[0][1])
	assert references.cached(COMPANY, "currencies", lambda: {"NOK": 1}) == {"NOK": 1}
	doc = stored()
	assert doc.checked_at is None
	assert doc.tripletex_company_id == "7306021"
	assert settings.secret(COMPANY, "employee_token") == "another-employee-secret"


def test_saving_without_touching_the_tokens_ends_no_session(tripletex, own, monkeypatch):
	asked = []
	monkeypatch.setattr(setup_checks.jobs, "enqueue", lambda method, **values: asked.append(method))
	save(sender="Tripletex: EHF")
	assert asked == []
	assert settings.secret(COMPANY, "employee_token") == TOKENS[1]


def test_the_end_of_the_dry_run_sends_what_was_only_checked(tripletex):
	tripletex.settings(dry_run=1)
	invoice = tripletex.invoice(100)
	tripletex.deliver()
	assert (tripletex.sim.invoices(), tripletex.sim.customers()) == ([], [])
	save(dry_run=0)
	tripletex.deliver(2)
	assert tripletex.message(invoice, "Invoice").status == "Synced"


# The dry run


def test_the_dry_run_reads_only_and_finds_nothing_wrong_with_a_good_invoice(tripletex, only_mine):
	tripletex.invoice(100)
	tripletex.sim.requests.clear()
	result = result_of_dry_run()
	assert (result["documents"], result["ready"], result["problems"], result["error"]) == (1, 1, [], "")
	assert {method for method, _path in calls(tripletex.sim)} == {"GET"}
	assert tripletex.sim.violations == []


def test_the_dry_run_finds_what_would_stop_documents(tripletex, only_mine, export_template):
	no_rule = tripletex.invoice(100, taxes_and_charges=export_template)
	stored_rules = stored()
	stored_rules.vat_rules = [rule for rule in stored_rules.vat_rules if rule.rate]
	stored_rules.save()
	taken = tripletex.invoice(200)
	other = tripletex.sim.gui.add_customer("En annen AS")
	tripletex.sim.gui.set_next_invoice_number(int(taken.billing_ext_number))
	tripletex.sim.gui.make_invoice(other["id"], 999, date=date(2026, 10, 6))
	wrong = customer(tax_id="123456789")
	tripletex.invoice(300, party=wrong)
	frappe.db.commit()
	result = result_of_dry_run()
	found = {(each["name"], each["code"]) for each in result["problems"]}
	assert (no_rule.name, "tripletex_no_vat_rule") in found
	assert (taken.name, "tripletex_dry_run_taken") in found
	assert (wrong, "tripletex_organization_number") in found
	assert all(each["text"] for each in result["problems"])


def test_the_dry_run_sees_that_an_account_does_not_take_a_code(tripletex, only_mine, export_template):
	invoice = tripletex.invoice(100, taxes_and_charges=export_template)
	doc = stored()
	doc.accounts = [row for row in doc.accounts if not row.vat_code]
	doc.save()
	problems = result_of_dry_run()["problems"]
	assert [(each["name"], each["code"]) for each in problems] == [(invoice.name, "tripletex_map_lock")]


def test_the_dry_run_counts_what_is_booked_and_what_would_be_adopted(tripletex, only_mine):
	tripletex.invoice(100)
	tripletex.deliver()
	there = customer(tax_id="974760673")
	tripletex.sim.gui.add_customer("Der fra før", organizationNumber="974760673")
	tripletex.invoice(200, party=there)
	result = result_of_dry_run()
	assert (result["booked"], result["ready"], result["adopted"]) == (1, 1, 1)


def test_a_dry_run_without_a_connection_says_why(tripletex):
	refuse_tokens(tripletex)
	assert "refuses the tokens" in result_of_dry_run()["error"]


# Secrets


def test_no_secret_is_in_a_response_a_version_or_the_error_log(tripletex, own):
	save(employee_token="another-employee-secret", sender="Tripletex: EHF")  # noqa: S106
	frappe.response.docs = []
	frappe.call("frappe.desk.form.load.getdoc", doctype="Tripletex Settings", name=COMPANY)
	shown = frappe.as_json(frappe.response.docs)
	shown += frappe.as_json(api.panel(COMPANY))
	refuse_tokens(tripletex)
	with pytest.raises(frappe.ValidationError):
		api.check_connection(COMPANY)
	for doctype, field in (("Version", "data"), ("Error Log", "error"), ("Tripletex Call", "path_template")):
		shown += "".join(frappe.get_all(doctype, pluck=field))
	assert "Tripletex Settings" in shown
	for secret in (*TOKENS, "another-employee-secret"):
		assert secret not in shown
