"""Over a real socket, with Redis and the log of calls as in production: what is written down, and what never is."""

import os
import subprocess
from pathlib import Path

import frappe
import pytest
from site_builders import COMPANY
from tripletex_site import REAL_CLIENT, TOKENS

from billing_ext.services.tripletex import connection

pytestmark = pytest.mark.commits

LARGEST_LOG = 200 * 2**20


@pytest.fixture
def wired(tripletex, monkeypatch):
	"""The simulator behind a socket, reached as production reaches Tripletex."""
	with tripletex.sim.serve() as server:
		monkeypatch.setitem(frappe.conf, "billing_ext_tripletex_simulator", server.base_url)
		monkeypatch.setattr(connection, "client", REAL_CLIENT)
		tripletex.settings(environment="Simulator")
		tripletex.sim.requests.clear()
		yield tripletex


def dump() -> bytes:
	"""The whole database as text."""
	conf = frappe.conf
	command = [
		"mariadb-dump",
		"-h",
		conf.db_host,
		"-P",
		str(conf.db_port),
		"-u",
		conf.db_name,
		"--skip-lock-tables",
	]
	environment = {**os.environ, "MYSQL_PWD": conf.db_password}
	return subprocess.run([*command, conf.db_name], env=environment, capture_output=True, check=True).stdout


def log_files() -> list[Path]:
	"""Every log that the site and the bench write."""
	folders = [Path(frappe.get_site_path("logs")), Path(frappe.utils.get_bench_path()) / "logs"]
	return [path for folder in folders for path in folder.glob("*.log*") if path.stat().st_size < LARGEST_LOG]


def test_no_token_is_in_the_database_or_in_a_log(wired):
	sim = wired.sim
	for path, kind in (
		("/customer", "500_html"),
		("/product", "403"),
		("/invoice", "401"),
		("/order/{id}", "truncated_json"),
	):
		sim.faults.plan("*", path, kind)
	wired.invoice()
	wired.invoice()
	wired.deliver(rounds=4)
	frappe.get_doc("Tripletex Settings", COMPANY).save()
	frappe.db.commit()
	secrets = [*TOKENS, *sim.state.sessions]
	assert len(secrets) > len(TOKENS)
	database = dump()
	for secret in secrets:
		assert secret.encode() not in database
		for log in log_files():
			assert secret.encode() not in log.read_bytes(), log.name


def test_every_call_is_logged_with_user_path_and_time_and_nothing_else(wired):
	invoice = wired.invoice()
	wired.deliver()
	assert wired.message(invoice, "Invoice").status == "Synced"
	calls = frappe.get_all("Tripletex Call", fields=["*"], order_by="creation")
	logged = [(call.method, call.path_template, call.http_status) for call in calls]
	made = [(request.method, request.path_template, request.status) for request in wired.sim.requests]
	assert logged == made
	assert all(call.user and call.called_at and call.milliseconds >= 0 for call in calls)
	written = " ".join(str(value) for call in calls for value in call.values())
	assert invoice.customer not in written
	assert str(invoice.billing_ext_number) not in written


def test_an_attempt_without_an_answer_is_logged_too(tripletex, monkeypatch):
	with tripletex.sim.serve() as server:
		address = server.base_url
	monkeypatch.setitem(frappe.conf, "billing_ext_tripletex_simulator", address)
	monkeypatch.setattr(connection, "client", REAL_CLIENT)
	tripletex.settings(environment="Simulator")
	invoice = tripletex.invoice()
	tripletex.deliver()
	assert tripletex.message(invoice, "Invoice").status == "Pending"
	assert {call.outcome for call in frappe.get_all("Tripletex Call", fields=["outcome"])} == {"not sent"}


def test_tokens_go_to_no_other_address(tripletex, monkeypatch):
	monkeypatch.setitem(frappe.conf, "billing_ext_tripletex_simulator", "https://tripletex.example.com/v2")
	monkeypatch.setattr(connection, "client", REAL_CLIENT)
	tripletex.settings(environment="Simulator")
	invoice = tripletex.invoice()
	tripletex.deliver()
	assert tripletex.message(invoice, "Invoice").status == "Blocked"
	assert frappe.get_all("Tripletex Call") == []
