"""The simulator against what real test companies answered, if the recordings are there.

They are no part of the project; `observed.json` lies beside the description of the API.
"""

import json
import os
import re
from pathlib import Path

import pytest
import tripletex_simulator
from tripletex_simulator import Simulator, contract, seed
from tripletex_simulator.caller import Caller

# Answers of operations or situations that the simulator does not have.
ELSEWHERE = (
	"Prosjekter er registrert",
	"ApplicationException",
	"HTML page",
	"success has no body",
	"Kan ikke være null",
)


@pytest.fixture(scope="module")
def observed():
	description = contract.default_path()
	path = os.path.join(os.path.dirname(description), "observed.json") if description else ""
	if not os.path.exists(path):
		pytest.skip("There are no recorded answers (observed.json) beside the description of the API.")
	return json.loads(Path(path).read_text(encoding="utf-8"))


@pytest.fixture
def caller():
	return Caller(Simulator(rate_limit=None))


def test_vat_types(observed, caller):
	recorded = {v["id"]: (v["number"], v["name"], v["percentage"]) for v in observed["vat_types"]}
	for row in caller.values("/ledger/vatType"):
		assert (row["number"], row["name"], row["percentage"]) == recorded[row["id"]]
	sales = {v["number"]: v["id"] for v in caller.values("/ledger/vatType", typeOfVat="OUTGOING")}
	assert sales == {code: v["id"] for code, v in observed["outgoing_vat_for_sales"].items()}


def test_accounts(observed, caller):
	fields = "*,vatType(id),legalVatTypes(id)"
	ours = {row["number"]: row for row in caller.values("/ledger/account", fields=fields)}
	names = ("name", "type", "ledgerType", "vatLocked", "isCloseable", "isBankAccount", "isInvoiceAccount")
	shared = [row for row in observed["accounts"] if row["number"] in ours]
	assert len(shared) > 25
	for row in shared:
		mine = ours[row["number"]]
		assert {n: mine[n] for n in names} == {n: row[n] for n in names}, row["number"]
		assert mine["vatType"]["id"] == row["vatType"]
		assert {v["id"] for v in mine["legalVatTypes"]} <= set(row["legalVatTypes"])


def test_currencies_payment_and_voucher_types(observed, caller):
	ours = {c["code"]: (c["id"], c["factor"]) for c in caller.values("/currency")}
	assert ours == {c["code"]: (c["id"], c["factor"]) for c in observed["currencies"]}
	assert [t["name"] for t in caller.values("/ledger/voucherType")] == observed["voucher_types"]
	found = caller.values("/invoice/paymentType", fields="description,debitAccount(number)")
	types = {t["description"]: t["debitAccount"]["number"] for t in found}
	assert {
		t["description"]: t["debitAccount"] for t in observed["invoice_payment_types"]
	}.items() <= types.items()


def test_events(observed):
	assert set(seed.EVENT_NAMES) <= set(observed["webhook_events"]["list"])


def test_texts(observed):
	folder = Path(tripletex_simulator.__file__).parent
	source = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py")))
	for entry in observed["errors"]:
		text = entry.get("fieldMessage") or entry["message"]
		if not any(words in text for words in ELSEWHERE):
			assert _fixed_part(text) in source, text


def _fixed_part(text):
	"""The longest part of a text without numbers, names and placeholders."""
	parts = re.split(
		r"\d[\d-]*|\bX\b|\bN\b|<a href.*|\(\.\.\)|: \.\.\.|Kontoen \d+ .*? er|: Utgående.*|InvoiceDTO|uten mva|EHF",
		text,
	)
	return max((part.strip() for part in parts), key=len)
