// Invoices, credit and debit notes that billing would make: of a preview, a forecast or an amendment.

import { arithmetic, link, money, span, text } from "./format";

export function documents(list, currency) {
	return list.map((document) => document_html(document, currency)).join("");
}

function document_html(document, currency) {
	return `
		<table class="billing-document">
			<caption>${kind(document)}</caption>
			<tbody>
				${document.rows.map((row) => row_html(row, currency)).join("")}
				<tr class="billing-net"><th scope="row">${__("Net")}</th><td>${money(document.amount, currency)}</td></tr>
			</tbody>
		</table>`;
}

function kind(document) {
	if (document.kind === "Invoice") return __("Invoice");
	// What a forecast corrects may be on an invoice that is itself only forecast.
	const exists = document.against && !document.against.startsWith("preview-");
	const against = exists && [link("Sales Invoice", document.against)];
	if (document.kind === "Debit Note") return against ? __("Debit Note for {0}", against) : __("Debit Note");
	return against ? __("Credit Note for {0}", against) : __("Credit Note");
}

function row_html(row, currency) {
	return `
		<tr>
			<th scope="row">
				${text(strip_html(row.description))}
				<div class="billing-reason">${row.charges.map(charge_html).join("<br>")}</div>
			</th>
			<td>${money(row.amount, currency)}</td>
		</tr>`;
}

function charge_html(charge) {
	return `${span(charge.service_start, charge.service_end)}: ${arithmetic(charge.formula)}`;
}
