// How the sync of a company does, on its settings.

import { link, text } from "./format";
import { number, table } from "./table";
import { ago, API, facts, moment, month } from "./tripletex_parts";

frappe.provide("billing_ext.tripletex");

billing_ext.tripletex.show_panel = async function (frm) {
	const $panel = frm.get_field("panel_html").$wrapper;
	const company = frm.doc.name;
	const { message: panel } = await frappe.call({ method: `${API}.panel`, args: { company }, type: "GET" });
	if (frm.doc.name !== company) return;
	const { steps, company: notes, dry_run } = billing_ext.tripletex;
	$panel.html(`<div class="billing-overview billing-tripletex">
		${steps(panel)}
		${notes(panel)}
		${dry_run(panel)}
		${panel.state.enabled ? operations(panel) : ""}
	</div>`);
	$panel.find("[data-step]").on("click", ({ target }) => billing_ext.tripletex.run_step(frm, target.dataset.step));
};

function operations(panel) {
	const { state, queue, calls } = panel;
	const unfinished = Object.entries(queue)
		.filter(([status]) => !["Blocked", "Unknown"].includes(status))
		.reduce((sum, [, count]) => sum + count, 0);
	return `
		<h5>${__("Operations")}</h5>
		${facts([
			[__("Blocked"), listed(queue.Blocked, "Tripletex Outbox Message", "Blocked"), queue.Blocked],
			[__("Outcome unknown"), listed(queue.Unknown, "Tripletex Outbox Message", "Unknown"), queue.Unknown],
			[__("Under way"), unfinished],
			[__("Oldest unfinished"), panel.oldest ? ago(panel.oldest.creation) : "–"],
			[__("Open differences"), listed(panel.drifts, "Tripletex Drift", "Open"), panel.drifts],
			[
				__("Payments to look at"),
				listed(panel.exceptions, "Tripletex Payment", "Exception"),
				panel.exceptions,
			],
			[__("Last green month"), month(state.last_green_month)],
		])}
		${blocked(panel.blocked)}
		<p class="text-muted small">${[
			__("{0} calls in the last hour, {1} failed", [calls.calls, calls.failures]),
			calls.quota_left === null ? "" : __("{0} calls left in the window", [calls.quota_left]),
			__("Session until {0}", [moment(panel.session_ends)]),
			__("Payments polled {0}", [ago(state.polled_at)]),
			state.webhook_enabled ? __("Webhook: {0}", [text(state.webhook_status ? __(state.webhook_status) : "–")]) : __("No webhook"),
			state.breaker_until > frappe.datetime.now_datetime() ? __("Resting until {0}", [moment(state.breaker_until)]) : "",
		]
			.filter(Boolean)
			.join(" · ")}</p>`;
}

function listed(count, doctype, status) {
	if (!count || !frappe.model.can_read(doctype)) return count || 0;
	return `<a href="/app/${frappe.router.slug(doctype)}?status=${status}">${count}</a>`;
}

function blocked(groups) {
	if (!groups.length) return "";
	const rows = groups.map(({ cause, advice, count, messages }) => [
		text(cause),
		text(advice),
		messages
			.map((row) => link("Tripletex Outbox Message", row.name, row.reference_name || row.local_key))
			.concat(count > messages.length ? [__("and {0} more", [count - messages.length])] : [])
			.join(", "),
		count,
	]);
	return table([__("What Stopped"), __("What to Do"), __("Documents"), number(__("Count"))], rows);
}
