# shellcheck shell=bash
# Static checks of the checkout, in virtual environments of their own: Frappe is not needed, semgrep's pins are many.

CHECKS=$BENCH_HOME/checks
SEMGREP=$BENCH_HOME/semgrep

# As the caller, not as the bench's user, who may not be able to read the checkout.
install_checks() {
	"$PYTHON" -m venv --clear "$CHECKS"
	"$VENV/bin/uv" pip install --quiet --python "$CHECKS/bin/python" --editable "${CHECKOUT}[dev]"
}

install_semgrep() {
	"$PYTHON" -m venv --clear "$SEMGREP"
	"$VENV/bin/uv" pip install --quiet --python "$SEMGREP/bin/python" "semgrep==$SEMGREP_VERSION"
}

ensure_checks() {
	make_home
	ensure_packages
	ensure_python_tools
	once checks "$(sha256sum <"$CHECKOUT/pyproject.toml")$CHECKOUT" "ruff, mypy, import-linter" install_checks
	once semgrep "$SEMGREP_VERSION" "semgrep $SEMGREP_VERSION" install_semgrep
}

# All checks run, also after one that failed.
run_checks() {
	local failed=0
	cd "$CHECKOUT" || return
	check "ruff check" "$CHECKS/bin/ruff" check . || failed=1
	check "ruff format" "$CHECKS/bin/ruff" format --check --output-format concise . || failed=1
	check "mypy" "$CHECKS/bin/mypy" || failed=1
	check "import-linter" "$CHECKS/bin/lint-imports" || failed=1
	check "semgrep" env PATH="$SEMGREP/bin:$PATH" semgrep scan --config semgrep.yml --metrics off \
		--disable-version-check --error --quiet billing_ext || failed=1
	return "$failed"
}

check() {
	local label=$1 output
	shift
	if output=$("$@" 2>&1); then
		printf '  %-60s%6s\n' "$label" ok
	else
		printf '  %-60s%6s\n\n%s\n\n' "$label" failed "$output"
		return 1
	fi
}
