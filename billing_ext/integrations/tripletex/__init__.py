"""Tripletex, seen from outside a site: its API, what is sent to it and what its answers mean. Nothing here knows Frappe."""
