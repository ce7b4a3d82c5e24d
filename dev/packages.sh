# shellcheck shell=bash
# System packages of Debian 12 and Ubuntu 22.04/24.04. Only what is missing is installed.

# MariaDB without its service: the packages that hold the programs alone. Ubuntu 22.04 has the version in their names.
mariadb_packages() {
	local version=
	if is_ubuntu && grep -q '^VERSION_ID="22.04"' /etc/os-release; then version=-10.6; fi
	echo "mariadb-server-core$version mariadb-client$version"
}

# On Ubuntu the package `chromium` only installs a snap; there the tests use the browser that Playwright downloads.
chromium_package() {
	if ! is_ubuntu; then echo chromium; fi
}

# Printing reads style sheets and pictures from the site's own address, which has to resolve outside a browser too.
localhost_package() {
	getent hosts "$TEST_SITE" >/dev/null || echo libnss-myhostname
}

is_ubuntu() {
	grep -q '^ID=ubuntu' /etc/os-release
}

is_installed() {
	[[ $(dpkg-query --show --showformat '${db:Status-Abbrev}' "$1" 2>/dev/null) == ii* ]]
}

missing_packages() {
	local package
	# shellcheck disable=SC2046
	for package in git rsync gcc python3-dev python3-venv redis-server wkhtmltopdf \
		fonts-dejavu-core fonts-liberation poppler-utils $(chromium_package) $(localhost_package) $(mariadb_packages); do
		is_installed "$package" || echo "$package"
	done
}

apt_get() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get --yes --quiet "$@"
}

ensure_packages() {
	local missing
	mapfile -t missing < <(missing_packages)
	((${#missing[@]})) || return 0
	step "Package lists" apt_get update
	# --no-remove: rather fail than take away another database server that is in the way.
	step "System packages: ${#missing[@]} missing" apt_get install --no-install-recommends --no-remove "${missing[@]}"
}
