// What the form of a contract says about its term, and the buttons that renew it or do not.

import { date } from "./format";

const API = "billing_ext.api.renewals";

frappe.provide("billing_ext");

billing_ext.add_renewal_actions = function (frm) {
	if (!frm.doc.term_end || frm.doc.status === "Ended" || !frappe.model.can_create("Billing Amendment")) return;
	const button = (label, action) => frm.add_custom_button(label, action, __("Renewal"));
	button(__("Renew…"), () => open_proposal(frm));
	if (frm.doc.renewal === "Ends") return;
	if (!frm.doc.renewal_declined) {
		button(__("Do Not Renew"), () => decline(frm));
	} else if (frappe.model.can_cancel("Billing Amendment")) {
		button(__("Undo Do Not Renew"), () => undo(frm));
	}
};

billing_ext.show_term = function (frm) {
	if (!frm.doc.term_end || frm.doc.status === "Ended") return;
	const [text, colour] = headline(frm.doc);
	frm.dashboard.set_headline(text, colour);
};

function headline({ renewal, renewal_declined, term_end, last_cancellation_day }) {
	const last_day = date(term_end);
	if (renewal === "Ends" || renewal_declined) return [__("Ends on {0}.", [last_day]), "orange"];
	const cancel_by = date(last_cancellation_day);
	if (last_cancellation_day < frappe.datetime.get_today()) {
		return [__("Renews after {0}; the last day to cancel was {1}.", [last_day, cancel_by]), "blue"];
	}
	return [__("Renews after {0} unless it is cancelled by {1}.", [last_day, cancel_by]), "blue"];
}

async function open_proposal(frm) {
	const amendment = await frappe.xcall(`${API}.proposal`, { contract: frm.doc.name });
	frappe.model.sync(amendment);
	frappe.set_route("Form", amendment.doctype, amendment.name);
}

function decline(frm) {
	const question = __("End this contract on {0} instead of renewing it?", [date(frm.doc.term_end)]);
	frappe.confirm(question, async () => {
		await frappe.xcall(`${API}.decline`, { contract: frm.doc.name });
		frm.reload_doc();
	});
}

async function undo(frm) {
	await frappe.xcall(`${API}.undo_decline`, { contract: frm.doc.name });
	frm.reload_doc();
}
