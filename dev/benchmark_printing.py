"""How fast documents print: Liquid beside Jinja in the same run, and PDFs a minute with one and with two workers.

`python benchmark_printing.py SITE`, run from <bench>/sites. The machine's speed cancels out of the ratios: the ways take
turns. Prints a table and writes it as JSON to `benchmark-printing.json` in the current directory.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import frappe
from frappe.www.printview import get_rendered_template

from billing_ext.api import printing

COMPANY = "Fjord Software AS"
LINES = (5, 100, 500)
ROUNDS = 7
PDFS = 12
FORMATS = {"Jinja": "Benchmark Jinja", "Liquid": "Classic Invoice"}

# What a hand-written Jinja print format of ERPNext looks like: the same fields, with Frappe's own formatting.
JINJA = """
<h1>{{ _("Invoice") }} {{ doc.name }}</h1>
<p>{{ doc.company }}<br>{{ frappe.db.get_value("Company", doc.company, "tax_id") or "" }}</p>
<p>{{ doc.customer_name }}<br>{{ doc.address_display or "" }}</p>
<p>{{ _("Date") }} {{ doc.get_formatted("posting_date") }} {{ _("Due Date") }} {{ doc.get_formatted("due_date") }}</p>
<table><thead><tr><th>{{ _("Item") }}</th><th>{{ _("Period") }}</th><th>{{ _("Quantity") }}</th><th>{{ _("Rate") }}</th>
<th>%</th><th>{{ _("Amount") }}</th></tr></thead><tbody>
{% for row in doc.items %}
<tr><td>{{ row.item_name }}<br>{{ row.description or "" }}</td>
<td>{{ row.get_formatted("service_start_date", doc) }} - {{ row.get_formatted("service_end_date", doc) }}</td>
<td>{{ row.get_formatted("qty", doc) }} {{ row.uom }}</td><td>{{ row.get_formatted("rate", doc) }}</td>
<td>{{ row.get_formatted("discount_percentage", doc) }}</td><td>{{ row.get_formatted("net_amount", doc) }}</td></tr>
{% endfor %}
</tbody></table>
{% for tax in doc.taxes %}<p>{{ tax.description }} {{ tax.get_formatted("tax_amount", doc) }}</p>{% endfor %}
<p>{{ doc.get_formatted("net_total") }} {{ doc.get_formatted("grand_total") }} {{ doc.get_formatted("outstanding_amount") }}</p>
"""


def main(site, worker=None):
	frappe.init(site=site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	if worker:
		print_pdfs(json.loads(worker))
	else:
		documents = {lines: invoice(lines) for lines in LINES}
		jinja_format()
		without_qr_code()
		frappe.db.commit()
		result = {"rendering": rendering(documents), "pdf": bulk(site, documents[5])}
		show(result)
		Path("benchmark-printing.json").write_text(json.dumps(result, indent=1))
	frappe.destroy()


def invoice(lines):
	item = frappe.db.get_value("Item", {"item_code": "Benchmark Service"}) or insert(
		"Item", item_code="Benchmark Service", item_group="Services", stock_uom="Nos", is_stock_item=0
	)
	customer = frappe.db.get_value("Customer", {"customer_name": "Benchmark AS"}) or insert(
		"Customer", customer_name="Benchmark AS", customer_group="Commercial", territory="Norway"
	)
	rows = [
		{"item_code": item, "description": f"Service {number}", "qty": number % 7 + 1, "rate": 100 + number}
		for number in range(lines)
	]
	doc = frappe.get_doc(
		{"doctype": "Sales Invoice", "company": COMPANY, "customer": customer, "items": rows}
	)
	doc.set_taxes()
	doc.insert()
	doc.submit()
	return doc.name


def insert(doctype, **values):
	return frappe.get_doc({"doctype": doctype, **values}).insert().name


def jinja_format():
	if not frappe.db.exists("Print Format", FORMATS["Jinja"]):
		frappe.get_doc(
			{
				"doctype": "Print Format",
				"name": FORMATS["Jinja"],
				"doc_type": "Sales Invoice",
				"custom_format": 1,
				"print_format_type": "Jinja",
				"html": JINJA,
				"standard": "No",
			}
		).insert()


def without_qr_code():
	"""The Jinja format has none either."""
	if not frappe.db.exists("Billing Branding", COMPANY):
		insert("Billing Branding", company=COMPANY, payment_qr="None")


def rendering(documents):
	"""Documents rendered to HTML a second, as the print view does it, by number of lines."""
	result = {}
	for lines, name in documents.items():
		samples = {way: [] for way in FORMATS}
		for turn in range(ROUNDS + 1):
			for way, print_format in FORMATS.items():
				doc = frappe.get_doc("Sales Invoice", name)
				form = frappe.get_doc("Print Format", print_format)
				started = time.perf_counter()
				html = get_rendered_template(doc, print_format=form, meta=doc.meta)
				seconds = time.perf_counter() - started
				assert html.count(f"Service {lines - 1}<") or html.count(f"Service {lines - 1}\n"), way
				if turn:  # the first warms the caches
					samples[way].append(seconds)
		per_second = {way: 1 / statistics.median(values) for way, values in samples.items()}
		result[lines] = {**per_second, "liquid_in_jinja_times": per_second["Jinja"] / per_second["Liquid"]}
	return result


def bulk(site, name):
	"""PDFs a minute: each worker prints one after the other, as Frappe's bulk print does."""
	result = {}
	for workers in (1, 2):
		job = [sys.executable, __file__, site, json.dumps([name] * PDFS)]
		started = time.perf_counter()
		running = [subprocess.Popen(job) for _ in range(workers)]
		assert [process.wait() for process in running] == [0] * workers
		result[workers] = round(workers * PDFS / (time.perf_counter() - started) * 60)
	return result


def print_pdfs(names):
	for name in names:
		assert frappe.get_print("Sales Invoice", name, FORMATS["Liquid"], as_pdf=True).startswith(b"%PDF")
	printing.close_printer()


def show(result):
	print(f"\n{'documents to HTML, a second':34}{'Jinja':>10}{'Liquid':>10}{'Liquid takes':>16}")
	for lines, row in result["rendering"].items():
		times = f"{row['liquid_in_jinja_times']:.2f} x"
		print(f"{f'{lines} lines':34}{row['Jinja']:>10.1f}{row['Liquid']:>10.1f}{times:>16}")
	print(f"\n{'PDFs a minute, start included':34}{'one worker':>12}{'two workers':>14}")
	print(f"{'5 lines':34}{result['pdf'][1]:>12}{result['pdf'][2]:>14}")


if __name__ == "__main__":
	main(*sys.argv[1:])
