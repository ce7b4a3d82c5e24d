# shellcheck shell=bash
# One function for each target of the Makefile.

command_help() {
	sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' "$CHECKOUT/Makefile" | while IFS=$'\t' read -r target text; do
		printf '  make %-12s %s\n' "$target" "$text"
	done
}

command_sync() {
	bring_up
	say "The bench has the current app: $APP"
}

command_site() {
	local site=${SITE:-$TEST_SITE}
	bring_up
	ensure_site "$site"
	say "Site $site is ready."
}

command_test() {
	bring_up
	if [[ ${TESTS:-} != core && ${TESTS:-} != rendering && ${TESTS:-} != tripletex ]]; then
		ensure_site "$TEST_SITE"
		restart_web
	fi
	run_tests
}

# All tests: those that need Python alone, or a site of their own, run beside the others, on a core of their own.
run_tests() {
	local arguments beside status=0
	eval "arguments=(${ARGS:-})" # so that quotes in ARGS count
	if [[ -n ${TESTS:-} || -n ${ARGS:-} ]]; then
		# shellcheck disable=SC2086
		run_pytest ${TESTS:-core rendering tripletex site desk} -- "${arguments[@]}"
		return
	fi
	run_pytest core rendering tripletex site/test_installation.py -- >"$LOGS/tests-beside.log" 2>&1 &
	beside=$!
	run_pytest site desk -- -m "not lifecycle" || status=$?
	wait "$beside" || status=$?
	cat "$LOGS/tests-beside.log"
	return "$status"
}

# run_pytest PART... -- ARGUMENT...
run_pytest() {
	local paths=()
	until [[ $1 == -- ]]; do
		paths+=("$APP/tests/$1")
		shift
	done
	shift
	as_bench_user env -C "$SITES" BILLING_EXT_SITE="$TEST_SITE" HYPOTHESIS_STORAGE_DIRECTORY="$STATE/hypothesis" \
		BILLING_EXT_TRIPLETEX_DESCRIPTION="${BILLING_EXT_TRIPLETEX_DESCRIPTION:-$(dirname "$CHECKOUT")/shared/tripletex}" \
		"$BENCH_PYTHON" -m pytest -c "$APP/pyproject.toml" --rootdir "$APP" "${paths[@]}" "$@"
}

command_screenshots() {
	export BILLING_EXT_SCREENSHOTS=$RUN/screenshots
	as_bench_user rm -rf "$BILLING_EXT_SCREENSHOTS"
	TESTS=desk command_test
	rsync --archive --mkpath --chown="$(stat --format %u:%g "$CHECKOUT")" \
		"$BILLING_EXT_SCREENSHOTS/" "$CHECKOUT/docs/images/"
}

# run_script SCRIPT SITE: one of dev/*.py, with the bench's Python.
run_script() {
	local arguments
	eval "arguments=(${ARGS:-})"
	# A library that Frappe uses warns at each start that it will drop old Pythons.
	as_bench_user env -C "$SITES" PYTHONWARNINGS=ignore::FutureWarning PYTHONPATH="$APP/tests/site:$APP/tests/tripletex" \
		"$BENCH_PYTHON" "$APP/dev/$1" "$2" "${arguments[@]}"
}

command_benchmark() {
	bring_up
	ensure_site "$BENCHMARK_SITE"
	run_script benchmark.py "$BENCHMARK_SITE"
	local part
	for part in planning printing tripletex; do
		ARGS="" run_script "benchmark_$part.py" "$BENCHMARK_SITE"
	done
}

command_demo() {
	bring_up
	if wants_fresh "$DEMO_SITE"; then
		stop_daemon tripletex
		as_bench_user rm -f "$STATE/tripletex-company"
	fi
	ensure_site "$DEMO_SITE"
	start_tripletex
	run_script demo.py "$DEMO_SITE"
	serve_desk
}

command_serve() {
	bring_up
	ensure_site "$DEMO_SITE"
	serve_desk
}

serve_desk() {
	stop_desk
	step "Web server and background jobs" start_desk
	cat <<-END

		  http://$DEMO_SITE:$WEB_PORT   user: Administrator   password: $ADMIN_PASSWORD
		  'make stop' ends it.
	END
}

command_stop() {
	stop_all
	say "Stopped."
}

command_clean() {
	[[ -d $BENCH_HOME ]] || return 0
	if [[ ${CI:-} != true && ${FORCE:-} != 1 ]]; then
		read -rp "Remove $BENCH_HOME with all its sites and databases? [y/N] " answer
		[[ $answer == [yY]* ]] || return 0
	fi
	stop_all
	rm -rf "$BENCH_HOME"
}

command_check() {
	ensure_checks
	run_checks
}
