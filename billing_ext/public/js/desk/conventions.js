// The same documents under each way of counting a part of a period, the contract's own one marked.

import { empty, money, text } from "./format";

export function conventions(list, currency) {
	const totals = new Set(list.map(({ total }) => total));
	if (totals.size === 1) return empty(__("The total is the same under every way of proration."));
	return `
		<table class="billing-table billing-conventions">
			<caption>${__("Total by Proration")}</caption>
			<thead><tr>${list.map(head).join("")}</tr></thead>
			<tbody><tr>${list.map((entry) => cell(entry, currency)).join("")}</tr></tbody>
		</table>`;
}

const marked = ({ own }) => (own ? "billing-number billing-own" : "billing-number");

const head = (entry) => `<th scope="col" class="${marked(entry)}">${text(__(entry.convention))}</th>`;

const cell = (entry, currency) => `<td class="${marked(entry)}">${money(entry.total, currency)}</td>`;
