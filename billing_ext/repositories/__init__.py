"""Frappe and ERPNext rows to core values and back: the one place that knows field names, SQL, floats and the clock."""
