"""Hypothesis profiles of the core's tests, and how much they generated."""

from __future__ import annotations

import os

import pytest
from histories import generated
from hypothesis import HealthCheck, settings

settings.register_profile("quick", max_examples=30, deadline=None)
settings.register_profile(
	"ci",
	max_examples=800,
	derandomize=True,  # found by chance on a developer's machine, repeatable in CI
	deadline=None,
	print_blob=True,
	suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if os.environ.get("CI") else "quick")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
	"""Say how many histories the laws were tried on, and what happened in them."""
	if generated["histories"]:
		kinds = ", ".join(
			f"{count:,} {kind}" for kind, count in generated.most_common() if kind != "histories"
		)
		terminalreporter.write_line(f"{generated['histories']:,} generated histories: {kinds}")
