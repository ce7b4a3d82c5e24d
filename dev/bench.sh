# shellcheck shell=bash
# The bench: Frappe, ERPNext, and billing_ext as a copy of the checkout.

frappe_command() {
	as_bench_user env -C "$SITES" "$BENCH_PYTHON" -m frappe.utils.bench_helper frappe "$@"
}

create_bench() {
	as_bench_user rm -rf "$BENCH"
	as_bench_user bench init --no-procfile --no-backups --skip-redis-config-generation --skip-assets \
		--python "$PYTHON" --frappe-path "$FRAPPE_REPO" --frappe-branch "$FRAPPE_BRANCH" "$BENCH"
}

get_erpnext() {
	as_bench_user rm -rf "$BENCH/apps/erpnext"
	as_bench_user env -C "$BENCH" bench get-app --skip-assets --branch "$ERPNEXT_BRANCH" "$ERPNEXT_REPO"
}

build_assets() {
	as_bench_user env -C "$BENCH" bench build
}

bench_configuration() {
	cat <<-END
		{
			"db_host": "127.0.0.1",
			"db_port": $MARIADB_PORT,
			"root_password": "$(mariadb_root_password)",
			"redis_cache": "redis://127.0.0.1:$REDIS_CACHE_PORT",
			"redis_socketio": "redis://127.0.0.1:$REDIS_CACHE_PORT",
			"redis_queue": "redis://127.0.0.1:$REDIS_QUEUE_PORT",
			"webserver_port": $WEB_PORT,
			"socketio_port": $SOCKETIO_PORT,
			"serve_default_site": false,
			"developer_mode": 0
		}
	END
}

ensure_bench() {
	local sources="$FRAPPE_REPO $FRAPPE_BRANCH $ERPNEXT_REPO $ERPNEXT_BRANCH"
	if [[ -f $STATE/bench ]] && ! is_done bench "$sources"; then
		die "$BENCH was made from: $(<"$STATE/bench"). Run 'make clean' to make another one."
	fi
	once frappe "$sources" "Bench with Frappe ($FRAPPE_BRANCH)" create_bench
	once bench "$sources" "ERPNext ($ERPNEXT_BRANCH)" get_erpnext
	bench_configuration | write_private "$SITES/common_site_config.json"
	once assets "$sources" "Desk assets" build_assets
}

# The files git knows or would add.
list_app_files() {
	git -C "$CHECKOUT" ls-files --cached --others --exclude-standard | sort -u
}

copy_app() {
	local list=$RUN/app-files previous=$STATE/app-files
	list_app_files >"$list"
	[[ -f $previous ]] || : >"$previous"
	# What is gone since the last copy goes here, too; rsync would not remove a file whose folder is gone as well.
	comm -13 "$list" "$previous" | sed "s|^|$APP/|" | xargs --delimiter='\n' --no-run-if-empty rm -f --
	rsync --archive --delete-missing-args --chown="$BENCH_USER:" --chmod=u+rwX,go+rX \
		--files-from="$list" "$CHECKOUT/" "$APP/"
	mv "$list" "$previous"
}

# One resolution for all three: installing the app alone could lift a version that Frappe holds down.
install_app_package() {
	as_bench_user env -C "$BENCH" uv pip install --quiet --python "$BENCH_PYTHON" \
		--editable apps/frappe --editable apps/erpnext --editable "apps/billing_ext[test]"
	as_bench_user env -C "$BENCH" uv pip check --python "$BENCH_PYTHON"
	printf '%s\n' frappe erpnext billing_ext | write_private "$SITES/apps.txt"
}

install_browser() {
	as_bench_user env -C "$BENCH" "$BENCH_PYTHON" -m playwright install chromium
	as_root env PLAYWRIGHT_BROWSERS_PATH="$PLAYWRIGHT_BROWSERS_PATH" "$BENCH_PYTHON" -m playwright install-deps chromium
}

build_app_assets() {
	as_bench_user env -C "$BENCH" bench build --app billing_ext
}

hash_of_files() {
	(cd "$APP" && find "$@" -type f -not -name '*.pyc' -print0 2>/dev/null | sort -z | xargs -0 -r sha256sum) | hash_of
}

sync_app() {
	as_bench_user mkdir -p "$APP"
	copy_app
	once app-package "$(hash_of_files pyproject.toml setup.py)" "Python package billing_ext" install_app_package
	if is_ubuntu; then once browser "$(hash_of_files pyproject.toml)" "Browser for the desk tests" install_browser; fi
	once app-assets "$(hash_of_files billing_ext/public -not -path '*/dist/*')" "Assets of billing_ext" build_app_assets
}

# Any command, in <bench>/sites with the bench's own Python first: in_bench bench --site test.localhost console
in_bench() {
	cd "$BENCH_HOME" || return
	start_databases
	as_bench_user env -C "$SITES" PATH="$BENCH/env/bin:$BENCH_PATH" "$@"
}

# Everything below a site: packages, tools, databases, the bench and the current app in it.
bring_up() {
	ensure_packages
	ensure_tools
	start_databases
	ensure_bench
	sync_app
}
