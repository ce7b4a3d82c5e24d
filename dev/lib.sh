# shellcheck shell=bash
# What all parts use: messages, steps, the bench's user, and remembering what is already done.

say() {
	printf '%s\n' "$*"
}

die() {
	printf '\n%s\n' "$*" >&2
	exit 1
}

# Run a command with its output in a log file, and show one line with the seconds it took.
step() {
	local label=$1 log started=$SECONDS status
	shift
	log=$LOGS/$(tr -cs 'a-z0-9\n' '-' <<<"${label,,}").log
	printf '  %-60s' "$label"
	set +e # not `if ! (...)`: a condition would switch errexit off inside the subshell too
	(
		set -e
		"$@"
	) >"$log" 2>&1 </dev/null
	status=$?
	set -e
	if ((status)); then
		printf 'failed\n\n'
		tr '\r' '\n' <"$log" | tail -n 40 # progress bars hold carriage returns
		die "'$label' failed with status $status. Everything it said: $log"
	fi
	printf '%4d s\n' $((SECONDS - started))
}

# Run a command as the owner of the bench. The environment is kept (proxy and certificate settings), but not root's
# PATH: the bench's user could not read what it finds there.
as_bench_user() {
	local switch=()
	if ((EUID == 0)); then
		switch=(runuser -u "$BENCH_USER" --)
		set -- HOME="$BENCH_HOME" USER="$BENCH_USER" LOGNAME="$BENCH_USER" "$@"
	fi
	"${switch[@]}" env PATH="$BENCH_PATH" "$@"
}

as_root() {
	if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

make_home() {
	if ((EUID == 0)) && ! id "$BENCH_USER" >/dev/null 2>&1; then
		useradd --system --home-dir "$BENCH_HOME" --no-create-home --shell /bin/bash "$BENCH_USER"
	fi
	local directory
	for directory in "$BENCH_HOME" "$LOGS" "$RUN" "$STATE" "$TOOLS" "$TOOLS/bin"; do
		[[ -d $directory ]] || install -d -o "$BENCH_USER" -m 755 "$directory"
	done
}

# Two commands at once would build the same bench or test on the same site.
one_at_a_time() {
	make_home
	exec 9>"$RUN/lock"
	if ! flock --nonblock 9; then
		say "Waiting for another command on $BENCH_HOME to end ..."
		flock 9
	fi
	cd "$BENCH_HOME" # the bench's user may not be able to read the checkout
	"$@"
}

hash_of() {
	sha256sum | cut -c1-16
}

is_done() {
	[[ -f $STATE/$1 && $(<"$STATE/$1") == "$2" ]]
}

mark_done() {
	printf '%s\n' "$2" >"$STATE/$1"
}

forget() {
	rm -f "$STATE/$1"
}

# Run a step unless it was done before for the same key: once NAME KEY LABEL COMMAND...
once() {
	local name=$1 key=$2
	shift 2
	is_done "$name" "$key" && return
	forget "$name"
	step "$@"
	mark_done "$name" "$key"
}
