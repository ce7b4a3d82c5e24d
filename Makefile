.DEFAULT_GOAL := help
.PHONY: help demo serve stop test check bench screenshots site sync clean

help: ## List the targets
	@dev/run help

demo: ## Bring up ERPNext with billing_ext and demo data (FRESH=1 starts over)
	@dev/run demo

serve: ## Start the web server and the background jobs of the demo site
	@dev/run serve

stop: ## Stop everything that was started, databases included
	@dev/run stop

test: ## Run the tests (TESTS=core|rendering|tripletex|site|desk, ARGS="-k word", FRESH=1)
	@dev/run test

check: ## Run the static checks: ruff, mypy, import-linter, semgrep
	@dev/run check

bench: ## Run the benchmarks (ARGS="...")
	@dev/run benchmark

screenshots: ## Run the desk tests and fetch the pictures they take
	@dev/run screenshots

site: ## Make or update a site (SITE=test.localhost, FRESH=1 makes it anew)
	@dev/run site

sync: ## Copy the checkout into the bench
	@dev/run sync

clean: ## Remove the bench, its databases and tools (FORCE=1 does not ask)
	@dev/run clean
