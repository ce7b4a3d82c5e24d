// What the forms of the Tripletex sync have in common.

import { date, text } from "./format";

export const API = "billing_ext.api.tripletex";

// One call of the sync's API, with the screen frozen while Tripletex is asked.
export const call = (method, values, wait_text) =>
	frappe
		.call({ method: `${API}.${method}`, args: values, freeze: true, freeze_message: wait_text || __("Please wait …") })
		.then((answer) => answer.message);

export const moment = (iso) => (iso ? frappe.utils.escape_html(frappe.datetime.str_to_user(iso)) : "–");

export const ago = (iso) => (iso ? frappe.utils.escape_html(frappe.datetime.prettyDate(iso)) : "–");

export const month = (iso) => (iso ? window.moment(iso).format("MM.YYYY") : "–");

// An amount or a date as the server has stored it in a text; anything else stays as it is.
export function stored(value) {
	if (/^-?\d+\.\d\d$/.test(value)) return text(format_number(Number(value), null, 2));
	return /^\d{4}-\d\d-\d\d$/.test(value) ? date(value) : text(value);
}

// Facts with large figures, which may be safe HTML; those that ask for attention are red.
export function facts(entries) {
	const shown = entries.map(
		([label, value, alarms]) => `<div><dt>${label}</dt><dd${alarms ? ' class="billing-alarm"' : ""}>${value}</dd></div>`
	);
	return `<dl class="billing-facts">${shown.join("")}</dl>`;
}

// A dialog that asks why, because whoever comes later will ask.
export function ask_reason(title, label, work, fields = []) {
	const dialog = new frappe.ui.Dialog({
		title,
		fields: [...fields, { fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 }],
		primary_action_label: label,
		async primary_action(values) {
			await work(values);
			dialog.hide();
		},
	});
	dialog.show();
}
