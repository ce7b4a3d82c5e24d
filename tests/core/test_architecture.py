"""What the linters cannot see: names in strings, options in JSON, hooks that point to functions."""

import ast
import json
import re
from enum import Enum
from pathlib import Path

import pytest

from billing_ext.core import billing, contract, invoicing, period, proration, renewal
from billing_ext.integrations.tripletex import delivery, documents

APP = Path(__file__).resolve().parents[2] / "billing_ext"
DOCTYPES = APP / "billing_ext" / "doctype"
SOURCES = sorted(APP.rglob("*.py"))


def doctype(name):
	folder = name.lower().replace(" ", "_")
	return json.loads((DOCTYPES / folder / f"{folder}.json").read_text())


def options(name, field):
	(found,) = [entry for entry in doctype(name)["fields"] if entry["fieldname"] == field]
	return [option for option in found["options"].split("\n") if option]


def values(kind: type[Enum]):
	return [member.value for member in kind]


@pytest.mark.parametrize(
	("name", "field", "kind"),
	[
		("Billing Contract", "timing", contract.Timing),
		("Billing Contract", "proration", proration.Proration),
		("Billing Contract", "first_period", contract.FirstPeriod),
		("Billing Contract", "correction_billing", contract.CorrectionBilling),
		("Billing Contract", "credit_handling", contract.CreditHandling),
		("Billing Contract", "undercharge_handling", contract.UnderchargeHandling),
		("Billing Amendment", "correction_billing", contract.CorrectionBilling),
		("Billing Contract", "renewal_price_rule", renewal.PriceRule),
		("Billing Contract", "billing_interval", period.Unit),
		("Billing Contract", "price_period", period.Unit),
		("Billing Contract Line", "billing_interval", period.Unit),
		("Billing Contract Line", "timing", contract.Timing),
		("Billing Amendment Line", "billing_interval", period.Unit),
		("Tripletex Settings", "strategy", documents.Strategy),
		("Tripletex Settings", "sender", documents.Sender),
		("Tripletex Outbox Message", "status", delivery.State),
		("Tripletex Outbox Message", "operation", delivery.Operation),
	],
)
def test_what_users_can_choose_is_what_the_core_knows(name, field, kind):
	assert set(options(name, field)) == set(values(kind))


def test_every_kind_of_charge_can_be_stored():
	assert set(values(billing.ChargeKind)) < set(options("Billing Charge", "kind"))
	assert values(invoicing.DocumentKind) == ["Invoice", "Credit Note", "Debit Note"]


def test_every_broken_rule_has_words_and_every_word_a_rule():
	raised = set()
	for source in SOURCES:
		raised |= set(re.findall(r"(?:DomainError|TemplateError)\(\s*\"(\w+)\"", source.read_text()))
	# What python-liquid raises is given its code in one table; the converter notes what is left to do.
	raised |= set(re.findall(r"\"(liquid_\w+)\"", (APP / "rendering" / "renderer.py").read_text()))
	raised |= set(re.findall(r"\"(jinja_\w+)\"", (APP / "rendering" / "jinja_converter.py").read_text()))
	words = "\n".join(page.read_text() for page in (APP / "services" / "wording").glob("*.py"))
	named = set(re.findall(r"^\t\"(\w+)\": lambda: \(", words, re.MULTILINE))
	assert {code for code in raised if not code.startswith("tripletex_")} == named


def test_whatever_bars_a_document_from_tripletex_has_words_and_every_word_is_used():
	words = APP / "services" / "tripletex" / "words.py"
	named = set(re.findall(r"^\t\"(\w+)\": lambda: \(", words.read_text(), re.MULTILINE))
	text = "\n".join(source.read_text() for source in SOURCES if source != words)
	raised = set(re.findall(r"(?:DomainError|Refusal|Problem)\(\s*\"(tripletex_\w+)\"", text))
	assert raised <= named
	# Some codes are stored on rows, and get their prefix when they are worded.
	unused = {code for code in named if not re.search(f'["/](?:tripletex_)?{code[10:]}"', text)}
	assert unused == set()


def test_every_function_that_hooks_name_exists():
	hooks = (APP / "hooks.py").read_text()
	for path in set(re.findall(r"\"(billing_ext(?:\.\w+)+)(?<!\.js)(?<!\.css)\"", hooks)):
		module, _, function = path.rpartition(".")
		source = APP.parent / (module.replace(".", "/") + ".py")
		defined = {
			node.name for node in ast.parse(source.read_text()).body if isinstance(node, ast.FunctionDef)
		}
		assert function in defined, path
	for path in re.findall(r"\"(public/[\w/.]+)\"", hooks):
		assert (APP / path).exists(), path


def test_scheduled_functions_carry_the_apps_name():
	"""Frappe names a job type after the last two parts of its path: two apps with `tasks.daily` collide."""
	for path in re.findall(r"\"billing_ext\.tasks\.(\w+)\"", (APP / "hooks.py").read_text()):
		assert path.startswith("billing_ext_")


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "misc"])
def test_there_is_no_drawer(name):
	assert not list(APP.rglob(f"{name}.py"))


def test_controllers_hold_nothing_but_glue():
	long = {
		path.name: length
		for path in DOCTYPES.glob("*/*.py")
		if (length := len(path.read_text().splitlines())) > 60
	}
	assert long == {}


def test_erpnext_s_documents_are_written_in_one_place():
	"""One module says what a Sales Invoice is told, for both lanes; only the bulk lane writes rows of it itself."""
	creating = re.compile(r"new_doc\(\"Sales Invoice\"\)|\"doctype\": \"Sales Invoice\"")
	assert [path.name for path in SOURCES if creating.search(path.read_text())] == ["invoice_values.py"]
	writing = re.compile(r"bulk_rows\.insert\(INVOICE|`tabSales Invoice` \(")
	assert [path.name for path in SOURCES if writing.search(path.read_text())] == ["lane.py"]


def test_only_the_unit_of_work_commits():
	assert [path.name for path in SOURCES if "db.commit(" in path.read_text()] == ["unit_of_work.py"]


def test_every_patch_can_be_found():
	for line in (APP / "patches.txt").read_text().splitlines():
		if line and not line.startswith(("[", "#")):
			assert (APP.parent / (line.split()[0].replace(".", "/") + ".py")).exists()
