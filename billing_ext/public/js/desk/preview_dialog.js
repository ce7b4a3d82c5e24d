// What a contract would be billed by a day; with `bill`, also the button that does it.

import { conventions } from "./conventions";
import { documents } from "./documents";
import { empty } from "./format";

frappe.provide("billing_ext");

billing_ext.show_preview = function (frm, { bill = false } = {}) {
	const dialog = new frappe.ui.Dialog({
		title: bill ? __("Bill Now") : __("Preview"),
		size: "large",
		fields: [
			{
				fieldname: "as_of",
				fieldtype: "Date",
				label: __("Bill What Is Due By"),
				reqd: 1,
				default: bill ? frappe.datetime.get_today() : next_date(frm.doc),
				description: bill ? __("Also the posting date of the invoices.") : __("Nothing is written."),
				change: () => show(dialog, frm.doc.name),
			},
			{ fieldname: "documents", fieldtype: "HTML" },
		],
		...(bill && {
			primary_action_label: __("Bill Now"),
			primary_action: ({ as_of }) => bill_now(dialog, frm.doc.name, as_of),
		}),
	});
	dialog.show();
	show(dialog, frm.doc.name);
};

const next_date = (doc) => doc.next_billing_date || frappe.datetime.get_today();

async function show(dialog, contract) {
	const as_of = dialog.get_value("as_of");
	if (!as_of) return;
	const preview = await frappe.xcall("billing_ext.api.contracts.preview", { contract, as_of });
	if (as_of !== dialog.get_value("as_of")) return;
	const [run] = preview.runs;
	const html = run.documents.length
		? documents(run.documents, preview.currency) + conventions(preview.conventions, preview.currency)
		: empty(__("Nothing is due by then."));
	dialog.get_field("documents").$wrapper.html(sharing(preview.shares_with) + html);
	dialog.get_primary_btn().prop("disabled", !run.documents.length);
}

// A run bills contracts that share invoices together; Bill Now bills what is shown here and nothing else.
function sharing(count) {
	if (!count) return "";
	const words = __(
		"Runs put this on one invoice with other contracts of the customer ({0}). Bill Now makes an invoice for this contract alone.",
		[count]
	);
	return `<p class="text-muted">${words}</p>`;
}

async function bill_now(dialog, contract, as_of) {
	const run = await frappe.xcall("billing_ext.api.contracts.bill_now", { contract, as_of });
	dialog.hide();
	frappe.set_route("Form", "Billing Run", run);
}
