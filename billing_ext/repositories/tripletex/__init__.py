"""Rows of the Tripletex sync, and what of ERPNext it reads and writes."""
