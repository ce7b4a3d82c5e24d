// New templates out of others: of a standard one, of one's own, or of a print format.

import { text } from "./format";
import { API } from "./liquid_parts";

frappe.provide("billing_ext");

billing_ext.copy_liquid_template = function (frm) {
	const standard = frm.doc.is_standard;
	const dialog = new frappe.ui.Dialog({
		title: standard ? __("Customise") : __("Duplicate"),
		fields: [
			{
				fieldname: "new_name",
				fieldtype: "Data",
				label: __("Name"),
				reqd: 1,
				default: __("{0} – Copy", [frm.doc.name]),
				description: standard ? __("Your copy is yours to change; updates of the app leave it alone.") : "",
			},
		],
		primary_action_label: __("Make a Copy"),
		async primary_action({ new_name }) {
			const copy = await frappe.xcall(`${API}.copy`, { template: frm.doc.name, new_name });
			dialog.hide();
			frappe.set_route("Form", "Liquid Template", copy);
		},
	});
	dialog.show();
};

billing_ext.convert_print_format = function () {
	const dialog = new frappe.ui.Dialog({
		title: __("Convert Print Format"),
		fields: [
			{
				fieldname: "print_format",
				fieldtype: "Link",
				options: "Print Format",
				label: __("Print Format"),
				reqd: 1,
				get_query: () => ({ filters: { print_format_type: "Jinja" } }),
				description: __("The print format stays as it is; a Liquid Template is made of it."),
			},
		],
		primary_action_label: __("Convert"),
		async primary_action({ print_format }) {
			const { name, notes } = await frappe.xcall(`${API}.convert_print_format`, { print_format });
			dialog.hide();
			await frappe.set_route("Form", "Liquid Template", name);
			if (notes.length) show_notes(notes);
		},
	});
	dialog.show();
};

function show_notes(notes) {
	const rows = notes.map(({ line, message }) => `<li>${line ? `${at_line(line)} ` : ""}${text(message)}</li>`);
	frappe.msgprint({
		title: __("Look at These Places"),
		indicator: "orange",
		message: `<ul>${rows.join("")}</ul>`,
	});
}

const at_line = (line) => `<strong>${__("Line {0}:", [line])}</strong>`;
