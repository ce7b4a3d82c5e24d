// What a person may do with a message to Tripletex, and what its state means.

import { text } from "./format";
import { ask_reason, call } from "./tripletex_parts";

frappe.provide("billing_ext.tripletex");

const CALM = ["Waiting", "Unknown"];

const TO_BE_TRIED = ["Waiting", "Pending", "Unknown"];
const COUNTERS = ["look_ups", "rebuilds", "absent_reads"];

billing_ext.tripletex.show_hint = function (frm) {
	const { __onload: loaded, status, local_key, reference_name, error_text } = frm.doc;
	frm.toggle_display("section_what_to_do", Boolean(error_text));
	frm.toggle_display("local_key", local_key !== reference_name);
	frm.toggle_display("retry_at", TO_BE_TRIED.includes(status));
	for (const counter of COUNTERS) frm.toggle_display(counter, Boolean(frm.doc[counter]));
	const hint = loaded?.hint;
	if (!hint) return;
	const colour = CALM.includes(status) ? "blue" : "red";
	frm.set_intro(`<strong>${text(hint.cause)}</strong><br>${text(hint.advice)}`, colour);
};

billing_ext.tripletex.add_actions = function (frm) {
	// Who may read the settings acts on the queue; the server checks it again.
	if (!frappe.model.can_read("Tripletex Settings")) return;
	const { status, remote_step, tripletex_id, absent_reads, error_code, error_kind } = frm.doc;
	const unknown = status === "Unknown";
	const add = (label, action) => frm.add_custom_button(label, action);
	if (unknown) add(__("Check Again"), () => check_again(frm)).addClass("btn-primary");
	if (status === "Blocked" || (unknown && absent_reads)) {
		const button = add(__("Release"), () => run(frm, "release"));
		if (!unknown) button.addClass("btn-primary");
	}
	if (status === "Drifted" || error_code === "sent_or_not") add(__("Mark Explained"), () => explain(frm));
	if (["Blocked", "Unknown", "Pending", "Waiting"].includes(status)) add(__("Adopt Id"), () => adopt(frm));
	const unsent = !remote_step && !tripletex_id && error_kind !== "unknown";
	if (unsent && ["Blocked", "Pending", "Waiting"].includes(status)) add(__("Cancel Message"), () => cancel(frm));
};

async function run(frm, method, values = {}) {
	const answer = await call(method, { message: frm.doc.name, ...values }, __("Asking Tripletex …"));
	await frm.reload_doc();
	return answer;
}

async function check_again(frm) {
	const found = await run(frm, "check_again");
	frappe.msgprint({ title: __("Check Again"), message: text(found) });
}

const explain = (frm) =>
	ask_reason(__("Mark Explained"), __("Mark Explained"), (values) => run(frm, "mark_explained", values));

const cancel = (frm) =>
	ask_reason(__("Cancel Message"), __("Cancel Message"), (values) => run(frm, "cancel", values), [
		{
			fieldname: "note",
			fieldtype: "HTML",
			options: `<p class="text-muted">${__(
				"It will never reach Tripletex. The document itself stays as it is, and the reconciliation will show it as missing."
			)}</p>`,
		},
	]);

const adopt = (frm) =>
	ask_reason(__("Adopt Id"), __("Adopt"), (values) => run(frm, "adopt", values), [
		{
			fieldname: "tripletex_id",
			fieldtype: "Int",
			label: __("Tripletex Id"),
			reqd: 1,
			description: __("The number at the end of its address in Tripletex. It is read and compared before it is taken over."),
		},
	]);
