// What an amendment does to the next documents: the same dates without and with it, side by side.

import { conventions } from "./conventions";
import { documents } from "./documents";
import { date, empty, text } from "./format";

frappe.provide("billing_ext");

billing_ext.amendment_preview = function (preview) {
	const { without_amendment, with_amendment } = preview;
	const currency = with_amendment.currency;
	const [before, after] = [without_amendment, with_amendment].map(by_date);
	const dates = [...new Set([...before.keys(), ...after.keys()])].sort();
	if (!dates.length) return empty(__("Nothing will be invoiced, with or without this amendment."));
	return `
		<table class="billing-comparison">
			<thead>
				<tr>
					<th scope="col">${__("Date")}</th>
					<th scope="col">${__("Without This Amendment")}</th>
					<th scope="col">${__("With This Amendment")}</th>
				</tr>
			</thead>
			<tbody>${dates.map((day) => row(day, before.get(day), after.get(day), currency)).join("")}</tbody>
		</table>
		${after.size ? conventions(preview.conventions, currency) : ""}`;
};

billing_ext.amendment_problem = (message) => `<p class="text-warning">${text(strip_html(message))}</p>`;

// A run without a date is what the next run makes, whenever it is.
const by_date = ({ runs }) => new Map(runs.map((run) => [run.run_date || "", run]));

function row(day, before, after, currency) {
	return `
		<tr class="${before?.total === after?.total ? "" : "billing-changed"}">
			<th scope="row">${date(day) || __("Next run")}</th>
			<td>${before ? documents(before.documents, currency) : "–"}</td>
			<td>${after ? documents(after.documents, currency) : "–"}</td>
		</tr>`;
}
