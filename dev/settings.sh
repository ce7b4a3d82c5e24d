# shellcheck shell=bash disable=SC2034
# Where things are and which versions are used. docs/development.md describes the variables a user may set.

BENCH_USER=$(id -un)
BENCH_HOME=${BILLING_EXT_HOME:-$HOME/.local/share/billing-ext-bench}
if ((EUID == 0)); then
	# bench refuses to run as root, so an ordinary user owns the bench and runs everything in it.
	BENCH_USER=billing-bench
	BENCH_HOME=${BILLING_EXT_HOME:-/var/lib/billing-ext-bench}
fi
export BILLING_EXT_HOME=$BENCH_HOME

PYTHON=${BILLING_EXT_PYTHON:-/usr/bin/python3}

FRAPPE_REPO=${FRAPPE_REPO:-https://github.com/frappe/frappe}
FRAPPE_BRANCH=${FRAPPE_BRANCH:-version-15}
ERPNEXT_REPO=${ERPNEXT_REPO:-https://github.com/frappe/erpnext}
ERPNEXT_BRANCH=${ERPNEXT_BRANCH:-version-15}

FRAPPE_BENCH_VERSION=5.31.1
NODE_VERSION=22.20.0
YARN_VERSION=1.22.22 # later yarns cannot build Frappe 15's assets
SEMGREP_VERSION=1.182.0

MARIADB_PORT=${BILLING_EXT_MARIADB_PORT:-13306}
REDIS_CACHE_PORT=${BILLING_EXT_REDIS_CACHE_PORT:-13000}
REDIS_QUEUE_PORT=${BILLING_EXT_REDIS_QUEUE_PORT:-11000}
WEB_PORT=${BILLING_EXT_WEB_PORT:-8000}
SOCKETIO_PORT=${BILLING_EXT_SOCKETIO_PORT:-9000}
TRIPLETEX_PORT=${BILLING_EXT_TRIPLETEX_PORT:-8910}

VENV=$BENCH_HOME/venv
TOOLS=$BENCH_HOME/tools
BENCH=$BENCH_HOME/bench
SITES=$BENCH/sites
APP=$BENCH/apps/billing_ext
BENCH_PYTHON=$BENCH/env/bin/python
LOGS=$BENCH_HOME/log
RUN=$BENCH_HOME/run
STATE=$BENCH_HOME/state
BENCH_PATH=$TOOLS/bin:$VENV/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

TEST_SITE=test.localhost
DEMO_SITE=demo.localhost
BENCHMARK_SITE=bench.localhost
TEMPLATE_SITE=template.localhost
COMPANY="Fjord Software AS"
COMPANY_ABBR=FS
ADMIN_PASSWORD="admin"
export PLAYWRIGHT_BROWSERS_PATH=$BENCH_HOME/browsers
