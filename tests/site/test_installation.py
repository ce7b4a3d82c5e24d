"""Installing and uninstalling the app leaves an ERPNext site as it was."""

import json
import subprocess
import sys
from pathlib import Path

import pymysql
import pytest

SITE = "lifecycle.localhost"

# Frappe writes these while any app comes and goes.
BOOKKEEPING = {
	"__global_search",
	"tabActivity Log",
	"tabComment",
	"tabDefaultValue",
	"tabDeleted Document",
	"tabError Log",
	"tabInstalled Application",
	"tabScheduled Job Log",
	"tabSessions",
	"tabVersion",
}
STAMPS = {"creation", "modified", "modified_by", "owner", "idx"}


@pytest.fixture(scope="module")
def clean_site(pytestconfig):
	"""A site with ERPNext set up that has never seen the app."""
	run(pytestconfig.rootpath / "dev" / "run", "restore-site", SITE)
	return SITE


@pytest.mark.lifecycle
def test_uninstalling_leaves_the_site_as_it_was(clean_site, pytestconfig):
	before = snapshot(clean_site)

	bench("--site", clean_site, "install-app", "billing_ext")
	installed = snapshot(clean_site)
	assert doctypes_below(pytestconfig.rootpath / "billing_ext") <= installed["tabDocType"].keys()

	bench("--site", clean_site, "uninstall-app", "billing_ext", "--yes", "--no-backup")
	found = differences(before, snapshot(clean_site))
	assert not found, "\n".join(found)


def snapshot(site: str) -> dict[str, dict]:
	"""Everything in the site's database: columns and indexes, and each table's rows by name."""
	connection = connect(site)
	with connection, connection.cursor() as cursor:
		found = {"columns": columns(cursor), "indexes": indexes(cursor)}
		for table in tables(cursor) - BOOKKEEPING:
			found[table] = rows(cursor, table)
	return found


def connect(site: str) -> pymysql.Connection:
	bench_config, site_config = (
		json.loads(Path(path).read_text()) for path in ("common_site_config.json", f"{site}/site_config.json")
	)
	return pymysql.connect(
		host=bench_config["db_host"],
		port=bench_config["db_port"],
		user=site_config["db_name"],
		password=site_config["db_password"],
		database=site_config["db_name"],
		cursorclass=pymysql.cursors.DictCursor,
	)


def tables(cursor) -> set[str]:
	cursor.execute("SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()")
	return {row["name"] for row in cursor}


def columns(cursor) -> dict[tuple, tuple]:
	cursor.execute(
		"""SELECT table_name, column_name, column_type, column_default, is_nullable
		FROM information_schema.columns WHERE table_schema = DATABASE()"""
	)
	return {values[:2]: values[2:] for values in (tuple(row.values()) for row in cursor)}


def indexes(cursor) -> dict[tuple, tuple]:
	cursor.execute(
		"""SELECT table_name, index_name, seq_in_index, column_name, non_unique
		FROM information_schema.statistics WHERE table_schema = DATABASE()"""
	)
	return {values[:3]: values[3:] for values in (tuple(row.values()) for row in cursor)}


def rows(cursor, table: str) -> dict[str, dict]:
	cursor.execute(f"SELECT * FROM `{table}`")  # noqa: S608 the name comes from the database itself
	return {
		key_of(row): {column: value for column, value in row.items() if column not in STAMPS}
		for row in cursor
		if row.get("field") not in STAMPS  # of a single DocType, kept as rows of tabSingles
	}


def key_of(row: dict) -> str:
	"""A row's name; for the few tables without names, everything that is not a value."""
	return row.get("name") or str([value for column, value in row.items() if column != "value"])


def differences(before: dict[str, dict], after: dict[str, dict]) -> list[str]:
	found = [f"table {table} {fate}" for table, fate in fates(before, after)]
	for table in before.keys() & after.keys():
		found += [f"{table}: {key} {fate}" for key, fate in fates(before[table], after[table])]
		found += [
			f"{table}: {key} changed from {before[table][key]} to {after[table][key]}"
			for key in before[table].keys() & after[table].keys()
			if before[table][key] != after[table][key]
		]
	return sorted(found)


def fates(before: dict, after: dict) -> list[tuple]:
	left_behind = [(key, "was left behind") for key in after.keys() - before.keys()]
	return left_behind + [(key, "was lost") for key in before.keys() - after.keys()]


def doctypes_below(directory: Path) -> set[str]:
	records = (json.loads(path.read_text()) for path in directory.glob("*/doctype/*/*.json"))
	return {record["name"] for record in records if record.get("doctype") == "DocType"}


def bench(*arguments: str) -> None:
	run(sys.executable, "-m", "frappe.utils.bench_helper", "frappe", *arguments)


def run(*command) -> None:
	done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
	if done.returncode:
		pytest.fail(f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}", pytrace=False)
