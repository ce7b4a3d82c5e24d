# shellcheck shell=bash
# Sites: a template with ERPNext set up for a Norwegian company is made once, all sites are restored from it.

TEMPLATE=$STATE/site-template.sql.gz

app_version() {
	as_bench_user git -C "$BENCH/apps/$1" rev-parse HEAD
}

template_key() {
	{
		app_version frappe
		app_version erpnext
		hash_of_files dev/site_setup.py
	} | hash_of
}

create_template() {
	frappe_command new-site "$TEMPLATE_SITE" --force --admin-password "$ADMIN_PASSWORD" \
		--mariadb-user-host-login-scope=% --install-app erpnext
	as_bench_user env -C "$SITES" "$BENCH_PYTHON" "$APP/dev/site_setup.py" "$TEMPLATE_SITE" "$COMPANY" "$COMPANY_ABBR"
	dump_site "$TEMPLATE_SITE" | gzip --fast >"$TEMPLATE"
	root_sql -e "DROP DATABASE \`$(database_of "$TEMPLATE_SITE")\`"
	as_bench_user rm -rf "${SITES:?}/$TEMPLATE_SITE"
}

dump_site() {
	as_bench_user mariadb-dump --defaults-file="$BENCH_HOME/mariadb/my.cnf" --single-transaction "$(database_of "$1")"
}

# The name Frappe itself would give it.
database_of() {
	printf '_%s' "$(printf '%s' "$SITES/$1" | sha1sum | cut -c1-16)"
}

site_configuration() {
	cat <<-END
		{
			"db_type": "mariadb",
			"db_name": "$1",
			"db_password": "$2",
			"host_name": "http://$3:$WEB_PORT",
			"allow_tests": true,
			"mute_emails": true
		}
	END
}

# A site as the template has it, with ERPNext set up and without billing_ext. Its database user may look at the server's
# transactions, so that a test can see which one waits for which.
restore_site() {
	local site=$1 database password
	database=$(database_of "$site")
	password=$(random_password)
	root_sql <<-END
		CREATE OR REPLACE DATABASE \`$database\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
		CREATE OR REPLACE USER '$database'@'%' IDENTIFIED BY '$password';
		GRANT ALL PRIVILEGES ON \`$database\`.* TO '$database'@'%';
		GRANT PROCESS ON *.* TO '$database'@'%';
	END
	gzip --decompress --stdout "$TEMPLATE" | root_sql "$database"
	as_bench_user rm -rf "${SITES:?}/$site"
	as_bench_user mkdir -p "$SITES/$site"/{private/backups,private/files,public/files,locks,logs}
	site_configuration "$database" "$password" "$site" | write_private "$SITES/$site/site_config.json"
	frappe_command --site "$site" clear-cache # Redis may remember an earlier site of that name
}

create_site() {
	restore_site "$1"
	mark_done "template-of-$1" "$(template_key)"
	frappe_command --site "$1" install-app billing_ext
}

migrate_site() {
	frappe_command --site "$1" migrate
}

# What a migration reads: schemas and records as JSON, patches, hooks and the code run after an installation.
schema_key() {
	hash_of_files billing_ext -not -path '*/public/*' '(' -name '*.json' -o -name '*.txt' -o -name '*.html' \
		-o -path 'billing_ext/*.py' -not -path 'billing_ext/*/*' ')'
}

# The demo site may hold what somebody entered there: a newer template does not replace it.
wants_fresh() {
	[[ ${FRESH:-} == 1 || ${CI:-} == true || ! -d $SITES/$1 || ! -f $STATE/site-$1 ]] && return
	[[ $1 != "$DEMO_SITE" ]] && ! is_done "template-of-$1" "$(template_key)"
}

# ensure_site SITE: made from the template if it is not there (or FRESH=1), migrated if the app's schema changed.
ensure_site() {
	local site=$1
	once site-template "$(template_key)" "ERPNext with a set-up company (template, some minutes)" create_template
	if wants_fresh "$site"; then
		forget "site-$site"
		once "site-$site" "$(schema_key)" "Site $site" create_site "$site"
	else
		once "site-$site" "$(schema_key)" "Site $site: migrate" migrate_site "$site"
	fi
	set_address "$site"
}

# The ports may be others than when the site was made.
set_address() {
	as_bench_user sed --in-place "s|\"host_name\": *\"[^\"]*\"|\"host_name\": \"http://$1:$WEB_PORT\"|" \
		"$SITES/$1/site_config.json"
}
