"""Serve the bench's sites on loopback: `python web_server.py PORT`, run from <bench>/sites.

`bench serve` listens on all addresses and offers a debugger that executes code; passwords here are known to all.
"""

import sys

from frappe.app import application_with_statics
from werkzeug.serving import run_simple

if __name__ == "__main__":
	run_simple("127.0.0.1", int(sys.argv[1]), application_with_statics(), threaded=True)
