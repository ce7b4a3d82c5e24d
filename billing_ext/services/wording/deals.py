"""The words for rules of quotations and orders that become contracts."""

from __future__ import annotations

from collections.abc import Callable

from frappe import _

WORDS: dict[str, Callable[[], tuple[str, str]]] = {
	"contract_exists": lambda: (
		_("{contract} is the contract of {document}."),
		_("Open that one; to make another, cancel or delete it first."),
	),
	"no_contract_rows": lambda: (
		_("No row of {document} belongs to a contract."),
		_("Choose a Contract Line Type in the rows that do."),
	),
	"deal_not_agreed": lambda: (
		_("{document} is {status}."),
		_("Submit the quotation or order, or set the opportunity to Converted; then make the contract."),
	),
	"deal_without_customer": lambda: (
		_("{party} is not a customer yet."),
		_("Create the customer first, then make the contract."),
	),
	"from_before_start": lambda: (
		_("Row {row}: From is {day}, before the contract starts on {start}."),
		_("Correct From in the row, or Contract Start Date."),
	),
	"step_differs": lambda: (
		_("Row {row} is a later step of row {first}, but is not billed in the same way."),
		_(
			"Give both the same UOM, Bill Every, Billing Interval, Price Period, Timing and accounting, or use another item."
		),
	),
	"tax_in_rates": lambda: (
		_("{template} includes the tax in the rates of {document}; contract prices are without tax."),
		_("Choose another Sales Taxes and Charges Template on the quotation or order."),
	),
	"order_differs": lambda: (
		_("{order} differs from {document}, of which the contract {contract} was made."),
		_("Correct the contract, then submit it."),
	),
	"order_row_invoiced": lambda: (
		_("{item} of {order} has been invoiced without the contract."),
		_("Cancel or credit that invoice, or take the line off the contract."),
	),
	"row_in_contract": lambda: (
		_("Row {row}: {item} of {order} is billed by the contract {contract}."),
		_("Remove the row."),
	),
}
