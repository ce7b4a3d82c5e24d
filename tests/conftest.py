"""What all tests share. Nothing here imports Frappe before a test asks for the site."""

import os

import pytest
from hypothesis import settings

# Found by chance on a developer's machine, repeatable in CI.
settings.register_profile("development", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "development")


def pytest_configure(config):
	config.addinivalue_line(
		"markers", "lifecycle: installs and uninstalls the app on a site of its own (slow)"
	)
	# Of packages that Frappe brings.
	config.addinivalue_line("filterwarnings", "ignore:invalid escape sequence:DeprecationWarning")
	config.addinivalue_line("filterwarnings", "ignore:'crypt' is deprecated:DeprecationWarning")
	config.addinivalue_line("filterwarnings", "ignore:You are using a Python version:FutureWarning")


@pytest.fixture(scope="session")
def site():
	"""The site under test, connected as Administrator. Runs in <bench>/sites: see `make test`."""
	name = os.environ.get("BILLING_EXT_SITE")
	if not name:
		pytest.fail("These tests need a site: run them with `make test`.", pytrace=False)
	import frappe

	frappe.init(site=name, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	frappe.flags.in_test = True
	yield name
	frappe.db.rollback()
	frappe.destroy()
