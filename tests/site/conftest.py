"""Fixtures of the tests that run on a real site."""

import frappe
import pytest
from tripletex_site import tripletex  # noqa: F401 - a fixture


class CommittedError(AssertionError):
	"""The code under test called frappe.db.commit()."""


def refuse_to_commit(*args, **kwargs):
	raise CommittedError(
		"frappe.db.commit() under test; mark the test with @pytest.mark.commits if it has to"
	)


@pytest.fixture
def db(request, site, monkeypatch):
	"""One test, one transaction: everything written is undone, and a COMMIT is a failure.

	A whole rollback, not one to a savepoint: Frappe drops what it cached of unsaved documents only then, row locks
	are released, and code under test may roll back itself.
	"""
	if not request.node.get_closest_marker("commits"):
		monkeypatch.setattr(frappe.db, "commit", refuse_to_commit)
	frappe.db.rollback()
	flags = frappe.local.flags.copy()
	yield frappe.db
	frappe.db.rollback()
	frappe.set_user("Administrator")
	frappe.local.flags = flags
	frappe.local.document_cache = {}
	frappe.local.message_log = []
