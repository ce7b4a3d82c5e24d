// The overview on the form of a contract: terms, documents, what comes, and what waits for a decision.

import { documents } from "./documents";
import { date, empty, link, money, pill, span, status_pill, text } from "./format";
import { milestones, work } from "./milestones";
import { number, table } from "./table";
import { timeline } from "./timeline";

frappe.provide("billing_ext");

billing_ext.contract_overview = function (overview) {
	return `
		<div class="billing-overview">
			${facts(overview)}
			${undecided(overview)}
			<h5>${__("Terms")}</h5>
			${timeline(overview)}
			${milestones(overview, frappe.model.can_write("Billing Contract"))}
			${work(overview)}
			<h5>${__("Documents")}</h5>
			${past(overview)}
			<h5>${__("Coming")}</h5>
			${coming(overview)}
		</div>`;
};

function facts({ state: { mrr, next_billing_date, service_end }, currency }) {
	const shown = [
		[__("Monthly Recurring Revenue"), money(mrr, currency)],
		[__("Next Billing Date"), date(next_billing_date) || "–"],
		[__("Last Service Day"), date(service_end) || __("No end")],
	];
	return `<dl class="billing-facts">${shown
		.map(([title, value]) => `<div><dt>${title}</dt><dd>${value}</dd></div>`)
		.join("")}</dl>`;
}

const INVOICE_COLOURS = {
	Paid: "green",
	"Partly Paid": "yellow",
	Unpaid: "orange",
	Overdue: "red",
	Draft: "red",
	Cancelled: "red",
};

function past({ invoices, currency }) {
	if (!invoices.length) return empty(__("Nothing is invoiced yet."));
	return table(
		[
			__("Document"),
			__("Date"),
			__("Due"),
			number(__("Net")),
			number(__("Gross")),
			number(__("Outstanding")),
			__("Status"),
		],
		invoices.map((invoice) => [
			link("Sales Invoice", invoice.name),
			date(invoice.posting_date),
			invoice.is_return ? "" : date(invoice.due_date),
			own_net(invoice, currency),
			money(invoice.grand_total, currency),
			money(invoice.outstanding_amount, invoice.party_account_currency),
			pill(__(invoice.status), INVOICE_COLOURS[invoice.status] || "gray"),
		])
	);
}

// Contracts that share an invoice each have a part of it.
function own_net({ contract_net, net_total }, currency) {
	const own = money(contract_net, currency);
	if (contract_net === net_total) return own;
	return `${own} <span class="text-muted">${__("of {0}", [money(net_total, currency)])}</span>`;
}

function coming({ coming, currency, today }) {
	if (!coming.length) return empty(__("Nothing more will be invoiced."));
	const due = (day) => (day.date <= today ? pill(__("Due"), "orange") : "");
	const details = (day) => `
		<details class="billing-coming">
			<summary>
				${date(day.date)} ${due(day)}
				<span class="billing-number">${money(day.amount, currency)}</span>
			</summary>
			${documents(day.documents, currency)}
		</details>`;
	return coming.map(details).join("");
}

function undecided({ undecided, currency }) {
	if (!undecided.length) return "";
	return `
		<h5>${__("To Decide")}</h5>
		${table(
			[__("Charge"), __("Service"), number(__("Amount")), __("Document"), __("Status"), ""],
			undecided.map((charge) => [
				link("Billing Charge", charge.name, charge.line_title),
				span(charge.service_start, charge.service_end),
				money(charge.amount, currency),
				charge.sales_invoice ? link("Sales Invoice", charge.sales_invoice) : "",
				status_pill("Billing Charge", charge.status),
				decision(charge),
			])
		)}`;
}

function decision(charge) {
	if (charge.status === "Held") {
		const allowed = frappe.model.can_cancel("Sales Invoice");
		return allowed ? button("release", charge.sales_invoice, __("Release for Re-billing")) : "";
	}
	if (!frappe.model.can_submit("Sales Invoice")) return "";
	return charge.status === "Forgiven"
		? button("bill_again", charge.name, __("Bill Again"))
		: button("forgive", charge.name, __("Forgive"));
}

const button = (action, name, label) =>
	`<button type="button" class="btn btn-xs btn-default" data-decision="${action}" data-name="${text(
		name
	)}">${label}</button>`;
