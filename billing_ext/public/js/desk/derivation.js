// How the amount of a charge came to be, so that a customer can recompute it.

import { link, money, percent, price, quantity, span, text } from "./format";
import { number, table } from "./table";

frappe.provide("billing_ext");

billing_ext.derivation = function ({ expected, previous, billed, amount }, currency) {
	return `
		<div class="billing-derivation">
			${segments(__("What the period costs"), expected, currency)}
			${previous.length ? segments(__("What it cost when it was billed last"), previous, currency) : ""}
			${table(
				[number(__("Billed Before")), number(__("This Charge"))],
				[[money(billed, currency), `<strong>${money(amount, currency)}</strong>`]]
			)}
		</div>`;
};

function segments(title, list, currency) {
	const columns = [
		__("Service"),
		number(__("Quantity")),
		number(__("Price")),
		number(__("Discount")),
		number(__("Price Periods")),
		number(__("Share of the Period")),
		number(__("Amount")),
		__("Amendment"),
	];
	return table(
		columns,
		list.map((segment) => cells(segment, currency)),
		title
	);
}

const cells = (segment, currency) => [
	span(segment.from, segment.to),
	quantity(segment.quantity),
	price(segment.price, currency),
	Number(segment.discount) ? percent(segment.discount) : "",
	text(segment.price_factor),
	text(segment.days || segment.factor),
	money(segment.amount, currency),
	segment.amendment ? link("Billing Amendment", segment.amendment) : "",
];
