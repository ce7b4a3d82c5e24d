// How far a billing run is, in words, and what of its documents is sent and booked.

import { empty, status_pill, text } from "./format";
import { table } from "./table";

frappe.provide("billing_ext");

const MINUTE = 60; // seconds

billing_ext.run_progress = (run) => {
	const { contracts_done: done, contracts_total: total } = run;
	const percent = total ? (100 * done) / total : 0;
	return `
		<div class="progress" role="progressbar" aria-valuenow="${Math.round(percent)}" aria-valuemin="0" aria-valuemax="100">
			<div class="progress-bar" style="width: ${percent}%"></div>
		</div>
		<p class="progress-message text-muted small">${text(in_words(run))}</p>`;
};

const in_words = (run) =>
	[
		__("{0} of {1} contracts", [count(run.contracts_done), count(run.contracts_total)]),
		__("{0} documents", [count(run.documents)]),
		run.errors && __("errors: {0}", [count(run.errors)]),
		run.seconds !== null && __("{0} so far", [duration(run.seconds)]),
		run.seconds_left !== null && __("about {0} left", [duration(run.seconds_left)]),
	]
		.filter(Boolean)
		.join(" · ");

billing_ext.run_messages = (run, messages) => {
	const rows = Object.entries(messages).filter(([, by_status]) => Object.keys(by_status).length);
	if (!rows.length) return empty(__("None of its documents is e-mailed or booked in Tripletex by this app."));
	return table(
		[__("Where To"), __("Status")],
		rows.map(([doctype, by_status]) => [text(title(doctype)), statuses(doctype, run, by_status)])
	);
};

const title = (doctype) => (doctype === "Billing Outbox Message" ? __("E-mail") : __("Tripletex"));

function statuses(doctype, run, by_status) {
	const links = Object.entries(by_status).map(([status, messages]) => {
		const list = `/app/${frappe.router.slug(doctype)}`;
		const filters = new URLSearchParams({ billing_run: run, status });
		return `<a href="${list}?${text(filters)}">${status_pill(doctype, status)} ${count(messages)}</a>`;
	});
	return links.join(" &nbsp; ");
}

const count = (number) => format_number(number, null, 0);

function duration(seconds) {
	if (seconds < MINUTE) return __("{0} s", [Math.round(seconds)]);
	const minutes = Math.round(seconds / MINUTE);
	if (minutes < MINUTE) return __("{0} min", [minutes]);
	return __("{0} h {1} min", [Math.floor(minutes / MINUTE), minutes % MINUTE]);
}
