"""Fixtures of the tests that use the desk as a person does: a web server, a worker and a browser."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import frappe
import pytest
from frappe.utils.background_jobs import get_queues
from playwright.sync_api import Page, sync_playwright

PASSWORD = "admin"  # noqa: S105 every development site has it
LOGS = Path(os.environ["BILLING_EXT_HOME"]) / "log"
FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def server(site):
	"""The address of the web server that `make test` has started."""
	return frappe.conf.host_name


@pytest.fixture(scope="session")
def worker(site):
	"""A worker that runs the jobs the desk enqueues, and not those that other tests have left."""
	for queue in get_queues():
		queue.empty()
	frappe_command = (sys.executable, "-m", "frappe.utils.bench_helper", "frappe")
	with (LOGS / "desk-tests-worker.log").open("w") as log:
		process = subprocess.Popen(
			[*frappe_command, "worker", "--queue", "short,default,long"], stdout=log, stderr=subprocess.STDOUT
		)
		yield
		process.terminate()
		process.wait(timeout=30)


@pytest.fixture(scope="session")
def browser():
	with sync_playwright() as playwright:
		# Without a Chromium of the system's, Playwright takes the one it has downloaded.
		browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
		yield browser
		browser.close()


@pytest.fixture(scope="session")
def login(browser, server):
	"""The cookies of a logged-in Administrator."""
	page = browser.new_page(base_url=server)
	page.goto("/login")
	page.fill("#login_email", "Administrator")
	page.fill("#login_password", PASSWORD)
	page.click(".btn-login:visible")
	page.wait_for_url("**/app**")
	state = page.context.storage_state()
	page.context.close()
	return state


@pytest.fixture
def desk(request, browser, server, login, worker):
	"""A logged-in page: `desk.goto("/app/billing-contract")`. What a test prepares for it must be committed."""
	frappe.db.rollback()  # sees what the server has committed, and keeps no lock it could wait for
	context = browser.new_context(
		base_url=server,
		storage_state=login,
		viewport={"width": 1280, "height": 800},
		timezone_id="Europe/Oslo",
	)
	page = context.new_page()
	yield page
	if request.node.stash.get(FAILED, False):
		page.screenshot(path=LOGS / f"{file_name(request.node.name)}.png", full_page=True)
	context.close()
	frappe.db.rollback()


@pytest.fixture
def screenshot(desk: Page, pytestconfig):
	"""Save what the desk shows as a picture of the documentation: `screenshot("contract")`."""
	default = pytestconfig.rootpath / "docs" / "images"
	directory = Path(os.environ.get("BILLING_EXT_SCREENSHOTS", default))
	directory.mkdir(parents=True, exist_ok=True)

	def save(name: str, **options) -> Path:
		desk.wait_for_load_state("networkidle")
		path = directory / f"{name}.png"
		desk.screenshot(path=path, animations="disabled", **options)
		return path

	return save


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
	report = yield
	if report.when == "call":
		item.stash[FAILED] = report.failed
	return report


def file_name(text: str) -> str:
	return re.sub(r"\W+", "-", text).strip("-")
