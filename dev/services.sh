# shellcheck shell=bash
# Private MariaDB and Redis, the web server and the workers: background processes with pid files, no systemd.

# A pid alone may belong to another process by now; with the time it was started it cannot.
started_at() {
	sed -n 's/.*) \([^ZX] .*\)/\1/p' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20 # nothing for a zombie
}

daemon_pid() {
	local pid started
	[[ -s $RUN/$1.pid ]] || return 1
	read -r pid started <"$RUN/$1.pid"
	[[ $(started_at "$pid") == "$started" ]] && echo "$pid"
}

port_is_open() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# start_daemon NAME PORT VARIABLE COMMAND...: PORT is - for one that listens nowhere, VARIABLE is what changes the port.
start_daemon() {
	local name=$1 port=$2 variable=$3
	shift 3
	! daemon_pid "$name" >/dev/null || return 0
	if [[ $port != - ]] && port_is_open "$port"; then
		die "Port $port ($name) is taken by another program. Choose another one with $variable=..."
	fi
	rm -f "$RUN/$name.pid"
	# shellcheck disable=SC2016
	as_bench_user setsid --fork bash -c 'echo "$$ $(cut -d" " -f22 "/proc/$$/stat")" >"$0"; exec "$@"' \
		"$RUN/$name.pid" "$@" </dev/null >>"$LOGS/$name.log" 2>&1 9>&-
	if [[ $port != - ]]; then wait_for "$name" port_is_open "$port"; fi
}

# wait_for DAEMON COMMAND...: until the command succeeds; dies with the daemon's log when that takes too long.
wait_for() {
	local name=$1 deadline=$((SECONDS + 60))
	shift
	until "$@" >/dev/null 2>&1; do
		sleep 0.1
		if ((SECONDS > deadline)); then
			tail -n 40 "$LOGS/$name.log"
			die "$name did not start. Everything it said: $LOGS/$name.log"
		fi
	done
}

# First the process alone, so that it can end what its children do; what then is left of them is killed.
stop_daemon() {
	local name=$1 pid deadline=$((SECONDS + 30))
	if pid=$(daemon_pid "$name"); then
		as_bench_user kill -TERM "$pid"
		while daemon_pid "$name" >/dev/null && ((SECONDS < deadline)); do sleep 0.1; done
		as_bench_user kill -KILL -- "-$pid" 2>/dev/null || true
	fi
	rm -f "$RUN/$name.pid"
}

random_password() {
	head -c 18 /dev/urandom | base64 | tr +/ -_
}

mariadb_root_password() {
	local file=$BENCH_HOME/mariadb/root-password
	[[ -s $file ]] || random_password | write_private "$file"
	cat "$file"
}

# Frappe wants utf8mb4_unicode_ci. The rest is for a development server: a power cut may cost the last second.
mariadb_configuration() {
	cat <<-END
		[client]
		socket = $BENCH_HOME/mariadb/socket
		user = root
		password = $(mariadb_root_password)

		[mariadbd]
		datadir = $BENCH_HOME/mariadb/data
		socket = $BENCH_HOME/mariadb/socket
		pid-file = $BENCH_HOME/mariadb/pid
		init-file = $BENCH_HOME/mariadb/init.sql
		bind-address = 127.0.0.1
		port = $MARIADB_PORT
		skip-name-resolve
		character-set-server = utf8mb4
		collation-server = utf8mb4_unicode_ci
		innodb-buffer-pool-size = 1G
		innodb-log-file-size = 256M
		innodb-flush-log-at-trx-commit = 2
		innodb-doublewrite = OFF
		max-allowed-packet = 64M
	END
}

# Run by the server at each start, so that there is no moment without a password.
mariadb_accounts() {
	local host
	for host in localhost 127.0.0.1; do
		echo "CREATE OR REPLACE USER root@'$host' IDENTIFIED BY '$(mariadb_root_password)';"
		echo "GRANT ALL PRIVILEGES ON *.* TO root@'$host' WITH GRANT OPTION;"
	done
}

# Write a file for the bench's user alone, in one go: running processes may read it at any moment.
write_private() {
	# shellcheck disable=SC2016
	as_bench_user bash -c 'umask 077; cat >"$0.new"; mv "$0.new" "$0"' "$1"
}

create_databases_directory() {
	as_bench_user rm -rf "$BENCH_HOME/mariadb/data"
	as_bench_user mariadb-install-db --no-defaults --datadir="$BENCH_HOME/mariadb/data" --skip-test-db
}

start_mariadb() {
	! daemon_pid mariadb >/dev/null || return 0
	as_bench_user mkdir -p "$BENCH_HOME/mariadb"
	mariadb_configuration | write_private "$BENCH_HOME/mariadb/my.cnf"
	mariadb_accounts | write_private "$BENCH_HOME/mariadb/init.sql"
	once databases created "An empty MariaDB" create_databases_directory
	start_daemon mariadb "$MARIADB_PORT" BILLING_EXT_MARIADB_PORT \
		mariadbd --defaults-file="$BENCH_HOME/mariadb/my.cnf"
	wait_for mariadb root_sql -e 'SELECT 1'
}

root_sql() {
	as_bench_user mariadb --defaults-file="$BENCH_HOME/mariadb/my.cnf" "$@"
}

start_redis() {
	local name=$1 port=$2 variable=$3
	shift 3
	start_daemon "$name" "$port" "$variable" \
		redis-server --bind 127.0.0.1 --port "$port" --dir "$RUN" --save '' --appendonly no "$@"
}

start_databases() {
	start_mariadb
	start_redis redis-cache "$REDIS_CACHE_PORT" BILLING_EXT_REDIS_CACHE_PORT \
		--maxmemory 512mb --maxmemory-policy allkeys-lru
	start_redis redis-queue "$REDIS_QUEUE_PORT" BILLING_EXT_REDIS_QUEUE_PORT
}

# Anew, because what runs may be older than the app.
restart_web() {
	stop_daemon web
	start_daemon web "$WEB_PORT" BILLING_EXT_WEB_PORT \
		env -C "$SITES" DEV_SERVER=1 "$BENCH_PYTHON" "$APP/dev/web_server.py" "$WEB_PORT"
}

# The Tripletex of the demo site: a simulator, which keeps its company between runs.
start_tripletex() {
	stop_daemon tripletex
	start_daemon tripletex "$TRIPLETEX_PORT" BILLING_EXT_TRIPLETEX_PORT \
		env -C "$APP/tests/tripletex" "$BENCH_PYTHON" -m tripletex_simulator \
		--port "$TRIPLETEX_PORT" --state "$STATE/tripletex-company" --webhooks 5
	frappe_command --site "$DEMO_SITE" set-config billing_ext_tripletex_simulator "http://127.0.0.1:$TRIPLETEX_PORT/v2"
}

start_desk() {
	start_tripletex
	frappe_command --site "$DEMO_SITE" enable-scheduler
	restart_web
	start_daemon socketio "$SOCKETIO_PORT" BILLING_EXT_SOCKETIO_PORT \
		env -C "$BENCH" node "$BENCH/apps/frappe/socketio.js"
	start_daemon worker - - env -C "$SITES" "$BENCH_PYTHON" -m frappe.utils.bench_helper frappe \
		worker --queue short,default,long
	start_daemon scheduler - - env -C "$SITES" "$BENCH_PYTHON" -m frappe.utils.bench_helper frappe schedule
}

stop_desk() {
	local name
	for name in scheduler worker socketio web tripletex; do stop_daemon "$name"; done
}

stop_all() {
	local name
	stop_desk
	for name in redis-queue redis-cache mariadb; do stop_daemon "$name"; done
}
