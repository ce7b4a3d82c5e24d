"""The words for rules of imports, audits and parallel runs."""

from __future__ import annotations

from collections.abc import Callable

from frappe import _

WORDS: dict[str, Callable[[], tuple[str, str]]] = {
	"external_id_taken": lambda: (
		_("{contract} has the Number in the Former System {external_id} already."),
		_("Correct the number, or delete that contract first."),
	),
	"import_without_contracts": lambda: (
		_("{data_import} has not inserted any contracts."),
		_("Open a Data Import of new Billing Contracts."),
	),
	"import_billed": lambda: (
		_("{contract} has been billed here."),
		_("It stays; change or end it by an amendment."),
	),
	"parallel_run_dates": lambda: (
		_("Billed to is before Billed from."),
		_("Correct one of the two dates."),
	),
	"parallel_run_no_file": lambda: (
		_("There is no file with the invoices of the other system."),
		_("Attach one under Invoices of the Other System, then press Compare."),
	),
	"csv_not_text": lambda: (
		_("The file is not a CSV file."),
		_("Save the sheet as CSV (UTF-8) and attach that."),
	),
	"csv_empty": lambda: (
		_("The file has no rows."),
		_("Fill in a row for each invoice line."),
	),
	"csv_column_missing": lambda: (
		_("The file has no column {column}."),
		_("Name the columns in the first row as in the template."),
	),
	"csv_cells": lambda: (
		_("Row {row} of the file has more cells than there are columns."),
		_("Put texts and amounts that hold the separator {delimiter} into quotation marks."),
	),
	"csv_cell_empty": lambda: (
		_("Row {row} of the file: {column} is empty."),
		_("Fill it in, or delete the row."),
	),
	"csv_date": lambda: (
		_("Row {row} of the file: {column} is {value}, which is not a date."),
		_("Write it as YYYY-MM-DD or DD.MM.YYYY."),
	),
	"csv_period": lambda: (
		_("Row {row} of the file: service_to is before service_from."),
		_("Correct one of the two dates."),
	),
	"csv_amount": lambda: (
		_("Row {row} of the file: amount is {value}, which is not an amount."),
		_("Write digits with the same decimal sign in the whole file, without currency."),
	),
	"audit_no_tax_id": lambda: (
		_("The company {customer} has no tax ID."),
		_("Fill in Tax ID on the customer."),
	),
	"audit_no_address": lambda: (
		_("There is no address for {customer}."),
		_("Add an address to the customer, or choose Billing Address on its contracts."),
	),
	"audit_duplicate_customer": lambda: (
		_("{customer} has the same {field} as {other}."),
		_(
			"If they are one customer, rename one to the other and tick Merge with existing; else correct {field}."
		),
	),
	"audit_no_terms": lambda: (
		_("Neither {contract} nor its customer has payment terms, so invoices are due at once."),
		_("Choose a Payment Terms Template on the contract or the customer."),
	),
	"audit_no_taxes": lambda: (
		_(
			"{contract} would be invoiced without tax: it has no tax template, and no tax rule or default fits."
		),
		_("Choose a Sales Taxes and Charges Template on the contract, or make one the company's default."),
	),
	"audit_price": lambda: (
		_("{line} costs {price} after discount; {price_list} says {listed}."),
		_("Correct Price or Discount (%), unless it was agreed so."),
	),
	"audit_ended": lambda: (
		_("{contract} ended on {end} and has never been billed here."),
		_("Correct Last Service Day, or delete the contract."),
	),
	"audit_history": lambda: (
		_("{line} has no Billed through: the first run would bill {amount} {currency} for {start} to {end}."),
		_(
			"Enter the last day that the other system has billed under Billed through, unless nobody has billed these days."
		),
	),
	"audit_overlap": lambda: (
		_("{contract} and {other} both bill {item} from {start} on."),
		_("End one of the two lines, unless the customer has bought it twice."),
	),
}
